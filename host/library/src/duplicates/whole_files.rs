//! Compares two whole files if they are similar in the first two minutes.
//!
//! A scan fingerprints only the first two minutes of a file; an edit may differ only after that. The fingerprint of a whole file
//! is computed here when it is first needed, and cached by the digest of the audio. So only possible duplicates are read a second
//! time, and only once. A file that cannot be read, or that changed since the scan, has no such fingerprint.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::{Library, WholePrint};
use baton_fingerprint::{Fingerprint, index};
use rayon::prelude::*;

use super::proof::{Proof, Similarity};
use super::versions::window;
use super::{Difference, Doubt, Item};
use crate::coverage::FINGERPRINTED_MS;
use crate::scan::ReadFn;

/// Provides fingerprints of whole files, by item id: [`WholePrints::load`], or a substitute in tests. Items that could not be
/// read are missing in the result.
pub type WholePrintsFn<'a> = dyn Fn(&[&Item]) -> Result<HashMap<i64, Fingerprint>, CatalogError> + 'a;

/// The number of files whose fingerprints are written in one transaction. Reading them takes some seconds.
const GROUP: usize = 64;

/// The fingerprints of whole files, from the cache or computed now.
pub struct WholePrints<'a> {
    /// The path of the catalog.
    pub catalog: &'a Path,
    /// Reads a file: [`baton_fingerprint::read`].
    pub read: &'a ReadFn<'a>,
    /// Receives the number of files to read, if there are any.
    pub progress: &'a (dyn Fn(usize) + Sync),
    /// Stops the reading.
    pub stop: &'a AtomicBool,
}

impl WholePrints<'_> {
    /// The fingerprints of these items, by their ids.
    pub fn load(&self, items: &[&Item]) -> Result<HashMap<i64, Fingerprint>, CatalogError> {
        let Some(catalog) = Catalog::open(self.catalog)? else {
            return Ok(HashMap::new());
        };
        let (mut prints, mut unknown) = (HashMap::new(), Vec::new());
        for item in items {
            let kept = item.audio_sha256.map(|audio| catalog.library_whole_print(&audio)).transpose()?.flatten();
            match kept.and_then(|words| Fingerprint::from_bytes(&words)) {
                Some(print) => drop(prints.insert(item.id, print)),
                None => unknown.push(*item),
            }
        }
        if !unknown.is_empty() {
            (self.progress)(unknown.len());
        }
        for group in unknown.chunks(GROUP) {
            let computed = group.par_iter().filter_map(|item| Some((*item, self.compute(item)?)));
            let computed: Vec<(&Item, Fingerprint)> = computed.collect();
            self.store(&computed);
            prints.extend(computed.into_iter().map(|(item, print)| (item.id, print)));
        }
        Ok(prints)
    }

    /// Computes the fingerprint, if the file is still the one that was scanned.
    fn compute(&self, item: &Item) -> Option<Fingerprint> {
        let options = baton_fingerprint::Options { length: None, hashes: true };
        let sound = (self.read)(&item.path, options, self.stop).ok()?;
        (sound.audio_sha256.is_some() && sound.audio_sha256 == item.audio_sha256).then_some(sound.fingerprint)
    }

    /// Caches fingerprints. After a failure they are computed again next time.
    fn store(&self, computed: &[(&Item, Fingerprint)]) {
        let as_print = |(item, print): &(&Item, Fingerprint)| {
            Some(WholePrint { audio_sha256: item.audio_sha256?, words: print.to_bytes() })
        };
        let prints: Vec<WholePrint> = computed.iter().filter_map(as_print).collect();
        let kept = Library::open(self.catalog).and_then(|mut library| library.record_whole_prints(&prints));
        if let Err(error) = kept {
            tracing::warn!(%error, "cannot cache the fingerprints of whole files in the catalog");
        }
    }
}

/// True if one of the two is longer than the fingerprinted part.
pub(crate) fn exceeds_fingerprinted_part(one: &Item, other: &Item) -> bool {
    [one, other].into_iter().filter_map(|item| item.duration_ms).any(|ms| ms > FINGERPRINTED_MS)
}

/// Compares two similar files to their end, and updates `similarity` with the result.
pub(crate) fn compare(
    similarity: &mut Similarity,
    one: Option<&Fingerprint>,
    other: Option<&Fingerprint>,
) -> Option<Difference> {
    let (Some(one), Some(other)) = (one, other) else {
        return Some(Difference::Review(Doubt::Rest));
    };
    similarity.windows = index::windows(one.words(), other.words(), similarity.offset_frames);
    similarity.whole = true;
    window(similarity)
}

impl Proof {
    /// True if only the first two minutes were compared, although one item is longer.
    #[must_use]
    pub fn is_of_part(&self, one: &Item, other: &Item) -> bool {
        match self {
            Self::SameAudio => false,
            Self::Sounds(similarity) => !similarity.whole && exceeds_fingerprinted_part(one, other),
        }
    }
}
