//! Lists of requirements with the documents and the code that belong to them: `ALIGNMENT_MATRIX.yml`.
//!
//! Each entry has `id`, `description`, `linked_docs`, `code_paths` and `related_tasks`. A document or a code path is
//! written as a path below the root, or as the id that the document has on its first line.

use serde::Serialize;

use super::document_ids::{DocumentIds, is_id};
use super::lookup::{self, ReferenceState};
use crate::index::Index;
use crate::limits;
use crate::plan::Place;
use crate::remark::NoteSeverity;
use crate::report::Gap;
use crate::yaml::{self, Node, Value};

const REFERENCES: usize = 200;

/// Something that an entry links to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkedTarget {
    /// As it is written: a path or an id.
    pub written: String,
    /// Where it was found.
    pub found: Option<String>,
    /// Its status.
    pub standing: ReferenceState,
    /// The line, from 1.
    pub line: usize,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlignmentRow {
    /// The list.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The requirement.
    pub id: String,
    /// What it is.
    pub description: String,
    /// Documents.
    pub documents: Vec<LinkedTarget>,
    /// Code.
    pub code: Vec<LinkedTarget>,
    /// Tasks, as they are written.
    pub tasks: Vec<String>,
}

/// Reads a list.
pub(super) fn rows(index: &Index, ids: &DocumentIds, file: &str, text: &str) -> Result<Vec<AlignmentRow>, String> {
    let node = yaml::parse(text)?;
    let entries: Vec<&Node> = match &node.value {
        Value::List(nodes) => nodes.iter().collect(),
        Value::Map(pairs) => pairs.iter().flat_map(|(_, node)| node.list()).collect(),
        Value::Word(_) => Vec::new(),
    };
    let row = |entry: &&Node| {
        let word = |name: &str| entry.get(name).and_then(Node::word).unwrap_or_default().to_owned();
        let list = |name: &str| entry.get(name).map(Node::list).unwrap_or_default().iter().take(REFERENCES);
        let linked = |name: &str| list(name).filter_map(|node| linked(index, ids, node)).collect();
        let id = word("id");
        (!id.is_empty()).then(|| AlignmentRow {
            file: file.to_owned(),
            line: entry.line,
            id,
            description: word("description"),
            documents: linked("linked_docs"),
            code: linked("code_paths"),
            tasks: list("related_tasks").filter_map(Node::word).map(str::to_owned).collect(),
        })
    };
    Ok(entries.iter().take(limits::MATRIX_ROWS).filter_map(row).collect())
}

fn linked(index: &Index, ids: &DocumentIds, node: &Node) -> Option<LinkedTarget> {
    let written = node.word()?;
    let (found, standing) = if is_id(written) {
        match ids.ids.get(written).and_then(|documents| documents.first()) {
            Some(document) => (Some(document.clone()), ReferenceState::Present),
            None => (None, ReferenceState::UnknownId),
        }
    } else {
        let bare = written.split('#').next().unwrap_or(written).trim_end_matches('/');
        match (lookup::named(index, "", bare), Place::of(bare)) {
            (Some(path), _) => (Some(path), ReferenceState::Present),
            (None, Place::Outside(_)) => (None, ReferenceState::Outside),
            (None, Place::Inside { .. }) => (None, ReferenceState::Missing),
        }
    };
    Some(LinkedTarget { written: written.to_owned(), found, standing, line: node.line })
}

/// What is not as it should be in one list.
#[must_use]
pub(super) fn findings(file: &str, rows: &[AlignmentRow]) -> Vec<Gap> {
    let mut out = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for row in rows {
        if !seen.insert(&row.id) {
            let title = format!("{file} lists {} twice", row.id);
            let key = format!("{file}:{}:listed-twice", row.id);
            let gap = Gap::new(&key, NoteSeverity::Medium, &title, &format!("{file}:{}", row.line));
            out.push(gap.at(file, row.line));
        }
        let documents = row.documents.iter().map(|linked| (linked, NoteSeverity::Medium, "document"));
        let code = row.code.iter().map(|linked| (linked, NoteSeverity::High, "code"));
        for (linked, weight, what) in
            documents.chain(code).filter(|(linked, ..)| linked.standing == ReferenceState::Missing)
        {
            let title = format!("{what} of {} is not there: {}", row.id, linked.written);
            let key = format!("{file}:{}:{}:missing", row.id, linked.written);
            out.push(Gap::new(&key, weight, &title, &format!("{file}:{}", linked.line)).at(file, linked.line));
        }
    }
    let all =
        || rows.iter().flat_map(|row| row.documents.iter().chain(&row.code)).filter(|linked| is_id(&linked.written));
    let unknown: Vec<&str> = all()
        .filter(|linked| linked.standing == ReferenceState::UnknownId)
        .map(|linked| linked.written.as_str())
        .collect();
    if !unknown.is_empty() {
        let title = format!("{} of {} ids in {file} belong to no document that was read", unknown.len(), all().count());
        out.push(Gap::new(&format!("{file}:ids:unknown"), NoteSeverity::Low, &title, &unknown.join(", ")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Root;

    const LIST: &str = "# ID: DOC-072\n- id: AR-001\n  description: Till\n  linked_docs:\n  - docs/till.md\n  - DOC-001\n  - DOC-999\n  code_paths:\n  - src/till.py\n  - src/shop/\n  - src/gone.py\n  related_tasks: [T-1]\n- id: AR-001\n  linked_docs: docs/gone.md\n  code_paths: []\n- description: no id\n";

    #[test]
    fn every_path_and_id_is_looked_up() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["docs/till.md", "src/till.py", "src/shop/a.py"] {
            std::fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]);
        let mut ids = DocumentIds::default();
        ids.add("docs/till.md", "<!-- ID: DOC-001 -->", true);
        let rows = rows(&index, &ids, "M.yml", LIST).unwrap();
        assert_eq!((rows.len(), rows[0].tasks.as_slice()), (2, ["T-1".to_owned()].as_slice()));
        let found: Vec<String> = findings("M.yml", &rows)
            .into_iter()
            .map(|gap| format!("{} {} {}", gap.id, gap.weight.word(), gap.evidence))
            .collect();
        assert_eq!(
            found,
            [
                "audit:M.yml:AR-001:src/gone.py:missing HIGH M.yml:11",
                "audit:M.yml:AR-001:listed-twice MEDIUM M.yml:13",
                "audit:M.yml:AR-001:docs/gone.md:missing MEDIUM M.yml:14",
                "audit:M.yml:ids:unknown LOW DOC-999",
            ]
        );
    }

    #[test]
    fn a_bomb_is_one_error() {
        let bomb = "- &a {id: X-1}\n- *a\n";
        assert!(super::rows(&Index::default(), &DocumentIds::default(), "M.yml", bomb).unwrap_err().contains("alias"));
        assert!(super::rows(&Index::default(), &DocumentIds::default(), "M.yml", "just words").unwrap().is_empty());
    }
}
