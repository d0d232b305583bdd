//! References of a document: its links, and the paths that it names in code.

use serde::Serialize;

use super::lookup::{self, Target};
use crate::index::Index;
use crate::markdown::Block;
use crate::markdown::{Inline, SpanKind};
use crate::reader::names;
use crate::remark::NoteSeverity;
use crate::report::Gap;

/// A reference to a missing file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrokenReference {
    /// The document.
    pub document: String,
    /// The line, from 1.
    pub line: usize,
    /// The path, relative to the root.
    pub path: String,
    /// True for a link, false for a path in code.
    pub link: bool,
}

impl BrokenReference {
    pub(super) fn finding(&self) -> Gap {
        let (kind, weight, what) = if self.link {
            ("broken-link", NoteSeverity::Medium, "links to")
        } else {
            ("names-missing", NoteSeverity::Low, "names")
        };
        let title = format!("{} {what} {}, which does not exist", self.document, self.path);
        let key = format!("{}:{}:{kind}", self.document, self.path);
        Gap::new(&key, weight, &title, &format!("{}:{}", self.document, self.line)).at(&self.document, self.line)
    }
}

#[derive(Debug, Default)]
pub(super) struct References {
    pub(super) broken: Vec<BrokenReference>,
    /// Number of references outside of the root.
    pub(super) outside: usize,
}

pub(super) fn references(index: &Index, document: &str, blocks: &[Block]) -> References {
    let mut out = References::default();
    for span in blocks.iter().flat_map(texts).flat_map(Inline::spans) {
        if let Some(written) = &span.link {
            follow(index, document, written, span.line, &mut out);
        }
        if span.kind == SpanKind::Code {
            out.broken.extend(code(index, document, &span.text, span.line));
        }
    }
    out
}

fn texts(block: &Block) -> Vec<&Inline> {
    match block {
        Block::Heading { text, .. } | Block::Paragraph(text) | Block::Item { text, .. } => vec![text],
        Block::Table(rows) => rows.iter().flatten().collect(),
        Block::Fence(_) => Vec::new(),
    }
}

fn follow(index: &Index, document: &str, written: &str, line: usize, out: &mut References) {
    match lookup::link(document, written) {
        None => {}
        Some(Target::Outside) => out.outside += 1,
        Some(Target::Inside(path))
            if path.is_empty() || index.find(&path).is_some() || names::is_placeholder(&path) => {}
        Some(Target::Inside(path)) => {
            let row = BrokenReference { document: document.to_owned(), line, path, link: true };
            // The text of one link may consist of several spans.
            if out.broken.last() != Some(&row) {
                out.broken.push(row);
            }
        }
    }
}

/// A path in code that does not exist, although its first folder exists in this tree.
fn code(index: &Index, document: &str, written: &str, line: usize) -> Option<BrokenReference> {
    let path = names::file(written)?.path;
    let here = lookup::means_this_tree(index, document, &path) && !path.starts_with('~');
    if !here || lookup::named(index, document, &path).is_some() {
        return None;
    }
    let path = path.trim_start_matches("./").trim_start_matches('/').to_owned();
    Some(BrokenReference { document: document.to_owned(), line, path, link: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Root;
    use crate::markdown::blocks;

    fn tree() -> (tempfile::TempDir, Index) {
        let dir = tempfile::tempdir().unwrap();
        for name in ["docs/a.md", "docs/b.md", "src/shop/till.py", "README.md"] {
            std::fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]);
        (dir, index)
    }

    fn broken(text: &str) -> Vec<(usize, String, bool)> {
        let (_dir, index) = tree();
        let found = references(&index, "docs/a.md", &blocks(text));
        found.broken.into_iter().map(|row| (row.line, row.path, row.link)).collect()
    }

    #[test]
    fn references_that_lead_nowhere_are_found() {
        let text = "# A\n\nSee [b](b.md), [`the` gone *one*](gone.md#x) and `src/shop/gone.py`.\n\n| F |\n|---|\n| `src/shop/stock.py:12` |\n";
        assert_eq!(
            broken(text),
            [
                (3, "docs/gone.md".to_owned(), true),
                (3, "src/shop/gone.py".to_owned(), false),
                (7, "src/shop/stock.py".to_owned(), false),
            ]
        );
    }

    #[test]
    fn references_to_other_trees_and_words_that_are_not_files_are_ignored() {
        for text in [
            "`shop/till.py` and `till.py` and `../README.md` are there",
            "`lib/other/main.py` belongs to another tree",
            "`src/**/*.py`, `src/<name>.py`, `GET /api/x.json`, `https://example.org/src/x.py`, `src/shop/`",
            "[a](https://example.org/gone.md) [b](#gone) [c](../../gone.md)",
            "~~`src/shop/gone.py`~~\n\n> `src/shop/gone.py`\n\n```\nsrc/shop/gone.py\n```\n",
        ] {
            assert_eq!(broken(text), [], "{text}");
        }
    }
}
