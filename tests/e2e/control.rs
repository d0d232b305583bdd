//! The operator's commands `cancel`, `retry` and `answer`; and what tasks wait for: dependencies, deadlines, a free worker.

use baton_tests::{Workspace, handoff, handoff_with, text};
use serde_json::{Value, json};

fn with(title: &str, more: &Value) -> Vec<u8> {
    let mut value = handoff("noop", title);
    if let (Some(object), Some(more)) = (value.as_object_mut(), more.as_object()) {
        object.extend(more.clone());
    }
    text(&value)
}

/// A workspace in which the plugin `hostile` has asked the operator a question.
fn asked() -> Workspace {
    let workspace = Workspace::with_hostile();
    workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    assert_eq!(workspace.task("ask-human").state, "needs_human");
    workspace
}

#[test]
fn an_answer_reaches_the_plugin_and_the_daemon_continues_at_once() {
    let workspace = asked();
    let daemon = workspace.up_and_serving();
    workspace.baton(&["answer", "ask-human.json", "the second plan counts"]).ended(0);
    let task = workspace.wait_for_archive("ask-human");
    assert_eq!(task.state, "succeeded");
    assert_eq!(task.reason, "Was told: the second plan counts");
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
    let why = workspace.why(&task.id);
    let said = why.events.iter().find(|event| event.action == "answered").unwrap();
    assert_eq!((said.actor.as_str(), said.reason.as_str()), ("operator", "the second plan counts"));
    workspace.baton(&["answer", &task.id, "again"]).ended(2);
}

#[test]
fn a_cancelled_task_is_answered_and_archived_and_may_be_requested_again() {
    let workspace = asked();
    let said = workspace.baton(&["cancel", "id-ask-human", "--reason", "no longer wanted"]).ended(0);
    assert!(said.stdout.contains("is now cancelled"), "{}", said.stdout);
    let task = workspace.task("ask-human");
    assert_eq!((task.state.as_str(), task.reason.as_str()), ("cancelled", "no longer wanted"));
    assert_eq!(workspace.processed("hostile"), ["ask-human.json"]);
    let returns = workspace.returns_for("Claude-MM1", "id-ask-human");
    assert_eq!((returns.len(), &returns[0]["status_update"]), (1, &json!("cancelled")));
    let refused = workspace.baton(&["cancel", &task.id]).ended(2);
    assert!(refused.stderr.contains("ended already"), "{}", refused.stderr);

    workspace.baton(&["retry", &task.id]).ended(0);
    assert_eq!(workspace.inbox("hostile"), ["ask-human.json"]);
    workspace.up_once();
    let states: Vec<_> = workspace.tasks("ask-human").into_iter().map(|task| task.state).collect();
    assert_eq!(states, ["needs_human", "cancelled"]);
}

#[test]
fn an_ambiguous_id_changes_no_task_and_lists_the_matches() {
    let workspace = Workspace::with_noop();
    let all = handoff_with("all", "To everybody", json!({ "target_agent": "all" }));
    workspace.write("handoffs/01_inbox/all.json", text(&all));
    let mut same = handoff("Codex-MM1", "The same words");
    for (agent, id) in [("Codex-MM1", "one"), ("Cursor-MM1", "two")] {
        same["handoff_id"] = json!(id);
        workspace.drop_file(agent, "same.json", text(&same));
    }
    workspace.up_once();
    let open = |workspace: &Workspace| {
        let all = workspace.tasks("To everybody");
        all.into_iter().filter(|task| task.state == "delivered").map(|task| task.id).collect::<Vec<_>>()
    };
    let before = open(&workspace);
    assert!(before.len() > 1, "{before:?}");
    for command in
        [["cancel", "id-to-everybody"].as_slice(), &["answer", "id-to-everybody", "yes"], &["why", "id-to-everybody"]]
    {
        let refused = workspace.baton(command).ended(2);
        assert!(before.iter().all(|id| refused.stderr.contains(id)), "{}", refused.stderr);
    }
    for word in ["same.json", "The same words"] {
        for command in ["cancel", "retry", "why"] {
            let refused = workspace.baton(&[command, word]).ended(2);
            assert!(refused.stderr.contains("matches 2 tasks"), "{}", refused.stderr);
        }
    }
    assert_eq!(open(&workspace), before, "nothing was done");
    workspace.baton(&["cancel", "two"]).ended(0);
    assert_eq!(workspace.tasks("The same words").iter().filter(|task| task.state == "cancelled").count(), 1);
    workspace.baton(&["cancel", "The same words"]).ended(0);
    workspace.baton(&["cancel", "id-to-everybody", "--all"]).ended(0);
    assert_eq!(open(&workspace), Vec::<String>::new());
    // The operator must say which of the ended tasks to retry.
    workspace.baton(&["retry", "id-to-everybody"]).ended(2);
}

