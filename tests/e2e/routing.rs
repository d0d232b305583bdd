//! Routing of files: the central drop box, broadcasts, agents with several spellings, inboxes in other folders, adopted folders, and
//! inboxes that another workspace serves.

use std::fs;

use baton_tests::{Output, Workspace, handoff, sha256, text};
use serde_json::{Value, json};

/// The drop box, in place of an agent's name.
const BOX: &str = "";

fn with(mut value: Value, more: &Value) -> Value {
    if let (Some(object), Some(more)) = (value.as_object_mut(), more.as_object()) {
        object.extend(more.clone());
    }
    value
}

fn drop_in_box(workspace: &Workspace, name: &str, value: &Value) -> Vec<u8> {
    fs::create_dir_all(workspace.inbox_of(BOX)).unwrap();
    workspace.drop_file(BOX, name, text(value));
    text(value)
}

#[test]
fn a_file_in_the_drop_box_is_moved_to_the_agent_that_it_names() {
    let workspace = Workspace::with_noop();
    let done = drop_in_box(&workspace, "a.json", &handoff("noop", "For a plugin"));
    let delivered = drop_in_box(&workspace, "b.json", &handoff("Cursor MM1 Agent", "For an agent"));
    workspace.up_once();
    let task = workspace.task("For a plugin");
    assert_eq!((task.agent.as_str(), task.state.as_str()), ("noop", "succeeded"));
    assert_eq!(workspace.read_bytes("handoffs/noop/02_processed/a.json"), done);
    assert_eq!(workspace.returns_for("Claude-MM1", "id-for-a-plugin").len(), 1);
    assert_eq!(workspace.why(&task.id).actions()[..2], ["captured", "routed"]);
    let task = workspace.task("For an agent");
    assert_eq!((task.agent.as_str(), task.state.as_str()), ("Cursor-MM1", "delivered"));
    assert_eq!(workspace.read_bytes("handoffs/Cursor-MM1/01_inbox/b.json"), delivered);
    assert!(workspace.inbox(BOX).is_empty());
    assert_eq!(workspace.status().len(), 2, "a file that is moved is not a second task");
}

#[test]
fn a_name_that_exists_in_the_agents_inbox_gets_a_number() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("Cursor-MM1", "a.json", text(&handoff("Cursor-MM1", "First")));
    drop_in_box(&workspace, "a.json", &handoff("Cursor-MM1", "Second"));
    workspace.up_once();
    assert_eq!(workspace.inbox("Cursor-MM1"), ["a-2.json", "a.json"]);
    assert_eq!(workspace.task("Second").file_name(), "a-2.json");
}

#[test]
fn the_daemon_notices_files_in_the_drop_box() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    drop_in_box(&workspace, "a.json", &handoff("noop", "Seen"));
    workspace.wait_for_archive("Seen");
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
}

#[test]
fn a_file_for_an_unknown_agent_is_moved_with_the_reason_and_its_sender_gets_a_return() {
    let workspace = Workspace::with_noop();
    let bytes = drop_in_box(&workspace, "a.json", &handoff("Cluade-MM1", "Mistyped"));
    drop_in_box(&workspace, "b.json", &json!({ "handoff_id": "b", "title": "Aimless", "source_agent": "Codex-MM1" }));
    workspace.up_once();
    assert_eq!(workspace.list("handoffs/_unrouted"), ["a.json", "a.json.reason.json", "b.json", "b.json.reason.json"]);
    assert_eq!(workspace.read_bytes("handoffs/_unrouted/a.json"), bytes);
    let reason = workspace.read("handoffs/_unrouted/a.json.reason.json");
    assert!(reason.contains("did you mean `Claude-MM1`?") && reason.contains(&sha256(&bytes)), "{reason}");
    assert!(workspace.read("handoffs/_unrouted/b.json.reason.json").contains("no target_agent"));
    let told = workspace.returns_for("Claude-MM1", "id-mistyped");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["status_update"], json!("failed"));
    assert_eq!(workspace.returns("Codex-MM1").len(), 1);
    assert_eq!(workspace.task("Mistyped").state, "failed");
}

#[test]
fn a_request_with_a_corrected_recipient_is_accepted() {
    let workspace = Workspace::with_noop();
    drop_in_box(&workspace, "a.json", &handoff("nopo", "Mended"));
    workspace.up_once();
    drop_in_box(&workspace, "a.json", &handoff("noop", "Mended"));
    workspace.up_once();
    let states: Vec<_> = workspace.tasks("Mended").into_iter().map(|task| (task.agent, task.state)).collect();
    assert_eq!(states, [("noop".to_owned(), "succeeded".to_owned()), ("nopo".to_owned(), "failed".to_owned())]);
}

