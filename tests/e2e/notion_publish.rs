//! The action `publish` of the plugin `notion`: audits, findings and tracks become pages of one database. The shipped component in the
//! real sandbox, against a stateful Notion on loopback; the two official clients read the pages.

mod views;

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use baton_tests::notion_server::{FakeProperty, FakeRow, Fault, NotionServer, TOKEN, rich};
use baton_tests::{Output, Task, or_skip, tools};
use serde_json::{Value, json};

use crate::notion::judges::notion_client;
use crate::notion::{NotionWorkspace, plan_of};

/// The properties that publishing needs, in a database whose title is called `Name`.
pub(crate) const PROPERTIES: [[&str; 3]; 10] = [
    ["title", "Name", "title"],
    ["m@rk", "Baton ID", "rich_text"],
    ["kind", "Kind", "select"],
    ["stat", "Status", "select"],
    ["sev", "Severity", "select"],
    ["plc", "Place", "rich_text"],
    ["det", "Details", "rich_text"],
    ["aud", "Audit", "relation"],
    ["whn", "Audited", "date"],
    ["bpm", "BPM", "number"],
];

/// A gap of `plans/a.md`.
pub(crate) fn gap(file: &str, evidence: &str) -> Value {
    json!({ "id": format!("audit:plans/a.md:{file}:missing"), "weight": "high", "title": format!("{file} is missing"),
        "evidence": evidence, "place": { "path": "plans/a.md", "line": 3 } })
}

/// Writes the newest report: an audit of a minute, with these gaps.
pub(crate) fn audit(place: &NotionWorkspace, minute: u32, gaps: &[Value]) {
    let report = json!({ "schema": 3, "report_id": format!("PLANS-AUDIT-20260118-10{minute:02}00"),
        "executed_at": format!("2026-01-18 10:{minute:02}:00 UTC"), "plans": [{ "plan": "plans/a.md" }],
        "plans_left_out": 0, "findings": gaps });
    place.workspace.write("audits/latest.json", report.to_string());
}

/// A workspace that may publish to an empty database, with its data source.
pub(crate) fn publisher(notion: &NotionServer) -> NotionWorkspace {
    let place = NotionWorkspace::writable(notion);
    for folder in ["audits", "lists"] {
        std::fs::create_dir_all(place.workspace.root().join(folder)).unwrap();
    }
    let words = [
        "plugin",
        "grant",
        "notion",
        "http=POST:{api}/v1/pages",
        "http=POST:{api}/v1/views",
        "files:ro=reports=audits",
        "files:ro=tracks=lists",
    ];
    place.workspace.baton(&words).ended(0);
    place
}

/// The arguments of `publish`.
fn to(database: &str) -> Value {
    json!({ "database": database, "source": "studio" })
}

/// Plans and applies.
#[track_caller]
fn publish(place: &NotionWorkspace, args: Value) -> Task {
    let plan = plan_of(&place.done("publish", args));
    place.done("apply", json!({ "plan": plan }))
}

