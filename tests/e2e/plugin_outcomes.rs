//! The shipped plugins report when they did nothing or only a part: the outcome is not `succeeded`, the exit code is 1, and the RETURN
//! names the next step.

use std::fs;
use std::path::{Path, PathBuf};

use baton_tests::spotify_exports::HEADER;
use baton_tests::{Output, Workspace};
use serde_json::json;

/// A workspace whose plugin has these grants, and a folder beside it for each `files:MODE=NAME`.
fn place(plugin: &str, grants: &[&str], folders: &[&str]) -> (Workspace, PathBuf) {
    let workspace = Workspace::init();
    let outside = workspace.outside().to_owned();
    let folders = folders.iter().map(|folder| {
        let name = folder.split('=').nth(1).unwrap_or_default();
        drop(fs::create_dir_all(outside.join(name)));
        format!("{folder}={}", outside.join(name).display())
    });
    let words: Vec<String> = grants.iter().map(|grant| (*grant).to_owned()).chain(folders).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    workspace.baton(&[&["plugin", "grant", plugin], words.as_slice()].concat()).ended(0);
    (workspace, outside)
}

fn spotify() -> (Workspace, PathBuf) {
    place("spotify", &["sql=catalog:rw", "sql=own:rw"], &["files:ro=spotify", "files:rw=exports"])
}

fn music_files() -> (Workspace, PathBuf) {
    place("music-files", &["sql=catalog:rw", "sql=own:rw", "locks"], &["files:rw=music", "files:rw=organised"])
}

fn playlist(folder: &Path, name: &str) {
    let row = format!("spotify:track:{:022},Song,Album,Ida Lund,2021,200000{}\n", 1, ",".repeat(18));
    drop(fs::write(folder.join("spotify").join(name), format!("{HEADER}\n{row}")));
}

fn run(workspace: &Workspace, plugin: &str, action: &str, args: &[&str]) -> Output {
    let args = args.iter().flat_map(|arg| ["--arg", arg]);
    workspace.baton(&["run", plugin, action].into_iter().chain(args).collect::<Vec<_>>())
}

/// Asserts the outcome of a call, the words of its summary, and the words of its next step.
#[track_caller]
fn said(ended: Output, outcome: &str, words: &[&str], next: &str) {
    let told = ended.ended(1).stderr;
    assert!(told.contains(&format!("{outcome}: ")) && !told.contains("succeeded"), "{told}");
    for word in words {
        assert!(told.contains(word), "`{word}` in {told}");
    }
    let steps: Vec<_> =
        told.lines().filter(|line| line.starts_with("plugin ") && line.contains(" suggests: ")).collect();
    assert!(steps.iter().any(|step| step.contains(next)), "`{next}` in {steps:?}");
}

#[test]
fn exports_that_cannot_be_read_are_not_imported() {
    let (workspace, folder) = spotify();
    said(run(&workspace, "spotify", "import", &[]), "refused", &["There is no export"], "put Spotify's exports");
    for number in 0..6 {
        fs::write(folder.join(format!("spotify/{number}.csv")), "Datum,Betrag\n2024-01-01,3\n").unwrap();
    }
    let six = run(&workspace, "spotify", "import", &[]);
    said(six, "refused", &["Nothing was imported. 6 files could not be read"], "export the playlists again");

    playlist(&folder, "Mix.csv");
    workspace.drop_handoff_with("spotify", "Import", json!({ "action": "import" }));
    workspace.up_once();
    let task = workspace.task("Import");
    assert_eq!((task.state.as_str(), task.outcome.as_deref()), ("failed", Some("partial")), "{}", task.reason);
    assert!(task.reason.contains("1 playlist with 1 entry") && task.reason.contains("6 files could not be read"));
    let [answer] = workspace.returns("Claude-MM1").try_into().unwrap();
    assert_eq!(answer["outcome"], "partial", "{answer:#}");
    let next = answer["next_steps"][0].as_str().unwrap();
    assert!(next.contains(&format!("`baton why {}`", task.id)), "{next}");
}

#[test]
fn the_summary_names_missing_files_before_any_number() {
    let (workspace, folder) = spotify();
    let wanted = || run(&workspace, "music-files", "wanted", &[]);
    said(wanted(), "refused", &["no playlist with a track"], "baton run spotify import");
    playlist(&folder, "Mix.csv");
    run(&workspace, "spotify", "import", &[]).ended(0);
    said(wanted(), "refused", &["no music folder was scanned"], "baton library scan FOLDER");
    let exported = run(&workspace, "spotify", "export", &["formats=[\"m3u8\", \"rekordbox\"]"]);
    let why = "the catalog has no file on disk for any of the 1 entries";
    said(exported, "refused", &["Nothing was exported", why], "baton library scan FOLDER");
    assert_eq!(
        fs::read_dir(folder.join("exports")).unwrap().count(),
        0,
        "neither a list without a file nor a list of wanted tracks"
    );
    let exported = run(&workspace, "spotify", "export", &["formats=[\"csv\", \"m3u8\"]"]);
    said(exported, "partial", &["Only CSV was written", why], "baton library scan FOLDER");
    said(
        run(&workspace, "spotify", "playlists-for-track", &["track=nonsense"]),
        "refused",
        &["No track"],
        "catalog search",
    );
    let (djay, library) = (workspace.baton(&["library", "duplicates"]), workspace.baton(&["library", "coverage"]));
    for ended in [djay, library] {
        let told = ended.ended(1).stderr;
        assert!(told.contains("nothing was scanned yet; start with `baton library scan FOLDER`"), "{told}");
    }
}

