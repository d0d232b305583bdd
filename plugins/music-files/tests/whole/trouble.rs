//! Disks that fail once: no file is lost, and every possible step is done.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use baton_plugin_kit::host::Writable as _;
use baton_plugin_sdk::{Error, Outcome, OutcomeKind};
use music_files::organise::MoveTools;
use music_files::organise::disk::{Disk, PathMetadata, RealDisk};
use serde_json::json;

use crate::place::{Place, id, write};

/// The error for an operation on a path.
type Wrong<'a> = &'a dyn Fn(&str, &Path) -> io::Result<()>;

/// A disk with an error; `music` and `organised` are on two disks.
struct Failing<'a>(Wrong<'a>);

impl Disk for Failing<'_> {
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

fn apply(place: &Place, plan: &str, wrong: Wrong<'_>) -> Result<Outcome, Error> {
    let disk = Failing(wrong);
    place.apply_by(
        plan,
        &MoveTools { catalog: &place.catalog, own: &place.own, locks: &place.locks, disk: &disk, has_time: &|| true },
    )
}

fn undo(place: &Place, plan: &str, wrong: Wrong<'_>) -> Result<Outcome, Error> {
    let disk = Failing(wrong);
    place.undo_by(
        plan,
        &MoveTools { catalog: &place.catalog, own: &place.own, locks: &place.locks, disk: &disk, has_time: &|| true },
    )
}

fn one() -> (Place, String) {
    let place = Place::new();
    place.file("in/a.mp3", "some sound");
    let plan = id(&place.planned(&json!({})));
    (place, plan)
}

#[test]
fn a_copy_stays_when_its_source_is_gone_before_it_was_removed() {
    let (place, plan) = one();
    let before = place.tree();
    // Another program, or the disk itself, removes the file at that moment.
    let vanishes = |operation: &str, path: &Path| {
        if operation == "remove" && path.ends_with("a.mp3") {
            fs::remove_file(path)?;
            return Err(ErrorKind::NotFound.into());
        }
        Ok(())
    };
    let outcome = apply(&place, &plan, &vanishes).unwrap();
    assert_eq!(place.sorted(), ["Unassigned/a.mp3"]);
    assert!(outcome.summary.contains("1 of 1 steps done"), "{}", outcome.summary);
    undo(&place, &plan, &vanishes).unwrap();
    assert_eq!(place.tree(), before);
}

#[test]
fn a_copy_goes_when_its_source_may_not() {
    let (place, plan) = one();
    let before = place.tree();
    let refuses = |operation: &str, path: &Path| {
        let wrong = operation == "remove" && path == place.music.join("in/a.mp3");
        if wrong { Err(ErrorKind::PermissionDenied.into()) } else { Ok(()) }
    };
    let outcome = apply(&place, &plan, &refuses).unwrap();
    assert!(outcome.summary.contains("1 left"), "{}", outcome.summary);
    place.undo(&plan).unwrap();
    assert_eq!(place.tree(), before);
}

#[test]
fn a_source_stays_when_the_name_of_its_copy_is_not_on_the_disk() {
    let (place, plan) = one();
    let before = place.tree();
    let fails = |operation: &str, path: &Path| {
        let wrong = operation == "settle" && path.ends_with("Unassigned");
        if wrong { Err(io::Error::other("the disk fails")) } else { Ok(()) }
    };
    let outcome = apply(&place, &plan, &fails).unwrap();
    assert!(outcome.summary.contains("1 left"), "{}", outcome.summary);
    place.undo(&plan).unwrap();
    assert_eq!(place.tree(), before);
}

