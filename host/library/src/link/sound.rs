//! Links by sound: a file without a track gets the track of a file with the same audio packets, or of a copy in another
//! format. An edit or another version is not a copy. The rules are those of duplicates, applied to the whole files.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::FileLink;

use super::copy_comparer::{CopyComparer, ItemPair};
use super::linked_item::LinkedItem;
use super::similar::{self, Digest};
use crate::duplicates::{Item, Pair, Similarity, difference, exceeds_fingerprinted_part};

#[derive(Default)]
pub(super) struct Links {
    /// The links, by item id.
    pub(super) found: HashMap<i64, FileLink>,
    /// Another run may find more.
    pub(super) is_unfinished: bool,
}

/// A file without a track, and a similar file with one.
struct Candidate<'a> {
    open: &'a LinkedItem,
    tracked: &'a LinkedItem,
    pair: ItemPair<'a>,
}

type ByDigest<'a> = HashMap<Digest, Vec<&'a LinkedItem>>;

pub(super) fn links(path: &Path, catalog: &Catalog, files: &[LinkedItem]) -> Result<Links, CatalogError> {
    let (mut tracked, mut open) = (ByDigest::new(), ByDigest::new());
    for linked in files.iter().filter(|linked| linked.is_fixed()) {
        if let Some(digest) = linked.item.audio_sha256 {
            tracked.entry(digest).or_default().push(linked);
        }
    }
    let mut links = Links::default();
    for linked in files.iter().filter(|linked| !linked.is_fixed()) {
        let Some(digest) = linked.item.audio_sha256 else { continue };
        match tracked.get(&digest).and_then(|twins| twins.first()) {
            Some(twin) => {
                links.found.insert(linked.item.id, link(linked, twin, "has the same audio as"));
            }
            None if linked.item.has_fingerprint => open.entry(digest).or_default().push(linked),
            None => {}
        }
    }
    if !tracked.is_empty() && !open.is_empty() {
        let wanted: HashSet<Digest> = open.keys().copied().collect();
        similar::compare_new(path, catalog, files, &wanted)?;
        link_copies(path, catalog, &tracked, &open, &mut links)?;
    }
    Ok(links)
}

fn link(linked: &LinkedItem, like: &LinkedItem, how: &str) -> FileLink {
    let reason = format!("{how} {}", like.item.path.display());
    FileLink { file: linked.link.file, track: like.link.track, by: Some("sound".to_owned()), reason: Some(reason) }
}

/// The links of copies. A file that is similar to files of two tracks gets no link.
fn link_copies(
    path: &Path,
    catalog: &Catalog,
    tracked: &ByDigest<'_>,
    open: &ByDigest<'_>,
    links: &mut Links,
) -> Result<(), CatalogError> {
    let (copies, longer) = candidates(catalog, tracked, open)?;
    let stop = AtomicBool::new(false);
    let mut judge = CopyComparer::new(path, catalog, &stop);
    let pairs: Vec<ItemPair<'_>> = longer.iter().map(|candidate| candidate.pair).collect();
    let are_copies = judge.are_copies(&pairs)?;
    links.is_unfinished = judge.is_unfinished;
    let longer = longer.iter().zip(are_copies).filter(|(_, is_copy)| *is_copy).map(|(candidate, _)| candidate);
    let mut by_open: HashMap<i64, Vec<&Candidate<'_>>> = HashMap::new();
    for candidate in copies.iter().chain(longer) {
        by_open.entry(candidate.open.item.id).or_default().push(candidate);
    }
    for (id, mut candidates) in by_open {
        candidates.sort_unstable_by_key(|candidate| candidate.tracked.item.id);
        if let Some(first) = candidates.first()
            && candidates.iter().all(|other| other.tracked.link.track == first.tracked.link.track)
        {
            links.found.insert(id, link(first.open, first.tracked, "sounds like"));
        }
    }
    Ok(())
}

/// The pairs that are copies in the first two minutes, both short and long ones.
fn candidates<'a>(
    catalog: &Catalog,
    tracked: &ByDigest<'a>,
    open: &ByDigest<'a>,
) -> Result<(Vec<Candidate<'a>>, Vec<Candidate<'a>>), CatalogError> {
    let (mut copies, mut longer, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    catalog.sound_pairs(|pair| {
        let similarity = similar::similarity(&pair);
        let ways = [(pair.one, pair.other, false), (pair.other, pair.one, true)];
        for (digest, tracked_digest, is_turned) in ways {
            let (Some(open), Some(tracked)) = (open.get(&digest), tracked.get(&tracked_digest)) else { continue };
            for (open, tracked) in open.iter().flat_map(|open| tracked.iter().map(move |tracked| (*open, *tracked))) {
                let items = if is_turned { [&tracked.item, &open.item] } else { [&open.item, &tracked.item] };
                // A pair may be stored in both orders.
                if !is_copy(items, similarity) || !seen.insert((open.item.id, tracked.item.id)) {
                    continue;
                }
                let found = if exceeds_fingerprinted_part(items[0], items[1]) { &mut longer } else { &mut copies };
                found.push(Candidate { open, tracked, pair: ItemPair { items, similarity } });
            }
        }
    })?;
    Ok((copies, longer))
}

fn is_copy(pair: [&Item; 2], similarity: Similarity) -> bool {
    difference(&pair.map(Item::clone), &Pair { one: 0, other: 1, similarity }).is_none()
}
