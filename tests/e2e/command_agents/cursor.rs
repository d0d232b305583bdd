//! Cursor as a command agent. Cursor's command line is in no package registry, so the tests use a script in its place: `cursor.py` takes
//! the documented arguments and prints the documented stream. These tests do not run Cursor.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use baton_tests::{Daemon, Workspace};

use super::{alive, drop_request, folder, outcomes, started, starts};

/// A workspace whose agent `Worker` is the stand-in, registered by `baton connect cursor`.
fn workspace(behaviour: &str) -> Workspace {
    let workspace = Workspace::with_noop();
    for agent in ["Claude-MM1", "Worker"] {
        fs::create_dir_all(workspace.inbox_of(agent)).unwrap();
    }
    fs::create_dir_all(folder(&workspace)).unwrap();
    workspace.write("work/behaviour", behaviour);
    workspace.write("bin/mcp_tools.py", include_str!("mcp_tools.py"));
    workspace.write("bin/agent", include_str!("cursor.py"));
    let program = workspace.root().join("bin/agent");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    let section = "\n[agents.Worker]\ncommand = \"cursor\"\nrun = { folder = \"work\", permission = \"force\" }\n";
    workspace.write("baton.toml", workspace.read("baton.toml") + section);
    let project = folder(&workspace).display().to_string();
    workspace.baton(&["connect", "cursor", "--agent", "Worker", "--project", &project, "--yes"]).ended(0);
    workspace
}

/// Starts `baton up` with the stand-in first on PATH.
fn up(workspace: &Workspace) -> Daemon {
    let folders = env::var_os("PATH").unwrap_or_default();
    let folders = [workspace.root().join("bin")].into_iter().chain(env::split_paths(&folders));
    let path = env::join_paths(folders).unwrap();
    workspace.up_by(workspace.command().env("PATH", path).arg("-w").arg(workspace.root()).arg("up"))
}

fn wait_for_runs(workspace: &Workspace, title: &str, wanted: &[&str]) {
    workspace.wait_for("the end of the run", |workspace| (outcomes(workspace, title) == wanted).then_some(()));
}

#[test]
fn cursor_is_connected_started_and_answers_through_its_registered_server() {
    let workspace = workspace("work");
    let daemon = up(&workspace);
    drop_request(&workspace, "For Cursor");
    let task = workspace.wait_for_archive("For Cursor");
    assert_eq!(task.state, "succeeded");
    wait_for_runs(&workspace, "For Cursor", &["returned"]);
    let actions: Vec<_> = workspace.why(&task.id).events.into_iter().map(|event| event.action).collect();
    for action in ["run_started", "claimed", "returned", "run_ended"] {
        assert_eq!(actions.iter().filter(|known| *known == action).count(), 1, "{action}: {actions:?}");
    }
    assert_eq!(super::runs(&workspace, "For Cursor")[0]["session"], "chat-1");
    assert_eq!(workspace.returns_for("Claude-MM1", "id-for-cursor").len(), 1);
    assert!(!started(&workspace, 1)["prompt"].as_str().unwrap().contains("For Cursor"));
    assert!(daemon.stop().success());
}

#[test]
fn killed_with_the_daemon_its_session_continues_and_one_return_is_given() {
    let workspace = workspace("interrupted");
    let daemon = up(&workspace);
    drop_request(&workspace, "Resume me");
    let first = started(&workspace, 1);
    workspace.wait_for("the session in the ledger", |workspace| {
        (super::runs(workspace, "Resume me")[0]["session"] == "chat-1").then_some(())
    });
    daemon.kill();
    assert!(!alive(&first).is_empty(), "it outlives the daemon");
    let _daemon = up(&workspace);
    workspace.wait_for_state("Resume me", "succeeded");
    wait_for_runs(&workspace, "Resume me", &["interrupted", "returned"]);
    assert!(alive(&first).is_empty());
    assert_eq!(started(&workspace, 2)["session"], "chat-1");
    assert_eq!((starts(&workspace), workspace.returns_for("Claude-MM1", "id-resume-me").len()), (2, 1));
}

/// Cursor gets its prompt at its start, so it may have done work before Baton knew its session.
#[test]
fn killed_before_it_states_its_session_it_is_not_started_twice() {
    let workspace = workspace("silent");
    let daemon = up(&workspace);
    drop_request(&workspace, "Once only");
    let first = started(&workspace, 1);
    daemon.kill();
    workspace.write("work/behaviour", "work");
    let _daemon = up(&workspace);
    let task = workspace.wait_for_state("Once only", "needs_human");
    assert!(task.reason.contains("check what it has done"), "{}", task.reason);
    assert!(alive(&first).is_empty());
    assert_eq!((outcomes(&workspace, "Once only"), starts(&workspace)), (vec!["interrupted".to_owned()], 1));
    // The operator starts the request again.
    workspace.baton(&["retry", &task.id]).ended(0);
    workspace.wait_for_state("Once only", "succeeded");
    assert_eq!(workspace.returns_for("Claude-MM1", "id-once-only").len(), 1);
}

#[test]
fn a_failure_without_a_result_line_asks_a_person() {
    let workspace = workspace("fail");
    let _daemon = up(&workspace);
    drop_request(&workspace, "Broken");
    let task = workspace.wait_for_state("Broken", "needs_human");
    assert!(task.reason.contains("exit status: 1): error: the model is not reachable"), "{}", task.reason);
    assert_eq!((outcomes(&workspace, "Broken"), starts(&workspace)), (vec!["failed".to_owned()], 1));
}

/// A known fault of Cursor: the process stays after its result.
#[test]
fn a_process_that_stays_after_its_result_is_ended() {
    for (behaviour, state, outcome) in
        [("hang", "succeeded", "returned"), ("hang-without-return", "needs_human", "no_return")]
    {
        let workspace = workspace(behaviour);
        let _daemon = up(&workspace);
        drop_request(&workspace, "Stays");
        let task = workspace.wait_for_state("Stays", state);
        wait_for_runs(&workspace, "Stays", &[outcome]);
        assert!(alive(&started(&workspace, 1)).is_empty());
        if outcome == "no_return" {
            assert!(task.reason.contains("did not exit after its result"), "{}", task.reason);
        }
    }
}
