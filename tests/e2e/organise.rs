//! Organises music files with the real program: plan, apply and undo by handoffs, also when the daemon is killed during the moves.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use baton_tests::music::{tune, write_wav};
use baton_tests::{Mount, Output, PATIENCE, Skipped, Task, Workspace, baton, or_skip, skip, spotify_exports};
use serde_json::{Value, json};

const PLUGIN: &str = "music-files";

/// A workspace whose plugin may move files between two folders beside it.
struct MusicWorkspace {
    workspace: Workspace,
    music: PathBuf,
    organised: PathBuf,
}

/// Bytes and times by path.
type Tree = BTreeMap<PathBuf, (Vec<u8>, SystemTime)>;

impl MusicWorkspace {
    fn new() -> Self {
        let workspace = Workspace::init();
        let (music, organised) = (workspace.outside().join("music"), workspace.outside().join("organised"));
        fs::create_dir_all(&music).unwrap();
        fs::create_dir_all(&organised).unwrap();
        let music_folder = format!("files:rw=music={}", music.display());
        let organised_folder = format!("files:rw=organised={}", organised.display());
        let grants = ["sql=catalog:rw", "sql=own:rw", "locks", music_folder.as_str(), organised_folder.as_str()];
        workspace.baton(&[["plugin", "grant", PLUGIN].as_slice(), &grants].concat()).ended(0);
        Self { workspace, music, organised }
    }

    fn file(&self, path: &str, bytes: &str) {
        let path = self.music.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let moment = UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
        File::options().write(true).open(path).unwrap().set_modified(moment).unwrap();
    }

    fn drop_action(&self, title: &str, action: &str, args: &Value) {
        let plugin = if action == "import" { "spotify" } else { PLUGIN };
        self.workspace.drop_handoff_with(plugin, title, json!({ "action": action, "args": args }));
    }

    /// Drops a handoff and lets it run to its end.
    #[track_caller]
    fn done(&self, title: &str, action: &str, args: &Value) -> Task {
        self.drop_action(title, action, args);
        self.workspace.up_once();
        let task = self.workspace.task(title);
        assert_eq!(task.state, "succeeded", "{}", task.reason);
        task
    }

    fn tree(&self) -> Tree {
        let mut all = Tree::new();
        tree(&self.music, &mut all);
        tree(&self.organised, &mut all);
        all
    }
}

fn tree(folder: &Path, all: &mut Tree) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tree(&path, all);
        } else {
            let modified = path.metadata().unwrap().modified().unwrap();
            all.insert(path.clone(), (fs::read(&path).unwrap(), modified));
        }
    }
}

#[test]
fn handoffs_plan_apply_and_undo() {
    let place = MusicWorkspace::new();
    place.file("in/Somebody - Something.mp3", "one");
    place.file("in/two.FLAC", "two");
    place.file("in/cover.jpg", "no audio");
    let before = place.tree();
    let planned = place.done("Plan it", "organise", &json!({ "plan_name": "first" }));
    assert!(planned.reason.contains("2 to move"), "{}", planned.reason);
    assert_eq!(place.tree(), before, "a plan moves nothing");
    assert_eq!(place.workspace.list("reports").iter().filter(|name| name.starts_with("organise_")).count(), 3);
    place.done("Do it", "apply", &json!({ "plan": "first" }));
    let organised = place.organised.join("Unassigned");
    assert!(organised.join("Somebody - Something.mp3").is_file() && organised.join("two.flac").is_file());
    assert!(place.music.join("in/cover.jpg").is_file());
    place.done("Back", "undo", &json!({ "plan": "first" }));
    assert_eq!(place.tree(), before);
    assert_eq!(fs::read_dir(&place.organised).unwrap().count(), 0);
    place.drop_action("Back again", "undo", &json!({ "plan": "first" }));
    place.workspace.up_once();
    let again = place.workspace.task("Back again");
    assert_eq!(again.outcome.as_deref(), Some("refused"), "{again:?}");
    assert!(again.reason.contains("There is nothing to undo"), "{}", again.reason);
}

/// A folder on another disk than the temporary folder.
fn elsewhere(place: &MusicWorkspace) -> Result<tempfile::TempDir, Skipped> {
    let other = tempfile::tempdir_in("/dev/shm").ok();
    let other =
        other.filter(|other| fs::hard_link(place.workspace.root().join("baton.toml"), other.path().join("x")).is_err());
    other.ok_or_else(|| skip("/dev/shm is on the same disk as the temporary folder"))
}

