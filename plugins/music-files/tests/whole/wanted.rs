//! Tracks of playlists that are not on disk.

use baton_plugin_kit::host::Writable as _;
use baton_plugin_sdk::{Error, Outcome, OutcomeKind};
use music_files::wanted;
use serde_json::{Value, json};

use crate::folders::TestFolders;

fn filled() -> TestFolders {
    let folders = TestFolders::new();
    for (id, artist, title) in [
        ("linked", "A", "Linked"),
        ("named", "Moderat", "A New Error"),
        ("streamed", "B", "Streamed"),
        ("lost", "C", "Lost | and \u{1b}gone"),
        ("other", "D", "Another (Dub)"),
        ("liked", "E", "Liked"),
    ] {
        folders.track(id, artist, title);
    }
    folders.playlist("Deep/House", &["linked", "named", "streamed", "lost", "lost"]);
    folders.playlist("Zed", &["lost", "other"]);
    folders.playlist("Liked Songs", &["liked", "lost"]);
    let sql = "INSERT INTO put_file (source, path, track_service, track, missing, duration_ms) VALUES ('djay', ?1, 'spotify', ?2, ?3, ?4)";
    let named = 200_000_i64;
    for (path, track, missing) in [
        ("/m/a.mp3", Some("linked"), false),
        ("/m/Moderat - A New Error.mp3", None, false),
        ("spotify://streamed", Some("streamed"), false),
        ("/m/c.mp3", Some("lost"), true),
        ("/m/D - Another (Live).mp3", None, false),
    ] {
        folders.catalog.execute(sql, &[path.into(), track.into(), missing.into(), named.into()]).unwrap();
    }
    folders
}

fn list(folders: &TestFolders, args: &Value) -> Outcome {
    wanted::list(&folders.task(args), &folders.catalog).unwrap()
}

fn text(outcome: &Outcome, ending: &str) -> String {
    let artifact = outcome.artifacts.iter().find(|artifact| artifact.name.ends_with(ending)).unwrap();
    String::from_utf8(artifact.bytes.clone()).unwrap()
}

#[test]
fn each_track_is_reported_once_with_its_playlists_and_ids() {
    let outcome = list(&filled(), &json!({}));
    assert!(
        outcome.summary.starts_with(
            "6 tracks in 3 playlists: 2 on disk (2 of them by paths that no scan has checked), 4 wanted, 0 unclear."
        ),
        "{}",
        outcome.summary
    );
    let csv = text(&outcome, ".csv");
    assert_eq!(csv.matches("spotify:track:lost").count(), 1);
    assert!(csv.contains("Deep/House; Liked Songs; Zed,spotify:track:lost"), "{csv}");
    let markdown = text(&outcome, ".md");
    assert!(markdown.contains(
        "## Deep/House\n\n| Artist | Title | Length | ISRC | Already at | Search in | |\n|---|---|---|---|---|---|---|\n| B | Streamed | 3:20 |"
    ));
    assert!(markdown.contains("Lost \\|") && !markdown.contains('\u{1b}'), "{markdown}");
}

#[test]
fn a_local_file_of_a_playlist_keeps_its_uri() {
    let folders = filled();
    folders.track("spotify:local:A:B:Kept:200", "A", "Kept");
    folders.playlist("Local", &["spotify:local:A:B:Kept:200"]);
    let csv = text(&list(&folders, &json!({ "playlists": ["Local"] })), ".csv");
    assert!(csv.contains(",spotify:local:A:B:Kept:200,"), "{csv}");
}

#[test]
fn scanned_files_need_no_note() {
    let folders = TestFolders::new();
    folders.track("here", "A", "Here");
    folders.playlist("P", &["here"]);
    let sql = "INSERT INTO put_file (source, path, size, track_service, track) VALUES (?1, '/m/a.mp3', ?2, 'spotify', 'here')";
    folders.catalog.execute(sql, &["djay".into(), None::<i64>.into()]).unwrap();
    let outcome = list(&folders, &json!({}));
    assert!(outcome.next_steps.iter().any(|step| step.contains("baton library scan")), "{outcome:?}");
    folders.catalog.execute(sql, &["library".into(), 7_i64.into()]).unwrap();
    let outcome = list(&folders, &json!({}));
    assert!(outcome.summary.starts_with("1 track in 1 playlist: 1 on disk, 0 wanted"), "{}", outcome.summary);
    assert!(outcome.next_steps.is_empty(), "{outcome:?}");
}

#[test]
fn a_file_with_a_path_that_is_not_utf_8_is_on_disk() {
    let folders = TestFolders::new();
    for (id, title) in [("linked", "Linked"), ("named", "A New Error")] {
        folders.track(id, "Moderat", title);
    }
    folders.playlist("P", &["linked", "named"]);
    let sql = "INSERT INTO put_file (source, path, size, track_service, track, duration_ms) VALUES ('library', ?1, 7, 'spotify', ?2, 200000)";
    for (path, track) in
        [("file:///m/caf%E9/a.mp3", Some("linked")), ("file:///m/caf%E9/Moderat%20-%20A%20New%20Error.mp3", None)]
    {
        folders.catalog.execute(sql, &[path.into(), track.into()]).unwrap();
    }
    let outcome = list(&folders, &json!({}));
    assert!(outcome.summary.starts_with("2 tracks in 1 playlist: 2 on disk, 0 wanted"), "{}", outcome.summary);
}

