//! The life of gaps at Notion, where each is a page of a database. The two official clients read the created pages.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::Duration;

use baton_tests::notion_server::{FakeProperty, FakeRow, Fault, NotionServer, TOKEN, rich, uuid};
use baton_tests::{Output, Task, or_skip, tools};
use serde_json::{Map, json};

use super::{Filer, gap};
use crate::notion::judges::notion_client;

/// The properties of a database of gaps.
pub(super) const PROPERTIES: [[&str; 3]; 6] = [
    ["title", "Name", "title"],
    ["m@rk", "Baton Gap", "rich_text"],
    ["stat", "Status", "select"],
    ["det", "Details", "rich_text"],
    ["sev", "Severity", "select"],
    ["own", "Owner", "rich_text"],
];

/// A workspace with the plugin, and a database that it may change.
pub(super) struct Place {
    pub(super) filer: Filer,
    database: String,
}

impl Place {
    pub(super) fn new(notion: &NotionServer, database: &str) -> Self {
        let host = format!("host=notion={}", notion.address());
        let read = ["http=GET:{notion}/v1/*", "http=POST:{notion}/v1/data_sources/*", "secret=notion", "locks"];
        let write = ["http=POST:{notion}/v1/pages", "http=PATCH:{notion}/v1/pages/*"];
        let filer = Filer::new(&notion.settings(), &[&[host.as_str()][..], &read, &write].concat());
        filer.connect(&["notion"], TOKEN);
        Self { filer, database: format!("database={database}") }
    }

    /// Runs the action `file`, and returns what it prints.
    #[track_caller]
    pub(super) fn file(&self) -> String {
        self.filer.file(&self.database)
    }

    #[track_caller]
    pub(super) fn assert_nothing_to_do(&self) {
        let ended = self.file();
        assert!(ended.contains("0 created, 0 updated, 0 reopened, 0 closed, with"), "{ended}");
    }

