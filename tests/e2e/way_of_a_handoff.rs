//! The way of a handoff: dropped, captured, run, answered, archived; who gets the RETURN; what is a repetition; what
//! happens in the inbox of an agent that does its own work.

use std::fs;
use std::time::Duration;

use baton_tests::{Event, Workspace, handoff, sha256, text};
use serde_json::{Value, json};

/// A plan that promises two files, of which one is there.
const PLAN: &str = "# Plan\n\n## Deliverables\n\n| File | Purpose |\n|---|---|\n| `src/here.py` | is there |\n\
                    | `src/gone.py` | is not |\n";

fn with_plan() -> Workspace {
    let workspace = Workspace::init();
    workspace.write("src/here.py", "print('here')\n");
    workspace.write("plans/FIRST_PLAN.md", PLAN);
    workspace
}

/// A handoff to `noop` under a fixed id, from `from`.
fn from(from: Option<&str>, id: &str) -> Value {
    let mut value = handoff("noop", id);
    value["handoff_id"] = json!(id);
    match from {
        Some(from) => value["source_agent"] = json!(from),
        None => drop(value.as_object_mut().unwrap().remove("source_agent")),
    }
    value
}

#[test]
fn an_audit_handoff_goes_all_its_way_while_the_daemon_runs() {
    let workspace = with_plan();
    let daemon = workspace.up_and_serving();
    let mut asked = handoff("audit", "Audit the first plan");
    asked["action"] = json!("audit");
    asked["args"] = json!({ "plans": ["plans/FIRST_PLAN.md"] });
    workspace.drop_file("audit", "ask.json", text(&asked));
    let task = workspace.wait_for_archive("Audit the first plan");

    assert_eq!((task.state.as_str(), task.attempts), ("succeeded", 1));
    assert_eq!(task.file.as_deref(), Some("handoffs/audit/02_processed/ask.json"));
    assert!(task.returned_at.is_some());
    assert_eq!(workspace.read_bytes("handoffs/audit/02_processed/ask.json"), text(&asked));
    assert!(workspace.inbox("audit").is_empty());

    let returns = workspace.returns_for("Claude-MM1", "id-audit-the-first-plan");
    let [answer] = returns.as_slice() else { panic!("{returns:#?}") };
    assert_eq!(answer["type"], "RETURN_HANDOFF");
    assert_eq!((&answer["executing_agent"], &answer["originating_agent"]), (&json!("audit"), &json!("Claude-MM1")));
    assert_eq!(answer["status_update"], "succeeded");
    let deliverables = answer.pointer("/execution_summary/deliverables").unwrap().as_array().unwrap();
    assert!(!deliverables.is_empty());
    let mut reports = String::new();
    for deliverable in deliverables {
        let path = deliverable["path"].as_str().unwrap();
        assert!(path.starts_with("reports/"), "{path}");
        reports.push_str(&workspace.read(path));
    }
    assert!(reports.contains("gone.py"), "{reports}");
    assert!(daemon.stop().success());
}

#[test]
fn the_return_is_of_the_dialect_that_agents_write() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Do nothing");
    workspace.up_once();
    let inbox = workspace.inbox("Claude-MM1");
    let file = workspace.inbox_of("Claude-MM1").join(&inbox[0]);
    let read = workspace.baton(&["lint", "--json", file.to_str().unwrap()]).ended(0).json();
    assert_eq!(read.pointer("/files/0/dialect"), Some(&json!("R1")), "{read:#}");
    assert_eq!(read.pointer("/files/0/kind"), Some(&json!("RETURN")));
    assert_eq!(read.pointer("/files/0/mended"), Some(&json!([])));
}