fn text(row: &FakeRow, property: &str) -> String {
    let value = row.values.get(property).cloned().unwrap_or_default();
    let kind = value["type"].as_str().unwrap_or_default().to_owned();
    match &value[&kind] {
        Value::Array(items) if kind == "relation" => {
            items.iter().filter_map(|item| item["id"].as_str()).collect::<Vec<_>>().join(" ")
        }
        Value::Array(pieces) => pieces.iter().filter_map(|piece| piece["plain_text"].as_str()).collect(),
        Value::Object(fields) => {
            fields.get("name").or_else(|| fields.get("start")).unwrap().as_str().unwrap().to_owned()
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The pages that are not marked as duplicates, by their markers.
#[track_caller]
fn pages(notion: &NotionServer, source: &str) -> BTreeMap<String, FakeRow> {
    let mut all = BTreeMap::new();
    for row in notion.rows(source).into_iter().filter(|row| text(row, "stat") != "Duplicate") {
        let marker = text(&row, "m@rk");
        assert!(all.insert(marker.clone(), row).is_none(), "{marker} is there twice");
    }
    all
}

const AUDIT: &str = "studio run:PLANS-AUDIT-20260118-101500";
const X: &str = "studio audit:plans/a.md:x.py:missing";
const Y: &str = "studio audit:plans/a.md:y.py:missing";

#[test]
fn an_audit_and_its_findings_become_pages_with_relations_and_a_second_run_writes_nothing() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Audits", &PROPERTIES);
    let place = publisher(&notion);
    audit(&place, 15, &[gap("x.py", "no such file"), gap("y.py", "")]);
    let planned = place.done("publish", to(&database));
    assert_eq!(notion.writes(), 0, "a plan is not a change");
    let plan = plan_of(&planned);
    let table = place.workspace.read(&format!("reports/notion_{plan}.md"));
    assert!(table.contains("| x.py is missing | Severity | (new page) | high |"), "{table}");
    place.done("apply", json!({ "plan": plan }));
    let all = pages(&notion, &source);
    assert_eq!(all.keys().collect::<Vec<_>>(), [X, Y, AUDIT]);
    let (x, run) = (&all[X], &all[AUDIT]);
    let texts = ["title", "kind", "stat", "sev", "plc", "det", "aud"].map(|id| text(x, id));
    assert_eq!(texts, ["x.py is missing", "Finding", "Open", "high", "plans/a.md:3", "no such file", run.id.as_str()]);
    let texts = ["title", "kind", "stat", "det", "whn"].map(|id| text(run, id));
    assert_eq!(
        texts,
        ["PLANS-AUDIT-20260118-101500", "Audit", "Published", "2 findings: 2 high.", "2026-01-18T10:15:00.000+00:00"]
    );
    let writes = notion.writes();
    let again = place.done("publish", to(&database));
    assert!(again.reason.contains("There is nothing to publish: 3 pages have"), "{}", again.reason);
    assert_eq!((writes, notion.writes()), (3, 3));

    // A later audit: one finding is fixed, one has changed, and a person renamed its page and a property.
    notion.edit(&x.id, "title", rich("title", "Mine"));
    notion.change_properties(&source, |all| "State".clone_into(&mut all[3].name));
    audit(&place, 30, &[gap("x.py", "still no such file")]);
    publish(&place, to(&database));
    let all = pages(&notion, &source);
    let later = &all["studio run:PLANS-AUDIT-20260118-103000"];
    let texts = ["title", "stat", "det", "aud"].map(|id| text(&all[X], id));
    assert_eq!(texts, ["Mine", "Open", "still no such file", later.id.as_str()]);
    assert_eq!((text(&all[Y], "stat"), text(&all[Y], "aud")), ("Fixed".to_owned(), later.id.clone()));
    assert!(place.done("publish", to(&database)).reason.contains("There is nothing to publish"));

    // An older report changes nothing; a finding that comes back is open again.
    audit(&place, 15, &[gap("y.py", "")]);
    let refused = place.ask("publish", to(&database));
    assert_eq!(refused.outcome.as_deref(), Some("refused"), "{}", refused.reason);
    assert!(refused.reason.contains("a later audit than PLANS-AUDIT-20260118-101500"), "{}", refused.reason);
    audit(&place, 45, &[gap("x.py", "still no such file"), gap("y.py", "")]);
    publish(&place, to(&database));
    assert_eq!(text(&pages(&notion, &source)[Y], "stat"), "Open");
    place.assert_clean(&notion);
}

#[test]
fn a_status_of_a_person_stays_and_undo_withdraws_pages_without_deleting_one() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Audits", &PROPERTIES);
    let place = publisher(&notion);
    audit(&place, 15, &[gap("x.py", ""), gap("y.py", "")]);
    let plan = plan_of(&place.done("publish", to(&database)));
    place.done("apply", json!({ "plan": plan }));
    let x = pages(&notion, &source)[X].id.clone();
    notion.edit(&x, "stat", json!({ "type": "select", "select": { "name": "Not planned" } }));
    assert!(place.done("publish", to(&database)).reason.contains("There is nothing to publish"));
    let undone = place.ask("undo", json!({ "plan": plan }));
    let all = pages(&notion, &source);
    let states = [X, Y, AUDIT].map(|marker| text(&all[marker], "stat"));
    assert_eq!(states, ["Not planned", "Withdrawn", "Withdrawn"], "{}", undone.reason);
    // Withdrawn pages are published again.
    publish(&place, to(&database));
    let all = pages(&notion, &source);
    assert_eq!([X, Y].map(|marker| text(&all[marker], "stat")), ["Not planned", "Open"]);
    assert_eq!(notion.rows(&source).len(), 3);
    place.assert_clean(&notion);
}

#[test]
fn missing_properties_are_named_and_nothing_is_written() {
    let notion = NotionServer::start();
    let few: Vec<[&str; 3]> = PROPERTIES.into_iter().filter(|one| !["Severity", "Audit"].contains(&one[1])).collect();
    let [database, source] = notion.add(1, "Audits", &few);
    notion.change_properties(&source, |all| "number".clone_into(&mut all[2].kind));
    let place = publisher(&notion);
    audit(&place, 15, &[gap("x.py", "")]);
    let failed = place.ask("publish", to(&database));
    for part in [
        "change the type of \"Kind\" from number to Select",
        "add the property \"Severity\" of the type Select",
        "add the property \"Audit\" of the type Relation, which relates to the same database",
    ] {
        assert!(failed.state == "failed" && failed.reason.contains(part), "{part}: {}", failed.reason);
    }
    assert_eq!(notion.writes(), 0);
    notion.change_properties(&source, |all| {
        "select".clone_into(&mut all[2].kind);
        for [id, name, kind] in PROPERTIES.into_iter().filter(|one| ["Severity", "Audit"].contains(&one[1])) {
            all.push(FakeProperty { id: id.to_owned(), name: name.to_owned(), kind: kind.to_owned() });
        }
    });
    publish(&place, to(&database));
    assert_eq!(pages(&notion, &source).len(), 2);
    place.assert_clean(&notion);
}

#[test]
fn tracks_of_a_csv_file_become_pages_and_changed_cells_are_updated() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Tracks", &PROPERTIES);
    let place = publisher(&notion);
    let list = |content: &str| place.workspace.write("lists/tracks.csv", content);
    list("ISRC,Track Name,BPM,Label\nAA1,Glow,120,X\nAA2,\"Dusk, live\",90.5,Y\nAA1,Twice,1,Z\n");
    let args = json!({ "database": source, "source": "studio", "tracks": "tracks.csv", "key": "isrc" });
    let part = place.ask("publish", args.clone());
    assert!(part.outcome.as_deref() == Some("partial"), "{}", part.reason);
    let why = place.why(&part);
    assert!(
        why.contains("line 4: an earlier line has the key \"AA1\"") && why.contains("these columns: ISRC, Label"),
        "{why}"
    );
    place.done("apply", json!({ "plan": plan_of(&part) }));
    let all = pages(&notion, &source);
    assert_eq!(all.keys().collect::<Vec<_>>(), ["studio track:AA1", "studio track:AA2"]);
    let texts = ["title", "bpm", "kind", "stat"].map(|id| text(&all["studio track:AA2"], id));
    assert_eq!(texts, ["Dusk, live", "90.5", "Track", "Published"]);
    list("ISRC,Track Name,BPM\nAA1,Glow,121\nAA3,Noon,100\n");
    publish(&place, args.clone());
    let all = pages(&notion, &source);
    assert_eq!((all.len(), text(&all["studio track:AA1"], "bpm")), (3, "121".to_owned()), "AA2 stays");
    let writes = notion.writes();
    assert!(place.done("publish", args).reason.contains("There is nothing to publish"));
    assert_eq!((writes, database.len()), (notion.writes(), 36));
    place.assert_clean(&notion);
}

