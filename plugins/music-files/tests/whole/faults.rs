//! Plans whose folders are on two disks, and plans on a full disk.

use std::fs;
use std::path::Path;

use baton_plugin_sdk::Error;
use baton_tests::{Mount, or_skip};
use serde_json::json;

use crate::folders::{TestFolders, id};

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn filled(folders: &TestFolders, size: usize) {
    for number in 0..6 {
        folders.file(&format!("in/{number}.wav"), &format!("{number}").repeat(size + number));
    }
}

#[test]
fn files_go_to_another_disk_and_back_with_their_times() {
    let folders = TestFolders::new();
    filled(&folders, 300_000);
    let _other = or_skip!(Mount::small(&folders.organised, 8 << 10));
    let before = folders.tree();
    let plan = id(&folders.plan_json(&json!({})));
    let outcome = folders.apply(&plan).unwrap();
    assert!(outcome.summary.contains("6 of 6 steps done"), "{} {:?}", outcome.summary, outcome.findings);
    assert!(names(&folders.music).is_empty());
    let list = String::from_utf8(outcome.artifacts[0].bytes.clone()).unwrap();
    let bytes = fs::read(folders.organised.join("Unassigned/3.wav")).unwrap();
    assert!(list.contains(&baton_tests::sha256(&bytes)), "{list}");
    for (path, file) in &before {
        if let Some((_, modified)) = file {
            let now = path.replace("music/in", "organised/Unassigned");
            assert_eq!(folders.tree()[&now].as_ref().map(|(_, modified)| modified), Some(modified), "{path}");
        }
    }
    folders.undo(&plan).unwrap();
    assert_eq!(folders.tree(), before);
}

#[test]
fn copies_on_another_disk_are_made_and_undone() {
    let folders = TestFolders::new();
    folders.track("a", "A", "T");
    folders.playlist("P", &["a"]);
    folders.playlist("Q", &["a"]);
    folders.file("a.mp3", "some sound");
    folders.link("a.mp3", "a");
    let _other = or_skip!(Mount::small(&folders.organised, 1 << 10));
    let before = folders.tree();
    let plan = id(&folders.plan_json(&json!({ "in_several": "copy" })));
    folders.apply(&plan).unwrap();
    assert_eq!(folders.organised_paths(), ["P/A - T.mp3", "Q/A - T.mp3"]);
    folders.undo(&plan).unwrap();
    assert_eq!(folders.tree(), before);
}

#[test]
fn a_full_disk_leaves_complete_files_and_the_plan_continues_with_free_space() {
    let folders = TestFolders::new();
    filled(&folders, 300_000);
    let other = or_skip!(Mount::small(&folders.organised, 4 << 10));
    fs::write(folders.organised.join("ballast"), vec![0; 3 << 20]).unwrap();
    let before = folders.tree();
    let plan = id(&folders.plan_json(&json!({})));
    let Err(Error::NeedsHuman(text)) = folders.apply(&plan) else { panic!("the disk is full") };
    assert!(
        text.contains("a disk cannot be written to (")
            && text.contains(" of 6 steps are done, ")
            && text.contains("`baton answer t1 continue`"),
        "{text}"
    );
    let there = folders.organised_paths();
    assert!(!there.is_empty() && there.len() < 7, "{there:?}");
    let count = names(&folders.organised.join("Unassigned")).len() + names(&folders.music.join("in")).len();
    assert_eq!(count, 6, "every file exists once and completely");
    fs::remove_file(folders.organised.join("ballast")).unwrap();
    let outcome = folders.apply(&plan).unwrap();
    assert!(outcome.summary.contains("6 of 6 steps done"), "{}", outcome.summary);
    folders.undo(&plan).unwrap();
    let mut after = folders.tree();
    after.insert("organised/ballast".to_owned(), before["organised/ballast"].clone());
    assert_eq!(after, before);
    drop(other);
}

#[test]
fn a_disk_without_free_space_keeps_every_file_in_place() {
    let folders = TestFolders::new();
    filled(&folders, 10_000);
    let other = or_skip!(Mount::small(&folders.organised, 256));
    let plan = id(&folders.plan_json(&json!({})));
    other.fill();
    let mut before = folders.tree();
    assert!(matches!(folders.apply(&plan), Err(Error::NeedsHuman(_))));
    let mut after = folders.tree();
    after.remove("organised/Unassigned");
    before.remove("organised/Unassigned");
    assert_eq!(after, before);
}
