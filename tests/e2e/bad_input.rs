//! Files that are not valid handoffs: each ends in one state with a reason that says what to do, is kept unchanged, and does not
//! delay the valid handoff beside it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, SystemTime};

use baton_tests::{Task, Workspace, handoff, handoff_with, text};
use serde_json::{Value, json};

/// A workspace with `noop`, a valid handoff in its inbox, and the files that `drop` adds, after one `up --once`.
fn beside_a_good_one(drop: impl FnOnce(&Workspace)) -> Workspace {
    let workspace = Workspace::with_noop();
    drop(&workspace);
    workspace.drop_handoff("noop", "A good one");
    workspace.up_once();
    assert_eq!(workspace.task("A good one").state, "succeeded");
    workspace
}

/// The only task beside that of the valid handoff.
#[track_caller]
fn the_other(workspace: &Workspace) -> Task {
    let mut others = workspace.status();
    others.retain(|task| task.title != "A good one");
    assert_eq!(others.len(), 1, "{others:#?}");
    others.remove(0)
}

/// Drops a broken file and asserts that it is rejected with a reason that contains `words`; returns the reason.
#[track_caller]
fn rejected(name: &str, bytes: &[u8], words: &[&str]) -> String {
    let workspace = beside_a_good_one(|workspace| {
        workspace.drop_file("noop", name, bytes);
        make_old(workspace, name);
    });
    is_rejected(&workspace, name, bytes, words)
}

#[track_caller]
fn is_rejected(workspace: &Workspace, name: &str, bytes: &[u8], words: &[&str]) -> String {
    let task = the_other(workspace);
    assert_eq!((task.state.as_str(), task.attempts), ("rejected", 0), "{name}: {task:#?}");
    for word in words {
        assert!(task.reason.contains(word), "{name}: `{word}` in: {}", task.reason);
    }
    assert!(!task.reason.contains('\n') && task.reason.len() < 400, "{}", task.reason);
    let told = baton_core::handoff::sender_in(bytes).is_some();
    assert_eq!((task.archived_at.is_some(), task.returned_at.is_some()), (true, told), "{task:#?}");
    assert!(workspace.inbox("noop").is_empty());
    assert_eq!(workspace.read_bytes(&format!("handoffs/noop/03_failed/{name}")), bytes);
    let beside = reason_beside(workspace, name);
    assert_eq!(
        (&beside["reason"], &beside["task"], &beside["state"]),
        (&json!(task.reason), &json!(task.id), &json!("rejected"))
    );
    task.reason
}

/// The content of `NAME.reason.json`.
#[track_caller]
fn reason_beside(workspace: &Workspace, name: &str) -> Value {
    let [reason] =
        <[String; 1]>::try_from(workspace.failed("noop").into_iter().filter(|other| other != name).collect::<Vec<_>>())
            .unwrap();
    let stem: String = name.chars().take(255 - ".reason.json".len()).collect();
    assert_eq!(reason, format!("{stem}.reason.json"));
    serde_json::from_str(&workspace.read(&format!("handoffs/noop/03_failed/{reason}"))).unwrap()
}

/// Makes the file two minutes old, because Baton waits a minute for the rest of an incomplete file.
fn make_old(workspace: &Workspace, name: &str) {
    let file = File::options().append(true).open(workspace.inbox_of("noop").join(name)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_mins(2)).unwrap();
}

/// Drops a repairable file and asserts that it is done and kept unchanged, and that `why` says what was repaired.
#[track_caller]
fn repaired(name: &str, bytes: &[u8], words: &str) {
    let workspace = beside_a_good_one(|workspace| workspace.drop_file("noop", name, bytes));
    let task = the_other(&workspace);
    assert_eq!(task.state, "succeeded", "{name}: {task:#?}");
    assert!(task.returned_at.is_some(), "{name}");
    assert_eq!(workspace.read_bytes(&format!("handoffs/noop/02_processed/{name}")), bytes, "{name}");
    let captured = workspace.why(&task.id).events.remove(0);
    assert!(captured.reason.contains(words), "{name}: `{words}` in: {}", captured.reason);
}

