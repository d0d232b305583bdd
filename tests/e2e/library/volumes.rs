//! A missing disk: its items stay in the catalog, whether the source's folder is missing, empty, or missing only in part.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use baton_tests::music::{tune, write_wav};
use baton_tests::{Mount, Skipped, Workspace, or_skip};
use serde_json::{Value, json};

use super::database::fingerprinted;
use super::{SECONDS, beside, coverage, fill, said, scan};

/// The number of files on a disk that is unmounted while they are read.
const FILES: u64 = 400;

fn counts(total: &Value) -> [u64; 3] {
    ["items", "fingerprinted", "missing"].map(|name| total[name].as_u64().unwrap())
}

#[test]
fn a_source_whose_folder_is_missing_or_empty_loses_nothing() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    fill(&music, 5);
    scan(&workspace, &music, &[], 0);
    fs::rename(&music, workspace.outside().join("aside")).unwrap();
    // A scan of the missing folder by its path is an error. A scan of all sources only reports the folder.
    let named = said(&workspace, &["scan", music.to_str().unwrap()], 2);
    assert!(named.stderr.contains("cannot be a source"), "{}", named.stderr);
    for empty in [false, true] {
        if empty {
            fs::create_dir(&music).unwrap();
        }
        let report = workspace.baton(&["library", "scan", "--json"]).ended(1).json();
        assert!(report["sources"][0]["failure"].is_string(), "{report}");
        assert_eq!(counts(&coverage(&workspace)["total"]), [5, 5, 0]);
    }
    assert!(said(&workspace, &["coverage"], 0).stdout.contains("cannot be reached"));
    fs::remove_dir(&music).unwrap();
    fs::rename(workspace.outside().join("aside"), &music).unwrap();
    let back = scan(&workspace, &music, &[], 0);
    assert_eq!((&back["sources"][0]["unchanged"], &back["read"]["files"]), (&json!(5), &json!(0)));
}

/// A scanned folder with three pieces, and a mounted disk within it with four.
fn with_a_disk(workspace: &Workspace) -> Result<(PathBuf, PathBuf, Mount), Skipped> {
    let music = beside(workspace, "music");
    fill(&music, 3);
    let disk = music.join("disk");
    fs::create_dir(&disk).unwrap();
    let mount = Mount::small(&disk, 8 << 10)?;
    fill(&disk, 4);
    scan(workspace, &music, &[], 0);
    Ok((music, disk, mount))
}

#[test]
fn files_on_an_unmounted_disk_within_a_source_are_not_missing_and_a_deleted_file_is() {
    let workspace = Workspace::init();
    let (music, disk, mount) = or_skip!(with_a_disk(&workspace));
    assert_eq!(counts(&coverage(&workspace)["total"]), [7, 7, 0]);
    drop(mount);
    fs::remove_file(music.join("00/0001.wav")).unwrap();
    let report = scan(&workspace, &music, &[], 1);
    let source = &report["sources"][0];
    assert_eq!((&source["kept"], &source["missing"]), (&json!(4), &json!(1)));
    // The report has the folder of the disk, and the option that marks its files as missing.
    let unread = &source["unread"][0];
    assert_eq!(unread["path"].as_str(), disk.to_str());
    assert!(unread["why"].as_str().unwrap().contains("baton library scan --gone"), "{unread}");
    assert_eq!(counts(&coverage(&workspace)["total"]), [6, 6, 1]);
    scan(&workspace, &music, &["--gone"], 0);
    assert_eq!(counts(&coverage(&workspace)["total"]), [2, 2, 5]);
}

#[test]
fn replacing_a_disk_within_a_source_loses_nothing_without_a_report() {
    let workspace = Workspace::init();
    let (music, disk, mount) = or_skip!(with_a_disk(&workspace));
    fs::remove_file(disk.join("00/0001.wav")).unwrap();
    scan(&workspace, &music, &[], 0);
    assert_eq!(counts(&coverage(&workspace)["total"]), [6, 6, 1], "one of several is missing");
    drop(mount);
    let _other = Mount::small(&disk, 8 << 10).unwrap();
    write_wav(&disk.join("other.wav"), &tune(9, SECONDS));
    let source = &scan(&workspace, &music, &[], 1)["sources"][0];
    assert_eq!((&source["new"], &source["kept"], &source["missing"]), (&json!(1), &json!(3), &json!(0)));
    assert_eq!(source["unread"][0]["path"].as_str(), disk.to_str());
    assert_eq!(counts(&coverage(&workspace)["total"]), [7, 7, 1]);
    scan(&workspace, &music, &["--gone"], 0);
    assert_eq!(counts(&coverage(&workspace)["total"]), [4, 4, 4]);
}