#[test]
fn a_broadcast_is_one_task_and_one_copy_for_each_other_agent() {
    let workspace = Workspace::with_noop();
    let value = with(handoff("all", "Quiet hours"), &json!({ "type": "BROADCAST" }));
    let bytes = drop_in_box(&workspace, "20260118T101500Z__BROADCAST__Quiet-hours__all.json", &value);
    workspace.up_once();
    let mut agents: Vec<_> = workspace.tasks("Quiet hours").into_iter().map(|task| (task.agent, task.state)).collect();
    agents.sort();
    let state = |agent: &str, state: &str| (agent.to_owned(), state.to_owned());
    assert_eq!(agents, [state("*", "succeeded"), state("Codex-MM1", "delivered"), state("Cursor-MM1", "delivered"),]);
    let reason = workspace.tasks("Quiet hours").into_iter().find(|task| task.agent == "*").unwrap().reason;
    assert_eq!(reason, "for 2 agents; not for the plugins `audit`, `noop`, because it names no action");
    for agent in ["Codex-MM1", "Cursor-MM1"] {
        let [name] = workspace.inbox(agent).try_into().unwrap();
        assert_eq!(workspace.read_bytes(&format!("handoffs/{agent}/01_inbox/{name}")), bytes);
    }
    assert_eq!(workspace.list("handoffs/02_processed").len(), 1, "the file itself is kept beside the drop box");
    assert!(workspace.returns("Claude-MM1").is_empty(), "no request was sent");
    assert!(workspace.inbox(BOX).is_empty());

    drop_in_box(&workspace, "again.json", &with(value, &json!({ "timestamp": "2026-01-19T10:15:00Z" })));
    workspace.up_once();
    assert_eq!(workspace.tasks("Quiet hours").len(), 4, "a repeated broadcast is a duplicate and has no recipient");
    assert_eq!(workspace.inbox("Codex-MM1").len(), 1);
}

#[test]
fn a_broadcast_reaches_the_plugins_that_have_its_action() {
    let workspace = Workspace::with_noop();
    drop_in_box(&workspace, "a.json", &with(handoff("all", "Do nothing"), &json!({ "action": "noop" })));
    workspace.up_once();
    let of = |agent: &str| workspace.tasks("Do nothing").into_iter().filter(|task| task.agent == agent).count();
    assert_eq!((of("noop"), of("audit"), of("Codex-MM1")), (1, 0, 1));
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
    let whole = workspace.tasks("Do nothing").into_iter().find(|task| task.agent == "*").unwrap();
    assert_eq!(whole.reason, "for 3 agents; not for the plugins `audit`, which have no action `noop`");
}

#[test]
fn a_greeting_in_the_inbox_of_a_plugin_starts_nothing() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "a.json", text(&handoff("all", "Good morning")));
    let typed = with(handoff("noop", "Good evening"), &json!({ "type": "BROADCAST" }));
    workspace.drop_file("noop", "b.json", text(&typed));
    workspace.up_once();
    for title in ["Good morning", "Good evening"] {
        let task = workspace.task(title);
        assert_eq!((task.state.as_str(), task.attempts), ("succeeded", 0), "{task:?}");
        assert!(task.reason.contains("without an action of `noop`"), "{task:?}");
    }
    assert_eq!((workspace.processed("noop").len(), workspace.returns("Claude-MM1").len()), (2, 0));
}

#[test]
fn folders_of_one_agent_are_all_read_and_new_files_go_to_the_canonical_one() {
    let workspace = Workspace::with_noop();
    fs::create_dir_all(workspace.inbox_of("Claude-MM1-Agent-Trigger")).unwrap();
    let daemon = workspace.up_and_serving();
    workspace.drop_handoff("Claude-MM1-Agent-Trigger", "Old habit");
    workspace.drop_handoff("noop", "For the answer");
    workspace.wait_for_archive("For the answer");
    let task = workspace.wait_for_state("Old habit", "delivered");
    assert_eq!(task.agent, "Claude-MM1");
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
    assert_eq!(workspace.inbox("Claude-MM1-Agent-Trigger"), ["Old-habit.json"]);
    let agents = workspace.baton(&["agents", "--json"]).ended(0).json();
    let claude = agents["agents"].as_array().unwrap().iter().find(|agent| agent["name"] == "Claude-MM1").unwrap();
    assert_eq!(claude["also"], json!(["handoffs/Claude-MM1-Agent-Trigger/01_inbox"]));
}

