//! `plan`, `apply` and `undo` write edits of the local files to Notion.

use baton_tests::Task;
use baton_tests::notion_server::{FakeProperty, Fault, NotionServer, rich, uuid};
use serde_json::{Value, json};

use super::{NotionWorkspace, expected, line_of, number, plan_of, tracks};

#[test]
fn edits_are_planned_applied_and_undone() {
    let notion = NotionServer::start();
    let [database, _] = tracks(&notion, 20, 3);
    let place = NotionWorkspace::writable(&notion);
    place.done("pull", json!({ "databases": [database] }));
    place.edit("Track 3,93,,", "\"Track 3, live\",93.5,From a file,");
    place.edit("\"House, Tag 5\"", "\"Techno, Tag 5\"");
    let plan = place.planned();
    assert_eq!((place.planned(), notion.writes()), (plan.clone(), 0), "a plan is not a change, and keeps its id");
    let report = place.workspace.read(&format!("reports/notion_{plan}.md"));
    assert!(report.contains("| Track 3, live | BPM | 93 | 93.5 |"), "{report}");
    // A pull does not replace the edits.
    let kept = place.ask("pull", json!({}));
    assert!(kept.outcome.as_deref() == Some("partial") && kept.reason.contains("not replaced"), "{}", kept.reason);

    place.done("apply", json!({ "plan": plan }));
    assert_eq!(notion.value(&uuid(3), "title")["title"][0]["plain_text"], "Track 3, live");
    assert_eq!((&notion.value(&uuid(3), "J@cT")["number"], notion.writes()), (&json!(93.5), 2));
    let again = place.ask("apply", json!({ "plan": plan }));
    assert!(again.reason.contains("already applied") && notion.writes() == 2, "{}", again.reason);
    assert!(place.done("push", json!({})).reason.contains("no edits"));
    place.done("pull", json!({}));
    assert_eq!(place.lines()[5], format!("{},\"Track 3, live\",93.5,From a file,\"House, Tag 3\"", uuid(3)));

    place.done("undo", json!({ "plan": plan }));
    place.done("pull", json!({}));
    assert_eq!(place.lines(), expected(0..20));
    place.done("undo", json!({ "plan": plan }));
    assert_eq!(notion.writes(), 4, "a second undo changes nothing");
    place.assert_clean(&notion);
}

#[test]
fn both_sides_keep_a_cell_that_both_changed() {
    let notion = NotionServer::start();
    let [database, _] = tracks(&notion, 20, 3);
    let place = NotionWorkspace::writable(&notion);
    place.done("pull", json!({ "databases": [database] }));
    place.edit("Track 3,93", "Track 3,200");
    place.edit("Track 4,94", "Track 4,201");
    notion.edit(&uuid(3), "J@cT", number(150));
    let part = place.ask("push", json!({}));
    assert!(
        part.outcome.as_deref() == Some("partial") && part.reason.contains("1 edit is not planned"),
        "{}",
        part.reason
    );
    // A pull reads Notion's values, but the conflict stays.
    place.ask("pull", json!({}));
    let plan = plan_of(&place.ask("push", json!({})));
    // Row 4 is in the plan, and changes at Notion after the plan was made.
    notion.edit(&uuid(4), "J@cT", number(151));
    let left = place.ask("apply", json!({ "plan": plan }));
    assert!(left.outcome.as_deref() == Some("refused") && left.reason.contains("not changed"), "{}", left.reason);
    assert_eq!(
        (&notion.value(&uuid(3), "J@cT")["number"], &notion.value(&uuid(4), "J@cT")["number"]),
        (&json!(150), &json!(151))
    );
    assert!(place.csv().contains("Track 3,200") && place.csv().contains("Track 4,201"), "the file keeps its values");
    assert_eq!(notion.writes(), 0);
    // A pull does not remove a column that a person has added, unless `overwrite` is set.
    place.done("pull", json!({ "overwrite": true }));
    let with_column: String = place.csv().lines().map(|line| format!("{line},mine\n")).collect();
    std::fs::write(place.csv_path(), with_column).unwrap();
    assert_eq!(place.ask("pull", json!({})).outcome.as_deref(), Some("partial"));
    place.done("pull", json!({ "overwrite": true }));
    assert!(!place.csv().contains("mine"));
    assert!(place.csv().contains("Track 3,150") && place.csv().contains("Track 4,151"));
    place.assert_clean(&notion);
}