#[test]
fn files_move_to_another_disk_and_keep_their_times() {
    let place = MusicWorkspace::new();
    let other = or_skip!(elsewhere(&place));
    let folder = format!("files:rw=organised={}", other.path().display());
    let music = format!("files:rw=music={}", place.music.display());
    let grants = ["plugin", "grant", PLUGIN, "sql=catalog:rw", "sql=own:rw", "locks", music.as_str(), folder.as_str()];
    place.workspace.baton(&grants).ended(0);
    place.file("a.mp3", "some sound");
    place.done("Plan it", "organise", &json!({ "plan_name": "first" }));
    place.done("Do it", "apply", &json!({ "plan": "first" }));
    let copied = other.path().join("Unassigned/a.mp3");
    let modified = copied.metadata().unwrap().modified().unwrap();
    assert_eq!(modified.duration_since(UNIX_EPOCH).unwrap(), Duration::new(1_700_000_000, 123_456_789));
    assert!(!place.music.join("a.mp3").exists());
}

#[test]
fn a_full_disk_asks_a_person_and_the_answer_continues_the_task() {
    let place = MusicWorkspace::new();
    for number in 0..6 {
        place.file(&format!("{number}.wav"), &format!("{number}").repeat(300_000));
    }
    let other = or_skip!(Mount::small(&place.organised, 4 << 10));
    let before = place.tree();
    place.done("Plan it", "organise", &json!({ "plan_name": "first" }));
    other.fill();
    place.drop_action("Do it", "apply", &json!({ "plan": "first" }));
    place.workspace.up_once();
    let task = place.workspace.task("Do it");
    assert_eq!(task.state, "needs_human", "{}", task.reason);
    assert!(task.reason.contains("a disk cannot be written to"), "{}", task.reason);
    other.free();
    assert_eq!(place.tree(), before, "nothing half written was left");
    place.workspace.baton(&["answer", &task.id, "go on"]).ended(0);
    place.workspace.up_once();
    let task = place.workspace.task("Do it");
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    assert_eq!(fs::read_dir(place.organised.join("Unassigned")).unwrap().count(), 6);
    place.done("Back", "undo", &json!({ "plan": "first" }));
    assert_eq!(place.tree(), before);
}

#[test]
fn after_a_kill_every_file_exists_once_and_the_next_daemon_finishes_the_moves() {
    const FILES: usize = 3_000;
    let place = MusicWorkspace::new();
    for number in 0..FILES {
        place.file(&format!("{}/Artist {number} - Title.mp3", number % 40), &format!("{number}"));
    }
    let before = place.tree();
    place.done("Plan it", "organise", &json!({ "plan_name": "many" }));
    let daemon = place.workspace.up_and_serving();
    place.drop_action("Do it", "apply", &json!({ "plan": "many" }));
    let moved = || fs::read_dir(place.organised.join("Unassigned")).map_or(0, Iterator::count);
    let begun = std::time::Instant::now();
    while moved() < FILES / 10 {
        assert!(begun.elapsed() < PATIENCE, "{} were moved", moved());
        std::thread::sleep(Duration::from_millis(1));
    }
    daemon.kill();
    let (halfway, left) = (moved(), place.tree());
    assert!(halfway < FILES, "it ended before it was killed, so nothing was tested");
    let whole = left.values().filter(|(bytes, _)| !bytes.is_empty()).count();
    assert_eq!(whole, FILES, "every file is whole and there once");
    place.workspace.up_once();
    let task = place.workspace.task("Do it");
    assert_eq!((task.state.as_str(), task.attempts), ("succeeded", 2), "{}", task.reason);
    assert_eq!((moved(), place.tree().len()), (FILES, FILES));
    place.done("Back", "undo", &json!({ "plan": "many" }));
    assert_eq!(place.tree(), before);
}

#[test]
fn wanted_tracks_are_listed() {
    let place = MusicWorkspace::new();
    write_wav(&place.music.join("Another - Thing.wav"), &tune(1, 4));
    place.workspace.baton(&["library", "scan", place.music.to_str().unwrap()]).ended(0);
    let exports = place.workspace.outside().join("spotify");
    fs::create_dir_all(&exports).unwrap();
    let row = format!("spotify:track:{:022},Song,Album,Ida Lund,2021,200000{}\n", 1, ",".repeat(18));
    fs::write(exports.join("Mix.csv"), format!("{}\n{row}", spotify_exports::HEADER)).unwrap();
    let folder = format!("files:ro=spotify={}", exports.display());
    place.workspace.baton(&["plugin", "grant", "spotify", &folder]).ended(0);
    place.done("Import it", "import", &json!({}));
    let task = place.done("What is wanted", "wanted", &json!({}));
    assert!(task.reason.contains("1 track in 1 playlist: 0 on disk, 1 wanted"), "{}", task.reason);
    let reports = place.workspace.list("reports");
    assert!(reports.iter().any(|name| name.starts_with("wanted_") && name.ends_with(".csv")), "{reports:?}");
    let page = reports.iter().find(|name| name.starts_with("wanted_") && name.ends_with(".md")).unwrap();
    let page = place.workspace.read(&format!("reports/{page}"));
    assert!(page.contains("[spotify](https://open.spotify.com/track/0000000000000000000001)"), "{page}");
    assert!(page.contains("[Beatport](https://www.beatport.com/search?q=Ida%20Lund%20Song)"), "{page}");
}

