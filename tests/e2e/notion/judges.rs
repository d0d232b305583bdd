//! The official clients of Notion judge the server of the tests and what the plugin reads from it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use baton_tests::notion_server::{NotionServer, TOKEN, relation, uuid};
use baton_tests::{Output, Skipped, missing, or_skip, tools};
use serde_json::json;

use super::{NotionWorkspace, TRACKS, track};

/// The output of a client that creates a row, reads all rows page by page, and reads the references of the first row.
const READS: &str = "created New row\n8 rows\nTrack 0 90 House\nNew row 77 Techno\n30 references, 25 in the page\n";

/// A database of seven tracks, the first of which has 30 references.
fn for_judges(notion: &NotionServer) -> [String; 2] {
    let mut properties = TRACKS.to_vec();
    properties.push(["rel", "Sessions", "relation"]);
    let ids = notion.add(1, "Tracks", &properties);
    for at in 0..7 {
        let mut values = track(at);
        if at == 0 {
            values.insert("rel".to_owned(), relation(&(100..130).map(uuid).collect::<Vec<_>>()));
        }
        notion.add_row(&ids[1], at, i64::try_from(at).unwrap(), values);
    }
    ids
}

/// The mirror after a client has created a row and read all.
#[track_caller]
fn assert_same_mirror(notion: &NotionServer, database: &str, printed: &str) {
    assert_eq!(printed, READS);
    let place = NotionWorkspace::new(notion);
    place.done("pull", json!({ "databases": [database] }));
    let lines = place.lines();
    assert_eq!((lines.len(), lines[0].as_str()), (10, "__page_id,Name,BPM,Note,Sessions,Tags"));
    let sessions: Vec<String> = (100..130).map(uuid).collect();
    assert_eq!(lines[2], format!("{},Track 0,90,,\"{}\",\"House, Tag 0\"", uuid(0), sessions.join(", ")));
    assert!(lines[9].ends_with(",New row,77,,,Techno"), "{}", lines[9]);
    place.assert_clean(notion);
}

#[test]
fn the_official_client_reads_the_same_from_the_fake() {
    let node = or_skip!(tools("agents", "node_modules/.bin/node")).join("node_modules/.bin/node");
    let client = or_skip!(tools("notion", "node_modules/@notionhq/client/package.json"));
    let notion = NotionServer::start();
    let [database, _] = for_judges(&notion);
    let script = r#"
const { Client } = require(process.argv[1] + "/node_modules/@notionhq/client");
(async () => {
  const [address, token, id] = process.argv.slice(2);
  const notion = new Client({ auth: token, baseUrl: address, notionVersion: "2026-03-11" });
  const source = (await notion.databases.retrieve({ database_id: id })).data_sources[0].id;
  const made = await notion.pages.create({ parent: { type: "data_source_id", data_source_id: source }, properties: {
    Name: { title: [{ type: "text", text: { content: "New row" } }] }, "J@cT": { number: 77 },
    Tags: { multi_select: [{ name: "Techno" }] } } });
  const name = (page) => page.properties.Name.title[0].plain_text;
  console.log("created " + name(made));
  const rows = [];
  let start_cursor;
  do {
    const page = await notion.dataSources.query({ data_source_id: source, page_size: 3, start_cursor,
      sorts: [{ timestamp: "created_time", direction: "ascending" }] });
    if (page.request_status.type !== "complete") throw new Error("incomplete");
    rows.push(...page.results);
    start_cursor = page.next_cursor ?? undefined;
  } while (start_cursor);
  console.log(rows.length + " rows");
  for (const row of [rows[0], rows[rows.length - 1]])
    console.log(name(row) + " " + row.properties.BPM.number + " " + row.properties.Tags.multi_select[0].name);
  const some = rows[0].properties.Sessions;
  const all = await notion.pages.properties.retrieve({ page_id: rows[0].id, property_id: some.id });
  console.log(all.results.length + " references, " + some.relation.length + " in the page");
})().catch((error) => { console.error(error); process.exit(1); });
"#;
    let mut command = Command::new(node);
    command.arg("-e").arg(script).arg(client).args([&notion.address(), TOKEN, &database]);
    assert_same_mirror(&notion, &database, &Output::of(&mut command).ended(0).stdout);
}

/// The Python that has notion-client.
pub(crate) fn notion_client() -> Result<PathBuf, Skipped> {
    let python = tools("python/bin", "python")?.join("python");
    let mut command = Command::new(&python);
    let found = command.args(["-c", "import notion_client"]).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        Ok(python)
    } else {
        Err(missing("notion-client", ".ci/run shows how"))
    }
}

#[test]
fn the_client_in_python_reads_the_same_from_the_fake() {
    let python = or_skip!(notion_client());
    let notion = NotionServer::start();
    let [database, _] = for_judges(&notion);
    let script = r#"
import sys
from notion_client import Client
from notion_client.helpers import collect_paginated_api
address, token, id = sys.argv[1:]
notion = Client(auth=token, base_url=address, notion_version="2026-03-11")
source = notion.databases.retrieve(database_id=id)["data_sources"][0]["id"]
made = notion.pages.create(parent={"type": "data_source_id", "data_source_id": source}, properties={
    "Name": {"title": [{"type": "text", "text": {"content": "New row"}}]}, "J@cT": {"number": 77},
    "Tags": {"multi_select": [{"name": "Techno"}]}})
name = lambda page: page["properties"]["Name"]["title"][0]["plain_text"]
print("created", name(made))
rows = collect_paginated_api(notion.data_sources.query, data_source_id=source, page_size=3,
    sorts=[{"timestamp": "created_time", "direction": "ascending"}])
print(len(rows), "rows")
for row in (rows[0], rows[-1]):
    print(name(row), row["properties"]["BPM"]["number"], row["properties"]["Tags"]["multi_select"][0]["name"])
some = rows[0]["properties"]["Sessions"]
all = notion.pages.properties.retrieve(page_id=rows[0]["id"], property_id=some["id"])
print(len(all["results"]), "references,", len(some["relation"]), "in the page")
"#;
    let mut command = Command::new(python);
    command.arg("-c").arg(script).args([&notion.address(), TOKEN, &database]);
    assert_same_mirror(&notion, &database, &Output::of(&mut command).ended(0).stdout);
}
