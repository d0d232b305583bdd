//! What a person wrote on the Drive, what only a CSV has, and what an approval is for: nothing of it is lost on the way.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use baton_plugin_kit::lent::{Claims, Held, Rows, Tables, Writable};
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{self, Row, Table, Value};
use baton_tests::lent::Lent;
use serde_json::json;

use crate::place::{Place, ids, report};

const NAME: (&str, &str, &str) = ("title", "Name", "title");
const BPM: (&str, &str, &str) = ("b", "BPM", "number");
const RELATED: (&str, &str, &str) = ("r", "Related", "relation");
const CSV: &str = "drive/T_id-1/T_id-1.csv";

fn edited() -> Place {
    let place = Place::new();
    place.database(&[NAME, RELATED], &[&["p1", "One", "x"], &["p2", "Two", "y"]], true);
    place.sync();
    place.edit_csv("One", "Eins");
    place
}

/// A row is left with its tombstone `BPM`.
fn with_tombstone() -> Place {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"], &["p2", "Two", "121"], &["p3", "Three", "122"]], true);
    place.sync();
    place.database(&[NAME], &[&["p1", "One"], &["p2", "Two"], &["p3", "Three"]], true);
    place.sync();
    assert!(place.csv().contains(",One,120\n"));
    place
}

fn from_drive() -> serde_json::Value {
    json!({ "direction": "from-drive" })
}

#[test]
fn what_could_not_be_handed_over_is_not_replaced() {
    let place = edited();
    fs::remove_dir(place.path("exports")).unwrap();
    place.write("exports", "no folder");
    assert!(matches!(place.try_run("sync", &from_drive()), Err(Error::Retryable(_))));
    place.database(&[NAME, RELATED], &[&["p1", "One", "x"], &["p2", "Zwei", "y"]], true);
    assert_eq!(ids(&place.sync()), ["changed-by-hand:id-1"]);
    assert!(place.csv().contains("Eins"));
}

#[test]
fn what_was_handed_over_stays_until_the_source_was_read_anew() {
    let place = edited();
    assert!(place.run("sync", &from_drive()).summary.contains("(1 cell, 0 rows new)"));
    let waits = place.sync();
    assert_eq!(ids(&waits), ["changed-by-hand:id-1"]);
    assert!(waits.findings[0].title.contains("handed over"), "{:?}", waits.findings);
    assert!(place.csv().contains("Eins"));
    // An approval makes the next sync look again; its source is the same all the same.
    place.own().execute("UPDATE databases SET source_stamp = ''", &[]).unwrap();
    assert_eq!(ids(&place.sync()), ["changed-by-hand:id-1"]);
    place.database(&[NAME, RELATED], &[&["p1", "Eins", "x"], &["p2", "Two", "y"]], true);
    assert!(ids(&place.sync()).is_empty());
    assert!(place.csv().contains("Eins"));
}

#[test]
fn a_file_in_which_nothing_is_new_for_the_source_is_no_hindrance() {
    let place = edited();
    place.edit_csv("Eins", "One");
    place.edit_csv("p1,", "\"p1\",");
    assert_eq!(ids(&place.sync()), ["changed-by-hand:id-1"]);
    assert!(place.run("sync", &from_drive()).summary.contains("0 changed"));
    assert!(ids(&place.sync()).is_empty());
}

#[test]
fn one_database_that_ends_the_task_takes_nothing_from_those_before() {
    let place = edited();
    let (csv, sidecar) = (place.read("databases/T.csv"), place.read("databases/T.json"));
    place.write("databases/U.csv", &csv);
    place.write("databases/U.json", &sidecar.replace("id-1", "id-2"));
    let outcome = place.run_with("sync", &from_drive(), place.own(), &Fails("database:id-2", &place.claims)).unwrap();
    assert_eq!(ids(&outcome), ["ended-early:id-2"]);
    assert!(place.read("exports/T_id-1.csv").contains("Eins"));
}

#[test]
fn a_cell_that_nobody_may_change_stands_in_the_way_of_the_next_sync() {
    for to in [",z\n", ",\n"] {
        let place = edited();
        place.edit_csv(",x\n", to);
        assert!(ids(&place.run("sync", &from_drive())).contains(&"read-only-cell:id-1:p1:Related"));
        place.database(&[NAME, RELATED], &[&["p1", "Eins", "x"], &["p2", "Two", "y"]], true);
        assert_eq!(ids(&place.sync()), ["changed-by-hand:id-1"]);
    }
}

#[test]
fn a_column_without_a_property_comes_back_when_it_was_taken_out_by_hand() {
    let place = with_tombstone();
    place.write(CSV, "__page_id,__last_synced_iso,Name\n,,title\np1,,One\np2,,Two\np3,,Three\n");
    place.run("sync", &json!({ "overwrite": true }));
    assert!(place.csv().contains(",One,120\n") && place.csv().contains(",Three,122\n"), "{}", place.csv());
}

