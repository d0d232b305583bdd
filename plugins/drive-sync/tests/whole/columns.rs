//! Changes of columns: renamed, missing, back, retyped, removed, and added by a person.

use baton_plugin_sdk::Error;
use serde_json::json;

use crate::place::{Place, ids};

const NAME: (&str, &str, &str) = ("title", "Name", "title");
const BPM: (&str, &str, &str) = ("b", "BPM", "number");

fn header(place: &Place) -> String {
    place.csv().lines().next().unwrap().to_owned()
}

#[test]
fn a_renamed_property_keeps_its_column_and_its_data() {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    place.database(&[("b", "Tempo", "number"), NAME], &[&["p1", "120", "One"]], true);
    assert_eq!(ids(&place.sync()), ["column-renamed:id-1:Tempo"]);
    assert_eq!(header(&place), "__page_id,__last_synced_iso,Name,Tempo");
    assert!(place.csv().contains(",One,120\n"));
}

#[test]
fn a_column_goes_after_three_complete_readings_and_an_approval() {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    let too_early = place.try_run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    assert!(matches!(too_early, Err(Error::Permanent(text)) if text.contains("still exists")));
    place.database(&[NAME], &[&["p1", "One"]], true);
    assert_eq!(ids(&place.sync()), ["column-missing:id-1:BPM"]);
    for _ in 0..4 {
        assert!(ids(&place.sync()).is_empty(), "the same reading counts once");
    }
    place.run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    place.sync();
    place.database(&[NAME], &[&["p1", "One"]], false);
    place.sync();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.sync();
    assert!(place.csv().contains(",One,120\n"), "two readings: {}", place.csv());
    place.database(&[NAME], &[&["p1", "One"]], true);
    assert_eq!(ids(&place.sync()), ["column-deleted:id-1:BPM"]);
    assert_eq!(header(&place), "__page_id,__last_synced_iso,Name");
    let kept = place.names("drive/T_id-1/.archive");
    assert!(
        kept.iter()
            .any(|name| name.starts_with("T_") && place.read(&format!("drive/T_id-1/.archive/{name}")).contains("120"))
    );
}

#[test]
fn without_an_approval_it_never_goes_and_with_readings_enough_it_says_how() {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    let mut last = Vec::new();
    for _ in 0..6 {
        place.database(&[NAME], &[&["p1", "One"]], true);
        last = place.sync().findings;
    }
    assert!(header(&place).ends_with("Name,BPM"));
    assert!(last[0].title.contains("approve-deletion --arg database=id-1"), "{last:?}");
    place.run("approve-deletion", &json!({ "database": "id-1", "property": "BPM" }));
    assert_eq!(ids(&place.sync()), ["column-deleted:id-1:BPM"], "nothing else changed, and it is looked at");
}

#[test]
fn a_property_that_comes_back_has_its_column_and_no_approval_any_more() {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.sync();
    place.run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    place.run("approve-deletion", &json!({ "database": "id-1", "property": "BPM" }));
    place.database(&[NAME, BPM], &[&["p1", "One", "121"]], true);
    assert_eq!(ids(&place.sync()), ["column-back:id-1:BPM"]);
    for _ in 0..5 {
        place.database(&[NAME], &[&["p1", "One"]], true);
        place.sync();
    }
    assert!(place.csv().contains(",One,121\n"), "{}", place.csv());
}

#[test]
fn another_type_is_another_column() {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    place.database(&[NAME, ("b", "BPM", "rich_text")], &[&["p1", "One", "fast"]], true);
    assert!(ids(&place.sync()).contains(&"column-retyped:id-1:BPM"));
    assert_eq!(header(&place), "__page_id,__last_synced_iso,Name,BPM [number],BPM");
    assert!(place.csv().contains(",One,120,fast\n"));
}

#[test]
fn a_column_that_nobody_knows_is_asked_about_and_can_be_kept() {
    let place = Place::new();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.sync();
    place.write(
        "drive/T_id-1/T_id-1.csv",
        "__page_id,__last_synced_iso,Name,My notes\n,,title,\np1,2026-01-18T10:01:00Z,One,good\n",
    );
    let asked = place.run("sync", &json!({ "overwrite": true }));
    assert_eq!(ids(&asked), ["unknown-column:id-1"]);
    assert!(asked.findings[0].title.contains("adopt-column --arg database=id-1 --arg 'column=\"My notes\"'"));
    assert!(place.csv().contains("good"));
    let wrong = json!({ "database": "id-1", "column": "My notes", "property": "title" });
    assert!(
        matches!(place.try_run("adopt-column", &wrong), Err(Error::Permanent(text)) if text.contains("already has a column"))
    );
    place.run("adopt-column", &json!({ "database": "id-1", "column": "My notes" }));
    place.run("sync", &json!({ "overwrite": true }));
    place.database(&[NAME, BPM], &[&["p1", "Uno", "120"]], true);
    place.sync();
    assert!(place.csv().contains(",Uno,good,120\n"), "{}", place.csv());
}

#[test]
fn a_header_that_was_changed_by_hand_is_given_to_its_property() {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    place.edit_csv("BPM", "Beats");
    place.run("adopt-column", &json!({ "database": "id-1", "column": "Beats", "property": "b" }));
    place.run("sync", &json!({ "overwrite": true }));
    assert_eq!(header(&place), "__page_id,__last_synced_iso,Name,BPM");
}

#[test]
fn a_drive_from_before_is_taken_over_by_the_names_of_its_columns() {
    let place = Place::new();
    place.write(
        "drive/T_id-1/T_id-1.csv",
        "__page_id,__last_synced_iso,BPM,Name,Old\n,,number,title,rich_text\np1,2025-12-06T00:00:00Z,120,One,dear\n",
    );
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    assert_eq!(ids(&place.sync()), ["unknown-column:id-1"]);
    place.run("adopt-column", &json!({ "database": "id-1", "column": "Old" }));
    assert!(ids(&place.sync()).is_empty());
    assert!(place.csv().contains("p1,2025-12-06T00:00:00Z,120,One,dear\n"), "{}", place.csv());
}

#[test]
fn a_header_of_a_column_that_no_property_feeds_can_be_changed_back_too() {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    let header = "__page_id,__last_synced_iso,Name,BPM,My notes\n,,title,number,\np1,,One,120,good\n";
    place.write("drive/T_id-1/T_id-1.csv", header);
    place.run("adopt-column", &json!({ "database": "id-1", "column": "My notes" }));
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.run("sync", &json!({ "overwrite": true }));
    place.edit_csv("BPM,My notes", "Beats,Notes");
    for (column, property) in [("Beats", "b"), ("Notes", "My notes")] {
        place.run("adopt-column", &json!({ "database": "id-1", "column": column, "property": property }));
    }
    place.run("sync", &json!({ "overwrite": true }));
    assert!(place.csv().starts_with("__page_id,__last_synced_iso,Name,BPM,My notes\n"), "{}", place.csv());
    assert!(place.csv().contains(",One,120,good\n"), "{}", place.csv());
}

#[test]
fn a_header_that_is_there_twice_is_not_to_be_adopted() {
    let place = Place::new();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.sync();
    let twice = "__page_id,__last_synced_iso,Name,Name\n,,title,\np1,,One,good\n";
    place.write("drive/T_id-1/T_id-1.csv", twice);
    for args in [json!({}), json!({ "direction": "from-drive" })] {
        let outcome = place.run("sync", &args);
        assert_eq!(ids(&outcome), ["unknown-column:id-1"]);
        let title = &outcome.findings[0].title;
        assert!(title.contains("`Name` twice") && !title.contains("adopt-column"), "{title}");
    }
}
