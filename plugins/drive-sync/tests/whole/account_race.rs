//! The five races of `race` and one of separate workspaces, with an account: sixteen real processes and one Google Drive on
//! loopback with delayed searches. The test of concurrent processes also runs the naive algorithm (search, then create), which
//! must create duplicates. Separate workspaces share neither locks nor a database.
//!
//! A process is this test program, started again with the test `child` alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use baton_plugin_kit::host::Locks;
use baton_plugin_kit::host::{Call, Web};
use baton_plugin_sdk::{Error, Outcome};
use baton_tests::drive_server::{DriveServer, FOLDER, FakeFile, marked_folder};
use baton_tests::host_services::HostDatabase;
use drive_sync::account::Networks;
use drive_sync::act;
use serde_json::{Value, json};

use crate::account_web::TcpWeb;
use crate::test_drive;
use crate::test_services::{FileLocks, NoLocks, PROCESSES, barrier};

const CHILD: &str = "DRIVE_SYNC_ACCOUNT_RACE";
const ROUNDS: usize = 50;

/// The steps of the processes of a race.
#[derive(Clone, Copy)]
struct Race {
    way: &'static str,
    rounds: usize,
}

struct Course {
    folder: tempfile::TempDir,
    server: DriveServer,
}

impl Course {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        fs::create_dir(folder.path().join("marks")).unwrap();
        Self { folder, server: DriveServer::start_open() }
    }

    fn start(&self, number: usize, race: Race) -> Child {
        let asked = json!({
            "root": self.folder.path(), "number": number, "way": race.way, "rounds": race.rounds, "address": self.server.address(),
        });
        Command::new(std::env::current_exe().unwrap())
            .args(["account_race::child", "--exact", "--ignored", "--nocapture"])
            .env(CHILD, asked.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn race(&self, race: Race) {
        let children: Vec<_> = (0..PROCESSES).map(|number| self.start(number, race)).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success(), "{}", race.way);
        }
    }

    fn act(&self, action: &str, args: &Value) -> Outcome {
        let own = HostDatabase::own(self.folder.path());
        let locks = FileLocks(self.folder.path().join("locks"));
        act(self.folder.path(), 0, &own, &locks, &self.server.address(), action, args).unwrap()
    }

    /// The number of occurrences of each path.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (path, _) in self.server.tree() {
            *counts.entry(path).or_default() += 1;
        }
        counts
    }

    /// Every folder of the rounds exists once, and no other file was created.
    #[track_caller]
    fn assert_once(&self, rounds: usize) {
        let counts = self.counts();
        let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
        assert_eq!(counts.len(), rounds + 1, "{counts:?}");
        assert_eq!(self.server.ever(), rounds + 1, "nothing was made and put away again");
        assert_eq!(self.server.problems(), [""; 0]);
    }
}

