//! A kill between any two operations: every file is complete, and the next attempt, or `undo`, ends as if there had been no kill.

use std::cell::Cell;
use std::fs;
use std::io;
use std::path::Path;

use baton_plugin_kit::host::{Rows, Tables, Writable};
use baton_plugin_sdk::OutcomeKind;
use baton_plugin_sdk::sql::{Error as SqlError, Row, Table, Value};
use baton_tests::host_services::HostDatabase;
use music_files::organise::MoveTools;
use music_files::organise::disk::{Disk, PathMetadata, RealDisk};
use serde_json::json;

use crate::folders::{TestFolders, Tree, id};

/// A disk and a database that fail after a number of changes.
struct KillSwitch<'a> {
    own: &'a HostDatabase,
    left: Cell<u32>,
    dead: Cell<bool>,
    /// True if `music` and `organised` are on two disks.
    far: bool,
}

impl<'a> KillSwitch<'a> {
    fn new(own: &'a HostDatabase, left: u32, far: bool) -> Self {
        Self { own, left: Cell::new(left), dead: Cell::new(false), far }
    }

    fn lives(&self) -> bool {
        !self.dead.get()
    }

    fn change(&self) -> io::Result<()> {
        match self.left.get() {
            0 => self.dead.set(true),
            left => self.left.set(left - 1),
        }
        self.check_alive()
    }

    fn check_alive(&self) -> io::Result<()> {
        if self.lives() { Ok(()) } else { Err(io::Error::other("killed")) }
    }
}

