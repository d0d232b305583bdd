//! Quarantine refuses a trash folder that a scan reads, a kept file with unknown damage, a file in an Eagle library that
//! belongs to no item, and a single file that is visible at two paths.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use baton_tests::music::{EagleItem, EagleLibrary, tune, wav, write_wav};
use baton_tests::{Mount, Workspace, contents_below, or_skip, tool};
use serde_json::{Value, json};

use super::database::change;
use super::quarantine::{LONG, paths, plan, quarantine};
use super::{beside, encode, said, scan};

/// A scanned folder with two copies of a piece, and a plan for them.
fn twice(workspace: &Workspace) -> (PathBuf, PathBuf) {
    let music = beside(workspace, "music");
    write_wav(&music.join("a.wav"), &tune(1, LONG));
    fs::create_dir_all(music.join("copies")).unwrap();
    fs::copy(music.join("a.wav"), music.join("copies/a.wav")).unwrap();
    scan(workspace, &music, &[], 0);
    let plan = plan(workspace, "plan.json");
    (music, plan)
}

fn refused(done: &Value) -> String {
    done["refused"].to_string()
}

#[test]
fn a_trash_folder_that_a_scan_reads_is_refused_under_any_path() {
    let workspace = Workspace::init();
    let (music, plan) = twice(&workspace);
    let link = workspace.outside().join("elsewhere");
    symlink(music.join("copies"), &link).unwrap();
    let before = contents_below(&music);
    for trash in [music.clone(), music.join("trash"), link.join("deep/trash"), music.join("copies/../trash")] {
        let args = ["quarantine", plan.to_str().unwrap(), "--trash", trash.to_str().unwrap()];
        let told = said(&workspace, &args, 2).stderr;
        assert!(told.contains("scans would find the moved files") && told.contains("omit --trash"), "{told}");
        assert!(contents_below(&music) == before, "{}", trash.display());
    }
    // After a missing folder, `..` could lead anywhere.
    let trash = music.join("none/../../trash");
    let told = said(&workspace, &["quarantine", plan.to_str().unwrap(), "--trash", trash.to_str().unwrap()], 2).stderr;
    assert!(told.contains("write the path without it"), "{told}");
    // A folder beside the music is read by no scan, and a link to it is allowed.
    let beside = beside(&workspace, "trash");
    let link = workspace.outside().join("trash link");
    symlink(&beside, &link).unwrap();
    let done = quarantine(&workspace, &[plan.to_str().unwrap(), "--trash", link.to_str().unwrap()], 0);
    let to = paths(&done["moved"], "to");
    assert!(to.len() == 1 && to.iter().all(|to| to.starts_with(&beside) && to.is_file()), "{done:#}");
    assert_eq!(scan(&workspace, &music, &[], 0)["read"]["files"], json!(0), "a scan does not find it again");
}

#[test]
fn a_kept_file_without_known_damage_is_decoded_before_its_copy_is_moved() {
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let source = workspace.outside().join("source.wav");
    write_wav(&source, &tune(1, LONG));
    let better = encode(&source, &music.join("better.flac"), &["-c:a", "flac"]);
    encode(&source, &music.join("poorer.mp3"), &["-c:a", "libmp3lame", "-b:a", "64k"]);
    let mut bytes = fs::read(&better).unwrap();
    // The MD5 of the samples is at byte 26: after `fLaC`, a 4-byte header and 18 bytes.
    bytes[26..42].copy_from_slice(&[1; 16]);
    fs::write(&better, bytes).unwrap();
    scan(&workspace, &music, &[], 0);
    // Makes the catalog the same as that of an earlier version, which did not decode whole files.
    change(&workspace, "UPDATE library_items SET damage = NULL, damage_checked = 0");
    let blind = plan(&workspace, "blind.json");
    let read: Value = serde_json::from_str(&fs::read_to_string(&blind).unwrap()).unwrap();
    let kept = &read["groups"][0]["keep"]["file"];
    assert_eq!(
        (Path::new(kept["path"].as_str().unwrap()), &kept["damage_checked"]),
        (&*better, &json!(false)),
        "{read:#}"
    );
    let before = contents_below(&music);
    let done = quarantine(&workspace, &[blind.to_str().unwrap()], 1);
    assert!(refused(&done).contains("MD5") && refused(&done).contains("scan --verify"), "{done:#}");
    assert!(contents_below(&music) == before && done["moved"] == json!([]), "{done:#}");
    // The suggested command helps: afterwards the intact file is kept.
    workspace.baton(&["library", "scan", music.to_str().unwrap(), "--verify"]);
    let seeing = plan(&workspace, "seeing.json");
    let done = quarantine(&workspace, &[seeing.to_str().unwrap()], 0);
    assert_eq!(paths(&done["moved"], "from"), [better], "{done:#}");
}

#[test]
fn a_file_in_an_eagle_library_without_an_item_stays() {
    let workspace = Workspace::init();
    let (music, plan) = twice(&workspace);
    // Makes the scanned folder an Eagle library.
    let mut library = EagleLibrary::create(&music);
    library.add(EagleItem { name: "Piece", ext: "wav", deleted: false }, &wav(&tune(2, LONG)));
    library.finish();
    let before = contents_below(&music);
    let done = quarantine(&workspace, &[plan.to_str().unwrap()], 1);
    assert!(refused(&done).contains("Eagle has no item for it"), "{done:#}");
    assert!(contents_below(&music) == before, "nothing in Eagle's library is moved");
}

#[test]
fn a_folder_that_is_visible_at_two_paths_loses_nothing() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    write_wav(&music.join("a.wav"), &tune(1, LONG));
    let again = beside(&workspace, "again");
    fs::copy(music.join("a.wav"), again.join("a.wav")).unwrap();
    scan(&workspace, &music, &[], 0);
    scan(&workspace, &again, &[], 0);
    let plan = plan(&workspace, "plan.json");
    // Replaces the second folder by a link to the first one.
    fs::remove_dir_all(&again).unwrap();
    symlink(&music, &again).unwrap();
    let before = contents_below(&music);
    let done = quarantine(&workspace, &[plan.to_str().unwrap()], 0);
    assert_eq!(
        (done["moved"].as_array().unwrap().len(), done["skipped"].as_array().unwrap().len()),
        (0, 1),
        "{done:#}"
    );
    assert!(contents_below(&music) == before, "the only copy was moved");
    // The same with a mount of the first folder instead of a link.
    fs::remove_file(&again).unwrap();
    fs::create_dir(&again).unwrap();
    let _mount = or_skip!(Mount::over(&music, &again));
    let done = quarantine(&workspace, &[plan.to_str().unwrap()], 0);
    assert_eq!(
        (done["moved"].as_array().unwrap().len(), done["skipped"].as_array().unwrap().len()),
        (0, 1),
        "{done:#}"
    );
    assert!(contents_below(&music) == before, "the only copy was moved");
}
