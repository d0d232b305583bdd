//! The five tests that a sync of a Drive has to pass in production (lock first, concurrent, timeout, guard, existing duplicates),
//! with sixteen real processes each. Each is run with the plugin's own steps, and with those of [`super::naive`], which have to fail.
//!
//! A process is this very test program, started again for the test `child` alone. Claims are locks of files, so they count between
//! processes, and barriers are files too: what has to happen at the same time does.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use baton_plugin_kit::lent::{Claims, Held};
use baton_plugin_sdk::Error;
use baton_tests::lent::Lent;
use baton_tests::sha256;
use drive_sync::act;
use serde_json::{Value, json};

use crate::healing::contents;
use crate::{naive, place};

const PROCESSES: usize = 16;
const CHILD: &str = "DRIVE_SYNC_RACE";
const ID: &str = "27ce7361-6c27-80fb-b40e-fefdd47d6640";

/// Claims between processes: a lock on a file of the name.
struct FileClaims(PathBuf);

struct FileHeld(#[expect(dead_code, reason = "holds the lock until it is dropped")] File);

impl Claims for FileClaims {
    fn take(&self, name: &str) -> Result<Option<Box<dyn Held>>, Error> {
        let file = File::create(self.0.join(sha256(name.as_bytes()))).unwrap();
        Ok(file.try_lock().is_ok().then(|| Box::new(FileHeld(file)) as Box<dyn Held>))
    }
}

impl Held for FileHeld {
    fn holds(&self) -> Result<bool, Error> {
        Ok(true)
    }
}

/// Where processes race.
struct Course {
    folder: tempfile::TempDir,
}

impl Course {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["drive", "databases", "exports", "claims", "marks", "said"] {
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
            .args(["race::child", "--exact", "--nocapture"])
            .env(CHILD, asked.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Sixteen processes at once; gives what each said.
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
        let entries = fs::read_dir(self.path("drive")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Waits until all sixteen are at the same point.
fn barrier(root: &Path, point: &str, number: usize) {
    let marks = root.join("marks");
    fs::write(marks.join(format!("{point}-{number}")), "").unwrap();
    let begun = Instant::now();
    while (0..PROCESSES).any(|other| !marks.join(format!("{point}-{other}")).exists()) {
        assert!(begun.elapsed() < Duration::from_mins(1), "the others do not come to {point}");
        sleep(Duration::from_millis(1));
    }
}

/// A process of a race; does nothing when the test program is run for itself.
#[test]
fn child() {
    let Ok(asked) = std::env::var(CHILD) else { return };
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
        "ours-once" => told(act(&root, number, "ensure-folder", &json!({ "database": ID, "title": title }))),
        "naive-merge" => {
            let points = std::cell::Cell::new(0);
            naive::merge(&drive, title, ID, &|| {
                points.set(points.get() + 1);
                barrier(&root, &format!("merge-{}", points.get()), number);
            });
            String::new()
        }
        "ours-sync" => {
            barrier(&root, "start", number);
            told(act(&root, number, "sync", &json!({})))
        }
        "naive-sync" => {
            let worked = std::cell::Cell::new(false);
            let mark = root.join("marks/syncing");
            naive::guard(&mark, &|| barrier(&root, "looked", number), &|| worked.set(true));
            worked.get().to_string()
        }
        other => panic!("{other}"),
    };
    fs::write(root.join("said").join(number.to_string()), said).unwrap();
}

/// As the host does: what is to be tried again is.
fn ours(root: &Path, number: usize, title: &str) -> String {
    for _ in 0..50 {
        match act(root, number, "ensure-folder", &json!({ "database": ID, "title": title })) {
            Err(Error::Retryable(_)) => {}
            ended => return told(ended),
        }
    }
    "never".to_owned()
}

fn told(ended: Result<baton_plugin_sdk::Outcome, Error>) -> String {
    match ended {
        Ok(outcome) => outcome.summary,
        Err(error) => format!("{error:?}"),
    }
}

fn act(root: &Path, number: usize, action: &str, args: &Value) -> Result<baton_plugin_sdk::Outcome, Error> {
    let (own, catalog) = (Lent::own(root), Lent::catalog(root));
    let claims = FileClaims(root.join("claims"));
    // A twentieth of the real pauses, and not the same for all.
    let pause = |pause: Duration| sleep(pause / 20 + Duration::from_millis(7 * number as u64 % 50));
    let lent = act::Lent { own: &own, catalog: &catalog, claims: &claims, pause: &pause };
    act::run(&place::task(root, action, args, 1), lent)
}

/// Makes the databases' files once, so that sixteen processes do not make them at once.
fn prepared() -> Course {
    let course = Course::new();
    drop((Lent::own(&course.path("")), Lent::catalog(&course.path(""))));
    act(&course.path(""), 0, "diagnose", &json!({})).unwrap();
    course
}

/// 1. Another process holds the lock and makes the folder before it gives it back: whoever looked before it had the lock makes a second.
fn lock_first(way: &str) -> usize {
    let course = prepared();
    let held = FileClaims(course.path("claims")).take(&format!("database:{ID}")).unwrap().unwrap();
    let mut child = course.start(0, way, "T");
    // Either it waits for the lock, or it looks without and makes a folder.
    sleep(Duration::from_millis(100));
    let begun = Instant::now();
    while way.starts_with("naive") && course.folders().is_empty() {
        assert!(begun.elapsed() < Duration::from_mins(1));
        sleep(Duration::from_millis(1));
    }
    naive::create(&course.path("drive"), &format!("T_{ID}"));
    drop(held);
    assert!(child.wait().unwrap().success());
    course.folders().len()
}

#[test]
fn lock_first_one_that_waits_finds_the_folder_that_was_made_meanwhile() {
    assert_eq!(lock_first("ours-alone"), 1);
    assert_eq!(lock_first("naive-alone"), 2, "the naive algorithm has to fail this test");
}

#[test]
fn concurrent_sixteen_make_one_folder() {
    for _ in 0..3 {
        let course = prepared();
        let said = course.race("ours", &["T"]);
        assert_eq!(course.folders(), [format!("T_{ID}")], "{said:?}");
        assert_eq!(said.iter().filter(|said| said.ends_with("was made.")).count(), 1, "{said:?}");
        assert_eq!(said.iter().filter(|said| said.ends_with("is there.")).count(), PROCESSES - 1, "{said:?}");
    }
    let course = Course::new();
    course.race("naive", &["T"]);
    assert_eq!(course.folders().len(), PROCESSES, "the naive algorithm has to fail this test");
}

#[test]
fn timeout_nothing_is_made_while_another_has_the_lock() {
    let course = prepared();
    let held = FileClaims(course.path("claims")).take(&format!("database:{ID}")).unwrap().unwrap();
    let said = course.race("ours-once", &["T"]);
    assert!(said.iter().all(|said| said.contains("Retryable") && said.contains("more than 7 s")), "{said:?}");
    assert!(course.folders().is_empty());
    course.race("naive-alone", &["T"]);
    assert!(!course.folders().is_empty(), "the naive algorithm has to fail this test");
    drop(held);
}

#[test]
fn guard_of_sixteen_syncs_one_works_on_a_database() {
    let course = prepared();
    let csv: String = (0..5_000).map(|row| format!("p{row},,Row {row}\n")).collect();
    let csv = format!("__page_id,__last_synced_iso,Name\n,,title\n{csv}");
    fs::write(course.path("databases/T.csv"), &csv).unwrap();
    let sidecar = json!({ "id": ID, "title": "T", "complete": true, "row_count": 5_000, "properties": { "title": { "name": "Name", "type": "title" } } });
    fs::write(course.path("databases/T.json"), sidecar.to_string()).unwrap();
    let said = course.race("ours-sync", &["T"]);
    let ends: BTreeSet<&str> = said
        .iter()
        .map(|said| match said.as_str() {
            said if said.contains("1 written (5000 rows)") => "written",
            said if said.contains("1 skipped, because another task works on them") => "skipped",
            said if said.contains("1 unchanged") => "unchanged",
            said => said,
        })
        .collect();
    assert!(ends.is_subset(&["written", "skipped", "unchanged"].into()), "{said:?}");
    assert_eq!(said.iter().filter(|said| said.contains("1 written")).count(), 1, "{said:?}");
    assert_eq!(course.folders(), [format!("T_{ID}")]);
    let written = fs::read_to_string(course.path(&format!("drive/T_{ID}/T_{ID}.csv"))).unwrap();
    assert_eq!(written.lines().count(), 5_002);
    let course = Course::new();
    let said = course.race("naive-sync", &["T"]);
    assert!(said.iter().filter(|said| *said == "true").count() > 1, "the naive algorithm has to fail this test");
}

/// 5. Folders that are there twice, and sixteen processes that put them together, half of which know the database by its old title.
fn existing_duplicates(way: &str) -> (Vec<String>, bool) {
    let course = prepared();
    for (number, folder) in
        [format!("T_{ID}"), format!("Old_{ID}"), format!("T_{ID} (1)"), format!("T_{ID} (2)")].iter().enumerate()
    {
        let folder = course.path("drive").join(folder);
        fs::create_dir_all(folder.join(".archive")).unwrap();
        for file in 0..10 {
            fs::write(folder.join(format!("file-{file}")), format!("{number} {file}")).unwrap();
            fs::write(folder.join(format!(".archive/backup-{file}")), format!("backup {file}")).unwrap();
        }
    }
    let before = contents(&course.path("drive"));
    course.race(way, &["T", "Old"]);
    let after = contents(&course.path("drive"));
    let kept = before.keys().all(|content| after.contains_key(content));
    (course.folders(), kept)
}

#[test]
fn existing_duplicates_become_one_folder_and_no_content_is_lost() {
    for _ in 0..2 {
        let (folders, kept) = existing_duplicates("ours");
        assert!(kept && folders.len() == 1, "{folders:?}");
        assert!(folders[0] == format!("T_{ID}") || folders[0] == format!("Old_{ID}"));
    }
    let (folders, kept) = existing_duplicates("naive-merge");
    assert!(!kept || folders.len() != 1, "the naive algorithm has to fail this test: {folders:?}");
}
