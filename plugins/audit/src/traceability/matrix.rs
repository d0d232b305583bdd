//! Traceability matrices in Markdown, and whether the code is there that their rows stand on.
//!
//! Two forms: features with "Exists?" and "Matches Design?" (`Y`, `N`, `Y (partial)`, `Y (Deferred)`), and requirements
//! with an implementation status (`✅ 🟡 ❌ 🔍`) and a code reference (`path`, `path:symbol`).

use serde::Serialize;

use super::lookup::{self, ReferenceState};
use crate::index::{EntryKind, Index};
use crate::limits;
use crate::markdown::{Inline, SpanKind};
use crate::reader::names;
use crate::remark::NoteSeverity;
use crate::report::Gap;
use crate::verify::definitions;

const REFERENCES: usize = 50;

/// What a row says of its feature or requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatrixStatement {
    /// It is there and as it should be.
    Yes,
    /// In part.
    Partly,
    /// Put off on purpose.
    Deferred,
    /// It is not there.
    No,
    /// To be looked into, or not said.
    Unclear,
}

/// The result of comparing a row with the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowVerdict {
    /// Everything that it names is there.
    Holds,
    /// It says yes, and something that it names is not there.
    CodeMissing,
    /// It says yes and names no code, in a matrix that has a column for it.
    Unreferenced,
    /// It says no, and all that it names is there.
    Stale,
    /// It names nothing that could be looked up, or says nothing that could be held against it.
    Unjudged,
}

/// Code that a row names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeReference {
    /// As it is written.
    pub written: String,
    /// Where it was found.
    pub found: Option<String>,
    /// Its status.
    pub standing: ReferenceState,
}

/// A row of a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatrixRow {
    /// The document.
    pub document: String,
    /// The line, from 1.
    pub line: usize,
    /// The feature, or the requirement's id.
    pub name: String,
    /// The requirement's description.
    pub description: String,
    /// What it says.
    pub says: MatrixStatement,
    /// In its own words.
    pub said: String,
    /// Its priority.
    pub priority: String,
    /// The code that it names.
    pub references: Vec<CodeReference>,
    /// The result of the comparison with the code.
    pub verified: RowVerdict,
}

impl MatrixRow {
    #[must_use]
    pub(super) fn finding(&self) -> Option<Gap> {
        let (name, said) = (&self.name, &self.said);
        let (weight, title) = match self.verified {
            RowVerdict::CodeMissing => {
                (NoteSeverity::High, format!("{name} is said to be there ({said}), its code is not"))
            }
            RowVerdict::Stale => (NoteSeverity::Low, format!("{name} is said not to be there ({said}), its code is")),
            RowVerdict::Unreferenced => {
                (NoteSeverity::Low, format!("{name} is said to be there ({said}) without a code reference"))
            }
            RowVerdict::Holds | RowVerdict::Unjudged => return None,
        };
        let kind = match self.verified {
            RowVerdict::CodeMissing => "matrix-code-missing",
            RowVerdict::Stale => "matrix-stale",
            _ => "matrix-unreferenced",
        };
        let mut evidence = vec![format!("{}:{}", self.document, self.line)];
        evidence.extend(
            self.references
                .iter()
                .filter(|code| (code.standing == ReferenceState::Present) == (self.verified == RowVerdict::Stale))
                .map(|code| match code.standing {
                    ReferenceState::SymbolMissing => format!("not defined: {}", code.written),
                    ReferenceState::Present => format!("there: {}", code.written),
                    _ => format!("not there: {}", code.written),
                }),
        );
        let key = format!("{}:{name}:{kind}", self.document);
        Some(Gap::new(&key, weight, &title, &evidence.join("; ")).at(&self.document, self.line))
    }
}

struct Columns {
    name: usize,
    description: Option<usize>,
    exists: Option<usize>,
    status: Option<usize>,
    priority: Option<usize>,
    code: Vec<usize>,
    /// Whether the form has a separate column for code.
    wants_code: bool,
}

