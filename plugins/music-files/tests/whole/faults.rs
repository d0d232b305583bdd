//! Two disks, and full disks.

use std::fs;
use std::path::Path;

use baton_plugin_sdk::Error;
use baton_tests::{Mount, or_skip};
use serde_json::json;

use crate::place::{Place, id};

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn filled(place: &Place, size: usize) {
    for number in 0..6 {
        place.file(&format!("in/{number}.wav"), &format!("{number}").repeat(size + number));
    }
}

#[test]
fn files_go_to_another_disk_and_back_with_their_times() {
    let place = Place::new();
    filled(&place, 300_000);
    let _other = or_skip!(Mount::small(&place.organised, 8 << 10));
    let before = place.tree();
    let plan = id(&place.planned(&json!({})));
    let outcome = place.apply(&plan).unwrap();
    assert!(outcome.summary.contains("6 of 6 steps done"), "{} {:?}", outcome.summary, outcome.findings);
    assert!(names(&place.music).is_empty());
    let list = String::from_utf8(outcome.artifacts[0].bytes.clone()).unwrap();
    let bytes = fs::read(place.organised.join("Unassigned/3.wav")).unwrap();
    assert!(list.contains(&baton_tests::sha256(&bytes)), "{list}");
    for (path, file) in &before {
        if let Some((_, modified)) = file {
            let now = path.replace("music/in", "organised/Unassigned");
            assert_eq!(place.tree()[&now].as_ref().map(|(_, modified)| modified), Some(modified), "{path}");
        }
    }
    place.undo(&plan).unwrap();
    assert_eq!(place.tree(), before);
}

#[test]
fn copies_are_made_on_another_disk_and_taken_back() {
    let place = Place::new();
    place.track("a", "A", "T");
    place.playlist("P", &["a"]);
    place.playlist("Q", &["a"]);
    place.file("a.mp3", "some sound");
    place.link("a.mp3", "a");
    let _other = or_skip!(Mount::small(&place.organised, 1 << 10));
    let before = place.tree();
    let plan = id(&place.planned(&json!({ "in_several": "copy" })));
    place.apply(&plan).unwrap();
    assert_eq!(place.sorted(), ["P/A - T.mp3", "Q/A - T.mp3"]);
    place.undo(&plan).unwrap();
    assert_eq!(place.tree(), before);
}

#[test]
fn a_full_disk_leaves_whole_files_and_the_rest_continues_when_there_is_room() {
    let place = Place::new();
    filled(&place, 300_000);
    let other = or_skip!(Mount::small(&place.organised, 4 << 10));
    fs::write(place.organised.join("ballast"), vec![0; 3 << 20]).unwrap();
    let before = place.tree();
    let plan = id(&place.planned(&json!({})));
    let Err(Error::NeedsHuman(text)) = place.apply(&plan) else { panic!("the disk is full") };
    assert!(
        text.contains("a disk cannot be written to (")
            && text.contains(" of 6 steps are done, ")
            && text.contains("`baton answer t1 continue`"),
        "{text}"
    );
    let there = place.sorted();
    assert!(!there.is_empty() && there.len() < 7, "{there:?}");
    let count = names(&place.organised.join("Unassigned")).len() + names(&place.music.join("in")).len();
    assert_eq!(count, 6, "every file once, and no half of one");
    fs::remove_file(place.organised.join("ballast")).unwrap();
    let outcome = place.apply(&plan).unwrap();
    assert!(outcome.summary.contains("6 of 6 steps done"), "{}", outcome.summary);
    place.undo(&plan).unwrap();
    let mut after = place.tree();
    after.insert("organised/ballast".to_owned(), before["organised/ballast"].clone());
    assert_eq!(after, before);
    drop(other);
}

#[test]
fn a_disk_without_a_byte_left_keeps_everything_where_it_was() {
    let place = Place::new();
    filled(&place, 10_000);
    let other = or_skip!(Mount::small(&place.organised, 256));
    let plan = id(&place.planned(&json!({})));
    other.fill();
    let mut before = place.tree();
    assert!(matches!(place.apply(&plan), Err(Error::NeedsHuman(_))));
    let mut after = place.tree();
    after.remove("organised/Unassigned");
    before.remove("organised/Unassigned");
    assert_eq!(after, before);
}
