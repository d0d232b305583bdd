//! What was there and was not seen: gone, or on a volume that is not there?
//!
//! A disk that is not connected leaves the folder behind that it is mounted at: empty, or with a stray file that somebody put
//! there meanwhile. So nothing is gone without a person's word when the source lies on another volume than before, or when hardly
//! anything of it is there; and what lay on a volume of its own within the source is not gone while that volume is not
//! there, or another one is: it has another id, or hardly anything of it is known.

use std::collections::BTreeMap;
use std::path::Path;

use baton_ledger::catalog::library::{MissingItem, Source};

use super::Listing;
use super::volumes::{Mount, Volumes};
use crate::source::{SourceListing, Volume, mounted_at, nearest};

/// A source is as good as empty when so many times more was there than is.
const HOLLOW: u64 = 9;

/// What is asked.
pub(super) struct MissingQuery<'a> {
    /// The source, with the volume that it lay on.
    pub(super) source: &'a Source,
    pub(super) volume: Volume,
    /// What was not seen.
    pub(super) vanished: &'a [MissingItem],
    /// What was seen.
    pub(super) volumes: &'a Volumes,
    /// The volumes within the source.
    pub(super) mounts: &'a [Mount],
    /// A person's word.
    pub(super) is_gone: bool,
    /// Whether a folder that is as good as empty (not quite), on the volume that it lay on before, was emptied.
    pub(super) is_emptied: bool,
}

/// What is gone.
pub(super) struct MissingItems {
    pub(super) items: Vec<i64>,
    /// Whether the source is known to lie where it should.
    pub(super) is_sure: bool,
}

/// Tells what is gone, and counts it. What is kept is told as parts that could not be read.
pub(super) fn vanish(
    asked: &MissingQuery<'_>,
    walked: &mut SourceListing,
    listing: &mut Listing,
) -> Result<MissingItems, String> {
    let (path, vanished) = (&asked.source.path, size(asked.vanished.len()));
    let word = format!("`baton library scan --gone '{}'`", path.display());
    // What lies in a part that could not be read is kept anyway.
    let missed = size(asked.vanished.iter().filter(|item| walked.missed(&item.path)).count());
    let is_hollow = vanished > missed && listing.items.saturating_mul(HOLLOW) <= vanished - missed;
    let is_emptied =
        asked.is_emptied && listing.items > 0 && asked.source.volume.is_some_and(|volume| volume.is(asked.volume));
    if is_hollow && !is_emptied && !asked.is_gone {
        return Err(format!(
            "{} items are there, and {vanished} that were there are not: its volume may be disconnected; if they are gone \
             for good, {word} says so",
            listing.items
        ));
    }
    let is_other = asked.source.volume.is_some_and(|volume| !volume.is(asked.volume));
    let is_sure = !is_other || vanished == 0 || asked.is_gone;
    if !is_sure {
        listing.kept = vanished;
        let why = format!(
            "another volume lies there than before, and {vanished} items are not there: they stay as they are; if they are \
             gone for good, {word} says so"
        );
        walked.unread(path, &why);
        return Ok(MissingItems { items: Vec::new(), is_sure });
    }
    let items = lost(asked, walked, &word);
    listing.missing = size(items.len());
    listing.kept = vanished - listing.missing;
    Ok(MissingItems { items, is_sure })
}

/// What is gone of a source that lies where it should: not what lay on a volume of its own that is not there, or where now is
/// one of which hardly anything was known. That is told.
fn lost(asked: &MissingQuery<'_>, walked: &mut SourceListing, word: &str) -> Vec<i64> {
    let (mut kept, mut gone) = (BTreeMap::<&Path, usize>::new(), Vec::new());
    let mut within = BTreeMap::<u64, Vec<&MissingItem>>::new();
    for item in asked.vanished.iter().filter(|item| !walked.missed(&item.path)) {
        match nearest(&item.path).filter(|_| item.mounted && !asked.is_gone) {
            Some((folder, device)) if device == walked.device => *kept.entry(folder).or_default() += 1,
            Some((_, device)) => within.entry(device).or_default().push(item),
            None => gone.push(item.id),
        }
    }
    for (device, items) in within {
        let known = asked.volumes.get(&device).map_or(0, |volume| volume.known);
        let mounted = items.first().and_then(|item| mounted_at(&item.path, device));
        let is_other = asked.mounts.iter().any(|mount| mount.is_other && mount.volume.device == device);
        match mounted.filter(|_| is_other || known.saturating_mul(HOLLOW) <= size(items.len())) {
            Some(folder) => *kept.entry(folder).or_default() += items.len(),
            None => gone.extend(items.iter().map(|item| item.id)),
        }
    }
    for (folder, items) in kept {
        let why = format!(
            "the volume that was there is not: {items} items stay as they are; if they are gone for good, {word} says so"
        );
        walked.unread(folder, &why);
    }
    gone.sort_unstable();
    gone
}

fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
