//! Import of several files: one playlist in several dialects and ages, playlists with one name, concurrent imports.

use std::fs;

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::{NoProgress, Tables as _, Writable as _};
use spotify::import::{self, Args, HostServices};
use spotify::read::Folder;

use super::support::{A, TestDatabases, age, ids, playlists, row, short, titles, uri};

#[test]
fn each_dialect_of_one_import_adds_its_values() {
    for (newer, older) in [("a/Mix.csv", "b/Other.csv"), ("b/Mix.csv", "a/Other.csv")] {
        let place = TestDatabases::with(&[(older.trim_end_matches(".csv"), &[row(1, "Old", "Ida Lund")])]);
        short(&place, newer, "New");
        age(&place, older, 1);
        place.import();
        let track = place.rows("SELECT title, bpm, musical_key, label FROM tracks");
        assert_eq!(track, ["New|122.5|Am|Label"], "{newer}");
        assert_eq!(place.rows("SELECT value FROM facts WHERE field = 'danceability'"), ["0.5"]);
    }
}

#[test]
fn the_newest_file_of_an_import_is_used() {
    let place = TestDatabases::with(&[("2025/Mix", &[row(1, "Old", "Oto")]), ("2026/Mix", &[row(1, "New", "Oto")])]);
    age(&place, "2025/Mix.csv", 24);
    place.import();
    assert_eq!(titles(&place, "mix"), ["New"]);
    assert_eq!(titles(&place, "mix#2026"), ["New"]);
}

#[test]
fn an_older_export_does_not_change_the_playlist_of_a_newer_one() {
    let place = TestDatabases::with(&[("Mix", &[row(1, "One", "Oto"), row(2, "Two", "Oto")])]);
    place.import();
    place.playlist("Mix", &[row(3, "Three", "Oto")]);
    age(&place, "Mix.csv", 24);
    let (report, findings) = place.import();
    assert_eq!((report.playlists, report.unchanged, ids(&findings)), (0, 1, vec!["older:spotify-csv:mix"]));
    assert_eq!(titles(&place, "mix"), ["One", "Two"]);
    // If only a part of an export could be imported, even an older export replaces the playlist.
    place.write("Mix.csv", format!("{A}\n{},\"Half", uri(1)));
    place.import();
    place.playlist("Mix", &[row(3, "Three", "Oto")]);
    age(&place, "Mix.csv", 24);
    place.import();
    assert_eq!(titles(&place, "mix"), ["Three"]);
}

#[test]
fn a_playlist_keeps_its_id_when_another_of_the_same_name_is_added_or_removed() {
    let place = TestDatabases::with(&[("2026/Mix", &[row(2, "Two", "Oto")])]);
    place.import();
    place.playlist("2025/Mix", &[row(1, "One", "Oto")]);
    place.import();
    assert_eq!((titles(&place, "mix"), titles(&place, "mix#2025")), (vec!["Two".to_owned()], vec!["One".to_owned()]));
    for (from, to) in [("spotify", "away"), ("away", "spotify")] {
        fs::rename(place.folder.path().join(from), place.folder.path().join(to)).unwrap();
        fs::create_dir_all(place.path()).unwrap();
        assert_eq!(place.import().0.playlists, 0, "a temporarily missing folder changes no id");
        if to == "away" {
            fs::remove_dir(place.path()).unwrap();
        }
    }
    fs::remove_file(place.path().join("2026/Mix.csv")).unwrap();
    let (report, findings) = place.import();
    assert_eq!((report.playlists, report.unchanged), (0, 1));
    assert_eq!(ids(&findings), ["no-file:spotify-csv:mix", "same-name:spotify/2025/Mix.csv"]);
    assert_eq!((titles(&place, "mix"), titles(&place, "mix#2025")), (vec!["Two".to_owned()], vec!["One".to_owned()]));
}

#[test]
fn moving_or_granting_a_folder_again_changes_no_id() {
    let place = TestDatabases::with(&[("Mix", &[row(1, "One", "Oto")]), ("b/Mix", &[row(2, "Two", "Oto")])]);
    place.import();
    let before = (vec!["One".to_owned()], vec!["Two".to_owned()]);
    assert_eq!((titles(&place, "mix"), titles(&place, "mix#b")), before);
    let import = |path: &str, shown: &str| {
        let mut findings = Findings::default();
        let services = HostServices { catalog: &place.catalog, own: &place.own, progress: &NoProgress };
        let folder = Folder { path: place.folder.path().join(path), shown: shown.to_owned() };
        let report = import::import(services, &[folder], &Args::default(), &mut findings).unwrap();
        assert_eq!((report.playlists, report.unchanged), (0, 2), "{shown}");
        assert_eq!((titles(&place, "mix"), titles(&place, "mix#b")), before, "{shown}");
    };
    fs::create_dir(place.folder.path().join("far")).unwrap();
    fs::rename(place.path(), place.folder.path().join("far/music")).unwrap();
    import("far/music", "/a/far/music");
    import("far/music", "zzz");
    // Grants the folder above, then the folder itself again.
    import("far", "far");
    import("far/music", "spotify");
    // The table `csv_files` of an earlier version of the plugin has paths of the host.
    place.own.execute("DELETE FROM csv_ids", &[]).unwrap();
    place
        .own
        .execute("CREATE TABLE csv_files (file TEXT PRIMARY KEY, id TEXT NOT NULL) STRICT, WITHOUT ROWID", &[])
        .unwrap();
    let old =
        [["/old/music/Mix.csv", "mix"], ["/old/music/b/Mix.csv", "mix#b"]].map(|row| row.map(Into::into).to_vec());
    place.own.batch("INSERT INTO csv_files VALUES (?1, ?2)", &mut old.into_iter()).unwrap();
    import("far/music", "/new/music");
    let named = place.own.rows("SELECT id FROM csv_ids ORDER BY id", &[]).unwrap().count();
    assert_eq!(named, 2);
}

