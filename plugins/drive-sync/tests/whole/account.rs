//! The actions with an account, against a stateful Google Drive on loopback.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use baton_plugin_kit::host::{Call, Web};
use baton_plugin_sdk::http::{HttpError, Response};
use baton_plugin_sdk::{Error, Outcome, OutcomeKind};
use baton_tests::drive_server::{DriveServer, FOLDER, FakeFile, Fault, ROOT, marked_folder};
use serde_json::{Value, json};

use crate::account_web::TcpWeb;
use crate::test_drive::{TestDrive, ids, report};

pub(crate) const PROPERTIES: [(&str, &str, &str); 2] = [("title", "Name", "title"), ("bpm", "BPM", "number")];
pub(crate) const CSV: &str = "Baton/T_id-1/T_id-1.csv";

/// A workspace with a database `T` and an account at the server.
pub(crate) fn workspace(server: &DriveServer) -> TestDrive {
    let drive = empty(server);
    drive.database(&PROPERTIES, &[&["p1", "One", "120"], &["p2", "Two", "124"]], true);
    drive
}

fn empty(server: &DriveServer) -> TestDrive {
    let drive = TestDrive::new();
    *drive.account.borrow_mut() = server.address();
    drive
}

pub(crate) fn args(more: &Value) -> Value {
    let mut args = json!({ "place": "account" });
    for (name, value) in more.as_object().unwrap() {
        args[name] = value.clone();
    }
    args
}

/// A file that another app created, in a folder.
pub(crate) fn by_a_person(server: &DriveServer, folder: &str) {
    server.add(FakeFile {
        name: "by a person.txt".into(),
        parent: Some(folder.to_owned()),
        mime: "text/plain".into(),
        ..FakeFile::default()
    });
}

/// Retries as the host does.
#[track_caller]
pub(crate) fn sync(drive: &TestDrive, more: &Value) -> Outcome {
    for _ in 0..10 {
        match drive.try_run("sync", &args(more)) {
            Err(Error::Retryable(_)) => {}
            ended => return ended.unwrap_or_else(|error| panic!("{more}: {error:?}")),
        }
    }
    panic!("never")
}

pub(crate) fn paths(server: &DriveServer) -> Vec<String> {
    server.tree().into_iter().map(|(path, _)| path).collect()
}

pub(crate) const MIRRORED: [&str; 4] =
    ["Baton/", "Baton/T_id-1/", "Baton/T_id-1/T_id-1.csv", "Baton/T_id-1/T_id-1.manifest.json"];

/// Asserts that the account has the content of the folder, that no folder or file exists twice, and that another run changes
/// nothing.
#[track_caller]
pub(crate) fn assert_settled(server: &DriveServer, drive: &TestDrive, what: &str) {
    assert_eq!(paths(server), MIRRORED, "{what}");
    assert_eq!(String::from_utf8(server.at(CSV).unwrap().content).unwrap(), drive.csv(), "{what}");
    let before = server.lines().len();
    let outcome = sync(drive, &json!({}));
    assert!(outcome.summary.ends_with("Google Drive has the same files."), "{what}: {}", outcome.summary);
    let lines = server.lines().split_off(before);
    assert!(lines.len() <= 5 && lines.iter().all(|line| line.starts_with("GET ")), "{what}: {lines:?}");
    assert_eq!(server.problems(), [""; 0], "{what}");
}

#[test]
fn a_database_is_mirrored_once_and_a_second_run_sends_two_requests() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    let first = sync(&drive, &json!({}));
    assert!(first.summary.ends_with("Google Drive: 2 files uploaded, 0 downloaded."), "{}", first.summary);
    assert_eq!((first.kind, ids(&first).len()), (OutcomeKind::Done, 0));
    assert_settled(&server, &drive, "first");
    // For ten minutes the lists are read again.
    for _ in 0..10 {
        sync(&drive, &json!({}));
    }
    let before = server.requests();
    sync(&drive, &json!({}));
    assert_eq!(server.requests() - before, 2, "one request for the account, one for its changes");
    drive.database(&PROPERTIES, &[&["p1", "One", "121"]], true);
    sync(&drive, &json!({}));
    assert_settled(&server, &drive, "changed");
    assert_eq!((server.ever(), server.bin().len()), (4, 0), "the same files");
}