#[test]
fn every_fault_of_a_creation_leads_to_one_page() {
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
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Audits", &PROPERTIES);
    let place = publisher(&notion);
    let mut gaps = Vec::new();
    for (at, fault) in faults.into_iter().enumerate() {
        gaps.push(gap(&format!("f{at}.py"), ""));
        audit(&place, u32::try_from(at).unwrap(), &gaps);
        let plan = plan_of(&place.done("publish", to(&database)));
        notion.order(&format!("f{at}.py is missing"), fault.clone());
        place.done("apply", json!({ "plan": plan }));
        let all = pages(&notion, &source);
        assert!(all.contains_key(&format!("studio audit:plans/a.md:f{at}.py:missing")), "{fault:?}");
    }
    assert!(place.done("publish", to(&database)).reason.contains("There is nothing to publish"));
    let duplicates = notion.rows(&source).iter().filter(|row| text(row, "stat") == "Duplicate").count();
    assert_eq!(duplicates, 2, "a request took effect twice, and one late");
    place.assert_clean(&notion);
}

#[test]
fn a_daemon_that_is_killed_at_any_request_of_publishing_makes_each_page_once() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Audits", &PROPERTIES);
    let place = publisher(&notion);
    // First the finding of the round before is updated. Then the audit and its finding are each searched and created, and the
    // pages are listed.
    let mut gaps = Vec::new();
    for (round, (at, has_effect)) in
        [(1, false), (2, false), (2, true), (3, true), (4, false), (4, true), (5, true), (6, true)]
            .into_iter()
            .enumerate()
    {
        gaps.push(gap(&format!("k{round}.py"), ""));
        audit(&place, u32::try_from(round).unwrap(), &gaps);
        let plan = plan_of(&place.done("publish", to(&database)));
        let title = format!("Killed {round}");
        notion.stop_at(at, has_effect);
        place.drop(&title, "apply", json!({ "plan": plan }));
        let daemon = place.workspace.up();
        place.workspace.wait_for("the request or the end", |workspace| {
            (notion.has_stopped() || workspace.tasks(&title).first().is_some_and(Task::is_final)).then_some(())
        });
        assert!(at > 5 || notion.has_stopped(), "round {round} has fewer requests");
        daemon.kill();
        notion.answer_again();
        place.up_once();
        let task = place.workspace.task(&title);
        assert_eq!(task.state, "succeeded", "{round}: {}", task.reason);
        assert_eq!(notion.rows(&source).len(), 2 * (round + 1), "round {round}");
        assert_eq!(pages(&notion, &source).len(), 2 * (round + 1), "round {round}");
    }
    assert!(place.done("publish", to(&database)).reason.contains("There is nothing to publish"));
    place.assert_clean(&notion);
}

