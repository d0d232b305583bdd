//! One audit by the real program, and one run of any other command: the time and the peak memory.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use baton_tests::Workspace;
use jiff::Timestamp;
use serde_json::Value;

use crate::report::{Report, Row};
use crate::samples::Samples;

/// The interval at which the memory of a running process is sampled.
const LOOK: Duration = Duration::from_millis(5);

/// The limit for one run. Every working command is faster.
const PATIENCE: Duration = Duration::from_mins(10);

/// A pause after which the audit remembers a file. It does not remember a file that changed a moment ago, because the file may
/// change again.
pub(crate) const SETTLED: Duration = Duration::from_secs(3);

/// A process that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// The time from the start of the process to its end, in milliseconds.
    pub(crate) wall_ms: f64,
    /// The peak memory in MiB; absent if the system does not report it or the process was too short.
    pub(crate) peak_mib: Option<f64>,
}

/// The samples of all audits of one kind.
#[derive(Debug, Default)]
pub(crate) struct Audits {
    command_ms: Vec<f64>,
    attempt_ms: Vec<f64>,
    peak_mib: Vec<f64>,
}

impl Audits {
    /// Runs one audit of all plans of a workspace, and adds its samples.
    ///
    /// # Errors
    /// When the audit does not succeed.
    pub(crate) fn add(&mut self, workspace: &Workspace) -> anyhow::Result<()> {
        let mut command = workspace.command();
        command.arg("-w").arg(workspace.root()).args(["run", "audit", "audit"]);
        let run = run(&mut command, workspace, &[0, 1])?;
        self.command_ms.push(run.wall_ms);
        self.peak_mib.extend(run.peak_mib);
        self.attempt_ms.push(attempt_ms(workspace)?);
        Ok(())
    }

    /// Adds two rows to the report: one for the attempt, with the aim `aim_ms`, and one for the whole command.
    pub(crate) fn tell(&self, what: &str, aim_ms: f64, report: &mut Report) {
        let attempt = Samples::of(self.attempt_ms.iter().copied());
        let reached = attempt.median() < aim_ms;
        let told = row(report, &format!("{what}: the attempt"), "ms", &attempt).aim(aim(aim_ms), reached);
        report.row(told);
        let command = Samples::of(self.command_ms.iter().copied());
        let told = row(report, &format!("{what}: the whole command"), "ms", &command);
        report.row(told);
    }

    /// Adds a row of the memory.
    pub(crate) fn tell_memory(&self, what: &str, aim_mib: f64, report: &mut Report) {
        let peak = Samples::of(self.peak_mib.iter().copied());
        let told = row(report, &format!("{what}: memory at most (RSS)"), "MiB", &peak);
        report.row(told.aim(format!("< {aim_mib} MiB"), peak.max() < aim_mib));
    }

    /// The median of the attempts, in milliseconds.
    pub(crate) fn attempt(&self) -> f64 {
        Samples::of(self.attempt_ms.iter().copied()).median()
    }
}

fn aim(ms: f64) -> String {
    if ms >= 1_000.0 { format!("< {} s", ms / 1_000.0) } else { format!("< {ms} ms") }
}

/// A row with the median and the spread of the samples, in `unit`. The report also gets the samples.
fn row(report: &mut Report, what: &str, unit: &str, samples: &Samples) -> Row {
    report.samples(&format!("{what}, {unit}"), samples);
    let spread = format!("{:.1} to {:.1}, n = {}", samples.min(), samples.max(), samples.values().len());
    Row::new(what, format!("{:.1} {unit}", samples.median()), spread)
}

/// Adds a row with the times of a command.
pub(crate) fn tell(what: &str, runs: &[Run], report: &mut Report) {
    let samples = Samples::of(runs.iter().map(|run| run.wall_ms));
    report.latency(what, &samples, None);
}

/// Runs a command to its end. `codes` are the exit codes that count as success. Standard error is written to a file next to
/// the workspace.
///
/// # Errors
/// When the command ends with another exit code. The error has the end of the command's output.
pub(crate) fn run(command: &mut Command, workspace: &Workspace, codes: &[i32]) -> anyhow::Result<Run> {
    let log = workspace.outside().join("said.log");
    let shown = command.get_program().to_string_lossy().into_owned();
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
    let begun = Instant::now();
    let mut child = command.spawn().with_context(|| format!("failed to start {shown}"))?;
    let mut peak_mib = None;
    let status = loop {
        peak_mib = memory_mib(child.id()).or(peak_mib);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        ensure!(begun.elapsed() < PATIENCE, "`{shown}` did not end within {PATIENCE:?}");
        // A short command is checked often, so that the interval adds little to its time.
        sleep(if begun.elapsed() < Duration::from_millis(500) { Duration::from_micros(100) } else { LOOK });
    };
    let wall_ms = begun.elapsed().as_secs_f64() * 1e3;
    let well = status.code().is_some_and(|code| codes.contains(&code));
    ensure!(well, "`{shown}` ended with {status}\n{}", fs::read_to_string(&log)?);
    Ok(Run { wall_ms, peak_mib })
}

fn memory_mib(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kib) / 1024.0)
}

/// The duration of the newest audit by the ledger. The ledger truncates times to milliseconds, so the later time is increased
/// by one millisecond.
fn attempt_ms(workspace: &Workspace) -> anyhow::Result<f64> {
    let task = workspace.tasks_of("audit").into_iter().next().context("the audit is in the ledger")?;
    let why = workspace.why(&task.id);
    let at = |action: &str| -> anyhow::Result<Timestamp> {
        let event = why.events.iter().rev().find(|event| event.action == action);
        Ok(event.with_context(|| format!("the audit has no event `{action}`: {}", task.state))?.at.parse()?)
    };
    let (started, succeeded) = (at("started")?, at("succeeded")?);
    let span = succeeded.as_millisecond() + 1 - started.as_millisecond();
    Ok(Duration::from_millis(span.unsigned_abs()).as_secs_f64() * 1e3)
}

/// Every file name in the newest JSON report of a workspace. `find` and `rg` search for these names.
///
/// # Errors
/// When there is no report.
pub(crate) fn names(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let reports = fs::read_dir(workspace.root().join("reports"))?;
    let reports = reports.filter_map(|entry| Some(entry.ok()?.path()));
    let json = reports.filter(|path| path.extension().is_some_and(|ending| ending == "json")).max();
    let report: Value = serde_json::from_slice(&fs::read(json.context("the audit wrote a JSON report")?)?)?;
    let mut names = Vec::new();
    for plan in report.get("plans").and_then(Value::as_array).into_iter().flatten() {
        for list in ["deliverables", "references"] {
            for row in plan.get(list).and_then(Value::as_array).into_iter().flatten() {
                let path = row.get("path").and_then(Value::as_str).unwrap_or_default();
                names.push(path.rsplit('/').next().unwrap_or(path).to_owned());
            }
        }
    }
    names.sort();
    names.dedup();
    ensure!(!names.is_empty(), "the report names no file");
    Ok(names)
}
