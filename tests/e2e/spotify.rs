//! The spotify plugin in the real program: exports by a dropped handoff, each action once, and the results of bad input.

use std::fs;
use std::path::PathBuf;

use baton_tests::music::{tune, write_wav};
use baton_tests::spotify_exports::{self, HEADER};
use baton_tests::{Task, Workspace, names_in};
use serde_json::{Value, json};

/// A workspace in which the plugin has all its grants, and the paths of its folders.
struct SpotifyWorkspace {
    workspace: Workspace,
    exports: PathBuf,
    made: PathBuf,
}

impl SpotifyWorkspace {
    fn new() -> Self {
        let workspace = Workspace::init();
        let (exports, made) = (workspace.outside().join("spotify"), workspace.outside().join("made"));
        fs::create_dir_all(&exports).unwrap();
        fs::create_dir_all(&made).unwrap();
        let folders =
            [format!("files:ro=spotify={}", exports.display()), format!("files:rw=exports={}", made.display())];
        let [spotify, exported] = folders.each_ref().map(String::as_str);
        workspace.baton(&["plugin", "grant", "spotify", "sql=catalog:rw", "sql=own:rw", spotify, exported]).ended(0);
        workspace.baton(&["plugin", "grant", "music-files", "sql=catalog:rw", exported]).ended(0);
        Self { workspace, exports, made }
    }

    fn playlist(&self, name: &str, numbers: &[u32]) {
        let row = |number: &u32| {
            format!("spotify:track:{number:022},Song {number},Album,Ida Lund,2021,200000{}\n", ",".repeat(18))
        };
        let rows: String = numbers.iter().map(row).collect();
        fs::write(self.exports.join(format!("{name}.csv")), format!("{HEADER}\n{rows}")).unwrap();
    }

    /// Drops a handoff and lets it run to its end.
    fn ask(&self, action: &str, args: &Value) -> Task {
        let plugin = if action == "wanted" { "music-files" } else { "spotify" };
        let title = format!("{action} {}", self.workspace.status().len());
        self.workspace.drop_handoff_with(plugin, &title, json!({ "action": action, "args": args }));
        self.workspace.up_once();
        self.workspace.task(&title)
    }

    #[track_caller]
    fn done(&self, action: &str, args: &Value) -> Task {
        let task = self.ask(action, args);
        assert_eq!(task.state, "succeeded", "{}", task.reason);
        task
    }

    fn stats(&self) -> Value {
        self.workspace.baton(&["catalog", "stats", "--json"]).ended(0).json()
    }

    fn made(&self) -> Vec<String> {
        names_in(&self.made)
    }
}

#[test]
fn a_whole_library_is_imported_by_a_handoff_and_importing_it_again_changes_nothing() {
    let place = SpotifyWorkspace::new();
    let written = spotify_exports::write(&place.exports, 132, 25_000, 7).unwrap();
    place.done("import", &json!({}));
    let first = place.stats();
    assert_eq!(
        (&first["counts"]["playlists"], &first["counts"]["tracks"]),
        (&json!(written.files), &json!(written.tracks))
    );
    let again = place.done("import", &json!({}));
    assert!(again.reason.contains("Nothing has changed: 132 of 132 files"), "{}", again.reason);
    assert_eq!(place.stats(), first);
}

#[test]
fn every_action_runs_by_a_handoff() {
    let place = SpotifyWorkspace::new();
    place.playlist("Mix", &[1, 2, 3, 2]);
    place.playlist("Odd: one", &[4]);
    place.done("import", &json!({}));
    place.playlist("Mix", &[2, 1, 5]);
    let reports = |task: &Task, name: &str| {
        let found = place.workspace.list("reports").into_iter().any(|report| report.contains(name));
        assert!(found, "{name} of {task:?} among {:?}", place.workspace.list("reports"));
    };
    let task = place.done("diff", &json!({ "from": "catalog", "to": "Mix.csv" }));
    assert!(task.reason.contains("1 added, 2 removed, 1 moved"), "{}", task.reason);
    reports(&task, "PLAYLIST_DIFF");
    let task =
        place.done("playlists-for-track", &json!({ "title": "Song 2", "artist": "Ida Lund", "duration_ms": 200_000 }));
    assert!(task.reason.contains("`Mix/Ida Lund - Song 2`"), "{}", task.reason);
    let task = place.done("dedupe", &json!({}));
    assert!(task.reason.contains("1 can be removed"), "{}", task.reason);
    reports(&task, "playlist-duplicates");
    place.done("merge", &json!({ "from": ["catalog", "Mix.csv"], "name": "All" }));
    // None of these tracks has a file, so a list of files would be empty.
    let task = place.ask("export", &json!({ "formats": ["csv", "m3u8", "rekordbox"] }));
    assert!(task.outcome.as_deref() == Some("partial") && task.reason.contains("Only CSV was written"), "{task:?}");
    assert_eq!(place.made(), ["All.csv", "Mix.csv", "Mix.deduped.csv", "Odd_ one.csv"]);
}