#[test]
fn two_daemons_that_publish_at_once_come_to_one_page_for_each_finding() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Audits", &PROPERTIES);
    let both = [publisher(&notion), publisher(&notion)];
    let gaps: Vec<Value> = (0..8).map(|at| gap(&format!("r{at}.py"), "")).collect();
    let plans = both.each_ref().map(|place| {
        audit(place, 15, &gaps);
        plan_of(&place.done("publish", to(&database)))
    });
    // The answer to a search is late, so both daemons search before either of them creates a page, and both create it.
    notion.order("\"equals\"", Fault::Late(Duration::from_secs(1)));
    for (place, plan) in both.iter().zip(&plans) {
        place.drop("Apply", "apply", json!({ "plan": plan }));
    }
    let daemons = both.each_ref().map(|place| place.workspace.up());
    for place in &both {
        place.workspace.wait_for("the end", |workspace| {
            workspace.tasks("Apply").first().is_some_and(Task::is_final).then_some(())
        });
    }
    drop(daemons);
    assert_eq!(pages(&notion, &source).len(), 9);
    // The next plan repairs the effects of the race. The plan after it is empty.
    let next = both[0].done("publish", to(&database));
    if next.reason.contains("The plan is") {
        both[0].done("apply", json!({ "plan": plan_of(&next) }));
    }
    let all = pages(&notion, &source);
    assert!(all.iter().all(|(marker, row)| marker == AUDIT || text(row, "aud") == all[AUDIT].id));
    for place in &both {
        assert!(place.done("publish", to(&database)).reason.contains("There is nothing to publish"));
        place.assert_clean(&notion);
    }
}

