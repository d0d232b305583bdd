//! Eagle libraries, read from disk.

use std::fs;
use std::path::Path;

use baton_tests::Workspace;
use baton_tests::music::{EagleItem, EagleLibrary, tune, wav};
use serde_json::json;

use super::{SECONDS, beside, coverage, scan};

const fn item(name: &str) -> EagleItem<'_> {
    EagleItem { name, ext: "wav", deleted: false }
}

/// A library with eight audio items, and others that must not be read: in the trash, a picture, an entry without a file, a broken entry.
fn library(folder: &Path) -> (EagleLibrary, Vec<String>) {
    let mut eagle = EagleLibrary::create(folder);
    let ids = (0..8).map(|number| eagle.add(item(&format!("Piece {number}")), &wav(&tune(number, SECONDS)))).collect();
    eagle.add(EagleItem { deleted: true, ..item("In the bin") }, &wav(&tune(20, SECONDS)));
    eagle.add(EagleItem { ext: "png", ..item("Picture") }, b"\x89PNG");
    eagle.add_entry(item("Nowhere"), 1_000);
    eagle.finish();
    (eagle, ids)
}

#[test]
fn the_items_of_a_library_are_audio_that_is_not_in_the_trash() {
    let workspace = Workspace::init();
    let folder = beside(&workspace, "Music.library");
    let (eagle, ids) = library(&folder);
    fs::write(eagle.item(&ids[7]).join("metadata.json"), "{\"id\":").unwrap();
    let report = scan(&workspace, &folder, &[], 0);
    let source = &report["sources"][0];
    assert_eq!((&source["kind"], &source["items"]), (&json!("eagle"), &json!(9)));
    assert_eq!(report["read"]["fingerprinted"], json!(8));
    assert!(source["remarks"][0].as_str().unwrap().contains("is invalid"), "{source}");
    let total = &coverage(&workspace)["total"];
    assert_eq!(
        (&total["items"], &total["failed"], &total["reasons"][0]["reason"]),
        (&json!(9), &json!(1), &json!("not_found"))
    );
    // Neither the folder of the images nor a folder with only the right name is a library.
    let wrong = beside(&workspace, "Wrong.library");
    let refused = workspace.baton(&["library", "scan", wrong.to_str().unwrap()]).ended(2);
    assert!(refused.stderr.contains("not an Eagle library"), "{}", refused.stderr);
    let within = workspace.baton(&["library", "scan", folder.join("images").to_str().unwrap()]).ended(2);
    assert!(within.stderr.contains(&format!("baton library scan {}", folder.display())), "{}", within.stderr);
}

#[test]
fn items_that_are_unchanged_in_mtime_json_are_not_opened_again() {
    let workspace = Workspace::init();
    let folder = beside(&workspace, "Music.library");
    let (mut eagle, ids) = library(&folder);
    scan(&workspace, &folder, &[], 0);
    // Changes the item, but not the index `mtime.json`. So a scan does not read the item.
    let deleted = |id: &str| {
        let path = eagle.item(id).join("metadata.json");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace("\"isDeleted\":false", "\"isDeleted\":true")).unwrap();
    };
    deleted(&ids[0]);
    assert_eq!(scan(&workspace, &folder, &[], 0)["sources"][0]["items"], json!(9));
    eagle.touch(&ids[0]);
    eagle.finish();
    let report = scan(&workspace, &folder, &[], 0);
    assert_eq!((&report["sources"][0]["items"], &report["sources"][0]["missing"]), (&json!(8), &json!(1)));
    assert_eq!(report["read"]["files"], json!(0));
    // If the index is missing or broken, a scan uses the times of the items' files.
    for index in [Some("[]"), None] {
        match index {
            Some(text) => fs::write(folder.join("mtime.json"), text).unwrap(),
            None => fs::remove_file(folder.join("mtime.json")).unwrap(),
        }
        let report = scan(&workspace, &folder, &[], 0);
        assert_eq!((&report["sources"][0]["items"], &report["read"]["files"]), (&json!(8), &json!(0)));
    }
}

#[test]
fn a_library_without_its_images_loses_nothing() {
    let workspace = Workspace::init();
    let folder = beside(&workspace, "Music.library");
    library(&folder);
    scan(&workspace, &folder, &[], 0);
    fs::rename(folder.join("images"), folder.join("aside")).unwrap();
    let report = workspace.baton(&["library", "scan", "--json"]).ended(1).json();
    assert!(report["sources"][0]["failure"].is_string(), "{report}");
    assert_eq!(coverage(&workspace)["total"]["fingerprinted"], json!(8));
}