#[test]
fn concurrent_imports_lose_nothing() {
    let place = TestDatabases::with(&[("Mix", &[row(1, "One", "Oto")]), ("b/Mix", &[row(2, "Two", "Oto")])]);
    place.import();
    let (folders, path) = (place.folders(), place.folder.path().to_owned());
    // Each import finds a further file; all run at the same time.
    (0..20).for_each(|number| place.playlist(&format!("New {number}"), &[row(3, "Three", "Oto")]));
    std::thread::scope(|scope| {
        let each = || {
            let (catalog, own) = (
                baton_tests::host_services::HostDatabase::catalog(&path),
                baton_tests::host_services::HostDatabase::own(&path),
            );
            let services = HostServices { catalog: &catalog, own: &own, progress: &NoProgress };
            import::import(services, &folders, &Args::default(), &mut Findings::default()).map(drop)
        };
        let running: Vec<_> = (0..5).map(|_| scope.spawn(each)).collect();
        for run in running {
            run.join().unwrap().unwrap();
        }
    });
    assert_eq!((titles(&place, "mix"), titles(&place, "mix#b")), (vec!["One".to_owned()], vec!["Two".to_owned()]));
    assert_eq!(place.import().0.unchanged, 22);
}

#[test]
fn the_same_names_in_csv_and_privacy_export_are_two_playlists() {
    let place = TestDatabases::with(&[("Liked_Songs", &[row(1, "One", "Oto")]), ("Liked", &[row(2, "Two", "Oto")])]);
    let track = format!(r#"{{"trackName": "Three", "artistName": "Oto", "trackUri": "{}"}}"#, uri(3));
    let listed = |name: &str| format!(r#"{{"name": "{name}", "items": [{{"track": {track}}}]}}"#);
    place.write("Playlist1.json", format!(r#"{{"playlists": [{}, {}]}}"#, listed("Liked Songs"), listed("Liked")));
    place.write("YourLibrary.json", r#"{"tracks": []}"#);
    place.import();
    let expected = [
        "spotify-csv|liked|Liked|1",
        "spotify-csv|liked songs|Liked Songs|1",
        "spotify-privacy|liked|Liked|1",
        "spotify-privacy|liked songs|Liked Songs|0",
        "spotify-privacy|liked songs#playlist|Liked Songs|1",
    ];
    assert_eq!(playlists(&place), expected);
    let before = place.dump();
    place.import();
    assert_eq!(place.dump(), before);
}

#[test]
fn an_older_export_overrides_nothing_of_a_newer_one() {
    let place = TestDatabases::with(&[("New", &[row(1, "New title", "Ida Lund")])]);
    place.playlist("Old", &[row(1, "Old title", "Ida Lund"), row(2, "Other", "Ida Lund")]);
    age(&place, "Old.csv", 24);
    place.import_only(&Args { paths: vec!["New.csv".to_owned()], ..Args::default() }).unwrap();
    place.import_only(&Args { paths: vec!["Old.csv".to_owned()], ..Args::default() }).unwrap();
    assert_eq!(titles(&place, "old"), ["New title", "Other"]);
}

#[test]
fn a_missing_file_is_reported_and_removes_nothing() {
    let place = TestDatabases::with(&[("A", &[row(1, "One", "Ida Lund")]), ("B", &[row(2, "Two", "Ida Lund")])]);
    place.import();
    fs::remove_file(place.path().join("A.csv")).unwrap();
    let (report, findings) = place.import();
    assert_eq!((report.playlists, playlists(&place).len(), ids(&findings)), (0, 2, vec!["no-file:spotify-csv:a"]));
    assert!(findings[0].title.contains("A: its file is missing"));
    let some = Args { paths: vec!["B.csv".to_owned()], ..Args::default() };
    assert!(place.import_only(&some).unwrap().1.is_empty(), "unread files are not reported");
}