    fn spawn(&self) -> std::process::Child {
        let mut command = self.filer.command("file", &[&self.database]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    #[track_caller]
    pub(super) fn assert_clean(&self, notion: &NotionServer) {
        assert_eq!(notion.problems(), [""; 0]);
        assert_eq!(notion.faults_left(), 0);
        self.filer.assert_no_file_has(&[TOKEN]);
    }
}

/// An empty database, its data source, and a workspace.
fn start() -> (NotionServer, String, Place) {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Gaps", &PROPERTIES);
    let place = Place::new(&notion, &database);
    (notion, source, place)
}

fn text(row: &FakeRow, property: &str) -> String {
    row.values.get(property).map(baton_plugin_kit::notion::plain_text).unwrap_or_default()
}

fn select(option: &str) -> serde_json::Value {
    json!({ "type": "select", "select": { "name": option } })
}

/// The pages with a marker, in the order of their creation: the number of the gap and the status.
fn filed(notion: &NotionServer, source: &str) -> Vec<(usize, String)> {
    let number = |row: &FakeRow| {
        let marker = text(row, "m@rk");
        (0..200).find(|number| marker.starts_with(&format!("baton:gap={} ", gap(*number)))).unwrap()
    };
    let rows = notion.rows(source).into_iter().filter(|row| !text(row, "m@rk").is_empty());
    rows.map(|row| (number(&row), text(&row, "stat"))).collect()
}

/// How many pages with a status each gap has.
fn count(notion: &NotionServer, source: &str, status: &str) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    for (number, _) in filed(notion, source).into_iter().filter(|(_, own)| own == status) {
        *counts.entry(number).or_default() += 1;
    }
    counts
}

fn once(gaps: impl IntoIterator<Item = usize>) -> BTreeMap<usize, usize> {
    gaps.into_iter().map(|number| (number, 1)).collect()
}

#[test]
fn a_gap_has_a_page_that_is_updated_closed_and_reopened_with_it() {
    let (notion, source, place) = start();
    place.filer.audit(&[(0, "nowhere"), (1, "nowhere")]);
    let planned = place.filer.run("plan", &[&place.database]).ended(0).stderr;
    assert!(planned.contains("Notion Gaps: issues: 2 to create. Nothing was changed."), "{planned}");
    assert!(planned.contains("baton run tracker file --arg database="), "{planned}");
    assert_eq!(notion.writes(), 0);
    let ended = place.file();
    assert!(ended.contains("Notion Gaps: 2 created"), "{ended}");
    let first = &notion.rows(&source)[0];
    assert_eq!(["title", "stat", "sev"].map(|id| text(first, id)), ["plans/a.md: file0.py is missing", "Open", "high"]);
    let details = text(first, "det");
    assert!(
        details.starts_with("Severity: high\nPlace: plans/a.md:1\n\nplans/a.md: file0.py is missing\n\nnowhere\n"),
        "{details}"
    );
    let links = place.filer.links();
    let url = format!("https://www.notion.so/{}", first.id.replace('-', ""));
    assert_eq!(
        (links["issues"][0]["gap"].as_str().unwrap(), links["issues"][0]["url"].as_str().unwrap()),
        (gap(0).as_str(), url.as_str())
    );
    let asked = notion.requests();
    let second = place.file();
    // The requests are for the database, its data source, and one query.
    assert!(second.contains("0 created, 0 updated, 0 reopened, 0 closed, with 3 requests"), "{second}");
    assert_eq!((notion.writes(), notion.requests() - asked), (2, 3));

    // One gap changes, and one gap is fixed. A handoff starts the action.
    place.filer.audit(&[(0, "a trace")]);
    let args = json!({ "database": source, "pause_ms": 0 });
    let task = place.filer.handoff("File", "file", &args);
    assert!(task.state == "succeeded" && task.reason.contains("1 updated, 0 reopened, 1 closed"), "{}", task.reason);
    assert_eq!(filed(&notion, &source), [(0, "Open".to_owned()), (1, "Done".to_owned())]);
    assert!(text(&notion.rows(&source)[0], "det").contains("a trace"));
    // An audit that ran before the page was closed reopens nothing; a later one does.
    place.filer.audit_after(-400 * 86_400, &[(0, "nowhere"), (1, "nowhere")]);
    place.assert_nothing_to_do();
    place.filer.audit(&[(0, "a trace"), (1, "again")]);
    let ended = place.file();
    assert!(ended.contains("0 created, 0 updated, 1 reopened, 0 closed"), "{ended}");
    assert_eq!(count(&notion, &source, "Open"), once(0..2));
    let status = place.filer.run("status", &[&place.database]).ended(0).stderr;
    assert!(status.contains("2 gaps have an issue, 0 have none"), "{status}");
    place.assert_clean(&notion);
}

#[test]
fn decisions_and_texts_of_people_are_kept() {
    let (notion, source, place) = start();
    let gaps: Vec<(usize, &str)> = (0..4).map(|number| (number, "nowhere")).collect();
    place.filer.audit(&gaps);
    place.file();
    let ids: Vec<String> = notion.rows(&source).into_iter().map(|row| row.id).collect();
    notion.edit(&ids[0], "title", rich("title", "Mine"));
    notion.edit(&ids[0], "own", rich("rich_text", "Ida"));
    notion.edit(&ids[1], "stat", select("Not planned"));
    notion.edit(&ids[2], "stat", select("In progress"));
    notion.trash(&ids[3]);
    // A page that a person created, and a page of another workspace, are not Baton's.
    notion.add_row(&source, 900, 40, [("title".to_owned(), rich("title", "By hand"))].into_iter().collect());
    let marker = format!("baton:gap={} source=other at=0 title=a text=b", gap(0));
    let foreign: Map<String, _> =
        [("m@rk".to_owned(), rich("rich_text", &marker)), ("stat".to_owned(), select("Open"))].into_iter().collect();
    notion.add_row(&source, 901, 41, foreign);
    place.filer.audit(&[(0, "a trace"), (1, "a trace"), (2, "a trace"), (3, "nowhere")]);
    let ended = place.file();
    assert!(ended.contains("1 created, 2 updated, 0 reopened, 0 closed"), "{ended}");
    let rows = notion.rows(&source);
    let of = |id: &str| rows.iter().find(|row| row.id == id).unwrap();
    assert_eq!(["title", "own", "stat"].map(|property| text(of(&ids[0]), property)), ["Mine", "Ida", "Open"]);
    assert!(text(of(&ids[0]), "det").contains("a trace"));
    assert_eq!(
        (text(of(&ids[1]), "stat"), text(of(&ids[2]), "stat")),
        ("Not planned".to_owned(), "In progress".to_owned())
    );
    assert!(!text(of(&ids[1]), "det").contains("a trace"));
    place.filer.audit(&[]);
    place.file();
    let rows = notion.rows(&source);
    let of = |id: &str| text(rows.iter().find(|row| row.id == id).unwrap(), "stat");
    assert_eq!([&ids[0], &ids[1], &ids[2], &uuid(901)].map(|id| of(id)), ["Done", "Not planned", "Done", "Open"]);
    place.assert_nothing_to_do();
    place.assert_clean(&notion);
}

#[test]
fn more_gaps_than_a_page_are_filed_once_and_another_machine_finds_them() {
    let (notion, source, place) = start();
    let gaps: Vec<(usize, &str)> = (0..130).map(|number| (number, "nowhere")).collect();
    place.filer.audit(&gaps);
    let first = place.file();
    assert!(first.contains("130 created"), "{first}");
    assert_eq!(count(&notion, &source, "Open"), once(0..130));
    let second = place.file();
    // The requests are for the database, its data source, and two pages of the query.
    assert!(second.contains("0 created, 0 updated, 0 reopened, 0 closed, with 4 requests"), "{second}");
    let other = Place::new(&notion, &source);
    other.filer.audit(&gaps[..129]);
    let ended = other.file();
    assert!(ended.contains("0 created, 0 updated, 0 reopened, 1 closed"), "{ended}");
    assert_eq!((notion.writes(), count(&notion, &source, "Done")), (131, once([129])));
    // Notion returns fewer rows of one query than there are.
    notion.set_cap(50);
    other.assert_nothing_to_do();
    place.assert_clean(&notion);
    other.assert_clean(&notion);
}

#[test]
fn each_fault_leaves_one_page_for_each_gap() {
    let (notion, source, place) = start();
    let faults = [
        Fault::Status("500 Internal Server Error"),
        Fault::Failed("502 Bad Gateway"),
        Fault::Busy(1),
        Fault::Overloaded(1),
        Fault::Cut(50),
        Fault::Lost,
        Fault::Dropped,
        Fault::Twice,
        Fault::Delayed(2),
        Fault::Late(Duration::from_millis(300)),
    ];
    for (number, fault) in faults.iter().enumerate() {
        let gaps: Vec<(usize, &str)> = (0..=number).map(|number| (number, "nowhere")).collect();
        place.filer.audit(&gaps);
        notion.order("POST /v1/pages", fault.clone());
        place.file();
        assert_eq!(count(&notion, &source, "Open"), once(0..=number), "{fault:?}");
    }
    assert_eq!(notion.rows(&source).len(), faults.len() + 2, "one took effect twice, and one late");
    for (number, fault) in faults.iter().enumerate() {
        let evidence = format!("trace {number}");
        let gaps: Vec<(usize, &str)> = (0..faults.len()).map(|number| (number, evidence.as_str())).collect();
        place.filer.audit(&gaps);
        for request in ["PATCH ", "GET /v1/pages", "/query"] {
            notion.order(request, fault.clone());
        }
        place.file();
        assert_eq!(count(&notion, &source, "Open"), once(0..faults.len()), "{fault:?}");
        let open = notion.rows(&source).into_iter().filter(|row| text(row, "stat") == "Open");
        let new = open.filter(|row| text(row, "det").contains(&format!("{evidence}\n"))).count();
        assert_eq!(new, faults.len(), "{fault:?}");
        place.assert_nothing_to_do();
    }
    place.assert_clean(&notion);
}

#[test]
fn an_incomplete_list_creates_and_closes_nothing() {
    let (notion, source, place) = start();
    place.filer.audit(&[(0, "nowhere")]);
    place.file();
    let writes = notion.writes();
    place.filer.audit(&[(1, "nowhere")]);
    for fault in [Fault::Status("403 Forbidden"), Fault::Status("400 Bad Request")] {
        notion.order("/query", fault);
        let refused = place.filer.run("file", &[&place.database]);
        assert_ne!(refused.code, 0, "{}", refused.stderr);
    }
    // There are more pages of one minute than Notion returns for one query.
    let marker = format!("baton:gap={} source=other at=0 title=a text=b", gap(0));
    for number in 0..3 {
        let values: Map<String, _> = [("m@rk".to_owned(), rich("rich_text", &marker))].into_iter().collect();
        notion.add_row(&source, 900 + number, 7, values);
    }
    notion.set_cap(2);
    let refused = place.filer.run("file", &[&place.database]).ended(1).stderr;
    assert!(refused.contains("could not be listed completely, so none is created or closed"), "{refused}");
    assert_eq!(notion.writes(), writes);
    notion.set_cap(10_000);
    place.file();
    assert_eq!(count(&notion, &source, "Done"), once([0]));
    place.assert_clean(&notion);
}

#[test]
fn missing_properties_are_named_and_nothing_is_written() {
    let notion = NotionServer::start();
    let few: Vec<[&str; 3]> =
        PROPERTIES.into_iter().filter(|one| !["Baton Gap", "Severity"].contains(&one[1])).collect();
    let [database, source] = notion.add(1, "Gaps", &few);
    notion.change_properties(&source, |all| "rich_text".clone_into(&mut all[1].kind));
    let place = Place::new(&notion, &database);
    place.filer.audit(&[(0, "nowhere")]);
    let refused = place.filer.run("file", &[&place.database]).ended(1).stderr;
    for part in
        ["add the property \"Baton Gap\" of the type Text", "change the type of \"Status\" from rich_text to Select"]
    {
        assert!(refused.contains(part), "{refused}");
    }
    assert_eq!(notion.writes(), 0);
    notion.change_properties(&source, |all| {
        "select".clone_into(&mut all[1].kind);
        all.push(FakeProperty { id: "m@rk".to_owned(), name: "Baton Gap".to_owned(), kind: "rich_text".to_owned() });
    });
    place.file();
    assert_eq!(count(&notion, &source, "Open"), once([0]));
    let refused = place.filer.run("plan", &["database=0123456789abcdef0123456789abcdeg"]).ended(1).stderr;
    assert!(refused.contains("is not the id of a database"), "{refused}");
    let refused = place.filer.run("plan", &[&place.database, "team=ENG"]).ended(1).stderr;
    assert!(refused.contains("give one of `repository`"), "{refused}");
    place.assert_clean(&notion);
}

#[test]
fn the_task_waits_after_a_revoked_token_and_continues_with_a_new_one() {
    let (notion, source, place) = start();
    place.filer.audit(&[(0, "nowhere"), (1, "nowhere"), (2, "nowhere")]);
    notion.order("file1.py is missing", Fault::Revoked);
    let task = place.filer.handoff("Revoked", "file", &json!({ "database": source, "pause_ms": 0 }));
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("`baton account add notion`"), "{}", task.reason);
    assert_eq!(notion.rows(&source).len(), 1);
    notion.accept_token();
    place.filer.connect(&["notion"], TOKEN);
    place.filer.workspace.up_once();
    let task = place.filer.workspace.task("Revoked");
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    assert_eq!(filed(&notion, &source), [0, 1, 2].map(|number| (number, "Open".to_owned())));
    place.assert_clean(&notion);
}

