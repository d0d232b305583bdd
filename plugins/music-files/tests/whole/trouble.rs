//! Disks that fail once: no file is lost, and every possible step is done.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use baton_plugin_kit::host::Writable as _;
use baton_plugin_sdk::{Error, Outcome, OutcomeKind};
use music_files::organise::MoveTools;
use music_files::organise::disk::{Disk, PathMetadata, RealDisk};
use serde_json::json;

use crate::folders::{TestFolders, id, write};

/// The error for an operation on a path.
type FaultFn<'a> = &'a dyn Fn(&str, &Path) -> io::Result<()>;

/// A disk on which chosen operations fail. It acts as if `music` and `organised` were on two disks.
struct FailingDisk<'a>(FaultFn<'a>);

impl Disk for FailingDisk<'_> {
    fn metadata(&self, path: &Path) -> io::Result<Option<PathMetadata>> {
        (self.0)("look", path)?;
        RealDisk.metadata(path)
    }

    fn reserve(&self, path: &Path) -> io::Result<()> {
        (self.0)("take", path)?;
        RealDisk.reserve(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        (self.0)("rename", from)?;
        let side = |path: &Path| path.components().any(|part| part.as_os_str() == "organised");
        if side(from) == side(to) { RealDisk.rename(from, to) } else { Err(ErrorKind::CrossesDevices.into()) }
    }

    fn copy(&self, from: &Path, to: &Path, has_time: &dyn Fn() -> bool) -> io::Result<()> {
        (self.0)("copy", from)?;
        RealDisk.copy(from, to, has_time)
    }

    fn digest(&self, path: &Path, has_time: &dyn Fn() -> bool) -> io::Result<String> {
        (self.0)("digest", path)?;
        RealDisk.digest(path, has_time)
    }

    fn set_modified(&self, path: &Path, modified_ns: i64) -> io::Result<()> {
        RealDisk.set_modified(path, modified_ns)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        (self.0)("remove", path)?;
        RealDisk.remove(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        (self.0)("make_folder", path)?;
        RealDisk.make_folder(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove_folder(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        (self.0)("settle", folder)
    }
}

fn apply(folders: &TestFolders, plan: &str, wrong: FaultFn<'_>) -> Result<Outcome, Error> {
    let disk = FailingDisk(wrong);
    folders.apply_by(
        plan,
        &MoveTools {
            catalog: &folders.catalog,
            own: &folders.own,
            locks: &folders.locks,
            disk: &disk,
            has_time: &|| true,
        },
    )
}

fn undo(folders: &TestFolders, plan: &str, wrong: FaultFn<'_>) -> Result<Outcome, Error> {
    let disk = FailingDisk(wrong);
    folders.undo_by(
        plan,
        &MoveTools {
            catalog: &folders.catalog,
            own: &folders.own,
            locks: &folders.locks,
            disk: &disk,
            has_time: &|| true,
        },
    )
}

fn one() -> (TestFolders, String) {
    let folders = TestFolders::new();
    folders.file("in/a.mp3", "some sound");
    let plan = id(&folders.plan_json(&json!({})));
    (folders, plan)
}

#[test]
fn a_copy_is_kept_when_its_source_disappears() {
    let (folders, plan) = one();
    let before = folders.tree();
    // Another program, or the disk itself, removes the file at that moment.
    let vanishes = |operation: &str, path: &Path| {
        if operation == "remove" && path.ends_with("a.mp3") {
            fs::remove_file(path)?;
            return Err(ErrorKind::NotFound.into());
        }
        Ok(())
    };
    let outcome = apply(&folders, &plan, &vanishes).unwrap();
    assert_eq!(folders.organised_paths(), ["Unassigned/a.mp3"]);
    assert!(outcome.summary.contains("1 of 1 steps done"), "{}", outcome.summary);
    undo(&folders, &plan, &vanishes).unwrap();
    assert_eq!(folders.tree(), before);
}

#[test]
fn a_copy_is_removed_when_its_source_must_stay() {
    let (folders, plan) = one();
    let before = folders.tree();
    let refuses = |operation: &str, path: &Path| {
        let wrong = operation == "remove" && path == folders.music.join("in/a.mp3");
        if wrong { Err(ErrorKind::PermissionDenied.into()) } else { Ok(()) }
    };
    let outcome = apply(&folders, &plan, &refuses).unwrap();
    assert!(outcome.summary.contains("1 not possible"), "{}", outcome.summary);
    folders.undo(&plan).unwrap();
    assert_eq!(folders.tree(), before);
}

#[test]
fn a_source_is_kept_when_the_name_of_its_copy_is_not_synced() {
    let (folders, plan) = one();
    let before = folders.tree();
    let fails = |operation: &str, path: &Path| {
        let wrong = operation == "settle" && path.ends_with("Unassigned");
        if wrong { Err(io::Error::other("the disk fails")) } else { Ok(()) }
    };
    let outcome = apply(&folders, &plan, &fails).unwrap();
    assert!(outcome.summary.contains("1 not possible"), "{}", outcome.summary);
    folders.undo(&plan).unwrap();
    assert_eq!(folders.tree(), before);
}

#[test]
fn a_file_that_needs_a_whole_task_is_skipped_and_the_others_continue() {
    let folders = TestFolders::new();
    for name in ["a", "b", "c"] {
        folders.file(&format!("{name}.mp3"), name);
    }
    let plan = id(&folders.plan_json(&json!({})));
    // The time of a task is used up while that file is copied.
    let until = |slow: &str| {
        let over = std::cell::Cell::new(false);
        let wrong = |operation: &str, path: &Path| {
            over.set(over.get() || (operation == "copy" && path.ends_with(slow)));
            Ok(())
        };
        let disk = FailingDisk(&wrong);
        let tools = MoveTools {
            catalog: &folders.catalog,
            own: &folders.own,
            locks: &folders.locks,
            disk: &disk,
            has_time: &|| !over.get(),
        };
        folders.apply_by(&plan, &tools).unwrap()
    };
    let outcome = until("b.mp3");
    assert!(outcome.summary.contains("1 of 3 steps done, 0 not possible") && outcome.summary.contains("2 remain"));
    let outcome = until("b.mp3");
    assert!(outcome.summary.contains("1 of 3 steps done, 1 not possible") && outcome.summary.contains("1 remain"));
    assert!(outcome.findings[0].title.contains("this slow disk"), "{:?}", outcome.findings);
    let outcome = until("nothing");
    assert!(outcome.summary.contains("2 of 3 steps done, 1 not possible"), "{}", outcome.summary);
    assert_eq!(folders.organised_paths(), ["Unassigned/a.mp3", "Unassigned/c.mp3"]);
    assert!(folders.music.join("b.mp3").is_file());
}

#[test]
fn unused_copies_count_as_copied_bytes_too() {
    let folders = TestFolders::new();
    for name in ["a", "b", "c"] {
        folders.file(&format!("{name}.wav"), name);
        // The file is sparse: it needs no space on the disk.
        let file = fs::File::options().write(true).open(folders.music.join(format!("{name}.wav"))).unwrap();
        file.set_len(2 << 30).unwrap();
    }
    let plan = id(&folders.plan_json(&json!({})));
    let fails = |operation: &str, _: &Path| {
        if operation == "copy" { Err(io::Error::other("it breaks off")) } else { Ok(()) }
    };
    let outcome = apply(&folders, &plan, &fails).unwrap();
    assert!(outcome.summary.contains("1 not possible") && outcome.summary.contains("2 remain"), "{}", outcome.summary);
}

#[test]
fn a_source_that_cannot_be_checked_is_checked_again() {
    let (folders, plan) = one();
    let before = folders.tree();
    let source = folders.music.join("in/a.mp3");
    let removed = std::cell::Cell::new(false);
    let fails = |operation: &str, path: &Path| {
        removed.set(removed.get() || (operation == "remove" && path == source));
        if removed.get() { Err(io::Error::other("the disk is gone")) } else { Ok(()) }
    };
    assert!(matches!(apply(&folders, &plan, &fails), Err(Error::Retryable(_))));
    let outcome = apply(&folders, &plan, &|_, _| Ok(())).unwrap();
    assert!(outcome.summary.contains("1 of 1 steps done"), "{} {:?}", outcome.summary, outcome.findings);
    undo(&folders, &plan, &|_, _| Ok(())).unwrap();
    assert_eq!(folders.tree(), before);
}

#[test]
fn a_copy_is_undone_only_while_its_source_is_complete() {
    let folders = TestFolders::new();
    folders.track("a", "A", "T");
    folders.playlist("P", &["a"]);
    folders.playlist("Q", &["a"]);
    folders.file("a.mp3", "some sound");
    folders.link("a.mp3", "a");
    let plan = id(&folders.plan_json(&json!({ "in_several": "copy" })));
    folders.apply(&plan).unwrap();
    fs::remove_file(folders.organised.join("Q/A - T.mp3")).unwrap();
    write(&folders.music.join("a.mp3"), "same sizes");
    let outcome = folders.undo(&plan).unwrap();
    assert_eq!(folders.organised_paths(), ["P/A - T.mp3"], "{}", outcome.summary);
    assert!(outcome.summary.contains("0 steps undone, 2 could not be undone"), "{}", outcome.summary);
}

/// The state after a kill: the file is at its target, and the journal does not have the result.
fn interrupted() -> (TestFolders, String) {
    let (folders, plan) = one();
    fs::create_dir(folders.organised.join("Unassigned")).unwrap();
    fs::rename(folders.music.join("in/a.mp3"), folders.organised.join("Unassigned/a.mp3")).unwrap();
    folders.own.execute("UPDATE organise_steps SET state = 'intended'", &[]).unwrap();
    folders.own.execute("UPDATE organise_plans SET state = 'begun'", &[]).unwrap();
    (folders, plan)
}

fn blind(operation: &str, path: &Path) -> io::Result<()> {
    if operation == "look" && path.ends_with("a.mp3") { Err(io::Error::other("no answer")) } else { Ok(()) }
}

#[test]
fn an_unavailable_disk_keeps_an_interrupted_step_open() {
    let (folders, plan) = interrupted();
    assert!(matches!(apply(&folders, &plan, &blind), Err(Error::Retryable(_))));
    let outcome = apply(&folders, &plan, &|_, _| Ok(())).unwrap();
    assert!(outcome.summary.contains("1 of 1 steps done"), "{}", outcome.summary);
    let (folders, plan) = interrupted();
    assert!(matches!(undo(&folders, &plan, &blind), Err(Error::Retryable(_))));
    undo(&folders, &plan, &|_, _| Ok(())).unwrap();
    assert!(folders.music.join("in/a.mp3").is_file());
    let (folders, plan) = interrupted();
    apply(&folders, &plan, &|_, _| Ok(())).unwrap();
    fs::create_dir_all(folders.music.join("in")).unwrap();
    fs::rename(folders.organised.join("Unassigned/a.mp3"), folders.music.join("in/a.mp3")).unwrap();
    folders.own.execute("UPDATE organise_steps SET state = 'undoing'", &[]).unwrap();
    folders.own.execute("UPDATE organise_plans SET state = 'undoing'", &[]).unwrap();
    assert!(matches!(undo(&folders, &plan, &blind), Err(Error::Retryable(_))));
    let outcome = undo(&folders, &plan, &|_, _| Ok(())).unwrap();
    assert!(outcome.summary.contains("1 steps undone, 0 could not be undone"), "{}", outcome.summary);
}

#[test]
fn a_file_at_its_target_is_found_before_its_folders_are_checked() {
    let (folders, plan) = interrupted();
    let fails = |operation: &str, path: &Path| {
        if operation == "look" && path.ends_with("Unassigned") { Err(io::Error::other("no answer")) } else { Ok(()) }
    };
    let outcome = apply(&folders, &plan, &fails).unwrap();
    assert!(outcome.summary.contains("1 of 1 steps done"), "{} {:?}", outcome.summary, outcome.findings);
}

#[test]
fn a_task_without_time_leaves_an_interrupted_step_open() {
    let (folders, plan) = interrupted();
    folders
        .apply_by(
            &plan,
            &MoveTools {
                catalog: &folders.catalog,
                own: &folders.own,
                locks: &folders.locks,
                disk: &RealDisk,
                has_time: &|| false,
            },
        )
        .unwrap();
    let outcome = folders.apply(&plan).unwrap();
    assert!(outcome.summary.contains("1 of 1 steps done"), "{} {:?}", outcome.summary, outcome.findings);
}

#[test]
fn files_kept_by_undo_are_retried() {
    let folders = TestFolders::new();
    folders.track("a", "A", "T");
    folders.playlist("P", &["a"]);
    folders.playlist("Q", &["a"]);
    folders.file("a.mp3", "some sound");
    folders.link("a.mp3", "a");
    let before = folders.tree();
    let plan = id(&folders.plan_json(&json!({ "in_several": "copy" })));
    folders.apply(&plan).unwrap();
    // The disk is not mounted: its folder is empty.
    let away = folders.organised.with_extension("away");
    fs::rename(&folders.organised, &away).unwrap();
    fs::create_dir(&folders.organised).unwrap();
    let outcome = folders.undo(&plan).unwrap();
    assert!(outcome.summary.contains("0 steps undone, 2 could not be undone"), "{}", outcome.summary);
    folders.file("b.mp3", "other sound");
    for number in 0..15 {
        folders.plan_json(&json!({ "rules": [{ "to": format!("{number}/{{name}}.{{ext}}") }] }));
    }
    fs::remove_file(folders.music.join("b.mp3")).unwrap();
    fs::remove_dir(&folders.organised).unwrap();
    fs::rename(&away, &folders.organised).unwrap();
    // Another task asks again.
    let again = |task: &str| {
        let mut task_of = folders.task(&json!({ "plan": plan }));
        task_of.id = task.to_owned();
        music_files::organise::undo(&task_of, &folders.catalog, &folders.own, &folders.locks)
    };
    let outcome = again("t2").unwrap();
    assert!(
        outcome.summary.contains("2 steps undone, 0 could not be undone"),
        "{} {:?}",
        outcome.summary,
        outcome.findings
    );
    assert_eq!(folders.tree(), before);
    let undone = again("t3").unwrap();
    assert_eq!(undone.kind, OutcomeKind::Refused);
    assert!(undone.summary.contains("was already undone"), "{}", undone.summary);
}
