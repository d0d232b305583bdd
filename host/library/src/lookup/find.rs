//! Compares all fingerprints of the library with the queries, then loads the items of the matches.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_fingerprint::Fingerprint;
use baton_fingerprint::index::{IndexMatch, Lookup};
use rayon::prelude::*;

use super::LookupQuery;
use crate::duplicates::{Difference, Item, Pair, Proof, Similarity, difference};

/// The number of fingerprints that are compared in one step, on rayon's threads: 4 MB if each has 120 s.
const PIECE: usize = 1_024;

/// The maximum number of matches by sound for one query; the most similar ones are kept. Plugins receive at most 50, and the
/// command line shows 5.
const MOST: usize = 200;

/// The maximum size of all matches, in bytes. Each query has an equal share: 250 kB if a plugin sends a hundred queries.
const BYTES: usize = 24 << 20;

/// An item of the library that is similar to a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// The item.
    pub item: Item,
    /// Why it matches.
    pub proof: Proof,
    /// Why it is another version; `None` for a copy.
    pub difference: Option<Difference>,
}

/// The similar items of the library for each query, in the order of the queries: copies before versions, the most similar
/// first. At most 200 by sound and 200 with the same audio packets for one query, and 24 MiB in total. `stop` ends the search
/// early; the result is then partial.
pub fn look_up(catalog: &Catalog, queries: &[LookupQuery], stop: &AtomicBool) -> Result<Vec<Vec<Match>>, CatalogError> {
    let near = compare_all(catalog, queries, stop)?;
    let mut matches = gather(catalog, queries, &near, stop)?;
    for found in &mut matches {
        found.sort_by(|one, other| {
            let rank = |of: &Match| (of.difference.is_some(), std::cmp::Reverse(of.proof.score()), of.item.id);
            rank(one).cmp(&rank(other))
        });
    }
    Ok(matches)
}

/// The similar items by id, each with the positions of its queries.
type SimilarItems = HashMap<i64, Vec<(usize, Similarity)>>;

fn compare_all(catalog: &Catalog, queries: &[LookupQuery], stop: &AtomicBool) -> Result<SimilarItems, CatalogError> {
    let prints: Vec<Fingerprint> = queries.iter().map(|query| query.fingerprint.clone()).collect();
    let index = Lookup::over(&prints[..], stop);
    let mut comparer = PieceComparer { prints: &prints, index: &index, piece: Vec::new(), near: Vec::new() };
    comparer.near.resize(prints.len(), Vec::new());
    catalog.library_fingerprints(Fingerprint::ALGORITHM, |id, bytes| {
        if !stop.load(Ordering::Relaxed)
            && let Some(print) = Fingerprint::from_bytes(bytes)
        {
            comparer.add(id, print);
        }
    })?;
    comparer.compare();
    let mut near = SimilarItems::new();
    for (position, mut found) in comparer.near.into_iter().enumerate() {
        keep_best(&mut found);
        for (id, similarity) in found {
            near.entry(id).or_default().push((position, similarity));
        }
    }
    Ok(near)
}

/// Compares the fingerprints of the library in pieces.
struct PieceComparer<'a> {
    prints: &'a [Fingerprint],
    index: &'a Lookup,
    piece: Vec<(i64, Fingerprint)>,
    /// For each query, the ids of the similar items.
    near: Vec<Vec<(i64, Similarity)>>,
}

impl PieceComparer<'_> {
    fn add(&mut self, id: i64, print: Fingerprint) {
        self.piece.push((id, print));
        if self.piece.len() == PIECE {
            self.compare();
        }
    }

    fn compare(&mut self) {
        let (prints, index) = (self.prints, self.index);
        let one = |(id, print): &(i64, Fingerprint)| {
            let found = index.find(prints, print.words());
            found
                .into_iter()
                .filter_map(|found| similarity_of(prints, print, &found))
                .map(|it| (*id, it))
                .collect::<Vec<_>>()
        };
        let pairs: Vec<_> = self.piece.par_iter().flat_map_iter(one).collect();
        self.piece.clear();
        for (id, (position, similarity)) in pairs {
            if let Some(near) = self.near.get_mut(position) {
                near.push((id, similarity));
                if near.len() > 2 * MOST {
                    keep_best(near);
                }
            }
        }
    }
}

fn keep_best(near: &mut Vec<(i64, Similarity)>) {
    near.sort_by_key(|(id, similarity)| (std::cmp::Reverse(similarity.score), *id));
    near.truncate(MOST);
}

/// Converts a match of the index of queries, in which `print` (of the library) was searched. Reverses its direction: from
/// the query to the library's fingerprint.
fn similarity_of(prints: &[Fingerprint], print: &Fingerprint, found: &IndexMatch) -> Option<(usize, Similarity)> {
    let position = usize::try_from(found.at).ok()?;
    let similarity = Similarity::from_alignment(&found.alignment, found.score, print, prints.get(position)?);
    Some((position, Similarity { drift: -similarity.drift, offset_frames: -similarity.offset_frames, ..similarity }))
}

/// Loads the items that are similar, and the items with the same audio packets.
fn gather(
    catalog: &Catalog,
    queries: &[LookupQuery],
    near: &SimilarItems,
    stop: &AtomicBool,
) -> Result<Vec<Vec<Match>>, CatalogError> {
    let mut matches: Vec<Vec<Match>> = vec![Vec::new(); queries.len()];
    let mut same: HashMap<[u8; 32], Vec<usize>> = HashMap::new();
    for (position, query) in queries.iter().enumerate() {
        if let Some(audio) = query.item.audio_sha256 {
            same.entry(audio).or_default().push(position);
        }
    }
    let (share, mut bytes) = (BYTES / queries.len().max(1), vec![0; queries.len()]);
    let mut paths = HashSet::new();
    catalog.library_entries(|entry| {
        let sounds = near.get(&entry.id).map(Vec::as_slice).unwrap_or_default();
        let twins = entry.audio_sha256.and_then(|audio| same.get(&audio)).map(Vec::as_slice).unwrap_or_default();
        if (sounds.is_empty() && twins.is_empty()) || stop.load(Ordering::Relaxed) || !paths.insert(entry.path.clone())
        {
            return;
        }
        let item = Item::from(entry);
        let by_sound = sounds.iter().filter(|(position, _)| !twins.contains(position));
        let proofs = by_sound.map(|(position, similarity)| (*position, Proof::Sounds(*similarity)));
        for (position, proof) in twins.iter().map(|position| (*position, Proof::SameAudio)).chain(proofs) {
            if let (Some(query), Some(found), Some(bytes)) =
                (queries.get(position), matches.get_mut(position), bytes.get_mut(position))
                && found.len() < 2 * MOST
                && *bytes + item.bytes() <= share
                && let Some(one) = to_match(&query.item, &item, proof)
            {
                *bytes += item.bytes();
                found.push(one);
            }
        }
    })?;
    Ok(matches)
}

/// The match for an item; `None` if `query` and `item` are the same item.
fn to_match(query: &Item, item: &Item, proof: Proof) -> Option<Match> {
    if query.id == item.id || query.path == item.path {
        return None;
    }
    let difference = match proof {
        Proof::SameAudio => None,
        Proof::Sounds(similarity) => {
            let pair = [query.clone(), item.clone()];
            difference(&pair, &Pair { one: 0, other: 1, similarity })
        }
    };
    // A query without a name cannot differ in its version words.
    let unnamed = query.title_or_name().is_empty() && difference == Some(Difference::Words);
    Some(Match { item: item.clone(), proof, difference: difference.filter(|_| !unnamed) })
}
