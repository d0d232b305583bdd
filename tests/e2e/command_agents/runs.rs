//! Runs from their start to their end: work, no RETURN, failure, a question, a deadline, a usage limit, hostile texts.

use std::fs;

use baton_tests::{handoff_with, text};
use serde_json::json;

use super::{alive, drop_request, folder, outcomes, runs, started, starts, workspace};

#[test]
fn a_program_is_started_for_a_request_and_answers_it() {
    let workspace = workspace("work", "");
    let daemon = workspace.up_and_serving();
    drop_request(&workspace, "Paint it");
    let task = workspace.wait_for_state("Paint it", "succeeded");
    assert_eq!(task.from.as_deref(), Some("Claude-MM1"));
    let answers = workspace.returns_for("Claude-MM1", "id-paint-it");
    assert_eq!(answers.len(), 1, "{answers:#?}");
    workspace
        .wait_for("the end of the run", |workspace| (outcomes(workspace, "Paint it") == ["returned"]).then_some(()));
    let actions: Vec<_> = workspace.why(&task.id).events.into_iter().map(|event| event.action).collect();
    for action in ["run_started", "claimed", "progress", "returned", "run_ended"] {
        assert_eq!(actions.iter().filter(|known| *known == action).count(), 1, "{action}: {actions:?}");
    }
    // The prompt has the id and no text of the handoff; the environment is cleared.
    let started = started(&workspace, 1);
    let prompt = started["prompt"].as_str().unwrap();
    assert!(prompt.contains(&task.id) && !prompt.contains("Paint it"), "{prompt}");
    assert_eq!(started["argv"], json!(["work"]));
    let env = started["env"].as_object().unwrap();
    assert!(env.contains_key("PATH") && !env.contains_key("NO_COLOR"), "{env:?}");
    assert!(started["read"].to_string().contains("Paint it"), "{started}");
    assert_eq!(starts(&workspace), 1);
    assert!(daemon.stop().success());
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn requests_run_one_after_the_other_unless_more_are_allowed() {
    for (allowed, most) in [("", 1), ("\n[agents.Worker]\nconcurrency = 2\n", 2)] {
        let workspace = workspace("hang", "deadline = \"40s\"");
        if !allowed.is_empty() {
            let config = workspace.read("baton.toml").replace("\n[agents.Worker]\n", allowed);
            workspace.write("baton.toml", config);
        }
        let daemon = workspace.up_and_serving();
        for title in ["One", "Two", "Three"] {
            drop_request(&workspace, title);
            workspace.wait_for_state(title, "delivered");
        }
        let work = |workspace: &baton_tests::Workspace| {
            let all = ["One", "Two", "Three"].into_iter().flat_map(|title| outcomes(workspace, title));
            all.filter(|outcome| outcome == "works").count()
        };
        workspace.wait_for("the runs", |workspace| (work(workspace) == most).then_some(()));
        std::thread::sleep(std::time::Duration::from_millis(700));
        assert_eq!(work(&workspace), most);
        // The second Ctrl-C ends the running processes.
        daemon.interrupt();
        workspace.wait_for("the note", |_| daemon.log().contains("again to interrupt").then_some(()));
        assert!(daemon.stop().success());
        for number in 1..=u32::try_from(most).unwrap() {
            assert!(alive(&started(&workspace, number)).is_empty());
        }
    }
}

#[test]
fn an_exit_code_of_0_without_a_return_is_not_success() {
    for (what, outcome, says) in
        [("nothing", "no_return", "without a RETURN"), ("fail", "failed", "the model is not there")]
    {
        let workspace = workspace(what, "");
        let _daemon = workspace.up_and_serving();
        drop_request(&workspace, "Idle hands");
        let task = workspace.wait_for_state("Idle hands", "needs_human");
        assert!(task.reason.contains(says) && task.reason.contains("baton retry"), "{}", task.reason);
        assert_eq!(outcomes(&workspace, "Idle hands"), [outcome]);
        assert!(workspace.returns_for("Claude-MM1", "id-idle-hands").is_empty());
        let shown = workspace.baton(&["why", &task.id]).ended(0).stdout;
        assert!(shown.contains("the newest run printed"), "{shown}");
        // Only the operator starts the agent again.
        workspace.baton(&["retry", &task.id]).ended(0);
        workspace.wait_for("the second run", |workspace| {
            (outcomes(workspace, "Idle hands") == [outcome, outcome]).then_some(())
        });
    }
}

#[test]
fn a_question_waits_for_a_person_and_its_answer_starts_a_new_run() {
    let workspace = workspace("ask", "");
    let _daemon = workspace.up_and_serving();
    drop_request(&workspace, "Colour");
    let task = workspace.wait_for_state("Colour", "needs_human");
    assert!(task.reason.contains("Which colour?"), "{}", task.reason);
    workspace.wait_for("the end of the run", |workspace| (outcomes(workspace, "Colour") == ["asked"]).then_some(()));
    workspace.baton(&["answer", &task.id, "blue"]).ended(0);
    workspace
        .wait_for("the second run", |workspace| (outcomes(workspace, "Colour") == ["asked", "asked"]).then_some(()));
}

#[test]
fn an_answer_before_the_exit_of_the_process_is_used() {
    let workspace = workspace("ask-and-stay", "");
    let _daemon = workspace.up_and_serving();
    drop_request(&workspace, "Early answer");
    let task = workspace.wait_for_state("Early answer", "needs_human");
    workspace.baton(&["answer", &task.id, "blue"]).ended(0);
    workspace.write("work/go", "");
    workspace.wait_for("the second run", |workspace| {
        (outcomes(workspace, "Early answer") == ["asked", "asked"]).then_some(())
    });
}

#[test]
fn a_failure_whose_output_mentions_limits_is_not_a_usage_limit() {
    let workspace = workspace("near-limit", "");
    let _daemon = workspace.up_and_serving();
    drop_request(&workspace, "Near");
    let task = workspace.wait_for_state("Near", "needs_human");
    assert!(task.reason.contains("failed"), "{}", task.reason);
    assert_eq!(outcomes(&workspace, "Near"), ["failed"]);
}

#[test]
fn at_its_deadline_a_process_is_ended_with_everything_that_it_started() {
    let workspace = workspace("hang", "deadline = \"2s\"");
    let _daemon = workspace.up_and_serving();
    drop_request(&workspace, "Hang");
    let started = started(&workspace, 1);
    assert!(!alive(&started).is_empty());
    let task = workspace.wait_for_state("Hang", "needs_human");
    assert!(task.reason.contains("deadline of 2s"), "{}", task.reason);
    assert_eq!(outcomes(&workspace, "Hang"), ["deadline"]);
    assert!(alive(&started).is_empty(), "{started}");
}

#[test]
fn a_cancelled_request_ends_its_process() {
    let workspace = workspace("hang", "");
    let _daemon = workspace.up_and_serving();
    drop_request(&workspace, "Stop it");
    let started = started(&workspace, 1);
    workspace.baton(&["cancel", &workspace.task("Stop it").id]).ended(0);
    workspace
        .wait_for("the end of the run", |workspace| (outcomes(workspace, "Stop it") == ["withdrawn"]).then_some(()));
    assert!(alive(&started).is_empty());
    assert_eq!(workspace.task("Stop it").state, "cancelled");
}

#[test]
fn a_usage_limit_makes_the_request_wait_and_its_session_continues() {
    let workspace = workspace("limited", "");
    let _daemon = workspace.up_and_serving();
    drop_request(&workspace, "Limited");
    let task = workspace.wait_for_state("Limited", "waiting");
    assert!(task.reason.contains("usage limit of program ends at 20"), "{}", task.reason);
    let agents = workspace.baton(&["agents", "--json"]).ended(0).json();
    let worker = agents["agents"].as_array().unwrap().iter().find(|agent| agent["name"] == "Worker").unwrap().clone();
    assert_eq!(worker["activity"]["state"], "waiting_for_quota", "{worker}");
    workspace.wait_for_state("Limited", "succeeded");
    workspace.wait_for("the end of the run", |workspace| {
        (outcomes(workspace, "Limited") == ["quota", "returned"]).then_some(())
    });
    assert_eq!(started(&workspace, 2)["env"]["BATON_SESSION"], "session-1");
    let runs = runs(&workspace, "Limited");
    let last = runs.last().unwrap();
    assert_eq!((&last["resumed"], &last["session"]), (&json!(true), &json!("session-1")));
    assert_eq!(
        (&last["cost_usd"], &last["input_tokens"], &last["output_tokens"]),
        (&json!(0.25), &json!(70), &json!(30))
    );
    assert_eq!(workspace.returns_for("Claude-MM1", "id-limited").len(), 1);
}

#[test]
fn waiting_for_a_usage_limit_can_be_switched_off() {
    let workspace = workspace("limited", "quota_wait = false");
    let _daemon = workspace.up_and_serving();
    drop_request(&workspace, "Limited");
    let task = workspace.wait_for_state("Limited", "needs_human");
    assert!(task.reason.contains("usage limit"), "{}", task.reason);
    assert_eq!(outcomes(&workspace, "Limited"), ["failed"]);
}

#[test]
fn nothing_of_a_handoff_reaches_a_shell_an_argument_or_the_environment() {
    let workspace = workspace("work", "");
    let _daemon = workspace.up_and_serving();
    let evil = "$(touch pwned) `touch pwned`; touch pwned\u{7}\" --dangerously-skip-permissions ' \\ %s";
    let fields = json!({ "body": evil, "handoff_id": "--help$(touch pwned)", "task": { "description": evil } });
    let handoff = handoff_with("Worker", evil, fields);
    workspace.drop_file("Worker", "$(touch pwned);.json", text(&handoff));
    let task = workspace.wait_for("the answer", |workspace| {
        workspace.tasks_of("Worker").into_iter().find(|task| task.state == "succeeded")
    });
    let mut started = started(&workspace, 1);
    assert!(started["read"].to_string().contains("pwned"), "the text is read over MCP: {started}");
    started.as_object_mut().unwrap().remove("read");
    assert!(
        !started.to_string().contains("pwned") && started["prompt"].as_str().unwrap().contains(&task.id),
        "{started}"
    );
    let config = fs::read_to_string(started["env"]["BATON_MCP_CONFIG"].as_str().unwrap()).unwrap();
    assert!(!config.contains("pwned"), "{config}");
    for place in [folder(&workspace), workspace.root().to_owned()] {
        assert!(!place.join("pwned").exists());
    }
}