#[test]
fn an_id_prefix_is_accepted_only_if_it_is_long_enough() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("Cursor-MM1", "Lies there");
    workspace.up_once();
    let id = workspace.task("Lies there").id;
    let refused = workspace.baton(&["cancel", &id[..5]]).ended(2);
    assert!(refused.stderr.contains("at least 6") && refused.stderr.contains(&id), "{}", refused.stderr);
    assert_eq!(workspace.task("Lies there").state, "delivered");
    workspace.baton(&["why", &id[..3]]).ended(0);
    workspace.baton(&["cancel", &id[..6]]).ended(0);
    assert_eq!(workspace.task("Lies there").state, "cancelled");
}

#[test]
fn a_cancelled_running_attempt_is_stopped_and_not_repeated() {
    let workspace = Workspace::with_hostile();
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "slow");
    workspace.wait_for_state("slow", "running");
    let said = workspace.baton(&["cancel", "slow.json"]).ended(0);
    assert!(said.stdout.contains("asked to stop"), "{}", said.stdout);
    let task = workspace.wait_for_archive("slow");
    assert_eq!((task.state.as_str(), task.attempts), ("cancelled", 1));
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
}

#[test]
fn a_cancelled_request_is_removed_from_the_inbox_of_an_external_agent() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("Cursor-MM1", "Not any more");
    workspace.up_once();
    workspace.baton(&["cancel", "Not-any-more.json"]).ended(0);
    assert_eq!(workspace.task("Not any more").state, "cancelled");
    assert!(workspace.inbox("Cursor-MM1").is_empty());
    assert_eq!(workspace.processed("Cursor-MM1"), ["Not-any-more.json"]);
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
}

#[test]
fn a_failed_task_is_dropped_again_unchanged_and_a_succeeded_one_is_not() {
    let workspace = Workspace::with_hostile();
    let bytes = workspace.drop_action("hostile", "retry");
    workspace.drop_handoff("noop", "Done");
    workspace.up_once();
    let dead = workspace.task("retry");
    assert_eq!(dead.state, "dead");
    let [parked] = workspace.failed("hostile").try_into().unwrap();
    assert!(parked.contains("__MAXRETRY__retry__RETRY3__"), "{parked}");
    let said = workspace.baton(&["retry", &dead.id]).ended(0);
    assert!(said.stdout.contains("handoffs/hostile/01_inbox/retry.json"), "{}", said.stdout);
    assert_eq!(workspace.read_bytes("handoffs/hostile/01_inbox/retry.json"), bytes);
    assert!(workspace.why(&dead.id).actions().contains(&"retried"));
    let refused = workspace.baton(&["retry", "Done.json"]).ended(2);
    assert!(refused.stderr.contains("another handoff_id"), "{}", refused.stderr);
}

#[test]
fn a_request_with_a_conflicting_id_can_still_be_run() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "a.json", with("One", &json!({ "handoff_id": "same" })));
    workspace.drop_file("noop", "b.json", with("Two", &json!({ "handoff_id": "same" })));
    workspace.up_once();
    let open = workspace.status().into_iter().find(|task| task.state == "needs_human").unwrap();
    workspace.baton(&["retry", &open.id]).ended(0);
    workspace.up_once();
    assert_eq!(workspace.task(&open.title).state, "succeeded");
}

