//! A link or a pipe in place of a file of Baton, in the workspace and in the state folder. No command blocks or writes through a link.
//! The work is done, or an error names the file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use baton_tests::{Output, Workspace};

/// A link or a pipe that another program puts in place of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Link,
    DanglingLink,
    Pipe,
}

/// A workspace whose plugin `store` has used its databases, and a secret.
fn workspace_with_history() -> Workspace {
    let workspace = Workspace::with_store(
        "sql = [{ database = \"own\", mode = \"rw\" }, { database = \"catalog\", mode = \"rw\" }]",
    );
    workspace.drop_action("store", "fill");
    workspace.drop_action("store", "count");
    workspace.up_once();
    let set = Output::fed(
        workspace.command().arg("-w").arg(workspace.root()).args(["secret", "set", "token"]),
        b"a-made-up-value",
    );
    set.ended(0);
    workspace
}

/// The files of Baton that the work above has made.
fn files(workspace: &Workspace) -> Vec<PathBuf> {
    let state = workspace.state_folder();
    let marker = workspace.inbox_of("noop").parent().unwrap().join(".baton-owner");
    let in_state =
        ["id", "workspace", "up.lock", "wake/now", "catalog.db", "plugins/store.db", "secrets.json", "secrets.lock"];
    let files: Vec<_> = [marker].into_iter().chain(in_state.map(|name| state.join(name))).collect();
    assert!(files.iter().filter(|file| !file.ends_with("wake/now")).all(|file| file.is_file()), "{files:?}");
    files
}

/// Replaces the file and returns the target of the link.
fn replace(workspace: &Workspace, file: &Path, kind: Kind) -> PathBuf {
    let target = workspace.outside().join("precious");
    drop(fs::remove_file(&target));
    drop(fs::remove_file(file));
    match kind {
        Kind::Link => fs::write(&target, "precious").unwrap(),
        Kind::DanglingLink | Kind::Pipe => {}
    }
    match kind {
        Kind::Link | Kind::DanglingLink => std::os::unix::fs::symlink(&target, file).unwrap(),
        Kind::Pipe => rustix::fs::mkfifoat(rustix::fs::CWD, file, rustix::fs::Mode::RWXU).unwrap(),
    }
    target
}

/// Runs commands that use all files of Baton. Fails if a command does not end. Returns the output of the commands, and whether
/// all work was done.
fn used(workspace: &Workspace, number: usize) -> (String, bool) {
    let titles = [format!("Echo {number}"), format!("Count {number}")];
    workspace.drop_handoff("noop", &titles[0]);
    workspace.drop_handoff_with("store", &titles[1], serde_json::json!({ "action": "count" }));
    let secret = Output::fed(
        workspace.command().arg("-w").arg(workspace.root()).args(["secret", "set", "token"]),
        b"another-made-up-value",
    );
    let outputs = [
        workspace.baton(&["up", "--once"]),
        secret,
        workspace.baton(&["run", "store", "look"]),
        workspace.baton(&["doctor"]),
    ];
    let done = outputs.iter().all(|output| output.code == 0)
        && workspace.status().iter().filter(|task| titles.contains(&task.title)).all(|task| task.state == "succeeded");
    (outputs.map(|output| output.stdout + &output.stderr).concat(), done)
}

#[test]
fn no_command_follows_a_link_or_blocks_on_a_pipe() {
    let workspace = workspace_with_history();
    let mut number = 0;
    let mut unnoticed = Vec::new();
    for file in files(&workspace) {
        let original = fs::read(&file).ok();
        for kind in [Kind::Link, Kind::DanglingLink, Kind::Pipe] {
            number += 1;
            let target = replace(&workspace, &file, kind);
            let (said, done) = used(&workspace, number);
            let place = format!("{}: {kind:?}", file.display());
            match kind {
                Kind::Link => assert_eq!(fs::read_to_string(&target).unwrap(), "precious", "{place}"),
                Kind::DanglingLink | Kind::Pipe => assert!(!target.exists(), "{place}"),
            }
            let name = file.file_name().unwrap().to_str().unwrap();
            if done {
                unnoticed.push(name.to_owned());
            } else {
                let is_named = said.contains(name) && said.contains("not a regular file");
                assert!(is_named, "{place}: {said}");
            }
            drop(fs::remove_file(&file));
            if let Some(bytes) = &original {
                fs::write(&file, bytes).unwrap();
                fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            }
            // Completes the work that failed or waited, so that it is not part of the next case.
            workspace.up_once();
        }
    }
    // Two files need no error: Baton writes the file with the workspace's path again, and these commands do not need the file
    // that wakes a daemon.
    unnoticed.retain(|name| name != "workspace" && name != "now");
    assert!(unnoticed.is_empty(), "{unnoticed:?}");
}
