//! Finds the tracks of the files and writes the links that changed.

use std::path::Path;

use baton_catalog::library::{FileLink, Library};
use baton_catalog::{Catalog, CatalogError, KnownTrack};
use baton_track_match::{Decision, MatchCandidate, Matcher, Reason, Track};

use super::linked_item::{LinkedItem, files};
use super::{lock, paths, sound};
use crate::duplicates::called;

/// Links the files of the library in the catalog at `path` to its tracks, if files or tracks have changed since the last time.
/// Waits while another process does this.
pub fn link(path: &Path) -> Result<(), CatalogError> {
    let Some(catalog) = Catalog::open(path)? else {
        return Ok(());
    };
    // Without the lock, two processes do the same work; the result is the same.
    let _turn = lock::lock(path).inspect_err(|error| tracing::warn!("cannot lock the links: {error}"));
    if catalog.stale_links()?.is_none() {
        return Ok(());
    }
    let same = paths::paths_in_other_form(&catalog)?;
    if !same.is_empty() {
        Library::open(path)?.same_paths(&same)?;
    }
    // Read the stamp before the files, so that the next run finds a change during this run.
    let Some(stamp) = catalog.stale_links()? else {
        return Ok(());
    };
    let (changed, is_unfinished) = changed(path, &catalog)?;
    // With an empty stamp, the next run continues.
    let stamp = if is_unfinished { String::new() } else { stamp };
    Library::open(path)?.link(&changed, &stamp)
}

/// The links to change, and whether another run may find more.
fn changed(path: &Path, catalog: &Catalog) -> Result<(Vec<FileLink>, bool), CatalogError> {
    let files = files(catalog)?;
    let sound::Links { mut found, is_unfinished } = sound::links(path, catalog, &files)?;
    let open = |linked: &&LinkedItem| !linked.is_fixed() && !found.contains_key(&linked.item.id);
    let by_tags = by_tags(catalog, &files.iter().filter(open).collect::<Vec<_>>())?;
    found.extend(by_tags);
    let mut changed = Vec::new();
    for linked in files.iter().filter(|linked| !linked.is_fixed()) {
        let none = FileLink { track: None, by: None, reason: None, ..linked.link };
        let link = found.remove(&linked.item.id).unwrap_or(none);
        if link != linked.link {
            changed.push(link);
        }
    }
    Ok((changed, is_unfinished))
}

/// The files whose tags or names certainly match one track, by item id.
fn by_tags(catalog: &Catalog, files: &[&LinkedItem]) -> Result<Vec<(i64, FileLink)>, CatalogError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let tracks = catalog.tracks()?;
    let matcher = Matcher::new(tracks.iter().map(|track| &track.names));
    let one = |linked: &&LinkedItem| {
        let Decision::Auto(found) = matcher.find(&Track { recording: None, ..called(&linked.item) }) else {
            return None;
        };
        let track = tracks.get(found.candidate)?.id;
        let (by, reason) = (Some("tags".to_owned()), Some(reason_text(&found, &tracks)));
        Some((linked.item.id, FileLink { file: linked.link.file, track: Some(track), by, reason }))
    };
    Ok(files.iter().filter_map(one).collect())
}

fn reason_text(found: &MatchCandidate, tracks: &[KnownTrack]) -> String {
    let word = |reason: &Reason| match reason {
        Reason::AsGood { candidate } => {
            let other = tracks.get(*candidate).map(|track| track.names.title.as_str()).unwrap_or_default();
            format!("{other} also matches")
        }
        _ => reason.to_string(),
    };
    format!("tags: {}", found.reasons.iter().map(word).collect::<Vec<_>>().join("; "))
}
