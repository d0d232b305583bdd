//! Tokens appear nowhere but in the file of secrets: not in a plugin's memory, logs, the ledger, reports, the output of commands, or a
//! core dump.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use baton_tests::oauth_server::TOKEN_PREFIX;
use baton_tests::{Output, Task, files_with};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::accounts::{Scene, add_with};

/// True if these bytes contain a text.
fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// All services, with the arguments of `account add` for those with a personal token.
const SERVICES: [(&str, Option<&[&str]>); 5] = [
    ("spotify", None),
    ("google", None),
    ("notion", Some(&["notion"])),
    ("github", Some(&["github", "--token"])),
    ("linear", Some(&["linear"])),
];

/// Connects an account of every service at the fake server, and grants the plugin all their tokens.
fn connect_all(scene: &Scene) {
    let workspace = &scene.workspace;
    let others = ["google", "notion", "linear"].map(|service| scene.oauth.settings(service)).concat();
    workspace.write("baton.toml", workspace.read("baton.toml") + &others);
    for (service, personal) in SERVICES {
        workspace.baton(&["plugin", "grant", "account", &format!("secret={service}")]).ended(0);
        let Some(words) = personal else {
            add_with(workspace, &[service]).ended(0);
            continue;
        };
        let mut command = workspace.command();
        command.arg("-w").arg(workspace.root()).args(["account", "add"]).args(words);
        Output::fed(&mut command, format!("{}\n", scene.oauth.personal_token()).as_bytes()).ended(0);
    }
}

#[test]
fn no_token_is_in_memory_logs_ledger_reports_or_output() {
    let scene = Scene::connected();
    connect_all(&scene);
    let workspace = &scene.workspace;
    let tokens: Vec<String> = SERVICES.iter().map(|(service, _)| scene.access_token(service)).collect();
    assert!(tokens.iter().all(|token| token.starts_with(TOKEN_PREFIX)), "{tokens:?}");
    // The server repeats the tokens in a header and in the body. One task returns the plugin's whole memory. Another task
    // traps, with the answers in the message.
    let accounts = SERVICES.map(|(service, _)| service);
    let titles = ["Memory", "Trap", "Missing"];
    for (title, mut args) in titles.iter().zip([
        json!({ "page": "v1/echo", "memory": true }),
        json!({ "page": "v1/echo", "trap": true }),
        json!({ "page": "v1/nothing" }),
    ]) {
        args["accounts"] = json!(accounts);
        workspace.drop_handoff_with("account", title, json!({ "args": args }));
    }
    let daemon =
        workspace.up_by(workspace.command().env("BATON_LOG", "trace").arg("-w").arg(workspace.root()).arg("up"));
    for title in titles {
        workspace
            .wait_for("the end", |workspace| workspace.tasks(title).first().is_some_and(Task::is_final).then_some(()));
    }
    let log = daemon.log();
    // The write-ahead log and what a killed daemon leaves behind are searched too.
    daemon.kill();
    let wal = workspace.state_folder().join("ledger.db-wal");
    assert!(wal.metadata().is_ok_and(|wal| wal.len() > 0), "the ledger has a write-ahead log");
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log is not verbose: {log}");

    // The report must be the plugin's real memory: it has the placeholders, and the answers with masked tokens. Its name
    // has a number if another task wrote a report first.
    let reports = workspace.list("reports");
    let name = reports.iter().find(|name| name.starts_with("memory")).unwrap_or_else(|| panic!("{reports:?}"));
    let memory = workspace.read_bytes(&format!("reports/{name}"));
    assert!(memory.len() > 65_536, "{} bytes", memory.len());
    let seen = memory.windows(13).filter(|window| window == b"baton-secret-").count();
    assert!(seen >= 2 * SERVICES.len(), "{seen} placeholders are in the memory");
    assert!(has(&memory, "\"echo\""), "the answers were in the memory");
    assert!(!has(&memory, TOKEN_PREFIX), "a token is in the plugin's memory");
    let trapped = workspace.baton(&["plugin", "log", "account"]);
    assert!(trapped.stdout.contains("the plugin traps: baton-secret-"), "{}", trapped.stdout);

    let mut outputs = vec![log, trapped.stdout + &trapped.stderr];
    for title in titles {
        let task = workspace.task(title);
        assert_eq!(task.state == "succeeded", title != "Trap", "{title}: {}", task.reason);
        for words in [&["why", task.id.as_str()][..], &["why", task.id.as_str(), "--json"]] {
            let shown = workspace.baton(words);
            outputs.push(shown.stdout + &shown.stderr);
        }
    }
    for words in [
        &["status", "--json"][..],
        &["status"],
        &["why", "plugin", "account"],
        &["account", "list", "--json"],
        &["account", "test", "--json"],
        &["secret", "list"],
        &["doctor"],
        &["ledger", "export"],
    ] {
        let mut command = workspace.command();
        command.env("BATON_LOG", "trace").arg("-w").arg(workspace.root()).args(words);
        let shown = baton_tests::Output::of(&mut command);
        assert!(!(shown.stdout.is_empty() && shown.stderr.is_empty()), "{words:?} shows nothing");
        outputs.push(shown.stdout + &shown.stderr);
    }
    let leaks: Vec<&String> = outputs.iter().filter(|output| output.contains(TOKEN_PREFIX)).collect();
    assert!(leaks.is_empty(), "a token is in {leaks:?}");
    // Also checks the search itself: it finds placeholders.
    assert!(!files_with(workspace.outside(), "baton-secret-").is_empty());
    for needle in tokens.iter().map(String::as_str).chain(["t0k3n-"]) {
        let found = files_with(workspace.outside(), needle);
        assert!(found.is_empty(), "a token is in {found:?}");
    }
}

#[test]
fn a_crash_of_the_daemon_leaves_no_core_dump() {
    let scene = Scene::connected();
    let workspace = &scene.workspace;
    let baton = workspace.command();
    // The shell raises the limit for core dumps as far as the system allows, as on the machine of a developer.
    let mut command = workspace.command_of("sh");
    command.args(["-c", "ulimit -S -c $(ulimit -H -c); exec \"$0\" \"$@\""]).arg(baton.get_program());
    command.arg("-w").arg(workspace.root()).arg("up").current_dir(workspace.outside());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    workspace.drop_handoff_with("account", "Ask", json!({ "args": {} }));
    workspace.wait_for_state("Ask", "succeeded");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id()));
    if let Ok(limits) = limits {
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    }
    kill_process(Pid::from_child(&child), Signal::ABORT).unwrap();
    let status = child.wait().unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(Signal::ABORT.as_raw()), false));
    let dumps: Vec<_> = workspace.list("..").into_iter().filter(|name| name.starts_with("core")).collect();
    assert!(dumps.is_empty(), "{dumps:?}");
}
