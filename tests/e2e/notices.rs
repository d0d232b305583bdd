//! Notices to the operator (`[notify]`): each event is reported once, even with restarts and `kill -9`; a command that hangs or is
//! missing delays nothing; and text from handoffs is harmless.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use baton_tests::{PATIENCE, Workspace, handoff_with, text};
use serde_json::{Value, json};

/// Writes a script beside the workspace.
fn script(workspace: &Workspace, name: &str, text: &str) -> PathBuf {
    let path = workspace.outside().join(name);
    drop(fs::write(&path, format!("#!/bin/sh\ncd {}\n{text}\n", workspace.outside().display())));
    drop(fs::set_permissions(&path, fs::Permissions::from_mode(0o755)));
    path
}

/// Writes `[notify]` with `settings`.
fn configure(workspace: &Workspace, settings: &str) {
    let config = workspace.read("baton.toml");
    let config = config.split("\n[notify]\n").next().unwrap_or_default().to_owned();
    workspace.write("baton.toml", format!("{config}\n[notify]\n{settings}\n"));
}

/// A workspace with `hostile` whose notices go to the standard input of this script.
fn with_command(script_text: &str, settings: &str) -> Workspace {
    let workspace = Workspace::with_hostile();
    let path = script(&workspace, "tell.sh", script_text);
    let command = json!([path, "two words", "$(touch injected)", ";touch injected"]);
    // `configure` begins the table `[notify]`, to which the command and the settings belong.
    configure(&workspace, &format!("command = {command}\n{settings}"));
    workspace
}

/// The notices that the script has received so far.
fn told(workspace: &Workspace) -> Vec<Value> {
    let lines = fs::read_to_string(workspace.outside().join("told.jsonl")).unwrap_or_default();
    lines.lines().map(|line| serde_json::from_str(line).unwrap_or_default()).collect()
}

fn wait_for_notices(workspace: &Workspace, count: usize) -> Vec<Value> {
    workspace.wait_for(&format!("{count} notices"), |workspace| {
        let told = told(workspace);
        (told.len() >= count).then_some(told)
    })
}

fn field<'a>(notice: &'a Value, name: &str) -> &'a str {
    notice.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn events(told: &[Value]) -> BTreeSet<(&str, &str)> {
    told.iter().map(|notice| (field(notice, "event"), field(notice, "title"))).collect()
}

#[test]
fn each_event_is_reported_once_with_its_reason_and_never_again_after_a_restart() {
    let workspace =
        with_command("cat >> told.jsonl; echo \"$1|$2|$3|$BATON_NOTICE_EVENT|$BATON_NOTICE_AGENT\" >> args", "");
    workspace.drop_handoff("noop", "Before the daemon");
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "ask-human");
    workspace.drop_file("noop", "broken.json", b"{ \"title\": no json }");
    let late = json!({ "handoff_id": "late", "source_agent": "Claude-MM1", "title": "Late", "deadline": "2026-01-01T00:00:00Z" });
    workspace.drop_file("Cursor-MM1", "late.json", text(&late));
    workspace.drop_handoff("noop", "All is well");
    let shown = wait_for_notices(&workspace, 2);
    assert!(daemon.stop().success());
    // Requests to external agents are checked at the start and every minute.
    workspace.up_once();
    let shown = if shown.len() < 3 { wait_for_notices(&workspace, 3) } else { shown };
    assert_eq!(
        events(&shown),
        BTreeSet::from([("needs_human", "ask-human"), ("failed", "broken"), ("overdue", "Late")]),
        "{shown:#?}"
    );
    let asked = shown.iter().find(|notice| notice["event"] == "needs_human").unwrap();
    let task = workspace.task("ask-human");
    assert_eq!(
        (&asked["task"], &asked["agent"], &asked["from"], &asked["state"], &asked["more"], &asked["schema"]),
        (&json!(task.id), &json!("hostile"), &json!("Claude-MM1"), &json!("needs_human"), &json!(0), &json!(1))
    );
    assert!(asked["reason"].as_str().unwrap().contains("say which one counts"), "{asked:#}");
    let arguments = fs::read_to_string(workspace.outside().join("args")).unwrap();
    assert!(arguments.contains("two words|$(touch injected)|;touch injected|needs_human|hostile\n"), "{arguments}");
    assert!(!workspace.outside().join("injected").exists(), "no shell reads the arguments");
    workspace.up_once();
    workspace.up_once();
    assert_eq!(told(&workspace).len(), 3, "a restart reports nothing again");
    // A repeated question is a new event.
    workspace.baton(&["retry", &task.id]).ended(0);
    workspace.up_once();
    assert_eq!(told(&workspace).len(), 4);
}

