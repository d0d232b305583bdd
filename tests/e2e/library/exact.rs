//! Reports about files are exact: for names that are not UTF-8, hard links, removed folders, and unreachable sources.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use baton_tests::Workspace;
use baton_tests::music::{tune, write_wav};
use serde_json::{Value, json};

use super::{SECONDS, beside, coverage, duplicates, fill, said, scan};

/// Seconds of a piece, long enough to compare.
const LONG: u32 = 40;

#[cfg(target_os = "linux")] // macOS has no such names.
#[test]
fn a_name_that_is_not_utf_8_is_written_to_plan_and_json_without_loss() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    write_wav(&music.join("a.wav"), &tune(1, LONG));
    let odd = music.join(OsStr::from_bytes(b"b \xff%41.wav"));
    fs::copy(music.join("a.wav"), &odd).unwrap();
    scan(&workspace, &music, &[], 0);
    let plan = workspace.outside().join("plan.json");
    let found = duplicates(&workspace, &["--plan", plan.to_str().unwrap()]);
    let written: Value = serde_json::from_str(&fs::read_to_string(&plan).unwrap()).unwrap();
    for groups in [&found["groups"], &written["groups"]] {
        let group = &groups[0];
        let mut paths =
            [&group["keep"]["file"]["path"], &group["others"][0]["file"]["path"]].map(|path| path.as_str().unwrap());
        paths.sort_unstable();
        let expected = format!("file://{}/b%20%FF%2541.wav", music.display());
        assert_eq!(paths, [music.join("a.wav").to_str().unwrap(), &expected]);
    }
    // A file that cannot be read is named in the same form.
    fs::write(music.join(OsStr::from_bytes(b"c\xff.mp3")), "").unwrap();
    workspace.baton(&["library", "scan"]).ended(1);
    let missing = workspace.baton(&["library", "coverage", "--json", "--missing", "5"]).json();
    assert!(missing["without"][0]["path"].as_str().unwrap().ends_with("/c%FF.mp3"), "{missing}");
}

#[test]
fn hard_links_free_no_bytes() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    write_wav(&music.join("a.wav"), &tune(1, LONG));
    fs::hard_link(music.join("a.wav"), music.join("b.wav")).unwrap();
    scan(&workspace, &music, &[], 0);
    let found = duplicates(&workspace, &[]);
    assert_eq!(found["superfluous"], json!({ "files": 1, "bytes": 0 }), "{found:#}");
    let other = &found["groups"][0]["others"][0];
    assert_eq!((&other["hard_link"], &other["frees_bytes"]), (&json!(true), &json!(0)));
    assert!(other["reasons"][0].as_str().unwrap().contains("hard link"), "{other}");
    // A copy with two names frees space only when both names are removed, so its bytes count once.
    fs::copy(music.join("a.wav"), music.join("c.wav")).unwrap();
    fs::hard_link(music.join("c.wav"), music.join("d.wav")).unwrap();
    scan(&workspace, &music, &[], 0);
    let size = fs::metadata(music.join("a.wav")).unwrap().len();
    assert_eq!(duplicates(&workspace, &[])["superfluous"], json!({ "files": 3, "bytes": size }));
    fs::hard_link(music.join("c.wav"), workspace.outside().join("elsewhere.wav")).unwrap();
    assert_eq!(duplicates(&workspace, &[])["superfluous"], json!({ "files": 3, "bytes": 0 }));
}

#[test]
fn a_source_whose_folder_was_removed_can_be_marked_as_missing() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    fill(&music, 3);
    scan(&workspace, &music, &[], 0);
    fs::remove_dir_all(&music).unwrap();
    // Without the option nothing is marked as missing, and the message names the option.
    let failed = workspace.baton(&["library", "scan", "--json"]).ended(1).json();
    assert!(failed["sources"][0]["failure"].as_str().unwrap().contains("scan --gone"), "{failed}");
    let counts = |of: &Value| ["items", "missing"].map(|name| of["total"][name].as_u64().unwrap());
    assert_eq!(counts(&coverage(&workspace)), [3, 0]);
    let dry = scan(&workspace, &music, &["--gone", "--dry-run"], 0);
    assert_eq!((&dry["sources"][0]["missing"], counts(&coverage(&workspace))), (&json!(3), [3, 0]));
    let gone = scan(&workspace, &music, &["--gone"], 0);
    assert_eq!((&gone["sources"][0]["missing"], &gone["sources"][0]["failure"]), (&json!(3), &Value::Null));
    assert_eq!(counts(&coverage(&workspace)), [0, 3]);
    // A folder that is not a source is refused.
    let wrong = said(&workspace, &["scan", "--gone", "/nowhere/at/all"], 2);
    assert!(wrong.stderr.contains("is not a source"), "{}", wrong.stderr);
    let within = said(&workspace, &["scan", "--gone", music.join("00").to_str().unwrap()], 2);
    assert!(within.stderr.contains("works on whole sources: `baton library scan --gone"), "{}", within.stderr);
    fill(&music, 3);
    assert_eq!(scan(&workspace, &music, &[], 0)["read"]["failed"], json!({}));
    assert_eq!(counts(&coverage(&workspace)), [3, 0]);
}

#[test]
fn files_of_a_source_that_cannot_be_reached_are_marked() {
    let workspace = Workspace::init();
    let (here, there) = (beside(&workspace, "here"), beside(&workspace, "there"));
    write_wav(&here.join("a.wav"), &tune(1, LONG));
    fs::copy(here.join("a.wav"), there.join("b.wav")).unwrap();
    write_wav(&there.join("c.wav"), &tune(2, SECONDS));
    scan(&workspace, &here, &[there.to_str().unwrap()], 0);
    assert_eq!(duplicates(&workspace, &[])["unreachable"], json!([]));
    let aside = there.with_file_name("aside");
    fs::rename(&there, &aside).unwrap();
    // No scan has noticed yet that the source is unreachable.
    let found = duplicates(&workspace, &[]);
    assert_eq!(found["unreachable"][0]["path"].as_str(), there.to_str());
    let group = &found["groups"][0];
    for file in [&group["keep"]["file"], &group["others"][0]["file"]] {
        let is_here = Path::new(file["path"].as_str().unwrap()).starts_with(&here);
        assert_eq!(file["reachable"], json!(is_here), "{file}");
    }
    let text = said(&workspace, &["duplicates"], 0).stdout;
    assert!(text.contains("(unreachable) ") && text.contains("there cannot be reached"), "{text}");
    fs::rename(&aside, &there).unwrap();
    assert!(!said(&workspace, &["duplicates"], 0).stdout.contains("unreachable"));
}