#[test]
fn rows_that_were_filtered_out_keep_what_only_the_csv_had() {
    let place = with_tombstone();
    let csv = place.csv();
    let few: Vec<&str> = csv.lines().take(3).collect();
    place.write(CSV, &format!("{}\n", few.join("\n")));
    place.run("sync", &from_drive());
    place.database(&[NAME], &[&["p1", "Uno"], &["p2", "Two"], &["p3", "Three"]], true);
    assert!(ids(&place.sync()).is_empty());
    assert!(place.csv().contains(",Uno,120\n") && place.csv().contains(",Three,122\n"), "{}", place.csv());
    // After an incomplete reading also the rows themselves.
    place.write(CSV, &format!("{}\n", few.join("\n")));
    place.run("sync", &from_drive());
    place.database(&[NAME], &[&["p1", "Eins"]], false);
    place.sync();
    assert!(place.csv().contains(",Three,122\n"), "{}", place.csv());
}

#[test]
fn an_approval_is_for_one_column_whatever_its_header_becomes() {
    let place = Place::new();
    let other = ("c", "BPM", "number");
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.sync();
    place.run("approve-deletion", &json!({ "database": "id-1", "property": "BPM" }));
    for _ in 0..3 {
        place.database(&[NAME, other], &[&["p1", "One", "99"]], true);
        place.sync();
    }
    assert!(place.csv().starts_with("__page_id,__last_synced_iso,Name,BPM\n"), "{}", place.csv());
    assert!(place.csv().contains(",One,99\n"), "{}", place.csv());
    for _ in 0..5 {
        place.database(&[NAME], &[&["p1", "One"]], true);
        place.sync();
    }
    assert!(place.csv().contains(",One,99\n"), "{}", place.csv());
}

#[test]
fn of_two_columns_of_one_property_the_one_that_was_approved_goes() {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    place.database(&[NAME, ("b", "BPM", "rich_text")], &[&["p1", "One", "fast"]], true);
    place.sync();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.sync();
    let both = place.try_run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    assert!(
        matches!(&both, Err(Error::Permanent(text)) if text.contains("`BPM`, ") && text.contains("`BPM [rich_text]`")),
        "{both:?}"
    );
    place.run("approve-deletion", &json!({ "database": "id-1", "property": "BPM [rich_text]" }));
    for _ in 0..5 {
        place.database(&[NAME], &[&["p1", "One"]], true);
        place.sync();
    }
    assert!(place.csv().contains(",One,120\n"), "{}", place.csv());
}

#[test]
fn a_killed_sync_leaves_no_approval_behind() {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.sync();
    place.database(&[NAME, BPM], &[&["p1", "One", "121"]], true);
    place.sync();
    // As it is when the program was killed after the CSV and before the approval was withdrawn.
    for key in ["b", "BPM", "[\"b\",\"number\"]"] {
        let put = "INSERT INTO approvals (database, property, approved_at) VALUES ('id-1', ?1, 'now')";
        place.own().execute(put, &[key.into()]).unwrap();
    }
    let killed =
        "UPDATE databases SET next_digest = csv_digest, next_manifest = manifest, csv_digest = 'x', source_stamp = ''";
    place.own().execute(killed, &[]).unwrap();
    for _ in 0..5 {
        place.database(&[NAME], &[&["p1", "One"]], true);
        place.sync();
    }
    assert!(place.csv().contains(",One,121\n"), "{}", place.csv());
}

#[test]
fn a_file_that_is_saved_while_it_is_replaced_stays() {
    let place = edited();
    place.edit_csv("Eins", "One");
    place.database(&[NAME, RELATED], &[&["p1", "Uno", "x"], &["p2", "Two", "y"]], true);
    let saved = place.csv().replace("One", "Saved just now");
    let own = Saves { own: place.own(), path: place.path(CSV), text: saved.clone(), done: Cell::new(false) };
    let outcome = place.run_with("sync", &json!({}), &own, &place.claims).unwrap();
    assert_eq!(ids(&outcome), ["changed-by-hand:id-1"]);
    assert!(own.done.get());
    assert_eq!(place.csv(), saved);
    assert!(place.names("drive/T_id-1").iter().all(|name| !name.contains("part")));
}