impl Columns {
    fn of(head: &[Inline]) -> Option<Self> {
        let names: Vec<String> = head.iter().map(|cell| cell.plain().to_lowercase()).collect();
        let find = |start: &str| names.iter().position(|name| name.starts_with(start));
        let (priority, description) = (find("priority"), find("description"));
        if let (Some(exists), Some(matches)) = (find("exists"), find("matches")) {
            let name = find("feature").or_else(|| find("component")).unwrap_or(0);
            let code: Vec<usize> = (0..names.len()).filter(|at| ![exists, matches].contains(at)).collect();
            return Some(Self {
                name,
                description,
                exists: Some(exists),
                status: Some(matches),
                priority,
                code,
                wants_code: false,
            });
        }
        let (name, code) = (find("requirement")?, find("code ref"));
        let status = find("implementation").or_else(|| find("status"));
        if code.is_none() && find("implementation").is_none() {
            return None;
        }
        let code = code.into_iter().chain(find("test cov")).collect();
        Some(Self { name, description, exists: None, status, priority, wants_code: find("code ref").is_some(), code })
    }
}

/// The rows of a table; none when it is no matrix. `room` are the bytes that may still be read to look for symbols.
#[must_use]
pub(super) fn rows(index: &Index, document: &str, table: &[Vec<Inline>], room: &mut u64) -> Vec<MatrixRow> {
    let Some((head, body)) = table.split_first() else { return Vec::new() };
    let Some(columns) = Columns::of(head) else { return Vec::new() };
    body.iter().filter_map(|cells| row(index, document, &columns, cells, room)).collect()
}

fn row(index: &Index, document: &str, columns: &Columns, cells: &[Inline], room: &mut u64) -> Option<MatrixRow> {
    let text = |at: Option<usize>| at.and_then(|at| cells.get(at)).map(Inline::plain).unwrap_or_default();
    let name = text(Some(columns.name));
    if name.is_empty() {
        return None;
    }
    let (exists, status) = (text(columns.exists), text(columns.status));
    let says = match columns.exists {
        Some(_) if says(&exists) == MatrixStatement::No => MatrixStatement::No,
        _ => says(&status),
    };
    let said =
        [exists.as_str(), status.as_str()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" / ");
    let references: Vec<CodeReference> = columns
        .code
        .iter()
        .filter_map(|at| Some((*at, cells.get(*at)?)))
        .flat_map(|(_, cell)| written(cell, columns.wants_code))
        .take(REFERENCES)
        .filter_map(|written| look_up(index, document, written, room))
        .collect();
    let verified = verified(says, &references, columns.wants_code);
    let line = cells.get(columns.name).map_or(1, Inline::line);
    let (description, priority) = (text(columns.description), text(columns.priority));
    Some(MatrixRow {
        document: document.to_owned(),
        line,
        name,
        description,
        says,
        said,
        priority,
        references,
        verified,
    })
}

fn verified(says: MatrixStatement, references: &[CodeReference], wants_code: bool) -> RowVerdict {
    let bad = |code: &&CodeReference| matches!(code.standing, ReferenceState::Missing | ReferenceState::SymbolMissing);
    let missing = references.iter().filter(bad).count();
    let present = references.iter().filter(|code| code.standing == ReferenceState::Present).count();
    match says {
        MatrixStatement::Yes if missing > 0 => RowVerdict::CodeMissing,
        MatrixStatement::Yes if references.is_empty() && wants_code => RowVerdict::Unreferenced,
        MatrixStatement::Yes | MatrixStatement::Partly if present > 0 && missing == 0 => RowVerdict::Holds,
        // Notes of the first form may name what stands in for the missing feature.
        MatrixStatement::No if wants_code && missing == 0 && present > 0 => RowVerdict::Stale,
        _ => RowVerdict::Unjudged,
    }
}

