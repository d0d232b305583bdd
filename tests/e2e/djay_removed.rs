//! When a user deletes cue points, play counts, tracks or playlists in djay, the next sync of the shipped plugin removes
//! them from the catalog. The facts of other sources stay, and nothing is removed when a part of the library cannot be read.

use std::fs;
use std::path::PathBuf;

use baton_tests::djay_library::{LibraryContent, LibrarySpec, Style, write_with};
use baton_tests::{Output, Workspace};
use rusqlite::{Connection, params};
use serde_json::Value;

/// A workspace with a granted djay library, and the content of that library.
struct DjayWorkspace {
    workspace: Workspace,
    library: PathBuf,
    written: LibraryContent,
}

/// The indexes of a track that no play or playlist uses, and of one that was played.
struct ChosenTracks {
    idle: usize,
    played: usize,
}

impl ChosenTracks {
    fn of(written: &LibraryContent) -> Self {
        let is_played = |track: &usize| written.plays.iter().any(|play| play.track == *track);
        let is_listed = |track: &usize| written.playlists.iter().any(|playlist| playlist.tracks.contains(track));
        let idle = (0..written.tracks.len()).find(|track| !is_played(track) && !is_listed(track)).unwrap();
        Self { idle, played: written.plays[0].track }
    }
}

impl DjayWorkspace {
    fn new() -> Self {
        let workspace = Workspace::init();
        let folder = workspace.outside().join("djay");
        fs::create_dir_all(&folder).unwrap();
        let library = folder.join("MediaLibrary.db");
        let written = write_with(&library, &LibrarySpec::small(Style::Mac), |written| {
            // The playlists are shortened, so that some track is in no playlist.
            for playlist in &mut written.playlists {
                playlist.tracks.truncate(5);
            }
            for track in [0, 1, 2].iter().filter_map(|place| written.plays.get(*place)) {
                written.tracks[track.track].play_count = Some(9);
            }
            let idle = ChosenTracks::of(written).idle;
            written.tracks[idle].play_count = Some(4);
            written.tracks[idle].sources.truncate(1);
        });
        let grant = format!("files:ro=djay={}", folder.display());
        workspace.baton(&["plugin", "grant", "djay", "sql=files:ro", "sql=catalog:rw", &grant]).ended(0);
        Self { workspace, library, written }
    }

    fn sync(&self) -> Output {
        self.workspace.baton(&["run", "djay", "sync-sessions"])
    }

    /// A track as the catalog shows it; `None` when the catalog does not have it.
    fn shown(&self, place: usize) -> Option<Value> {
        let id = format!("djay:{}", self.written.tracks[place].id);
        let shown = self.workspace.baton(&["catalog", "show", &id, "--json"]);
        (shown.code == 0).then(|| shown.json())
    }

    fn change(&self, statements: &[(&str, &str)]) {
        let connection = Connection::open(&self.library).unwrap();
        for (statement, key) in statements {
            connection.execute(statement, params![key]).unwrap();
        }
    }

    /// Deletes the user's data of a track: its cue points and its play count.
    fn forget(&self, place: usize) {
        let key = self.written.tracks[place].id.as_str();
        self.change(&[
            (
                "DELETE FROM secondaryIndex_mediaItemUserDataIndex WHERE rowid IN
                    (SELECT rowid FROM database2 WHERE collection = 'mediaItemUserData' AND key = ?1)",
                key,
            ),
            ("DELETE FROM database2 WHERE collection = 'mediaItemUserData' AND key = ?1", key),
        ]);
    }

    /// Deletes a track and all of djay's data about it.
    fn delete_track(&self, place: usize) {
        let key = self.written.tracks[place].id.as_str();
        let index =
            |table: &str| format!("DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM database2 WHERE key = ?1)");
        let indexes =
            ["AnalyzedData", "UserData", "Location"].map(|name| index(&format!("secondaryIndex_mediaItem{name}Index")));
        let statements = indexes.iter().map(String::as_str).chain(["DELETE FROM database2 WHERE key = ?1"]);
        self.change(&statements.map(|statement| (statement, key)).collect::<Vec<_>>());
    }

