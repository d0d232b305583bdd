//! The daemon is killed at every failpoint, and nothing is lost, changed or done twice.
//!
//! Each scene adds work to a workspace, and this work passes certain failpoints. For each failpoint and each hit there is a separate
//! workspace: a daemon with that failpoint must die by SIGKILL, `up --once` finishes the work, and [`Expectations`] checks the
//! result. `points` lists the failpoints; every one must be passed by a scene.

mod points;
mod scenes;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use baton_tests::{PATIENCE, Workspace, repository};

pub(crate) use self::points::POINTS;
use self::points::WAYS;
use self::scenes::{SCENES, Scenario};
use crate::library::quarantine_kills::{STEPS as QUARANTINE, WAYS as QUARANTINE_WAYS};
use crate::plugins::STEPS;

/// The value of `FAILPOINTS` that kills the process when it passes `point` for the `hit`th time.
pub(crate) fn armed(point: &str, hit: u32) -> String {
    if hit == 1 { format!("{point}=panic") } else { format!("{point}={}*off->panic", hit - 1) }
}

fn play(scene: &Scenario) {
    for (point, hits) in scene.points {
        for hit in *hits {
            let when = format!("{} killed at {point}, hit {hit}", scene.name);
            let (workspace, mut book) = (scene.workspace)();
            (scene.before)(&workspace, &mut book);
            let failpoints = [scene.way, &armed(point, *hit)].concat();
            (scene.die)(&workspace, &failpoints, &when);
            (scene.after)(&workspace);
            workspace.settle(scene.way);
            book.judge(&workspace, &when);
        }
    }
}

/// Runs a daemon that must die.
fn daemon_dies(workspace: &Workspace, failpoints: &str, when: &str) {
    let mut daemon = workspace.up_armed(failpoints);
    let hint = "is the program built with `--features baton/failpoints`?";
    match daemon.died(PATIENCE) {
        Some(killed) => assert!(killed, "{when}: it ended otherwise\n{}", daemon.log()),
        None => panic!("{when}: it lives; {hint}\n{:#?}\n{}", workspace.status(), daemon.log()),
    }
}

macro_rules! scenes {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            play(SCENES.iter().find(|scene| scene.name == stringify!($name)).unwrap());
        })*

        #[test]
        fn every_scene_is_run() {
            assert_eq!(SCENES.iter().map(|scene| scene.name).collect::<Vec<_>>(), [$(stringify!($name)),*]);
        }
    };
}

// One test for each scene, so that they run in parallel.
scenes! {
    taking_in
    committing
    working
    writing_answers
    placing_answers
    archiving
    archiving_to_another_disk
    renaming_without_the_kernels_help
    dropping_for_one
    dropping_for_all
    answering
    refusing
    sending_on
    taking_back
    triggering
    hearing
    withdrawing
    cancelling
    retrying
    resuming
    recovering
    waiting_for_a_retry
    reminding
    giving_up
}

#[test]
fn every_failpoint_of_the_source_is_listed_and_every_listed_one_kills() {
    // `plugins.rs` tests the failpoints of an installation, and `library/quarantine_kills.rs` tests those of a quarantine.
    let all = POINTS.iter().chain(&WAYS).chain(&STEPS).chain(&QUARANTINE).chain(&QUARANTINE_WAYS);
    let of_their_own = STEPS.len() + QUARANTINE.len() + QUARANTINE_WAYS.len();
    let listed: BTreeSet<String> = all.map(|&name| name.to_owned()).collect();
    assert_eq!(listed.len(), POINTS.len() + WAYS.len() + of_their_own, "a name is listed twice");
    let mut named = BTreeSet::new();
    collect(&repository().join("host"), &mut named);
    assert_eq!(named, listed, "the list of points is not that of the source");
    let played: BTreeSet<&str> = SCENES.iter().flat_map(|scene| scene.points).map(|(point, _)| *point).collect();
    let unplayed: Vec<_> = POINTS.iter().filter(|point| !played.contains(**point)).collect();
    assert!(unplayed.is_empty(), "no scene passes {unplayed:?}");
}

/// The names in `fail_point!` of every source below `folder`.
fn collect(folder: &Path, named: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, named);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let after = text.split("fail_point!(\"").skip(1);
            named.extend(after.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
}

/// Time for the daemon to begin work that it must not finish.
const A_MOMENT: Duration = Duration::from_millis(300);