#[test]
fn why_tells_every_step_in_order_with_its_hash() {
    let workspace = with_plan();
    let mut asked = handoff("audit", "Audit all");
    asked["action"] = json!("audit");
    workspace.drop_file("audit", "ask.json", text(&asked));
    workspace.up_once();
    let task = workspace.task("Audit all");
    let why = workspace.why(&task.id);
    let mut actions = why.actions();
    actions.dedup();
    assert_eq!(actions, ["captured", "started", "succeeded", "wrote", "returned", "archived"]);
    let at = |event: &Event| event.at.trim_end_matches('Z').to_owned();
    assert!(why.events.is_sorted_by(|a, b| a.seq < b.seq && at(a) <= at(b)), "{:#?}", why.events);
    let input = sha256(&text(&asked));
    for event in &why.events {
        assert_eq!(event.hash.len(), 64, "{event:?}");
        assert_eq!(event.input_hash.as_deref(), Some(input.as_str()), "{event:?}");
    }
    let ended = &why.events[2];
    assert!(ended.plugin_digest.is_some() && ended.output_hash.is_some(), "{ended:?}");
    assert_eq!((why.events[0].actor.as_str(), ended.actor.as_str()), ("Claude-MM1", "audit"));
    assert!(why.findings.iter().any(|finding| finding.severity != "info" && finding.title.contains("gone.py")));
}

#[test]
fn why_finds_a_task_by_id_prefix_handoff_id_and_file_name() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Find me");
    workspace.up_once();
    let id = workspace.task("Find me").id;
    for name in [&id, &id[..8], "id-find-me", "Find-me.json", "handoffs/noop/02_processed/Find-me.json"] {
        assert_eq!(workspace.why(name).id, id, "{name}");
    }
    let unknown = workspace.baton(&["why", "nobody-knows", "--json"]).ended(2);
    assert!(unknown.stdout.is_empty() && unknown.stderr.contains("nobody-knows"), "{unknown:?}");
}

#[test]
fn the_return_goes_to_the_sender_whatever_its_spelling() {
    let workspace = Workspace::with_noop();
    for (number, spelling) in ["Claude MM1 Agent", "claude_mm1", "ClaudeMM1-Agent-Trigger"].into_iter().enumerate() {
        workspace.drop_file("noop", &format!("{number}.json"), text(&from(Some(spelling), &format!("id-{number}"))));
    }
    workspace.up_once();
    assert_eq!(workspace.returns("Claude-MM1").len(), 3);
    assert!(workspace.status().iter().all(|task| task.from.as_deref() == Some("Claude-MM1")));
    assert_eq!(
        workspace.list("handoffs"),
        ["01_inbox", "Claude-MM1", "Codex-MM1", "Cursor-MM1", "audit", "examples", "noop"]
    );
}

#[test]
fn the_return_to_an_unknown_sender_is_kept_for_a_person() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "a.json", text(&from(Some("Nobody-Here"), "id-a")));
    workspace.drop_file("noop", "b.json", text(&from(Some("../../../tmp/x"), "id-b")));
    workspace.up_once();
    let kept = workspace.returns_in("handoffs/_unrouted");
    assert_eq!(kept.len(), 2, "{kept:#?}");
    assert!(workspace.status().iter().all(|task| task.state == "succeeded"));
}

#[test]
fn a_request_without_a_sender_is_done_and_answered_in_the_ledger_only() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "a.json", text(&from(None, "id-a")));
    workspace.up_once();
    let task = &workspace.status()[0];
    assert_eq!((task.state.as_str(), &task.from, &task.returned_at), ("succeeded", &None, &None));
    for agent in ["Claude-MM1", "Codex-MM1", "Cursor-MM1", "audit", "noop"] {
        assert!(workspace.inbox(agent).is_empty(), "{agent}");
    }
    assert!(workspace.list("handoffs/_unrouted").is_empty());
}

#[test]
fn a_plugin_that_asks_itself_gets_one_answer_and_no_loop() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "self.json", text(&from(Some("noop"), "id-self")));
    workspace.drop_file("noop", "baton.json", text(&from(Some("baton"), "id-baton")));
    workspace.up_once();
    workspace.up_once();
    assert_eq!(workspace.tasks_of("noop").iter().filter(|task| task.attempts > 0).count(), 2);
    assert!(workspace.inbox("noop").is_empty());
    let kept = workspace.returns_in("handoffs/noop/02_processed");
    assert_eq!(kept.len(), 1, "Baton itself is not answered: {kept:#?}");
}

