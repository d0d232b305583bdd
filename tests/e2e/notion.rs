//! The plugin `notion`: the shipped component in the real sandbox, against a stateful Notion on loopback (`tests/src/notion_server.rs`).
//! These tests cover what the plugin reads.

pub(crate) mod judges;
mod write;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use baton_tests::notion_server::{Fault, NotionServer, TOKEN, relation, rich, uuid};
use baton_tests::{Output, Task, Workspace, files_with};
use serde_json::{Map, Value, json};

const TRACKS: [[&str; 3]; 4] = [
    ["title", "Name", "title"],
    ["J@cT", "BPM", "number"],
    ["tags", "Tags", "multi_select"],
    ["note", "Note", "rich_text"],
];

/// A workspace with the plugin and a connected account.
pub(crate) struct NotionWorkspace {
    pub(crate) workspace: Workspace,
}

impl NotionWorkspace {
    pub(crate) fn new(notion: &NotionServer) -> Self {
        let workspace = Workspace::init();
        workspace.write("baton.toml", workspace.read("baton.toml") + &notion.settings());
        workspace.baton(&["plugin", "install", "shipped:notion"]).ended(0);
        workspace.keep_only("notion");
        std::fs::create_dir_all(workspace.root().join("databases")).unwrap();
        let host = format!("host=api={}", notion.address());
        let grants =
            ["http=GET:{api}/v1/*", "http=POST:{api}/v1/data_sources/*", "secret=notion", "sql=own:rw", "locks"];
        let words = ["plugin", "grant", "notion", host.as_str(), "files:rw=notion=databases"];
        workspace.baton(&[&words[..], &grants].concat()).ended(0);
        let place = Self { workspace };
        place.connect();
        place
    }

