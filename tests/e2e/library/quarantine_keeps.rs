//! The data that the kept file gets from a moved copy, and loses again by an undo: the tags that it lacks, and the
//! links of programs and people to a track.

use std::fs;
use std::path::{Path, PathBuf};

use baton_tests::music::{tune, write_wav};
use baton_tests::{Skipped, Workspace, contents_below, or_skip, tool};
use serde_json::{Value, json};

use super::database::change;
use super::quarantine::{LONG, paths, plan, quarantine};
use super::{beside, coverage, duplicates, encode, scan};

/// A copy of high quality with only an album tag, and one of lower quality with all tags.
pub(super) fn copies(workspace: &Workspace, better: &str, how: &[&str]) -> Result<[PathBuf; 2], Skipped> {
    tool("ffmpeg", "apt-get install ffmpeg")?;
    let music = beside(workspace, "music");
    let source = workspace.outside().join("source.wav");
    write_wav(&source, &tune(1, LONG));
    let poor = ["-c:a", "libmp3lame", "-b:a", "64k", "-metadata", "title=Ein Stück", "-metadata", "artist=A. Nobody"];
    let poor = [&poor[..], &["-metadata", "album=Another", "-metadata", "TSRC=DEA123456789"]].concat();
    let better = encode(&source, &music.join(better), &[how, &["-metadata", "album=Own"]].concat());
    let poorer = encode(&source, &music.join("poorer.mp3"), &poor);
    scan(workspace, &music, &[], 0);
    Ok([better, poorer])
}

/// The tags that a scan in a new workspace finds in a file.
fn tags(file: &Path) -> [String; 4] {
    let workspace = Workspace::init();
    let folder = beside(&workspace, "judged");
    let name = file.file_name().unwrap();
    fs::copy(file, folder.join(name)).unwrap();
    fs::copy(file, folder.join("again").with_extension(file.extension().unwrap())).unwrap();
    scan(&workspace, &folder, &[], 0);
    let found = duplicates(&workspace, &[]);
    let file = &found["groups"][0]["keep"]["file"];
    ["title", "artist", "album", "isrc"].map(|tag| file[tag].as_str().unwrap_or_default().to_owned())
}

#[test]
fn the_kept_file_gets_missing_tags_and_loses_them_by_undo() {
    for (name, how) in [
        ("better.flac", &["-c:a", "flac"][..]),
        ("better.m4a", &["-c:a", "alac"][..]),
        ("better.mp3", &["-b:a", "320k", "-ar", "44100"][..]),
    ] {
        let workspace = Workspace::init();
        let [better, poorer] = or_skip!(copies(&workspace, name, how));
        let music = poorer.parent().unwrap().to_owned();
        let before = contents_below(&music);
        let plan = plan(&workspace, "plan.json");
        let plan = plan.to_str().unwrap();
        let wanted = json!([{ "path": better, "tags": ["title", "artist", "isrc"] }]);
        let dry = quarantine(&workspace, &[plan, "--dry-run"], 0);
        assert_eq!(dry["tagged"], wanted, "{name}: {dry:#}");
        assert!(contents_below(&music) == before, "{name}");
        let done = quarantine(&workspace, &[plan], 0);
        assert_eq!((&done["tagged"], paths(&done["moved"], "from")), (&wanted, vec![poorer.clone()]), "{done:#}");
        // The kept file keeps its own album.
        let tagged = ["Ein Stück", "A. Nobody", "Own", "DEA123456789"];
        assert_eq!(tags(&better), tagged, "{name}");
        assert_eq!(scan(&workspace, &music, &[], 0)["read"]["files"], json!(0), "{name}: the catalog knows it");
        assert_eq!(scan(&workspace, &music, &["--verify"], 0)["read"]["differ"], json!(0), "{name}");

        let undo = quarantine(&workspace, &["--undo", done["undo"].as_str().unwrap()], 0);
        assert_eq!(undo["tagged"], wanted, "{name}: {undo:#}");
        assert!(contents_below(&music) == before, "{name}: not every byte is back");
        assert_eq!(scan(&workspace, &music, &["--verify"], 0)["read"]["differ"], json!(0), "{name}");
        assert_eq!(tags(&better), ["", "", "Own", ""], "{name}");
        // After the undo, the same plan can be applied again.
        let again = quarantine(&workspace, &[plan], 0);
        assert_eq!(again["tagged"], wanted, "{name}: {again:#}");
    }
}

