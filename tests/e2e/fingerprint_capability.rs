//! The fingerprint functions of plugins (`compute`, `look-up`, `coverage`, `duplicates`) within their grants. The answers are
//! compared with those of `baton fingerprint` and `baton library`.

use std::fs;
use std::os::unix::fs::symlink;

use baton_tests::Workspace;
use baton_tests::music::{tune, write_wav};
use serde_json::{Value, json};

const FILES: &str = "files = [{ folder = \"root\", mode = \"ro\" }]\n";
const ALL: &str = "files = [{ folder = \"root\", mode = \"ro\" }]\nfingerprint = [\"files\", \"library\"]";

/// The folder of these grants. A plugin sees its first mount at `/FOLDER/0`.
const FOLDER: &str = "root";

/// Seconds of a piece, long enough to compare.
const SECONDS: u32 = 40;

/// A workspace with the plugin `listener` and music in its root.
fn with_listener(grants: &str) -> Workspace {
    let workspace = Workspace::with_noop();
    workspace.install_fixture("listener", grants);
    let config = workspace.read("baton.toml").replace("root = \".\"", "root = \"music\"");
    workspace.write("baton.toml", config);
    write_wav(&workspace.root().join("music/a.wav"), &tune(1, SECONDS));
    workspace
}

/// The path of a file as the plugin sees it.
fn guest(file: &str) -> String {
    format!("/{FOLDER}/0/{file}")
}

/// The same path as the argument `path`.
fn path(file: &str) -> String {
    format!("path={}", guest(file))
}

fn run(workspace: &Workspace, args: &[&str], code: i32) -> String {
    let ended = workspace.baton(&[&["run", "listener"], args].concat()).ended(code);
    ended.stdout + &ended.stderr
}

#[test]
fn a_plugin_gets_the_same_fingerprints_as_the_program_and_finds_them_in_the_library() {
    let workspace = with_listener(ALL);
    let beside = workspace.outside().join("library");
    for (name, number) in [("Known.wav", 1), ("Other.wav", 2)] {
        write_wav(&beside.join(name), &tune(number, SECONDS));
    }
    workspace.baton(&["library", "scan", beside.to_str().unwrap()]).ended(0);
    let said = run(&workspace, &["tell", "--arg", &path("a.wav")], 0);
    assert!(said.contains("fingerprinted, pcm_s16le in wav, 40000 ms, 1 found"), "{said}");
    let found = workspace.read("reports/found.txt");
    assert!(found.contains("library/Known.wav 100 None"), "{found}");
    let file = workspace.root().join("music/a.wav");
    let judged = workspace.baton(&["fingerprint", "--raw", "--json", file.to_str().unwrap()]).ended(0).json();
    let words = judged["fingerprint"].as_array().unwrap().iter().map(Value::to_string).collect::<Vec<_>>();
    assert_eq!(workspace.read("reports/words.txt"), words.join(","));
    let bytes = baton_tests::sha256(&fs::read(&file).unwrap());
    assert!(workspace.read("reports/digests.txt").ends_with(&bytes));
}

#[test]
fn coverage_and_duplicates_equal_those_of_the_command_line() {
    let workspace = with_listener(ALL);
    // Before the first scan, the library is empty. This is not an error.
    assert!(run(&workspace, &["library"], 0).contains("0 of 0 fingerprinted"));
    let said = run(&workspace, &["ask", "--arg", "words=900", "--arg", "times=2"], 0);
    assert!(said.contains("2 answers, 0 matches"), "{said}");
    let beside = workspace.outside().join("library");
    for name in ["One.wav", "One again.wav", "Two.wav"] {
        write_wav(&beside.join(name), &tune(u64::from(name == "Two.wav"), SECONDS));
    }
    fs::write(beside.join("broken.mp3"), "no audio").unwrap();
    workspace.baton(&["library", "scan", beside.to_str().unwrap()]);
    let said = run(&workspace, &["library"], 0);
    let shown = workspace.baton(&["library", "duplicates", "--json"]).ended(0).json();
    assert_eq!(shown["superfluous"]["files"], json!(1));
    let bytes = shown["superfluous"]["bytes"].as_u64().unwrap();
    assert!(
        said.contains(&format!("3 of 4 fingerprinted, 1 needed for 80 %; 1 groups, 1 superfluous with {bytes}")),
        "{said}"
    );
    let kept = shown["groups"][0]["keep"]["file"]["path"].as_str().unwrap();
    assert!(workspace.read("reports/groups-2.txt").contains(&format!("keep {kept}")));
    assert!(workspace.read("reports/reasons-2.txt").contains(" 1\n"));
}

