//! Reads every document once and takes from it what the other parts want.
//!
//! Bounded in documents, bytes and references. Documents of the past are left out: they may name what is gone. Plans are
//! read for whom they name, but not for what is missing: what a plan promises is judged in phase 2.

use std::collections::BTreeSet;

use super::document_ids::DocumentIds;
use super::links::{self, BrokenRow};
use super::matrix::{self, MatrixRow};
use crate::count::count;
use crate::index::Index;
use crate::limits;
use crate::markdown::{Block, blocks};
use crate::options::Options;
use crate::remark::{NoteSeverity, Remark};

#[derive(Debug, Default)]
pub(super) struct Documents {
    /// The documents that count, sorted.
    pub(super) read: Vec<String>,
    pub(super) plans: BTreeSet<String>,
    pub(super) ids: DocumentIds,
    pub(super) matrix: Vec<MatrixRow>,
    /// References that lead nowhere.
    pub(super) broken: Vec<BrokenRow>,
    /// How many lead out of the root.
    pub(super) outside: usize,
    pub(super) named: BTreeSet<String>,
    /// What a reader should know about the reading.
    pub(super) notes: Vec<Remark>,
    references: usize,
    /// Bytes that may still be read to look for symbols.
    room: u64,
}

/// Reads the documents. `plans` are the audited plans, as people call them.
#[must_use]
pub(super) fn documents(index: &Index, options: &Options, plans: &BTreeSet<String>) -> Documents {
    let mut out = Documents { room: limits::EVIDENCE_BYTES_READ, ..Documents::default() };
    let (wanted, past) = (options.document_globs().unwrap_or_default(), options.past_globs().unwrap_or_default());
    let mut room = limits::DOCUMENTS_BYTES;
    let mut left = 0_usize;
    for path in index.files().filter(|path| wanted.matches(path) && !past.matches(path)) {
        if out.read.len() >= limits::DOCUMENTS || room == 0 || out.references >= limits::LINKS {
            left += 1;
            continue;
        }
        let Some(content) =
            index.find(path).and_then(|found| index.read_head(&found, limits::DOCUMENT_BYTES.min(room)).ok())
        else {
            left += 1;
            continue;
        };
        room -= (content.text.len() as u64).min(room);
        out.add(index, path, &content.text, is_plan(index, plans, path));
    }
    if left > 0 {
        let title = format!("{} not read: too many, too large, or not readable", count(left, "document"));
        out.notes.push(Remark::new("documents:not-read", NoteSeverity::Low, title, ""));
    }
    out
}

/// Whether a document is one of the plans, whatever folder the plans are granted by.
fn is_plan(index: &Index, plans: &BTreeSet<String>, path: &str) -> bool {
    let below = |root: &crate::index::Root| plans.contains(&crate::discover::shown_join(&root.shown, path));
    plans.contains(path) || path.ends_with(".plan.md") || index.roots().iter().any(below)
}

impl Documents {
    fn add(&mut self, index: &Index, path: &str, text: &str, plan: bool) {
        self.ids.add(path, text, !plan);
        let blocks = blocks(text);
        let found = links::references(index, path, &blocks);
        self.references += found.found.len() + found.broken.len();
        self.outside += found.outside;
        let others = found.found.into_iter().filter(|target| target != path);
        self.named.extend(others);
        if plan {
            self.plans.insert(path.to_owned());
        } else {
            self.broken.extend(found.broken);
            self.tables(index, path, &blocks);
        }
        self.read.push(path.to_owned());
    }

    fn tables(&mut self, index: &Index, path: &str, blocks: &[Block]) {
        for block in blocks {
            let Block::Table(table) = block else { continue };
            let left = limits::MATRIX_ROWS.saturating_sub(self.matrix.len());
            self.matrix.extend(matrix::rows(index, path, table, &mut self.room).into_iter().take(left));
        }
    }
}