#[test]
fn a_sync_that_is_killed_twice_knows_its_file() {
    let place = edited();
    place.edit_csv("Eins", "One");
    let memory = place.own().query("SELECT csv_digest, manifest FROM databases", &[]).unwrap().rows.remove(0);
    place.database(&[NAME, RELATED], &[&["p1", "Second", "x"], &["p2", "Two", "y"]], true);
    place.sync();
    let killed = "UPDATE databases SET next_digest = csv_digest, next_manifest = manifest, csv_digest = ?1, manifest = ?2, \
                  source_stamp = '', csv_stamp = ''";
    place.own().execute(killed, &memory).unwrap();
    // The second time it comes as far as to remember what is next.
    place.database(&[NAME, RELATED], &[&["p1", "Third", "x"], &["p2", "Two", "y"]], true);
    let part = place.path("drive/T_id-1/.drive-sync.part");
    fs::create_dir(&part).unwrap();
    assert_eq!(ids(&place.sync()), ["unreadable:id-1"]);
    fs::remove_dir(&part).unwrap();
    assert!(ids(&place.sync()).is_empty());
    assert!(place.csv().contains("Third"));
}

#[test]
fn a_younger_workspace_does_not_replace_what_was_changed_by_hand() {
    let place = edited();
    place.own().execute("DELETE FROM databases", &[]).unwrap();
    assert_eq!(ids(&place.sync()), ["changed-by-hand:id-1"]);
    assert!(place.csv().contains("Eins"));
    place.edit_csv("Eins", "One");
    assert!(ids(&place.sync()).is_empty());
}

#[test]
fn a_manifest_that_is_of_another_csv_is_not_gone_by() {
    let place = Place::new();
    place.database(&[NAME, ("b", "BPM", "title")], &[&["p1", "One", "120"]], true);
    place.sync();
    let path = "drive/T_id-1/T_id-1.manifest.json";
    let other = place.read(path).replace("\"header\": \"Name\"", "\"header\": \"x\"");
    let other = other.replace("\"header\": \"BPM\"", "\"header\": \"Name\"").replace("\"x\"", "\"BPM\"");
    let mut other: serde_json::Value = serde_json::from_str(&other).unwrap();
    other["header_sha256"] = json!("of another");
    place.write(path, &other.to_string());
    place.own().execute("DELETE FROM databases", &[]).unwrap();
    place.database(&[NAME, ("b", "BPM", "title")], &[&["p1", "One", "120"]], true);
    assert!(ids(&place.sync()).is_empty());
    assert_eq!(place.csv().lines().next(), Some("__page_id,__last_synced_iso,Name,BPM"));
}

#[test]
fn guard_leaves_what_the_source_has_newer_under_a_header_that_was_changed_by_hand() {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    place.edit_csv("BPM", "Beats");
    place.database(&[NAME, BPM], &[&["p1", "One", "125"]], true);
    place.run("adopt-column", &json!({ "database": "id-1", "column": "Beats", "property": "b" }));
    let outcome = place.run("sync", &from_drive());
    assert!(outcome.summary.contains("0 changed"), "{}", outcome.summary);
    assert_eq!(ids(&place.sync()), ["column-renamed:id-1:BPM"], "as adopt-column says");
    assert!(place.csv().contains("Name,BPM\n") && place.csv().contains(",One,125\n"), "{}", place.csv());
}

#[test]
fn a_reading_is_told_by_its_sidecar_and_a_column_of_ones_own_waits_for_nothing() {
    let place = with_tombstone();
    place.run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    for row in ["A", "B", "C", "D"] {
        let csv = place.read("databases/T.csv");
        let name = csv.lines().nth(2).unwrap().split('"').nth(1).unwrap().to_owned();
        std::thread::sleep(std::time::Duration::from_millis(10));
        place.write("databases/T.csv", &csv.replace(&name, row));
        place.sync();
    }
    assert!(place.csv().contains(",D,120\n"), "{}", place.csv());
    let own = place.csv().replace("Name,BPM\n,,title,number", "Name,BPM,Mine\n,,title,number,");
    let own: Vec<String> =
        own.lines().enumerate().map(|(n, line)| if n < 2 { line.into() } else { format!("{line},m") }).collect();
    place.write(CSV, &format!("{}\n", own.join("\n")));
    place.run("adopt-column", &json!({ "database": "id-1", "column": "Mine" }));
    place.run("sync", &json!({ "overwrite": true }));
    for _ in 0..5 {
        place.database(&[NAME], &[&["p1", "One"], &["p2", "Two"], &["p3", "Three"]], true);
        let found = place.sync();
        assert!(ids(&found).iter().all(|id| !id.contains("Mine")), "{:?}", found.findings);
    }
    assert!(ids(&place.run("diagnose", &json!({}))).is_empty());
    assert!(place.csv().contains(",One,m\n"), "{}", place.csv());
    place.run("approve-deletion", &json!({ "database": "id-1", "property": "Mine" }));
    assert_eq!(ids(&place.sync()), ["column-deleted:id-1:Mine"]);
    assert!(place.csv().starts_with("__page_id,__last_synced_iso,Name\n"), "{}", place.csv());
}

