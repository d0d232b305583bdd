//! The five tests that a sync of a Drive must pass in production (lock first, concurrent, timeout, guard, existing
//! duplicates), with sixteen real processes each. Each test runs with the plugin's steps. It also runs with steps that must
//! fail: the steps of [`super::naive`], or the plugin's steps with locks that all processes get at the same time. The last
//! test repeats the merge with killed processes.
//!
//! A process is this test program, started again with the test `child` alone. Locks and barriers are files, so they work between
//! processes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use baton_plugin_kit::host::{Locks, Writable};
use baton_plugin_sdk::{Error, Outcome};
use baton_tests::host_services::{HookedDatabase, HostDatabase};
use baton_tests::names_in;
use drive_sync::account::Networks;
use drive_sync::act;
use drive_sync::drive::id_key;
use serde_json::{Value, json};

use crate::account_web::TcpWeb;
use crate::healing::contents;
use crate::test_services::{FileLocks, NoLocks, PROCESSES, barrier, halts};
use crate::{naive, test_drive};

const CHILD: &str = "DRIVE_SYNC_RACE";
const ID: &str = "5a1e9c30-7b42-80fd-9c11-0e2f4a6b8c7d";

/// The folder of a race.
struct RaceFolder {
    folder: tempfile::TempDir,
}

impl RaceFolder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["drive", "databases", "exports", "locks", "marks", "said"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self, number: usize, way: &str, title: &str) -> Child {
        let asked = json!({ "root": self.folder.path(), "number": number, "way": way, "title": title });
        Command::new(std::env::current_exe().unwrap())
            .args(["race::child", "--exact", "--ignored", "--nocapture"])
            .env(CHILD, asked.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Runs sixteen processes at once and returns their results.
    fn race(&self, way: &str, titles: &[&str]) -> Vec<String> {
        let children: Vec<_> =
            (0..PROCESSES).map(|number| self.start(number, way, titles[number % titles.len()])).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success(), "{way}");
        }
        (0..PROCESSES).map(|number| self.said(number)).collect()
    }

    fn said(&self, number: usize) -> String {
        fs::read_to_string(self.path("said").join(number.to_string())).unwrap()
    }

    fn folders(&self) -> Vec<String> {
        names_in(&self.path("drive"))
    }
}

/// A process of a race, not a test: races start this program with `--ignored`.
#[test]
#[ignore = "the races run it in other processes"]
fn child() {
    let asked = std::env::var(CHILD).unwrap();
    let asked: Value = serde_json::from_str(&asked).unwrap();
    let root = PathBuf::from(asked["root"].as_str().unwrap());
    let number = usize::try_from(asked["number"].as_u64().unwrap()).unwrap();
    let title = asked["title"].as_str().unwrap();
    let drive = root.join("drive");
    let said = match asked["way"].as_str().unwrap() {
        "ours" => {
            barrier(&root, "start", number);
            ours(&root, number, title)
        }
        "naive" => naive::ensure(&drive, title, ID, &|| barrier(&root, "looked", number)),
        "ours-alone" => ours(&root, number, title),
        "naive-alone" => naive::ensure(&drive, title, ID, &|| {}),
        "ours-once" => text_of(act(&root, number, "ensure-folder", &json!({ "database": ID, "title": title }))),
        "ours-sync" => {
            barrier(&root, "start", number);
            text_of(act(&root, number, "sync", &json!({})))
        }
        "unlocked-sync" => text_of(with(&root, number, "sync", &json!({}), &NoLocks { root: &root, number })),
        "unlocked" => {
            let args = json!({ "database": ID, "title": title });
            text_of(with(&root, number, "ensure-folder", &args, &NoLocks { root: &root, number }))
        }
        "halts" => {
            let own = HostDatabase::own(&root);
            let own = HookedDatabase::new(&own, halts(&root, number));
            text_of(run_with(&root, number, "sync", &json!({}), &FileLocks(root.join("locks")), &own))
        }
        other => panic!("{other}"),
    };
    fs::write(root.join("said").join(number.to_string()), said).unwrap();
}

/// Retries as the host does.
fn ours(root: &Path, number: usize, title: &str) -> String {
    for _ in 0..50 {
        match act(root, number, "ensure-folder", &json!({ "database": ID, "title": title })) {
            Err(Error::Retryable(_)) => {}
            ended => return text_of(ended),
        }
    }
    "never".to_owned()
}

fn text_of(ended: Result<Outcome, Error>) -> String {
    match ended {
        Ok(outcome) => outcome.summary,
        Err(error) => format!("{error:?}"),
    }
}

fn act(root: &Path, number: usize, action: &str, args: &Value) -> Result<Outcome, Error> {
    with(root, number, action, args, &FileLocks(root.join("locks")))
}

fn with(root: &Path, number: usize, action: &str, args: &Value, locks: &dyn Locks) -> Result<Outcome, Error> {
    run_with(root, number, action, args, locks, &HostDatabase::own(root))
}

