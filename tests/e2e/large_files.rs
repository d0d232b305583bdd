//! The shipped plugins read large files in the real sandbox. The host returns at most 64 KiB per call, so a short read is not the end
//! of the file.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use baton_tests::spotify_exports::HEADER;
use baton_tests::{Output, Workspace, drive_folder, handoff, sha256, text};
use serde_json::{Value, json};

/// Sizes in KiB: around the most that the host returns per call, and around the size at which earlier versions stopped.
const SIZES: [usize; 7] = [63, 64, 65, 184, 200, 400, 1000];

/// A Python file of exactly this size in KiB whose last lines define the class `LastPart`.
fn source(kib: usize) -> Vec<u8> {
    let end = "\n\nclass LastPart:\n    value = 1\n";
    let mut text = String::new();
    while text.len() < kib * 1024 - end.len() - 200 {
        let line = format!("value_{} = \"{}\"\n", text.len(), "x".repeat(text.len() % 61));
        text.push_str(&line);
    }
    let filling = kib * 1024 - end.len() - text.len() - 1;
    text = format!("{text}#{}{end}", "y".repeat(filling));
    text.into_bytes()
}

fn name(kib: usize) -> String {
    format!("src/size_{kib}.py")
}

/// A plan that promises the class at the end of each file.
fn plan() -> String {
    let rows = SIZES.map(|kib| format!("- `{}` with `LastPart`\n", name(kib)));
    format!("# Plan\n\n## Deliverables\n\n{}", rows.concat())
}

#[track_caller]
fn assert_read_whole(report: &Value) {
    let rows = report["plans"][0]["deliverables"].as_array().expect("the plan has deliverables");
    assert_eq!(rows.len(), SIZES.len(), "{report:#}");
    for kib in SIZES {
        let row = rows.iter().find(|row| row["path"] == name(kib).as_str()).expect("every file has a row");
        let content = source(kib);
        let lines = content.split(|byte| *byte == b'\n').count() - 1;
        assert_eq!(row["status"], "PRESENT", "{kib} KiB: {row:#}");
        assert_eq!(row["bytes"], json!(content.len()), "{kib} KiB");
        assert_eq!(row["lines"], json!(lines), "{kib} KiB");
        assert_eq!(row["sha256"], json!(sha256(&content)), "{kib} KiB");
        assert_eq!(row["symbols"][0]["line"], json!(lines - 1), "{kib} KiB: {row:#}");
    }
}

#[test]
fn the_audit_reads_files_of_every_size_to_their_end() {
    let place = Workspace::empty();
    for kib in SIZES {
        place.write(&name(kib), source(kib));
    }
    place.write("PLAN.md", plan());
    let run = Output::of(place.command().current_dir(place.root()).args(["audit", "PLAN.md", "--format", "json"]));
    assert_read_whole(&run.ended(0).json());
}

#[test]
fn cached_results_of_an_earlier_version_for_large_files_are_discarded() {
    let workspace = Workspace::init();
    for kib in SIZES {
        workspace.write(&name(kib), source(kib));
        let file = File::open(workspace.root().join(name(kib))).unwrap();
        // A file that changed less than two seconds ago is not remembered.
        file.set_modified(SystemTime::now() - Duration::from_mins(5)).unwrap();
    }
    workspace.write("plans/PLAN.md", plan());
    workspace.up_once();
    let ask = |title: &str| {
        workspace.drop_file("audit", &format!("{}.json", title.replace(' ', "-")), text(&handoff("audit", title)));
        workspace.up_once();
        let names = workspace.list("reports");
        let newest = names.iter().rfind(|name| name.starts_with("PLANS_AUDIT_REPORT_") && name.ends_with(".json"));
        serde_json::from_str::<Value>(&workspace.read(&format!("reports/{}", newest.expect("a report")))).unwrap()
    };
    assert_read_whole(&ask("How does it stand"));
    let memory = workspace.database("plugins/audit.db");
    let changed = memory
        .execute_batch(
            "UPDATE facts SET sha256 = 'wrong', lines = 1, looked = '[[\"LastPart\",null]]' WHERE bytes > 65536;
             UPDATE plan_rows SET sha256 = 'wrong', lines = 1 WHERE bytes > 65536;
             UPDATE memory_version SET version = 2;",
        )
        .and_then(|()| memory.query_row("SELECT count(*) FROM facts WHERE sha256 = 'wrong'", [], |row| row.get(0)));
    assert_eq!(changed, Ok(5_i64), "the files above 64 KiB are remembered");
    drop(memory);
    let report = ask("How does it stand now");
    assert_read_whole(&report);
    assert!(!report.to_string().contains("other content"), "the wrong digest is not used: {report:#}");
}

