//! Pairs that agree in their first two minutes and play on are compared to their end.
//!
//! A scan reads only two minutes of a file's sound, which an edit or another ending may follow. The fingerprint of a whole file is
//! made when it is first needed, here, and kept by the digest of its audio. So only files that seem to be there twice are read a
//! second time, once. What cannot be read, or is another file than the scan read, has none.

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
use crate::coverage::HEARD_MS;
use crate::scan::ReadFn;

/// Where the fingerprints of whole files come from: [`WholePrints::of`], or what a test puts in its place. What is missing in the
/// answer could not be read.
pub type WholePrintsFn<'a> = dyn Fn(&[&Item]) -> Result<HashMap<i64, Fingerprint>, CatalogError> + 'a;

/// Files whose prints are written together: some seconds of reading.
const GROUP: usize = 64;

/// The fingerprints of whole files: those that are kept, and those that are made now.
pub struct WholePrints<'a> {
    /// The catalog that keeps them.
    pub catalog: &'a Path,
    /// How a file is read: [`baton_fingerprint::read`].
    pub read: &'a ReadFn<'a>,
    /// Is told how many files are going to be read, where there are any.
    pub tell: &'a (dyn Fn(usize) + Sync),
    /// Ends the reading.
    pub stop: &'a AtomicBool,
}

impl WholePrints<'_> {
    /// The prints of these items, by their numbers.
    pub fn of(&self, items: &[&Item]) -> Result<HashMap<i64, Fingerprint>, CatalogError> {
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
            (self.tell)(unknown.len());
        }
        for group in unknown.chunks(GROUP) {
            let made = group.par_iter().filter_map(|item| Some((*item, self.make(item)?)));
            let made: Vec<(&Item, Fingerprint)> = made.collect();
            self.keep(&made);
            prints.extend(made.into_iter().map(|(item, print)| (item.id, print)));
        }
        Ok(prints)
    }

    /// The print of a file that is still the one that was scanned.
    fn make(&self, item: &Item) -> Option<Fingerprint> {
        let options = baton_fingerprint::Options { length: None, hashes: true };
        let sound = (self.read)(&item.path, options, self.stop).ok()?;
        (sound.audio_sha256.is_some() && sound.audio_sha256 == item.audio_sha256).then_some(sound.fingerprint)
    }

    /// What is not kept is made again the next time.
    fn keep(&self, made: &[(&Item, Fingerprint)]) {
        let as_print = |(item, print): &(&Item, Fingerprint)| {
            Some(WholePrint { audio_sha256: item.audio_sha256?, words: print.to_bytes() })
        };
        let prints: Vec<WholePrint> = made.iter().filter_map(as_print).collect();
        let kept = Library::open(self.catalog).and_then(|mut library| library.keep_whole_prints(&prints));
        if let Err(error) = kept {
            tracing::warn!(%error, "fingerprints of whole files are not kept in the catalog");
        }
    }
}

/// Whether one of two plays on after what is fingerprinted of it.
pub(crate) fn play_on(one: &Item, other: &Item) -> bool {
    [one, other].into_iter().filter_map(|item| item.duration_ms).any(|ms| ms > HEARD_MS)
}

/// What the whole of two files says that agree in their beginning. `alike` has it afterwards.
pub(crate) fn compare(
    alike: &mut Similarity,
    one: Option<&Fingerprint>,
    other: Option<&Fingerprint>,
) -> Option<Difference> {
    let (Some(one), Some(other)) = (one, other) else {
        return Some(Difference::Review(Doubt::Rest));
    };
    alike.windows = index::windows(one.words(), other.words(), alike.offset_frames);
    alike.whole = true;
    window(alike)
}

impl Proof {
    /// Whether only the first two minutes of the two were compared, because one plays on.
    #[must_use]
    pub fn is_of_part(&self, one: &Item, other: &Item) -> bool {
        match self {
            Self::SameAudio => false,
            Self::Sounds(alike) => !alike.whole && play_on(one, other),
        }
    }
}
