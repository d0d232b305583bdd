//! The audit checks the claims of RETURNs. It verifies a RETURN with true claims. It refutes a RETURN with a false claim,
//! and the request becomes disputed. A missing deliverable is requested again, three times in all.

use baton_tests::{Task, Workspace, text};
use serde_json::json;

use super::{
    DRAWER, DRAWER_PLAN, PLAN_FILE, REAL, answer, answer_to_the_audit, flags, follow_ups, handoff_of, last_report,
    last_summary, requests, states,
};

#[test]
fn a_false_claim_is_reported_and_requested_again_until_a_person_decides() {
    let workspace = Workspace::init();
    workspace.write(PLAN_FILE, DRAWER_PLAN);
    workspace.up_once();
    for round in 1..=3_u64 {
        let request = requests(&workspace, DRAWER).remove(0);
        assert_eq!(request.state, "delivered", "round {round}: {:#?}", workspace.status());
        let handoff = handoff_of(&workspace, &request);
        assert_eq!(handoff["args"]["items"][0]["round"], json!(round));
        let body = handoff["required_action"].as_str().unwrap();
        assert_eq!(body.contains("the last answer said that it was done"), round > 1, "{body}");
        let returned = answer_to_the_audit(&workspace, &request, DRAWER);
        workspace.up_once();
        let (asked, returned) = (workspace.why(&request.id), workspace.task(&returned));
        assert_eq!(asked.state, "disputed", "the agent reported it, and it does not exist");
        for id in [&request.id, &returned.id] {
            let flags = flags(&workspace, id);
            assert!(flags.len() == 1 && flags[0].starts_with("high: ") && flags[0].contains(DRAWER), "{flags:?}");
        }
        let said = last_summary(&workspace);
        assert!(said.contains("The RETURN of Claude-MM1 makes 1 claim: 0 true, 1 false"), "{said}");
    }
    assert_eq!(states(&workspace, DRAWER), ["disputed"; 3], "it is not requested a fourth time");
    let report = last_report(&workspace).unwrap();
    assert_eq!(follow_ups(&report), [(DRAWER, "HELD", 3)]);
    assert!(report["parts"]["follow_ups"][0]["reason"].as_str().unwrap().contains("a person has to decide"));
    // If two reports were written in the same second, the name of the later one ends in `-2`. The names sort in the order of
    // time only without the extension.
    let names = workspace.list("reports").into_iter().filter(|name| name.starts_with("AUDIT_FOLLOWUP_ACTIONS_"));
    let newest = names.filter_map(|name| Some(name.strip_suffix(".md")?.to_owned())).max().unwrap();
    let shown = workspace.read(&format!("reports/{newest}.md"));
    assert!(shown.contains("1 for a person") && shown.contains("a person has to decide"), "{shown}");
    workspace.up_once();
    assert_eq!(requests(&workspace, DRAWER).len(), 3);
    // The operator decides, and creates the deliverable.
    workspace.write(DRAWER, REAL);
    workspace.up_once();
    let report = last_report(&workspace).unwrap();
    assert_eq!((&report["completion_percent"], requests(&workspace, DRAWER).len()), (&json!(100), 3));
    assert_eq!(states(&workspace, DRAWER), ["succeeded"; 3], "the reported files exist now");
}

#[test]
fn a_return_between_two_other_agents_is_flagged_only_if_it_is_false() {
    let workspace = Workspace::init();
    workspace.write("docs/there.md", "# There\n\nIt is really there.\n");
    for (name, path, is_false) in [("Make it", "docs/nowhere.md", true), ("Keep it", "docs/there.md", false)] {
        workspace.drop_handoff_with("Claude-MM1", name, json!({ "source_agent": "Cursor-MM1" }));
        workspace.up_once();
        let request = workspace.task(name);
        let value = answer("Claude-MM1", "Cursor-MM1", &request, path);
        workspace.drop_file("Cursor-MM1", &format!("answer-{is_false}.json"), text(&value));
        workspace.up_once();
        let checked = last_summary(&workspace);
        let words = if is_false { "0 true, 1 false" } else { "1 true, 0 false" };
        assert!(checked.contains("The RETURN of Claude-MM1 makes 1 claim") && checked.contains(words), "{checked}");
        let (state, evidence) = if is_false { ("disputed", "refuted") } else { ("succeeded", "verified") };
        let request = workspace.task(name);
        assert_eq!((request.state.as_str(), request.evidence.as_deref()), (state, Some(evidence)));
        let returned = workspace.task(value["title"].as_str().unwrap());
        for id in [&request.id, &returned.id] {
            let flags = flags(&workspace, id);
            assert_eq!(flags.len(), usize::from(is_false), "{flags:?}");
            assert!(flags.iter().all(|flag| flag.contains(path)), "{flags:?}");
        }
    }
    assert_eq!(workspace.inbox("Cursor-MM1").len(), 2, "no files are removed from the inbox");
    assert!(workspace.list("reports").is_empty(), "no plan is affected");
}

/// A request of Cursor-MM1 to an agent.
fn asked(workspace: &Workspace, agent: &str, title: &str) -> Task {
    workspace.drop_handoff_with(agent, title, json!({ "source_agent": "Cursor-MM1" }));
    workspace.up_once();
    workspace.task(title)
}