/// Checks the state after a race: one open page for each gap, which is the oldest one, and a further run changes
/// nothing.
#[track_caller]
fn assert_settled(notion: &NotionServer, source: &str, places: &[Place], gaps: usize) {
    // The process that ended first may not have seen what the other one created last.
    places[0].file();
    let mut seen = BTreeSet::new();
    for (number, status) in filed(notion, source) {
        let is_first = seen.insert(number);
        assert_eq!(status, if is_first { "Open" } else { "Duplicate" }, "gap {number}");
    }
    assert_eq!(count(notion, source, "Open"), once(0..gaps));
    let writes = notion.writes();
    places.iter().for_each(Place::assert_nothing_to_do);
    assert_eq!(notion.writes(), writes);
    for place in places {
        place.assert_clean(notion);
    }
}

#[test]
fn two_processes_at_the_same_time_leave_one_page_for_each_gap() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Gaps", &PROPERTIES);
    let places = [Place::new(&notion, &database), Place::new(&notion, &database)];
    let gaps: Vec<(usize, &str)> = (0..6).map(|number| (number, "nowhere")).collect();
    for place in &places {
        place.filer.audit(&gaps);
        // Both processes have listed the pages before one of them creates the first page.
        notion.order("/query", Fault::Late(Duration::from_secs(1)));
    }
    let children = places.each_ref().map(Place::spawn);
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_settled(&notion, &source, &places, 6);
}