#[test]
fn an_inbox_outside_of_the_workspace_is_watched_or_polled_and_gets_returns() {
    let workspace = Workspace::with_noop();
    let (drive, net) = (workspace.outside().join("drive/Robin/01_inbox"), workspace.outside().join("net/in"));
    for folder in [&drive, &net] {
        fs::create_dir_all(folder).unwrap();
    }
    let agents = format!(
        "\n[agents.Robin]\naliases = [\"Robin Hood\"]\ninbox = \"{}\"\n[agents.Far]\ninbox = \"{}\"\npoll = 1\n",
        drive.display(),
        net.display()
    );
    workspace.write("baton.toml", workspace.read("baton.toml") + &agents);
    let daemon = workspace.up_and_serving();
    fs::write(drive.join("a.json"), text(&handoff("Robin", "By event"))).unwrap();
    fs::write(net.join("b.json"), text(&handoff("Far", "By looking"))).unwrap();
    workspace.drop_file(
        "noop",
        "c.json",
        text(&with(handoff("noop", "Answer me"), &json!({ "source_agent": "robin hood" }))),
    );
    assert_eq!(workspace.wait_for_state("By event", "delivered").agent, "Robin");
    assert_eq!(workspace.wait_for_state("By looking", "delivered").agent, "Far");
    workspace.wait_for_archive("Answer me");
    assert_eq!(daemon.stop().code(), Some(0));
    let answers = fs::read_dir(&drive)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("__RETURN__"));
    assert_eq!(answers.count(), 1);
    assert!(workspace.baton(&["why", "a.json"]).ended(0).stdout.contains("drive/Robin/01_inbox/a.json"));
}

#[test]
fn one_workspace_serves_an_inbox_until_another_takes_it_over() {
    let (first, second) = (Workspace::with_noop(), Workspace::with_noop());
    let shared = first.outside().join("shared/01_inbox");
    fs::create_dir_all(&shared).unwrap();
    for workspace in [&first, &second] {
        let agent = format!("\n[agents.Robin]\ninbox = \"{}\"\n", shared.display());
        workspace.write("baton.toml", workspace.read("baton.toml") + &agent);
    }
    first.up_once();
    fs::write(shared.join("a.json"), text(&handoff("Robin", "Whose"))).unwrap();
    second.drop_handoff("noop", "Its own work");
    let refused = second.baton(&["up", "--once"]).ended(1);
    assert!(refused.stderr.contains(first.root().to_str().unwrap()), "{}", refused.stderr);
    assert!(refused.stderr.contains("--take-over"), "{}", refused.stderr);
    assert!(second.tasks("Whose").is_empty());
    assert_eq!(second.task("Its own work").state, "succeeded", "the other tasks continue");
    second.baton(&["up", "--once", "--take-over"]).ended(0);
    assert_eq!(second.task("Whose").state, "delivered");
    first.baton(&["up", "--once"]).ended(1);
}

#[test]
fn folders_in_use_are_adopted_and_their_files_are_not_changed() {
    let place = Workspace::empty();
    let old = place.outside().join("Agent-Triggers");
    for folder in ["Cursor-MM1-Agent/01_inbox", "Cursor-MM1/01_inbox", "Codex-MM1-Agent/01_inbox", "notes"] {
        fs::create_dir_all(old.join(folder)).unwrap();
    }
    fs::write(old.join("Cursor-MM1-Agent/01_inbox/old.json"), text(&handoff("Cursor-MM1", "Old"))).unwrap();
    fs::write(old.join("Codex-MM1-Agent/01_inbox/broken.json"), "{ no JSON").unwrap();
    let made = Output::of(place.command().arg("init").arg(place.root()).arg("--adopt").arg(&old)).ended(0);
    assert!(made.stdout.contains("2 files are in its inboxes"), "{}", made.stdout);
    place.up_once();
    assert!(place.status().is_empty(), "{:#?}", place.status());
    assert!(old.join("Codex-MM1-Agent/01_inbox/broken.json").exists());

    fs::write(old.join("Cursor-MM1-Agent/01_inbox/new.json"), text(&handoff("Cursor-MM1", "New"))).unwrap();
    fs::write(old.join("Cursor-MM1-Agent/01_inbox/old.json"), text(&handoff("Cursor-MM1", "Old, edited"))).unwrap();
    place.up_once();
    assert_eq!(place.task("New").agent, "Cursor-MM1");
    assert_eq!(place.task("Old, edited").state, "delivered", "an edited file is captured");
}

#[test]
fn a_folder_of_agents_can_become_the_workspace() {
    let place = Workspace::empty();
    fs::create_dir_all(place.root().join("handoffs/Codex-MM1/01_inbox")).unwrap();
    fs::write(place.root().join("handoffs/Codex-MM1/01_inbox/old.json"), text(&handoff("Codex-MM1", "Old"))).unwrap();
    Output::of(place.command().args(["init", "--adopt"]).arg(place.root())).ended(0);
    place.up_once();
    assert!(place.status().is_empty());
    assert_eq!(place.inbox("Codex-MM1"), ["old.json"]);
}