#[test]
fn a_task_waits_for_its_dependencies() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    workspace.drop_file("noop", "b.json", with("Second", &json!({ "depends_on": ["id-first"] })));
    let task = workspace.wait_for_state("Second", "waiting");
    let unknown = "it waits for id-first; no task here has the id or the title `id-first`";
    assert!(task.reason.starts_with(unknown), "{}", task.reason);
    workspace.drop_handoff("noop", "First");
    assert_eq!(workspace.wait_for_archive("Second").state, "succeeded");
    assert_eq!(daemon.stop().code(), Some(0));
    let started = |title: &str| {
        let why = workspace.why(&workspace.task(title).id);
        why.events.iter().find(|event| event.action == "started").unwrap().seq
    };
    assert!(started("First") < started("Second"));
}

#[test]
fn a_task_may_depend_on_a_title() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Ground work");
    workspace.up_once();
    workspace.drop_file("noop", "b.json", with("Here already", &json!({ "depends_on": ["Ground work"] })));
    workspace.drop_file("noop", "c.json", with("Not yet here", &json!({ "depends_on": ["Roof"] })));
    workspace.up_once();
    assert_eq!(workspace.task("Here already").state, "succeeded");
    assert_eq!(workspace.task("Not yet here").state, "waiting");
    workspace.drop_handoff("noop", "Roof");
    workspace.up_once();
    assert_eq!(workspace.task("Not yet here").state, "succeeded");
}

#[test]
fn a_task_with_an_unknown_dependency_is_shown_and_later_asks_a_person() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "b.json", with("Lost", &json!({ "depends_on": ["id-tpyo"] })));
    workspace.up_once();
    let task = workspace.task("Lost");
    assert!(task.reason.contains("no task here has the id or the title `id-tpyo`"), "{}", task.reason);
    assert!(workspace.baton(&["why", &task.id]).ended(0).stdout.contains("id-tpyo"));
    let doctor = workspace.baton(&["doctor"]);
    assert!(doctor.stdout.contains("for `id-tpyo`: no task has that id or title"), "{doctor:?}");
    workspace.up_once();
    assert_eq!(workspace.task("Lost").state, "waiting", "less than a day has passed");

    workspace.write("baton.toml", "[agents.noop]\nask_after = \"1s\"\n");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    workspace.up_once();
    let task = workspace.task("Lost");
    assert_eq!(task.state, "needs_human");
    assert!(task.reason.contains("`id-tpyo`") && task.reason.contains("baton retry"), "{}", task.reason);
    workspace.baton(&["retry", &task.id]).ended(0);
    workspace.up_once();
    assert_eq!(workspace.task("Lost").state, "succeeded");
}

#[test]
fn a_task_waits_for_the_return_of_an_external_agent() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("Cursor-MM1", "Outside");
    workspace.drop_file("noop", "b.json", with("Afterwards", &json!({ "depends_on": "id-outside" })));
    workspace.up_once();
    assert_eq!(workspace.task("Afterwards").state, "waiting");
    let answer = json!({
        "type": "RETURN_HANDOFF", "executing_agent": "Cursor-MM1", "originating_agent": "Claude-MM1",
        "original_handoff": { "handoff_id": "id-outside" }, "status_update": "done",
    });
    workspace.drop_file("Claude-MM1", "r.json", text(&answer));
    workspace.up_once();
    assert_eq!(workspace.task("Afterwards").state, "succeeded");
}

#[test]
fn dependency_cycles_are_refused_and_a_failed_dependency_asks_a_person() {
    let workspace = Workspace::with_hostile();
    workspace.drop_file("noop", "a.json", with("A", &json!({ "depends_on": ["id-b"] })));
    workspace.drop_file("noop", "self.json", with("Self", &json!({ "depends_on": ["id-self"] })));
    workspace.drop_action("hostile", "permanent");
    workspace.up_once();
    workspace.drop_file("noop", "b.json", with("B", &json!({ "depends_on": ["id-a"] })));
    workspace.drop_file("noop", "c.json", with("C", &json!({ "depends_on": ["id-permanent"] })));
    workspace.up_once();
    for title in ["B", "Self"] {
        let task = workspace.task(title);
        assert_eq!(task.state, "failed", "{title}");
        assert_eq!(workspace.returns_for("Claude-MM1", task.handoff_id.as_deref().unwrap()).len(), 1);
    }
    assert!(workspace.task("B").reason.contains("cycle: id-a → id-b"), "{}", workspace.task("B").reason);
    // A depends on B, which has failed because of the cycle.
    for title in ["A", "C"] {
        assert_eq!(workspace.task(title).state, "needs_human", "{title}");
    }
    workspace.baton(&["retry", "c.json"]).ended(0);
    workspace.up_once();
    assert_eq!(workspace.task("C").state, "succeeded");
}

