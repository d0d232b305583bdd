//! `baton status`: the reasons why tasks wait or failed, filters, and `--watch`; and the log of `up` on a terminal.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use baton_tests::{Output, PATIENCE, Skipped, Workspace, or_skip, text, tool};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// A workspace with one task in each state that needs a reason.
fn with_reasons() -> Workspace {
    let workspace = Workspace::with_hostile();
    workspace.drop_handoff("noop", "All is well");
    workspace.drop_action("hostile", "ask-human");
    workspace.drop_action("hostile", "ask-grant");
    workspace.drop_file("noop", "broken.json", b"{ \"title\": no json }");
    workspace.drop_handoff_with("noop", "Dependent", json!({ "depends_on": ["never-there"] }));
    let late = json!({ "handoff_id": "late", "source_agent": "Claude-MM1", "title": "Late", "deadline": "2026-01-01T00:00:00Z" });
    workspace.drop_file("Cursor-MM1", "late.json", text(&late));
    workspace.drop_file(
        "noop",
        "too-late.json",
        text(&json!({ "title": "Too late", "deadline": "2026-01-01T00:00:00Z" })),
    );
    workspace.up_once();
    workspace
}

/// The line of the table with this title.
#[track_caller]
fn line<'a>(table: &'a str, title: &str) -> &'a str {
    table.lines().find(|line| line.contains(title)).unwrap_or_else(|| panic!("no line with {title}:\n{table}"))
}

#[test]
fn each_task_has_the_reason_why_it_waits_or_failed() {
    let workspace = with_reasons();
    let table = workspace.baton(&["status"]).ended(0).stdout;
    assert!(line(&table, "REASON").ends_with("REASON"), "{table}");
    for (title, reason) in [
        ("ask-human", "say which one counts"),
        ("ask-grant", "grant"),
        ("broken ", "the file is not JSON"),
        ("Dependent", "it waits for never-there"),
        (" Late", "no RETURN yet; its deadline passed "),
        ("Too late", "its deadline (2026-01-01 00:00 UTC) passed before it could start"),
    ] {
        assert!(line(&table, title).contains(reason), "{title}: {reason}\n{table}");
    }
    assert!(line(&table, "All is well").ends_with("All is well"), "a succeeded task has no reason\n{table}");
    assert!(table.lines().all(|line| line.chars().count() < 300), "a reason is short\n{table}");
}

/// The titles that `status` lists, in order.
fn titles(workspace: &Workspace, args: &[&str]) -> Vec<String> {
    let mut words = vec!["status", "--json"];
    words.extend(args);
    let value = workspace.baton(&words).ended(0).json();
    let tasks = value.get("tasks").and_then(Value::as_array).cloned().unwrap_or_default();
    tasks.iter().map(|task| task.get("title").and_then(Value::as_str).unwrap_or_default().to_owned()).collect()
}