/// Lets the agent answer the request with a RETURN that names `path` as its work. Returns the title of the RETURN.
fn returned(workspace: &Workspace, request: &Task, nth: u32, path: &str) -> String {
    let mut value = answer(&request.agent, "Cursor-MM1", request, path);
    value["title"] = json!(format!("Answer {nth} to {}", request.title));
    if path.is_empty() {
        value["artifacts_created"] = json!([]);
    }
    workspace.drop_file("Cursor-MM1", &format!("answer-{nth}-{}.json", request.id), text(&value));
    workspace.up_once();
    value["title"].as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn assert_state(workspace: &Workspace, title: &str, state: &str, evidence: &str) {
    let task = workspace.task(title);
    assert_eq!((task.state.as_str(), task.evidence.as_deref()), (state, Some(evidence)), "{task:#?}");
}

#[test]
fn obligations_count_returns_that_are_verified_refuted_and_only_reported() {
    let workspace = Workspace::init();
    workspace.write("docs/there.md", "# There\n\nIt is really there.\n");
    workspace.write("handoffs/Claude-MM2/01_inbox/.keep", "");
    let [right, wrong, words] = [("Claude-MM1", "Right"), ("Codex-MM1", "Wrong"), ("Claude-MM2", "Words")]
        .map(|(agent, title)| asked(&workspace, agent, title));
    returned(&workspace, &right, 1, "docs/there.md");
    let refuted = returned(&workspace, &wrong, 1, "docs/nowhere.md");
    returned(&workspace, &words, 1, "");
    assert_state(&workspace, "Right", "succeeded", "verified");
    assert_state(&workspace, "Wrong", "disputed", "refuted");
    assert_state(&workspace, "Words", "succeeded", "reported");
    let counted = || {
        let shown = workspace.baton(&["obligations", "--json"]).ended(0).json();
        let row = |agent: &str| {
            let agents = shown["agents"].as_array().unwrap();
            let row = agents.iter().find(|row| row["agent"] == agent).unwrap();
            ["reported", "verified", "refuted"].map(|name| row[name].as_u64().unwrap())
        };
        ["Claude-MM1", "Codex-MM1", "Claude-MM2"].map(row)
    };
    assert_eq!(counted(), [[0, 1, 0], [0, 0, 1], [1, 0, 0]]);
    let table = workspace.baton(&["obligations"]).ended(0).stdout;
    assert!(table.contains("REPORTED") && table.contains("VERIFIED") && table.contains("REFUTED"), "{table}");

    // The events of the request and of its RETURN say who checked the RETURN and what was found.
    let why = workspace.why(&wrong.id);
    let [check] = why.checks.as_slice() else { panic!("{:#?}", why.checks) };
    assert_eq!((check.by.as_str(), check.evidence.as_str()), ("audit", "refuted"));
    assert!(check.reasons.iter().any(|reason| reason.contains("docs/nowhere.md")), "{check:#?}");
    assert_eq!(workspace.why(&workspace.task(&refuted).id).checks, why.checks);
    let event = why.events.iter().find(|event| event.action == "refuted").unwrap();
    assert_eq!((event.actor.as_str(), event.state.as_str()), ("audit", "disputed"));
    assert!(workspace.baton(&["why", &wrong.id]).ended(0).stdout.contains("RETURN refuted"));
    let listed = workspace.baton(&["status", "--in-state", "disputed"]).ended(0).stdout;
    assert!(listed.contains("Wrong") && !listed.contains("Right") && listed.contains("docs/nowhere.md"), "{listed}");

    // A later RETURN that is true ends the dispute. A repeated check of an old RETURN does not reopen the dispute.
    returned(&workspace, &wrong, 2, "docs/there.md");
    assert_state(&workspace, "Wrong", "succeeded", "verified");
    assert_eq!(counted(), [[0, 1, 0], [0, 1, 0], [1, 0, 0]]);
    assert_eq!(workspace.why(&wrong.id).checks.len(), 2);
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn work_that_appears_later_ends_the_dispute_without_another_return() {
    let workspace = Workspace::init();
    let request = asked(&workspace, "Codex-MM1", "Write it");
    returned(&workspace, &request, 1, "docs/late.md");
    assert_state(&workspace, "Write it", "disputed", "refuted");
    workspace.up_once();
    assert_state(&workspace, "Write it", "disputed", "refuted");
    workspace.write("docs/late.md", "# Late\n\nIt is here now.\n");
    workspace.up_once();
    assert_state(&workspace, "Write it", "succeeded", "verified");
    assert_eq!(workspace.why(&request.id).actions().iter().filter(|action| **action == "verified").count(), 1);
}

#[test]
fn tasks_that_depend_on_a_disputed_request_wait_for_a_person_until_the_dispute_ends() {
    let workspace = Workspace::init();
    let request = asked(&workspace, "Codex-MM1", "Build it");
    workspace.drop_handoff_with("audit", "Then audit", json!({ "depends_on": [request.handoff_id] }));
    workspace.up_once();
    assert_eq!(workspace.task("Then audit").state, "waiting");
    returned(&workspace, &request, 1, "docs/built.md");
    let held = workspace.task("Then audit");
    assert_eq!((held.state.as_str(), held.attempts), ("needs_human", 0), "{held:#?}");
    assert!(held.reason.contains("ended as disputed"), "{held:#?}");
    workspace.write("docs/built.md", "# Built\n\nIt is here now.\n");
    returned(&workspace, &request, 2, "docs/built.md");
    assert_state(&workspace, "Build it", "succeeded", "verified");
    assert_eq!(workspace.task("Then audit").attempts, 1, "{:#?}", workspace.task("Then audit"));
}

#[test]
fn without_the_grant_every_return_stays_reported() {
    let workspace = Workspace::init();
    workspace.baton(&["plugin", "revoke", "audit", "returns"]).ended(0);
    let request = asked(&workspace, "Codex-MM1", "Write it");
    returned(&workspace, &request, 1, "docs/nowhere.md");
    assert_state(&workspace, "Write it", "succeeded", "reported");
}