#[test]
fn a_missing_grant_is_named_with_its_command() {
    let workspace = Workspace::init();
    workspace.baton(&["plugin", "grant", PLUGIN, "sql=catalog:rw", "sql=own:rw"]).ended(0);
    workspace.drop_handoff_with(PLUGIN, "Plan it", json!({ "action": "organise" }));
    workspace.up_once();
    let task = workspace.task("Plan it");
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("baton plugin grant music-files files:rw=music=FOLDER"), "{}", task.reason);
}

/// Changes the workspace to the state before the actions moved from spotify to music-files: with spotify's tables and grants.
fn before_the_split(place: &MusicWorkspace) {
    let workspace = &place.workspace;
    let databases = workspace.state_folder().join("plugins");
    fs::rename(databases.join("music-files.db"), databases.join("spotify.db")).unwrap();
    workspace.baton(&["plugin", "remove", PLUGIN]).ended(0);
    let lock = workspace.read("baton.lock");
    let (others, spotify) = lock.split_once("name = \"spotify\"").unwrap();
    let grant = |name: &str, folder: &Path| format!("{{ folder = \"{name}\", mode = \"rw\", path = {folder:?} }}");
    let grants = [grant("music", &place.music), grant("organised", &place.organised)].join(", ");
    assert!(spotify.contains("files = []"), "{spotify}");
    let spotify = spotify.replacen("files = []", &format!("files = [{grants}]"), 1);
    workspace.write("baton.lock", format!("{others}name = \"spotify\"{spotify}"));
}

#[test]
fn a_plan_of_spotify_is_undone_by_music_files_after_the_commands_that_doctor_shows() {
    let place = MusicWorkspace::new();
    place.file("in/a.mp3", "one");
    let before = place.tree();
    place.done("Plan it", "organise", &json!({ "plan_name": "first" }));
    place.done("Do it", "apply", &json!({ "plan": "first" }));
    before_the_split(&place);

    let workspace = &place.workspace;
    let moved = workspace.baton(&["run", "spotify", "undo", "--arg", "plan=first"]).ended(1).stderr;
    assert!(moved.contains(r#"baton run music-files undo --args-json '{"plan":"first"}'"#), "{moved}");
    let log = workspace.up_once().stderr;
    assert!(log.contains("baton plugin install shipped:music-files && baton plugin grant music-files "), "{log}");
    let fix_of = |words: &str| {
        let found = workspace.baton(&["doctor", "--json"]).json();
        let named = |check: &&Value| check["what"].as_str().is_some_and(|what| what.contains(words));
        found["checks"].as_array().unwrap().iter().find(named).map(|check| check["fix"].as_str().unwrap().to_owned())
    };
    let fix = || fix_of("in the plugin `music-files`");
    let config = workspace.read("baton.toml");
    let defaults = "[agents.spotify.defaults.organise]\nliked = false";
    let schedule = "[[agents.spotify.schedule]]\ncron = \"0 7 * * *\"\naction = \"wanted\"";
    workspace.write("baton.toml", format!("{config}\n{defaults}\n\n{schedule}\n"));
    for (old, new) in [
        ("[agents.spotify.defaults.organise]", "[agents.music-files.defaults.organise]"),
        ("[[agents.spotify.schedule]]", "[[agents.music-files.schedule]]"),
    ] {
        let rename = fix_of(old).unwrap();
        assert!(rename.contains(new), "{rename}");
    }
    let path = format!("{}:{}", baton().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = workspace.command_of("sh");
    shell.args(["-ec", &fix().unwrap()]).current_dir(workspace.root()).env("PATH", path);
    Output::of(&mut shell).ended(0);
    assert_eq!(fix(), None);

    place.done("Back", "undo", &json!({ "plan": "first" }));
    assert_eq!(place.tree(), before);
}