#[test]
fn without_the_grant_the_task_waits_and_names_the_command() {
    let workspace = with_listener(FILES);
    let said = run(&workspace, &["tell", "--arg", &path("a.wav")], 1);
    assert!(said.contains("baton plugin grant listener fingerprint=files"), "{said}");
    workspace.baton(&["plugin", "grant", "listener", "fingerprint=files"]).ended(0);
    let said = run(&workspace, &["tell", "--arg", &path("a.wav")], 1);
    assert!(said.contains("baton plugin grant listener fingerprint=library"), "the first is granted now: {said}");
    assert!(run(&workspace, &["library"], 1).contains("baton plugin grant listener fingerprint=library"));
    workspace.baton(&["plugin", "grant", "listener", "fingerprint=library"]).ended(0);
    assert!(run(&workspace, &["tell", "--arg", &path("a.wav")], 0).contains("fingerprinted"));
    workspace.baton(&["plugin", "revoke", "listener", "fingerprint=files"]).ended(0);
    assert!(run(&workspace, &["tell", "--arg", &path("a.wav")], 1).contains("fingerprint=files"));
    workspace.baton(&["plugin", "revoke", "listener", "files:ro=root"]).ended(0);
    workspace.baton(&["plugin", "grant", "listener", "fingerprint=files"]).ended(0);
    assert!(run(&workspace, &["tell", "--arg", &path("a.wav")], 1).contains("files:ro=root"));
}

#[test]
fn a_file_without_a_fingerprint_is_reported_with_its_reason_and_is_not_an_error() {
    let workspace = with_listener(ALL);
    workspace.write("music/text.txt", "no audio");
    workspace.write("music/empty.wav", "");
    write_wav(&workspace.root().join("music/short.wav"), &tune(3, 1));
    for (file, end) in [
        ("gone.wav", "failed, not_found"),
        ("text.txt", "skipped, unsupported"),
        ("short.wav", "skipped, too_short"),
        ("empty.wav", ""),
    ] {
        let said = run(&workspace, &["tell", "--arg", &path(file)], 0);
        assert!(said.contains(end) && !said.contains("fingerprinted,"), "{file}: {said}");
    }
}

#[test]
fn no_path_and_no_link_leads_out_of_the_folder() {
    let workspace = with_listener(ALL);
    let outside = workspace.root().join("outside.wav");
    write_wav(&outside, &tune(2, SECONDS));
    run(&workspace, &["break-out"], 0);
    let report = workspace.read("reports/break-out.txt");
    assert!(!report.contains("OPEN") && report.matches("refused: ").count() == 16, "{report}");
    let music = workspace.root().join("music");
    symlink("../outside.wav", music.join("out.wav")).unwrap();
    symlink("..", music.join("up")).unwrap();
    symlink(&outside, music.join("absolute.wav")).unwrap();
    fs::hard_link(&outside, music.join("hard.wav")).unwrap();
    fs::create_dir(music.join("folder.wav")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(music.join("pipe.wav")).status().unwrap().success());
    run(&workspace, &["slip-out"], 0);
    let report = workspace.read("reports/break-out-2.txt");
    assert!(!report.contains("OPEN") && report.matches("refused: ").count() == 4, "{report}");
    assert!(report.contains("baton plugin grant listener hard-links"), "{report}");
    assert_eq!(report.matches("unsupported").count(), 2, "{report}");
    workspace.baton(&["plugin", "grant", "listener", "hard-links"]).ended(0);
    assert!(run(&workspace, &["tell", "--arg", &path("hard.wav")], 0).contains("fingerprinted"));
}

#[test]
fn a_task_has_limits_for_reads_and_queries() {
    let workspace = with_listener(ALL);
    workspace.write("music/none.txt", "none");
    let said = run(&workspace, &["many", "--arg", &path("none.txt"), "--arg", "times=2000"], 0);
    assert!(said.contains("After 1000:") && said.contains("a task can fingerprint at most 1000 files"), "{said}");
    let said = run(&workspace, &["ask", "--arg", "words=4", "--arg", "times=101"], 0);
    assert!(said.contains("101 fingerprints were requested; at most 100"), "{said}");
    let said = run(&workspace, &["ask", "--arg", "words=40000"], 0);
    assert!(said.contains("40000 words; at most 32768"), "{said}");
}

#[test]
fn a_cancelled_task_ends_while_a_long_file_is_read() {
    let workspace = with_listener(ALL);
    // 24 hours of silence in a sparse file, which takes minutes to decode.
    let bytes: u32 = 3_900_000_000;
    let mut head = b"RIFF".to_vec();
    head.extend((bytes + 36).to_le_bytes());
    head.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xac\0\0\x88\x58\x01\0\x02\0\x10\0data");
    head.extend(bytes.to_le_bytes());
    let file = workspace.root().join("music/long.wav");
    fs::write(&file, head).unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_len(u64::from(bytes) + 44).unwrap();
    let _daemon = workspace.up_and_serving();
    let handoff = json!({ "handoff_id": "long", "source_agent": "Claude-MM1", "title": "Listen", "action": "tell",
        "args": { "path": guest("long.wav") } });
    workspace.write("handoffs/listener/01_inbox/long.json", handoff.to_string());
    let running = |workspace: &Workspace| {
        let tasks = workspace.baton(&["status", "--json"]).ended(0).json();
        tasks["tasks"].as_array()?.iter().find(|task| task["handoff_id"] == "long")?["state"]
            .as_str()
            .map(str::to_owned)
    };
    workspace.wait_for("the task to run", |workspace| (running(workspace)? == "running").then_some(()));
    workspace.baton(&["cancel", "long"]).ended(0);
    workspace.wait_for("the task to end", |workspace| (running(workspace)? == "cancelled").then_some(()));
}