#[test]
fn a_task_past_its_deadline_is_not_started() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "a.json", with("Too late", &json!({ "deadline": "2026-01-18T10:16:00Z" })));
    workspace.drop_file("noop", "b.json", with("In time", &json!({ "deadline": "2199-01-18T10:16:00Z" })));
    workspace.up_once();
    let task = workspace.task("Too late");
    assert_eq!(task.state, "failed");
    assert!(task.reason.contains("deadline (2026-01-18 10:16 UTC)"), "{}", task.reason);
    assert_eq!(workspace.task("In time").state, "succeeded");
}

#[test]
fn an_agent_runs_at_most_the_allowed_number_of_tasks_at_once() {
    let workspace = Workspace::with_hostile();
    let allowed = "\n[agents.hostile]\nconcurrency = 2\n";
    workspace.write("baton.toml", workspace.read("baton.toml") + allowed);
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "slow");
    workspace.drop_action("hostile", "slow-once");
    workspace.wait_for("both to run", |workspace| {
        let running = workspace.tasks_of("hostile").into_iter().filter(|task| task.state == "running").count();
        (running == 2).then_some(())
    });
    workspace.wait_for_archive("slow");
    workspace.wait_for_archive("slow-once");
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn the_operator_sets_the_number_of_attempts() {
    let workspace = Workspace::with_hostile();
    let allowed = "\n[agents.hostile]\nretry = { attempts = 2, initial_backoff = \"100ms\" }\n";
    workspace.write("baton.toml", workspace.read("baton.toml") + allowed);
    workspace.drop_action("hostile", "retry");
    workspace.up_once();
    let task = workspace.task("retry");
    assert_eq!((task.state.as_str(), task.attempts), ("dead", 2));
    assert!(workspace.failed("hostile")[0].contains("__RETRY2__"));
}

#[test]
fn a_request_that_is_cancelled_before_its_delivery_is_not_delivered() {
    let workspace = Workspace::with_noop();
    // The inbox is a file, so nothing can be moved into it.
    drop(std::fs::remove_dir_all(workspace.inbox_of("Codex-MM1")));
    workspace.write("baton.toml", workspace.read("baton.toml") + "\n[agents.Codex-MM1]\n");
    workspace.write("handoffs/Codex-MM1/01_inbox", "in the way");
    workspace.write("handoffs/01_inbox/a.json", text(&handoff("Codex-MM1", "Stuck")));
    workspace.baton(&["up", "--once"]);
    assert_eq!(workspace.task("Stuck").state, "captured");
    workspace.baton(&["cancel", "a.json"]).ended(0);
    std::fs::remove_file(workspace.root().join("handoffs/Codex-MM1/01_inbox")).unwrap();
    workspace.up_once();
    let tasks = workspace.status();
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    assert_eq!(tasks[0].state, "cancelled");
    assert!(workspace.inbox("Codex-MM1").is_empty());
}

#[test]
fn an_interrupted_cancel_is_recorded_once_and_completed_by_the_daemon() {
    let workspace = asked();
    let task = workspace.task("ask-human");
    let mut cancel = workspace.command();
    cancel.env("FAILPOINTS", "cancel.leased=panic").arg("-w").arg(workspace.root()).args(["cancel", &task.id]);
    assert_eq!(baton_tests::Output::of(&mut cancel).code, -1);
    workspace.up_once();
    assert_eq!(workspace.task("ask-human").state, "cancelled");
    let events = workspace.why(&task.id).events;
    for action in ["cancel_asked", "cancelled"] {
        let actors: Vec<_> = events.iter().filter(|event| event.action == action).map(|event| &event.actor).collect();
        assert_eq!(actors, ["operator"], "{action}");
    }
}

