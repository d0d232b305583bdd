//! What the commands show of a plugin: its log, the reason of a crash, an installed package, its history and its grants.

use std::fs;

use baton_tests::{Output, Workspace, fixture, repository};
use serde_json::json;

use crate::command_line::fails;

const PANIC: &str = "a panic on purpose";

#[test]
fn run_why_the_log_and_the_return_contain_a_panic() {
    let workspace = Workspace::with_hostile();
    let run = workspace.baton(&["run", "hostile", "trap"]).ended(1);
    let summary = run.stderr.lines().find(|line| line.starts_with("failed: ")).unwrap();
    assert!(summary.contains("the plugin says: ") && summary.contains(PANIC), "{summary}");
    assert!(run.stderr.contains("hostile wrote\n  | "), "{}", run.stderr);
    let json = workspace.baton(&["run", "hostile", "trap", "--json"]).ended(1).json();
    assert!(json["log"].as_str().unwrap().contains(PANIC), "{json:#}");

    workspace.drop_action("hostile", "trap");
    workspace.up_once();
    let task = workspace.task("trap");
    assert!(task.reason.contains("panicked at") && task.reason.contains(PANIC), "{}", task.reason);
    let returned = workspace.returns_for("Claude-MM1", "id-trap");
    assert!(returned[0].to_string().contains(PANIC), "{returned:?}");
    let why = workspace.baton(&["why", &task.id]).ended(0).stdout;
    assert!(why.contains("hostile wrote in attempt 1\n  | "), "{why}");
    let why = workspace.baton(&["why", &task.id, "--json"]).ended(0).json();
    assert_eq!((&why["logs"][0]["attempt"], &why["logs"][0]["task"]), (&json!(1), &json!(task.id)), "{why:#}");
    assert!(why["logs"][0]["text"].as_str().unwrap().contains(PANIC), "{why:#}");
}

#[test]
fn plugin_log_shows_the_newest_attempts_and_a_limited_part_of_each() {
    let workspace = Workspace::with_hostile();
    let none = workspace.baton(&["plugin", "log", "hostile"]).ended(0);
    assert_eq!((none.stdout.as_str(), none.stderr.trim()), ("", "no attempt of `hostile` has written anything"));
    workspace.baton(&["run", "hostile", "trap"]).ended(1);
    workspace.baton(&["run", "hostile", "chatter"]).ended(0);
    let [chatter, trap] = workspace.tasks_of("hostile").try_into().unwrap();
    let log = workspace.baton(&["plugin", "log", "hostile"]).ended(0).stdout;
    let heads: Vec<_> = log.lines().filter(|line| line.contains("  task ")).collect();
    assert!(heads.len() == 2 && heads[0].contains(&trap.id) && heads[1].contains(&chatter.id), "{heads:?}");
    assert!(log.contains(PANIC), "{log}");
    assert!(log.len() < 40_000 && log.contains("bytes left out …"), "{} bytes", log.len());
    let newest = workspace.baton(&["plugin", "log", "hostile", "-n", "1", "--json"]).ended(0).json();
    assert_eq!(newest["logs"].as_array().unwrap().len(), 1);
    assert_eq!(newest["logs"][0]["task"], json!(chatter.id));
    workspace.baton(&["ledger", "verify"]).ended(0);
    fails(workspace.baton(&["plugin", "log", "nobody"]), 2, &["`nobody`", "hostile"]);
}

#[test]
fn a_panic_after_a_long_log_is_the_reason_and_its_last_lines_are_kept() {
    let workspace = Workspace::with_hostile();
    let run = workspace.baton(&["run", "hostile", "chatter-trap"]).ended(1);
    let summary = run.stderr.lines().find(|line| line.starts_with("failed: ")).unwrap();
    assert!(summary.contains(PANIC), "{summary}");
    assert!(run.stderr.contains(&format!("  | {PANIC}\n")), "{}", run.stderr);
    let log = workspace.baton(&["run", "hostile", "chatter-trap", "--json"]).ended(1).json()["log"].to_string();
    assert!(log.starts_with("\"line 0 ") && log.contains("line 1999 ") && log.contains(PANIC), "{log}");
    let kept = workspace.baton(&["plugin", "log", "hostile", "-n", "1"]).ended(0).stdout;
    let gaps: Vec<_> = kept.lines().filter(|line| line.contains("bytes left out …")).collect();
    assert!(gaps.len() == 1 && kept.contains("line 0 ") && kept.contains(PANIC), "{gaps:?}");
}