#[test]
fn two_daemons_on_one_account_leave_one_page_for_each_gap() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Gaps", &PROPERTIES);
    let places = [Place::new(&notion, &database), Place::new(&notion, &database)];
    let gaps: Vec<(usize, &str)> = (0..6).map(|number| (number, "nowhere")).collect();
    for place in &places {
        place.filer.audit(&gaps);
        notion.order("/query", Fault::Late(Duration::from_secs(1)));
        let args = json!({ "database": database, "source": "audit", "pause_ms": 0 });
        place.filer.workspace.drop_handoff_with("tracker", "File", json!({ "action": "file", "args": args }));
    }
    let daemons = places.each_ref().map(|place| place.filer.workspace.up());
    for place in &places {
        let task = place
            .filer
            .workspace
            .wait_for("the end", |workspace| workspace.tasks("File").into_iter().find(Task::is_final));
        assert_eq!(task.state, "succeeded", "{}", task.reason);
    }
    drop(daemons);
    assert_settled(&notion, &source, &places, 6);
}

/// Kills a run at each of its requests, before and after the effect of the request. The run creates, updates and closes pages.
#[test]
fn a_kill_between_any_two_requests_files_nothing_twice() {
    let mut kills = 0;
    for at in 1.. {
        let mut has_ended = false;
        for has_effect in [false, true] {
            let (notion, source, place) = start();
            place.filer.audit(&[(0, "nowhere"), (1, "nowhere")]);
            place.file();
            place.filer.audit(&[(0, "a trace"), (2, "nowhere")]);
            notion.stop_at(at, has_effect);
            let mut child = place.spawn();
            let ended = place.filer.workspace.wait_for("a request", |_| match child.try_wait().unwrap() {
                Some(status) => Some(Some(status)),
                None => notion.has_stopped().then_some(None),
            });
            has_ended |= ended.is_some();
            if ended.is_none() {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
            }
            notion.answer_again();
            place.file();
            let expected = [(0, "Open"), (1, "Done"), (2, "Open")].map(|(number, status)| (number, status.to_owned()));
            assert_eq!(filed(&notion, &source), expected, "at {at}, {has_effect}");
            assert!(text(&notion.rows(&source)[0], "det").contains("a trace"));
            place.assert_nothing_to_do();
            place.assert_clean(&notion);
        }
        if has_ended {
            break;
        }
    }
    // A run has nine requests: the database, its data source, a query, create, read, update, read, close, a query.
    assert!(kills >= 16, "{kills} kills");
}