#[test]
fn an_interrupted_cancel_of_an_external_agents_request_ends_as_cancelled() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("Cursor-MM1", "Not any more");
    workspace.up_once();
    let task = workspace.task("Not any more");
    let mut cancel = workspace.command();
    cancel.env("FAILPOINTS", "cancel.leased=panic").arg("-w").arg(workspace.root()).args(["cancel", &task.id]);
    assert_eq!(baton_tests::Output::of(&mut cancel).code, -1);
    assert_eq!(workspace.task("Not any more").state, "running", "its process is killed in the middle");
    // The daemon that completes the cancellation is killed too, before it ends.
    let mut daemon = workspace.command();
    daemon.env("FAILPOINTS", "recover.committed=panic").arg("-w").arg(workspace.root()).args(["up", "--once"]);
    assert_eq!(baton_tests::Output::of(&mut daemon).code, -1);
    workspace.up_once();
    let task = workspace.task("Not any more");
    assert_eq!(task.state, "cancelled");
    assert!(workspace.inbox("Cursor-MM1").is_empty());
    assert_eq!(workspace.processed("Cursor-MM1"), ["Not-any-more.json"]);
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
    let events = workspace.why(&task.id).events;
    for action in ["cancel_asked", "cancelled"] {
        let actors: Vec<_> = events.iter().filter(|event| event.action == action).map(|event| &event.actor).collect();
        assert_eq!(actors, ["operator"], "{action}: {events:?}");
    }
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn deliveries_that_a_command_left_open_are_delivered_by_the_running_daemon() {
    let workspace = asked();
    let mut daemon = workspace.up_and_serving();
    let task = workspace.task("ask-human");
    let mut cancel = workspace.command();
    cancel.env("FAILPOINTS", "cancel.settled=panic").arg("-w").arg(workspace.root()).args(["cancel", &task.id]);
    let code = baton_tests::Output::of(&mut cancel).code;
    assert_eq!(code, -1, "it dies; is it built with `--features baton/failpoints`?");
    // A change of the folders causes a full scan, which otherwise happens only every minute.
    workspace.write("handoffs/New-Agent/01_inbox/.keep", "");
    let task = workspace.wait_for_archive("ask-human");
    assert_eq!(task.state, "cancelled");
    assert!(daemon.runs());
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
}

#[test]
fn two_processes_do_not_carry_out_the_same_delivery() {
    let workspace = asked();
    let task = workspace.task("ask-human");
    let mut cancel = workspace.command();
    cancel.env("FAILPOINTS", "delivery.loaded=sleep(1500)").arg("-w").arg(workspace.root()).args(["cancel", &task.id]);
    let mut cancel = cancel.spawn().unwrap();
    workspace.wait_for_state("ask-human", "cancelled");
    workspace.up_once();
    assert!(cancel.wait().unwrap().success());
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
    assert_eq!(workspace.processed("hostile"), ["ask-human.json"]);
    let why = workspace.why(&task.id);
    assert_eq!(why.actions().iter().filter(|action| **action == "returned").count(), 1, "{:?}", why.actions());
}

#[test]
fn a_deadline_passes_for_a_task_that_waits_for_others_too() {
    let workspace = Workspace::with_noop();
    let deadline = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2)).to_string();
    let asked = with("Too late", &json!({ "depends_on": ["never"], "deadline": deadline }));
    workspace.drop_file("noop", "late.json", asked);
    let daemon = workspace.up_and_serving();
    let task = workspace.wait_for_archive("Too late");
    assert_eq!(task.state, "failed");
    assert!(task.reason.contains("deadline"), "{task:#?}");
    assert!(daemon.stop().success());
}