#[test]
fn a_scan_without_audio_and_later_actions_report_it() {
    let workspace = Workspace::init();
    let empty = workspace.outside().join("empty");
    fs::create_dir_all(&empty).unwrap();
    let told = workspace.baton(&["library", "scan", empty.to_str().unwrap()]).ended(1).stderr;
    assert!(told.contains("no audio file was found there"), "{told}");
    let coverage = workspace.baton(&["library", "coverage"]).ended(1).stdout;
    assert!(coverage.contains("no source has an audio file") && !coverage.contains("more are needed"), "{coverage}");
    let twice = workspace.baton(&["library", "duplicates"]).ended(1).stderr;
    assert!(twice.contains("no file has a fingerprint yet"), "{twice}");
}

#[test]
fn a_plan_without_a_possible_step_was_not_applied() {
    let (workspace, folder) = music_files();
    said(run(&workspace, "music-files", "organise", &[]), "refused", &["0 files"], "grant the folder with the music");
    let file = |number: usize| folder.join(format!("music/Artist {number} - Title.mp3"));
    let plan = |name: &str| {
        (0..3).for_each(|number| fs::write(file(number), format!("{number}")).unwrap());
        run(&workspace, "music-files", "organise", &[&format!("plan_name={name}")]).ended(0);
    };
    plan("none");
    (0..3).for_each(|number| fs::remove_file(file(number)).unwrap());
    let none = run(&workspace, "music-files", "apply", &["plan=none"]);
    said(none, "refused", &["0 of 3 steps done, 3 not possible."], "baton run music-files organise");
    plan("some");
    fs::remove_file(file(1)).unwrap();
    let some = run(&workspace, "music-files", "apply", &["plan=some"]);
    said(some, "partial", &["2 of 3 steps done, 1 not possible."], "baton run music-files organise");
    fs::remove_file(folder.join("organised/Unassigned/Artist 0 - Title.mp3")).unwrap();
    let back = run(&workspace, "music-files", "undo", &["plan=some"]);
    said(back, "partial", &["1 steps undone, 1 could not be undone"], "baton run music-files undo --arg plan=");
}

#[test]
fn a_sync_that_refused_everything_did_not_succeed() {
    let (workspace, folder) = place("drive-sync", &[], &["files:rw=drive", "files:ro=databases", "files:rw=exports"]);
    let sync = |args: &[&str]| run(&workspace, "drive-sync", "sync", args);
    said(sync(&[]), "refused", &["There is no database to sync"], "put a database");
    for number in 0..30 {
        fs::write(folder.join(format!("databases/{number}.csv")), "a,b\n1,2\n").unwrap();
    }
    let words = ["30 databases checked: 0 unchanged, 0 written", "30 refused"];
    said(sync(&[]), "refused", &words, "follow each finding");
    let (csv, described) = (
        "__page_id,__last_synced_iso,Name\n,,title\np1,2026-01-18T10:00:00Z,One\n",
        json!({ "id": "music-tracks", "title": "Tracks", "complete": true, "request_status": "complete", "row_count": 1,
            "properties": { "title": { "name": "Name", "type": "title" } } }),
    );
    fs::write(folder.join("databases/tracks.csv"), csv).unwrap();
    fs::write(folder.join("databases/tracks.json"), described.to_string()).unwrap();
    said(sync(&[]), "partial", &["1 written", "30 refused"], "follow each finding");
    said(sync(&["direction=from-drive"]), "partial", &["0 changed on the Drive"], "follow each finding");
    (0..30).for_each(|number| fs::remove_file(folder.join(format!("databases/{number}.csv"))).unwrap());
    assert!(sync(&[]).ended(0).stderr.contains("1 unchanged, 0 written"), "nothing to do is done");
}

#[test]
fn a_repair_that_leaves_everything_to_a_person_did_not_succeed() {
    let (workspace, folder) = place("drive-sync", &[], &["files:rw=drive", "files:ro=databases", "files:rw=exports"]);
    let described = json!({ "id": "music-tracks", "title": "Tracks", "complete": true, "request_status": "complete",
        "row_count": 1, "properties": { "title": { "name": "Name", "type": "title" } } });
    fs::write(folder.join("databases/tracks.csv"), "__page_id,__last_synced_iso,Name\n,,title\np1,,One\n").unwrap();
    fs::write(folder.join("databases/tracks.json"), described.to_string()).unwrap();
    run(&workspace, "drive-sync", "sync", &[]).ended(0);
    fs::remove_file(folder.join("drive/Tracks_music-tracks/Tracks_music-tracks.csv")).unwrap();
    let repair = |args: &[&str]| run(&workspace, "drive-sync", "repair", args);
    let planned = repair(&[]).ended(0).stderr;
    let plan = planned.split("Plan ").nth(1).and_then(|rest| rest.split(':').next()).unwrap();
    assert!(planned.contains("0 steps, 1 left to a person"), "{planned}");
    let words = ["0 steps done", "1 left to a person"];
    said(repair(&[&format!("apply={plan}")]), "refused", &words, "then plan again");
}

#[test]
fn an_audit_without_a_plan_did_not_succeed() {
    let workspace = Workspace::init();
    for plan in workspace.list("plans") {
        fs::remove_file(workspace.root().join("plans").join(plan)).unwrap();
    }
    said(
        run(&workspace, "audit", "audit", &[]),
        "refused",
        &["There was no plan to audit"],
        "put a plan (.md or .txt)",
    );
}