#[test]
fn a_change_by_a_person_in_the_account_is_delivered_and_not_replaced() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    server.edit(CSV, &drive.csv().replace("124", "126"));
    let refused = sync(&drive, &json!({}));
    assert_eq!(ids(&refused), ["changed-by-hand:id-1"]);
    let taken = sync(&drive, &json!({ "direction": "from-drive" }));
    assert!(taken.summary.contains("1 changed on the Drive (1 cell, 0 rows new)"), "{}", taken.summary);
    assert!(drive.names("exports").iter().any(|name| name.contains("T_id-1")));
    // The owner applied the change.
    drive.database(&PROPERTIES, &[&["p1", "One", "120"], &["p2", "Two", "126"]], true);
    sync(&drive, &json!({}));
    assert_settled(&server, &drive, "taken over");
    assert!(drive.csv().contains("126"));
}

#[test]
fn without_overwrite_neither_of_two_changed_sides_is_replaced() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    let theirs = drive.csv().replace("124", "126");
    server.edit(CSV, &theirs);
    drive.edit_csv("120", "121");
    let ours = drive.csv();
    let left = sync(&drive, &json!({}));
    assert!(ids(&left).contains(&"account-conflict:T_id-1/T_id-1.csv"), "{:?}", left.findings);
    assert_ne!(left.kind, OutcomeKind::Done);
    assert_eq!((drive.csv(), server.at(CSV).unwrap().content), (ours, theirs.clone().into_bytes()));
    sync(&drive, &json!({ "overwrite": true }));
    assert_settled(&server, &drive, "overwritten");
    let archive = drive.names("drive/T_id-1/.archive");
    let kept = |name: &String| drive.read(&format!("drive/T_id-1/.archive/{name}")) == theirs;
    assert!(archive.iter().any(kept), "the content of the account is a backup: {archive:?}");
}

#[test]
fn another_workspace_gets_the_files_and_both_are_unchanged() {
    let server = DriveServer::start_open();
    let (one, two) = (workspace(&server), empty(&server));
    server.set_lag(0);
    sync(&one, &json!({}));
    let read = two.run("ensure-folder", &args(&json!({ "database": "id-1", "title": "T" })));
    assert!(read.summary.contains("0 files uploaded, 2 downloaded"), "{}", read.summary);
    assert_eq!(two.csv(), one.csv());
    two.database(&PROPERTIES, &[&["p1", "One", "120"], &["p2", "Two", "124"]], true);
    sync(&two, &json!({}));
    for _ in 0..2 {
        sync(&one, &json!({}));
        sync(&two, &json!({}));
    }
    assert_settled(&server, &one, "one");
    assert_settled(&server, &two, "two");
    assert_eq!(server.ever(), 4);
}

#[test]
fn two_concurrent_workspaces_use_one_folder_and_lose_no_content() {
    for requests_between in 0..12 {
        let server = DriveServer::start_open();
        server.set_lag(requests_between);
        by_a_person(&server, ROOT);
        let (one, two) = (workspace(&server), empty(&server));
        two.database(&PROPERTIES, &[&["p1", "One", "120"], &["p2", "Two", "999"]], true);
        sync(&one, &json!({}));
        sync(&two, &json!({}));
        for _ in 0..3 {
            sync(&one, &json!({}));
            sync(&two, &json!({}));
        }
        let tree = server.tree();
        let folders = tree.iter().filter(|(path, _)| path.ends_with('/')).count();
        let csvs = tree.iter().filter(|(path, _)| path.ends_with("T_id-1.csv")).count();
        assert_eq!((folders, csvs), (2, 1), "{tree:?}");
        // Everything in the trash is an empty folder, or a file of which an equal copy exists outside of the trash.
        let is_kept = |content: &[u8]| tree.iter().any(|(_, own)| own.as_bytes() == content);
        assert!(server.bin().iter().all(|file| file.mime == FOLDER || is_kept(&file.content)), "{:?}", server.bin());
        assert!(tree.iter().any(|(_, own)| own.contains("999")), "{tree:?}");
        let before = server.lines().len();
        sync(&one, &json!({}));
        sync(&two, &json!({}));
        let lines = server.lines().split_off(before);
        assert!(lines.iter().all(|line| line.starts_with("GET ")), "{lines:?}");
        assert_eq!(server.problems(), [""; 0]);
    }
}

