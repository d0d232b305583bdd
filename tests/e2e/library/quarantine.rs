//! `baton library quarantine` applies a plan: it moves only files that have not changed since they were compared, deletes nothing, and
//! can be undone.

use std::fs;
use std::path::PathBuf;

use baton_tests::music::{EagleItem, EagleLibrary, tune, wav, write_wav};
use baton_tests::{Eagle, SaveBehaviour, ServerBehaviour, Workspace, contents_below};
use serde_json::{Value, json};

use super::{beside, coverage, duplicates, said, scan};

/// Seconds of a piece, long enough to compare.
pub(super) const LONG: u32 = 40;

/// Writes a plan of the duplicates.
pub(super) fn plan(workspace: &Workspace, name: &str) -> PathBuf {
    let plan = workspace.outside().join(name);
    duplicates(workspace, &["--plan", plan.to_str().unwrap()]);
    plan
}

/// Runs `baton library quarantine --json …`.
#[track_caller]
pub(super) fn quarantine(workspace: &Workspace, args: &[&str], code: i32) -> Value {
    workspace.baton(&[&["library", "quarantine", "--json"], args].concat()).ended(code).json()
}

pub(super) fn paths(of: &Value, name: &str) -> Vec<PathBuf> {
    of.as_array().unwrap().iter().map(|one| PathBuf::from(one[name].as_str().unwrap())).collect()
}

#[test]
fn superfluous_files_move_to_the_trash_folder_and_back_unchanged() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    write_wav(&music.join("a.wav"), &tune(1, LONG));
    write_wav(&music.join("deep/b.wav"), &tune(2, LONG));
    fs::create_dir_all(music.join("copies")).unwrap();
    fs::copy(music.join("a.wav"), music.join("copies/a.wav")).unwrap();
    fs::copy(music.join("deep/b.wav"), music.join("copies/b.wav")).unwrap();
    scan(&workspace, &music, &[], 0);
    let plan = plan(&workspace, "plan.json");
    let plan = plan.to_str().unwrap();
    let before = contents_below(&music);
    let dry = quarantine(&workspace, &[plan, "--dry-run"], 0);
    assert_eq!((dry["moved"].as_array().unwrap().len(), &dry["undo"]), (2, &Value::Null));
    assert!(contents_below(&music) == before);

    let done = quarantine(&workspace, &[plan], 0);
    let (from, to) = (paths(&done["moved"], "from"), paths(&done["moved"], "to"));
    assert!(
        from.iter().all(|path| !path.exists()) && to.iter().all(|path| path.starts_with(music.join(".baton-trash")))
    );
    assert_eq!(contents_below(&music).len(), before.len(), "nothing is deleted");
    assert!(to.iter().zip(&from).all(|(to, from)| to.ends_with(from.strip_prefix(&music).unwrap())));
    // The catalog knows the moves without a scan. A scan does not change the counts.
    let counts = |total: &Value| ["items", "missing"].map(|name| total["total"][name].as_u64().unwrap());
    assert_eq!(counts(&coverage(&workspace)), [2, 2]);
    assert_eq!(duplicates(&workspace, &[])["groups"], json!([]));
    scan(&workspace, &music, &[], 0);
    assert_eq!(counts(&coverage(&workspace)), [2, 2]);
    // A second run has nothing to move.
    let again = quarantine(&workspace, &[plan], 1);
    assert_eq!((again["moved"].as_array().unwrap().len(), again["refused"].as_array().unwrap().len()), (0, 2));

    let undo = quarantine(&workspace, &["--undo", done["undo"].as_str().unwrap()], 0);
    assert_eq!(undo["moved"].as_array().unwrap().len(), 2);
    assert!(contents_below(&music) == before && !music.join(".baton-trash").exists());
    assert_eq!(counts(&coverage(&workspace)), [4, 0]);
    assert_eq!(scan(&workspace, &music, &[], 0)["read"]["files"], json!(0), "the restored file is known");
    let twice = quarantine(&workspace, &["--undo", done["undo"].as_str().unwrap()], 1);
    assert_eq!((twice["moved"].as_array().unwrap().len(), twice["skipped"].as_array().unwrap().len()), (0, 2));
    let unknown = said(&workspace, &["quarantine", "--undo", "1"], 2);
    assert!(unknown.stderr.contains(done["undo"].as_str().unwrap()), "{}", unknown.stderr);
}