#[test]
fn a_waiting_request_whose_file_is_taken_away_is_cancelled() {
    let workspace = Workspace::with_hostile();
    for action in ["ask-human", "ask-grant"] {
        workspace.drop_action("hostile", action);
    }
    workspace.up_once();
    assert_eq!(workspace.task("ask-human").state, "needs_human");
    for action in ["ask-human", "ask-grant"] {
        fs::remove_file(workspace.inbox_of("hostile").join(format!("{action}.json"))).unwrap();
    }
    workspace.up_once();
    for action in ["ask-human", "ask-grant"] {
        assert_eq!(workspace.task(action).state, "cancelled", "{action}");
    }
}

#[test]
fn a_request_that_was_taken_away_may_be_asked_again_under_the_same_name() {
    let workspace = Workspace::with_hostile();
    let bytes = workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    fs::remove_file(workspace.inbox_of("hostile").join("ask-human.json")).unwrap();
    workspace.up_once();
    workspace.drop_file("hostile", "ask-human.json", bytes);
    workspace.up_once();
    let mut states: Vec<_> = workspace.tasks("ask-human").into_iter().map(|task| task.state).collect();
    states.sort();
    assert_eq!(states, ["cancelled", "needs_human"]);
}

#[test]
fn a_file_that_is_edited_while_it_runs_is_not_taken_for_done() {
    let workspace = Workspace::with_hostile();
    let daemon = workspace.up_and_serving();
    let before = workspace.drop_action("hostile", "slow");
    workspace.wait_for_state("slow", "running");
    let mut after: Value = serde_json::from_slice(&before).unwrap();
    after["action"] = json!("permanent");
    workspace.drop_file("hostile", "slow.json", text(&after));
    workspace.wait_for_state("slow", "succeeded");
    assert!(daemon.stop().success());
    workspace.up_once();
    let edited = workspace.tasks("slow").into_iter().filter(|task| task.action.as_deref() == Some("permanent"));
    assert_eq!(edited.count(), 1, "{:#?}", workspace.status());
}

#[test]
fn the_same_request_dropped_twice_is_done_once() {
    let workspace = Workspace::with_noop();
    let bytes = workspace.drop_handoff("noop", "Once only");
    workspace.up_once();
    workspace.drop_file("noop", "again.json", &bytes);
    // Written again by the same sender: other time stamp, other spacing, the same request.
    let mut rewritten = handoff("noop", "Once only");
    rewritten["timestamp"] = json!("2026-02-02T02:02:02Z");
    workspace.drop_file("noop", "rewritten.json", rewritten.to_string());
    workspace.up_once();

    let tasks = workspace.tasks("Once only");
    let first = tasks.iter().find(|task| task.state == "succeeded").unwrap();
    let repeated: Vec<_> = tasks.iter().filter(|task| task.state == "duplicate").collect();
    assert_eq!((tasks.len(), repeated.len()), (3, 2), "{tasks:#?}");
    for task in repeated {
        assert!(task.reason.contains(&first.id), "{}", task.reason);
        assert!(task.archived_at.is_some() && task.returned_at.is_none(), "{task:?}");
    }
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
    assert_eq!(workspace.processed("noop"), ["Once-only.json", "again.json", "rewritten.json"]);
    assert!(workspace.inbox("noop").is_empty());
    assert_eq!(workspace.why("id-once-only").id, first.id);
}

#[test]
fn two_copies_dropped_at_once_are_done_once() {
    let workspace = Workspace::with_noop();
    let bytes = text(&handoff("noop", "Twins"));
    for number in 0..6 {
        workspace.drop_file("noop", &format!("twin-{number}.json"), &bytes);
    }
    workspace.up_once();
    let tasks = workspace.tasks("Twins");
    let count = |state: &str| tasks.iter().filter(|task| task.state == state).count();
    assert_eq!((count("succeeded"), count("duplicate")), (1, 5), "{tasks:#?}");
    assert_eq!((workspace.returns("Claude-MM1").len(), workspace.processed("noop").len()), (1, 6));
}

