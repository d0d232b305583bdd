//! Seven races with an account: the five races of `race`, one of syncs, and one of separate workspaces. Each has sixteen
//! real processes and one Google Drive on loopback with delayed searches. After most of the races, the naive algorithm
//! (search, then create) runs on the same Drive, and must create duplicates. Separate workspaces share neither locks nor a
//! database.
//!
//! A process is this test program, started again with the test `child` alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
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
const NAIVE_ROUNDS: usize = 2;
/// The folders of one database that exist when a round begins.
const DUPLICATES: usize = 4;
/// The round of this process.
static ROUND: AtomicUsize = AtomicUsize::new(0);

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
        wait((0..PROCESSES).map(|number| self.start(number, race)).collect(), race.way);
    }

    fn act(&self, action: &str, args: &Value) -> Outcome {
        let own = HostDatabase::own(self.folder.path());
        let locks = FileLocks(self.folder.path().join("locks"));
        act(self.folder.path(), 0, &own, &locks, &self.server.address(), action, args).unwrap()
    }

    /// Starts the processes of a race with gates.
    fn start_gated(&self) -> Vec<Child> {
        let gated = Race { way: "gated", rounds: ROUNDS };
        (0..PROCESSES).map(|number| self.start(number, gated)).collect()
    }

    /// Creates the workspace's top folder, and returns its id.
    fn add_top(&self) -> String {
        self.server.add(FakeFile {
            name: "Baton".into(),
            mime: FOLDER.into(),
            of_app: true,
            properties: json!({ "batonPlace": "Baton", "batonPart": "top" }),
            ..FakeFile::default()
        })
    }

    fn add_note(&self, folder: String, name: String) {
        self.server.add(FakeFile { name, parent: Some(folder), mime: "text/plain".into(), ..FakeFile::default() });
    }

    fn hold_the_lock(&self) -> impl Sized {
        FileLocks(self.folder.path().join("locks")).take("account").unwrap().unwrap()
    }

    /// Lets the processes of a race with gates begin a round.
    fn open(&self, round: usize) {
        fs::write(mark(self.folder.path(), "open", round, PROCESSES), "").unwrap();
    }

    fn wait_for_all(&self, what: &str, round: usize) {
        while !(0..PROCESSES).all(|number| mark(self.folder.path(), what, round, number).exists()) {
            sleep(Duration::from_millis(1));
        }
    }

    /// Asserts that the naive algorithm creates a folder for each process on the Drive that the plugin used.
    #[track_caller]
    fn assert_naive_fails(&self) {
        self.race(Race { way: "naive", rounds: NAIVE_ROUNDS });
        let counts = self.counts();
        let made = |round| counts.get(&format!("N_round-{round}/")).copied();
        assert!(
            (0..NAIVE_ROUNDS).all(|round| made(round) == Some(PROCESSES)),
            "the naive algorithm has to fail: {counts:?}"
        );
    }

    /// The number of occurrences of each path.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (path, _) in self.server.tree() {
            *counts.entry(path).or_default() += 1;
        }
        counts
    }

    /// Asserts that every folder of the rounds exists once, and that no other file was created.
    #[track_caller]
    fn assert_once(&self, rounds: usize) {
        let counts = self.counts();
        let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
        assert_eq!(counts.len(), rounds + 1, "{counts:?}");
        assert_eq!(self.server.ever(), rounds + 1, "no file was created and removed again");
        assert_eq!(self.server.problems(), [""; 0]);
    }
}

/// Waits until the processes of a race end, and requires that each succeeded.
#[track_caller]
fn wait(children: Vec<Child>, way: &str) {
    for mut child in children {
        assert!(child.wait().unwrap().success(), "{way}");
    }
}

/// The file that a process creates when it reaches the point `what` of a round.
fn mark(root: &Path, what: &str, round: usize, number: usize) -> PathBuf {
    root.join(format!("marks/{what}-{round}-{number}"))
}

