//! Temporary files of killed commands: `baton up` removes those that no process can need, `doctor` lists the others, and files of
//! the user or of a running writer are not changed.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use baton_tests::{Output, Workspace};

fn make_old(path: &Path) {
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_hours(2)).unwrap();
}

/// Hidden temporaries in an inbox.
fn hidden(workspace: &Workspace, agent: &str) -> Vec<String> {
    let entries = fs::read_dir(workspace.inbox_of(agent)).unwrap().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".tmp"))
        .collect()
}

#[test]
fn old_temporary_files_of_a_killed_send_are_removed() {
    let workspace = Workspace::with_noop();
    let send = ["send", "--from", "Claude-MM1", "--to", "Codex-MM1", "--title", "Killed"];
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(send).env("FAILPOINTS", "deliver.written=panic");
    assert_eq!(Output::of(&mut command).code, -1, "it was killed");
    let left = hidden(&workspace, "Codex-MM1");
    assert_eq!((left.len(), workspace.inbox("Codex-MM1").len()), (1, 0), "{left:?}");
    workspace.up_once();
    assert_eq!(hidden(&workspace, "Codex-MM1"), left, "its writer may still write to it");
    make_old(&workspace.inbox_of("Codex-MM1").join(&left[0]));
    let doctor = workspace.baton(&["doctor"]).ended(0).stdout;
    assert!(doctor.contains(&left[0]) && doctor.contains("`baton up` removes it"), "{doctor}");
    let log = workspace.up_once().stderr;
    assert!(log.contains("removed the temporary file") && log.contains(&left[0]), "{log}");
    assert_eq!(hidden(&workspace, "Codex-MM1"), [""; 0]);
}

#[test]
fn files_of_users_and_of_running_writers_stay() {
    let workspace = Workspace::with_noop();
    let own = std::process::id();
    let living = format!(".baton-ledger.{own}.tmp");
    let stay = [
        &living,
        "handoffs/noop/01_inbox/.baton-notes.tmp",
        "handoffs/noop/01_inbox/.baton-h-mine.tmp",
        ".baton-77.tmp",
    ];
    // No process has an id above the kernel's limit.
    let go = [
        ".baton-ledger.4194305.tmp",
        ".baton.lock.4194305.tmp",
        "handoffs/01_inbox/.baton-h-0123456789abcdef.tmp",
        "handoffs/noop/.baton-removed.4194305.tmp",
    ];
    for name in stay.iter().chain(&go) {
        workspace.write(name, "x");
        make_old(&workspace.root().join(name));
    }
    let fresh = "handoffs/01_inbox/.baton-h-fedcba9876543210.tmp";
    workspace.write(fresh, "x");
    std::os::unix::fs::symlink("baton.toml", workspace.root().join(".baton-8.tmp")).unwrap();
    workspace.up_once();
    for name in stay.iter().chain(&[fresh]) {
        assert!(workspace.root().join(name).is_file(), "{name}");
    }
    for name in go {
        assert!(!workspace.root().join(name).exists(), "{name}");
    }
    let doctor = workspace.baton(&["doctor"]).ended(0).stdout;
    // The file may belong to another ledger, which needs the file to finish a delivery.
    assert!(doctor.contains(".baton-77.tmp: is an unused temporary file"), "{doctor}");
    assert!(!doctor.contains("notes") && !doctor.contains("mine"), "{doctor}");
}
