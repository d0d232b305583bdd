//! Quarantine of Eagle items: only in the library that is open. After a kill, Baton finds out what Eagle has done.

use std::path::PathBuf;

use baton_tests::music::{EagleItem, EagleLibrary, tune, wav, write_wav};
use baton_tests::{Eagle, Output, ServerBehaviour, Workspace};
use serde_json::json;

use super::quarantine::{LONG, plan, quarantine};
use super::{beside, coverage, scan};

struct EagleWorkspace {
    workspace: Workspace,
    eagle: Eagle,
    folder: PathBuf,
    id: String,
    plan: PathBuf,
    bytes: usize,
}

/// A piece that is both in a folder and in the open Eagle library.
fn scene() -> EagleWorkspace {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let folder = workspace.outside().canonicalize().unwrap().join("Music.library");
    let mut library = EagleLibrary::create(&folder);
    let bytes = wav(&tune(1, LONG));
    let id = library.add(EagleItem { name: "Piece", ext: "wav", deleted: false }, &bytes);
    library.finish();
    write_wav(&music.join("Piece.wav"), &tune(1, LONG));
    scan(&workspace, &music, &[], 0);
    scan(&workspace, &folder, &[], 0);
    let plan = plan(&workspace, "plan.json");
    let open = Some(folder.display().to_string());
    let eagle = Eagle::start(ServerBehaviour { v2: true, library: open, ..ServerBehaviour::default() });
    eagle.add(&id, "Piece", &[]);
    EagleWorkspace { workspace, eagle, folder, id, plan, bytes: bytes.len() }
}

impl EagleWorkspace {
    fn args<'a>(&'a self, url: &'a str) -> [&'a str; 3] {
        [self.plan.to_str().unwrap(), "--url", url]
    }

    fn missing(&self) -> u64 {
        coverage(&self.workspace)["total"]["missing"].as_u64().unwrap()
    }

    /// Runs the command, which must die at the failpoint.
    fn dies_at(&self, point: &str) {
        let url = self.eagle.url();
        let mut command = self.workspace.command();
        command.env("FAILPOINTS", format!("{point}=panic")).arg("-w").arg(self.workspace.root());
        command.args(["library", "quarantine"]).args(self.args(&url));
        assert_eq!(Output::of(&mut command).code, -1, "{point}: it lives");
    }
}

#[test]
fn only_the_library_of_the_plan_is_changed() {
    let scene = scene();
    let url = scene.eagle.url();
    let refused = |why: &str| {
        let refused = quarantine(&scene.workspace, &scene.args(&url), 1);
        assert!(refused["refused"].to_string().contains(why), "{refused:#}");
        assert!(!scene.eagle.is_in_trash(&scene.id), "{why}");
    };
    scene.eagle.behave(|manner| manner.keeps_library_secret = true);
    refused("does not say which library is open");
    // Another library with the same name on this machine.
    let other = beside(&scene.workspace, "other").join("Music.library");
    EagleLibrary::create(&other).finish();
    scene.eagle.behave(|manner| {
        manner.keeps_library_secret = false;
        manner.library = Some(other.display().to_string());
    });
    refused("another library is open in Eagle");
    // Eagle on another machine: the library's name is the same, but the item is another file.
    scene.eagle.behave(|manner| manner.library = Some("D:\\Eagle\\Music.library".to_owned()));
    refused("is not the file of the plan");
    scene.eagle.resize(&scene.id, scene.bytes);
    let done = quarantine(&scene.workspace, &scene.args(&url), 0);
    assert!(scene.eagle.is_in_trash(&scene.id) && done["eagle"][0]["id"] == scene.id.as_str(), "{done:#}");
}

#[test]
fn the_catalog_is_updated_and_undo_prints_the_steps_in_eagle() {
    let scene = scene();
    let url = scene.eagle.url();
    let done = quarantine(&scene.workspace, &scene.args(&url), 0);
    assert_eq!(scene.missing(), 1, "the catalog has the move without a scan");
    let undo = ["--undo", done["undo"].as_str().unwrap(), "--url", &url];
    let told = quarantine(&scene.workspace, &undo, 1);
    let why = told["refused"][0]["why"].as_str().unwrap();
    for what in ["open the library Music", "select Trash", "Piece", scene.id.as_str(), "Restore"] {
        assert!(why.contains(what), "{why}");
    }
    scene.eagle.put_back(&scene.id);
    quarantine(&scene.workspace, &undo, 0);
    assert_eq!(scene.missing(), 0);
    assert!(scene.folder.is_dir());
}

#[test]
fn an_item_that_moved_before_a_kill_is_recognised_and_never_moves_twice() {
    for (point, is_there) in
        [("quarantine.eagle_noted", false), ("quarantine.eagle_asked", true), ("quarantine.eagle_seen", true)]
    {
        let scene = scene();
        let url = scene.eagle.url();
        scene.dies_at(point);
        assert_eq!(scene.eagle.is_in_trash(&scene.id), is_there, "{point}");
        // While Eagle does not answer, Baton cannot know whether the item was moved.
        if point != "quarantine.eagle_seen" {
            let open = quarantine(&scene.workspace, &["--resume", "--url", "http://127.0.0.1:9"], 1);
            assert!(open["refused"].to_string().contains("it is unknown whether"), "{point}: {open:#}");
        }
        let resumed = quarantine(&scene.workspace, &["--resume", "--url", &url], 0);
        assert_eq!(resumed["resumed"].as_array().unwrap().len(), 1, "{point}: {resumed:#}");
        assert_eq!(scene.missing(), u64::from(is_there), "{point}");
        let again = quarantine(&scene.workspace, &["--resume", "--url", &url], 0);
        assert_eq!(again["resumed"], json!([]), "{point}");
        if !is_there {
            quarantine(&scene.workspace, &scene.args(&url), 0);
        }
        assert_eq!((scene.eagle.is_in_trash(&scene.id), scene.eagle.asked("moveToTrash")), (true, 1), "{point}");
        assert_eq!(scene.missing(), 1, "{point}");
    }
}
