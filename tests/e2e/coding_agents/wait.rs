//! Waiting for work: the tool `wait_for_work`, and `baton inbox wait` for hooks.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use baton_tests::{McpClient, Output, Workspace};
use serde_json::json;

use super::{request, workspace};

#[test]
fn the_tool_waits_for_new_work_and_continues_with_its_cursor() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let mut codex = McpClient::start(&workspace, "Codex-MM1");
    let empty = codex.call("wait_for_work", json!({ "timeout_seconds": 1 }));
    assert_eq!(empty["items"], json!([]), "{empty}");
    let waiting =
        codex.send("tools/call", json!({ "name": "wait_for_work", "arguments": { "cursor": empty["cursor"] } }));
    assert!(codex.response(waiting, Duration::from_millis(500)).is_none());
    let id = request(&workspace, "Wake up", None);
    let woken = codex.response(waiting, Duration::from_secs(20)).unwrap();
    let woken = McpClient::tool_result(&woken).unwrap();
    assert_eq!(woken["items"][0]["id"], json!(id));
    // With the new cursor, a call does not report the same work again. Without a cursor, it does.
    let later = codex.call("wait_for_work", json!({ "cursor": woken["cursor"], "timeout_seconds": 1 }));
    assert_eq!(later["items"], json!([]));
    assert_eq!(codex.call("wait_for_work", json!({ "timeout_seconds": 1 }))["items"][0]["id"], json!(id));
    codex.call("claim", json!({ "id": id }));
    assert_eq!(codex.call("wait_for_work", json!({ "timeout_seconds": 1 }))["items"], json!([]));
}

fn hook(workspace: &Workspace, arguments: &[&str], session: &str) -> Child {
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["inbox", "wait", "--agent", "Codex-MM1"]).args(arguments);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input = json!({ "session_id": session, "hook_event_name": "SessionStart" }).to_string();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    child
}

/// The exit code and standard error of a hook that has ended.
fn ended(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_hook_wakes_its_session_once_for_each_request_and_only_one_waits_for_a_session() {
    let workspace = workspace();
    let daemon = workspace.up_and_serving();
    let first = hook(&workspace, &["--hook"], "s1");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(
        ended(hook(&workspace, &["--hook"], "s1")),
        (Some(0), String::new()),
        "another process waits for this session"
    );
    let other = hook(&workspace, &["--hook", "--timeout", "1s"], "s2");
    assert_eq!(ended(other), (Some(0), String::new()), "the time is over");
    assert!(daemon.stop().success());
    // The waiter survives a restart of the daemon.
    let _daemon = workspace.up_and_serving();
    let id = request(&workspace, "First\u{202e} work", None);
    let (code, line) = ended(first);
    assert_eq!(code, Some(2));
    assert!(line.starts_with("Baton: work waits in the inbox of Codex-MM1: ") && line.contains(&id), "{line}");
    assert!(line.trim_end().lines().count() == 1 && !line.contains('\u{202e}'), "{line:?}");
    // The same session is woken again only by newer work. Another session gets both requests.
    assert_eq!(ended(hook(&workspace, &["--hook", "--timeout", "1s"], "s1")), (Some(0), String::new()));
    let again = hook(&workspace, &["--hook"], "s1");
    let second = request(&workspace, "Second work", None);
    let (code, line) = ended(again);
    assert_eq!(code, Some(2));
    assert!(line.contains(&second) && !line.contains(&id), "{line}");
    let (_, line) = ended(hook(&workspace, &["--hook"], "s2"));
    assert!(line.contains(&id) && line.contains(&second), "{line}");
}

#[test]
fn a_waiting_process_is_idle_until_it_is_woken() {
    let workspace = workspace();
    let _daemon = workspace.up_and_serving();
    let waiting = hook(&workspace, &["--session", "s"], "-");
    std::thread::sleep(Duration::from_secs(2));
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", waiting.id()));
    let dropped = Instant::now();
    request(&workspace, "Now", None);
    let (code, _) = ended(waiting);
    assert_eq!(code, Some(2));
    // The limit is high, because the machine may be busy. The bench `coding_agents` measures the real time.
    assert!(dropped.elapsed() < Duration::from_secs(20));
    if let Ok(stat) = stat {
        let ticks: u64 = stat
            .rsplit(") ")
            .next()
            .unwrap()
            .split(' ')
            .skip(11)
            .take(2)
            .map(|field| field.parse::<u64>().unwrap())
            .sum();
        assert!(ticks < 50, "{ticks} ticks of the processor in two seconds");
    }
}

#[test]
fn an_unknown_agent_is_refused_with_a_similar_name() {
    let workspace = workspace();
    let output: Output = workspace.baton(&["inbox", "wait", "--agent", "Codex-MM2"]).ended(2);
    assert!(output.stderr.contains("Codex-MM1"), "{}", output.stderr);
}