#[test]
fn files_that_changed_since_the_comparison_stay() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    for (number, name) in ["a", "b", "c"].iter().enumerate() {
        write_wav(&music.join(format!("{name}.wav")), &tune(number as u64, LONG));
        fs::copy(music.join(format!("{name}.wav")), music.join(format!("{name} copy.wav"))).unwrap();
    }
    fs::hard_link(music.join("c.wav"), music.join("c link.wav")).unwrap();
    scan(&workspace, &music, &[], 0);
    let plan = plan(&workspace, "plan.json");
    let read: Value = serde_json::from_str(&fs::read_to_string(&plan).unwrap()).unwrap();
    let group = |name: &str| {
        let groups = read["groups"].as_array().unwrap();
        let file = |group: &Value| PathBuf::from(group["keep"]["file"]["path"].as_str().unwrap());
        let of = |group: &&Value| file(group).file_name().unwrap().to_str().unwrap().starts_with(name);
        groups.iter().find(of).unwrap().clone()
    };
    // In one group the kept file has changed, and in another group the file to move has changed.
    let kept = group("a")["keep"]["file"]["path"].as_str().unwrap().to_owned();
    let other = group("b")["others"][0]["file"]["path"].as_str().unwrap().to_owned();
    for path in [&kept, &other] {
        let mut bytes = fs::read(path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(path, bytes).unwrap();
    }
    let before = contents_below(&music);
    let done = quarantine(&workspace, &[plan.to_str().unwrap()], 1);
    let moved = paths(&done["moved"], "from");
    assert!(moved.iter().all(|path| path.file_name().unwrap().to_str().unwrap().starts_with('c')), "{done:#}");
    assert_eq!(done["refused"].as_array().unwrap().len(), 2, "{done:#}");
    assert!(done["refused"].to_string().contains("it has changed since the comparison"), "{done:#}");
    // A hard link of the kept file stays, because its removal would free no space.
    assert_eq!(moved.len() + done["skipped"].as_array().unwrap().len(), 2, "{done:#}");
    let after = contents_below(&music);
    assert!(before.values().all(|bytes| after.values().any(|there| there == bytes)), "no bytes are lost");
    // An undo does not overwrite a new file at the old path.
    let path = moved.first().unwrap();
    fs::write(path, "somebody's").unwrap();
    let undo = quarantine(&workspace, &["--undo", done["undo"].as_str().unwrap()], 1);
    assert!(undo["refused"].to_string().contains("another file is at"), "{undo:#}");
    assert_eq!(fs::read_to_string(path).unwrap(), "somebody's");
    for (text, error) in [("no json", "not a plan"), ("{\"schema\":1,\"kind\":\"x\",\"groups\":[]}", "not a plan")] {
        fs::write(&plan, text).unwrap();
        let wrong = said(&workspace, &["quarantine", plan.to_str().unwrap()], 2);
        assert!(wrong.stderr.contains(error), "{}", wrong.stderr);
    }
}

#[test]
fn items_of_eagle_move_to_its_trash_and_no_file_of_it_is_changed() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let folder = workspace.outside().canonicalize().unwrap().join("Music.library");
    let mut library = EagleLibrary::create(&folder);
    let id = library.add(EagleItem { name: "Piece", ext: "wav", deleted: false }, &wav(&tune(1, LONG)));
    library.finish();
    write_wav(&music.join("Piece.wav"), &tune(1, LONG));
    // Of equal files, the one that was scanned first is kept, so the WAV is scanned before the library.
    scan(&workspace, &music, &[], 0);
    scan(&workspace, &folder, &[], 0);
    let plan = plan(&workspace, "plan.json");
    let plan = plan.to_str().unwrap();
    let before = contents_below(&folder);
    let eagle = Eagle::start(ServerBehaviour {
        v2: true,
        saving: SaveBehaviour::Nothing,
        library: Some(folder.display().to_string()),
        ..ServerBehaviour::default()
    });
    eagle.add(&id, "Piece", &[]);
    let url = eagle.url();
    // Eagle reports success but does nothing. Baton must detect that.
    let refused = quarantine(&workspace, &[plan, "--url", &url], 1);
    assert!(refused["refused"].to_string().contains("is not in its trash"), "{refused:#}");
    eagle.behave(|manner| manner.saving = SaveBehaviour::Honest);
    let done = quarantine(&workspace, &[plan, "--url", &url], 0);
    assert_eq!((done["eagle"][0]["id"].as_str(), done["moved"].as_array().unwrap().len()), (Some(id.as_str()), 0));
    assert!(eagle.is_in_trash(&id) && contents_below(&folder) == before && music.join("Piece.wav").is_file());
    let gone = quarantine(&workspace, &[plan, "--url", "http://127.0.0.1:9"], 1);
    assert!(gone["refused"].to_string().contains("Eagle does not answer"), "{gone:#}");
}
