//! One run of the program: its wall time, processor time and peak memory.

use std::fs::{self, File};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use baton_tests::Workspace;
use serde_json::Value;

/// The interval at which a running process is sampled.
const LOOK: Duration = Duration::from_millis(5);

/// The figures of a run.
pub(crate) struct Run {
    /// From its start to its end.
    pub(crate) wall: Duration,
    /// The processor time on all cores; the last 5 ms may be missing.
    pub(crate) cpu: Duration,
    /// The peak memory in MiB.
    pub(crate) peak_mib: f64,
    /// The output.
    pub(crate) json: Value,
}

/// Runs `baton -w WORKSPACE args…`, which may have findings.
///
/// # Errors
/// When the program does not start, or ends with an exit code other than 0 or 1.
pub(crate) fn run(workspace: &Workspace, args: &[&str]) -> anyhow::Result<Run> {
    let output = workspace.outside().join("output.json");
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(args).stdin(Stdio::null()).stdout(File::create(&output)?);
    let begun = Instant::now();
    let mut child = command.spawn().context("the program does not start")?;
    let (mut cpu, mut peak_mib) = (Duration::ZERO, 0.0);
    let status = loop {
        cpu = cpu_of(child.id()).unwrap_or(cpu);
        peak_mib = peak_of(child.id()).unwrap_or(peak_mib);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        sleep(LOOK);
    };
    let wall = begun.elapsed();
    ensure!(matches!(status.code(), Some(0 | 1)), "`baton {}` ended with {status}", args.join(" "));
    Ok(Run { wall, cpu, peak_mib, json: serde_json::from_str(&fs::read_to_string(&output)?)? })
}

/// `VmHWM` of `/proc/PID/status`.
fn peak_of(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kib) / 1024.0)
}

/// User and system time of `/proc/PID/stat` (fields 14 and 15, in hundredths of a second).
fn cpu_of(process: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    // On some kernels, a process that has ended and was not waited for has no time any more.
    (ticks > 0).then(|| Duration::from_millis(ticks * 10))
}