fn prepare(root: &Path) {
    for name in ["drive", "databases", "exports", "locks"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    // The databases' files are created once, before the processes start.
    let own = HostDatabase::own(root);
    drop(HostDatabase::catalog(root));
    act(root, 0, &own, &FileLocks(root.join("locks")), "", "diagnose", &json!({})).unwrap();
}

/// A process of a race, not a test.
#[test]
#[ignore = "the races run it in other processes"]
fn child() {
    let asked: Value = serde_json::from_str(&std::env::var(CHILD).unwrap()).unwrap();
    let number = |name: &str| usize::try_from(asked[name].as_u64().unwrap()).unwrap();
    let (root, address) = (PathBuf::from(asked["root"].as_str().unwrap()), asked["address"].as_str().unwrap());
    let (process, rounds) = (number("number"), number("rounds"));
    let own_root = root.join(format!("workspace-{process}"));
    let place = if asked["way"] == "strangers" { &own_root } else { &root };
    prepare_stranger(asked["way"] == "strangers", place);
    let own = HostDatabase::own(place);
    let file_locks = FileLocks(place.join("locks"));
    let no_locks = NoLocks { root: &root, number: process };
    for round in 0..rounds {
        barrier(&root, &format!("round-{round}"), process);
        let args = json!({ "database": format!("round-{round}"), "title": "T", "place": "account" });
        match asked["way"].as_str().unwrap() {
            "ours" | "strangers" => retried(place, process, &own, &file_locks, address, "ensure-folder", &args),
            "unlocked" => retried(place, process, &own, &no_locks, address, "ensure-folder", &args),
            "sync" => retried(place, process, &own, &file_locks, address, "sync", &json!({ "place": "account" })),
            "once" => {
                let ended = act(place, process, &own, &file_locks, address, "ensure-folder", &args);
                assert!(matches!(ended, Err(Error::Retryable(text)) if text.contains("more than 7 s")));
            }
            "naive" => {
                naive(address, &format!("T_round-{round}"), || barrier(&root, &format!("looked-{round}"), process));
            }
            other => panic!("{other}"),
        }
    }
}

fn prepare_stranger(is_stranger: bool, place: &Path) {
    if is_stranger {
        prepare(place);
    }
}

/// Searches a folder by its name, and creates it if there is none.
fn naive(address: &str, name: &str, between: impl Fn()) {
    let web = TcpWeb(address.to_owned());
    let search = format!("/drive/v3/files?fields=files(id)&q=name%20%3D%20'{name}'%20and%20trashed%20%3D%20false");
    let found = web.send(&Call::new("GET", search)).unwrap();
    let found: Value = serde_json::from_slice(&found.body).unwrap();
    between();
    if found["files"].as_array().unwrap().is_empty() {
        let body = json!({ "name": name, "mimeType": FOLDER }).to_string().into_bytes();
        let call = Call { body, ..Call::new("POST", "/drive/v3/files?fields=id") };
        assert_eq!(web.send(&call).unwrap().status, 200);
    }
}

/// Retries as the host does.
fn retried(
    root: &Path,
    number: usize,
    own: &HostDatabase,
    locks: &dyn Locks,
    address: &str,
    action: &str,
    args: &Value,
) {
    for _ in 0..200 {
        match act(root, number, own, locks, address, action, args) {
            Err(Error::Retryable(_)) => {}
            ended => return drop(ended.unwrap()),
        }
    }
    panic!("never");
}

fn act(
    root: &Path,
    number: usize,
    own: &HostDatabase,
    locks: &dyn Locks,
    address: &str,
    action: &str,
    args: &Value,
) -> Result<Outcome, Error> {
    // A small part of the real pauses, different for each process.
    let pause = |pause: Duration| {
        if root.join("marks").is_dir() {
            fs::write(root.join(format!("marks/waits-{number}")), "").unwrap();
        }
        sleep(pause / 100 + Duration::from_millis(3 * number as u64));
    };
    let web = TcpWeb(address.to_owned());
    let catalog = HostDatabase::catalog(root);
    let services =
        act::HostServices { own, catalog: &catalog, locks, pause: &pause, web: Networks { drive: &web, sheets: &web } };
    act::run(&test_drive::task(root, action, args, 1), services)
}

#[test]
fn concurrent_sixteen_processes_create_each_of_fifty_folders_once() {
    let course = Course::new();
    course.race(Race { way: "ours", rounds: ROUNDS });
    course.assert_once(ROUNDS);
    let course = Course::new();
    course.race(Race { way: "naive", rounds: 3 });
    let naive = course.counts();
    assert!(
        (0..3).all(|round| naive[&format!("T_round-{round}/")] == PROCESSES),
        "the naive algorithm has to fail: {naive:?}"
    );
}

#[test]
fn guard_without_locks_the_drawn_ids_prevent_a_second_folder() {
    let course = Course::new();
    course.race(Race { way: "unlocked", rounds: ROUNDS });
    course.assert_once(ROUNDS);
}

#[test]
fn lock_first_waiting_processes_find_the_folder_that_was_created_meanwhile() {
    let course = Course::new();
    let held = FileLocks(course.folder.path().join("locks")).take("account").unwrap().unwrap();
    let children: Vec<_> = (0..PROCESSES).map(|number| course.start(number, Race { way: "ours", rounds: 1 })).collect();
    let waits = |number: usize| course.folder.path().join(format!("marks/waits-{number}")).exists();
    while !(0..PROCESSES).all(waits) {
        sleep(Duration::from_millis(1));
    }
    assert_eq!(course.server.requests(), 0, "nothing is read before the lock");
    let top = FakeFile {
        name: "Baton".into(),
        mime: FOLDER.into(),
        of_app: true,
        properties: json!({ "batonPlace": "Baton", "batonPart": "top" }),
        ..FakeFile::default()
    };
    course.server.set_lag(0);
    let top = course.server.add(top);
    course.server.add(marked_folder(&top, "T_round-0", "Baton", "round-0"));
    drop(held);
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    course.assert_once(1);
}

#[test]
fn timeout_nothing_is_created_while_another_process_holds_the_lock() {
    let course = Course::new();
    let held = FileLocks(course.folder.path().join("locks")).take("account").unwrap().unwrap();
    course.race(Race { way: "once", rounds: 1 });
    assert_eq!((course.server.requests(), course.server.ever()), (0, 0));
    drop(held);
}

#[test]
fn sixteen_syncs_upload_each_file_once() {
    let course = Course::new();
    let csv = "__page_id,__last_synced_iso,Name\n,,title\np1,,One\n";
    fs::write(course.folder.path().join("databases/T.csv"), csv).unwrap();
    let properties = json!({ "title": { "name": "Name", "type": "title" } });
    let sidecar = json!({ "id": "id-1", "title": "T", "complete": true, "properties": properties });
    fs::write(course.folder.path().join("databases/T.json"), sidecar.to_string()).unwrap();
    course.race(Race { way: "sync", rounds: 3 });
    course.assert_once(3);
    let uploads = course.server.lines().iter().filter(|line| line.starts_with("POST /upload")).count();
    assert_eq!(uploads, 2, "a CSV and a manifest");
}

#[test]
fn existing_duplicates_of_sixteen_workspaces_become_one_folder_and_no_file_is_lost() {
    let course = Course::new();
    course.race(Race { way: "strangers", rounds: 2 });
    let folders = |course: &Course| {
        course.server.tree().into_iter().filter(|(path, _)| path.contains("T_round-") && path.ends_with('/')).count()
    };
    for (path, _) in course.server.tree().into_iter().filter(|(path, _)| path.ends_with("T_round-0/")).take(1) {
        let parent = course.server.at(path.trim_end_matches('/')).unwrap().id;
        let note = FakeFile {
            name: "note.txt".into(),
            parent: Some(parent),
            mime: "text/plain".into(),
            ..FakeFile::default()
        };
        course.server.add(note);
    }
    // Each workspace runs again, one after another.
    for _ in 0..2 {
        for number in 0..PROCESSES {
            let root = course.folder.path().join(format!("workspace-{number}"));
            let own = HostDatabase::own(&root);
            let locks = FileLocks(root.join("locks"));
            for round in 0..2 {
                let args = json!({ "database": format!("round-{round}"), "title": "T", "place": "account" });
                retried(&root, 99, &own, &locks, &course.server.address(), "ensure-folder", &args);
            }
        }
    }
    let tree = course.server.tree();
    assert_eq!(folders(&course), 2, "{tree:?}");
    assert_eq!(tree.iter().filter(|(path, _)| path.ends_with("note.txt")).count(), 1, "{tree:?}");
    assert!(course.server.bin().iter().all(|file| file.mime == FOLDER));
    let before = course.server.ever();
    course.act("ensure-folder", &json!({ "database": "round-0", "title": "T", "place": "account" }));
    assert_eq!((course.server.ever(), folders(&course)), (before, 2), "another workspace uses them");
    assert_eq!(course.server.problems(), [""; 0]);
}