/// A text of numbered rows with about this size in KiB, and the number of rows.
fn rows(kib: usize, row: impl Fn(usize) -> String) -> (String, usize) {
    let (mut text, mut count) = (String::new(), 0);
    while text.len() < kib * 1024 {
        text.push_str(&row(count));
        count += 1;
    }
    (text, count)
}

#[test]
fn spotify_imports_every_row_of_files_of_every_size() {
    let workspace = Workspace::init();
    let exports = workspace.outside().join("spotify");
    fs::create_dir_all(&exports).unwrap();
    let folder = format!("files:ro=spotify={}", exports.display());
    workspace.baton(&["plugin", "grant", "spotify", "sql=catalog:rw", "sql=own:rw", &folder]).ended(0);
    let mut expected = 0;
    for kib in SIZES {
        let blank = ",".repeat(18);
        let row =
            |number| format!("spotify:track:{kib:04}{number:018},Song {number},Album,Ida Lund,2021,200000{blank}\n");
        let (text, count) = rows(kib, row);
        fs::write(exports.join(format!("Size {kib}.csv")), format!("{HEADER}\n{text}")).unwrap();
        expected += count;
    }
    workspace.baton(&["run", "spotify", "import"]).ended(0);
    let stats = workspace.baton(&["catalog", "stats", "--json"]).ended(0).json();
    let counts = (&stats["counts"]["playlists"], &stats["counts"]["tracks"]);
    assert_eq!(counts, (&json!(SIZES.len()), &json!(expected)), "{stats:#}");
}

#[test]
fn drive_sync_copies_databases_of_every_size_completely() {
    let workspace = Workspace::init();
    let place = workspace.outside().canonicalize().unwrap();
    for (name, mode) in [("drive", "rw"), ("databases", "ro"), ("exports", "rw")] {
        fs::create_dir_all(place.join(name)).unwrap();
        let grant = format!("files:{mode}={name}={}", place.join(name).display());
        workspace.baton(&["plugin", "grant", "drive-sync", &grant]).ended(0);
    }
    let shape = drive_folder::Shape { databases: SIZES.len(), ..drive_folder::REAL };
    drive_folder::databases(&place.join("databases"), shape, 1);
    for (number, kib) in SIZES.into_iter().enumerate() {
        let head = "__page_id,__last_synced_iso,Name,BPM,Tags,Done,When,Notes,Edited\n\
                    ,,title,number,multi_select,checkbox,date,rich_text,last_edited_time\n";
        let row = |nth| {
            format!(
                "page-{number}-{nth},2026-01-18T10:15:00Z,Row {nth},90.5,House,true,2026-01-01,,2026-01-17T09:00:00Z\n"
            )
        };
        let (text, count) = rows(kib, row);
        let sidecar = place.join(format!("databases/db-{number:03}.json"));
        fs::write(place.join(format!("databases/db-{number:03}.csv")), format!("{head}{text}")).unwrap();
        let mut described: Value = serde_json::from_slice(&fs::read(&sidecar).unwrap()).unwrap();
        described["row_count"] = json!(count);
        fs::write(&sidecar, described.to_string()).unwrap();
    }
    let sync = |expected: &str| {
        let run = workspace.baton(&["run", "drive-sync", "sync"]).ended(0);
        assert!((run.stdout.clone() + &run.stderr).contains(expected), "{}{}", run.stdout, run.stderr);
    };
    sync("7 written");
    for (number, kib) in SIZES.into_iter().enumerate() {
        let base = format!("{}_{}", drive_folder::title(number), drive_folder::id(number));
        let written = fs::read_to_string(place.join(format!("drive/{base}/{base}.csv"))).unwrap();
        let original = fs::read_to_string(place.join(format!("databases/db-{number:03}.csv"))).unwrap();
        assert_eq!(written.lines().count(), original.lines().count(), "{kib} KiB");
        assert_eq!(written.lines().last(), original.lines().last(), "{kib} KiB");
    }
    sync("7 unchanged");
}