/// The output of a client for a database with one open gap and one fixed gap.
const READS: &str = "plans/a.md: file0.py is missing / Open / high\nplans/a.md: file1.py is missing / Done / high\n";

/// A database with one open gap and one that is fixed.
fn judged() -> (NotionServer, String) {
    let (notion, source, place) = start();
    place.filer.audit(&[(0, "nowhere"), (1, "nowhere")]);
    place.file();
    place.filer.audit(&[(0, "nowhere")]);
    place.file();
    place.assert_clean(&notion);
    (notion, source)
}

#[test]
fn the_official_client_reads_the_pages_of_gaps() {
    let node = or_skip!(tools("agents", "node_modules/.bin/node")).join("node_modules/.bin/node");
    let client = or_skip!(tools("notion", "node_modules/@notionhq/client/package.json"));
    let (notion, source) = judged();
    let script = r#"
const { Client, iteratePaginatedAPI } = require(process.argv[1] + "/node_modules/@notionhq/client");
(async () => {
  const [address, token, source] = process.argv.slice(2);
  const notion = new Client({ auth: token, baseUrl: address, notionVersion: "2026-03-11" });
  const found = iteratePaginatedAPI(notion.dataSources.query, { data_source_id: source, page_size: 1,
    filter: { property: "m@rk", rich_text: { starts_with: "baton:gap=" } },
    sorts: [{ timestamp: "created_time", direction: "ascending" }] });
  for await (const page of found) {
    const { Name, Status, Severity } = page.properties;
    console.log([Name.title[0].plain_text, Status.select.name, Severity.select.name].join(" / "));
  }
})().catch((error) => { console.error(error); process.exit(1); });
"#;
    let mut command = Command::new(node);
    command.arg("-e").arg(script).arg(client).args([&notion.address(), TOKEN, &source]);
    assert_eq!(Output::of(&mut command).ended(0).stdout, READS);
}

#[test]
fn the_client_in_python_reads_the_pages_of_gaps() {
    let python = or_skip!(notion_client());
    let (notion, source) = judged();
    let script = r#"
import sys
from notion_client import Client
from notion_client.helpers import iterate_paginated_api
address, token, source = sys.argv[1:]
notion = Client(auth=token, base_url=address, notion_version="2026-03-11")
for page in iterate_paginated_api(notion.data_sources.query, data_source_id=source, page_size=1,
        filter={"property": "m@rk", "rich_text": {"starts_with": "baton:gap="}},
        sorts=[{"timestamp": "created_time", "direction": "ascending"}]):
    properties = page["properties"]
    print(properties["Name"]["title"][0]["plain_text"], properties["Status"]["select"]["name"],
          properties["Severity"]["select"]["name"], sep=" / ")
"#;
    let mut command = Command::new(python);
    command.arg("-c").arg(script).args([&notion.address(), TOKEN, &source]);
    assert_eq!(Output::of(&mut command).ended(0).stdout, READS);
}