#[test]
fn a_known_id_with_other_content_waits_for_a_person_and_an_edit_settles_it() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "First");
    workspace.up_once();
    let mut other = handoff("noop", "Second");
    other["handoff_id"] = json!("id-first");
    workspace.drop_file("noop", "second.json", text(&other));
    workspace.up_once();
    let task = workspace.task("Second");
    assert_eq!((task.state.as_str(), task.attempts), ("needs_human", 0));
    assert!(task.reason.contains(&workspace.task("First").id) && task.reason.contains("handoff_id"), "{}", task.reason);
    assert_eq!(workspace.inbox("noop"), ["second.json"]);
    assert!(workspace.returns_for("Claude-MM1", "id-first").len() == 1);

    other["handoff_id"] = json!("id-second");
    workspace.write("handoffs/noop/01_inbox/second.json", text(&other));
    workspace.up_once();
    let edited = workspace.task("Second");
    assert_eq!((&edited.id, edited.state.as_str()), (&task.id, "succeeded"));
    assert_eq!(edited.handoff_id.as_deref(), Some("id-second"));
    assert!(workspace.why(&task.id).actions().contains(&"revised"));
    assert_eq!(workspace.returns_for("Claude-MM1", "id-second").len(), 1);
    assert_eq!(workspace.read_bytes("handoffs/noop/02_processed/second.json"), text(&other));
}

#[test]
fn a_failed_request_may_be_asked_again() {
    let workspace = Workspace::with_noop();
    let mut asked = handoff("noop", "Again");
    asked["action"] = json!("no-such-action");
    workspace.drop_file("noop", "again.json", text(&asked));
    workspace.up_once();
    assert_eq!(workspace.task("Again").state, "failed");
    fs::rename(
        workspace.root().join("handoffs/noop/03_failed/again.json"),
        workspace.inbox_of("noop").join("again.json"),
    )
    .unwrap();
    workspace.up_once();
    let states: Vec<_> = workspace.tasks("Again").into_iter().map(|task| task.state).collect();
    assert_eq!(states, ["failed", "failed"], "it was tried again");
    assert_eq!(workspace.failed("noop"), ["again.json"]);
}

#[test]
fn an_external_agent_keeps_its_file_until_its_return_comes() {
    let workspace = Workspace::init();
    let bytes = workspace.drop_handoff("Codex-MM1", "Write the tests");
    workspace.up_once();
    let task = workspace.task("Write the tests");
    assert_eq!((task.state.as_str(), &task.returned_at), ("delivered", &None));
    assert_eq!(workspace.inbox("Codex-MM1"), ["Write-the-tests.json"]);
    workspace.up_once();
    assert_eq!(workspace.status().len(), 1, "the same file is no second task");

    workspace.drop_file("Claude-MM1", "answer.json", text(&answer("Codex MM1 Agent", "id-write-the-tests")));
    workspace.up_once();
    let done = workspace.task("Write the tests");
    assert_eq!((&done.id, done.state.as_str()), (&task.id, "succeeded"));
    assert!(done.returned_at.is_some() && done.archived_at.is_some(), "{done:?}");
    assert_eq!(workspace.read_bytes("handoffs/Codex-MM1/02_processed/Write-the-tests.json"), bytes);
    assert!(workspace.inbox("Codex-MM1").is_empty());
    assert_eq!(workspace.inbox("Claude-MM1"), ["answer.json"], "the sender's own inbox is the sender's");
}

#[test]
fn an_external_agent_that_has_moved_its_file_itself_is_done_when_its_return_comes() {
    let workspace = Workspace::init();
    workspace.drop_handoff("Codex-MM1", "Take it away");
    workspace.up_once();
    let moved = workspace.root().join("handoffs/Codex-MM1/02_processed/Take-it-away.json");
    fs::rename(workspace.inbox_of("Codex-MM1").join("Take-it-away.json"), moved).unwrap();
    workspace.up_once();
    assert_eq!(workspace.task("Take it away").state, "delivered");
    workspace.drop_file("Claude-MM1", "answer.json", text(&answer("Codex-MM1", "id-take-it-away")));
    workspace.up_once();
    assert_eq!(workspace.task("Take it away").state, "succeeded");
    assert_eq!(workspace.processed("Codex-MM1"), ["Take-it-away.json"]);
}