/// The output of a client: the findings with their states and the titles of their audits, and the views with their
/// types and the conditions of their filters.
const READS: &str = "x.py is missing / Open / PLANS-AUDIT-20260118-101500\ny.py is missing / Open / PLANS-AUDIT-20260118-101500\n\
    Open gaps by severity / table / 2\nOpen gaps by plan / table / 2\n";

fn published(notion: &NotionServer) -> String {
    let [database, source] = notion.add(1, "Audits", &PROPERTIES);
    let place = publisher(notion);
    audit(&place, 15, &[gap("x.py", ""), gap("y.py", "")]);
    publish(&place, to(&database));
    place.assert_clean(notion);
    source
}

#[test]
fn the_official_client_follows_the_relations_of_published_pages() {
    let node = or_skip!(tools("agents", "node_modules/.bin/node")).join("node_modules/.bin/node");
    let client = or_skip!(tools("notion", "node_modules/@notionhq/client/package.json"));
    let notion = NotionServer::start();
    let source = published(&notion);
    let script = r#"
const { Client } = require(process.argv[1] + "/node_modules/@notionhq/client");
(async () => {
  const [address, token, source] = process.argv.slice(2);
  const notion = new Client({ auth: token, baseUrl: address, notionVersion: "2026-03-11" });
  const title = (page) => page.properties.Name.title[0].plain_text;
  const found = await notion.dataSources.query({ data_source_id: source,
    filter: { property: "m@rk", rich_text: { starts_with: "studio audit:" } },
    sorts: [{ timestamp: "created_time", direction: "ascending" }] });
  for (const page of found.results) {
    const audit = await notion.pages.retrieve({ page_id: page.properties.Audit.relation[0].id });
    console.log([title(page), page.properties.Status.select.name, title(audit)].join(" / "));
  }
  const views = await notion.views.list({ data_source_id: source });
  for (const { id } of views.results) {
    const view = await notion.views.retrieve({ view_id: id });
    console.log([view.name, view.type, view.filter.and.length].join(" / "));
  }
  // The server of the tests accepts what the official client sends.
  const [first] = views.results;
  const { parent, filter } = await notion.views.retrieve({ view_id: first.id });
  const own = await notion.views.create({ database_id: parent.database_id, data_source_id: source, name: "Own", type: "board",
    filter, configuration: { type: "board", group_by: { type: "select", property_id: "sev", sort: { type: "manual" } } } });
  console.log(own.name, own.configuration.type);
})().catch((error) => { console.error(error); process.exit(1); });
"#;
    let mut command = Command::new(node);
    command.arg("-e").arg(script).arg(client).args([&notion.address(), TOKEN, &source]);
    assert_eq!(Output::of(&mut command).ended(0).stdout, format!("{READS}Own board\n"));
}

#[test]
fn the_client_in_python_follows_the_relations_of_published_pages() {
    let python = or_skip!(notion_client());
    let notion = NotionServer::start();
    let source = published(&notion);
    let script = r#"
import sys
from notion_client import Client
address, token, source = sys.argv[1:]
notion = Client(auth=token, base_url=address, notion_version="2026-03-11")
title = lambda page: page["properties"]["Name"]["title"][0]["plain_text"]
found = notion.data_sources.query(data_source_id=source,
    filter={"property": "m@rk", "rich_text": {"starts_with": "studio audit:"}},
    sorts=[{"timestamp": "created_time", "direction": "ascending"}])
for page in found["results"]:
    audit = notion.pages.retrieve(page_id=page["properties"]["Audit"]["relation"][0]["id"])
    print(title(page), page["properties"]["Status"]["select"]["name"], title(audit), sep=" / ")
for listed in notion.views.list(data_source_id=source)["results"]:
    view = notion.views.retrieve(listed["id"])
    print(view["name"], view["type"], len(view["filter"]["and"]), sep=" / ")
"#;
    let mut command = Command::new(python);
    command.arg("-c").arg(script).args([&notion.address(), TOKEN, &source]);
    assert_eq!(Output::of(&mut command).ended(0).stdout, READS);
}
