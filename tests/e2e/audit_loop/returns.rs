//! What a RETURN claims is looked up: a false one is flagged and asked for again, three times in all.

use baton_tests::{Workspace, text};
use serde_json::json;

use super::{
    DRAWER, DRAWER_PLAN, PLAN_FILE, REAL, answer, answer_to_the_audit, flags, follow_ups, handoff_of, last_report,
    last_summary, requests, states,
};

#[test]
fn a_claim_that_is_false_is_flagged_and_asked_again_until_a_person_has_to_look() {
    let workspace = Workspace::init();
    workspace.write(PLAN_FILE, DRAWER_PLAN);
    workspace.up_once();
    for round in 1..=3_u64 {
        let request = requests(&workspace, DRAWER).remove(0);
        assert_eq!(request.state, "delivered", "round {round}: {:#?}", workspace.status());
        let handoff = handoff_of(&workspace, &request);
        assert_eq!(handoff["args"]["round"], json!(round));
        let body = handoff["required_action"].as_str().unwrap();
        assert_eq!(body.contains("the last answer said it was done"), round > 1, "{body}");
        let returned = answer_to_the_audit(&workspace, &request, DRAWER);
        workspace.up_once();
        let (asked, returned) = (workspace.why(&request.id), workspace.task(&returned));
        assert_eq!(asked.state, "succeeded", "the agent said so");
        for id in [&request.id, &returned.id] {
            let flags = flags(&workspace, id);
            assert!(flags.len() == 1 && flags[0].starts_with("high: ") && flags[0].contains(DRAWER), "{flags:?}");
        }
        let said = last_summary(&workspace);
        assert!(said.contains("The RETURN of Claude-MM1 makes 1 claim: 0 true, 1 false"), "{said}");
    }
    assert_eq!(states(&workspace, DRAWER), ["succeeded"; 3], "it is not asked for a fourth time");
    let report = last_report(&workspace).unwrap();
    assert_eq!(follow_ups(&report), [(DRAWER, "HELD", 3)]);
    assert!(report["parts"]["follow_ups"][0]["reason"].as_str().unwrap().contains("a person has to look"));
    // Of two of one second the later one ends in `-2`, which sorts behind the other only without the ending.
    let names = workspace.list("reports").into_iter().filter(|name| name.starts_with("AUDIT_FOLLOWUP_ACTIONS_"));
    let newest = names.filter_map(|name| Some(name.strip_suffix(".md")?.to_owned())).max().unwrap();
    let shown = workspace.read(&format!("reports/{newest}.md"));
    assert!(shown.contains("1 for a person") && shown.contains("a person has to look"), "{shown}");
    workspace.up_once();
    assert_eq!(requests(&workspace, DRAWER).len(), 3);
    // A person looked.
    workspace.write(DRAWER, REAL);
    workspace.up_once();
    let report = last_report(&workspace).unwrap();
    assert_eq!((&report["completion_percent"], requests(&workspace, DRAWER).len()), (&json!(100), 3));
}

#[test]
fn a_return_between_two_others_is_flagged_when_it_is_false_and_only_then() {
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
        assert_eq!(workspace.task(name).state, "succeeded", "flagged, not undone");
        let returned = workspace.task(value["title"].as_str().unwrap());
        for id in [&request.id, &returned.id] {
            let flags = flags(&workspace, id);
            assert_eq!(flags.len(), usize::from(is_false), "{flags:?}");
            assert!(flags.iter().all(|flag| flag.contains(path)), "{flags:?}");
        }
    }
    assert_eq!(workspace.inbox("Cursor-MM1").len(), 2, "nobody's inbox is tidied");
    assert!(workspace.list("reports").is_empty(), "no plan is concerned");
}