#[test]
fn a_changed_schema_is_refused_with_the_edit_that_fixes_it() {
    let notion = NotionServer::start();
    let [database, source] = tracks(&notion, 20, 3);
    let place = NotionWorkspace::writable(&notion);
    place.done("pull", json!({ "databases": [database] }));
    place.edit("Track 3,93", "Track 3,200");
    notion.change_properties(&source, |all| "Tempo".clone_into(&mut all[1].name));
    let refused = place.ask("push", json!({}));
    assert_eq!(refused.outcome.as_deref(), Some("refused"), "{}", refused.reason);
    let steps = place.why(&refused);
    assert!(steps.contains("the property \"BPM\" is now called \"Tempo\": rename the column in row 1"), "{steps}");
    place.edit(",BPM,", ",Tempo,");
    let plan = place.planned();
    place.done("apply", json!({ "plan": plan }));
    assert_eq!(notion.value(&uuid(3), "J@cT")["number"], 200);

    notion.change_properties(&source, |all| "rich_text".clone_into(&mut all[1].kind));
    place.edit("Track 4,94", "Track 4,201");
    let refused = place.ask("push", json!({}));
    let steps = place.why(&refused);
    assert!(steps.contains("changed from number to rich_text"), "{steps}");
    assert_eq!(notion.writes(), 1);
    place.assert_clean(&notion);
}

#[test]
fn every_fault_of_a_change_leads_to_the_planned_values_once() {
    let notion = NotionServer::start();
    let [database, _] = tracks(&notion, 20, 3);
    let place = NotionWorkspace::writable(&notion);
    place.done("pull", json!({ "databases": [database] }));
    let faults = [
        Fault::Status("500 Internal Server Error"),
        Fault::Failed("502 Bad Gateway"),
        Fault::Busy(1),
        Fault::Overloaded(1),
        Fault::Cut(10),
        Fault::Lost,
        Fault::Dropped,
        Fault::Twice,
        Fault::Delayed(2),
    ];
    for (at, fault) in faults.into_iter().enumerate() {
        let (was, bpm) = (if at == 0 { 93 } else { 200 + at - 1 }, 200 + at);
        place.edit(&format!("Track 3,{was},"), &format!("Track 3,{bpm},"));
        let plan = place.planned();
        notion.order("PATCH", fault.clone());
        place.done("apply", json!({ "plan": plan }));
        assert_eq!(notion.value(&uuid(3), "J@cT")["number"], bpm, "{fault:?}");
    }
    place.done("pull", json!({}));
    assert_eq!(place.lines()[5], line_of(3, "208"));
    place.assert_clean(&notion);
}

#[test]
fn a_daemon_that_is_killed_between_any_two_requests_of_a_plan_finishes_it() {
    let notion = NotionServer::start();
    let [database, _] = tracks(&notion, 20, 3);
    let place = NotionWorkspace::writable(&notion);
    place.done("pull", json!({ "databases": [database] }));
    // Each row has three requests: it is read, changed, and read again.
    for (round, (at, has_effect)) in
        [(1, false), (2, false), (2, true), (3, true), (4, true), (5, false), (5, true), (6, true)]
            .into_iter()
            .enumerate()
    {
        let was = |first: usize| if round == 0 { first } else { first * 2 + round - 1 };
        for row in [3, 4] {
            place.edit(&format!("Track {row},{},", was(90 + row)), &format!("Track {row},{},", (90 + row) * 2 + round));
        }
        let plan = place.planned();
        let title = format!("Killed {round}");
        place.drop(&title, "apply", json!({ "plan": plan }));
        notion.stop_at(at, has_effect);
        let daemon = place.workspace.up();
        place.workspace.wait_for("the request", |_| notion.has_stopped().then_some(()));
        daemon.kill();
        notion.answer_again();
        place.up_once();
        let task = place.workspace.task(&title);
        assert_eq!(task.state, "succeeded", "{round}: {}", task.reason);
        for row in [3_usize, 4] {
            assert_eq!(notion.value(&uuid(row), "J@cT")["number"], (90 + row) * 2 + round, "round {round}");
        }
    }
    place.done("pull", json!({}));
    assert!(place.done("push", json!({})).reason.contains("no edits"));
    place.assert_clean(&notion);
}

