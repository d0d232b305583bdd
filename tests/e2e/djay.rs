//! The djay plugin in the real program: every cell of an export while another process writes to the library, links of all plays, and
//! the results with damaged and foreign libraries, a missing grant and a full disk.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use baton_plugin_kit::csv_file::CsvFile;
use baton_plugin_kit::{Key, time};
use baton_tests::djay_library::tsaf::{Tree, encode};
use baton_tests::djay_library::{LibraryContent, LibrarySpec, Style, Track, write};
use baton_tests::{Mount, Output, Task, Workspace, names_in, or_skip};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

/// A workspace in which the plugin has all its grants, with a library beside it.
struct DjayWorkspace {
    workspace: Workspace,
    library: PathBuf,
    exports: PathBuf,
    written: LibraryContent,
}

impl DjayWorkspace {
    fn new(wanted: &LibrarySpec) -> Self {
        let place = Self::without_grants(wanted);
        let djay = format!("files:ro=djay={}", place.workspace.outside().join("music").display());
        let exports = format!("files:rw=exports={}", place.exports.display());
        let grants = ["plugin", "grant", "djay", "sql=files:ro", "sql=catalog:rw", &djay, &exports];
        place.workspace.baton(&grants).ended(0);
        place
    }

    fn without_grants(wanted: &LibrarySpec) -> Self {
        let workspace = Workspace::init();
        let folder = workspace.outside().join("music/djay/djay Media Library.djayMediaLibrary");
        let exports = workspace.outside().join("exports");
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(&exports).unwrap();
        let library = folder.join("MediaLibrary.db");
        let written = write(&library, wanted);
        Self { workspace, library, exports, written }
    }

    fn run(&self, action: &str, args: &[&str]) -> Output {
        let args = args.iter().flat_map(|arg| ["--arg", arg]);
        self.workspace.baton(&["run", "djay", action].into_iter().chain(args).collect::<Vec<_>>())
    }

    /// Drops a handoff and lets it run to its end.
    fn ask(&self, action: &str, args: &Value) -> Task {
        self.workspace.drop_handoff_with("djay", action, json!({ "action": action, "args": args }));
        self.workspace.up_once();
        self.workspace.task(action)
    }

    /// The ids of all findings in the ledger.
    fn findings(&self) -> Vec<String> {
        self.workspace.column("ledger.db", "SELECT id FROM findings ORDER BY id", [])
    }

    fn exported(&self) -> Vec<String> {
        names_in(&self.exports)
    }

    /// The rows of an exported table, by column.
    fn rows(&self, name: &str) -> Vec<HashMap<String, String>> {
        let sheet = CsvFile::open(&self.exports.join(name)).unwrap();
        let header = sheet.header().to_vec();
        let row = |cells: &[String]| header.iter().cloned().zip(cells.iter().cloned()).collect();
        sheet.lines().map(|line| row(&line.unwrap().cells.iter().map(str::to_owned).collect::<Vec<_>>())).collect()
    }
}

/// The two tempos between which a track changes.
const MOVED: [f64; 2] = [101.0, 102.0];

fn said_of(ended: &Output) -> String {
    format!("{}{}", ended.stdout, ended.stderr)
}

/// Writes to the library until it is stopped, as a running djay does; returns the number of writes. Each transaction changes the tempo
/// in an analysis and in djay's index. A reader that sees different tempos has not read one committed state.
fn keep_writing(library: &Path, moved: &Track, end: &AtomicBool) -> u32 {
    let connection = Connection::open(library).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let rows = |key: &str| {
        let sql = "SELECT rowid FROM database2 WHERE collection = 'mediaItemAnalyzedData' AND key = ?1";
        connection.query_row(sql, [key], |row| row.get::<_, i64>(0)).unwrap()
    };
    let (row, key) = (rows(&moved.id), moved.key_index);
    let blob = |bpm: f64| {
        let mut fields = vec![("uuid", Tree::text(&moved.id)), ("bpm", Tree::Real(bpm))];
        fields.extend(key.map(|key| ("keySignatureIndex", Tree::Integer(key))));
        encode(&Tree::object("ADCMediaItemAnalyzedData", fields), Style::Mac)
    };
    let mut times = 0;
    while !end.load(Ordering::Relaxed) {
        let sql = "INSERT OR REPLACE INTO database2 (collection, key, data) VALUES ('queues', ?1, zeroblob(3000))";
        let bpm = MOVED[times as usize % 2];
        let transaction = connection.unchecked_transaction().unwrap();
        transaction.execute(sql, [(times % 1_000).to_string()]).unwrap();
        transaction.execute("UPDATE database2 SET data = ?1 WHERE rowid = ?2", params![blob(bpm), row]).unwrap();
        let sql = "UPDATE secondaryIndex_mediaItemAnalyzedDataIndex SET bpm = ?1 WHERE rowid = ?2";
        assert_eq!(transaction.execute(sql, params![bpm, row]).unwrap(), 1);
        transaction.commit().unwrap();
        times += 1;
    }
    times
}

