//! Triggers of new audio files: each new file in a folder is fingerprinted, compared with the library and reported once.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use baton_tests::music::{tune, wav, write_wav};
use baton_tests::{Task, Workspace};
use serde_json::Value;

/// Seconds of a piece, long enough to compare.
const SECONDS: u32 = 40;

/// The granted folder. The plugin sees its first mount at `/FOLDER/0`.
const FOLDER: &str = "root";

const GRANTS: &str = "files = [{ folder = \"root\", mode = \"ro\" }]\nfingerprint = [\"files\", \"library\"]";

/// A workspace that watches a folder beside it, and that folder.
fn listening() -> (Workspace, PathBuf) {
    let workspace = Workspace::with_noop();
    let folder = workspace.outside().canonicalize().unwrap().join("incoming");
    fs::create_dir_all(&folder).unwrap();
    let config = workspace.read("baton.toml") + &format!("\n[[audio]]\nfolder = {:?}\n", folder.to_str().unwrap());
    workspace.write("baton.toml", config);
    (workspace, folder)
}

/// The new files that were reported, oldest first.
fn reported(workspace: &Workspace) -> Vec<Task> {
    let mut reported = workspace.tasks_of("baton");
    reported.reverse();
    reported
}

/// The number of reported files.
fn files(workspace: &Workspace) -> u64 {
    let count = |task: Task| task.title.split(' ').next().unwrap().parse::<u64>().unwrap();
    reported(workspace).into_iter().map(count).sum()
}

fn wait_for_files(workspace: &Workspace, count: u64) {
    workspace.wait_for(&format!("{count} files"), |workspace| (files(workspace) >= count).then_some(()));
    assert_eq!(files(workspace), count);
}

fn findings(workspace: &Workspace, task: &Task) -> Vec<String> {
    let why = workspace.baton(&["why", &task.id, "--json"]).ended(0).json();
    let found = why["findings"].as_array().cloned().unwrap_or_default();
    found.iter().map(|one| one["title"].as_str().unwrap_or_default().to_owned()).collect()
}

fn library(workspace: &Workspace) -> PathBuf {
    let folder = workspace.outside().canonicalize().unwrap().join("library");
    for (name, number) in [("Known.wav", 1), ("Other.wav", 2)] {
        write_wav(&folder.join(name), &tune(number, SECONDS));
    }
    workspace.baton(&["library", "scan", folder.to_str().unwrap()]).ended(0);
    folder
}

