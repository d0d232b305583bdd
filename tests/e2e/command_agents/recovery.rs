//! `kill -9` of the daemon while a command agent works. The next daemon ends the agent's processes, and continues the
//! agent's session or asks a person.

use super::{alive, drop_request, outcomes, started, starts, workspace};

#[test]
fn after_kill_9_of_the_daemon_the_session_continues() {
    let workspace = workspace("session", "");
    let daemon = workspace.up_and_serving();
    drop_request(&workspace, "Resume me");
    let first = started(&workspace, 1);
    workspace.wait_for("the session in the ledger", |workspace| {
        (super::runs(workspace, "Resume me")[0]["session"] == "session-1").then_some(())
    });
    daemon.kill();
    assert!(!alive(&first).is_empty(), "the processes of the run outlive the daemon");
    let daemon = workspace.up_and_serving();
    workspace.wait_for_state("Resume me", "succeeded");
    assert!(alive(&first).is_empty(), "the left-over processes were ended");
    assert_eq!(started(&workspace, 2)["env"]["BATON_SESSION"], "session-1");
    workspace.wait_for("the end of the run", |workspace| {
        (outcomes(workspace, "Resume me") == ["interrupted", "returned"]).then_some(())
    });
    assert_eq!((starts(&workspace), workspace.returns_for("Claude-MM1", "id-resume-me").len()), (2, 1));
    assert!(daemon.stop().success());
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn without_a_session_a_person_is_asked() {
    let workspace = workspace("no-session", "");
    let daemon = workspace.up_and_serving();
    drop_request(&workspace, "Half done");
    let first = started(&workspace, 1);
    daemon.kill();
    let _daemon = workspace.up_and_serving();
    let task = workspace.wait_for_state("Half done", "needs_human");
    assert!(task.reason.contains("its session cannot continue"), "{}", task.reason);
    assert!(alive(&first).is_empty());
    assert_eq!((outcomes(&workspace, "Half done"), starts(&workspace)), (vec!["interrupted".to_owned()], 1));
}

#[test]
fn processes_of_an_agent_that_is_not_a_command_agent_any_more_are_ended() {
    let workspace = workspace("no-session", "");
    let daemon = workspace.up_and_serving();
    drop_request(&workspace, "Orphan");
    let first = started(&workspace, 1);
    daemon.kill();
    assert!(!alive(&first).is_empty());
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", config.split("\n[agents.Worker]").next().unwrap());
    let _daemon = workspace.up_and_serving();
    workspace.wait_for("the end of the processes", |_| alive(&first).is_empty().then_some(()));
    workspace
        .wait_for("the end of the run", |workspace| (outcomes(workspace, "Orphan") == ["interrupted"]).then_some(()));
    assert_eq!(workspace.task("Orphan").state, "delivered");
}
