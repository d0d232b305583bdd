//! Components that attack the host: each ends in the right state within its limits, the message says what happened, and other plugins
//! and the memory of the host are not affected.
//!
//! Attacks that compiled Rust can make are actions of the fixture `hostile`. Those that no compiler generates are written as text
//! ([`text`]), and damaged components are made from valid ones ([`broken`]).

mod broken;
mod crowd;
mod links;
mod quarantine;
mod text;

use std::fs;

use baton_tests::{Task, Workspace};

/// Actions that do not end, with words of the reason and the limit of `why --json` that they reach.
const FLOODS: [(&str, &str, &str); 12] = [
    ("chatter-flood", "limit of log lines in a second", "log_writes_per_s"),
    ("log-bytes", "limit of log (bytes)", "log_bytes"),
    ("call-flood", "limit of host calls", "host_calls"),
    ("emit-storm", "limit of host calls", "host_calls"),
    ("hoard-handles", "limit of open handles", "handles"),
    ("fill-disk", "limit of bytes written", "written_bytes"),
    ("make-folders", "limit of files and folders made", "files_made"),
    ("sparse-size", "limit of holes in files (bytes)", "hole_bytes"),
    ("sparse-write", "limit of holes in files (bytes)", "hole_bytes"),
    ("two-gigabytes", "limit of memory (bytes)", "memory_bytes"),
    ("huge-result", "limit of bytes in one call", "call_bytes"),
    ("spin", "limit of time (ms)", "wall_ms"),
];

/// The memory by which the host may grow while all floods run, two at a time with 64 MiB each. It includes their memories and
/// results, and memory that the pool keeps for later attempts.
const GROWTH_KIB: u64 = 400 << 10;

#[test]
fn every_flood_ends_at_its_limit_while_another_plugin_works_and_the_host_does_not_grow() {
    let workspace = Workspace::with_hostile();
    let config = workspace.read("baton.toml") + "\n[agents.hostile]\nconcurrency = 2\n";
    workspace.write("baton.toml", config);
    let daemon = workspace.up_and_serving();
    workspace.drop_handoff("noop", "Before");
    workspace.wait_for_archive("Before");
    let before = memory_kib(daemon.id(), "VmRSS");
    for (action, ..) in FLOODS {
        workspace.drop_action("hostile", action);
        workspace.drop_handoff("noop", &format!("Beside {action}"));
    }
    workspace.wait_for_state("spin", "running");
    for (action, ..) in FLOODS {
        let task = workspace.wait_for_archive(&format!("Beside {action}"));
        assert_eq!(task.state, "succeeded");
    }
    for (action, words, ceiling) in FLOODS {
        let task = workspace.wait_for_archive(action);
        ended_at(&workspace, &task, words, ceiling);
    }
    let grown = memory_kib(daemon.id(), "VmHWM").saturating_sub(before);
    assert!(grown < GROWTH_KIB, "the daemon grew by {grown} KiB");
    assert!(workspace.read_bytes("plans/filled.bin").len() <= 33 << 20, "the disk is not filled");
    assert!(workspace.inbox("Cursor-MM1").is_empty(), "a failed task sends no request");
    assert!(daemon.stop().success());
}

#[track_caller]
fn ended_at(workspace: &Workspace, task: &Task, words: &str, ceiling: &str) {
    assert_eq!(task.state, "failed", "{}: {}", task.title, task.reason);
    assert!(task.reason.contains(words), "{}: `{words}` in: {}", task.title, task.reason);
    let why = workspace.why(&task.id);
    let used = why.used.get(ceiling).copied();
    assert!(used.is_some_and(|used| used.hit && used.used >= used.limit), "{}: {:?}", task.title, why.used);
    let text = workspace.baton(&["why", &task.id]).ended(0).stdout;
    let line = text.lines().find(|line| line.starts_with(ceiling)).unwrap_or_default();
    assert!(line.ends_with("reached"), "{}: {text}", task.title);
}

/// A figure of `/proc/PID/status`.
fn memory_kib(process: u32, figure: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

#[test]
fn deep_recursion_crashes_only_the_plugin() {
    let workspace = Workspace::with_hostile();
    workspace.drop_action("hostile", "recurse");
    workspace.drop_handoff("noop", "Undisturbed");
    workspace.up_once();
    let task = workspace.task("recurse");
    assert_eq!(task.state, "failed");
    assert!(task.reason.contains("crashed") && task.reason.contains("stack"), "{}", task.reason);
    assert_eq!(workspace.task("Undisturbed").state, "succeeded");
}

#[test]
fn omitted_bytes_of_a_log_are_reported() {
    let workspace = Workspace::with_hostile();
    workspace.drop_action("hostile", "chatter");
    workspace.up_once();
    let task = workspace.task("chatter");
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    let why = workspace.why(&task.id);
    assert_eq!(why.used.get("log_bytes").map(|log| (log.used, log.hit)), Some((10_000_000, false)));
    assert_eq!(why.used.get("log_kept_bytes").map(|log| (log.limit, log.hit)), Some((64 << 10, true)));
}
