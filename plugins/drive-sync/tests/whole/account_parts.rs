//! Accounts with more files than one task can send or read: each task does a part, and the next task continues.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use baton_plugin_kit::host::{Call, Web};
use baton_plugin_sdk::http::{HttpError, Response};
use baton_plugin_sdk::{Outcome, OutcomeKind};
use baton_tests::drive_server::DriveServer;
use serde_json::{Value, json};

use crate::account::{args, paths, workspace};
use crate::account_web::TcpWeb;
use crate::test_drive::TestDrive;

/// The number of databases, in addition to the database of [`workspace`].
const DATABASES: usize = 99;

/// A network whose answers take a second each, and whose clock advances by `tick` whenever it is read.
struct SlowWeb {
    web: TcpWeb,
    seconds: Cell<u64>,
    tick: u64,
}

impl SlowWeb {
    fn new(server: &DriveServer) -> Self {
        Self { web: TcpWeb(server.address()), seconds: Cell::new(0), tick: 0 }
    }
}

impl Web for SlowWeb {
    fn send(&self, call: &Call<'_>) -> Result<Response, HttpError> {
        self.seconds.set(self.seconds.get() + 1);
        self.web.send(call)
    }

    fn pause(&self, duration: Duration) {
        self.seconds.set(self.seconds.get() + duration.as_secs());
    }

    fn now(&self) -> Duration {
        self.seconds.set(self.seconds.get() + self.tick);
        Duration::from_secs(self.seconds.get())
    }
}

fn add_databases(drive: &TestDrive) {
    for number in 0..DATABASES {
        let properties = json!({ "title": { "name": "Name", "type": "title" } });
        let described =
            json!({ "id": format!("n-{number:02}"), "title": "N", "complete": true, "properties": properties });
        let csv = format!("__page_id,__last_synced_iso,Name\n,,title\np1,,Of {number}\n");
        drive.write(&format!("databases/{number:02}.csv"), &csv);
        drive.write(&format!("databases/{number:02}.json"), &described.to_string());
    }
}

/// Runs tasks until one is complete, and returns their outcomes.
fn run_all(drive: &TestDrive, server: &DriveServer, action: &str, more: &Value) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for _ in 0..10 {
        let outcome = drive.run_over(action, &args(more), drive.own(), &drive.locks, &SlowWeb::new(server)).unwrap();
        outcomes.push(outcome);
        if !outcomes.last().unwrap().summary.contains("INCOMPLETE") {
            return outcomes;
        }
    }
    panic!("no end");
}

#[track_caller]
fn assert_parts(outcomes: &[Outcome]) {
    assert!(outcomes.len() > 1);
    let (last, parts) = outcomes.split_last().unwrap();
    assert_eq!(last.kind, OutcomeKind::Done, "{}", last.summary);
    for part in parts {
        assert_eq!(part.kind, OutcomeKind::Partial, "{}", part.summary);
        assert!(part.summary.contains(" of 100 databases were compared with Google Drive"), "{}", part.summary);
    }
    let counts: BTreeSet<&str> = parts.iter().map(|part| part.summary.as_str()).collect();
    assert_eq!(counts.len(), parts.len(), "each task makes progress: {counts:?}");
}

#[test]
fn files_beyond_the_time_of_a_task_are_transferred_by_the_next_tasks() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    add_databases(&drive);
    assert_parts(&run_all(&drive, &server, "sync", &json!({})));
    let all = paths(&server);
    assert_eq!((all.len(), server.ever(), server.bin().len()), (301, 301, 0));
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 301, "each once");
    // Another workspace downloads them.
    let other = TestDrive::new();
    server.set_lag(0);
    server.set_page(40);
    server.lose_tokens();
    let args = json!({ "database": "id-1", "title": "T" });
    let downloads = run_all(&other, &server, "ensure-folder", &args);
    assert_eq!(downloads.len(), 1, "only the selected database");
    let downloads = run_all(&other, &server, "sync", &json!({ "catalog": ["plays"] }));
    assert_eq!(other.names("drive").len(), 101);
    assert!(downloads.len() > 2 && downloads[0].summary.starts_with("No database was synced. Google Drive: 0 files"));
    for (path, content) in
        server.tree().into_iter().filter(|(path, _)| path.ends_with(".csv") && !path.contains("catalog"))
    {
        assert_eq!(other.read(&path.replacen("Baton/", "drive/", 1)), content);
    }
    assert_eq!(server.bin().len(), 0);
    assert_eq!(server.problems(), [""; 0]);
}

#[test]
fn changes_beyond_the_time_of_a_task_are_read_by_the_next_tasks() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    drive.run("sync", &args(&json!({})));
    for number in 0..250 {
        server.edit("Baton/T_id-1/T_id-1.csv", &format!("of a person {number}\n"));
    }
    server.set_page(1);
    let before = (drive.csv(), paths(&server));
    let outcomes = run_all(&drive, &server, "sync", &json!({}));
    assert!(outcomes.len() > 2);
    for part in &outcomes[..outcomes.len() - 1] {
        assert!(part.summary.contains("INCOMPLETE: the account was not read to the end"), "{}", part.summary);
    }
    assert_eq!(outcomes.last().unwrap().findings[0].id, "drive-csv-damaged:id-1");
    assert_eq!(paths(&server), before.1);
    assert_eq!(drive.csv(), "of a person 249\n", "the edit was downloaded, and not replaced");
}

/// If each page of a search has only one file, the task ends before the list is complete. The plugin still keeps the records of
/// all known files.
#[test]
fn a_list_that_is_not_complete_replaces_nothing() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    add_databases(&drive);
    let run = |requests: u64| drive.run("sync", &args(&json!({ "requests": requests })));
    assert!(run(900).summary.contains("200 files uploaded"));
    server.set_page(1);
    server.lose_tokens();
    for _ in 0..3 {
        let part = run(90);
        assert_eq!(part.kind, OutcomeKind::Partial);
        assert!(part.summary.contains("INCOMPLETE: the account was not read to the end"), "{}", part.summary);
    }
    assert_eq!(drive.names("drive").len(), 100);
    server.set_page(100);
    assert!(run(90).summary.ends_with("Google Drive has the same files."));
    assert_eq!((server.ever(), server.bin().len()), (301, 0));
}

#[test]
fn databases_beyond_the_time_of_a_task_are_synced_by_the_next_tasks() {
    let server = DriveServer::start_open();
    let drive = workspace(&server);
    add_databases(&drive);
    let web = SlowWeb { tick: 5, ..SlowWeb::new(&server) };
    let run = || drive.run_over("sync", &json!({}), drive.own(), &drive.locks, &web).unwrap();
    let first = run();
    assert_eq!(first.kind, OutcomeKind::Partial);
    assert!(first.summary.contains("INCOMPLETE: 65 of 100 not reached; run it again."), "{}", first.summary);
    assert_eq!(drive.names("drive").len(), 35);
    assert!(run().summary.contains("INCOMPLETE: 30 of 100"));
    assert_eq!(run().kind, OutcomeKind::Done);
    assert_eq!(drive.names("drive").len(), 100);
}