fn run_with(
    root: &Path,
    number: usize,
    action: &str,
    args: &Value,
    locks: &dyn Locks,
    own: &dyn Writable,
) -> Result<Outcome, Error> {
    // The pauses are a twentieth of the real ones, and differ for each process.
    let pause = |pause: Duration| {
        fs::write(root.join(format!("marks/waits-{number}")), "").unwrap();
        sleep(pause / 20 + Duration::from_millis(7 * number as u64 % 50));
    };
    let web = TcpWeb(String::new());
    let services = act::HostServices {
        own,
        catalog: &HostDatabase::catalog(root),
        locks,
        pause: &pause,
        web: Networks { drive: &web, sheets: &web },
    };
    act::run(&test_drive::task(root, action, args, 1), services)
}

fn until(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{what}");
        sleep(Duration::from_millis(1));
    }
}

/// Creates the databases' files once, before the processes start.
fn prepared() -> RaceFolder {
    let course = RaceFolder::new();
    drop((HostDatabase::own(&course.path("")), HostDatabase::catalog(&course.path(""))));
    act(&course.path(""), 0, "diagnose", &json!({})).unwrap();
    course
}

/// Case 1: Another process holds the lock and creates the folder before it releases the lock; all sixteen start meanwhile. A
/// process that checked before it had the lock creates a second folder.
fn lock_first(way: &str) -> (usize, Vec<String>) {
    let course = prepared();
    let held = FileLocks(course.path("locks")).take(&format!("database:{}", id_key(ID))).unwrap().unwrap();
    let children: Vec<_> = (0..PROCESSES).map(|number| course.start(number, way, "T")).collect();
    if way.starts_with("naive") {
        until("they check without the lock", || course.folders().len() == PROCESSES);
    } else {
        let marks = course.path("marks");
        until("they wait for the lock", || (0..PROCESSES).all(|number| marks.join(format!("waits-{number}")).exists()));
        assert!(course.folders().is_empty());
    }
    naive::create(&course.path("drive"), &format!("T_{ID}"));
    drop(held);
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    (course.folders().len(), (0..PROCESSES).map(|number| course.said(number)).collect())
}

#[test]
fn lock_first_waiting_processes_find_the_folder_that_was_created_meanwhile() {
    let (folders, said) = lock_first("ours-alone");
    assert_eq!(folders, 1);
    assert!(said.iter().all(|said| said.ends_with("exists already.")), "{said:?}");
    assert_eq!(lock_first("naive").0, PROCESSES + 1, "the naive algorithm has to fail this test");
}

#[test]
fn concurrent_sixteen_processes_create_one_folder() {
    for _ in 0..3 {
        let course = prepared();
        let said = course.race("ours", &["T"]);
        assert_eq!(course.folders(), [format!("T_{ID}")], "{said:?}");
        assert_eq!(said.iter().filter(|said| said.ends_with("was created.")).count(), 1, "{said:?}");
        assert_eq!(said.iter().filter(|said| said.ends_with("exists already.")).count(), PROCESSES - 1, "{said:?}");
    }
    let course = RaceFolder::new();
    course.race("naive", &["T"]);
    assert_eq!(course.folders().len(), PROCESSES, "the naive algorithm has to fail this test");
}

#[test]
fn timeout_nothing_is_created_while_another_process_holds_the_lock() {
    let course = prepared();
    let held = FileLocks(course.path("locks")).take(&format!("database:{}", id_key(ID))).unwrap().unwrap();
    let said = course.race("ours-once", &["T"]);
    assert!(said.iter().all(|said| said.contains("Retryable") && said.contains("more than 7 s")), "{said:?}");
    assert!(course.folders().is_empty());
    course.race("naive-alone", &["T"]);
    assert!(!course.folders().is_empty(), "the naive algorithm has to fail this test");
    drop(held);
}

/// A database of 5,000 rows.
fn source(course: &RaceFolder, name: &str) {
    let rows: String = (0..5_000).map(|row| format!("p{row},,{name} {row}\n")).collect();
    let csv = format!("__page_id,__last_synced_iso,Name\n,,title\n{rows}");
    fs::write(course.path("databases/T.csv"), &csv).unwrap();
    let sidecar = json!({ "id": ID, "title": "T", "complete": true, "row_count": 5_000, "properties": { "title": { "name": "Name", "type": "title" } } });
    fs::write(course.path("databases/T.json"), sidecar.to_string()).unwrap();
}