    /// Stores the token.
    fn connect(&self) {
        let mut command = self.workspace.command();
        command.arg("-w").arg(self.workspace.root()).args(["account", "add", "notion"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{TOKEN}").unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// As `connect`, with the grant for changes.
    pub(crate) fn writable(notion: &NotionServer) -> Self {
        let place = Self::new(notion);
        place.workspace.baton(&["plugin", "grant", "notion", "http=PATCH:{api}/v1/pages/*"]).ended(0);
        place
    }

    pub(crate) fn drop(&self, title: &str, action: &str, mut args: Value) {
        args["requests_per_second"] = 10.into();
        self.workspace.drop_handoff_with("notion", title, json!({ "action": action, "args": args }));
    }

    pub(crate) fn up_once(&self) {
        let mut command = self.workspace.command();
        command.arg("-w").arg(self.workspace.root()).args(["up", "--once"]);
        Output::within(&mut command, Duration::from_mins(4)).ended(0);
    }

    pub(crate) fn ask(&self, action: &str, args: Value) -> Task {
        let title = format!("{action} {}", self.workspace.status().len());
        self.drop(&title, action, args);
        self.up_once();
        self.workspace.task(&title)
    }

    #[track_caller]
    pub(crate) fn done(&self, action: &str, args: Value) -> Task {
        let task = self.ask(action, args);
        assert_eq!((task.state.as_str(), task.outcome.as_deref()), ("succeeded", Some("done")), "{}", task.reason);
        task
    }

    #[track_caller]
    fn planned(&self) -> String {
        plan_of(&self.done("push", json!({})))
    }

    /// The output of `baton why` for a task.
    pub(crate) fn why(&self, task: &Task) -> String {
        let shown = self.workspace.baton(&["why", task.id.as_str()]);
        shown.stdout + &shown.stderr
    }

    fn csv_path(&self) -> PathBuf {
        let name = self.workspace.list("databases").into_iter().find(|name| name.ends_with(".csv"));
        self.workspace.root().join("databases").join(name.expect("a CSV file"))
    }

    fn csv(&self) -> String {
        std::fs::read_to_string(self.csv_path()).unwrap()
    }

    /// The lines of the CSV file without their second column, which has the time of reading.
    fn lines(&self) -> Vec<String> {
        let without = |line: &str| {
            let (page, rest) = line.split_once(',').unwrap();
            format!("{page},{}", rest.split_once(',').unwrap().1)
        };
        self.csv().lines().map(without).collect()
    }

    /// Replaces a text in the CSV file, as a person does.
    #[track_caller]
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = self.csv();
        assert!(text.contains(from), "{from} is not in {text}");
        std::fs::write(self.csv_path(), text.replacen(from, to, 1)).unwrap();
    }

    #[track_caller]
    pub(crate) fn assert_clean(&self, notion: &NotionServer) {
        assert_eq!((notion.problems(), notion.faults_left()), (Vec::new(), 0));
        let found = files_with(self.workspace.outside(), TOKEN);
        assert!(found.is_empty(), "the token is in {found:?}");
    }
}

#[track_caller]
pub(crate) fn plan_of(task: &Task) -> String {
    let rest = task.reason.split("The plan is ").nth(1).unwrap_or_else(|| panic!("no plan: {}", task.reason));
    rest.split(':').next().unwrap().to_owned()
}

fn number(value: impl Into<Value>) -> Value {
    json!({ "type": "number", "number": value.into() })
}

/// The values of a track.
fn track(at: usize) -> Map<String, Value> {
    let tags =
        json!({ "type": "multi_select", "multi_select": [{ "name": "House" }, { "name": format!("Tag {}", at % 7) }] });
    let values = [("title", rich("title", &format!("Track {at}"))), ("J@cT", number(90 + at % 50)), ("tags", tags)];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A database of tracks, of which `in_a_minute` are created in each minute.
fn tracks(notion: &NotionServer, count: usize, in_a_minute: usize) -> [String; 2] {
    let ids = notion.add(1, "Music: Tracks", &TRACKS);
    for at in 0..count {
        notion.add_row(&ids[1], at, i64::try_from(at / in_a_minute).unwrap(), track(at));
    }
    ids
}

fn expected(rows: impl IntoIterator<Item = usize>) -> Vec<String> {
    let head = ["__page_id,Name,BPM,Note,Tags".to_owned(), ",title,number,rich_text,multi_select".to_owned()];
    // After the title, the columns are sorted by the names of the properties.
    head.into_iter().chain(rows.into_iter().map(|at| line_of(at, &(90 + at % 50).to_string()))).collect()
}

#[test]
fn twenty_five_thousand_rows_are_mirrored_exactly_and_a_second_run_needs_one_percent_of_the_requests() {
    let notion = NotionServer::start();
    let [database, source] = tracks(&notion, 25_000, 10);
    let place = NotionWorkspace::new(&notion);
    let before = notion.requests();
    let first = place.done("pull", json!({ "databases": [database] }));
    let needed = notion.requests() - before;
    assert!(first.reason.contains("25000 rows") && !first.reason.contains("INCOMPLETE"), "{}", first.reason);
    assert!(place.lines() == expected(0..25_000), "the file has other lines");
    assert!(place.csv_path().ends_with(format!("Music_ Tracks_{source}.csv")), "{:?}", place.csv_path());
    let described: Value =
        serde_json::from_str(&std::fs::read_to_string(place.csv_path().with_extension("json")).unwrap()).unwrap();
    assert_eq!(described["properties"]["J@cT"], json!({ "name": "BPM", "type": "number" }));
    assert_eq!((&described["complete"], &described["row_count"]), (&json!(true), &json!(25_000)));

    let (bytes, before) = (place.csv(), notion.requests());
    let second = place.done("pull", json!({}));
    let again = notion.requests() - before;
    assert!(needed > 250 && again * 100 <= needed, "{needed} requests, then {again}");
    assert!(place.csv() == bytes, "the file was replaced: {}", second.reason);

    // After one edit and one deletion, a pull needs at most three requests.
    notion.edit(&uuid(7), "J@cT", number(181.5));
    notion.trash(&uuid(24_999));
    let before = notion.requests();
    let third = place.done("pull", json!({}));
    assert!(third.reason.contains("1 deleted") && notion.requests() - before <= 3, "{}", third.reason);
    let lines = place.lines();
    assert_eq!((lines.len(), lines[9].as_str()), (25_001, line_of(7, "181.5").as_str()));
    place.assert_clean(&notion);
}

fn line_of(at: usize, bpm: &str) -> String {
    format!("{},Track {at},{bpm},,\"House, Tag {}\"", uuid(at), at % 7)
}

#[test]
fn a_row_that_is_deleted_while_its_window_is_read_loses_no_other_row() {
    let notion = NotionServer::start();
    notion.set_cap(250);
    let [database, _] = tracks(&notion, 900, 7);
    let place = NotionWorkspace::new(&notion);
    // Row 200 is the first row of the next answer, so its deletion makes the cursor invalid. Row 3 is in a window that was
    // already read.
    notion.order("start_cursor", Fault::Trashed(uuid(200)));
    notion.order("on_or_after", Fault::Trashed(uuid(3)));
    let read = place.done("pull", json!({ "databases": [database] }));
    assert!(read.reason.contains("898 rows") && !read.reason.contains("INCOMPLETE"), "{}", read.reason);
    assert_eq!(place.lines(), expected((0..900).filter(|at| ![3, 200].contains(at))));
    place.assert_clean(&notion);
}

#[test]
fn an_incomplete_reading_deletes_nothing_and_is_reported() {
    let notion = NotionServer::start();
    let [database, source] = tracks(&notion, 300, 3);
    let place = NotionWorkspace::new(&notion);
    place.done("pull", json!({ "databases": [database] }));
    // More rows are created in one minute than a query returns.
    notion.set_cap(100);
    for at in 300..450 {
        notion.add_row(&source, at, 100, track(at));
    }
    notion.trash(&uuid(5));
    notion.delete(&uuid(6));
    let part = place.ask("pull", json!({ "full": true }));
    assert!(part.outcome.as_deref() == Some("partial") && part.reason.contains("INCOMPLETE"), "{}", part.reason);
    let lines = place.lines();
    assert!([5, 6].iter().all(|at| lines.contains(&line_of(*at, &(90 + at % 50).to_string()))), "{lines:?}");
    let why = place.why(&part);
    assert!(why.contains("more than 10,000 rows were created in the minute 2026-01-18T11:40:00.000Z"), "{why}");
    // After a complete reading, the plugin asks Notion about each known row that was not found.
    notion.set_cap(10_000);
    let whole = place.done("pull", json!({ "full": true }));
    assert!(whole.reason.contains("448 rows") && whole.reason.contains("2 deleted"), "{}", whole.reason);
    assert_eq!(place.lines(), expected((0..450).filter(|at| ![5, 6].contains(at))));
    place.assert_clean(&notion);
}

#[test]
fn values_of_every_type_are_exact_and_long_relations_are_complete() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(
        2,
        "Sessions",
        &[
            ["title", "Name", "title"],
            ["date", "When", "date"],
            ["rel", "Tracks", "relation"],
            ["people", "Who", "people"],
            ["files", "Files", "files"],
            ["roll", "Count", "rollup"],
            ["form", "Long", "formula"],
            ["num", "Rating", "number"],
            ["names", "Titles", "rollup"],
            ["done", "Done", "checkbox"],
        ],
    );
    let ids: Vec<String> = (500..730).map(uuid).collect();
    let values = json!({
        "title": rich("title", "Night, \"live\""),
        "date": { "type": "date", "date": { "start": "2026-01-18T22:00:00.000+01:00", "end": "2026-01-19T04:30:00.000+01:00", "time_zone": null } },
        "rel": relation(&ids),
        "people": { "type": "people", "people": [{ "object": "user", "id": uuid(9) }] },
        "files": { "type": "files", "files": [{ "name": "a", "type": "file", "file": { "url": "https://files.example/a.pdf?X-Amz-Signature=1", "expiry_time": "2026-01-18T11:00:00.000Z" } }] },
        "roll": { "type": "rollup", "rollup": { "type": "number", "number": 230, "function": "count" } },
        "form": { "type": "formula", "formula": { "type": "boolean", "boolean": true } },
        "num": number(0.1),
        "names": { "type": "rollup", "rollup": { "type": "array", "function": "show_original",
            "array": [rich("title", "Glow"), rich("title", "Dusk")] } },
        "done": { "type": "checkbox", "checkbox": true },
    });
    notion.add_row(&source, 1, 0, values.as_object().cloned().unwrap());
    let place = NotionWorkspace::writable(&notion);
    place.done("pull", json!({ "databases": [source] }));
    let lines = place.lines();
    assert_eq!(lines[0], "__page_id,Name,Count,Done,Files,Long,Rating,Titles,Tracks,When,Who");
    let tracks = ids.join(", ");
    let row = format!(
        "{},\"Night, \"\"live\"\"\",230,true,https://files.example/a.pdf,true,0.1,\"Glow, Dusk\",\"{tracks}\",2026-01-18T22:00:00.000+01:00 → 2026-01-19T04:30:00.000+01:00,{}",
        uuid(1),
        uuid(9)
    );
    assert_eq!(lines[2], row);
    let pages = notion.lines().iter().filter(|line| line.contains("/properties/rel")).count();
    assert_eq!(pages, 6, "230 references, which are read with the window and with the edited rows");
    assert!(notion.lines().iter().any(|line| line.contains("/properties/names")));

    // Values that Notion computes are not written.
    place.edit(",230,", ",231,");
    let refused = place.ask("push", json!({ "databases": [database] }));
    assert!(refused.outcome.as_deref() == Some("refused") && notion.writes() == 0, "{}", refused.reason);
    let why = place.why(&refused);
    assert!(why.contains("property of the type rollup"), "{why}");
    place.assert_clean(&notion);
}

#[test]
fn every_fault_of_a_reading_request_is_overcome() {
    let notion = NotionServer::start();
    let [database, _] = tracks(&notion, 250, 3);
    let place = NotionWorkspace::new(&notion);
    for fault in [
        Fault::Status("500 Internal Server Error"),
        Fault::Status("502 Bad Gateway"),
        Fault::Status("409 Conflict"),
        Fault::Busy(1),
        Fault::Overloaded(1),
        Fault::Cut(100),
        Fault::Lost,
        Fault::Late(Duration::from_secs(2)),
    ] {
        notion.order("start_cursor", fault.clone());
        place.done("pull", json!({ "databases": [database], "full": true }));
        assert_eq!(place.lines(), expected(0..250), "{fault:?}");
    }
    // The server allows three requests in two seconds. Notion has such a limit for a minute.
    notion.limit(3, Duration::from_secs(2));
    place.done("pull", json!({ "full": true }));
    place.assert_clean(&notion);
}

#[test]
fn the_task_waits_after_a_revoked_token_and_continues_with_a_new_one() {
    let notion = NotionServer::start();
    let [database, _] = tracks(&notion, 450, 3);
    let place = NotionWorkspace::new(&notion);
    notion.order("start_cursor", Fault::Revoked);
    place.drop("Revoked", "pull", json!({ "databases": [database] }));
    place.up_once();
    let task = place.workspace.task("Revoked");
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("`baton account add notion`"), "{}", task.reason);
    notion.accept_token();
    place.connect();
    place.up_once();
    let task = place.workspace.task("Revoked");
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    assert_eq!(place.lines(), expected(0..450));
    place.assert_clean(&notion);
}

#[test]
fn a_short_reading_finds_every_trashed_row_and_edits_of_one_minute() {
    let notion = NotionServer::start();
    let [database, _] = tracks(&notion, 300, 3);
    let place = NotionWorkspace::new(&notion);
    place.done("pull", json!({ "databases": [database] }));
    (0..150).for_each(|at| notion.trash(&uuid(at)));
    notion.edit(&uuid(299), "J@cT", number(301));
    let read = place.done("pull", json!({}));
    assert!(read.reason.contains("150 deleted"), "{}", read.reason);
    // After this reading, somebody edits the same row and another one in the same minute.
    notion.edit_in_the_same_minute(&uuid(299), "J@cT", number(302));
    notion.edit_in_the_same_minute(&uuid(298), "J@cT", number(303));
    place.done("pull", json!({}));
    let mut lines = expected(150..298);
    lines.extend([line_of(298, "303"), line_of(299, "302")]);
    assert_eq!(place.lines(), lines);
    place.assert_clean(&notion);
}

#[test]
fn a_property_that_is_added_while_rows_are_read_gets_its_values() {
    let notion = NotionServer::start();
    let [database, source] = notion.add(1, "Music: Tracks", &TRACKS);
    for at in 0..250 {
        let mut values = track(at);
        values.insert("Key".to_owned(), number(at));
        notion.add_row(&source, at, i64::try_from(at).unwrap(), values);
    }
    let place = NotionWorkspace::new(&notion);
    notion.order("start_cursor", Fault::NewProperty("Key".to_owned()));
    let part = place.ask("pull", json!({ "databases": [database] }));
    assert!(part.outcome.as_deref() == Some("partial") && part.reason.contains("INCOMPLETE"), "{}", part.reason);
    place.done("pull", json!({}));
    let lines = place.lines();
    assert_eq!((lines[0].as_str(), lines.len()), ("__page_id,Name,BPM,Key,Note,Tags", 252));
    assert!(lines[2..].iter().enumerate().all(|(at, line)| line.contains(&format!(",{at},,\"House"))), "{lines:?}");
    place.assert_clean(&notion);
}

#[test]
fn a_database_that_cannot_be_read_does_not_stop_the_others() {
    let notion = NotionServer::start();
    let [database, source] = tracks(&notion, 20, 3);
    let [other, _] = notion.add(2, "Sets", &[["title", "Name", "title"]]);
    let place = NotionWorkspace::new(&notion);
    place.done("pull", json!({ "databases": [database, other] }));
    notion.order(&source, Fault::Status("404 Not Found"));
    let part = place.ask("pull", json!({}));
    assert_eq!(part.outcome.as_deref(), Some("partial"), "{}", part.reason);
    let report = place.workspace.read("reports/notion-2.md");
    let has = |title: &str, state: &str| report.lines().any(|line| line.contains(title) && line.contains(state));
    assert!(has("Tracks", "INCOMPLETE: Notion does not have it") && has("Sets", "unchanged"), "{report}");
    place.assert_clean(&notion);
}
