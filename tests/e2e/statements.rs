//! The limits of a plugin's SQL statement: time within one instruction, temporary files, memory, and the write-ahead log. Every
//! statement ends with its attempt.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use baton_tests::{Daemon, Workspace};
use serde_json::json;

const OWN: &str = "sql = [{ database = \"own\", mode = \"rw\" }, { database = \"catalog\", mode = \"rw\" }]";

/// The limit of temporary files, and the bytes that a worker can write to a fast disk before it is killed.
const TEMPORARY: u64 = (512 + 128) << 20;

/// The memory of a worker: SQLite's limit, and the memory of the program itself.
const MEMORY_KIB: u64 = (128 + 96) << 10;

/// The processes that run statements for the process `parent`.
fn workers(parent: u32) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let is_worker = |process: &PathBuf| {
        let parent_of = figure(process, "PPid:") == Some(u64::from(parent));
        parent_of && fs::read_to_string(process.join("cmdline")).is_ok_and(|line| line.contains("worker\0sql"))
    };
    processes.filter(is_worker).collect()
}

/// A value of `/proc/PID/status`.
fn figure(process: &Path, name: &str) -> Option<u64> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
}

/// The disk space of deleted files that a process still has open. SQLite's temporary files are such files.
fn temporary_bytes(process: &Path) -> u64 {
    let Ok(open) = fs::read_dir(process.join("fd")) else { return 0 };
    let files = open.flatten().filter_map(|entry| fs::metadata(entry.path()).ok());
    files.filter(|file| file.is_file() && file.nlink() == 0).map(|file| file.blocks() * 512).sum()
}

/// Measures the workers of a process, and the process's own temporary files, until it is stopped.
struct UsageSampler {
    stopped: Arc<AtomicBool>,
    temporary: Arc<AtomicU64>,
    memory_kib: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl UsageSampler {
    fn on(parent: u32) -> Self {
        let (stopped, temporary, memory_kib) = (Arc::<AtomicBool>::default(), Arc::default(), Arc::default());
        let (ended, space, memory) =
            (Arc::clone(&stopped), Arc::<AtomicU64>::clone(&temporary), Arc::<AtomicU64>::clone(&memory_kib));
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let parent_itself = PathBuf::from(format!("/proc/{parent}"));
                space.fetch_max(temporary_bytes(&parent_itself), Ordering::Relaxed);
                for worker in workers(parent) {
                    space.fetch_max(temporary_bytes(&worker), Ordering::Relaxed);
                    memory.fetch_max(figure(&worker, "VmHWM:").unwrap_or_default(), Ordering::Relaxed);
                }
                sleep(Duration::from_millis(5));
            }
        });
        Self { stopped, temporary, memory_kib, thread }
    }

    /// The largest measured size of temporary files and memory.
    fn stop(self) -> (u64, u64) {
        self.stopped.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        (self.temporary.load(Ordering::Relaxed), self.memory_kib.load(Ordering::Relaxed))
    }
}

/// Runs one expensive statement. Returns how it ended and how long it took; asserts the limits of temporary files and memory.
fn asked(statement: &str) -> (String, Duration) {
    let workspace = Workspace::with_store(OWN);
    let daemon = workspace.up_and_serving();
    let gauge = UsageSampler::on(daemon.id());
    let daemon_before = figure(Path::new(&format!("/proc/{}", daemon.id())), "VmRSS:").unwrap_or_default();
    let begun = Instant::now();
    workspace.drop_handoff_with("store", "grind", json!({ "action": "grind", "args": { "statement": statement } }));
    let task = workspace.wait_for_archive("grind");
    let took = begun.elapsed();
    let (temporary, memory) = gauge.stop();
    let daemon_after = figure(Path::new(&format!("/proc/{}", daemon.id())), "VmHWM:").unwrap_or_default();
    assert_eq!(task.state, "succeeded", "{}", task.reason);
    assert!(!task.reason.contains("OPEN") && task.reason.contains("the next one: true"), "{}", task.reason);
    assert!(temporary <= TEMPORARY, "{statement}: {} MiB of temporary files", temporary >> 20);
    assert!(memory <= MEMORY_KIB, "{statement}: {} MiB of memory", memory >> 10);
    assert!(
        daemon_after < daemon_before + (64 << 10),
        "{statement}: the daemon: {daemon_before} to {daemon_after} KiB"
    );
    assert!(daemon.stop().success());
    (task.reason, took)
}

