//! Compares the tracks of playlists with the files of the catalog.
//!
//! A track is on disk if it has a file that is not missing, or if a file certainly matches by tags and names. A track with only an
//! uncertain match is counted as unclear and not as wanted, so that nobody buys a track twice. A track also counts as on disk if
//! djay names its file and no scan has found that file. The file may be deleted, so the summary states the number of such tracks.

use std::collections::HashMap;

use baton_plugin_kit::export::Exports;
use baton_plugin_kit::host::Tables;
use baton_plugin_kit::library::{CatalogData, CatalogPlaylist, FileIndex, SCAN, TrackFiles, has_files};
use baton_plugin_kit::time;
use baton_plugin_sdk::{Error, Outcome, Task};
use serde::Deserialize;

use super::report::{self, Row, TrackState, WantedTracks};
use crate::organise::pattern;

/// The next step when the catalog has no playlists.
const IMPORT: &str =
    "import Spotify's exports: baton run spotify import (or djay's playlists: baton run djay sync-sessions)";

/// The next step when djay names files that no scan has found.
const SCAN_NAMED: &str =
    "scan the other folders that djay names, so that Baton detects deleted files: baton library scan FOLDER";

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    /// Patterns for names of playlists. An empty list selects all playlists.
    playlists: Vec<String>,
    liked: LikedSongs,
    /// Number of older lists that stay in the folder of exports; `None` keeps all.
    keep_older: Option<usize>,
}

/// Whether the liked songs count as a playlist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LikedSongs {
    #[default]
    Also,
    Only,
    Not,
}

/// Lists the wanted tracks.
///
/// # Errors
/// `permanent` when the arguments are invalid or match no playlist; else as `wit/sql.wit` and [`Exports::finish`].
pub fn list(task: &Task, catalog: &dyn Tables) -> Result<Outcome, Error> {
    let options: Options = serde_json::from_str(&task.args)
        .map_err(|error| Error::Permanent(format!("the arguments are invalid: {error}")))?;
    options.playlists.iter().try_for_each(|text| pattern::check(text)).map_err(Error::Permanent)?;
    let known = CatalogData::read(catalog)?;
    let lists: Vec<_> = known.lists.iter().filter(|list| options.selects(list)).collect();
    if lists.is_empty() && !options.playlists.is_empty() {
        let names: Vec<_> = known.lists.iter().take(10).map(|list| list.name.clone()).collect();
        return Err(Error::Permanent(format!(
            "no playlist matches the argument `playlists`; the first of the catalog are: {}",
            names.join(", ")
        )));
    }
    if let Some(refused) = check_catalog(&known, &lists) {
        return Ok(refused);
    }
    let found = find(&known, &lists);
    let mut outcome = Outcome::new(report::summary(&found, lists.len()));
    if found.only_named > 0 {
        outcome = outcome.with_next_step(SCAN_NAMED);
    }
    let stamp = time::parse(&task.now).and_then(time::stamp).unwrap_or_default();
    let mut exports = Exports::new(task, "exports").by("music-files").keep_older(options.keep_older);
    let name = if exports.has_folder() { "wanted".to_owned() } else { format!("wanted_{stamp}") };
    exports.put(format!("{name}.csv"), "text/csv", report::csv(&found).map_err(Error::Permanent)?);
    exports.put(format!("{name}.md"), "text/markdown", report::markdown(&found, &lists).into_bytes());
    let places = exports.finish(&mut outcome)?;
    outcome.summary.push_str(&format!(" See {}.", places.join(" and ")));
    Ok(outcome)
}

/// The refusal if the catalog has no playlists or no files.
fn check_catalog(known: &CatalogData, lists: &[&CatalogPlaylist]) -> Option<Outcome> {
    if lists.iter().all(|list| list.tracks.is_empty()) {
        let what = "The catalog has no playlist with a track, so no track can be wanted.";
        return Some(Outcome::refused(what).with_next_step(IMPORT));
    }
    if !has_files(known) {
        let what = "It is unknown which tracks are not on disk, because no music folder was scanned.";
        return Some(Outcome::refused(what).with_next_step(SCAN));
    }
    None
}

impl Options {
    fn selects(&self, list: &CatalogPlaylist) -> bool {
        let kind = match self.liked {
            LikedSongs::Also => true,
            LikedSongs::Only => list.liked,
            LikedSongs::Not => !list.liked,
        };
        let named = |text: &String| pattern::fits_name(text, &list.name);
        kind && (self.playlists.is_empty() || self.playlists.iter().any(named))
    }
}

fn find<'a>(known: &'a CatalogData, lists: &[&'a CatalogPlaylist]) -> WantedTracks<'a> {
    let disk = FileIndex::new(known);
    let (mut found, mut places) = (WantedTracks::default(), HashMap::<i64, Option<usize>>::new());
    for list in lists {
        for track in &list.tracks {
            let Some(song) = known.songs.get(track) else { continue };
            if let Some(place) = places.get(track) {
                if let Some(row) = place.and_then(|place| found.rows.get_mut(place)) {
                    row.lists.push(&list.name);
                }
                continue;
            }
            found.in_playlists += 1;
            let state = match disk.find(song) {
                TrackFiles::Found(files) => {
                    found.only_named += usize::from(!files.iter().any(|file| file.is_scanned()));
                    TrackState::OnDisk
                }
                TrackFiles::Unclear => TrackState::Unclear,
                TrackFiles::Missing => TrackState::Wanted,
            };
            if state == TrackState::OnDisk {
                found.on_disk += 1;
                places.insert(*track, None);
            } else {
                places.insert(*track, Some(found.rows.len()));
                found.rows.push(Row { song, lists: vec![&list.name], state });
            }
        }
    }
    found
}