#[test]
fn playlists_are_selected_by_name() {
    let folders = filled();
    for (args, begins) in [
        (
            json!({ "playlists": ["deep*"] }),
            "4 tracks in 1 playlist: 2 on disk (2 of them by paths that no scan has checked), 2 wanted",
        ),
        (
            json!({ "playlists": ["ZED", "deep/house"] }),
            "5 tracks in 2 playlists: 2 on disk (2 of them by paths that no scan has checked), 3 wanted",
        ),
        (json!({ "liked": "not" }), "5 tracks in 2 playlists"),
        (json!({ "liked": "only" }), "2 tracks in 1 playlist: 0 on disk, 2 wanted"),
    ] {
        let outcome = list(&folders, &args);
        assert!(outcome.summary.starts_with(begins), "{args}: {}", outcome.summary);
    }
    let none = wanted::list(&folders.task(&json!({ "playlists": ["nothing"] })), &folders.catalog);
    assert!(matches!(none, Err(Error::Permanent(text)) if text.contains("Deep/House")));
}

#[test]
fn a_path_that_only_djay_names_is_used_unless_a_scan_covers_it() {
    let folders = TestFolders::new();
    for id in ["moved", "named", "scanned", "away"] {
        folders.track(id, "A", id);
    }
    folders.playlist("P", &["moved", "named", "scanned", "away"]);
    for (path, track) in
        [("/m/dj/b.mp3", "named"), ("/m/dj/new/c.mp3", "scanned"), ("/Users/other/Music/d.mp3", "away")]
    {
        let sql = "INSERT INTO put_file (source, path, track_service, track) VALUES ('djay', ?1, 'spotify', ?2)";
        folders.catalog.execute(sql, &[path.into(), track.into()]).unwrap();
    }
    let on_disk = || list(&folders, &json!({})).summary.split(" on disk").next().unwrap().to_owned();
    assert_eq!(on_disk(), "4 tracks in 1 playlist: 3");
    // `apply` writes a moved file to the catalog in this way; that is not a scan.
    let sql =
        "INSERT INTO put_file (source, path, size, track_service, track) VALUES ('spotify', ?1, 7, 'spotify', ?2)";
    folders.catalog.execute(sql, &["/m/dj/a.mp3".into(), "moved".into()]).unwrap();
    assert_eq!(on_disk(), "4 tracks in 1 playlist: 4");
    folders.catalog.listed("/m/dj/new").unwrap();
    assert_eq!(on_disk(), "4 tracks in 1 playlist: 2", "one is in the scanned folder, one on another machine");
}

#[test]
fn missing_parts_are_reported_and_no_list_is_made() {
    let folders = TestFolders::new();
    let refused = |missing: &str, next: &str| {
        let outcome = list(&folders, &json!({}));
        assert_eq!((outcome.kind, outcome.artifacts.len()), (OutcomeKind::Refused, 0), "{}", outcome.summary);
        assert!(outcome.summary.contains(missing) && outcome.next_steps[0].contains(next), "{outcome:?}");
    };
    refused("no playlist with a track", "baton run spotify import");
    folders.track("one", "A", "One");
    folders.playlist("P", &["one"]);
    refused("no music folder was scanned", "baton library scan FOLDER");
    let sql = "INSERT INTO put_file (source, path, missing) VALUES ('library', ?1, ?2)";
    for (path, missing) in [("/m/gone.mp3", true), ("spotify://streamed", false)] {
        folders.catalog.execute(sql, &[path.into(), missing.into()]).unwrap();
    }
    refused("no music folder was scanned", "baton library scan FOLDER");
}

#[test]
fn two_copies_are_on_disk_and_a_possible_other_part_is_unclear() {
    let folders = TestFolders::new();
    folders.track("twice", "Moderat", "A New Error");
    folders.track("part", "D", "Story (Part 2)");
    folders.playlist("P", &["twice", "part"]);
    let sql = "INSERT INTO put_file (source, path) VALUES ('library', ?1)";
    for path in ["/m/a/Moderat - A New Error.mp3", "/m/b/moderat - a new error.flac", "/m/D - Story.mp3"] {
        folders.catalog.execute(sql, &[path.into()]).unwrap();
    }
    let outcome = list(&folders, &json!({}));
    assert!(
        outcome.summary.starts_with(
            "2 tracks in 1 playlist: 1 on disk (1 of them by paths that no scan has checked), 0 wanted, 1 unclear."
        ),
        "{}",
        outcome.summary
    );
    assert!(text(&outcome, ".csv").contains("unclear,D,Story (Part 2)"));
}
