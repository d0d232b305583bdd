//! The similar pairs of the library, as far as links need them. Each fingerprint is compared once and the pairs are stored
//! (`sound_pairs`), so that an import or a new tag needs no new comparison.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::{Library, SoundPair};
use baton_fingerprint::Fingerprint;
use baton_fingerprint::index::Windows;

use super::linked_item::LinkedItem;
use crate::duplicates::{Proof, Similarity};
use crate::lookup::{LookupQuery, look_up};

/// The number of fingerprints that are compared with the library at a time. The result is stored after each piece, so that an
/// interrupted run resumes.
const PIECE: usize = 1_000;

/// Identifies a fingerprint: the SHA-256 of the audio packets.
pub(super) type Digest = [u8; 32];

/// Compares each fingerprint of `open` with the whole library, unless that was done before. If a fingerprint of `open` was
/// compared before, fingerprints that are new since then are compared with the library too.
pub(super) fn compare_new(
    path: &Path,
    catalog: &Catalog,
    files: &[LinkedItem],
    open: &HashSet<Digest>,
) -> Result<(), CatalogError> {
    let known = catalog.sound_prints()?;
    let was_compared = |digest: &Digest| known.get(digest) == Some(&true);
    let again = open.iter().any(was_compared);
    let (mut queries, mut others, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for linked in files.iter().filter(|linked| linked.item.has_fingerprint) {
        let Some(digest) = linked.item.audio_sha256.filter(|digest| seen.insert(*digest)) else { continue };
        let is_query =
            if open.contains(&digest) { !was_compared(&digest) } else { again && !known.contains_key(&digest) };
        if is_query {
            queries.push((digest, linked));
        } else if !known.contains_key(&digest) {
            others.push(digest);
        }
    }
    for piece in queries.chunks(PIECE) {
        let pairs = compare(catalog, piece)?;
        let compared: Vec<Digest> = piece.iter().map(|(digest, _)| *digest).collect();
        Library::open(path)?.record_sound_pairs(&compared, &pairs)?;
    }
    if !others.is_empty() {
        Library::open(path)?.record_compared_prints(&others)?;
    }
    Ok(())
}

/// The similar pairs of these files in the whole library.
fn compare(catalog: &Catalog, piece: &[(Digest, &LinkedItem)]) -> Result<Vec<SoundPair>, CatalogError> {
    let by_item: HashMap<i64, &(Digest, &LinkedItem)> = piece.iter().map(|one| (one.1.item.id, one)).collect();
    let (mut queries, mut digests) = (Vec::new(), Vec::new());
    catalog.library_fingerprints(Fingerprint::ALGORITHM, |id, bytes| {
        if let Some(((digest, linked), fingerprint)) = by_item.get(&id).zip(Fingerprint::from_bytes(bytes)) {
            queries.push(LookupQuery { fingerprint, item: linked.item.clone() });
            digests.push(*digest);
        }
    })?;
    let matches = look_up(catalog, &queries, &AtomicBool::new(false))?;
    let mut pairs = Vec::new();
    for (one, matches) in digests.into_iter().zip(matches) {
        for found in matches {
            if let (Proof::Sounds(similarity), Some(other)) = (found.proof, found.item.audio_sha256) {
                pairs.push(as_pair(one, other, &similarity));
            }
        }
    }
    Ok(pairs)
}

const fn as_pair(one: Digest, other: Digest, similarity: &Similarity) -> SoundPair {
    SoundPair {
        one,
        other,
        bit_error_rate: similarity.bit_error_rate,
        score: similarity.score,
        overlap: similarity.overlap,
        drift: similarity.drift,
        offset_frames: similarity.offset_frames,
        worst: similarity.windows.worst,
        worst_at_frame: similarity.windows.worst_at_frame,
        median: similarity.windows.median,
    }
}

/// The similarity of a stored pair.
pub(super) const fn similarity(pair: &SoundPair) -> Similarity {
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
