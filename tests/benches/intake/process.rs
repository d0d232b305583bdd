//! Measures the time and the peak memory of whole processes. A helper ends a process with its children.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use baton_tests::Workspace;
use rustix::process::{Pid, Signal, kill_process_group};

/// The limit for one run. Every working process is faster.
const PATIENCE: Duration = Duration::from_mins(20);

/// The interval at which a running process is sampled.
const LOOK: Duration = Duration::from_millis(5);

/// A run of `baton up --once`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// The time from the start of the process to its end.
    pub(crate) wall: Duration,
    /// The peak memory in MiB; absent if the system does not report it.
    pub(crate) peak_mib: Option<f64>,
}

/// Runs `baton up --once` to its end.
///
/// # Errors
/// When the command fails. The error contains its log.
pub(crate) fn up_once(workspace: &Workspace) -> anyhow::Result<Run> {
    let log = workspace.outside().join("once.log");
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["up", "--once"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
    let begun = Instant::now();
    let mut group = Group::start(&mut command)?;
    let mut peak_mib = None;
    let status = loop {
        peak_mib = memory_mib(group.id(), "VmHWM").or(peak_mib);
        if let Some(status) = group.child.try_wait()? {
            break status;
        }
        ensure!(begun.elapsed() < PATIENCE, "`baton up --once` did not end within {PATIENCE:?}");
        sleep(LOOK);
    };
    let wall = begun.elapsed();
    ensure!(status.success(), "`baton up --once` ended with {status}\n{}", last_lines(&fs::read_to_string(&log)?));
    Ok(Run { wall, peak_mib })
}

fn last_lines(log: &str) -> String {
    let mut lines: Vec<_> = log.lines().rev().take(5).collect();
    lines.reverse();
    lines.join("\n")
}

/// A figure of `/proc/PID/status` in MiB.
pub(crate) fn memory_mib(process: u32, figure: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'))?;
    let kib: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kib) / 1024.0)
}

/// A process and all processes that it started. Dropping the value ends them.
pub(crate) struct Group {
    child: Child,
}

impl Group {
    /// Starts the command in a separate process group.
    ///
    /// # Errors
    /// When the command cannot be started.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let shown = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn().with_context(|| format!("failed to start {shown}"))?;
        Ok(Self { child })
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // After the wait, the id may belong to another process.
        if let Ok(None) = self.child.try_wait() {
            let _gone_already = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        drop(self.child.wait());
    }
}