#[test]
fn two_daemons_on_one_database_come_to_one_value() {
    let notion = NotionServer::start();
    let [database, _] = tracks(&notion, 20, 3);
    let (one, other) = (NotionWorkspace::writable(&notion), NotionWorkspace::writable(&notion));
    for place in [&one, &other] {
        place.done("pull", json!({ "databases": [database] }));
        place.edit("Track 3,93", "Track 3,200");
    }
    one.edit("Track 4,94", "Track 4,300");
    other.edit("Track 4,94", "Track 4,301");
    let plans = [&one, &other].map(NotionWorkspace::planned);
    for (place, plan) in [&one, &other].into_iter().zip(&plans) {
        place.drop("Apply", "apply", json!({ "plan": plan }));
    }
    let daemons = [&one, &other].map(|place| place.workspace.up());
    for place in [&one, &other] {
        place
            .workspace
            .wait_for("the end", |_| place.workspace.tasks("Apply").first().is_some_and(Task::is_final).then_some(()));
    }
    drop(daemons);
    assert_eq!(notion.value(&uuid(3), "J@cT")["number"], 200);
    let now = notion.value(&uuid(4), "J@cT")["number"].as_u64().unwrap();
    assert!([300, 301].contains(&now), "{now}");
    for (place, own) in [(&one, 300), (&other, 301)] {
        assert!(place.csv().contains(&format!("Track 4,{own}")), "{}", place.csv());
        if own != now {
            assert_sees_the_other(place, own, now);
        }
        place.assert_clean(&notion);
    }
}

/// Asserts what happens to the daemon whose value was not kept. If it read the row after the other daemon's change, it keeps its
/// value in its file and reports the conflict. If both daemons read the row before either of them changed it, both changed it,
/// because Notion has no conditional change. Then the next `pull` gets the value that Notion kept.
fn assert_sees_the_other(place: &NotionWorkspace, own: u64, now: u64) {
    let push = place.ask("push", json!({}));
    if push.outcome.as_deref() == Some("refused") {
        return;
    }
    assert!(push.reason.contains("no edits"), "{}", push.reason);
    place.done("pull", json!({}));
    let csv = place.csv();
    assert!(csv.contains(&format!("Track 4,{now}")) && !csv.contains(&format!("Track 4,{own}")), "{csv}");
}

#[test]
fn a_property_with_the_name_of_another_one_does_not_get_its_cells() {
    let notion = NotionServer::start();
    let [database, source] = tracks(&notion, 20, 3);
    let place = NotionWorkspace::writable(&notion);
    place.done("pull", json!({ "databases": [database] }));
    place.edit("Track 3,93", "Track 3,200");
    notion.change_properties(&source, |all| {
        let new = FakeProperty { id: "new".to_owned(), ..all[1].clone() };
        "BPM old".clone_into(&mut all[1].name);
        all.push(new);
    });
    let kept = place.ask("pull", json!({}));
    assert!(kept.reason.contains("not replaced"), "{}", kept.reason);
    let refused = place.ask("push", json!({}));
    let steps = place.why(&refused);
    assert!(steps.contains("the property \"BPM\" is now called \"BPM old\": rename the column in row 1"), "{steps}");
    place.edit(",BPM,", ",BPM old,");
    let plan = place.planned();
    place.done("apply", json!({ "plan": plan }));
    assert_eq!((&notion.value(&uuid(3), "J@cT")["number"], notion.writes()), (&json!(200), 1));
    assert_eq!(notion.value(&uuid(3), "new"), Value::Null);
    place.assert_clean(&notion);
}