#[test]
fn another_disk_with_the_same_number_at_a_source_loses_nothing_without_a_report() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let mount = or_skip!(Mount::small(&music, 8 << 10));
    fill(&music, 4);
    let device = fs::metadata(&music).unwrap().dev();
    scan(&workspace, &music, &[], 0);
    drop(mount);
    let mut other = Mount::small(&music, 8 << 10).unwrap();
    // The system uses the device number again, unless another test was faster.
    for _ in 0..50 {
        if fs::metadata(&music).unwrap().dev() == device {
            break;
        }
        drop(other);
        other = Mount::small(&music, 8 << 10).unwrap();
    }
    // Some files of the second disk are also on the first disk, as on a backup.
    fill(&music, 2);
    write_wav(&music.join("other.wav"), &tune(9, SECONDS));
    let source = &scan(&workspace, &music, &[], 1)["sources"][0];
    assert_eq!((&source["missing"], &source["kept"]), (&json!(0), &json!(2)), "{source}");
    assert!(source["unread"][0]["why"].as_str().unwrap().contains("another volume is mounted there"), "{source}");
    assert_eq!(counts(&coverage(&workspace)["total"])[2], 0);
    scan(&workspace, &music, &["--gone"], 0);
    assert_eq!(counts(&coverage(&workspace)["total"]), [3, 3, 2]);
    // After `--gone`, the source belongs to the second disk, so a deleted file is missing at once.
    fs::remove_file(music.join("other.wav")).unwrap();
    assert_eq!(scan(&workspace, &music, &[], 0)["sources"][0]["missing"], json!(1));
    drop(other);
}

#[test]
fn another_disk_with_some_of_the_same_files_loses_nothing_without_a_report() {
    let workspace = Workspace::init();
    let (music, disk, mount) = or_skip!(with_a_disk(&workspace));
    drop(mount);
    let _other = Mount::small(&disk, 8 << 10).unwrap();
    fill(&disk, 3);
    let source = &scan(&workspace, &music, &[], 1)["sources"][0];
    assert_eq!((&source["missing"], &source["kept"]), (&json!(0), &json!(1)), "{source}");
    assert_eq!(source["unread"][0]["path"].as_str(), disk.to_str());
    scan(&workspace, &music, &["--gone"], 0);
    assert_eq!(counts(&coverage(&workspace)["total"])[2], 1);
    fs::remove_file(disk.join("00/0001.wav")).unwrap();
    assert_eq!(scan(&workspace, &music, &[], 0)["sources"][0]["missing"], json!(1));
}

#[test]
fn an_unmounted_disk_with_a_stray_file_in_its_place_loses_nothing_without_a_report() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let mount = or_skip!(Mount::small(&music, 8 << 10));
    fill(&music, 4);
    scan(&workspace, &music, &[], 0);
    drop(mount);
    write_wav(&music.join("stray.wav"), &tune(9, SECONDS));
    let report = scan(&workspace, &music, &[], 1);
    let source = &report["sources"][0];
    assert_eq!((&source["missing"], &source["kept"], &source["failure"]), (&json!(0), &json!(4), &json!(null)));
    assert!(source["unread"][0]["why"].as_str().unwrap().contains("baton library scan --gone"), "{source}");
    assert_eq!(counts(&coverage(&workspace)["total"]), [5, 5, 0]);
    // The option needs a folder; it is not accepted for all sources at once.
    workspace.baton(&["library", "scan", "--gone"]).ended(2);
    assert_eq!(scan(&workspace, &music, &["--gone", "--dry-run"], 0)["sources"][0]["missing"], json!(4));
    scan(&workspace, &music, &["--gone"], 0);
    assert_eq!(counts(&coverage(&workspace)["total"]), [1, 1, 4]);
}

#[test]
fn a_disk_that_is_unmounted_while_its_files_are_read_fails_none_of_them() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    fill(&music, 1);
    let disk = music.join("disk");
    fs::create_dir(&disk).unwrap();
    let mount = or_skip!(Mount::small(&disk, 128 << 10));
    fill(&disk, FILES);
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["library", "scan", "--jobs", "1", "--json"]).arg(&music);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    workspace.wait_for("five files", |_| (fingerprinted(&workspace) >= 5).then_some(()));
    drop(mount);
    let report: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(report["read"]["failed"], json!({}), "{report}");
    let total = &coverage(&workspace)["total"];
    let [done, waiting] = ["fingerprinted", "pending"].map(|name| total[name].as_u64().unwrap());
    assert!(done + waiting == FILES + 1 && waiting > 0, "{total}");
    assert_eq!(report["sources"][0]["unread"][0]["path"].as_str(), disk.to_str());
}

#[test]
fn a_file_of_another_disk_with_the_inode_of_a_deleted_one_is_another_file() {
    let workspace = Workspace::init();
    let (one, other) = (beside(&workspace, "one"), beside(&workspace, "other"));
    let _first = or_skip!(Mount::small(&one, 8 << 10));
    let _second = or_skip!(Mount::small(&other, 8 << 10));
    // Both disks have the same inode numbers, and the copy has the time of the original.
    write_wav(&one.join("a.wav"), &tune(3, SECONDS));
    fs::copy(one.join("a.wav"), other.join("b.wav")).unwrap();
    let written = fs::metadata(one.join("a.wav")).unwrap();
    let copy = fs::File::options().append(true).open(other.join("b.wav")).unwrap();
    copy.set_modified(written.modified().unwrap()).unwrap();
    assert_eq!(written.ino(), fs::metadata(other.join("b.wav")).unwrap().ino());
    write_wav(&one.join("stays.wav"), &tune(4, SECONDS));
    scan(&workspace, &one, &[], 0);
    fs::remove_file(one.join("a.wav")).unwrap();
    let report = scan(&workspace, &other, &[], 0);
    assert_eq!((&report["sources"][0]["new"], &report["read"]["files"]), (&json!(1), &json!(1)), "{report}");
    // On one disk, the same inode means the same file under a new name.
    fs::rename(other.join("b.wav"), other.join("c.wav")).unwrap();
    let report = scan(&workspace, &other, &[], 0);
    assert_eq!((&report["sources"][0]["new"], &report["read"]["files"]), (&json!(0), &json!(0)), "{report}");
}