#[test]
fn tags_are_not_copied_on_request_and_later_changes_are_not_undone() {
    let workspace = Workspace::init();
    let [better, poorer] = or_skip!(copies(&workspace, "better.flac", &["-c:a", "flac"]));
    let bytes = fs::read(&better).unwrap();
    let plan = plan(&workspace, "plan.json");
    let plan = plan.to_str().unwrap();
    let left = quarantine(&workspace, &[plan, "--without-tags"], 0);
    assert!(left["tagged"] == json!([]) && fs::read(&better).unwrap() == bytes && !poorer.exists(), "{left:#}");
    quarantine(&workspace, &["--undo", left["undo"].as_str().unwrap()], 0);
    // A file with a hard link is not written, because the other name would keep the old tags.
    let second = workspace.outside().join("second.flac");
    fs::hard_link(&better, &second).unwrap();
    let refused = quarantine(&workspace, &[plan], 1);
    let why = refused["refused"][0]["why"].as_str().unwrap();
    assert!(
        why.contains("title, artist, isrc") && why.contains("hard links") && why.contains("--without-tags"),
        "{why}"
    );
    assert!(poorer.is_file() && fs::read(&better).unwrap() == bytes);
    fs::remove_file(second).unwrap();
    let done = quarantine(&workspace, &[plan], 0);
    let mut changed = fs::read(&better).unwrap();
    changed.push(0);
    fs::write(&better, &changed).unwrap();
    let undo = quarantine(&workspace, &["--undo", done["undo"].as_str().unwrap()], 1);
    assert!(undo["refused"].to_string().contains("has changed since"), "{undo:#}");
    assert!(poorer.is_file() && fs::read(&better).unwrap() == changed);
}

/// For the files at two paths: the title of the track, the kind of the link, and whether the file is missing.
fn links(workspace: &Workspace, paths: [&Path; 2]) -> [[Value; 3]; 2] {
    paths.map(|path| {
        let found = workspace.baton(&["catalog", "search", path.to_str().unwrap(), "--json"]);
        let found = found.ended(0).json();
        let mut files = found["files"].as_array().into_iter().flatten();
        let file = files.find(|file| file["path"] == path.to_str().unwrap());
        ["title", "linked_by", "missing"].map(|key| file.map_or(Value::Null, |file| file[key].clone()))
    })
}

/// The SQL with which a program names a file for a track.
fn name(file: &Path, id: &str, title: &str) -> String {
    format!(
        "INSERT INTO put_track (source, service, id, title) VALUES ('djay', 'djay', '{id}', '{title}');
         INSERT INTO put_file (source, path, track_service, track) VALUES ('djay', '{}', 'djay', '{id}');",
        file.display()
    )
}

#[test]
fn the_track_of_a_moved_file_is_linked_to_the_kept_file() {
    let workspace = Workspace::init();
    let [better, poorer] = or_skip!(copies(&workspace, "better.flac", &["-c:a", "flac"]));
    change(&workspace, &name(&poorer, "1", "In djay"));
    let plan = plan(&workspace, "plan.json");
    let done = quarantine(&workspace, &[plan.to_str().unwrap()], 0);
    let [kept, _] = links(&workspace, [&better, &poorer]);
    assert_eq!(kept, [json!("In djay"), json!("path"), json!(false)]);
    // If a program names the old path after the move, the kept file is linked too.
    change(&workspace, &name(&poorer, "1", "In djay"));
    let shown = workspace.baton(&["catalog", "show", poorer.to_str().unwrap(), "--json"]).ended(0).json();
    let files = shown["files"].as_array().unwrap();
    assert!(files.iter().any(|file| file["path"] == better.to_str().unwrap() && file["missing"] == false), "{shown:#}");
    let undo = quarantine(&workspace, &["--undo", done["undo"].as_str().unwrap()], 0);
    assert_eq!(undo["moved"].as_array().unwrap().len(), 1);
    let [_, back] = links(&workspace, [&better, &poorer]);
    assert_eq!(back, [json!("In djay"), json!("path"), json!(false)]);
    assert_eq!(coverage(&workspace)["total"]["missing"], json!(0));
}

#[test]
fn copies_that_are_linked_to_two_tracks_both_stay() {
    let workspace = Workspace::init();
    let [better, poorer] = or_skip!(copies(&workspace, "better.flac", &["-c:a", "flac"]));
    change(&workspace, &(name(&poorer, "1", "One") + &name(&better, "2", "Two")));
    let before = contents_below(better.parent().unwrap());
    let plan = plan(&workspace, "plan.json");
    let refused = quarantine(&workspace, &[plan.to_str().unwrap()], 1);
    assert!(refused["refused"].to_string().contains("are two tracks of the catalog"), "{refused:#}");
    assert!(contents_below(better.parent().unwrap()) == before);
}