#[test]
fn inspect_accepts_the_name_of_an_installed_or_bundled_plugin() {
    let workspace = Workspace::with_noop();
    let installed = workspace.baton(&["plugin", "inspect", "audit"]).ended(0).stdout;
    for words in
        ["audit ", "from       shipped\n", "state      enabled\n", "may        files:ro=plans", "session-review"]
    {
        assert!(installed.contains(words), "{words} in: {installed}");
    }
    let json = workspace.baton(&["plugin", "inspect", "noop", "--json"]).ended(0).json();
    assert_eq!((&json["name"], &json["installed"]["state"]), (&json!("noop"), &json!("enabled")), "{json:#}");
    // djay is not installed here.
    for name in ["djay", "shipped:djay"] {
        let inside = workspace.baton(&["plugin", "inspect", name]).ended(0).stdout;
        assert!(inside.contains("from       shipped:djay\n") && !inside.contains("\nstate "), "{inside}");
    }
    fails(workspace.baton(&["plugin", "inspect", "shipped:djai"]), 2, &["`djai`", "did you mean `djay`?"]);
    fails(
        workspace.baton(&["plugin", "inspect", "nopo"]),
        2,
        &["no file and no plugin `nopo`", "did you mean `noop`?"],
    );
}

#[test]
fn why_shows_installation_approval_and_grants_of_a_plugin() {
    let workspace = Workspace::with_noop();
    workspace.baton(&["plugin", "install", "shipped:djay"]).ended(0);
    workspace.baton(&["plugin", "revoke", "djay", "locks"]);
    workspace.baton(&["plugin", "disable", "djay"]).ended(0);
    let words: [&[&str]; 2] = [&["why", "plugin djay"], &["why", "plugin", "djay"]];
    for words in words {
        let why = workspace.baton(words).ended(0).stdout;
        for words in [
            "plugin djay ",
            "  disabled\n",
            "source     shipped",
            "baton plugin enable djay",
            "files:ro=djay",
            "installed",
            "granted",
        ] {
            assert!(why.contains(words), "{words} in: {why}");
        }
    }
    let json = workspace.baton(&["why", "plugin", "djay", "--json"]).ended(0).json();
    let actions: Vec<_> = json["events"].as_array().unwrap().iter().map(|event| event["action"].clone()).collect();
    assert!(actions.contains(&json!("installed")) && actions.contains(&json!("disabled")), "{actions:?}");
    assert_eq!(json["plugin"]["state"], json!("disabled"));
    fails(workspace.baton(&["why", "plugin", "nobody"]), 2, &["no plugin `nobody`", "noop"]);
    fails(workspace.baton(&["why", "noop"]), 2, &["baton why plugin noop"]);
}

#[test]
fn a_grant_has_one_row_and_the_budget_shows_its_use() {
    let workspace = Workspace::init();
    fs::create_dir(workspace.outside().join("csv")).unwrap();
    let folder = format!("files:ro=spotify={}", workspace.outside().join("csv").display());
    workspace.baton(&["plugin", "grant", "spotify", &folder]).ended(0);
    let shown = workspace.baton(&["plugin", "grants", "spotify"]).ended(0).stdout;
    let rows: Vec<_> = shown.lines().filter(|line| line.starts_with("files:ro=spotify")).collect();
    assert_eq!(rows.len(), 1, "{shown}");
    assert_eq!(rows[0].split_whitespace().collect::<Vec<_>>(), [folder.as_str(), "yes", "yes"]);
    assert!(shown.contains("20000 an hour, 100000 a day"), "{shown}");
    workspace.write("plans/P.md", "# Plan\n\n- `src/a.py`\n");
    let written = workspace.baton(&["run", "audit", "audit"]).ended(0).stdout.lines().count();
    let shown = workspace.baton(&["plugin", "grants", "audit"]).ended(0).stdout;
    let used = format!("reports       20000 an hour, 100000 a day; used: {written} and {written}");
    assert!(shown.contains(&used), "{used} in: {shown}");
    let json = workspace.baton(&["plugin", "grants", "audit", "--json"]).ended(0).json();
    assert_eq!(json["budget"]["reports"]["used"]["day"], json!(written), "{json:#}");
}

#[test]
fn plugin_test_shows_the_output_of_the_plugin() {
    let place = Workspace::empty();
    let (folder, source) = (place.outside().join("hostile"), repository().join("tests/plugins/hostile"));
    fs::create_dir_all(folder.join("examples")).unwrap();
    for file in ["Cargo.toml", "manifest.json"] {
        fs::copy(source.join(file), folder.join(file)).unwrap();
    }
    fs::copy(repository().join("Cargo.toml"), place.outside().join("Cargo.toml")).unwrap();
    fs::copy(fixture("hostile"), folder.join("hostile.wasm")).unwrap();
    let expected = json!({ "state": "failed", "summary": PANIC });
    let example = json!({ "handoff": { "title": "Crash", "action": "trap" }, "expect": expected });
    fs::write(folder.join("examples/crashes.json"), example.to_string()).unwrap();
    let test = ["plugin", "test", "--no-build"];
    let shown = Output::of(place.command().args(test).arg(&folder)).ended(0).stdout;
    assert!(shown.contains("crashes wrote\n  | ") && shown.contains(&format!("  | {PANIC}\n")), "{shown}");
    let json = Output::of(place.command().args(test).arg(&folder).arg("--json")).ended(0).json();
    assert!(json["examples"][0]["log"].as_str().unwrap().contains(PANIC), "{json:#}");
}
