//! Devices, and files with hard links elsewhere, in a granted folder.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton_tests::{Workspace, fixture, make_devices, or_skip};

#[test]
fn devices_of_a_granted_folder_do_not_open() {
    let workspace = Workspace::with_noop();
    let folder = workspace.outside().join("devices");
    or_skip!(make_devices(&folder));
    let grants = format!("files = [{{ folder = \"root\", mode = \"ro\", path = \"{}\" }}]", folder.display());
    workspace.install("hostile", &fs::read(fixture("hostile")).unwrap(), &grants);
    workspace.drop_action("hostile", "open-devices");
    workspace.up_once();
    let task = workspace.task("open-devices");
    assert_eq!((task.state.as_str(), task.reason.contains("no device opened")), ("failed", true), "{}", task.reason);
}

/// Lets the plugin open a file in the folder of plans that has a hard link outside. Returns the workspace, the plugin's message and
/// the daemon's log.
fn open_linked(grants: &str) -> (Workspace, String, String) {
    let workspace = Workspace::with_noop();
    let files = format!("files = [{{ folder = \"plans\", mode = \"rw\" }}]\n{grants}");
    workspace.install("hostile", &fs::read(fixture("hostile")).unwrap(), &files);
    let outside = workspace.outside().join("precious.txt");
    fs::write(&outside, "precious").unwrap();
    fs::hard_link(&outside, workspace.root().join("plans/linked.txt")).unwrap();
    workspace.drop_action("hostile", "open-linked");
    let log = workspace.up_once().stderr;
    let reason = workspace.task("open-linked").reason;
    (workspace, reason, log)
}

#[test]
fn a_file_with_another_name_is_not_opened_and_the_log_names_the_grant() {
    let (workspace, reason, log) = open_linked("");
    assert!(reason.contains("the linked file did not open"), "{reason}");
    assert!(log.contains("linked.txt` has several names") && log.contains("hard-links"), "{log}");
    assert_eq!(fs::read_to_string(workspace.outside().join("precious.txt")).unwrap(), "precious");
}

#[test]
fn a_file_with_another_name_is_not_emptied_by_opening_it() {
    let (workspace, ..) = open_linked("");
    workspace.drop_action("hostile", "truncate-linked");
    workspace.up_once();
    let task = workspace.task("truncate-linked");
    assert!(task.reason.contains("not emptied"), "{}", task.reason);
    assert_eq!(fs::read_to_string(workspace.outside().join("precious.txt")).unwrap(), "precious");
}

#[test]
fn a_file_with_another_name_is_not_read_if_it_appears_between_check_and_open() {
    let workspace = Workspace::with_noop();
    let (plans, outside) = (workspace.outside().join("race"), workspace.outside().join("precious.txt"));
    fs::create_dir(&plans).unwrap();
    fs::write(&outside, "precious").unwrap();
    let files = format!("files = [{{ folder = \"plans\", mode = \"rw\", path = {:?} }}]", plans.display().to_string());
    workspace.install("hostile", &fs::read(fixture("hostile")).unwrap(), &files);
    workspace.drop_action("hostile", "race-linked");
    let stop = AtomicBool::new(false);
    let replace = || {
        let (linked, next) = (plans.join("linked.txt"), plans.join("next.txt"));
        for round in 0.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            // In some rounds, the harmless file stays for 200 µs. Otherwise opening it could take longer than a round, and
            // would never succeed.
            if round % 8 == 0 {
                std::thread::sleep(Duration::from_micros(200));
            }
            fs::hard_link(&outside, &next).unwrap();
            fs::rename(&next, &linked).unwrap();
            fs::remove_file(&linked).unwrap();
            fs::write(&next, "harmless").unwrap();
            fs::rename(&next, &linked).unwrap();
        }
    };
    let up = std::thread::scope(|scope| {
        scope.spawn(replace);
        let up = workspace.baton(&["up", "--once"]);
        stop.store(true, Ordering::Relaxed);
        up
    });
    up.ended(0);
    let task = workspace.task("race-linked");
    assert!(task.reason.contains("never the file with two names"), "{}", task.reason);
    assert!(!task.reason.contains("opened 0 times"), "{}", task.reason);
}

#[test]
fn the_operator_can_allow_files_with_several_names() {
    let (workspace, reason, _) = open_linked("hard_links = true");
    assert!(reason.contains("The linked file opened."), "{reason}");
    assert_eq!(fs::read_to_string(workspace.outside().join("precious.txt")).unwrap(), "xrecious");
}
