//! Copies that play on after the first two minutes, told from edits by their whole sound, as duplicates are.
//!
//! A link is found before somebody reads the catalog, who must not wait for long: so few files are read at once, and the rest when
//! links are found again. What was read is kept.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_fingerprint::Fingerprint;

use crate::duplicates::{Item, Similarity, WholePrints, compare};

/// Files whose whole sound is read in one run, at least; each takes about half a second. `baton library duplicates` reads all that it
/// needs.
const MOST: usize = 32;

/// Files that are read together.
const GROUP: usize = 8;

/// Pairs that are compared together, so that few prints are in memory.
const PIECE: usize = 500;

/// Tells copies to the end.
pub(super) struct Judge<'a> {
    prints: WholePrints<'a>,
    catalog: &'a Catalog,
    made: usize,
    /// Whether files are left that were not read.
    pub(super) is_unfinished: bool,
}

impl<'a> Judge<'a> {
    pub(super) fn new(path: &'a Path, catalog: &'a Catalog, stop: &'a AtomicBool) -> Self {
        let prints = WholePrints { catalog: path, read: &baton_fingerprint::read, tell: &|_| (), stop };
        Self { prints, catalog, made: 0, is_unfinished: false }
    }

    /// For each pair whether it is a copy to its end. One of which a file was not read is none.
    pub(super) fn are_copies(&mut self, pairs: &[(&Item, &Item, Similarity)]) -> Result<Vec<bool>, CatalogError> {
        let mut copies = Vec::with_capacity(pairs.len());
        for piece in pairs.chunks(PIECE) {
            let prints = self.prints_of(piece)?;
            copies.extend(piece.iter().map(|(one, other, alike)| {
                let mut alike = *alike;
                compare(&mut alike, prints.get(&one.id), prints.get(&other.id)).is_none()
            }));
        }
        Ok(copies)
    }

    fn prints_of(&mut self, pairs: &[(&Item, &Item, Similarity)]) -> Result<HashMap<i64, Fingerprint>, CatalogError> {
        let mut items: Vec<&Item> = pairs.iter().flat_map(|(one, other, _)| [*one, *other]).collect();
        items.sort_unstable_by_key(|item| item.id);
        items.dedup_by_key(|item| item.id);
        let (mut kept, mut unknown) = (Vec::new(), Vec::new());
        for item in items {
            let Some(digest) = item.audio_sha256 else { continue };
            let is_kept = self.catalog.library_whole_print(&digest)?.is_some();
            if is_kept { kept.push(item) } else { unknown.push(item) }
        }
        let mut prints = self.prints.of(&kept)?;
        for group in unknown.chunks(GROUP) {
            if self.made >= MOST {
                self.is_unfinished = true;
                break;
            }
            // What cannot be read does not count, so that it keeps nothing else from being read.
            let made = self.prints.of(group)?;
            self.made += made.len();
            prints.extend(made);
        }
        Ok(prints)
    }
}