/// Requests of the first sync.
fn first_requests() -> usize {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    server.requests()
}

#[test]
fn the_sync_recovers_from_every_fault_of_every_request() {
    let requests = first_requests();
    assert!(requests >= 8, "{requests}");
    let faults = all_faults();
    for number in 1..=requests {
        for fault in &faults {
            let server = DriveServer::start_open();
            let drive = workspace(&server);
            server.order_at(number, fault.clone());
            sync(&drive, &json!({}));
            // Delayed requests take effect now.
            sync(&drive, &json!({}));
            assert_settled(&server, &drive, &format!("request {number}: {fault:?}"));
            assert_eq!((server.ever(), server.bin().len()), (4, 0), "request {number}: {fault:?}");
        }
    }
}

pub(crate) fn all_faults() -> [Fault; 10] {
    [
        Fault::Status("500 Internal Server Error"),
        Fault::Failed("502 Bad Gateway"),
        Fault::Busy(1),
        Fault::Forbidden("userRateLimitExceeded"),
        Fault::Cut(30),
        Fault::Lost,
        Fault::Dropped,
        Fault::Twice,
        Fault::Delayed(2),
        Fault::Late(Duration::from_millis(30)),
    ]
}

/// Simulates a process that is killed at a request: the request panics.
pub(crate) struct KilledWeb<'a> {
    pub(crate) web: &'a TcpWeb,
    pub(crate) left: Cell<usize>,
    pub(crate) has_effect: bool,
}

impl Web for KilledWeb<'_> {
    fn send(&self, call: &Call<'_>) -> Result<Response, HttpError> {
        self.left.set(self.left.get() - 1);
        if self.left.get() == 0 {
            if self.has_effect {
                drop(self.web.send(call));
            }
            std::panic::resume_unwind(Box::new("killed"));
        }
        self.web.send(call)
    }

    fn pause(&self, _: Duration) {}

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

#[test]
fn a_task_that_is_killed_at_any_request_continues_without_a_second_file() {
    let requests = first_requests();
    for number in 1..=requests {
        for has_effect in [false, true] {
            let server = DriveServer::start_open();
            let drive = workspace(&server);
            let web = TcpWeb(server.address());
            let killed = KilledWeb { web: &web, left: Cell::new(number), has_effect };
            let run = || drive.run_over("sync", &args(&json!({})), drive.own(), &drive.locks, &killed);
            assert!(catch_unwind(AssertUnwindSafe(run)).is_err(), "request {number}");
            // The source changes before the next attempt.
            drive.database(&PROPERTIES, &[&["p1", "One", "130"], &["p2", "Two", "124"]], true);
            let outcome = sync(&drive, &json!({}));
            assert_eq!(ids(&outcome), [""; 0], "request {number}");
            assert_settled(&server, &drive, &format!("request {number}, effect: {has_effect}"));
            assert_eq!((server.ever(), server.bin().len()), (4, 0), "request {number}, effect: {has_effect}");
        }
    }
}

#[test]
fn after_a_lost_token_all_pages_of_a_complete_list_are_read() {
    let server = DriveServer::start_open();
    server.set_page(1);
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    server.edit(CSV, &drive.csv().replace("124", "126"));
    server.lose_tokens();
    let refused = sync(&drive, &json!({}));
    assert_eq!(ids(&refused), ["changed-by-hand:id-1"], "the change was found");
    sync(&drive, &json!({ "overwrite": true }));
    server.set_page(100);
    assert_settled(&server, &drive, "after a lost token");
    assert_eq!(server.ever(), 4);
}

#[test]
fn trashed_files_are_created_again_and_no_local_file_is_deleted() {
    let places = ["Baton", "Baton/T_id-1", CSV];
    for (path, are_named) in places.into_iter().flat_map(|path| [(path, true), (path, false)]) {
        let server = DriveServer::start_open();
        server.set_content_changes(are_named);
        let drive = workspace(&server);
        sync(&drive, &json!({}));
        server.change(path, |file| file.trashed = true);
        sync(&drive, &json!({}));
        assert_settled(&server, &drive, path);
        assert_eq!(server.bin().len(), 1, "{path}");
    }
}