#[test]
fn slow_functions_in_one_row_end_at_the_time_limit_of_the_statement() {
    let (reason, took) = asked("instr");
    assert!(reason.contains("longer than 10 s"), "{reason}");
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn repeated_replacing_ends_at_the_time_limit_of_the_statement() {
    let (reason, took) = asked("replace");
    assert!(reason.contains("longer than 10 s") || reason.contains("too large"), "{reason}");
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn a_sort_that_is_too_large_is_refused_before_it_fills_the_disk() {
    let (reason, _) = asked("sort");
    assert!(reason.contains("temporary space") || reason.contains("longer than 10 s"), "{reason}");
}

#[test]
fn a_temporary_table_that_is_too_large_is_refused_before_it_fills_the_disk() {
    let (reason, _) = asked("distinct");
    assert!(reason.contains("temporary space") || reason.contains("longer than 10 s"), "{reason}");
}

#[test]
fn aggregated_values_have_a_size_limit() {
    let (reason, _) = asked("groups");
    assert!(reason.contains("too large"), "{reason}");
}

/// Waits until no worker of a daemon is left; returns how long that took.
fn until_none_is_left(daemon: u32) -> Duration {
    let begun = Instant::now();
    while !workers(daemon).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "statements outlive their attempt");
        sleep(Duration::from_millis(5));
    }
    begun.elapsed()
}

/// A daemon with a plugin that runs a statement that takes a minute.
fn grinding() -> (Workspace, Daemon) {
    let workspace = Workspace::with_store(OWN);
    let daemon = workspace.up_and_serving();
    workspace.drop_action("store", "one-row");
    workspace.wait_for("a worker", |_| (!workers(daemon.id()).is_empty()).then_some(()));
    // The worker opens the database first.
    sleep(Duration::from_millis(200));
    (workspace, daemon)
}

#[test]
fn a_statement_ends_with_the_attempt_that_is_cancelled() {
    let (workspace, daemon) = grinding();
    let running = workspace.wait_for_state("one-row", "running");
    workspace.baton(&["cancel", &running.id]).ended(0);
    assert_eq!(workspace.wait_for_archive("one-row").state, "cancelled");
    let left = until_none_is_left(daemon.id());
    assert!(left < Duration::from_secs(1), "{left:?}");
    assert!(daemon.stop().success());
}

#[test]
fn a_statement_ends_at_the_time_limit_of_the_attempt() {
    let (workspace, daemon) = grinding();
    let ended = workspace.wait_for_archive("one-row");
    let left = until_none_is_left(daemon.id());
    assert_eq!(ended.state, "failed", "{}", ended.reason);
    assert!(ended.reason.contains("limit of time"), "{}", ended.reason);
    assert!(left < Duration::from_secs(1), "{left:?}");
    assert!(daemon.stop().success());
}

#[test]
fn a_statement_ends_with_the_daemon_that_is_killed() {
    let (_workspace, daemon) = grinding();
    let workers = workers(daemon.id());
    daemon.kill();
    let begun = Instant::now();
    while workers.iter().any(|worker| worker.join("fd").read_dir().is_ok_and(|mut open| open.next().is_some())) {
        assert!(begun.elapsed() < Duration::from_secs(1), "the statement outlives the daemon");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_open_cursor_does_not_let_the_log_grow_without_limit() {
    let workspace = Workspace::with_store(OWN);
    workspace.baton(&["run", "store", "fill-the-log"]).ended(0);
    let task = workspace.task("store fill-the-log");
    assert!(
        task.reason.contains("write-ahead log") && task.reason.contains("after the cursor: true"),
        "{}",
        task.reason
    );
}