    /// Deletes a playlist with its items and pages.
    fn delete_playlist(&self, number: usize) {
        let key = self.written.playlists[number].id.as_str();
        let rows = "SELECT m.rowid FROM view_mediaItemPlaylistView_map AS m JOIN view_mediaItemPlaylistView_page AS p \
                    ON p.pageKey = m.pageKey WHERE p.\"group\" = ?1";
        self.change(&[
            (&format!("DELETE FROM database2 WHERE rowid IN ({rows})"), key),
            (&format!("DELETE FROM view_mediaItemPlaylistView_map WHERE rowid IN ({rows})"), key),
            ("DELETE FROM view_mediaItemPlaylistView_page WHERE \"group\" = ?1", key),
            ("DELETE FROM database2 WHERE collection = 'mediaItemPlaylists' AND key = ?1", key),
        ]);
    }

    fn playlists(&self) -> Value {
        let stats = self.workspace.baton(&["catalog", "stats", "--json"]).ended(0).json();
        stats["counts"]["playlists"].clone()
    }
}

fn fields(shown: &Value, source: &str) -> Vec<String> {
    let facts = shown["facts"].as_array().into_iter().flatten().filter(|fact| fact["source"] == source);
    facts.filter_map(|fact| fact["field"].as_str().map(str::to_owned)).collect()
}

#[test]
fn data_deleted_in_djay_is_removed_from_the_catalog_by_the_next_sync() {
    let place = DjayWorkspace::new();
    let ChosenTracks { idle, played } = ChosenTracks::of(&place.written);
    place.sync().ended(0);
    let before = fields(&place.shown(played).unwrap(), "djay");
    let cues = |fields: &[String]| fields.iter().filter(|field| field.starts_with("djay_")).count();
    assert!(cues(&before) > 0 && before.iter().any(|field| field == "play_count"), "{before:?}");
    assert!(place.shown(idle).is_some());
    let lists = place.playlists().as_u64().unwrap();
    place.forget(played);
    place.delete_track(idle);
    place.delete_playlist(0);
    let said = place.sync().ended(0);
    let said = format!("{}{}", said.stdout, said.stderr);
    assert!(said.contains("1 playlists that djay no longer has were removed"), "{said}");
    let after = place.shown(played).unwrap();
    let kept = fields(&after, "djay");
    assert!(cues(&kept) == 0 && !kept.iter().any(|field| field == "play_count"), "{kept:?}");
    assert!(kept.iter().any(|field| field == "title"), "{kept:?}");
    assert!(!after["plays"].as_array().unwrap().is_empty(), "the plays stay: {after:#}");
    assert_eq!(place.shown(idle), None, "the deleted track is still there");
    assert_eq!(place.playlists().as_u64(), lists.checked_sub(1));
    // The next sync has nothing more to remove.
    let again = place.sync().ended(0);
    assert!(!format!("{}{}", again.stdout, again.stderr).contains("were removed"), "{}", again.stdout);
}

#[test]
fn a_deleted_track_keeps_its_plays_and_the_facts_of_other_sources() {
    let place = DjayWorkspace::new();
    let played = ChosenTracks::of(&place.written).played;
    place.sync().ended(0);
    let title = place.written.tracks[played].title.clone();
    place.delete_track(played);
    place.sync().ended(0);
    // The plays of the deleted track still name it; djay's other data about it is removed.
    let shown = place.shown(played).unwrap();
    let fact = |field: &str| shown["facts"].as_array().unwrap().iter().find(|fact| fact["field"] == field).cloned();
    assert_eq!(fact("title").unwrap()["value"], title.as_str());
    assert_eq!((fact("bpm"), fact("play_count"), fact("djay_automix_start_ms")), (None, None, None), "{shown:#}");
    assert!(!shown["plays"].as_array().unwrap().is_empty());
}

#[test]
fn an_incompletely_read_library_removes_nothing() {
    let place = DjayWorkspace::new();
    let ChosenTracks { idle, played } = ChosenTracks::of(&place.written);
    place.sync().ended(0);
    let before = (place.shown(played), place.playlists());
    place.forget(played);
    place.delete_track(idle);
    place.change(&[(
        "UPDATE database2 SET data = x'00' WHERE collection = 'historySessions' AND key = ?1",
        &place.written.sessions[0].id,
    )]);
    let said = place.sync();
    let said = format!("{}{}", said.stdout, said.stderr);
    assert!(said.contains("could not be read") && !said.contains("were removed"), "{said}");
    assert_eq!((place.shown(played), place.playlists()), before);
    assert!(place.shown(idle).is_some());
}