#[test]
fn a_renamed_or_moved_folder_is_still_used() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    let elsewhere = server.add(FakeFile { name: "Elsewhere".into(), mime: FOLDER.into(), ..FakeFile::default() });
    server.change("Baton/T_id-1", |file| {
        "Renamed".clone_into(&mut file.name);
        file.parent = Some(elsewhere);
    });
    sync(&drive, &json!({}));
    let found = paths(&server);
    assert_eq!(found.iter().filter(|path| path.ends_with(".csv")).count(), 1, "{found:?}");
    assert!(found.contains(&"Elsewhere/T_id-1/T_id-1.csv".to_owned()), "{found:?}");
}

/// Another workspace creates the folder at the same moment, while a search does not have it yet.
#[test]
fn a_folder_created_concurrently_is_merged_and_no_file_is_lost() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    drive.run("ensure-folder", &args(&json!({ "database": "other", "title": "Other" })));
    let top = server.at("Baton").unwrap().id;
    let theirs = marked_folder(&top, "T_id-1", "Baton", "id-1");
    // A folder that appears before the creation is older and is kept; one that appears after it is merged.
    server.order("POST /drive/v3/files?", Fault::Overtaken(Box::new(theirs.clone())));
    let merged = sync(&drive, &json!({}));
    assert!(merged.summary.contains("1 duplicate folders of the account were merged"), "{}", merged.summary);
    let undo = report(&merged, "drive-account");
    assert!(undo["changes"].as_array().unwrap().iter().any(|change| change["did"] == "merged-folder"), "{undo}");
    let ours = server.add(theirs);
    by_a_person(&server, &ours);
    for _ in 0..3 {
        sync(&drive, &json!({}));
    }
    let found = paths(&server);
    assert_eq!(
        found.iter().filter(|path| path.starts_with("Baton/T_id-1") && path.ends_with('/')).count(),
        1,
        "{found:?}"
    );
    assert!(found.contains(&"Baton/T_id-1/by a person.txt".to_owned()), "{found:?}");
    assert!(server.bin().iter().all(|file| file.mime == FOLDER), "only empty folders are in the trash");
    assert_eq!(server.problems(), [""; 0]);
}

#[test]
fn an_existing_folder_with_the_right_name_is_used() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    drive.run("ensure-folder", &args(&json!({ "database": "other", "title": "Other" })));
    let top = server.at("Baton").unwrap().id;
    server.add(FakeFile {
        name: "T_id-1".into(),
        parent: Some(top),
        mime: FOLDER.into(),
        of_app: true,
        ..FakeFile::default()
    });
    sync(&drive, &json!({}));
    let found = paths(&server);
    assert_eq!(found.iter().filter(|path| path.ends_with("T_id-1/")).count(), 1, "{found:?}");
}

/// The working copy of a database of more than 5 MB.
fn large(drive: &TestDrive) {
    let text = "x".repeat(100);
    let rows: Vec<[String; 3]> =
        (0..60_000).map(|row| [format!("p{row}"), format!("{text} {row}"), row.to_string()]).collect();
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    drive.database(&PROPERTIES, &rows, true);
}

#[test]
fn a_large_file_is_uploaded_in_parts_and_resumed() {
    let faults = [
        ("PUT /upload", Fault::Lost),
        ("PUT /upload", Fault::Dropped),
        ("PUT /upload", Fault::Status("503 Service Unavailable")),
        ("PUT /upload", Fault::Failed("500 Internal Server Error")),
        ("PUT /upload", Fault::Status("404 Not Found")),
        ("uploadType=resumable", Fault::Lost),
        ("uploadType=resumable", Fault::Cut(3)),
    ];
    for (line, fault) in faults {
        let server = DriveServer::start_open();
        let drive = empty(&server);
        large(&drive);
        server.order(line, fault.clone());
        sync(&drive, &json!({}));
        assert_settled(&server, &drive, &format!("{fault:?}"));
        assert_eq!(server.ever(), 4, "{fault:?}");
        let puts = server.lines().iter().filter(|line| line.starts_with("PUT ")).count();
        assert!((2..=7).contains(&puts), "{fault:?}: {puts}");
    }
    // The content of an existing file is also uploaded in parts.
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    large(&drive);
    server.order("PUT /upload", Fault::Lost);
    sync(&drive, &json!({}));
    assert_settled(&server, &drive, "a larger content");
    assert_eq!(server.ever(), 4);
}