#[test]
fn the_reviews_of_reviews_and_endless_chains_are_refused() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Review: Review: Fix it");
    let chained = json!({ "chain_tracking": { "chain_id": "c", "chain_phase": 17 } });
    workspace.drop_file("Cursor-MM1", "c.json", text(&with(handoff("Cursor-MM1", "Round and round"), &chained)));
    workspace.up_once();
    for (title, words) in [("Review: Review: Fix it", "review of a review"), ("Round and round", "at most 16")] {
        let task = workspace.task(title);
        assert_eq!(task.state, "failed");
        assert!(task.reason.contains(words), "{}", task.reason);
        assert_eq!(workspace.returns_for("Claude-MM1", task.handoff_id.as_deref().unwrap()).len(), 1);
    }
    assert_eq!(workspace.failed("Cursor-MM1"), ["c.json", "c.json.reason.json"]);
}

#[test]
fn the_rules_for_a_file_apply_to_each_copy_of_a_broadcast() {
    let workspace = Workspace::with_noop();
    let first = with(handoff("all", "Known here"), &json!({ "action": "noop" }));
    workspace.drop_file("noop", "direct.json", text(&first));
    workspace.up_once();
    drop_in_box(&workspace, "all.json", &first);
    let later = with(handoff("all", "Later"), &json!({ "depends_on": ["id-ground"], "action": "noop" }));
    drop_in_box(&workspace, "later.json", &later);
    workspace.up_once();
    let of = |title: &str| {
        let mut found: Vec<_> = workspace.tasks(title).into_iter().map(|task| (task.agent, task.state)).collect();
        found.sort();
        found
    };
    let is = |agent: &str, state: &str| (agent.to_owned(), state.to_owned());
    let known = of("Known here");
    assert!(known.contains(&is("noop", "succeeded")) && known.contains(&is("noop", "duplicate")), "{known:?}");
    assert_eq!(
        workspace.returns_for("Claude-MM1", "id-known-here").len(),
        2,
        "of noop once, and of Baton to the repetition"
    );
    let later = of("Later");
    assert!(later.contains(&is("*", "succeeded")) && later.contains(&is("noop", "waiting")), "{later:?}");
    assert!(later.contains(&is("Codex-MM1", "delivered")), "{later:?}");
}

#[test]
fn a_broadcast_with_the_id_of_another_is_refused_and_its_sender_gets_a_return() {
    let workspace = Workspace::with_noop();
    drop_in_box(&workspace, "a.json", &handoff("all", "News"));
    workspace.up_once();
    let tasks = workspace.status().len();
    drop_in_box(&workspace, "b.json", &with(handoff("all", "News"), &json!({ "description": "something else" })));
    workspace.up_once();
    let refused: Vec<_> = workspace.status().into_iter().filter(|task| task.state == "failed").collect();
    assert_eq!((workspace.status().len(), refused.len()), (tasks + 1, 1));
    assert!(refused[0].reason.contains("another handoff_id"), "{refused:#?}");
    assert!(workspace.inbox(BOX).is_empty());
}

#[test]
fn a_return_without_a_recipient_ends_its_request_and_gets_no_answer() {
    let workspace = Workspace::with_noop();
    let asked = with(handoff("Codex-MM1", "From afar"), &json!({ "source_agent": "Elsewhere-MM7" }));
    workspace.drop_file("Codex-MM1", "asked.json", text(&asked));
    workspace.up_once();
    let answer = json!({
        "type": "RETURN_HANDOFF", "executing_agent": "Codex-MM1", "originating_agent": "Elsewhere-MM7",
        "target_agent": "Elsewhere-MM7", "original_handoff": { "handoff_id": "id-from-afar" },
    });
    drop_in_box(&workspace, "answer.json", &answer);
    workspace.up_once();
    assert_eq!(workspace.task("From afar").state, "succeeded");
    assert!(workspace.inbox("Codex-MM1").is_empty(), "{:?}", workspace.inbox("Codex-MM1"));
}

#[test]
fn the_log_names_the_drop_box_and_does_not_warn_of_batons_own_returns() {
    let workspace = Workspace::with_noop();
    fs::create_dir_all(workspace.inbox_of(BOX)).unwrap();
    workspace.drop_file(BOX, "broken.json", "{ \"title\": 7 ]");
    drop_in_box(&workspace, "a.json", &handoff("Cluade-MM1", "Mistyped"));
    let asked = with(handoff("noop", "Answer another"), &json!({ "reply_to": "Codex-MM1" }));
    workspace.drop_file("noop", "b.json", text(&asked));
    let mut log = workspace.up_once().stderr;
    log += &workspace.up_once().stderr;
    assert_eq!(workspace.returns("Codex-MM1").len(), 1, "{log}");
    assert!(log.contains("broken.json") && !log.contains("agent=01_inbox"), "{log}");
    assert!(!log.contains("names another agent"), "{log}");
}