/// What a cell says: `Y (partial)`, `✅ Done`, `Not implemented`.
fn says(text: &str) -> MatrixStatement {
    let lower = text.trim().to_lowercase();
    let first = lower.split(|sign: char| !sign.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match first {
        _ if has(&["\u{1f50d}"]) => MatrixStatement::Unclear,
        _ if has(&["\u{1f7e1}", "partial", "in progress"]) => MatrixStatement::Partly,
        _ if has(&["deferred", "postponed"]) => MatrixStatement::Deferred,
        _ if has(&["\u{274c}"]) => MatrixStatement::No,
        "n" | "no" | "not" | "missing" | "planned" | "absent" | "todo" => MatrixStatement::No,
        _ if has(&["\u{2705}"]) => MatrixStatement::Yes,
        "y" | "yes" | "implemented" | "done" | "complete" | "completed" => MatrixStatement::Yes,
        _ => MatrixStatement::Unclear,
    }
}

/// Words of a cell that may be code: what is in code, up to a gap; in a column for code also plain words.
fn written(cell: &Inline, plain: bool) -> Vec<&str> {
    let spans = cell.spans();
    // What follows `Gap:` is what is missing, and known to be.
    let gap = spans.iter().position(|span| span.text.to_lowercase().contains("gap:")).unwrap_or(spans.len());
    let spans = spans.get(..gap).unwrap_or_default();
    let codes: Vec<&str> =
        spans.iter().filter(|span| span.kind == SpanKind::Code).map(|span| span.text.as_str()).collect();
    if !codes.is_empty() || !plain {
        return codes;
    }
    let split = |sign: char| sign.is_whitespace() || matches!(sign, ',' | ';');
    spans.iter().flat_map(|span| span.text.split(split)).filter(|word| word.contains(['/', '.'])).collect()
}

/// Looks up a reference; `None` if it is not a file.
fn look_up(index: &Index, document: &str, written: &str, room: &mut u64) -> Option<CodeReference> {
    let (path, symbol) = parts(written.trim());
    let name = names::file(path).or_else(|| names::folder(path))?;
    let found = lookup::named(index, document, &name.path);
    let standing = match (&found, symbol) {
        (None, _) if matches!(crate::plan::Place::of(&name.path), crate::plan::Place::Outside(_)) => {
            ReferenceState::Outside
        }
        (None, _) => ReferenceState::Missing,
        (Some(_), None) => ReferenceState::Present,
        (Some(path), Some(symbol)) => symbol_standing(index, path, symbol, room),
    };
    Some(CodeReference { written: written.trim().to_owned(), found, standing })
}

/// `a/b.py:Class.method()` is `a/b.py` and `method`; lines are not symbols.
fn parts(written: &str) -> (&str, Option<&str>) {
    let Some(at) = written.find([':', '#']) else { return (written, None) };
    let (path, rest) = written.split_at(at);
    let rest = rest.trim_start_matches([':', '#']).trim_end_matches("()");
    let symbol = rest.rsplit(['.', ':', '#']).next().unwrap_or_default();
    let is_line = symbol.trim_start_matches(['L', '-']).chars().all(|sign| sign.is_ascii_digit() || sign == '-');
    let is_name = symbol.chars().all(|sign| sign.is_alphanumeric() || sign == '_');
    (path, (!is_line && is_name).then_some(symbol))
}

fn symbol_standing(index: &Index, path: &str, symbol: &str, room: &mut u64) -> ReferenceState {
    let Some(found) = index.find(path).filter(|found| found.kind == EntryKind::File) else {
        return ReferenceState::Missing;
    };
    let bytes = found.bytes.unwrap_or_default().min(limits::CONTENT_BYTES);
    if bytes > *room {
        return ReferenceState::Unread;
    }
    *room -= bytes;
    match index.read(&found) {
        Ok(content) if definitions(&content.text, &[symbol.to_owned()]) != [None] => ReferenceState::Present,
        Ok(content) if content.whole => ReferenceState::SymbolMissing,
        _ => ReferenceState::Unread,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Root;
    use crate::markdown::{Block, blocks};

    fn judged(text: &str) -> Vec<(String, MatrixStatement, RowVerdict)> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("api/src/shop")).unwrap();
        std::fs::write(dir.path().join("api/src/shop/till.py"), "class Till:\n    def open(self): pass\n").unwrap();
        std::fs::write(dir.path().join("api/src/shop/stock.py"), "x = 1\n").unwrap();
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]);
        let tables = blocks(text).into_iter().filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        });
        let rows: Vec<MatrixRow> = tables.flat_map(|table| rows(&index, "docs/M.md", &table, &mut 1_000_000)).collect();
        rows.into_iter().map(|row| (row.name, row.says, row.verified)).collect()
    }

    #[test]
    fn the_design_form_is_read() {
        let text = "| Feature / Component | Exists? (Y/N) | Matches Design? (Y, N, Y (partial), Y (Deferred)) | Priority | Notes |\n|-|-|-|-|-|\n\
            | Till | Y | Y | High | **Context:** `shop/till.py` |\n\
            | Stock | Y | Y (partial) | Low | `shop/stock.py` **Gap:** `shop/gone.py` |\n\
            | Gone | Y | Y | High | lives in `api/src/shop/gone.py` |\n\
            | Later | Y | Y (Deferred) | Low | |\n\
            | Never | N | N | Low | instead there is `shop/till.py` |\n";
        let wanted = [
            ("Till", MatrixStatement::Yes, RowVerdict::Holds),
            ("Stock", MatrixStatement::Partly, RowVerdict::Holds),
            ("Gone", MatrixStatement::Yes, RowVerdict::CodeMissing),
            ("Later", MatrixStatement::Deferred, RowVerdict::Unjudged),
            ("Never", MatrixStatement::No, RowVerdict::Unjudged),
        ];
        assert_eq!(judged(text), wanted.map(|(name, says, verified)| (name.to_owned(), says, verified)));
    }

    #[test]
    fn the_requirements_form_is_read() {
        let text = "| Requirement ID | Description | Source Doc | Implementation Status | Code Reference | Test Coverage | Notes |\n|-|-|-|-|-|-|-|\n\
            | R-1 | opens | D | ✅ | `api/src/shop/till.py:Till.open()` | - | |\n\
            | R-2 | shuts | D | ✅ Done | `api/src/shop/till.py:shut` | - | |\n\
            | R-3 | counts | D | 🟡 | api/src/shop/stock.py:12 | | |\n\
            | R-4 | sells | D | ❌ Not implemented | `api/src/shop/stock.py` | | |\n\
            | R-5 | weighs | D | ✅ | N/A | | |\n\
            | R-6 | looks | D | 🔍 | `api/src/shop/gone.py` | | |\n\
            | R-7 | tested | D | ✅ | `api/src/shop/till.py` | `tests/test_till.py` | |\n";
        let wanted = [
            ("R-1", MatrixStatement::Yes, RowVerdict::Holds),
            ("R-2", MatrixStatement::Yes, RowVerdict::CodeMissing),
            ("R-3", MatrixStatement::Partly, RowVerdict::Holds),
            ("R-4", MatrixStatement::No, RowVerdict::Stale),
            ("R-5", MatrixStatement::Yes, RowVerdict::Unreferenced),
            ("R-6", MatrixStatement::Unclear, RowVerdict::Unjudged),
            ("R-7", MatrixStatement::Yes, RowVerdict::CodeMissing),
        ];
        assert_eq!(judged(text), wanted.map(|(name, says, verified)| (name.to_owned(), says, verified)));
    }

    #[test]
    fn other_tables_are_no_matrices() {
        for text in [
            "| Feature | Status |\n|-|-|\n| `shop/gone.py` | ✅ |\n",
            "| Requirement | Notes |\n|-|-|\n| `gone.py` | ✅ |\n",
            "| Exists | File |\n|-|-|\n| Y | `gone.py` |\n",
        ] {
            assert_eq!(judged(text), [], "{text}");
        }
        assert_eq!(parts("a.py:12-15"), ("a.py", None));
        assert_eq!(parts("a.py#L3"), ("a.py", None));
        assert_eq!(parts("a.rs::mod::go"), ("a.rs", Some("go")));
    }
}