#[test]
fn a_full_drive_is_reported_and_the_sync_continues_later() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    server.set_full(true);
    let outcome = sync(&drive, &json!({}));
    assert_eq!((outcome.kind, ids(&outcome)), (OutcomeKind::Partial, vec!["account-full:account"]));
    let title = &outcome.findings[0].title;
    assert!(title.contains("storageQuotaExceeded") && title.contains("Free some space"), "{title}");
    let uploads = server.lines().iter().filter(|line| line.contains(" /upload/")).count();
    assert_eq!(uploads, 1, "it stops");
    server.set_full(false);
    sync(&drive, &json!({}));
    assert_settled(&server, &drive, "after space was made");
}

#[test]
fn a_shared_drive_is_a_separate_place() {
    let server = DriveServer::start_open();
    server.add_shared_drive("0ASharedDrive");
    let drive = workspace(&server);
    let shared = json!({ "shared_drive": "0ASharedDrive" });
    sync(&drive, &shared);
    assert_eq!(server.at("Baton").unwrap().parent.as_deref(), Some("0ASharedDrive"));
    server.edit(CSV, &drive.csv().replace("124", "126"));
    assert_eq!(ids(&sync(&drive, &shared)), ["changed-by-hand:id-1"]);
    sync(&drive, &json!({ "shared_drive": "0ASharedDrive", "overwrite": true }));
    // My Drive is another place.
    sync(&drive, &json!({}));
    assert_eq!(server.tree().iter().filter(|(path, _)| path == CSV).count(), 2);
    assert_eq!(server.tree().iter().filter(|(path, _)| path == "Baton/").count(), 2);
    assert_eq!(server.problems(), [""; 0]);
}

#[test]
fn a_file_that_may_not_be_changed_stops_only_its_database() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    drive.write("databases/U.csv", "__page_id,__last_synced_iso,Name\n,,title\np1,,One\n");
    drive.write(
        "databases/U.json",
        &json!({ "id": "id-2", "title": "U", "complete": true, "properties": { "title": { "name": "Name", "type": "title" } } }).to_string(),
    );
    server.order("POST /upload", Fault::Forbidden("insufficientFilePermissions"));
    let outcome = sync(&drive, &json!({}));
    assert_eq!((outcome.kind, ids(&outcome)), (OutcomeKind::Partial, vec!["account-refused:id-1"]));
    assert!(paths(&server).contains(&"Baton/U_id-2/U_id-2.csv".to_owned()));
    sync(&drive, &json!({}));
    assert!(paths(&server).contains(&CSV.to_owned()));
}

#[test]
fn diagnose_reports_duplicates_of_the_account_and_changes_nothing() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    sync(&drive, &json!({}));
    let top = server.at("Baton").unwrap().id;
    server.add(marked_folder(&top, "T_id-1", "Baton", "id-1"));
    let before = (server.tree(), server.lines().len());
    let outcome = drive.run("diagnose", &args(&json!({})));
    assert_eq!(ids(&outcome), ["account-duplicate-folder:id-1"]);
    assert!(server.lines()[before.1..].iter().all(|line| line.starts_with("GET ")));
    assert_eq!(server.tree(), before.0);
}

#[test]
fn wrong_arguments_and_names_are_refused() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    for wrong in [
        json!({ "place": "cloud" }),
        json!({ "account_folder": "X" }),
        json!({ "place": "account", "account_folder": "x".repeat(101) }),
        json!({ "place": "account", "account_folder": "" }),
    ] {
        assert!(matches!(drive.try_run("sync", &wrong), Err(Error::Permanent(_))), "{wrong}");
    }
    assert_eq!(server.requests(), 0);
    sync(&drive, &json!({ "account_folder": "It's mine \\ and 'quoted'" }));
    let top = server.at("It's mine \\ and 'quoted'").unwrap();
    assert_eq!(top.parent.as_deref(), Some(ROOT));
    server.add(marked_folder(&top.id, "../../evil_id-9", &top.name, "id-9"));
    let outcome = sync(&drive, &json!({ "account_folder": top.name }));
    assert_eq!(ids(&outcome), ["account-name:id-9"]);
    assert_eq!(drive.names("drive"), ["T_id-1"]);
}