#[test]
fn a_return_ends_the_request_of_the_agent_that_sent_it() {
    let workspace = Workspace::init();
    for agent in ["Codex-MM1", "Cursor-MM1"] {
        let mut asked = handoff(agent, &format!("Review by {agent}"));
        asked["handoff_id"] = json!("id-review");
        workspace.drop_file(agent, "review.json", text(&asked));
        workspace.up_once();
    }
    workspace.drop_file("Claude-MM1", "answer.json", text(&answer("Cursor-MM1", "id-review")));
    workspace.up_once();
    assert_eq!(workspace.task("Review by Cursor-MM1").state, "succeeded");
    assert_eq!(workspace.task("Review by Codex-MM1").state, "delivered");
    assert_eq!(workspace.inbox("Codex-MM1"), ["review.json"]);
}

#[test]
fn a_return_is_never_run_and_opens_nothing() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "answer.json", text(&answer("Codex-MM1", "id-nobody-asked")));
    workspace.drop_file("Claude-MM1", "answer.json", text(&answer("Codex-MM1", "id-nobody-asked")));
    workspace.up_once();
    // The audit looks at what a RETURN claims; the RETURN itself is nobody's work.
    let mut tasks = workspace.status().into_iter().filter(|task| task.agent != "audit");
    assert!(tasks.all(|task| task.attempts == 0), "{:#?}", workspace.status());
    assert_eq!(workspace.processed("noop"), ["answer.json"]);
    assert_eq!(workspace.inbox("Claude-MM1"), ["answer.json"]);
    for agent in ["Codex-MM1", "noop"] {
        assert!(workspace.inbox(agent).is_empty(), "{agent}");
    }
}

#[test]
fn the_archive_never_overwrites() {
    let workspace = Workspace::with_noop();
    let mut dropped = Vec::new();
    for title in ["One", "Two", "Three"] {
        let bytes = text(&handoff("noop", title));
        workspace.drop_file("noop", "same-name.json", &bytes);
        workspace.up_once();
        dropped.push(bytes);
    }
    let names = ["same-name.json", "same-name-2.json", "same-name-3.json"];
    for (name, bytes) in names.iter().zip(&dropped) {
        assert_eq!(&workspace.read_bytes(&format!("handoffs/noop/02_processed/{name}")), bytes, "{name}");
    }
    for (title, name) in ["One", "Two", "Three"].iter().zip(names) {
        assert_eq!(workspace.task(title).file_name(), name);
    }
}

#[test]
fn a_waiting_file_that_is_edited_is_a_new_revision_of_the_same_task() {
    let workspace = Workspace::init();
    let asked = handoff("Codex-MM1", "Draft");
    workspace.drop_file("Codex-MM1", "draft.json", text(&asked));
    workspace.up_once();
    let before = workspace.task("Draft");
    let mut edited = asked;
    edited["title"] = json!("Final");
    workspace.write("handoffs/Codex-MM1/01_inbox/draft.json", text(&edited));
    workspace.up_once();
    let after = workspace.task("Final");
    assert_eq!((&after.id, after.state.as_str()), (&before.id, "delivered"));
    assert_eq!(workspace.status().len(), 1);
    let why = workspace.why(&after.id);
    assert_eq!(why.actions(), ["captured", "revised"]);
    assert_eq!(why.events[1].input_hash, Some(sha256(&text(&edited))));
}

#[test]
fn two_hundred_handoffs_are_each_done_exactly_once() {
    let workspace = Workspace::with_noop();
    for number in 0..200 {
        workspace.drop_handoff("noop", &format!("Job {number}"));
    }
    workspace.up_once();
    let tasks = workspace.status();
    assert_eq!(tasks.len(), 200);
    assert!(tasks.iter().all(|task| task.state == "succeeded" && task.attempts == 1 && task.archived_at.is_some()));
    assert_eq!(workspace.processed("noop").len(), 200);
    assert!(workspace.inbox("noop").is_empty());
    let mut answered: Vec<_> = workspace
        .returns("Claude-MM1")
        .into_iter()
        .map(|answer| answer.pointer("/original_handoff/handoff_id").unwrap().to_string())
        .collect();
    answered.sort();
    answered.dedup();
    assert_eq!((answered.len(), workspace.inbox("Claude-MM1").len()), (200, 200));
}