#[test]
fn cancel_ends_every_open_task_of_an_agent_a_plugin_or_a_state() {
    let workspace = Workspace::with_hostile();
    for number in 0..3 {
        workspace.drop_handoff("Codex-MM1", &format!("For Codex {number}"));
    }
    workspace.drop_handoff("Cursor-MM1", "For Cursor");
    workspace.drop_action("hostile", "ask-human");
    workspace.drop_action("hostile", "chatter");
    workspace.up_once();
    let open = |workspace: &Workspace| {
        let open =
            workspace.status().into_iter().filter(|task| ["delivered", "needs_human"].contains(&task.state.as_str()));
        open.map(|task| task.agent).collect::<std::collections::BTreeSet<_>>()
    };
    let which = workspace.baton(&["cancel"]).ended(2);
    assert!(which.stderr.contains("--agent, --plugin or --in-state"), "{}", which.stderr);
    workspace.baton(&["cancel", "For Cursor", "--agent", "Codex-MM1"]).ended(2);

    let shown = workspace.baton(&["cancel", "--agent", "codex mm1", "--dry-run"]).ended(0).stdout;
    assert!(shown.lines().count() == 3 && shown.contains("For Codex 0"), "{shown}");
    assert_eq!(open(&workspace).len(), 3, "nothing was changed");
    let said = workspace.baton(&["cancel", "--agent", "codex mm1", "--reason", "not any more"]).ended(0).stdout;
    assert_eq!(said.matches("is now cancelled").count(), 3, "{said}");
    assert_eq!(workspace.task("For Codex 1").reason, "not any more");
    workspace.baton(&["cancel", "--plugin", "Codex-MM1"]).ended(2);
    workspace.baton(&["cancel", "--plugin", "hostile"]).ended(0);
    assert_eq!(workspace.task("chatter").state, "succeeded", "an ended task does not change");
    assert_eq!(open(&workspace), ["Cursor-MM1".to_owned()].into());
    let said = workspace.baton(&["cancel", "--state", "delivered"]).ended(0).stdout;
    assert_eq!(said.matches("is now cancelled").count(), 1, "{said}");
    let none = workspace.baton(&["cancel", "--in-state", "delivered,needs_human"]).ended(0);
    assert!(none.stderr.contains("no open task matches"), "{}", none.stderr);
}

#[test]
fn why_names_a_deadline_that_is_not_a_time_or_has_passed() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "word.json", with("A word", &json!({ "deadline": "tomorrow" })));
    let markdown = "# HANDOFF: Written by hand\n\n**From:** Claude-MM1\n**Due:** next week\n\nDo it.\n";
    workspace.drop_file("noop", "hand.md", markdown);
    workspace.drop_handoff_with("Codex-MM1", "Too late", json!({ "deadline": "2026-01-18T10:15:00Z" }));
    workspace.up_once();
    for (title, words) in
        [("A word", "the deadline `tomorrow` is not a time"), ("Written by hand", "`next week` is not a time")]
    {
        assert_eq!(workspace.task(title).state, "succeeded");
        let why = workspace.baton(&["why", title]).ended(0).stdout;
        assert!(why.contains(words) && why.contains("there is no deadline"), "{why}");
    }
    let why = workspace.baton(&["why", "Too late"]).ended(0).stdout;
    assert!(why.contains("deadline 2026-01-18 10:15:00Z, passed "), "{why}");
    let why = workspace.baton(&["why", "Too late", "--json"]).ended(0).json();
    assert_eq!(why["deadline"], json!("2026-01-18T10:15:00.000Z"));
}

#[test]
fn all_includes_more_than_a_thousand_tasks() {
    let workspace = Workspace::with_noop();
    workspace.baton(&["plugin", "disable", "noop"]).ended(0);
    for number in 0..1_005 {
        let same = handoff_with("noop", "The same words", json!({ "handoff_id": format!("one-of-{number}") }));
        workspace.drop_file("noop", &format!("{number}.json"), text(&same));
    }
    workspace.up_once();
    let refused = workspace.baton(&["cancel", "The same words"]).ended(2);
    assert!(refused.stderr.contains("matches 1005 tasks") && refused.stderr.contains("and 985 more"), "{refused:?}");
    workspace.baton(&["cancel", "The same words", "--all"]).ended(0);
    let left = workspace.tasks("The same words").into_iter().filter(|task| task.state != "cancelled").count();
    assert_eq!(left, 0);
}
