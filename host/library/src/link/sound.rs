//! Files that sound like one of which the track is known: with the same audio packets, or as a copy in another format does. An edit,
//! or another version, is not a copy: it is judged by the rules of duplicates, to the end of both files.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::FileLink;

use super::heard::{self, Digest};
use super::linked::LinkedItem;
use super::whole::Judge;
use crate::duplicates::{Item, Pair, Similarity, difference, play_on};

#[derive(Default)]
pub(super) struct Links {
    /// By the numbers of items.
    pub(super) found: HashMap<i64, FileLink>,
    /// Whether more may be found when links are found again.
    pub(super) is_unfinished: bool,
}

/// A file of which the track is open, and one that sounds like it of which it is known.
struct Candidate<'a> {
    open: &'a LinkedItem,
    said: &'a LinkedItem,
    /// The two in the order in which they were compared.
    pair: [&'a Item; 2],
    alike: Similarity,
}

type ByDigest<'a> = HashMap<Digest, Vec<&'a LinkedItem>>;

pub(super) fn links(path: &Path, catalog: &Catalog, files: &[LinkedItem]) -> Result<Links, CatalogError> {
    let (mut said, mut open) = (ByDigest::new(), ByDigest::new());
    for linked in files.iter().filter(|linked| linked.is_said()) {
        if let Some(digest) = linked.item.audio_sha256 {
            said.entry(digest).or_default().push(linked);
        }
    }
    let mut links = Links::default();
    for linked in files.iter().filter(|linked| !linked.is_said()) {
        let Some(digest) = linked.item.audio_sha256 else { continue };
        match said.get(&digest).and_then(|twins| twins.first()) {
            Some(twin) => {
                links.found.insert(linked.item.id, link(linked, twin, "has the same audio as"));
            }
            None if linked.item.heard => open.entry(digest).or_default().push(linked),
            None => {}
        }
    }
    if !said.is_empty() && !open.is_empty() {
        let wanted: HashSet<Digest> = open.keys().copied().collect();
        heard::listen(path, catalog, files, &wanted)?;
        alike(path, catalog, &said, &open, &mut links)?;
    }
    Ok(links)
}

fn link(linked: &LinkedItem, like: &LinkedItem, how: &str) -> FileLink {
    let reason = format!("{how} {}", like.item.path.display());
    FileLink { file: linked.link.file, track: like.link.track, by: Some("sound".to_owned()), reason: Some(reason) }
}

/// Those that sound like copies of files of one track. Of what sounds like files of two tracks nothing is said.
fn alike(
    path: &Path,
    catalog: &Catalog,
    said: &ByDigest<'_>,
    open: &ByDigest<'_>,
    links: &mut Links,
) -> Result<(), CatalogError> {
    let (copies, longer) = candidates(catalog, said, open)?;
    let stop = AtomicBool::new(false);
    let mut judge = Judge::new(path, catalog, &stop);
    let pairs: Vec<(&Item, &Item, Similarity)> = longer.iter().map(|it| (it.pair[0], it.pair[1], it.alike)).collect();
    let are_copies = judge.are_copies(&pairs)?;
    links.is_unfinished = judge.is_unfinished;
    let longer = longer.iter().zip(are_copies).filter(|(_, is_copy)| *is_copy).map(|(candidate, _)| candidate);
    let mut by_open: HashMap<i64, Vec<&Candidate<'_>>> = HashMap::new();
    for candidate in copies.iter().chain(longer) {
        by_open.entry(candidate.open.item.id).or_default().push(candidate);
    }
    for (id, mut known) in by_open {
        known.sort_unstable_by_key(|candidate| candidate.said.item.id);
        if let Some(first) = known.first()
            && known.iter().all(|other| other.said.link.track == first.said.link.track)
        {
            links.found.insert(id, link(first.open, first.said, "sounds like"));
        }
    }
    Ok(())
}

/// The candidates that are copies as far as the first two minutes tell: those that end there, and those that play on.
fn candidates<'a>(
    catalog: &Catalog,
    said: &ByDigest<'a>,
    open: &ByDigest<'a>,
) -> Result<(Vec<Candidate<'a>>, Vec<Candidate<'a>>), CatalogError> {
    let (mut copies, mut longer, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    catalog.sound_pairs(|pair| {
        let alike = heard::alike(&pair);
        let ways = [(pair.one, pair.other, false), (pair.other, pair.one, true)];
        for (is_open, is_said, is_turned) in ways {
            let (Some(open), Some(said)) = (open.get(&is_open), said.get(&is_said)) else { continue };
            for (open, said) in open.iter().flat_map(|open| said.iter().map(move |said| (*open, *said))) {
                let pair = if is_turned { [&said.item, &open.item] } else { [&open.item, &said.item] };
                // Both may have been compared with the other.
                if !is_copy(pair, alike) || !seen.insert((open.item.id, said.item.id)) {
                    continue;
                }
                let found = if play_on(pair[0], pair[1]) { &mut longer } else { &mut copies };
                found.push(Candidate { open, said, pair, alike });
            }
        }
    })?;
    Ok((copies, longer))
}

fn is_copy(pair: [&Item; 2], alike: Similarity) -> bool {
    difference(&pair.map(Item::clone), &Pair { one: 0, other: 1, alike }).is_none()
}
