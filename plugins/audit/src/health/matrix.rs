//! Traceability matrices in Markdown: tables of features with the columns "Exists?" and "Matches Design?". The code
//! that a row names in backticks must exist if the row says yes.

use serde::Serialize;

use super::lookup;
use crate::index::Index;
use crate::limits;
use crate::markdown::{Inline, SpanKind};
use crate::plan::Place;
use crate::reader::names;
use crate::remark::NoteSeverity;
use crate::report::Gap;

/// The result of comparing a row with the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatrixVerdict {
    /// All named code exists.
    True,
    /// The row says yes, but named code is missing.
    CodeMissing,
    /// The row names no code that can be looked up, or does not say that the feature exists.
    Unverifiable,
}

/// A row of a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatrixRow {
    /// The document.
    pub document: String,
    /// The line, from 1.
    pub line: usize,
    /// The feature.
    pub name: String,
    /// The cells "Exists?" and "Matches Design?".
    pub statement: String,
    /// Existing paths that it names.
    pub found: Vec<String>,
    /// Missing paths that it names.
    pub missing: Vec<String>,
    /// The result of the comparison.
    pub verdict: MatrixVerdict,
}

impl MatrixRow {
    pub(super) fn finding(&self) -> Option<Gap> {
        if self.verdict != MatrixVerdict::CodeMissing {
            return None;
        }
        let title = format!("{} is marked as existing ({}), but its code is missing", self.name, self.statement);
        let evidence = format!("{}:{}; missing: {}", self.document, self.line, self.missing.join(", "));
        let key = format!("{}:{}:matrix-code-missing", self.document, self.name);
        Some(Gap::new(&key, NoteSeverity::High, &title, &evidence).at(&self.document, self.line))
    }
}

/// The rows of a table; empty if it is not a matrix.
pub(super) fn rows(index: &Index, document: &str, table: &[Vec<Inline>]) -> Vec<MatrixRow> {
    let Some((head, body)) = table.split_first() else { return Vec::new() };
    let names: Vec<String> = head.iter().map(|cell| cell.plain().to_lowercase()).collect();
    let find = |start: &str| names.iter().position(|name| name.starts_with(start));
    let (Some(exists), Some(matches)) = (find("exists"), find("matches")) else { return Vec::new() };
    let name = find("feature").or_else(|| find("component")).unwrap_or(0);
    let row = |cells: &Vec<Inline>| {
        let plain = |at: usize| cells.get(at).map(Inline::plain).unwrap_or_default();
        let codes = cells.iter().enumerate().filter(|(at, _)| ![exists, matches].contains(at));
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for path in codes.flat_map(|(_, cell)| paths(cell)).take(limits::ROWS) {
            let list = if lookup::named(index, document, &path).is_some() { &mut found } else { &mut missing };
            list.push(path);
        }
        let (exists, matches) = (plain(exists), plain(matches));
        let verdict = match (first_word(&exists).as_str(), found.is_empty(), missing.is_empty()) {
            ("n" | "no" | "not" | "missing", ..) => MatrixVerdict::Unverifiable,
            (_, _, false) if is_yes(&matches) => MatrixVerdict::CodeMissing,
            (_, false, true) => MatrixVerdict::True,
            _ => MatrixVerdict::Unverifiable,
        };
        MatrixRow {
            document: document.to_owned(),
            line: cells.get(name).map_or(1, Inline::line),
            name: plain(name),
            statement: format!("{exists} / {matches}"),
            found,
            missing,
            verdict,
        }
    };
    body.iter().map(row).filter(|row| !row.name.is_empty()).collect()
}

fn first_word(text: &str) -> String {
    let lower = text.to_lowercase();
    lower.split(|sign: char| !sign.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default().to_owned()
}

/// True for a yes without a reservation such as `Y (partial)` or `Y (Deferred)`.
fn is_yes(text: &str) -> bool {
    let lower = text.to_lowercase();
    let reserved = ["partial", "deferred", "postponed", "in progress"].iter().any(|word| lower.contains(word));
    let word = first_word(text);
    !reserved && (lower.contains('\u{2705}') || ["y", "yes", "done", "complete", "completed"].contains(&word.as_str()))
}

/// The paths that a cell names in code, except those after `Gap:`, which are known to be missing.
fn paths(cell: &Inline) -> Vec<String> {
    let before_gap = cell.spans().iter().take_while(|span| !span.text.to_lowercase().contains("gap:"));
    let codes = before_gap.filter(|span| span.kind == SpanKind::Code);
    let names = codes.filter_map(|span| names::file(&span.text).or_else(|| names::folder(&span.text)));
    names.map(|name| name.path).filter(|path| matches!(Place::of(path), Place::Inside { .. })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Root;
    use crate::markdown::{Block, blocks};

    fn judged(text: &str) -> Vec<(String, MatrixVerdict)> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("api/src/shop")).unwrap();
        for name in ["till.py", "stock.py"] {
            std::fs::write(dir.path().join("api/src/shop").join(name), "x = 1\n").unwrap();
        }
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]);
        let tables = blocks(text).into_iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        });
        tables.flat_map(|table| rows(&index, "docs/M.md", &table)).map(|row| (row.name, row.verdict)).collect()
    }

    #[test]
    fn rows_are_compared_with_the_code() {
        let text = "| Feature / Component | Exists? (Y/N) | Matches Design? (Y, N, Y (partial), Y (Deferred)) | Priority | Notes |\n|-|-|-|-|-|\n\
            | Till | Y | Y | High | **Context:** `shop/till.py` |\n\
            | Stock | Y | Y (partial) | Low | `shop/stock.py` **Gap:** `shop/gone.py` |\n\
            | Gone | Y | Y | High | lives in `api/src/shop/gone.py` |\n\
            | Tick | \u{2705} | \u{2705} | High | lives in `api/src/shop/gone.py` |\n\
            | Later | Y | Y (Deferred) | Low | |\n\
            | Away | Y | Y | Low | `/etc/hosts.conf` |\n\
            | Never | N | N | Low | instead there is `shop/till.py` |\n";
        let wanted = [
            ("Till", MatrixVerdict::True),
            ("Stock", MatrixVerdict::True),
            ("Gone", MatrixVerdict::CodeMissing),
            ("Tick", MatrixVerdict::CodeMissing),
            ("Later", MatrixVerdict::Unverifiable),
            ("Away", MatrixVerdict::Unverifiable),
            ("Never", MatrixVerdict::Unverifiable),
        ];
        assert_eq!(judged(text), wanted.map(|(name, verdict)| (name.to_owned(), verdict)));
    }

    #[test]
    fn other_tables_are_not_matrices() {
        for text in
            ["| Feature | Status |\n|-|-|\n| `shop/gone.py` | ✅ |\n", "| Exists | File |\n|-|-|\n| Y | `gone.py` |\n"]
        {
            assert_eq!(judged(text), [], "{text}");
        }
    }
}
