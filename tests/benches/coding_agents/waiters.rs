//! Clients that wait for work over HTTP: measures the processor time and the memory that the daemon needs for them.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context as _;

use crate::http::{HttpSession, enable, port};
use crate::report::{Report, Row};
use crate::{AGENTS, Scale, workspace};

pub(crate) fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    let count = AGENTS.len() * scale.waiters;
    report.part(format!("{count} clients wait for work over HTTP"));
    let workspace = workspace();
    enable(&workspace);
    let daemon = workspace.up_and_serving();
    let port = port(&workspace, &daemon);
    let sessions = AGENTS.map(|agent| HttpSession::open(&workspace, port, agent));
    let sessions = sessions.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let idle = watch(daemon.id(), scale.watched)?;
    let mut waiting = Vec::new();
    for session in &sessions {
        for _ in 0..scale.waiters {
            waiting.push(session.wait()?);
        }
    }
    let used = watch(daemon.id(), scale.watched)?;
    drop(waiting);
    let seconds = scale.watched.as_secs();
    let (cpu, memory) = (used.percent - idle.percent, used.mib - idle.mib);
    let cpu_row = Row::new(
        "processor time above idle, of one core",
        format!("{cpu:.2} %"),
        format!("{:.2} % with them, {:.2} % without, {seconds} s each", used.percent, idle.percent),
    );
    report.row(cpu_row.aim("< 1 %", cpu < 1.0));
    let memory_row = Row::new(
        "memory above idle (RSS)",
        format!("{memory:.1} MiB"),
        format!("{:.1} MiB with them, {:.1} MiB without", used.mib, idle.mib),
    );
    report.row(memory_row.aim("< 20 MiB", memory < 20.0));
    Ok(())
}

/// The resources of a process.
struct ResourceUse {
    /// Processor time, in per cent of one core.
    percent: f64,
    /// Memory at the end, in MiB.
    mib: f64,
}

/// Measures the resource use of a process during this time.
fn watch(process: u32, time: Duration) -> anyhow::Result<ResourceUse> {
    // Wait until a process that was just started is idle.
    sleep(Duration::from_secs(2));
    let before = ticks(process)?;
    sleep(time);
    let used = ticks(process)? - before;
    Ok(ResourceUse { percent: f64::from(used) / time.as_secs_f64(), mib: memory_mib(process)? })
}

/// User and system time of `/proc/PID/stat` (fields 14 and 15) in hundredths of a second.
fn ticks(process: u32) -> anyhow::Result<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit(')').next().context("no fields")?.split_whitespace().skip(11).take(2);
    fields.map(|field| Ok(field.parse::<u32>()?)).sum()
}

fn memory_mib(process: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u32 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(f64::from(kib) / 1024.0)
}