#[test]
fn a_wrong_header_and_half_a_gigabyte_are_one_finding_each() {
    let place = SpotifyWorkspace::new();
    place.playlist("Mix", &[1]);
    fs::write(place.exports.join("bank.csv"), "Datum,Betrag\n2024-01-01,3\n").unwrap();
    fs::File::create(place.exports.join("large.csv")).unwrap().set_len(500 << 20).unwrap();
    let task = place.ask("import", &json!({}));
    assert_eq!(task.outcome.as_deref(), Some("partial"), "{task:?}");
    let findings = place.workspace.why(&task.id).findings;
    let titles: Vec<_> = findings.iter().map(|finding| finding.title.as_str()).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert!(titles[0].contains("its header is `Datum, Betrag`") && titles[1].contains("500 MB"), "{titles:?}");
    assert_eq!(place.stats()["counts"]["playlists"], json!(1));
}

#[test]
fn names_with_path_separators_stay_in_the_folder_of_exports() {
    let place = SpotifyWorkspace::new();
    fs::create_dir(place.exports.join("a")).unwrap();
    let named = json!({ "playlists": [
        { "name": "../../out", "items": [] }, { "name": "\u{7}..", "items": [] }, { "name": "MIX", "items": [] }, { "name": "mix", "items": [] }
    ] });
    fs::write(place.exports.join("Playlist1.json"), named.to_string()).unwrap();
    place.done("import", &json!({}));
    place.done("export", &json!({}));
    assert_eq!(place.made(), ["MIX.csv", "Untitled.csv", "_.._out.csv", "mix (2).csv"]);
    assert!(!place.workspace.outside().join("out.csv").exists());
    let refused = place.ask("import", &json!({ "paths": ["../../etc"] }));
    assert!(refused.state == "failed" && refused.reason.contains("`../../etc` does not exist"), "{refused:?}");
}

#[test]
fn a_missing_grant_names_the_command_that_gives_it() {
    let workspace = Workspace::init();
    workspace.baton(&["plugin", "grant", "spotify", "sql=catalog:rw", "sql=own:rw"]).ended(0);
    workspace.drop_handoff_with("spotify", "Import", json!({ "action": "import" }));
    workspace.up_once();
    let task = workspace.task("Import");
    assert_eq!(task.state, "needs_grant");
    assert!(task.reason.contains("baton plugin grant spotify files:ro=spotify="), "{}", task.reason);
}

#[test]
fn the_plain_name_is_the_newest_export_and_older_ones_are_numbered_or_pruned() {
    let place = SpotifyWorkspace::new();
    let read = |name: &str| fs::read_to_string(place.made.join(name)).unwrap();
    let export = |numbers: &[u32], args: &Value| {
        place.playlist("Mix", numbers);
        place.done("import", &json!({}));
        place.done("export", args);
        place.made()
    };
    assert_eq!(export(&[1], &json!({})), ["Mix.csv"]);
    assert_eq!(export(&[1, 2], &json!({})), ["Mix.csv", "Mix.older-1.csv"]);
    assert_eq!((read("Mix.csv").lines().count(), read("Mix.older-1.csv").lines().count()), (3, 2));
    assert_eq!(export(&[1, 2, 3], &json!({ "keep_older": 1 })), ["Mix.csv", "Mix.older-2.csv"]);
    assert_eq!((read("Mix.csv").lines().count(), read("Mix.older-2.csv").lines().count()), (4, 3));
}

#[test]
fn a_playlist_with_the_name_of_an_older_result_is_not_pruned() {
    let place = SpotifyWorkspace::new();
    place.playlist("Mix", &[1]);
    place.playlist("Mix.older-1", &[7, 8]);
    place.done("import", &json!({}));
    place.done("export", &json!({}));
    assert_eq!(place.made(), ["Mix.csv", "Mix_older-1.csv"]);
    place.playlist("Mix", &[1, 2]);
    place.done("import", &json!({}));
    place.done("export", &json!({ "playlists": ["Mix"], "keep_older": 0 }));
    assert_eq!(place.made(), ["Mix.csv", "Mix_older-1.csv"]);
    let kept = fs::read_to_string(place.made.join("Mix_older-1.csv")).unwrap();
    assert!(kept.contains("Song 7") && kept.contains("Song 8"), "{kept}");
}