impl Disk for KillSwitch<'_> {
    fn metadata(&self, path: &Path) -> io::Result<Option<PathMetadata>> {
        self.check_alive()?;
        RealDisk.metadata(path)
    }

    fn reserve(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        RealDisk.reserve(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let side = |path: &Path| path.components().any(|part| part.as_os_str() == "organised");
        if self.far && side(from) != side(to) {
            self.check_alive()?;
            return Err(io::ErrorKind::CrossesDevices.into());
        }
        self.change()?;
        RealDisk.rename(from, to)
    }

    fn copy(&self, from: &Path, to: &Path, has_time: &dyn Fn() -> bool) -> io::Result<()> {
        if let Err(error) = self.change() {
            let bytes = fs::read(from).unwrap_or_default();
            let _ = fs::write(to, &bytes[..bytes.len() / 2]);
            return Err(error);
        }
        RealDisk.copy(from, to, has_time)
    }

    fn digest(&self, path: &Path, has_time: &dyn Fn() -> bool) -> io::Result<String> {
        self.check_alive()?;
        RealDisk.digest(path, has_time)
    }

    fn set_modified(&self, path: &Path, modified_ns: i64) -> io::Result<()> {
        self.change()?;
        RealDisk.set_modified(path, modified_ns)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        RealDisk.remove(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        RealDisk.make_folder(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.change()?;
        RealDisk.remove_folder(path)
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

impl Tables for KillSwitch<'_> {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, SqlError> {
        self.own.query(statement, parameters)
    }

    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, SqlError> {
        self.own.rows(statement, parameters)
    }
}

impl Writable for KillSwitch<'_> {
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, SqlError> {
        self.change().map_err(|error| SqlError::Failed(error.to_string()))?;
        self.own.execute(statement, parameters)
    }

    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, SqlError> {
        self.change().map_err(|error| SqlError::Failed(error.to_string()))?;
        self.own.batch(statement, rows)
    }
}

fn filled() -> TestFolders {
    let folders = TestFolders::new();
    folders.track("a", "A", "T");
    folders.playlist("P", &["a"]);
    folders.playlist("Q", &["a"]);
    for path in ["a.mp3", "deep/er/b.mp3", "deep/c.flac"] {
        folders.file(path, path);
    }
    folders.link("a.mp3", "a");
    for path in ["a.mp3", "deep/er/b.mp3"] {
        folders.add_scanned_file(&folders.music.join(path), false);
    }
    folders
}

/// Asserts that every file of the tree `before` exists completely at some path of the tree `after`.
fn nothing_is_lost(before: &Tree, after: &Tree) {
    for (path, file) in before {
        let Some((bytes, _)) = file else { continue };
        assert!(after.values().flatten().any(|(found, _)| found == bytes), "{path} is lost: {after:#?}");
    }
}

/// Applies a plan again and again, each time with one more change before the kill, until the plan ends before the kill. With
/// `apply_first`, the plan is applied without a kill, and the undo is killed. `then` checks the folders after each kill.
fn at_every_end(far: bool, apply_first: bool, then: impl Fn(&TestFolders, &str, &Tree, &Tree)) {
    let args = json!({ "in_several": "copy" });
    let (mut ends, mut lived) = (0, false);
    while !lived {
        let folders = filled();
        let before = folders.tree();
        let plan = id(&folders.plan_json(&args));
        let wanted = {
            let other = filled();
            let plan = id(&other.plan_json(&args));
            let mortal = KillSwitch::new(&other.own, u32::MAX, far);
            other
                .apply_by(
                    &plan,
                    &MoveTools {
                        catalog: &other.catalog,
                        own: &mortal,
                        locks: &other.locks,
                        disk: &mortal,
                        has_time: &|| true,
                    },
                )
                .unwrap();
            other.tree()
        };
        let immortal = KillSwitch::new(&folders.own, u32::MAX, far);
        let tools = MoveTools {
            catalog: &folders.catalog,
            own: &immortal,
            locks: &folders.locks,
            disk: &immortal,
            has_time: &|| true,
        };
        if apply_first {
            folders.apply_by(&plan, &tools).unwrap();
        }
        let mortal = KillSwitch::new(&folders.own, ends, far);
        let tools = MoveTools {
            catalog: &folders.catalog,
            own: &mortal,
            locks: &folders.locks,
            disk: &mortal,
            has_time: &|| true,
        };
        let outcome = if apply_first { folders.undo_by(&plan, &tools) } else { folders.apply_by(&plan, &tools) };
        lived = mortal.lives();
        assert_eq!(outcome.is_ok(), lived, "{outcome:?}");
        nothing_is_lost(&before, &folders.tree());
        then(&folders, &plan, &before, &wanted);
        ends += 1;
    }
    assert!(ends > 15, "only {ends} kills were tried");
}

#[test]
fn the_next_attempt_has_the_result_of_the_first() {
    for far in [false, true] {
        at_every_end(far, false, |folders, plan, before, wanted| {
            let mortal = KillSwitch::new(&folders.own, u32::MAX, far);
            let tools = MoveTools {
                catalog: &folders.catalog,
                own: &mortal,
                locks: &folders.locks,
                disk: &mortal,
                has_time: &|| true,
            };
            let outcome = folders.apply_by(plan, &tools).unwrap();
            assert!(outcome.summary.contains("4 of 4 steps done"), "{} {:?}", outcome.summary, outcome.findings);
            assert_eq!(&folders.tree(), wanted);
            folders.assert_catalog_matches_disk(3);
            folders.undo_by(plan, &tools).unwrap();
            assert_eq!(&folders.tree(), before);
            folders.assert_catalog_matches_disk(2);
        });
    }
}

#[test]
fn undo_is_possible_after_every_kill() {
    for far in [false, true] {
        at_every_end(far, false, |folders, plan, before, _| {
            let mortal = KillSwitch::new(&folders.own, u32::MAX, far);
            let tools = MoveTools {
                catalog: &folders.catalog,
                own: &mortal,
                locks: &folders.locks,
                disk: &mortal,
                has_time: &|| true,
            };
            let undone = folders.undo_by(plan, &tools).unwrap();
            let is_refused = undone.kind == OutcomeKind::Refused;
            assert!(!is_refused || undone.summary.contains("nothing to undo"), "{}", undone.summary);
            let mut after = folders.tree();
            // An empty folder may remain if its deletion was not recorded.
            after.retain(|path, file| file.is_some() || before.contains_key(path));
            assert_eq!(&after, before);
            folders.assert_catalog_matches_disk(2);
        });
    }
}

#[test]
fn a_killed_undo_is_completed_by_the_next() {
    for far in [false, true] {
        at_every_end(far, true, |folders, plan, before, _| {
            let mortal = KillSwitch::new(&folders.own, u32::MAX, far);
            let tools = MoveTools {
                catalog: &folders.catalog,
                own: &mortal,
                locks: &folders.locks,
                disk: &mortal,
                has_time: &|| true,
            };
            folders.undo_by(plan, &tools).unwrap();
            assert_eq!(&folders.tree(), before);
            folders.assert_catalog_matches_disk(2);
        });
    }
}

#[test]
fn a_kill_between_steps_of_one_record_and_a_second_kill_are_both_recovered() {
    let mut borders = 0;
    // Each file needs two changes, and a few changes come before the first file.
    for ends in 98..116 {
        let folders = TestFolders::new();
        for number in 0..55 {
            folders.file(&format!("{number}.mp3"), &format!("{number}"));
        }
        let (before, plan) = (folders.tree(), id(&folders.plan_json(&json!({}))));
        let mortal = KillSwitch::new(&folders.own, ends, false);
        let tools = MoveTools {
            catalog: &folders.catalog,
            own: &mortal,
            locks: &folders.locks,
            disk: &mortal,
            has_time: &|| true,
        };
        assert!(folders.apply_by(&plan, &tools).is_err() && !mortal.lives());
        nothing_is_lost(&before, &folders.tree());
        let count = "SELECT count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'planned') FROM organise_steps";
        let count = folders.own.query(count, &[]).unwrap().rows;
        borders += u32::from(count[0] == [Value::Integer(50), Value::Integer(5)]);
        if ends % 2 == 0 {
            let outcome = folders.apply(&plan).unwrap();
            assert!(outcome.summary.contains("55 of 55 steps done"), "{}", outcome.summary);
        }
        folders.undo(&plan).unwrap();
        assert_eq!(folders.tree(), before);
    }
    assert!(borders > 0, "no kill was between two groups of recorded steps");
}

#[test]
fn a_task_at_its_time_limit_reports_the_remaining_steps_and_the_next_continues() {
    let folders = filled();
    let (before, plan) = (folders.tree(), id(&folders.plan_json(&json!({}))));
    let steps = Cell::new(2);
    let has_time = || steps.replace(steps.get().max(1) - 1) > 0;
    let tools = MoveTools {
        catalog: &folders.catalog,
        own: &folders.own,
        locks: &folders.locks,
        disk: &RealDisk,
        has_time: &has_time,
    };
    let outcome = folders.apply_by(&plan, &tools).unwrap();
    assert!(outcome.summary.contains("2 of 3 steps done") && outcome.summary.contains("1 remain, because"));
    assert_eq!(folders.organised_paths().len(), 2);
    folders.apply(&plan).unwrap();
    assert_eq!(folders.organised_paths().len(), 3);
    folders.undo(&plan).unwrap();
    assert_eq!(folders.tree(), before);
}
