//! The library goes past what is asked for: its fingerprints first, then the items that those belong to.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_fingerprint::Fingerprint;
use baton_fingerprint::index::{IndexMatch, Lookup};
use rayon::prelude::*;

use super::LookupQuery;
use crate::duplicates::{Difference, Item, Pair, Proof, Similarity, difference};

/// Fingerprints that are compared together, on rayon's threads: 4 MB of 120 s each.
const PIECE: usize = 1_024;

/// Items that are kept of one sound; of more the most alike. A plugin is told 50, people 5.
const MOST: usize = 200;

/// Bytes of what is found, of all sounds together. Each has an equal share: 250 kB where a plugin asks for a hundred.
const BYTES: usize = 24 << 20;

/// An item of the library that sounds like what was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// Which.
    pub item: Item,
    /// Why.
    pub proof: Proof,
    /// What makes it another version; none for a copy.
    pub difference: Option<Difference>,
}

/// What in the library sounds like each of `asked`, in their order: copies before versions, the most alike first, at most 200
/// that sound alike and 200 with the same audio, and 24 MiB of all. `stop` ends it early, with what was found.
pub fn look_up(catalog: &Catalog, asked: &[LookupQuery], stop: &AtomicBool) -> Result<Vec<Vec<Match>>, CatalogError> {
    let near = listen(catalog, asked, stop)?;
    let mut matches = gather(catalog, asked, &near, stop)?;
    for found in &mut matches {
        found.sort_by(|one, other| {
            let rank = |of: &Match| (of.difference.is_some(), std::cmp::Reverse(of.proof.score()), of.item.id);
            rank(one).cmp(&rank(other))
        });
    }
    Ok(matches)
}

/// How the items of the library sound like what is asked for: by their numbers, each with the place of what it is like.
type SimilarItems = HashMap<i64, Vec<(usize, Similarity)>>;

fn listen(catalog: &Catalog, asked: &[LookupQuery], stop: &AtomicBool) -> Result<SimilarItems, CatalogError> {
    let prints: Vec<Fingerprint> = asked.iter().map(|asked| asked.fingerprint.clone()).collect();
    let index = Lookup::over(&prints[..], stop);
    let mut listener = PieceReader { prints: &prints, index: &index, piece: Vec::new(), near: Vec::new() };
    listener.near.resize(prints.len(), Vec::new());
    catalog.library_fingerprints(Fingerprint::ALGORITHM, |id, bytes| {
        if !stop.load(Ordering::Relaxed)
            && let Some(print) = Fingerprint::from_bytes(bytes)
        {
            listener.hear(id, print);
        }
    })?;
    listener.compare();
    let mut near = SimilarItems::new();
    for (place, mut found) in listener.near.into_iter().enumerate() {
        keep_best(&mut found);
        for (id, alike) in found {
            near.entry(id).or_default().push((place, alike));
        }
    }
    Ok(near)
}

/// What goes past, a piece at a time.
struct PieceReader<'a> {
    prints: &'a [Fingerprint],
    index: &'a Lookup,
    piece: Vec<(i64, Fingerprint)>,
    /// For each that is asked for the items that sound like it.
    near: Vec<Vec<(i64, Similarity)>>,
}

impl PieceReader<'_> {
    fn hear(&mut self, id: i64, print: Fingerprint) {
        self.piece.push((id, print));
        if self.piece.len() == PIECE {
            self.compare();
        }
    }

    fn compare(&mut self) {
        let (prints, index) = (self.prints, self.index);
        let one = |(id, print): &(i64, Fingerprint)| {
            let found = index.find(prints, print.words());
            found.into_iter().filter_map(|found| alike(prints, print, &found)).map(|it| (*id, it)).collect::<Vec<_>>()
        };
        let heard: Vec<_> = self.piece.par_iter().flat_map_iter(one).collect();
        self.piece.clear();
        for (id, (place, alike)) in heard {
            if let Some(near) = self.near.get_mut(place) {
                near.push((id, alike));
                if near.len() > 2 * MOST {
                    keep_best(near);
                }
            }
        }
    }
}

fn keep_best(near: &mut Vec<(i64, Similarity)>) {
    near.sort_by_key(|(id, alike)| (std::cmp::Reverse(alike.score), *id));
    near.truncate(MOST);
}

/// What was found, seen from what was asked for: there the library's print was the given one.
fn alike(prints: &[Fingerprint], print: &Fingerprint, found: &IndexMatch) -> Option<(usize, Similarity)> {
    let place = usize::try_from(found.at).ok()?;
    let alike = Similarity::of(&found.alignment, found.score, print, prints.get(place)?);
    Some((place, Similarity { drift: -alike.drift, offset_frames: -alike.offset_frames, ..alike }))
}

/// The items that sound alike, and those with the same audio packets.
fn gather(
    catalog: &Catalog,
    asked: &[LookupQuery],
    near: &SimilarItems,
    stop: &AtomicBool,
) -> Result<Vec<Vec<Match>>, CatalogError> {
    let mut matches: Vec<Vec<Match>> = vec![Vec::new(); asked.len()];
    let mut same: HashMap<[u8; 32], Vec<usize>> = HashMap::new();
    for (place, asked) in asked.iter().enumerate() {
        if let Some(audio) = asked.item.audio_sha256 {
            same.entry(audio).or_default().push(place);
        }
    }
    let (share, mut bytes) = (BYTES / asked.len().max(1), vec![0; asked.len()]);
    let mut paths = HashSet::new();
    catalog.library_entries(|entry| {
        let sounds = near.get(&entry.id).map(Vec::as_slice).unwrap_or_default();
        let twins = entry.audio_sha256.and_then(|audio| same.get(&audio)).map(Vec::as_slice).unwrap_or_default();
        if (sounds.is_empty() && twins.is_empty()) || stop.load(Ordering::Relaxed) || !paths.insert(entry.path.clone())
        {
            return;
        }
        let item = Item::from(entry);
        let by_sound = sounds.iter().filter(|(place, _)| !twins.contains(place));
        let proofs = by_sound.map(|(place, alike)| (*place, Proof::Sounds(*alike)));
        for (place, proof) in twins.iter().map(|place| (*place, Proof::SameAudio)).chain(proofs) {
            if let (Some(asked), Some(found), Some(bytes)) =
                (asked.get(place), matches.get_mut(place), bytes.get_mut(place))
                && found.len() < 2 * MOST
                && *bytes + item.bytes() <= share
                && let Some(one) = judged(&asked.item, &item, proof)
            {
                *bytes += item.bytes();
                found.push(one);
            }
        }
    })?;
    Ok(matches)
}

/// A file is nothing that it could be held against itself.
fn judged(asked: &Item, item: &Item, proof: Proof) -> Option<Match> {
    if asked.id == item.id || asked.path == item.path {
        return None;
    }
    let difference = match proof {
        Proof::SameAudio => None,
        Proof::Sounds(alike) => {
            let pair = [asked.clone(), item.clone()];
            difference(&pair, &Pair { one: 0, other: 1, alike })
        }
    };
    // What is not called anything differs in no word.
    let unnamed = asked.called().is_empty() && difference == Some(Difference::Words);
    Some(Match { item: item.clone(), proof, difference: difference.filter(|_| !unnamed) })
}