#[test]
fn a_result_that_becomes_older_again_gets_the_highest_number() {
    let place = SpotifyWorkspace::new();
    let export = |numbers: &[u32], args: &Value| {
        place.playlist("Mix", numbers);
        place.done("import", &json!({}));
        place.done("export", args);
        place.made()
    };
    export(&[1], &json!({}));
    export(&[1, 2], &json!({}));
    export(&[1], &json!({}));
    // Of the two older results, only the newer one is kept, under a new number.
    assert_eq!(export(&[1, 2, 3], &json!({ "keep_older": 1 })), ["Mix.csv", "Mix.older-3.csv"]);
    assert_eq!(fs::read_to_string(place.made.join("Mix.older-3.csv")).unwrap().lines().count(), 2);
}

#[test]
fn merge_dedupe_and_wanted_keep_the_given_number_of_older_results() {
    let place = SpotifyWorkspace::new();
    let scanned = place.workspace.outside().join("music");
    write_wav(&scanned.join("Another - Thing.wav"), &tune(1, 4));
    place.workspace.baton(&["library", "scan", scanned.to_str().unwrap()]).ended(0);
    for (number, numbers) in (0_usize..).zip([[1, 1, 2], [1, 1, 3], [1, 1, 4]]) {
        place.playlist("Mix", &numbers);
        place.done("import", &json!({}));
        place.done("merge", &json!({ "from": ["catalog"], "name": "All", "keep_older": 1 }));
        place.done("dedupe", &json!({ "keep_older": 0 }));
        place.done("wanted", &json!({ "keep_older": 1 }));
        let older = |name: &str| format!("{name}.older-{number}");
        let mut expected = match number {
            0 => ["All.csv", "Mix.deduped.csv", "wanted.csv", "wanted.md"].map(str::to_owned).to_vec(),
            _ => [
                older("All") + ".csv",
                "All.csv".to_owned(),
                "Mix.deduped.csv".to_owned(),
                "wanted.csv".to_owned(),
                "wanted.md".to_owned(),
                older("wanted") + ".csv",
                older("wanted") + ".md",
            ]
            .to_vec(),
        };
        expected.sort();
        assert_eq!(place.made(), expected);
    }
}

#[test]
fn a_damaged_database_of_the_plugin_is_reported_and_no_export_is_written() {
    let place = SpotifyWorkspace::new();
    place.playlist("Mix", &[1]);
    place.done("import", &json!({}));
    let damage = "DROP TABLE IF EXISTS episodes; CREATE TABLE episodes (unknown TEXT)";
    place.workspace.database("plugins/spotify.db").execute_batch(damage).unwrap();
    let task = place.ask("export", &json!({}));
    assert!(task.state == "failed" && task.reason.contains("service"), "{task:?}");
    assert!(place.made().is_empty());
}

#[test]
fn an_export_of_the_catalog_has_its_episodes_and_no_blank_row() {
    let place = SpotifyWorkspace::new();
    let empty = ",".repeat(18);
    let rows = format!(
        "spotify:track:{:022},One,Album,Ida Lund,2021,200000{empty}\nspotify:episode:{:022},\"Talk, 1\",Show,Host,2021,900000{empty}\n\
         ,,,,,{empty}\nspotify:track:{:022},Two,Album,Ida Lund,2021,200000{empty}\n",
        1, 2, 3
    );
    fs::write(place.exports.join("Mix.csv"), format!("{HEADER}\n{rows}")).unwrap();
    place.done("import", &json!({}));
    let task = place.done("export", &json!({}));
    let text = fs::read_to_string(place.made.join("Mix.csv")).unwrap();
    let begins: Vec<_> = text.lines().skip(1).map(|line| line.split(",Album").next().unwrap()).collect();
    assert_eq!(begins.len(), 3, "{text}");
    assert!(begins[1].starts_with(&format!("spotify:episode:{:022},\"Talk, 1\",Show,Host", 2)), "{text}");
    let told = place.workspace.why(&task.id).findings;
    assert!(told.iter().any(|finding| finding.title.contains("Mix: 1 entry is left out")), "{told:?}");
}