#[test]
fn a_notice_that_was_not_sent_before_a_kill_is_sent_after_the_restart() {
    let workspace = with_command("[ -e killed ] || { touch killed; kill -9 $PPID; exit 1; }\ncat >> told.jsonl", "");
    let mut daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "ask-human");
    assert_eq!(daemon.died(PATIENCE), Some(true));
    assert_eq!(told(&workspace), Vec::<Value>::new());
    let daemon = workspace.up_and_serving();
    assert_eq!(events(&wait_for_notices(&workspace, 1)), BTreeSet::from([("needs_human", "ask-human")]));
    daemon.kill();
    workspace.up_once();
    let ids: BTreeSet<_> = told(&workspace).iter().map(|notice| notice["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "every repetition has the same id");
}

#[test]
fn after_a_kill_the_last_notice_is_sent_again_with_the_same_id() {
    let workspace = with_command("cat >> told.jsonl\n[ -e killed ] || { touch killed; kill -9 $PPID; }", "");
    let mut daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "ask-human");
    assert_eq!(daemon.died(PATIENCE), Some(true));
    workspace.up_once();
    workspace.up_once();
    let shown = told(&workspace);
    assert_eq!(shown.len(), 2, "{shown:#?}");
    assert_eq!(shown[0]["id"], shown[1]["id"]);
}

#[test]
fn a_daemon_killed_at_any_time_loses_no_notice() {
    let workspace = with_command("cat >> told.jsonl", "per_minute = 60");
    for number in 0..6 {
        let daemon = workspace.up_and_serving();
        workspace.drop_file("noop", &format!("broken-{number}.json"), format!("{{ \"n\": {number} no json }}"));
        workspace.wait_for("the file to be captured", |workspace| (workspace.status().len() > number).then_some(()));
        std::thread::sleep(Duration::from_millis(30) * u32::try_from(number).unwrap());
        daemon.kill();
    }
    workspace.up_once();
    let shown = told(&workspace);
    let titles: BTreeSet<_> = shown.iter().map(|notice| notice["title"].to_string()).collect();
    let ids: BTreeSet<_> = shown.iter().map(|notice| notice["id"].to_string()).collect();
    assert_eq!((titles.len(), ids.len()), (6, 6), "{shown:#?}");
}

#[test]
fn a_hanging_command_is_killed_with_its_children_and_delays_nothing() {
    let workspace = with_command("(sleep 3; touch late) &\nsleep 600", "timeout = \"500ms\"");
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "ask-human");
    workspace.wait_for_state("ask-human", "needs_human");
    workspace.drop_handoff("noop", "Meanwhile");
    workspace.wait_for_archive("Meanwhile");
    workspace.wait_for("the command to be killed", |_| {
        daemon.log().contains("[notify] command failed, trying again in 2 s: it was killed after 0 s").then_some(())
    });
    assert!(daemon.stop().success());
    std::thread::sleep(Duration::from_secs(4));
    assert!(!workspace.outside().join("late").exists(), "a child of the command outlived its limit");
}

#[test]
fn output_of_the_command_is_logged_as_one_line() {
    let workspace = with_command("cat > /dev/null; printf 'sent to you\\n2026-01-01T00:00:00Z  INFO forged\\n'", "");
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "ask-human");
    workspace.wait_for("the output", |_| daemon.log().contains("output=sent to you\\n2026").then_some(()));
    assert!(!daemon.log().lines().any(|line| line.starts_with("2026-01-01")), "{}", daemon.log());
    assert!(daemon.stop().success());
}

#[test]
fn a_missing_command_loses_no_notice_and_many_notices_are_merged() {
    let workspace = with_command("cat >> told.jsonl", "per_minute = 3");
    let command = workspace.outside().join("tell.sh");
    fs::rename(&command, workspace.outside().join("away.sh")).unwrap();
    for number in 0..12 {
        workspace.drop_file("noop", &format!("broken-{number:02}.json"), format!("{{ \"n\": {number} no json }}"));
    }
    let ended = workspace.up_once();
    assert!(
        ended.stderr.contains("[notify] command: ") && ended.stderr.contains("tell.sh cannot be read"),
        "{ended:?}"
    );
    let checked = workspace.baton(&["doctor"]).ended(1).stdout;
    assert!(checked.contains("[notify] command cannot be run") && checked.contains("tell.sh"), "{checked}");
    fs::rename(workspace.outside().join("away.sh"), &command).unwrap();
    assert!(!workspace.baton(&["doctor"]).stdout.contains("[notify]"));
    workspace.up_once();
    let shown = told(&workspace);
    let more: Vec<_> = shown.iter().map(|notice| notice["more"].as_u64().unwrap()).collect();
    assert_eq!(more, [0, 0, 9], "{shown:#?}");
    assert!(shown[2]["text"].as_str().unwrap().contains(" and 9 more"), "{:#}", shown[2]);
    assert_eq!(shown[2]["others"].as_array().unwrap().len(), 9);
    workspace.up_once();
    assert_eq!(told(&workspace).len(), 3);
}