#[test]
fn a_file_that_takes_a_whole_task_is_left_and_the_rest_continues() {
    let place = Place::new();
    for name in ["a", "b", "c"] {
        place.file(&format!("{name}.mp3"), name);
    }
    let plan = id(&place.planned(&json!({})));
    // The time of a task is used up while that file is copied.
    let until = |slow: &str| {
        let over = std::cell::Cell::new(false);
        let wrong = |operation: &str, path: &Path| {
            over.set(over.get() || (operation == "copy" && path.ends_with(slow)));
            Ok(())
        };
        let disk = Failing(&wrong);
        let tools = MoveTools {
            catalog: &place.catalog,
            own: &place.own,
            locks: &place.locks,
            disk: &disk,
            has_time: &|| !over.get(),
        };
        place.apply_by(&plan, &tools).unwrap()
    };
    let outcome = until("b.mp3");
    assert!(outcome.summary.contains("1 of 3 steps done, 0 not possible") && outcome.summary.contains("2 remain"));
    let outcome = until("b.mp3");
    assert!(outcome.summary.contains("1 of 3 steps done, 1 not possible") && outcome.summary.contains("1 remain"));
    assert!(outcome.findings[0].title.contains("this slow disk"), "{:?}", outcome.findings);
    let outcome = until("nothing");
    assert!(outcome.summary.contains("2 of 3 steps done, 1 not possible"), "{}", outcome.summary);
    assert_eq!(place.sorted(), ["Unassigned/a.mp3", "Unassigned/c.mp3"]);
    assert!(place.music.join("b.mp3").is_file());
}

#[test]
fn what_was_copied_in_vain_counts_too() {
    let place = Place::new();
    for name in ["a", "b", "c"] {
        place.file(&format!("{name}.wav"), name);
        // Nothing is written for it: a hole.
        let file = fs::File::options().write(true).open(place.music.join(format!("{name}.wav"))).unwrap();
        file.set_len(2 << 30).unwrap();
    }
    let plan = id(&place.planned(&json!({})));
    let fails = |operation: &str, _: &Path| {
        if operation == "copy" { Err(io::Error::other("it breaks off")) } else { Ok(()) }
    };
    let outcome = apply(&place, &plan, &fails).unwrap();
    assert!(outcome.summary.contains("1 left") && outcome.summary.contains("2 remain"), "{}", outcome.summary);
}

#[test]
fn a_source_that_cannot_be_checked_is_checked_again() {
    let (place, plan) = one();
    let before = place.tree();
    let source = place.music.join("in/a.mp3");
    let removed = std::cell::Cell::new(false);
    let fails = |operation: &str, path: &Path| {
        removed.set(removed.get() || (operation == "remove" && path == source));
        if removed.get() { Err(io::Error::other("the disk is gone")) } else { Ok(()) }
    };
    assert!(matches!(apply(&place, &plan, &fails), Err(Error::Retryable(_))));
    let outcome = apply(&place, &plan, &|_, _| Ok(())).unwrap();
    assert!(outcome.summary.contains("1 of 1 steps done"), "{} {:?}", outcome.summary, outcome.findings);
    undo(&place, &plan, &|_, _| Ok(())).unwrap();
    assert_eq!(place.tree(), before);
}

#[test]
fn a_copy_is_taken_back_only_while_what_it_is_a_copy_of_is_whole() {
    let place = Place::new();
    place.track("a", "A", "T");
    place.playlist("P", &["a"]);
    place.playlist("Q", &["a"]);
    place.file("a.mp3", "some sound");
    place.link("a.mp3", "a");
    let plan = id(&place.planned(&json!({ "in_several": "copy" })));
    place.apply(&plan).unwrap();
    fs::remove_file(place.organised.join("Q/A - T.mp3")).unwrap();
    write(&place.music.join("a.mp3"), "same sizes");
    let outcome = place.undo(&plan).unwrap();
    assert_eq!(place.sorted(), ["P/A - T.mp3"], "{}", outcome.summary);
    assert!(outcome.summary.contains("0 steps undone, 2 could not be undone"), "{}", outcome.summary);
}

/// As after a kill: the file is at its target, and the journal does not have it.
fn interrupted() -> (Place, String) {
    let (place, plan) = one();
    fs::create_dir(place.organised.join("Unassigned")).unwrap();
    fs::rename(place.music.join("in/a.mp3"), place.organised.join("Unassigned/a.mp3")).unwrap();
    place.own.execute("UPDATE organise_steps SET state = 'intended'", &[]).unwrap();
    place.own.execute("UPDATE organise_plans SET state = 'begun'", &[]).unwrap();
    (place, plan)
}

fn blind(operation: &str, path: &Path) -> io::Result<()> {
    if operation == "look" && path.ends_with("a.mp3") { Err(io::Error::other("no answer")) } else { Ok(()) }
}