#[test]
fn new_audio_is_reported_automatically_and_copies_are_findings_once() {
    let (workspace, folder) = listening();
    let known = library(&workspace).join("Known.wav");
    let daemon = workspace.up_and_serving();
    // The same recording under another name, a new one, and a file that is not audio.
    let mut louder = tune(1, SECONDS);
    for sample in &mut louder {
        *sample = sample.saturating_add(3);
    }
    write_wav(&folder.join("again.wav"), &louder);
    write_wav(&folder.join("deep/new.wav"), &tune(3, SECONDS));
    fs::write(folder.join("broken.flac"), "no audio").unwrap();
    fs::write(folder.join("notes.txt"), "no audio either").unwrap();
    wait_for_files(&workspace, 3);
    let found: Vec<String> = reported(&workspace).iter().flat_map(|task| findings(&workspace, task)).collect();
    let duplicate =
        format!("DUPLICATE: {} is new, and is a copy of {}", folder.join("again.wav").display(), known.display());
    assert!(found.contains(&duplicate), "{found:#?}");
    assert!(!found.iter().any(|title| title.contains("new.wav")), "{found:#?}");
    let task = reported(&workspace).remove(0);
    assert_eq!((task.state.as_str(), task.from.as_deref(), task.file.as_deref()), ("succeeded", Some("baton"), None));
    let coverage = workspace.baton(&["library", "coverage", "--json"]);
    assert_eq!(coverage.json()["total"]["fingerprinted"], 4, "the reported files are in the library");
    assert!(daemon.stop().success());
    workspace.up_once();
    assert_eq!(files(&workspace), 3, "no file is reported twice");
    workspace.baton(&["doctor"]).ended(0);
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn a_pair_of_new_files_is_reported_once_with_the_later_one() {
    let (workspace, folder) = listening();
    let second = folder.with_file_name("second");
    fs::create_dir_all(&second).unwrap();
    let config = workspace.read("baton.toml") + &format!("\n[[audio]]\nfolder = {:?}\n", second.to_str().unwrap());
    workspace.write("baton.toml", config);
    for file in [folder.join("one.wav"), second.join("two.wav"), second.join("three.wav")] {
        write_wav(&file, &tune(1, SECONDS));
    }
    // Another scan has read all of them before the first report.
    workspace.baton(&["library", "scan", folder.to_str().unwrap(), second.to_str().unwrap()]).ended(0);
    workspace.up_once();
    assert_eq!(files(&workspace), 3);
    let tasks = reported(&workspace);
    let found: Vec<String> = tasks.iter().flat_map(|task| findings(&workspace, task)).collect();
    // Three equal files have three pairs, but there are only two findings: the second and the third file are each reported as
    // copies of earlier files.
    let told: Vec<&String> = found.iter().filter(|title| title.starts_with("DUPLICATE: ")).collect();
    assert_eq!(told.len(), 2, "{found:#?}");
    let pair = |title: &str| -> (String, String) {
        let (new, old) = title.strip_prefix("DUPLICATE: ").unwrap().split_once(" is new, and is a copy of ").unwrap();
        (new.to_owned(), old.trim_end_matches(", which is new too").to_owned())
    };
    let pairs: Vec<_> = told.iter().map(|title| pair(title)).collect();
    assert!(pairs.iter().all(|(new, old)| !pairs.contains(&(old.clone(), new.clone()))), "{pairs:?}");
    workspace.up_once();
    assert_eq!(reported(&workspace).len(), tasks.len());
}

#[test]
fn files_that_are_new_or_changed_while_no_daemon_ran_are_reported() {
    let (workspace, folder) = listening();
    write_wav(&folder.join("a.wav"), &tune(1, 4));
    workspace.up_once();
    assert_eq!(files(&workspace), 1);
    // A file with another time and the same bytes is not reported again.
    let bytes = fs::read(folder.join("a.wav")).unwrap();
    fs::write(folder.join("a.wav"), bytes).unwrap();
    workspace.up_once();
    assert_eq!(files(&workspace), 1);
    write_wav(&folder.join("a.wav"), &tune(2, 4));
    workspace.up_once();
    assert_eq!(files(&workspace), 2);
    // The file is reported although another scan has already read it.
    write_wav(&folder.join("b.wav"), &tune(3, 4));
    workspace.baton(&["library", "scan"]).ended(0);
    workspace.up_once();
    assert_eq!(files(&workspace), 3);
}

#[test]
fn a_plugin_gets_a_task_if_it_has_the_trigger_and_the_grant() {
    let (workspace, folder) = listening();
    let config =
        workspace.read("baton.toml").replace("root = \".\"", &format!("root = {:?}", folder.to_str().unwrap()));
    workspace.write("baton.toml", config);
    workspace.install_fixture("listener", GRANTS);
    let known = library(&workspace).join("Known.wav");
    write_wav(&folder.join("again.wav"), &tune(1, SECONDS));
    workspace.up_once();
    let told = workspace.tasks_of("listener").remove(0);
    assert_eq!(
        (told.state.as_str(), told.from.as_deref(), told.action.as_deref()),
        ("succeeded", Some("baton"), Some("news"))
    );
    let args: Value = serde_json::from_str(told.reason.strip_prefix("true: ").unwrap()).unwrap();
    let file = &args["files"][0];
    assert_eq!((&file["guest"], &file["state"]), (&format!("/{FOLDER}/0/again.wav").into(), &"fingerprinted".into()));
    assert_eq!((&file["matches"][0]["path"], &file["matches"][0]["score"]), (&known.to_str().into(), &100.into()));
    // Without the grant it gets no reports.
    workspace.baton(&["plugin", "revoke", "listener", "fingerprint=library"]).ended(0);
    write_wav(&folder.join("more.wav"), &tune(2, SECONDS));
    workspace.up_once();
    assert_eq!((files(&workspace), workspace.tasks_of("listener").len()), (2, 1));
}

#[test]
fn hundreds_of_new_files_are_reported_while_the_daemon_does_other_work() {
    let (workspace, folder) = listening();
    let from = workspace.outside().join("from");
    for number in 0..350 {
        write_wav(&from.join(format!("{number:04}.wav")), &tune(number, 4));
    }
    let daemon = workspace.up_and_serving();
    for number in 0..350 {
        let name = format!("{number:04}.wav");
        fs::rename(from.join(&name), folder.join(&name)).unwrap();
    }
    workspace.wait_for("the first files", |workspace| (files(workspace) > 0).then_some(()));
    let before = files(&workspace);
    workspace.drop_handoff("noop", "Meanwhile");
    workspace
        .wait_for("the handoff", |workspace| workspace.tasks("Meanwhile").iter().any(Task::is_final).then_some(()));
    assert!(before < 350, "all files were reported before the handoff was dropped");
    // The test waits for a hundred files at a time, each time with the limit of one wait.
    for count in (100..350).step_by(100) {
        workspace.wait_for(&format!("{count} files"), |workspace| (files(workspace) >= count).then_some(()));
    }
    wait_for_files(&workspace, 350);
    assert!(reported(&workspace).len() >= 4, "a task reports at most a hundred files");
    assert!(daemon.stop().success());
}

#[test]
fn after_a_kill_during_a_scan_each_file_is_reported_once() {
    let (workspace, folder) = listening();
    for number in 0..250 {
        write_wav(&folder.join(format!("{number:04}.wav")), &tune(number, 4));
    }
    for pause in [2_100, 2_300, 2_700, 3_100, 3_900] {
        let daemon = workspace.up_and_serving();
        sleep(Duration::from_millis(pause));
        daemon.kill();
    }
    workspace.up_once();
    assert_eq!(files(&workspace), 250);
    let coverage = workspace.baton(&["library", "coverage", "--json"]);
    assert_eq!(coverage.json()["total"]["fingerprinted"], 250);
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn a_file_that_is_written_slowly_or_replaced_is_reported_when_it_is_complete() {
    let (workspace, folder) = listening();
    let _daemon = workspace.up_and_serving();
    let slow = folder.join("slow.wav");
    let bytes = wav(&tune(1, SECONDS));
    let mut file = fs::File::create(&slow).unwrap();
    for piece in bytes.chunks(bytes.len() / 6) {
        file.write_all(piece).unwrap();
        // The file is replaced repeatedly, faster than it can be read.
        replace(&folder.join("restless.wav"), 2, SECONDS);
        sleep(Duration::from_millis(600));
    }
    drop(file);
    replace(&folder.join("restless.wav"), 3, SECONDS);
    wait_for_files(&workspace, 2);
    sleep(Duration::from_secs(3));
    assert_eq!(files(&workspace), 2, "files are reported only when they are complete");
    assert!(reported(&workspace).iter().all(|task| findings(&workspace, task).is_empty()));
}

fn replace(path: &Path, number: u64, seconds: u32) {
    let hidden = path.with_file_name(".hidden.tmp");
    fs::write(&hidden, wav(&tune(number, seconds))).unwrap();
    fs::rename(hidden, path).unwrap();
}

#[test]
fn a_missing_folder_is_reported_once_and_no_file_is_reported_twice() {
    let (workspace, folder) = listening();
    write_wav(&folder.join("a.wav"), &tune(1, 4));
    workspace.up_once();
    let away = folder.with_file_name("away");
    fs::rename(&folder, &away).unwrap();
    let daemon = workspace.up_and_serving();
    workspace.wait_for("the warning about the folder", |_| {
        daemon.log().contains("cannot scan this folder for new audio").then_some(())
    });
    assert!(daemon.stop().success());
    // The folder is there and empty, as an empty mount point.
    fs::create_dir(&folder).unwrap();
    workspace.up_once();
    let missing = workspace.baton(&["library", "coverage", "--json"]).json()["total"]["missing"].clone();
    assert_eq!((files(&workspace), missing), (1, 0.into()));
    fs::remove_dir(&folder).unwrap();
    fs::rename(&away, &folder).unwrap();
    write_wav(&folder.join("b.wav"), &tune(2, 4));
    workspace.up_once();
    assert_eq!(files(&workspace), 2);
}

#[test]
fn a_missing_folder_is_reported_as_missing() {
    let (workspace, folder) = listening();
    fs::remove_dir(&folder).unwrap();
    let log = workspace.up_once().stderr;
    let line = log.lines().find(|line| line.contains("cannot scan this folder for new audio")).unwrap_or_default();
    assert!(line.contains("No such file or directory") && line.contains("[[audio]] in baton.toml"), "{log}");
    assert!(!log.contains("inotify") && !log.contains("cannot be watched"), "raising a limit does not help: {log}");
    let doctor = workspace.baton(&["doctor"]).ended(0).stdout;
    let words = "the folder of [[audio]] is missing";
    assert!(doctor.contains(words) && doctor.contains(&folder.display().to_string()), "{doctor}");
    fs::create_dir(&folder).unwrap();
    assert!(!workspace.baton(&["doctor"]).ended(0).stdout.contains(words));
}

#[test]
fn a_daemon_ends_at_once_during_a_scan() {
    let (workspace, folder) = listening();
    for number in 0..400 {
        write_wav(&folder.join(format!("{number:04}.wav")), &tune(number, 20));
    }
    let daemon = workspace.up_and_serving();
    sleep(Duration::from_secs(3));
    assert!(daemon.stop().success());
    assert!(files(&workspace) < 400, "it did not wait for all of them");
}

#[test]
fn several_folders_take_turns_and_up_once_ends() {
    let (workspace, folder) = listening();
    let second = folder.with_file_name("second");
    fs::create_dir_all(&second).unwrap();
    let config = workspace.read("baton.toml") + &format!("\n[[audio]]\nfolder = {:?}\n", second.to_str().unwrap());
    workspace.write("baton.toml", config);
    workspace.up_once();
    write_wav(&folder.join("a.wav"), &tune(1, 4));
    write_wav(&second.join("b.wav"), &tune(2, 4));
    workspace.up_once();
    assert_eq!(files(&workspace), 2);
    let daemon = workspace.up_and_serving();
    write_wav(&second.join("c.wav"), &tune(3, 4));
    write_wav(&folder.join("d.wav"), &tune(4, 4));
    wait_for_files(&workspace, 4);
    assert!(daemon.stop().success());
}