#[test]
fn only_the_events_that_are_named_are_reported() {
    let workspace = with_command("cat >> told.jsonl", "on = [\"failed\"]");
    workspace.drop_action("hostile", "ask-human");
    workspace.drop_file("noop", "broken.json", b"{ \"title\": no json }");
    let late = json!({ "handoff_id": "late", "source_agent": "Claude-MM1", "title": "Late", "deadline": "2026-01-01T00:00:00Z" });
    workspace.drop_file("noop", "late.json", text(&late));
    workspace.up_once();
    let shown = told(&workspace);
    assert_eq!(
        events(&shown),
        BTreeSet::from([("failed", "broken"), ("failed", "Late")]),
        "a deadline is a failure too"
    );
}

#[test]
fn events_before_notices_were_configured_cause_no_notice() {
    let workspace = with_command("cat >> told.jsonl", "");
    let wanted = workspace.read("baton.toml");
    workspace.write("baton.toml", wanted.split("\n[notify]\n").next().unwrap());
    workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    workspace.write("baton.toml", wanted);
    workspace.up_once();
    assert_eq!(told(&workspace), Vec::<Value>::new());
}

/// A title with markup, shell commands, terminal escapes and options.
#[cfg(not(target_os = "macos"))]
const TITLE: &str = "<b>bold</b> & $(touch injected) \u{1b}[31mred\u{202e} --urgency=critical";

#[cfg(not(target_os = "macos"))]
#[test]
fn the_desktop_gets_escaped_text_as_arguments() {
    let workspace = with_command("cat >> told.jsonl", "");
    configure(&workspace, "desktop = true");
    script(&workspace, "notify-send", "for word; do printf '%s\\n' \"$word\" >> shown; done");
    let question = handoff_with("hostile", TITLE, json!({ "action": "ask-human" }));
    workspace.drop_file("hostile", "question.json", text(&question));
    let path = format!("{}:/usr/bin:/bin", workspace.outside().display());
    let daemon = workspace.up_by(workspace.command().env("PATH", path).arg("-w").arg(workspace.root()).arg("up"));
    let shown = workspace.wait_for("the notification", |workspace| {
        let shown = fs::read_to_string(workspace.outside().join("shown")).ok()?;
        (shown.lines().count() >= 4).then_some(shown)
    });
    assert!(daemon.stop().success());
    let lines: Vec<_> = shown.lines().collect();
    let [app, end, headline, body] = lines.as_slice() else { panic!("{shown}") };
    assert_eq!((*app, *end), ("--app-name=Baton", "--"));
    assert!(
        headline.starts_with("Needs you: <b>bold</b> & $(touch injected) [31mred\\u{202e} --urgency"),
        "{headline}"
    );
    assert!(body.starts_with("hostile, from Claude-MM1: ") && body.contains("say which one counts"), "{body}");
    assert!(!workspace.outside().join("injected").exists());
}

#[cfg(not(target_os = "macos"))]
#[test]
fn a_missing_desktop_program_is_one_warning_with_what_to_install() {
    let workspace = with_command("cat >> told.jsonl", "");
    configure(&workspace, "desktop = true");
    let empty = workspace.outside().join("empty");
    fs::create_dir_all(&empty).unwrap();
    let daemon = workspace.up_by(workspace.command().env("PATH", &empty).arg("-w").arg(workspace.root()).arg("up"));
    for number in 0..3 {
        workspace.drop_file("noop", &format!("broken-{number}.json"), format!("{{ \"n\": {number} no json }}"));
    }
    workspace.wait_for("three tasks", |workspace| (workspace.status().len() == 3).then_some(()));
    assert_eq!(daemon.says("notify-send"), 1, "{}", daemon.log());
    assert!(daemon.log().contains("WARN") && daemon.log().contains("apt install libnotify-bin"), "{}", daemon.log());
    assert!(daemon.stop().success());
    let mut doctor = workspace.command();
    let checked = baton_tests::Output::of(doctor.env("PATH", &empty).arg("-w").arg(workspace.root()).arg("doctor"));
    assert!(checked.stdout.contains("libnotify-bin"), "{}", checked.stdout);
}

#[test]
fn no_plugin_may_write_to_programs_that_baton_runs_for_a_notice() {
    let workspace = Workspace::with_hostile();
    let data = workspace.outside().join("data");
    fs::create_dir_all(&data).unwrap();
    script(&workspace, "data/tell.sh", "cat >> told.jsonl");
    for command in [json!([data.join("tell.sh")]), json!(["sh", data.join("tell.sh")])] {
        configure(&workspace, &format!("command = {command}"));
        let grant = format!("files:rw=plans={}", data.display());
        let refused = workspace.baton(&["plugin", "grant", "hostile", &grant]);
        assert_ne!(refused.code, 0, "{refused:?}");
        assert!(refused.stderr.contains("which Baton runs ([notify] in baton.toml)"), "{}", refused.stderr);
    }
}