/// Writes a database of one row, which the processes of a round sync.
fn write_database(root: &Path, number: usize) {
    let csv = "__page_id,__last_synced_iso,Name\n,,title\np1,,One\n";
    fs::write(root.join(format!("databases/T{number}.csv")), csv).unwrap();
    let properties = json!({ "title": { "name": "Name", "type": "title" } });
    let (id, title) = (format!("id-{number}"), format!("T{number}"));
    let sidecar = json!({ "id": id, "title": title, "complete": true, "properties": properties });
    fs::write(root.join(format!("databases/T{number}.json")), sidecar.to_string()).unwrap();
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
        if asked["way"] == "sync" && process == 0 {
            write_database(&root, round);
        }
        barrier(&root, &format!("{}-{round}", asked["way"].as_str().unwrap()), process);
        ROUND.store(round, Ordering::Relaxed);
        let args = json!({ "database": format!("round-{round}"), "title": "T", "place": "account" });
        match asked["way"].as_str().unwrap() {
            "ours" | "strangers" => retried(place, process, &own, &file_locks, address, "ensure-folder", &args),
            "gated" => {
                while !mark(&root, "open", round, PROCESSES).exists() {
                    sleep(Duration::from_millis(1));
                }
                retried(place, process, &own, &file_locks, address, "ensure-folder", &args);
                fs::write(mark(&root, "done", round, process), "").unwrap();
            }
            "unlocked" => retried(place, process, &own, &no_locks, address, "ensure-folder", &args),
            "sync" => retried(place, process, &own, &file_locks, address, "sync", &json!({ "place": "account" })),
            "once" => {
                let ended = act(place, process, &own, &file_locks, address, "ensure-folder", &args);
                assert!(matches!(ended, Err(Error::Retryable(text)) if text.contains("more than 7 s")));
            }
            "naive" => {
                naive(address, &format!("N_round-{round}"), || barrier(&root, &format!("looked-{round}"), process));
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

/// Searches for a folder by its name, and creates it if there is none.
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
    // The pauses are a small part of the real ones, and differ for each process.
    let pause = |pause: Duration| {
        if root.join("marks").is_dir() {
            fs::write(mark(root, "waits", ROUND.load(Ordering::Relaxed), number), "").unwrap();
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
    course.assert_naive_fails();
}

#[test]
fn guard_without_locks_the_drawn_ids_prevent_a_second_folder() {
    let course = Course::new();
    course.race(Race { way: "unlocked", rounds: ROUNDS });
    course.assert_once(ROUNDS);
    course.assert_naive_fails();
}

#[test]
fn lock_first_waiting_processes_find_the_folder_that_was_created_meanwhile() {
    let course = Course::new();
    course.server.set_lag(0);
    let children = course.start_gated();
    let top = course.add_top();
    for round in 0..ROUNDS {
        let held = course.hold_the_lock();
        let requests = course.server.requests();
        course.open(round);
        course.wait_for_all("waits", round);
        assert_eq!(course.server.requests(), requests, "nothing is read before the lock");
        let id = format!("round-{round}");
        course.server.add(marked_folder(&top, &format!("T_{id}"), "Baton", &id));
        drop(held);
        course.wait_for_all("done", round);
    }
    wait(children, "gated");
    course.assert_once(ROUNDS);
    course.assert_naive_fails();
}

#[test]
fn timeout_nothing_is_created_while_another_process_holds_the_lock() {
    let course = Course::new();
    let held = course.hold_the_lock();
    course.race(Race { way: "once", rounds: ROUNDS });
    assert_eq!((course.server.requests(), course.server.ever()), (0, 0));
    drop(held);
    course.assert_naive_fails();
}

#[test]
fn sixteen_syncs_upload_each_file_once() {
    let course = Course::new();
    // This race is not one of the five races of `race`. Each round syncs all databases, so there are only a few rounds.
    let rounds = 5;
    course.race(Race { way: "sync", rounds });
    // Each database has a folder, a CSV and a manifest.
    course.assert_once(3 * rounds);
    let uploads = course.server.lines().iter().filter(|line| line.starts_with("POST /upload")).count();
    assert_eq!(uploads, 2 * rounds, "a CSV and a manifest for each database");
}

#[test]
fn existing_duplicates_become_one_folder_and_no_file_is_lost() {
    let course = Course::new();
    course.server.set_lag(0);
    let children = course.start_gated();
    let top = course.add_top();
    for round in 0..ROUNDS {
        for duplicate in 0..DUPLICATES {
            let id = format!("round-{round}");
            let folder = course.server.add(marked_folder(&top, &format!("T_{id}"), "Baton", &id));
            course.add_note(folder, format!("note-{round}-{duplicate}"));
        }
        course.open(round);
        course.wait_for_all("done", round);
    }
    wait(children, "gated");
    let counts = course.counts();
    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    for round in 0..ROUNDS {
        let notes = (0..DUPLICATES)
            .filter(|duplicate| counts.contains_key(&format!("Baton/T_round-{round}/note-{round}-{duplicate}")));
        assert_eq!(notes.count(), DUPLICATES, "{counts:?}");
    }
    assert_eq!(counts.len(), 1 + ROUNDS * (1 + DUPLICATES), "{counts:?}");
    assert_eq!(course.server.ever(), 1 + ROUNDS * 2 * DUPLICATES, "no folder was created");
    assert_eq!(course.server.problems(), [""; 0]);
    course.assert_naive_fails();
}

#[test]
fn duplicates_of_sixteen_workspaces_become_one_folder_and_no_file_is_lost() {
    // This race is not one of the five races of `race`. Each workspace merges the folders of fifteen other workspaces, so there
    // are only a few rounds.
    let rounds = 5;
    let course = Course::new();
    course.race(Race { way: "strangers", rounds });
    let folders = |course: &Course| {
        course.server.tree().into_iter().filter(|(path, _)| path.contains("T_round-") && path.ends_with('/')).count()
    };
    for (path, _) in course.server.tree().into_iter().filter(|(path, _)| path.ends_with("T_round-0/")).take(1) {
        let folder = course.server.at(path.trim_end_matches('/')).unwrap().id;
        course.add_note(folder, "note.txt".into());
    }
    let again = |number: usize, round: usize| {
        let root = course.folder.path().join(format!("workspace-{number}"));
        let own = HostDatabase::own(&root);
        let locks = FileLocks(root.join("locks"));
        let args = json!({ "database": format!("round-{round}"), "title": "T", "place": "account" });
        retried(&root, 0, &own, &locks, &course.server.address(), "ensure-folder", &args);
    };
    // For the round with the note, all workspaces run again, one after another. For each further round, one workspace runs
    // again.
    for _ in 0..2 {
        (0..PROCESSES).for_each(|number| again(number, 0));
        (1..rounds).for_each(|round| again(round % PROCESSES, round));
    }
    let tree = course.server.tree();
    assert_eq!(folders(&course), rounds, "{tree:?}");
    assert_eq!(tree.iter().filter(|(path, _)| path.ends_with("note.txt")).count(), 1, "{tree:?}");
    assert!(course.server.bin().iter().all(|file| file.mime == FOLDER));
    let before = course.server.ever();
    course.act("ensure-folder", &json!({ "database": "round-0", "title": "T", "place": "account" }));
    assert_eq!((course.server.ever(), folders(&course)), (before, rounds), "another workspace uses the same folders");
    assert_eq!(course.server.problems(), [""; 0]);
    course.assert_naive_fails();
}