#[test]
fn every_cell_of_an_export_is_right_while_another_process_writes() {
    for style in [Style::Mac, Style::Windows] {
        let mut place = DjayWorkspace::new(&LibrarySpec::small(style));
        let at =
            place.written.tracks.iter().position(|track| track.bpm.is_some() && track.tempo() == track.bpm).unwrap();
        let moved = place.written.tracks[at].clone();
        let end = AtomicBool::new(false);
        let times = std::thread::scope(|scope| {
            let writer = scope.spawn(|| keep_writing(&place.library, &moved, &end));
            let ended = place.run("export", &[]);
            end.store(true, Ordering::Relaxed);
            let times = writer.join().unwrap();
            ended.ended(0);
            times
        });
        assert!(times > 0, "no other file was written");
        assert_eq!(place.findings(), Vec::<String>::new(), "the snapshot is torn");
        let bpm = place.rows("djay_library_tracks.csv").iter().find(|row| row["track_id"] == moved.id).unwrap()["bpm"]
            .clone();
        let seen: f64 = bpm.parse().unwrap();
        assert!(MOVED.contains(&seen) || Some(seen) == moved.bpm, "{seen}");
        place.written.tracks[at].bpm = Some(seen);
        assert_eq!(place.exported().len(), 6);
        check_tracks(&place);
        check_plays(&place);
    }
}

fn check_tracks(place: &DjayWorkspace) {
    let rows = place.rows("djay_library_tracks.csv");
    let rows: HashMap<_, _> = rows.iter().map(|row| (row["track_id"].as_str(), row)).collect();
    assert_eq!(rows.len(), place.written.tracks.len());
    for track in &place.written.tracks {
        let row = rows[track.id.as_str()];
        let key = track.key_index.and_then(Key::from_djay);
        for (column, cell) in [
            ("title", track.title.clone()),
            ("artist", track.artist.clone().unwrap_or_default()),
            ("duration_sec", track.seconds.to_string()),
            ("bpm", track.tempo().map(|bpm| bpm.to_string()).unwrap_or_default()),
            ("key", key.map(|key| key.to_string()).unwrap_or_default()),
            ("key_camelot", key.map(Key::camelot).unwrap_or_default()),
            ("source_type", track.sources[0].service.to_owned()),
            ("source_id", track.sources[0].id.clone()),
            ("file_path", track.sources[0].path.clone().unwrap_or_default()),
            ("play_count", track.play_count.unwrap_or_default().to_string()),
        ] {
            assert_eq!(row[column], cell, "{column} of {}", track.id);
        }
    }
}

fn check_plays(place: &DjayWorkspace) {
    let rows = place.rows("djay_session_tracks.csv");
    let rows: HashMap<_, _> = rows.iter().map(|row| (row["play_id"].as_str(), row)).collect();
    assert_eq!(rows.len(), place.written.plays.len());
    for play in &place.written.plays {
        let (row, track) = (rows[play.id.as_str()], &place.written.tracks[play.track]);
        let started = time::from_apple(play.started).and_then(time::text).unwrap();
        assert_eq!(row["session_id"], place.written.sessions[play.session].id);
        assert_eq!((&row["track_id"], &row["title"]), (&track.id, &track.title));
        assert_eq!((&row["deck_number"], &row["play_start"]), (&play.deck.to_string(), &started));
    }
}

