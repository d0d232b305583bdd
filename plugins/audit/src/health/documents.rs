//! Reads every document once, for its references and its traceability matrices.
//!
//! Documents about the past are left out: they may name files that no longer exist. Plans are left out too, because the audit
//! judges them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::links::{self, BrokenReference};
use super::matrix::{self, MatrixRow};
use super::options::Options;
use crate::count::count;
use crate::index::Index;
use crate::limits;
use crate::markdown::{Block, blocks};
use crate::remark::{NoteSeverity, Remark};
use crate::report::Gap;

/// The references and matrices of all documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Documents {
    /// Number of documents that were read.
    pub read: usize,
    /// Rows of the matrices.
    pub matrix: Vec<MatrixRow>,
    /// References to missing files.
    pub broken: Vec<BrokenReference>,
    /// Number of references outside of the granted folder, which are not looked up.
    pub outside: usize,
}

impl Documents {
    pub(super) fn findings(&self) -> Vec<Gap> {
        let matrix = self.matrix.iter().filter_map(MatrixRow::finding);
        matrix.chain(self.broken.iter().map(BrokenReference::finding)).collect()
    }

    fn add(&mut self, index: &Index, path: &str, text: &str) {
        let blocks = blocks(text);
        let references = links::references(index, path, &blocks);
        self.outside += references.outside;
        let room = limits::LINKS.saturating_sub(self.broken.len());
        self.broken.extend(references.broken.into_iter().take(room));
        for block in &blocks {
            let Block::Table(table) = block else { continue };
            let room = limits::MATRIX_ROWS.saturating_sub(self.matrix.len());
            self.matrix.extend(matrix::rows(index, path, table).into_iter().take(room));
        }
    }
}

/// Reads the documents. `plans` are the audited plans, as reports show them.
pub(super) fn documents(index: &Index, options: &Options, plans: &BTreeSet<String>) -> (Documents, Vec<Remark>) {
    let mut out = Documents::default();
    let mut room = limits::DOCUMENTS_BYTES;
    let mut left = 0_usize;
    let wanted = |path: &&str| {
        options.documents.matches(path) && !options.past_documents.matches(path) && !is_plan(index, plans, path)
    };
    for path in index.files().filter(wanted) {
        let full = out.read >= limits::DOCUMENTS || room == 0;
        let found = index.find(path).filter(|_| !full);
        let Some(content) = found.and_then(|found| index.read_head(&found, limits::DOCUMENT_BYTES.min(room)).ok())
        else {
            left += 1;
            continue;
        };
        room = room.saturating_sub(content.text.len() as u64);
        out.read += 1;
        out.add(index, path, &content.text);
    }
    let title = format!("{} not read: too many, too large, or not readable", count(left, "document"));
    let note = (left > 0).then(|| Remark::new("documents:not-read", NoteSeverity::Low, title, ""));
    (out, note.into_iter().collect())
}

/// True if a document is one of the plans, even if another grant contains the plans.
fn is_plan(index: &Index, plans: &BTreeSet<String>, path: &str) -> bool {
    let below = |root: &crate::index::Root| plans.contains(&crate::discover::shown_join(&root.shown, path));
    plans.contains(path) || path.ends_with(".plan.md") || index.roots().iter().any(below)
}