#[test]
fn the_most_urgent_goes_first() {
    let workspace = Workspace::with_noop();
    // All are there before the first begins.
    workspace.baton(&["plugin", "disable", "noop"]).ended(0);
    for (title, priority) in [("Later", "low"), ("Usual", "Medium"), ("Now", "CRITICAL"), ("Soon", "High")] {
        let mut asked = handoff("noop", title);
        asked["priority"] = json!(priority);
        workspace.drop_file("noop", &format!("{title}.json"), text(&asked));
    }
    workspace.up_once();
    workspace.baton(&["plugin", "enable", "noop"]).ended(0);
    workspace.up_once();
    let mut started: Vec<_> =
        ["Later", "Usual", "Now", "Soon"].into_iter().map(|title| (started_at(&workspace, title), title)).collect();
    started.sort_unstable();
    let order: Vec<_> = started.iter().map(|(_, title)| *title).collect();
    assert_eq!(order, ["Now", "Soon", "Usual", "Later"]);
}

/// The event of the attempt that did a task.
fn started_at(workspace: &Workspace, title: &str) -> u64 {
    let events = workspace.why(&workspace.task(title).id).events;
    events.iter().rfind(|event| event.action == "started").unwrap().seq
}

#[test]
fn a_file_that_is_written_slowly_is_captured_once_and_whole() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let mut asked = handoff("noop", "Slowly");
    asked["body"] = json!("word ".repeat(4000));
    let bytes = text(&asked);
    workspace.write_slowly("noop", "slowly.json", &bytes, 8, Duration::from_millis(250));
    let task = workspace.wait_for_archive("Slowly");
    assert_eq!((task.state.as_str(), task.attempts), ("succeeded", 1));
    assert_eq!(workspace.status().len(), 1);
    assert_eq!(workspace.why(&task.id).events[0].input_hash, Some(sha256(&bytes)));
    assert_eq!(workspace.read_bytes("handoffs/noop/02_processed/slowly.json"), bytes);
    assert!(daemon.stop().success());
}

#[test]
fn hidden_and_temporary_names_are_never_read() {
    let workspace = Workspace::with_noop();
    let names = [".hidden.json", "a.json.tmp", "b.json.part", "c.json~", "~$d.json", "e.json.crdownload", "f.swp"];
    for name in names {
        fs::write(workspace.inbox_of("noop").join(name), text(&handoff("noop", name))).unwrap();
    }
    workspace.drop_handoff("noop", "Visible");
    workspace.up_once();
    assert_eq!(workspace.status().len(), 1);
    assert_eq!(workspace.inbox("noop").len(), names.len() - 1, "all but the hidden one are listed, none was touched");
}

#[test]
fn an_agent_whose_folder_is_made_while_the_daemon_runs_is_served() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    fs::create_dir_all(workspace.inbox_of("New-Agent")).unwrap();
    workspace.drop_handoff("New-Agent", "Welcome");
    workspace.wait_for_state("Welcome", "delivered");
    assert!(daemon.stop().success());
}

#[test]
fn what_send_writes_goes_its_way() {
    let workspace = Workspace::with_noop();
    let sent = workspace
        .baton(&[
            "send",
            "--to",
            "noop",
            "--from",
            "Claude-MM1",
            "--title",
            "Sent & done",
            "--action",
            "noop",
            "--arg",
            "n=3",
        ])
        .ended(0);
    let file = sent.stdout.trim();
    assert_eq!(sent.stdout.lines().count(), 1);
    let written: Value = serde_json::from_slice(&fs::read(workspace.outside().join(file)).unwrap()).unwrap();
    assert_eq!((&written["action"], &written["args"]), (&json!("noop"), &json!({ "n": 3 })));
    workspace.up_once();
    assert_eq!(workspace.task("Sent & done").state, "succeeded");
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
}

/// A RETURN of `agent` to `Claude-MM1` for the handoff `id`.
fn answer(agent: &str, id: &str) -> Value {
    json!({
        "type": "RETURN_HANDOFF",
        "timestamp": "2026-01-18T12:00:00Z",
        "executing_agent": agent,
        "originating_agent": "Claude-MM1",
        "original_handoff": { "handoff_id": id },
        "execution_summary": { "work_completed": ["It is done."] },
    })
}