#[test]
fn filters_choose_by_state_agent_plugin_and_age() {
    let workspace = with_reasons();
    let mut failed = titles(&workspace, &["--state", "failed,rejected"]);
    failed.sort();
    assert_eq!(failed, ["Too late", "broken"]);
    assert_eq!(titles(&workspace, &["--in-state", "failed", "--in-state", "needs_human"]).len(), 2);
    assert_eq!(titles(&workspace, &["--agent", "cursor mm1"]), ["Late"], "in any spelling");
    assert_eq!(titles(&workspace, &["--plugin", "noop", "--state", "succeeded"]), ["All is well"]);
    assert_eq!(titles(&workspace, &["--in-state", "dead"]), Vec::<String>::new());
    assert!(!workspace.outside().join("failed,rejected").exists(), "no folder for a state is made");
    assert_eq!(titles(&workspace, &["--since", "1h"]).len(), 7);
    assert_eq!(titles(&workspace, &["--since", "0s"]).len(), 0);
    assert_eq!(titles(&workspace, &["--plugin", "hostile", "--limit", "1"]).len(), 1);
    let table = workspace.baton(&["status", "--agent", "Cursor-MM1"]).ended(0).stdout;
    assert_eq!(table.lines().count(), 2, "{table}");
    let none = workspace.baton(&["status", "--agent", "nobody"]).ended(0);
    assert_eq!((none.stdout.as_str(), none.stderr.trim()), ("", "no task matches; `baton status` lists all"));
    for (args, words) in [
        (["--in-state", "broken"], "there is no state `broken`; the states are captured, queued"),
        (["--plugin", "Cursor-MM1"], "there is no plugin `Cursor-MM1` here; `baton plugin list`"),
        (["--since", "soon"], "`soon` is not a time span"),
    ] {
        let refused = workspace.baton(&["status", args[0], args[1]]).ended(2);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
}

/// A running `baton status --watch --json`, which ends with its test.
struct Watch {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Watch {
    fn start(workspace: &Workspace, args: &[&str]) -> Option<Self> {
        let mut command = workspace.command();
        command.arg("-w").arg(workspace.root()).args(["status", "--watch", "--json"]).args(args);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let (send, lines) = std::sync::mpsc::channel();
        let out = child.stdout.take()?;
        std::thread::spawn(move || {
            // When the test stops reading lines, the pipe is closed.
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Some(Self { child, lines })
    }

    fn next(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).unwrap_or_default();
        serde_json::from_str(&line).unwrap_or_default()
    }

    fn ends(&mut self) -> Option<i32> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn watching_prints_each_task_and_then_each_change_as_a_line_of_json() {
    let workspace = Workspace::with_hostile();
    workspace.drop_handoff("noop", "Before");
    workspace.up_once();
    let mut watch = Watch::start(&workspace, &[]).unwrap();
    let first = watch.next();
    assert_eq!(
        (&first["title"], &first["state"], &first["event"]),
        (&json!("Before"), &json!("succeeded"), &Value::Null)
    );
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "ask-human");
    let changes: Vec<Value> = (0..3).map(|_| watch.next()).collect();
    let seen: Vec<_> = changes.iter().map(|change| (&change["event"]["action"], &change["state"])).collect();
    let expected = [("captured", "queued"), ("started", "running"), ("needs_human", "needs_human")];
    assert_eq!(seen, expected.map(|(action, state)| (json!(action), json!(state))).each_ref().map(|(a, b)| (a, b)));
    assert!(changes.iter().all(|change| change["title"] == "ask-human" && change["schema"] == 1), "{changes:#?}");
    kill_process(Pid::from_child(&watch.child), Signal::INT).unwrap();
    assert_eq!(watch.ends(), Some(0), "Ctrl-C ends it");
    assert!(daemon.stop().success());
}

#[test]
fn watching_ends_with_ctrl_c_also_while_it_prints() {
    let workspace = Workspace::with_noop();
    for n in 0..150 {
        workspace.drop_handoff("noop", &format!("{n} {}", "a long title ".repeat(14)));
    }
    workspace.up_once();
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["status", "--watch", "--json", "--limit", "150"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    // The command prints more than the pipe can hold, so it is still printing.
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(out.lines().map_while(Result::ok).count(), 149);
    let (_send, lines) = std::sync::mpsc::channel();
    assert_eq!(Watch { child, lines }.ends(), Some(0), "Ctrl-C ends it");
}

#[test]
fn watching_ends_when_its_output_is_closed_although_nothing_changes() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Before");
    workspace.up_once();
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["status", "--watch", "--json"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (_send, lines) = std::sync::mpsc::channel();
    let mut watch = Watch { child, lines };
    drop(watch.child.stdout.take());
    assert_eq!(watch.ends(), Some(0));
}

#[test]
fn watching_begins_before_there_is_a_ledger_and_follows_filters() {
    let workspace = Workspace::with_hostile();
    let mut watch = Watch::start(&workspace, &["--state", "needs_human,rejected"]).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    workspace.drop_handoff("noop", "All is well");
    workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    assert_eq!(watch.next()["title"], "ask-human");
    workspace.drop_file("noop", "broken.json", b"{ \"title\": no json }");
    workspace.up_once();
    let next = watch.next();
    assert_eq!((&next["title"], &next["state"]), (&json!("broken"), &json!("rejected")), "{next:#}");
    assert_eq!(watch.ends_when_interrupted(), Some(0));
}

impl Watch {
    fn ends_when_interrupted(&mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::INT).ok()?;
        self.ends()
    }
}

#[test]
fn watching_without_a_terminal_requires_json() {
    let workspace = Workspace::with_noop();
    let refused = workspace.baton(&["status", "--watch"]).ended(2);
    assert!(refused.stderr.contains("--watch --json prints a line for each change"), "{}", refused.stderr);
}

/// Runs `baton ARGS` on a terminal with this number of columns, which `script` provides.
#[cfg(target_os = "linux")]
fn on_terminal(workspace: &Workspace, columns: usize, args: &str) -> Result<String, Skipped> {
    tool("script", "apt install bsdutils")?;
    let baton = baton_tests::baton();
    let line = format!("stty cols {columns} rows 40; {} -w {} {args}", baton.display(), workspace.root().display());
    let mut command = workspace.command_of("script");
    command.args(["-qec", &line, "/dev/null"]).env_remove("NO_COLOR").env("TERM", "xterm").env("TZ", "Asia/Tokyo");
    Ok(Output::of(&mut command).stdout)
}

/// Removes the colours.
#[cfg(target_os = "linux")]
fn plain(shown: &str) -> String {
    let mut parts = shown.split('\u{1b}');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    text.replace('\r', "")
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_the_table_fits_and_has_colours() {
    let workspace = with_reasons();
    for columns in [80, 140] {
        let shown = or_skip!(on_terminal(&workspace, columns, "status"));
        assert!(shown.contains("\u{1b}[33mneeds_human"), "{shown:?}");
        let plain = plain(&shown);
        assert!(plain.lines().all(|line| line.chars().count() <= columns), "{columns}\n{plain}");
        assert!(plain.contains("say which one counts") && plain.contains("it waits for never-there"), "{plain}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_the_log_has_local_times_titles_senders_and_warnings() {
    let workspace = Workspace::with_hostile();
    workspace.drop_handoff("noop", "All is well");
    workspace.drop_action("hostile", "trap");
    let shown = or_skip!(on_terminal(&workspace, 200, "up --once"));
    let shown = plain(&shown);
    let well = line(&shown, "Did nothing.");
    assert!(
        well.contains("INFO") && well.contains("from=\"Claude-MM1\"") && well.contains("title=\"All is well\""),
        "{well}"
    );
    let failed = line(&shown, "the plugin crashed");
    assert!(failed.contains("WARN") && failed.contains("title=\"trap\""), "{failed}");
    let hour = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
    let begin = hour.strftime("%b %d ").to_string();
    assert!(well.starts_with(&begin) && !well.contains('Z'), "{well}");
    // A log that is not on a terminal has the same fields, but its times are in UTC.
    workspace.drop_handoff("noop", "Once more");
    let log = workspace.up_once().stderr;
    let year = jiff::Timestamp::now().strftime("%Y-").to_string();
    let again = line(&log, "Did nothing.");
    assert!(again.starts_with(&year) && again.contains('Z') && again.contains("title=\"Once more\""), "{again}");
    for field in ["task=", "agent=noop", "state=succeeded"] {
        assert!(again.contains(field), "{again}");
    }
}

#[test]
fn a_shortened_list_is_marked() {
    let workspace = Workspace::with_noop();
    for number in 0..51 {
        workspace.drop_handoff("Cursor-MM1", &format!("Request {number}"));
    }
    workspace.up_once();
    for (command, words) in [
        ("status", "only the 50 newest tasks are listed"),
        ("obligations", "only the 50 oldest open requests are listed"),
    ] {
        let cut = workspace.baton(&[command]).ended(0);
        assert!(cut.stderr.contains(words), "{command}: {cut:?}");
        let whole = workspace.baton(&[command, "-n", "51"]).ended(0);
        assert!(!whole.stderr.contains("only the"), "{command}: {whole:?}");
        assert_eq!(whole.stdout.matches("Request ").count(), 51, "{command}");
    }
}