/// The different names of the rows on the Drive, without the numbers in the names.
fn written(course: &RaceFolder) -> BTreeSet<String> {
    let csv = fs::read_to_string(course.path(&format!("drive/T_{ID}/T_{ID}.csv"))).unwrap_or_default();
    assert!(csv.is_empty() || csv.lines().count() == 5_002, "the file is incomplete");
    csv.lines().skip(2).map(|line| line.rsplit(',').next().unwrap().split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn guard_one_of_sixteen_syncs_works_on_a_database() {
    let course = prepared();
    source(&course, "Row");
    let said = course.race("ours-sync", &["T"]);
    let ends: BTreeSet<&str> = said
        .iter()
        .map(|said| match said.as_str() {
            said if said.contains("1 written (5000 rows)") => "written",
            said if said.contains("another task works on 1 database; nothing was done") => "busy",
            said if said.contains("1 unchanged") => "unchanged",
            said => said,
        })
        .collect();
    assert!(ends.is_subset(&["written", "busy", "unchanged"].into()), "{said:?}");
    assert_eq!(said.iter().filter(|said| said.contains("1 written")).count(), 1, "{said:?}");
    assert_eq!(course.folders(), [format!("T_{ID}")]);
    assert_eq!(written(&course), ["Row".to_owned()].into());
    let fails = (0..5).any(|_| {
        let course = prepared();
        source(&course, "Row");
        let said = course.race("unlocked-sync", &["T"]);
        said.iter().filter(|said| said.contains("1 written (5000 rows)")).count() != 1
            || said.iter().any(|said| said.contains("refused"))
    });
    assert!(fails, "without locks the plugin has to fail this test");
}

#[test]
fn after_a_kill_before_each_write_the_file_is_complete_and_recognised() {
    let course = prepared();
    source(&course, "Round0");
    act(&course.path(""), 0, "sync", &json!({})).unwrap();
    let mut kills = 0;
    // The rounds run one after another, and no sync succeeds between two rounds.
    for round in 1..=12 {
        sleep(Duration::from_millis(10));
        source(&course, &format!("Round{round}"));
        let before = written(&course);
        let halted = course.path("marks/halted");
        let _ = fs::remove_file(&halted);
        let mut child = course.start((round - 1) % 5, "halts", "T");
        let begun = Instant::now();
        while !halted.exists() && child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_mins(1));
            sleep(Duration::from_millis(1));
        }
        kills += usize::from(halted.exists());
        child.kill().unwrap();
        child.wait().unwrap();
        let after = written(&course);
        assert!(after == before || after == [format!("Round{round}")].into(), "{before:?} {after:?}");
    }
    assert!(kills > 6, "{kills}");
    sleep(Duration::from_millis(10));
    source(&course, "Last");
    let outcome = act(&course.path(""), 0, "sync", &json!({})).unwrap();
    assert!(outcome.findings.is_empty(), "{:?}", outcome.findings);
    assert_eq!(written(&course), ["Last".to_owned()].into());
}

/// Duplicate folders with files of the same names.
fn duplicates(files: usize) -> RaceFolder {
    let course = prepared();
    for (number, folder) in
        [format!("T_{ID}"), format!("Old_{ID}"), format!("T_{ID} (1)"), format!("T_{ID} (2)")].iter().enumerate()
    {
        let folder = course.path("drive").join(folder);
        fs::create_dir_all(folder.join(".archive")).unwrap();
        for file in 0..files {
            fs::write(folder.join(format!("file-{file}")), format!("{number} {file}")).unwrap();
            fs::write(folder.join(format!(".archive/backup-{file}")), format!("backup {file}")).unwrap();
        }
    }
    course
}

/// Case 5: Sixteen processes merge duplicate folders. Half of the processes know the database by its old title. Returns the
/// folders, whether every content still exists, and the results.
fn existing_duplicates(way: &str) -> (Vec<String>, bool, Vec<String>) {
    let course = duplicates(60);
    let before = contents(&course.path("drive"));
    let said = course.race(way, &["T", "Old"]);
    let after = contents(&course.path("drive"));
    let kept = before.keys().all(|content| after.contains_key(content));
    (course.folders(), kept, said)
}

#[test]
fn existing_duplicates_become_one_folder_and_no_content_is_lost() {
    for _ in 0..2 {
        let (folders, kept, said) = existing_duplicates("ours");
        assert!(kept && folders.len() == 1, "{folders:?}");
        assert!(folders[0] == format!("T_{ID}") || folders[0] == format!("Old_{ID}"));
        assert!(said.iter().all(|said| said.starts_with("The folder ")), "{said:?}");
    }
    let fails = (0..10).any(|_| {
        let (folders, kept, said) = existing_duplicates("unlocked");
        !kept || folders.len() != 1 || said.iter().any(|said| !said.starts_with("The folder "))
    });
    assert!(fails, "without locks the plugin has to fail this test");
}

#[test]
fn after_a_kill_during_a_merge_nothing_is_lost_and_the_next_run_continues() {
    let course = duplicates(300);
    let primary = course.path("drive").join(format!("T_{ID}"));
    let before = contents(&course.path("drive"));
    for files in [350, 700] {
        let mut child = course.start(0, "ours-alone", "T");
        until("it merges", || fs::read_dir(&primary).unwrap().count() > files);
        child.kill().unwrap();
        child.wait().unwrap();
        let after = contents(&course.path("drive"));
        assert!(before.keys().all(|content| after.contains_key(content)));
    }
    ours(&course.path(""), 0, "T");
    let after = contents(&course.path("drive"));
    assert!(before.keys().all(|content| after.contains_key(content)));
    assert_eq!(course.folders(), [format!("T_{ID}")]);
}