#[test]
fn a_file_that_is_not_a_handoff_is_rejected_with_its_reason() {
    let whole = text(&handoff("noop", "Cut"));
    let garbage: Vec<u8> = (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let deep = format!("{{\"title\": \"x\", \"context\": {}{}}}", "[".repeat(200), "]".repeat(200));
    let deeper = format!("{{\"title\": {}", "[".repeat(1_000_000));
    let cases: [(&str, &[u8], &[&str]); 13] = [
        ("wrong.json", b"{\n  \"title\": nope\n}", &["not JSON", "line 2", "drop it again"]),
        ("prose.json", b"Dear all, please look at the logs.", &["not JSON", "line 1"]),
        ("empty.json", b"", &["empty", "drop it again"]),
        ("blank.json", b"  \n\n", &["empty"]),
        ("cut.json", &whole[..whole.len() / 2], &["ends before", "write the complete file"]),
        ("garbage.json", &garbage, &["not text", "UTF-8"]),
        ("garbage.md", &garbage, &["not text"]),
        ("list.json", b"[{\"title\": \"x\"}]", &["list", "object"]),
        ("text.json", b"\"title\"", &["string", "object"]),
        ("null.json", b"null", &["null", "object"]),
        ("colour.json", b"{\"colour\": \"blue\"}", &["not a handoff", "baton send"]),
        ("deep.json", deep.as_bytes(), &["recursion limit"]),
        ("deeper.json", deeper.as_bytes(), &["recursion limit"]),
    ];
    for (name, bytes, words) in cases {
        rejected(name, bytes, words);
    }
}

#[test]
fn a_file_with_an_unambiguous_fault_is_repaired_and_the_repair_is_recorded() {
    let asked = text(&handoff("noop", "Nearly"));
    let wide = String::from_utf8(asked.clone()).unwrap();
    let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(wide.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(wide.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let escaped = wide.replace("\"Medium\"", r#""Medium", "body": "My\ Drive""#);
    let cases: [(&str, &[u8], &str); 6] = [
        ("args.json", &text(&handoff_with("noop", "x", json!({ "args": "plans=a" }))), "`args` is not an object"),
        ("little.json", &little, "UTF-16"),
        ("big.json", &big, "UTF-16"),
        ("mark.json", &[&b"\xef\xbb\xbf"[..], &asked].concat(), "byte order mark"),
        ("followed.json", &[&asked[..], b"\n# Protocol\n\nMany words."].concat(), "text after the JSON object"),
        ("escape.json", escaped.as_bytes(), "invalid escape"),
    ];
    for (name, bytes, words) in cases {
        repaired(name, bytes, words);
    }
}

#[test]
fn a_hundred_megabytes_are_rejected_unread() {
    let name = "big.json";
    let workspace = beside_a_good_one(|workspace| {
        File::create(workspace.inbox_of("noop").join(name)).unwrap().set_len(100 << 20).unwrap();
    });
    let task = the_other(&workspace);
    assert_eq!(task.state, "rejected");
    assert!(task.reason.contains("104857600 bytes") && task.reason.contains("at most 4194304"), "{}", task.reason);
    assert_eq!(workspace.why(&task.id).events[0].input_hash, None, "it was not read");
    let kept = workspace.root().join("handoffs/noop/03_failed/big.json");
    assert_eq!(fs::metadata(kept).unwrap().len(), 100 << 20);
    assert!(reason_beside(&workspace, name)["reason"].as_str().unwrap().contains("big.json"));
}

#[test]
fn an_empty_file_waits_a_minute_and_delays_no_other_file() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    File::create(workspace.inbox_of("noop").join("late.json")).unwrap();
    workspace.drop_handoff("noop", "Meanwhile");
    workspace.wait_for_archive("Meanwhile");
    assert_eq!(workspace.status().len(), 1, "the empty file is not a task yet");
    fs::write(workspace.inbox_of("noop").join("late.json"), text(&handoff("noop", "Late"))).unwrap();
    assert_eq!(workspace.wait_for_archive("Late").state, "succeeded");
    assert!(daemon.stop().success());
}

#[test]
fn a_directory_stays_and_is_not_a_task() {
    let workspace = beside_a_good_one(|workspace| {
        fs::create_dir_all(workspace.inbox_of("noop").join("x.json/inside")).unwrap();
    });
    assert_eq!(workspace.status().len(), 1);
    assert_eq!(workspace.inbox("noop"), ["x.json"]);
    let said = workspace.up_once().stderr;
    assert_eq!(said.matches("x.json").count(), 1, "one warning a run:\n{said}");
}

#[test]
fn a_directory_in_an_inbox_causes_one_warning_and_no_task() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    // Each new folder makes the daemon scan everything again.
    let folders = ["x.json", "y.json", "z.json"];
    for name in folders {
        fs::create_dir(workspace.inbox_of("noop").join(name)).unwrap();
        workspace.wait_for(&format!("a warning of {name}"), |_| daemon.log().contains(name).then_some(()));
    }
    workspace.drop_handoff("noop", "Go on");
    workspace.wait_for_archive("Go on");
    let log = daemon.log();
    for name in folders {
        assert_eq!(log.matches(name).count(), 1, "{log}");
    }
    assert!(daemon.stop().success());
}

#[test]
fn links_and_pipes_stay_and_are_never_opened() {
    let secret = text(&handoff("noop", "Secret"));
    let workspace = beside_a_good_one(|workspace| {
        fs::write(workspace.outside().join("secret.json"), &secret).unwrap();
        let inbox = workspace.inbox_of("noop");
        std::os::unix::fs::symlink(workspace.outside().join("secret.json"), inbox.join("link.json")).unwrap();
        std::os::unix::fs::symlink("nowhere", inbox.join("dangling.json")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, inbox.join("pipe.json"), rustix::fs::Mode::RWXU).unwrap();
    });
    assert_eq!(workspace.status().len(), 1);
    assert_eq!(workspace.inbox("noop"), ["dangling.json", "link.json", "pipe.json"]);
    assert_eq!(fs::read(workspace.outside().join("secret.json")).unwrap(), secret);
}

#[test]
fn links_and_pipes_that_come_while_the_daemon_runs_stay() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let inbox = workspace.inbox_of("noop");
    std::os::unix::fs::symlink("/etc/hostname", inbox.join("link.json")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, inbox.join("pipe.json"), rustix::fs::Mode::RWXU).unwrap();
    workspace.drop_handoff("noop", "Go on");
    workspace.wait_for_archive("Go on");
    assert_eq!(workspace.status().len(), 1);
    assert_eq!(workspace.inbox("noop"), ["link.json", "pipe.json"]);
    assert!(daemon.stop().success());
}

#[test]
fn a_pipe_among_the_plans_does_not_block_an_audit() {
    let workspace = Workspace::init();
    workspace.write("plans/A_PLAN.md", "# Plan\n\n## Deliverables\n\n- `src/pipe.py`\n");
    fs::create_dir(workspace.root().join("src")).unwrap();
    for pipe in ["plans/PIPE_PLAN.md", "src/pipe.py"] {
        rustix::fs::mkfifoat(rustix::fs::CWD, workspace.root().join(pipe), rustix::fs::Mode::RWXU).unwrap();
    }
    workspace.up_once();
    let task = workspace.tasks_of("audit").remove(0);
    assert_eq!(task.state, "succeeded", "{}", task.reason);
}

#[test]
fn an_inbox_that_is_a_link_is_not_served() {
    let workspace = beside_a_good_one(|workspace| {
        let elsewhere = workspace.outside().join("elsewhere/01_inbox");
        fs::create_dir_all(&elsewhere).unwrap();
        fs::write(elsewhere.join("a.json"), text(&handoff("Elsewhere", "Outside"))).unwrap();
        let link = workspace.root().join("handoffs/Elsewhere");
        std::os::unix::fs::symlink(workspace.outside().join("elsewhere"), link).unwrap();
    });
    assert_eq!(workspace.status().len(), 1);
}

#[test]
fn names_with_odd_characters_and_of_full_length_are_handled_like_others() {
    let long = format!("{}.json", "n".repeat(250));
    let names = [
        "a:b&c.json",
        "with space.json",
        "quote'\"$(x).json",
        "line\nbreak.json",
        "ümläut-日本.json",
        "-rf.json",
        &long,
    ];
    let workspace = beside_a_good_one(|workspace| {
        for (number, name) in names.iter().enumerate() {
            workspace.drop_file("noop", name, text(&handoff("noop", &format!("Named {number}"))));
        }
    });
    for (number, name) in names.iter().enumerate() {
        let task = workspace.task(&format!("Named {number}"));
        assert_eq!((task.state.as_str(), task.file_name()), ("succeeded", *name));
        let kept = workspace.read_bytes(&format!("handoffs/noop/02_processed/{name}"));
        assert_eq!(kept, text(&handoff("noop", &format!("Named {number}"))), "{name}");
    }
    assert!(workspace.inbox("noop").is_empty());
    assert_eq!(workspace.returns("Claude-MM1").len(), names.len() + 1);
}

#[test]
fn a_broken_file_with_a_name_of_full_length_has_its_reason_beside_it() {
    let long = format!("{}.json", "n".repeat(250));
    rejected(&long, b"{]", &["not JSON"]);
    let wide = format!("{}.json", "ü".repeat(125));
    rejected_wide(&wide);
}

/// Asserts that the name of the reason file is shortened between two characters, not within one.
fn rejected_wide(name: &str) {
    let workspace = beside_a_good_one(|workspace| workspace.drop_file("noop", name, b"{]"));
    let failed = workspace.failed("noop");
    assert_eq!(failed.len(), 2, "{failed:?}");
    let reason = failed.iter().find(|other| *other != name).unwrap();
    assert!(reason.ends_with("ü.reason.json") && reason.len() > 245, "{reason}");
}

#[test]
fn a_name_that_is_not_text_delays_no_other_file() {
    let name = OsStr::from_bytes(b"bad-\xff.json");
    let workspace = beside_a_good_one(|workspace| {
        fs::write(workspace.inbox_of("noop").join(name), text(&handoff("noop", "Unnamed"))).unwrap();
    });
    workspace.up_once();
    let there = |folder: &str| workspace.root().join("handoffs/noop").join(folder).join(name).exists();
    assert!(["01_inbox", "02_processed", "03_failed"].map(there).contains(&true), "the file is kept under its name");
    let states: Vec<_> = workspace.tasks("Unnamed").into_iter().map(|task| (task.state, task.reason)).collect();
    assert!(states.is_empty() || states[0].0 == "succeeded" && there("02_processed"), "{states:?}");
}

#[test]
fn two_broken_files_of_one_name_have_a_reason_each() {
    let workspace = Workspace::with_noop();
    for bytes in [b"{]", b"[}"] {
        workspace.drop_file("noop", "same.json", bytes);
        workspace.up_once();
    }
    let expected = ["same-2.json", "same-2.json.reason.json", "same.json", "same.json.reason.json"];
    assert_eq!(workspace.failed("noop"), expected);
}

#[test]
fn a_corrected_file_that_is_dropped_again_is_done() {
    let workspace = Workspace::with_noop();
    workspace.drop_file("noop", "a.json", b"{]");
    workspace.up_once();
    workspace.drop_file("noop", "a.json", text(&handoff("noop", "Mended")));
    workspace.up_once();
    assert_eq!(workspace.task("Mended").state, "succeeded");
}

#[test]
fn an_unknown_action_fails_and_names_the_known_ones() {
    let asked = handoff_with("noop", "Dance", json!({ "action": "dance" }));
    let workspace = beside_a_good_one(|workspace| workspace.drop_file("noop", "a.json", text(&asked)));
    let task = the_other(&workspace);
    assert_eq!(task.state, "failed");
    assert!(task.reason.contains("`dance`") && task.reason.contains("noop"), "{}", task.reason);
    assert_eq!(workspace.read_bytes("handoffs/noop/03_failed/a.json"), text(&asked));
    let returns = workspace.returns_for("Claude-MM1", "id-dance");
    assert_eq!(returns.len(), 1);
    assert_eq!(returns[0]["status_update"], "failed");
    let said = returns[0].pointer("/execution_summary/blockers_remaining/0").unwrap();
    assert_eq!(said, &json!(task.reason));
}

#[test]
fn a_title_with_control_characters_is_harmless() {
    let asked = handoff_with("noop", "x", json!({ "title": "\u{1b}[2Jred\u{7}\nsecond line" }));
    let workspace = beside_a_good_one(|workspace| workspace.drop_file("noop", "a.json", text(&asked)));
    assert_eq!(the_other(&workspace).state, "succeeded");
    let shown = workspace.baton(&["status"]).ended(0).stdout;
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{7}'), "{shown:?}");
    assert_eq!(shown.lines().count(), 3, "{shown}");
}

#[test]
fn a_name_of_a_million_characters_breaks_no_command() {
    let long = "a".repeat(1_000_000);
    let bytes = format!(r#"{{"handoff_id": "long", "source_agent": "{long}", "title": "Long", "action": "noop"}}"#);
    let workspace = beside_a_good_one(|workspace| workspace.drop_file("noop", "long.json", &bytes));
    let status = workspace.baton(&["status"]).ended(0);
    assert!(status.stdout.len() < 2_000, "{}", status.stdout.len());
    let task = workspace.task("Long");
    assert_eq!((task.state.as_str(), task.from.as_deref().map(str::len)), ("succeeded", Some(200)));
    assert!(workspace.baton(&["why", &task.id]).ended(0).stdout.len() < 4_000);
}

#[test]
fn an_archive_that_is_a_link_is_not_written_through() {
    let workspace = Workspace::with_noop();
    let elsewhere = workspace.outside().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let archive = workspace.root().join("handoffs/noop/02_processed");
    fs::create_dir_all(archive.parent().unwrap()).unwrap();
    drop(fs::remove_dir(&archive));
    std::os::unix::fs::symlink(&elsewhere, &archive).unwrap();
    workspace.drop_handoff("noop", "Linked");
    let run = workspace.baton(&["up", "--once"]).ended(1);
    assert!(run.stderr.contains("is a link"), "{}", run.stderr);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    fs::remove_file(&archive).unwrap();
    workspace.up_once();
    assert_eq!((workspace.inbox("noop").len(), workspace.processed("noop").len()), (0, 1));
}