#[test]
fn all_2027_plays_of_a_standard_library_are_linked_and_a_repetition_changes_nothing() {
    let place = DjayWorkspace::new(&LibrarySpec::standard(Style::Windows));
    let task = place.ask("sync-sessions", &json!({}));
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    let counts = place.workspace.baton(&["catalog", "stats", "--json"]).ended(0).json();
    assert_eq!((&counts["counts"]["plays"], &counts["counts"]["sessions"]), (&json!(2_027), &json!(114)));
    let again = place.run("sync-sessions", &[]).ended(0);
    let said = format!("{}{}", again.stdout, again.stderr);
    assert!(said.contains("(0 new), 2027 of 2027 plays linked to session and track"), "{said}");
    assert_eq!(place.workspace.baton(&["catalog", "stats", "--json"]).ended(0).json()["counts"], counts["counts"]);
}

#[test]
fn activity_and_matches_write_their_reports() {
    let place = DjayWorkspace::new(&LibrarySpec::small(Style::Mac));
    let task = place.ask("activity", &json!({ "top": 3 }));
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    let reports = place.workspace.list("reports");
    assert!(reports.iter().any(|name| name == "djay_activity.md"), "{reports:?}");
    let nothing = place.run("match-ids", &["dry_run=true"]).ended(1);
    assert!(nothing.stderr.contains("refused: 0 of "), "nothing to match with: {}", nothing.stderr);
    assert_eq!(place.exported(), ["djay_match_ids.csv"]);
}

#[test]
fn a_damaged_library_causes_an_error_or_findings_and_never_a_partial_export() {
    let place = DjayWorkspace::new(&LibrarySpec::tiny());
    Connection::open(&place.library).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let whole = fs::read(&place.library).unwrap();
    let mut failed = 0;
    for cut in [50, 4_096, whole.len() / 2] {
        fs::write(&place.library, &whole[..cut]).unwrap();
        failed += u32::from(place.run("export", &[]).code != 0);
    }
    assert!(failed >= 2, "a truncated library was accepted");
    for place_of_bit in (20_000..whole.len()).step_by(whole.len() / 7) {
        let mut flipped = whole.clone();
        flipped[place_of_bit] ^= 0x10;
        fs::write(&place.library, &flipped).unwrap();
        let ended = place.run("export", &[]);
        let files = place.exported();
        if ended.code == 0 || ended.stderr.contains("partial: ") {
            let titles: Vec<_> = place.written.tracks.iter().map(|track| track.title.as_str()).collect();
            let rows = place.rows("djay_library_tracks.csv");
            let others = rows.iter().filter(|row| !row["title"].is_empty() && !titles.contains(&row["title"].as_str()));
            // The changed bit may be in one title, so at most one title may differ.
            assert!(others.count() <= 1, "{rows:?}");
        } else {
            let said = said_of(&ended);
            let named = ["database", "library", "MediaLibrary.db"].iter().any(|word| said.contains(word));
            assert!(named && !said.contains("trap"), "no failure with the cause: {said}");
            assert!(files.is_empty(), "{files:?}");
        }
        assert!(files.iter().all(|name| !name.starts_with('.')), "{files:?}");
        assert!(files.len().is_multiple_of(6), "half an export: {files:?}");
        for name in files {
            fs::remove_file(place.exports.join(name)).unwrap();
        }
    }
}

#[test]
fn the_error_for_a_library_of_an_unknown_version_describes_it() {
    let place = DjayWorkspace::new(&LibrarySpec::tiny());
    Connection::open(&place.library).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    let task = place.ask("export", &json!({}));
    assert_eq!(task.state, "failed");
    assert!(task.reason.contains("its user_version is 9; only 3 is supported"), "{}", task.reason);
    assert!(place.exported().is_empty());
}

#[test]
fn the_error_for_a_missing_grant_has_its_command() {
    let place = DjayWorkspace::without_grants(&LibrarySpec::tiny());
    let task = place.ask("export", &json!({}));
    assert_eq!(task.state, "needs_grant");
    assert!(task.reason.contains("baton plugin grant djay files:ro=djay=PATH"), "{}", task.reason);
}

#[test]
fn a_full_disk_leaves_no_part_of_an_export() {
    let place = DjayWorkspace::new(&LibrarySpec::small(Style::Mac));
    let disk = or_skip!(Mount::small(&place.exports, 64));
    disk.fill();
    let ended = place.run("export", &[]);
    assert_ne!(ended.code, 0);
    assert!(place.exported().iter().all(|name| name == ".ballast"), "{:?}", place.exported());
    disk.free();
}
