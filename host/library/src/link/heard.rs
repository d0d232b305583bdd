//! What the prints of the library sound like, as far as links need it: each print is compared once and the pairs are kept
//! (`sound_pairs`), so that an import or a new tag makes nobody listen again.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::{Library, SoundPair};
use baton_fingerprint::Fingerprint;
use baton_fingerprint::index::Windows;

use super::linked::LinkedItem;
use crate::duplicates::{Proof, Similarity};
use crate::lookup::{LookupQuery, look_up};

/// Prints that are compared with the library at once. What was found is kept after each piece, so that a run that is ended in the
/// middle is resumed where it stopped.
const PIECE: usize = 1_000;

/// The digest by which a print is known.
pub(super) type Digest = [u8; 32];

/// Compares what was not compared yet: the prints of `open` with all, and new ones with those of `open` that were compared before.
pub(super) fn listen(
    path: &Path,
    catalog: &Catalog,
    files: &[LinkedItem],
    open: &HashSet<Digest>,
) -> Result<(), CatalogError> {
    let known = catalog.sound_prints()?;
    let was_listened = |digest: &Digest| known.get(digest) == Some(&true);
    let again = open.iter().any(was_listened);
    let (mut asked, mut others, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for linked in files.iter().filter(|linked| linked.item.heard) {
        let Some(digest) = linked.item.audio_sha256.filter(|digest| seen.insert(*digest)) else { continue };
        let is_asked =
            if open.contains(&digest) { !was_listened(&digest) } else { again && !known.contains_key(&digest) };
        if is_asked {
            asked.push((digest, linked));
        } else if !known.contains_key(&digest) {
            others.push(digest);
        }
    }
    for piece in asked.chunks(PIECE) {
        let pairs = compare(catalog, piece)?;
        let listened: Vec<Digest> = piece.iter().map(|(digest, _)| *digest).collect();
        Library::open(path)?.keep_sounds(&listened, &pairs)?;
    }
    if !others.is_empty() {
        Library::open(path)?.sounds_are_known(&others)?;
    }
    Ok(())
}

/// What these sound like, in the whole library.
fn compare(catalog: &Catalog, piece: &[(Digest, &LinkedItem)]) -> Result<Vec<SoundPair>, CatalogError> {
    let by_item: HashMap<i64, &(Digest, &LinkedItem)> = piece.iter().map(|one| (one.1.item.id, one)).collect();
    let (mut asked, mut whose) = (Vec::new(), Vec::new());
    catalog.library_fingerprints(Fingerprint::ALGORITHM, |id, bytes| {
        if let Some(((digest, linked), fingerprint)) = by_item.get(&id).zip(Fingerprint::from_bytes(bytes)) {
            asked.push(LookupQuery { fingerprint, item: linked.item.clone() });
            whose.push(*digest);
        }
    })?;
    let matches = look_up(catalog, &asked, &AtomicBool::new(false))?;
    let mut pairs = Vec::new();
    for (one, matches) in whose.into_iter().zip(matches) {
        for found in matches {
            if let (Proof::Sounds(alike), Some(other)) = (found.proof, found.item.audio_sha256) {
                pairs.push(as_pair(one, other, &alike));
            }
        }
    }
    Ok(pairs)
}

const fn as_pair(one: Digest, other: Digest, alike: &Similarity) -> SoundPair {
    SoundPair {
        one,
        other,
        bit_error_rate: alike.bit_error_rate,
        score: alike.score,
        overlap: alike.overlap,
        drift: alike.drift,
        offset_frames: alike.offset_frames,
        worst: alike.windows.worst,
        worst_at_frame: alike.windows.worst_at_frame,
        median: alike.windows.median,
    }
}

/// How a pair that was kept sounds alike.
pub(super) const fn alike(pair: &SoundPair) -> Similarity {
    Similarity {
        bit_error_rate: pair.bit_error_rate,
        score: pair.score,
        overlap: pair.overlap,
        drift: pair.drift,
        offset_frames: pair.offset_frames,
        windows: Windows { worst: pair.worst, worst_at_frame: pair.worst_at_frame, median: pair.median },
        whole: false,
    }
}