#[test]
fn times_and_numbers_that_notion_returns_in_another_form_are_the_planned_values() {
    let notion = NotionServer::start();
    let properties = [["title", "Name", "title"], ["num", "Rating", "number"], ["date", "When", "date"]];
    let [database, source] = notion.add(3, "Gigs", &properties);
    let day = json!({ "type": "date", "date": { "start": "2026-01-17", "end": null, "time_zone": null } });
    let values = [("title", rich("title", "Gig")), ("num", number(1)), ("date", day)];
    let values = values.into_iter().map(|(id, value)| (id.to_owned(), value)).collect();
    notion.add_row(&source, 1, 0, values);
    let place = NotionWorkspace::writable(&notion);
    place.done("pull", json!({ "databases": [database] }));
    place.edit("Gig,1,2026-01-17", "Gig,90.0,2026-01-18T10:15:00Z");
    let plan = place.planned();
    place.done("apply", json!({ "plan": plan }));
    let start = |notion: &NotionServer| notion.value(&uuid(1), "date")["date"]["start"].clone();
    assert_eq!(start(&notion), "2026-01-18T10:15:00.000+00:00");
    assert_eq!(notion.value(&uuid(1), "num")["number"].to_string(), "90");
    assert!(place.done("push", json!({})).reason.contains("no edits"));
    place.done("pull", json!({}));
    assert_eq!(place.lines()[2], format!("{},Gig,90,2026-01-18T10:15:00.000+00:00", uuid(1)));
    place.done("undo", json!({ "plan": plan }));
    assert_eq!((start(&notion), notion.writes()), (json!("2026-01-17"), 2));
    place.assert_clean(&notion);
}

#[test]
fn apply_handles_a_file_that_changed_after_the_plan() {
    let notion = NotionServer::start();
    let [database, _] = tracks(&notion, 20, 3);
    let place = NotionWorkspace::writable(&notion);
    place.done("pull", json!({ "databases": [database] }));
    place.edit("Track 3,93", "Track 3,200");
    let plan = place.planned();
    place.edit("Track 3,200", "Track 3,93");
    place.edit("Track 4,94", "Track 4,300");
    place.done("apply", json!({ "plan": plan }));
    let other = place.planned();
    let report = place.workspace.read(&format!("reports/notion_{other}.md"));
    assert!(report.contains("| Track 4 |") && !report.contains("Track 3"), "{report}");
    place.done("apply", json!({ "plan": other }));
    place.done("pull", json!({}));
    assert_eq!((place.lines()[5].as_str(), place.lines()[6].as_str()), (&*line_of(3, "200"), &*line_of(4, "300")));
    place.assert_clean(&notion);
}

#[test]
fn a_missing_capability_ends_no_plan() {
    let notion = NotionServer::start();
    let [database, _] = tracks(&notion, 20, 3);
    let place = NotionWorkspace::writable(&notion);
    place.done("pull", json!({ "databases": [database] }));
    place.edit("Track 3,93", "Track 3,200");
    let plan = place.planned();
    notion.order("PATCH", Fault::Status("403 Forbidden"));
    let waits = place.ask("apply", json!({ "plan": plan }));
    assert!(waits.state == "needs_grant" && waits.reason.contains("Update content"), "{}", waits.reason);
    assert_eq!(notion.writes(), 0);
    place.workspace.baton(&["retry", waits.id.as_str()]).ended(0);
    place.up_once();
    assert_eq!(notion.value(&uuid(3), "J@cT")["number"], 200);
    place.assert_clean(&notion);
}

#[test]
fn undo_restores_a_row_that_somebody_changed_while_it_was_written() {
    let notion = NotionServer::start();
    let [database, _] = tracks(&notion, 20, 3);
    let place = NotionWorkspace::writable(&notion);
    place.done("pull", json!({ "databases": [database] }));
    place.edit("Track 3,93,,", "Track 3,200,Planned,");
    let plan = place.planned();
    notion.order("PATCH", Fault::Changed(uuid(3), "note".to_owned(), rich("rich_text", "Foreign")));
    let left = place.ask("apply", json!({ "plan": plan }));
    assert!(left.outcome.as_deref() == Some("refused") && left.reason.contains("not changed"), "{}", left.reason);
    assert_eq!(notion.value(&uuid(3), "J@cT")["number"], 200);
    place.ask("undo", json!({ "plan": plan }));
    assert_eq!(notion.value(&uuid(3), "J@cT")["number"], 93);
    assert_eq!(notion.value(&uuid(3), "note")["rich_text"][0]["plain_text"], "Foreign");
    place.assert_clean(&notion);
}
