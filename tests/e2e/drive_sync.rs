//! The plugin `drive-sync` in its sandbox: sixteen real processes use one folder, a sync in both directions, and a sync without changes.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use baton_tests::drive_folder::{self, REAL};
use baton_tests::{Mount, Output, Workspace, names_in, or_skip};
use serde_json::Value;

/// A workspace with the plugin and its folders beside it.
fn workspace() -> (Workspace, PathBuf) {
    let workspace = Workspace::init();
    let place = workspace.outside().canonicalize().unwrap();
    for (name, mode) in [("drive", "rw"), ("databases", "ro"), ("exports", "rw")] {
        fs::create_dir_all(place.join(name)).unwrap();
        let word = format!("files:{mode}={name}={}", place.join(name).display());
        workspace.baton(&["plugin", "grant", "drive-sync", &word]).ended(0);
    }
    (workspace, place)
}

fn run(workspace: &Workspace, action: &str, args: &[&str]) -> Output {
    let args = args.iter().flat_map(|arg| ["--arg", arg]);
    workspace.baton(&["run", "drive-sync", action].into_iter().chain(args).collect::<Vec<_>>())
}

fn race(workspace: &Workspace, arguments: &[&str]) -> Vec<(bool, String)> {
    let start = || {
        let mut command = workspace.command();
        command.arg("-w").arg(workspace.root()).args(arguments).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let racing: Vec<Child> = (0..16).map(|_| start()).collect();
    let ended = racing.into_iter().map(|child| child.wait_with_output().unwrap());
    ended
        .map(|ended| {
            let said = [ended.stdout, ended.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            (ended.status.success(), said.concat())
        })
        .collect()
}

#[test]
fn sixteen_processes_make_one_folder() {
    let (workspace, place) = workspace();
    // The first run compiles the plugin, so that all later runs start at the same time.
    run(&workspace, "ensure-folder", &["database=warm", "title=Warm"]).ended(0);
    for round in 0..3 {
        let id = format!("database=round-{round}");
        let ended = race(&workspace, &["run", "drive-sync", "ensure-folder", "--arg", &id, "--arg", "title=Tracks"]);
        let made = ended.iter().filter(|(_, said)| said.contains("was created.")).count();
        assert_eq!(made, 1, "{ended:#?}");
        // A process that waited 7 s for the lock must be run again; none creates a second folder.
        assert!(ended.iter().all(|(good, said)| *good || said.contains("for more than 7 s")), "{ended:#?}");
    }
    let expected = ["Tracks_round-0", "Tracks_round-1", "Tracks_round-2", "Warm_warm"];
    assert_eq!(names_in(&place.join("drive")), expected);
}

#[test]
fn sixteen_processes_merge_folders_and_lose_no_file() {
    let (workspace, place) = workspace();
    run(&workspace, "ensure-folder", &["database=warm", "title=Warm"]).ended(0);
    for folder in ["T_id-1", "T_id-1 (1)", "T_id-1 (2)", "Old_id-1"] {
        fs::create_dir(place.join("drive").join(folder)).unwrap();
        for file in 0..20 {
            fs::write(place.join("drive").join(folder).join(format!("{file}.txt")), format!("{folder} {file}"))
                .unwrap();
        }
    }
    let ended = race(&workspace, &["run", "drive-sync", "ensure-folder", "--arg", "database=id-1", "--arg", "title=T"]);
    assert!(ended.iter().any(|(good, _)| *good), "{ended:#?}");
    assert_eq!(names_in(&place.join("drive")), ["T_id-1", "Warm_warm"]);
    let kept = names_in(&place.join("drive/T_id-1"));
    assert_eq!(kept.len(), 80, "{kept:?}");
}

#[test]
fn only_one_of_sixteen_syncs_writes_a_database() {
    let (workspace, place) = workspace();
    run(&workspace, "ensure-folder", &["database=warm", "title=Warm"]).ended(0);
    drive_folder::databases(&place.join("databases"), drive_folder::Shape { databases: 1, ..REAL }, 1);
    let ended = race(&workspace, &["run", "drive-sync", "sync"]);
    // A process that starts while another one writes does nothing and says so.
    let busy = "another task works on 1 database; nothing was done";
    assert!(ended.iter().all(|(good, said)| *good || said.contains(busy)), "{ended:#?}");
    assert_eq!(ended.iter().filter(|(_, said)| said.contains("1 written")).count(), 1, "{ended:#?}");
    assert_eq!(names_in(&place.join("drive")).len(), 2);
}

#[test]
fn a_real_drive_is_tidied_and_a_sync_without_changes_changes_nothing() {
    let (workspace, place) = workspace();
    drive_folder::databases(&place.join("databases"), REAL, 1);
    drive_folder::drive(&place.join("drive"), REAL, 1);
    let health = |workspace: &Workspace| -> Value {
        run(workspace, "diagnose", &[]).ended(0);
        let reports = workspace.list("reports");
        let last = reports.iter().rfind(|name| name.starts_with("drive-health") && name.ends_with(".json")).unwrap();
        serde_json::from_str(&workspace.read(&format!("reports/{last}"))).unwrap()
    };
    let before = health(&workspace);
    assert_eq!(before["counts"]["duplicate-folder"], 136);
    let first = run(&workspace, "sync", &[]).ended(0);
    assert!((first.stdout + &first.stderr).contains("168 folders merged into others"));
    let second = run(&workspace, "sync", &[]).ended(0);
    assert!((second.stdout + &second.stderr).contains("241 databases checked: 241 unchanged, 0 written (0 rows)."));
}

#[test]
fn changes_on_the_drive_are_copied_back_and_local_edits_are_kept() {
    let (workspace, place) = workspace();
    drive_folder::databases(&place.join("databases"), drive_folder::Shape { databases: 1, ..REAL }, 1);
    run(&workspace, "sync", &[]).ended(0);
    let base = names_in(&place.join("drive")).remove(0);
    let csv = place.join("drive").join(&base).join(format!("{base}.csv"));
    let edited = fs::read_to_string(&csv).unwrap().replace("Row 0, of 0", "Changed by hand");
    fs::write(&csv, &edited).unwrap();
    let refused = run(&workspace, "sync", &[]);
    assert!((refused.stdout.clone() + &refused.stderr).contains("1 refused"), "{}{}", refused.stdout, refused.stderr);
    // The finding is shown in full, with the command that fixes it.
    let told = |text: &str| text.contains("1 finding\n") && text.contains("baton run drive-sync sync --arg");
    assert!(told(&refused.stderr), "{}", refused.stderr);
    let task = workspace.status().into_iter().find(|task| task.title.ends_with("sync")).unwrap();
    let why = workspace.baton(&["why", &task.id]).ended(0).stdout;
    assert!(told(&why), "{why}");
    assert_eq!(fs::read_to_string(&csv).unwrap(), edited);
    let taken = run(&workspace, "sync", &["direction=from-drive"]).ended(0);
    assert!((taken.stdout + &taken.stderr).contains("(1 cell, 0 rows new)"));
    let exported = fs::read_to_string(place.join("exports").join(format!("{base}.csv"))).unwrap();
    assert!(exported.contains("Changed by hand"));
}

#[test]
fn after_a_full_disk_the_sync_is_repeated_and_no_file_is_damaged() {
    let (workspace, place) = workspace();
    drive_folder::databases(&place.join("databases"), drive_folder::Shape { databases: 1, ..REAL }, 1);
    let drive = place.join("drive");
    let mount = or_skip!(Mount::small(&drive, 512));
    run(&workspace, "sync", &[]).ended(0);
    let base = names_in(&drive).remove(0);
    let csv = drive.join(&base).join(format!("{base}.csv"));
    let before = fs::read(&csv).unwrap();
    mount.fill();
    let source = place.join("databases/db-000.csv");
    fs::write(&source, fs::read_to_string(&source).unwrap().replace("House", &"Techno".repeat(10))).unwrap();
    let failed = run(&workspace, "sync", &[]);
    let said = failed.stdout + &failed.stderr;
    assert!(said.contains("cannot write to the Drive") && !said.contains("succeeded"), "{said}");
    assert_eq!(fs::read(&csv).unwrap(), before);
    assert!(names_in(&drive.join(&base)).iter().all(|name| !name.contains("part")));
    mount.free();
    run(&workspace, "sync", &[]).ended(0);
    assert_ne!(fs::read(&csv).unwrap(), before);
}

#[test]
fn a_second_workspace_and_folders_of_a_person_cause_no_false_findings() {
    let (first, place) = workspace();
    let second = Workspace::init();
    for (name, mode) in [("drive", "rw"), ("databases", "ro"), ("exports", "rw")] {
        let word = format!("files:{mode}={name}={}", place.join(name).display());
        second.baton(&["plugin", "grant", "drive-sync", &word]).ended(0);
    }
    for folder in ["photos_2024", "invoices_2024"] {
        fs::create_dir_all(place.join("drive").join(folder)).unwrap();
        fs::write(place.join("drive").join(folder).join("a.pdf"), folder).unwrap();
    }
    let database = |columns: &[(&str, &str)], row: &str| {
        let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
        let kinds: Vec<_> = columns.iter().map(|(_, kind)| *kind).collect();
        let csv = format!("__page_id,__last_synced_iso,{}\n,,{}\np1,,{row}\n", names.join(","), kinds.join(","));
        let properties: Vec<_> = columns
            .iter()
            .map(|(name, kind)| format!(r#""{name}": {{ "name": "{name}", "type": "{kind}" }}"#))
            .collect();
        let sidecar = format!(
            r#"{{ "id": "id-1", "title": "T", "complete": true, "row_count": 1, "properties": {{ {} }} }}"#,
            properties.join(", ")
        );
        fs::write(place.join("databases/T.csv"), csv).unwrap();
        fs::write(place.join("databases/T.json"), sidecar).unwrap();
    };
    database(&[("Name", "title")], "One");
    run(&first, "sync", &[]).ended(0);
    let healthy = |workspace: &Workspace| {
        let said = run(workspace, "diagnose", &[]).ended(0);
        let said = format!("{}{}", said.stdout, said.stderr);
        assert!(said.contains("1 database in 1 folder: no problems"), "{said}");
    };
    healthy(&second);
    run(&second, "sync", &[]).ended(0);
    database(&[("Name", "title"), ("BPM", "number")], "One,120");
    run(&first, "sync", &[]).ended(0);
    healthy(&second);
    healthy(&first);
}
