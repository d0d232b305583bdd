//! Decides which known items that a listing did not find are missing, and which may be on an unmounted volume.
//!
//! A disconnected disk leaves its mount folder behind: empty, or with a stray file. So if the source is on another volume
//! than before, or is almost empty, its items are marked as missing only after the operator confirms it (`--gone`). Items
//! on a separate volume within the source are not marked while that volume is unmounted or replaced. A volume counts as
//! replaced if it has another id, or if almost none of its files are in the catalog.

use std::collections::BTreeMap;
use std::path::Path;

use baton_catalog::library::{MissingItem, Source};
use baton_core::shell::quoted;

use super::Listing;
use super::volumes::{Mount, Volumes};
use crate::source::{SourceListing, Volume, mounted_at, nearest};

/// A source is almost empty if it has this many times more missing items than existing ones.
const MISSING_RATIO: u64 = 9;

/// The data for the decision about one source.
pub(super) struct MissingQuery<'a> {
    /// The source, with its volume at the last scan.
    pub(super) source: &'a Source,
    pub(super) volume: Volume,
    /// The known items that were not found.
    pub(super) not_found: &'a [MissingItem],
    /// The items that were found, by volume.
    pub(super) volumes: &'a Volumes,
    /// The volumes within the source.
    pub(super) mounts: &'a [Mount],
    /// The operator confirmed that missing files are deleted (`--gone`).
    pub(super) is_confirmed: bool,
    /// An almost empty folder on its old volume was emptied on purpose and needs no confirmation. A completely empty folder
    /// still needs it.
    pub(super) is_emptied: bool,
}

/// The missing items of a source.
pub(super) struct MissingItems {
    pub(super) items: Vec<i64>,
    /// The source is on the same volume as at the last scan, or its present volume is accepted: no item is missing, or the
    /// operator confirmed it.
    pub(super) is_sure: bool,
}

/// Finds and counts the missing items. Items that are kept are reported as parts that could not be read.
pub(super) fn find_missing(
    query: &MissingQuery<'_>,
    walked: &mut SourceListing,
    listing: &mut Listing,
) -> Result<MissingItems, String> {
    let (path, not_found) = (&query.source.path, size(query.not_found.len()));
    let command = format!("`baton library scan --gone {}`", quoted(&path.to_string_lossy()));
    // Items in a part that could not be read are kept anyway.
    let missed = size(query.not_found.iter().filter(|item| walked.is_below_unreadable(&item.path)).count());
    let is_almost_empty = not_found > missed && listing.items.saturating_mul(MISSING_RATIO) <= not_found - missed;
    let is_emptied =
        query.is_emptied && listing.items > 0 && query.source.volume.is_some_and(|volume| volume.is(query.volume));
    if is_almost_empty && !is_emptied && !query.is_confirmed {
        return Err(format!(
            "{} items were found, and {not_found} known items were not: the volume may be disconnected; if the files of \
             these items were deleted, run {command}",
            listing.items
        ));
    }
    let is_other = query.source.volume.is_some_and(|volume| !volume.is(query.volume));
    let is_sure = !is_other || not_found == 0 || query.is_confirmed;
    if !is_sure {
        listing.kept = not_found;
        let why = format!(
            "another volume is mounted there now, and {not_found} known items were not found; these items are kept; if \
             their files were deleted, run {command}"
        );
        walked.unread(path, &why);
        return Ok(MissingItems { items: Vec::new(), is_sure });
    }
    let items = missing_on_volume(query, walked, &command);
    listing.missing = size(items.len());
    listing.kept = not_found - listing.missing;
    Ok(MissingItems { items, is_sure })
}

/// The missing items of a source that is on its volume. Items on a separate volume that is unmounted or replaced are kept and
/// reported.
fn missing_on_volume(query: &MissingQuery<'_>, walked: &mut SourceListing, command: &str) -> Vec<i64> {
    let (mut kept, mut missing) = (BTreeMap::<&Path, usize>::new(), Vec::new());
    let mut within = BTreeMap::<u64, Vec<&MissingItem>>::new();
    for item in query.not_found.iter().filter(|item| !walked.is_below_unreadable(&item.path)) {
        match nearest(&item.path).filter(|_| item.mounted && !query.is_confirmed) {
            Some((folder, device)) if device == walked.device => *kept.entry(folder).or_default() += 1,
            Some((_, device)) => within.entry(device).or_default().push(item),
            None => missing.push(item.id),
        }
    }
    for (device, items) in within {
        let known = query.volumes.get(&device).map_or(0, |volume| volume.known);
        let mounted = items.first().and_then(|item| mounted_at(&item.path, device));
        let is_other = query.mounts.iter().any(|mount| mount.is_other && mount.volume.device == device);
        match mounted.filter(|_| is_other || known.saturating_mul(MISSING_RATIO) <= size(items.len())) {
            Some(folder) => *kept.entry(folder).or_default() += items.len(),
            None => missing.extend(items.iter().map(|item| item.id)),
        }
    }
    for (folder, items) in kept {
        let why =
            format!("its volume is not mounted, so {items} items are kept; if their files were deleted, run {command}");
        walked.unread(folder, &why);
    }
    missing.sort_unstable();
    missing
}

fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