#[test]
fn repair_leaves_folders_alone_that_are_perhaps_no_databases() {
    let place = Place::new();
    for path in ["photos_2024/a", "invoices_2024/b", "my_stuff/c", ".hidden_id-1/d", "T_id-1/e", "T_id-1 (1)/f"] {
        place.write(&format!("drive/{path}"), path);
    }
    place.write("drive/notes_stuff.csv", "x");
    place.run("repair", &json!({ "apply": true }));
    place.run("repair", &json!({ "apply": true }));
    assert_eq!(
        place.names("drive"),
        [".hidden_id-1", "T_id-1", "invoices_2024", "my_stuff", "notes_stuff.csv", "photos_2024"]
    );
    assert_eq!(
        (place.names("drive/my_stuff"), place.names("drive/T_id-1")),
        (vec!["c".to_owned()], vec!["e".into(), "f".into()])
    );
    place.run("ensure-folder", &json!({ "database": "id-1", "title": "T" }));
    assert!(place.names("drive").contains(&".hidden_id-1".to_owned()));
}

#[test]
fn what_was_moved_is_told_also_when_the_task_ends_early() {
    let place = Place::new();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.write("databases/U.csv", &place.read("databases/T.csv"));
    place.write("databases/U.json", &place.read("databases/T.json").replace("id-1", "id-2"));
    for path in ["T_id-1/a", "T_id-1 (1)/b"] {
        place.write(&format!("drive/{path}"), path);
    }
    let outcome = place.run_with("sync", &json!({}), place.own(), &Fails("database:id-2", &place.claims)).unwrap();
    assert_eq!(ids(&outcome), ["ended-early:id-2"]);
    assert_eq!(report(&outcome, "drive-sync")["undo"][0]["to"], "T_id-1/b");
    place.write("drive/T_id-1 (1)/c", "c");
    place.write("drive/New_id-1", "a file");
    let outcome = place.run("ensure-folder", &json!({ "database": "id-1", "title": "New" }));
    assert_eq!(ids(&outcome), ["ended-early:id-1"]);
    assert_eq!(report(&outcome, "ensure-folder")["undo"][0]["to"], "T_id-1/c");
}

#[test]
fn a_folder_that_cannot_be_looked_at_is_a_finding() {
    let place = Place::new();
    place.write("drive/T_id-1/T_id-1.csv", "x");
    // More than are looked at.
    for number in 0..=100_000 {
        place.write(&format!("drive/U_id-2/{number}"), "");
    }
    let outcome = place.run("diagnose", &json!({}));
    assert_eq!(ids(&outcome), ["missing-archive:id-1:T_id-1", "unreadable:id-2:U_id-2"]);
}

#[test]
fn links_on_the_drive_are_not_followed() {
    let place = Place::new();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.write("victim", "dear");
    fs::create_dir_all(place.path("drive/T_id-1")).unwrap();
    std::os::unix::fs::symlink(place.path("victim"), place.path("drive/T_id-1/.drive-sync.part")).unwrap();
    assert!(place.sync().summary.contains("1 written"));
    assert_eq!(place.read("victim"), "dear");
    fs::create_dir(place.path("aside")).unwrap();
    fs::remove_dir_all(place.path("drive/T_id-1/.archive")).unwrap();
    std::os::unix::fs::symlink(place.path("aside"), place.path("drive/T_id-1/.archive")).unwrap();
    place.database(&[NAME], &[&["p1", "Two"]], true);
    assert_eq!(ids(&place.sync()), ["unreadable:id-1"]);
    assert!(place.names("aside").is_empty() && place.csv().contains("One"));
}

/// Claims of which one cannot be asked for.
struct Fails<'a>(&'static str, &'a dyn Claims);

impl Claims for Fails<'_> {
    fn take(&self, name: &str) -> Result<Option<Box<dyn Held>>, Error> {
        if name == self.0 { Err(Error::Retryable("the ledger is away".to_owned())) } else { self.1.take(name) }
    }
}

/// A database in which somebody saves the CSV just when a sync remembers what it is about to write.
struct Saves<'a> {
    own: &'a Lent,
    path: PathBuf,
    text: String,
    done: Cell<bool>,
}

impl Tables for Saves<'_> {
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Table, sql::Error> {
        self.own.query(statement, parameters)
    }

    fn rows(&self, statement: &str, parameters: &[Value]) -> Result<Rows<'_>, sql::Error> {
        self.own.rows(statement, parameters)
    }
}

impl Writable for Saves<'_> {
    fn execute(&self, statement: &str, parameters: &[Value]) -> Result<u64, sql::Error> {
        if statement.starts_with("INSERT OR REPLACE INTO databases") && !self.done.replace(true) {
            fs::write(&self.path, &self.text).unwrap();
        }
        self.own.execute(statement, parameters)
    }

    fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, sql::Error> {
        self.own.batch(statement, rows)
    }
}