#[test]
fn a_disk_that_does_not_answer_leaves_an_interrupted_step_open() {
    let (place, plan) = interrupted();
    assert!(matches!(apply(&place, &plan, &blind), Err(Error::Retryable(_))));
    let outcome = apply(&place, &plan, &|_, _| Ok(())).unwrap();
    assert!(outcome.summary.contains("1 of 1 steps done"), "{}", outcome.summary);
    let (place, plan) = interrupted();
    assert!(matches!(undo(&place, &plan, &blind), Err(Error::Retryable(_))));
    undo(&place, &plan, &|_, _| Ok(())).unwrap();
    assert!(place.music.join("in/a.mp3").is_file());
    let (place, plan) = interrupted();
    apply(&place, &plan, &|_, _| Ok(())).unwrap();
    fs::create_dir_all(place.music.join("in")).unwrap();
    fs::rename(place.organised.join("Unassigned/a.mp3"), place.music.join("in/a.mp3")).unwrap();
    place.own.execute("UPDATE organise_steps SET state = 'undoing'", &[]).unwrap();
    place.own.execute("UPDATE organise_plans SET state = 'undoing'", &[]).unwrap();
    assert!(matches!(undo(&place, &plan, &blind), Err(Error::Retryable(_))));
    let outcome = undo(&place, &plan, &|_, _| Ok(())).unwrap();
    assert!(outcome.summary.contains("1 steps undone, 0 could not be undone"), "{}", outcome.summary);
}

#[test]
fn a_file_that_is_at_its_place_is_seen_there_before_its_folders_are_checked() {
    let (place, plan) = interrupted();
    let fails = |operation: &str, path: &Path| {
        if operation == "look" && path.ends_with("Unassigned") { Err(io::Error::other("no answer")) } else { Ok(()) }
    };
    let outcome = apply(&place, &plan, &fails).unwrap();
    assert!(outcome.summary.contains("1 of 1 steps done"), "{} {:?}", outcome.summary, outcome.findings);
}

#[test]
fn a_task_without_time_leaves_an_interrupted_step_open() {
    let (place, plan) = interrupted();
    place
        .apply_by(
            &plan,
            &MoveTools {
                catalog: &place.catalog,
                own: &place.own,
                locks: &place.locks,
                disk: &RealDisk,
                has_time: &|| false,
            },
        )
        .unwrap();
    let outcome = place.apply(&plan).unwrap();
    assert!(outcome.summary.contains("1 of 1 steps done"), "{} {:?}", outcome.summary, outcome.findings);
}

#[test]
fn what_undo_kept_is_tried_again_and_not_forgotten() {
    let place = Place::new();
    place.track("a", "A", "T");
    place.playlist("P", &["a"]);
    place.playlist("Q", &["a"]);
    place.file("a.mp3", "some sound");
    place.link("a.mp3", "a");
    let before = place.tree();
    let plan = id(&place.planned(&json!({ "in_several": "copy" })));
    place.apply(&plan).unwrap();
    // The disk is not mounted: its folder is empty.
    let away = place.organised.with_extension("away");
    fs::rename(&place.organised, &away).unwrap();
    fs::create_dir(&place.organised).unwrap();
    let outcome = place.undo(&plan).unwrap();
    assert!(outcome.summary.contains("0 steps undone, 2 could not be undone"), "{}", outcome.summary);
    place.file("b.mp3", "other sound");
    for number in 0..15 {
        place.planned(&json!({ "rules": [{ "to": format!("{number}/{{name}}.{{ext}}") }] }));
    }
    fs::remove_file(place.music.join("b.mp3")).unwrap();
    fs::remove_dir(&place.organised).unwrap();
    fs::rename(&away, &place.organised).unwrap();
    // Another task asks again.
    let again = |task: &str| {
        let mut task_of = place.task(&json!({ "plan": plan }));
        task_of.id = task.to_owned();
        music_files::organise::undo(&task_of, &place.catalog, &place.own, &place.locks)
    };
    let outcome = again("t2").unwrap();
    assert!(
        outcome.summary.contains("2 steps undone, 0 could not be undone"),
        "{} {:?}",
        outcome.summary,
        outcome.findings
    );
    assert_eq!(place.tree(), before);
    let undone = again("t3").unwrap();
    assert_eq!(undone.kind, OutcomeKind::Refused);
    assert!(undone.summary.contains("was already undone"), "{}", undone.summary);
}
