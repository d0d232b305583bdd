//! Separates copies from edits by comparing whole files, if they are longer than two minutes.
//!
//! Links are updated before the catalog is read, and the reader must not wait for long. So one run reads few files, and the
//! next runs read the rest. Fingerprints of whole files are cached.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_fingerprint::Fingerprint;

use crate::duplicates::{Item, Similarity, WholePrints, compare};

/// A run stops after it has read this many whole files, or a few more; each takes about half a second. `baton library duplicates`
/// has no such limit.
const MOST: usize = 32;

/// The number of files that are read in one step.
const GROUP: usize = 8;

/// The number of pairs that are compared in one step. The limit bounds the fingerprints in memory.
const PIECE: usize = 500;

/// Two files that are copies in the first two minutes.
#[derive(Clone, Copy)]
pub(super) struct ItemPair<'a> {
    /// The two files, in the order of the comparison.
    pub(super) items: [&'a Item; 2],
    pub(super) similarity: Similarity,
}

/// Compares copies to their end.
pub(super) struct CopyComparer<'a> {
    prints: WholePrints<'a>,
    catalog: &'a Catalog,
    made: usize,
    /// Some files were not read.
    pub(super) is_unfinished: bool,
}

impl<'a> CopyComparer<'a> {
    pub(super) fn new(path: &'a Path, catalog: &'a Catalog, stop: &'a AtomicBool) -> Self {
        let prints = WholePrints { catalog: path, read: &baton_fingerprint::read, progress: &|_| (), stop };
        Self { prints, catalog, made: 0, is_unfinished: false }
    }

    /// For each pair, whether the whole files are copies. `false` if one of the files was not read.
    pub(super) fn are_copies(&mut self, pairs: &[ItemPair<'_>]) -> Result<Vec<bool>, CatalogError> {
        let mut copies = Vec::with_capacity(pairs.len());
        for piece in pairs.chunks(PIECE) {
            let prints = self.prints_of(piece)?;
            copies.extend(piece.iter().map(|pair| {
                let ([one, other], mut similarity) = (pair.items, pair.similarity);
                compare(&mut similarity, prints.get(&one.id), prints.get(&other.id)).is_none()
            }));
        }
        Ok(copies)
    }

    fn prints_of(&mut self, pairs: &[ItemPair<'_>]) -> Result<HashMap<i64, Fingerprint>, CatalogError> {
        let mut items: Vec<&Item> = pairs.iter().flat_map(|pair| pair.items).collect();
        items.sort_unstable_by_key(|item| item.id);
        items.dedup_by_key(|item| item.id);
        let (mut kept, mut unknown) = (Vec::new(), Vec::new());
        for item in items {
            let Some(digest) = item.audio_sha256 else { continue };
            let is_kept = self.catalog.library_whole_print(&digest)?.is_some();
            if is_kept { kept.push(item) } else { unknown.push(item) }
        }
        let mut prints = self.prints.load(&kept)?;
        for group in unknown.chunks(GROUP) {
            if self.made >= MOST {
                self.is_unfinished = true;
                break;
            }
            // A file that cannot be read does not count for the limit.
            let made = self.prints.load(group)?;
            self.made += made.len();
            prints.extend(made);
        }
        Ok(prints)
    }
}
