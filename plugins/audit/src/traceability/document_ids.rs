//! Ids of documents on their first line: `<!-- ID: DOC-026 -->` in Markdown, `# ID: DOC-072` in YAML.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::remark::NoteSeverity;
use crate::report::Gap;

/// What is wrong with the id of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IdFault {
    /// Several documents have it.
    Duplicate {
        /// The id.
        id: String,
        /// The documents, sorted.
        documents: Vec<String>,
    },
    /// The first line wants to be an id and is none.
    Malformed {
        /// The document.
        document: String,
        /// What it says.
        written: String,
    },
    /// The documents in the same folder have one.
    Absent {
        /// The document.
        document: String,
    },
}

impl IdFault {
    #[must_use]
    pub(super) fn finding(&self) -> Gap {
        match self {
            Self::Duplicate { id, documents } => {
                let title = format!("{} documents have the id {id}", documents.len());
                Gap::new(&format!("document-ids:{id}:duplicate"), NoteSeverity::Medium, &title, &documents.join(", "))
            }
            Self::Malformed { document, written } => {
                let title = format!("the id of {document} is none; it should look like <!-- ID: DOC-026 -->");
                Gap::new(
                    &format!("{document}:document-id:malformed"),
                    NoteSeverity::Low,
                    &title,
                    &format!("{document}:1: {written}"),
                )
                .at(document, 1)
            }
            Self::Absent { document } => {
                let title = format!("{document} has no id, the documents beside it have one");
                let key = format!("{document}:document-id:absent");
                Gap::new(&key, NoteSeverity::Low, &title, &format!("{document}:1")).at(document, 1)
            }
        }
    }
}

/// The ids of all documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DocumentIds {
    /// The documents of each id.
    pub ids: BTreeMap<String, Vec<String>>,
    /// What is wrong with them.
    pub faults: Vec<IdFault>,
    #[serde(skip)]
    malformed: Vec<IdFault>,
    /// With and without an id, by folder.
    #[serde(skip)]
    folders: BTreeMap<String, (usize, Vec<String>)>,
}

impl DocumentIds {
    /// Takes the first line of a document in; `wanted` says that it should have an id where those beside it do.
    pub(super) fn add(&mut self, document: &str, text: &str, wanted: bool) {
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        let (with, without) = self.folders.entry(folder.to_owned()).or_default();
        match first_line(text) {
            FirstLine::Id(id) => {
                *with += 1;
                self.ids.entry(id.to_owned()).or_default().push(document.to_owned());
            }
            FirstLine::Malformed(written) => {
                *with += 1;
                let written = written.chars().take(100).collect();
                self.malformed.push(IdFault::Malformed { document: document.to_owned(), written });
            }
            FirstLine::Other if wanted => without.push(document.to_owned()),
            FirstLine::Other => {}
        }
    }

    /// Finds what is wrong, once every document is in.
    pub(super) fn finish(&mut self) {
        let several = self.ids.iter().filter(|(_, documents)| documents.len() > 1);
        self.faults = several
            .map(|(id, documents)| IdFault::Duplicate { id: id.clone(), documents: documents.clone() })
            .collect();
        self.faults.append(&mut self.malformed);
        for (with, without) in std::mem::take(&mut self.folders).into_values() {
            if with >= 2 && with >= without.len() {
                self.faults.extend(without.into_iter().map(|document| IdFault::Absent { document }));
            }
        }
    }
}

enum FirstLine<'a> {
    Id(&'a str),
    Malformed(&'a str),
    Other,
}

fn first_line(text: &str) -> FirstLine<'_> {
    let line = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default().trim();
    let (comment, closed) = match (line.strip_prefix("<!--"), line.strip_prefix('#')) {
        (Some(rest), _) => (rest.strip_suffix("-->").unwrap_or(rest), rest.ends_with("-->")),
        (None, Some(rest)) => (rest, true),
        (None, None) => return FirstLine::Other,
    };
    let said = comment.trim();
    let is_id_line = said.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("id"))
        && said.get(2..).is_some_and(|rest| rest.trim_start().starts_with([':', '=']));
    if !is_id_line {
        return FirstLine::Other;
    }
    match said.strip_prefix("ID:").map(str::trim).filter(|id| closed && is_id(id)) {
        Some(id) => FirstLine::Id(id),
        None => FirstLine::Malformed(line),
    }
}

/// `DOC-026`, `FEAT-SHOP-TILL-01`.
#[must_use]
pub(super) fn is_id(text: &str) -> bool {
    let Some((name, number)) = text.rsplit_once('-') else { return false };
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit());
    let digits = !number.is_empty() && number.len() <= 9 && number.chars().all(|sign| sign.is_ascii_digit());
    digits && name.starts_with(|sign: char| sign.is_ascii_uppercase()) && name.split('-').all(part) && text.len() <= 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_malformed_and_absent_ids_are_found() {
        let mut ids = DocumentIds::default();
        for (path, text) in [
            ("d/a.md", "<!-- ID: DOC-001 -->\n# A"),
            ("d/b.md", "<!-- ID: DOC-001 -->\n# B"),
            ("d/c.md", "<!-- ID: doc-3 -->\n# C"),
            ("d/e.md", "# E\n<!-- ID: DOC-009 -->"),
            ("d/m.yml", "# ID: DOC-072\n- id: x"),
            ("x/a.md", "<!-- ID: DOC-010 -->"),
            ("x/b.md", "# B"),
            ("x/c.md", "# Ideas: more"),
        ] {
            ids.add(path, text, true);
        }
        ids.finish();
        let keys: Vec<String> = ids.faults.iter().map(|fault| fault.finding().id).collect();
        assert_eq!(
            keys,
            [
                "audit:document-ids:DOC-001:duplicate",
                "audit:d/c.md:document-id:malformed",
                "audit:d/e.md:document-id:absent"
            ]
        );
        assert!(ids.ids.contains_key("DOC-072"));
    }

    #[test]
    fn ids_are_known_by_their_form() {
        assert!(["DOC-026", "AR-001", "FEAT-ZO-DATABASE-01"].iter().all(|id| is_id(id)));
        assert!(
            !["doc-1", "DOC", "DOC-", "-1", "DOC-1a", "src/a.py", "DOC--1", "UTF-8 x-1"].iter().any(|id| is_id(id))
        );
        assert!(matches!(first_line("<!-- ID: DOC-1 "), FirstLine::Malformed(_)));
        assert!(matches!(first_line("<!-- IDEA: x -->"), FirstLine::Other));
        assert!(matches!(first_line("<!-- é -->"), FirstLine::Other));
    }
}
