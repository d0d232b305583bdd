//! The real program with four plugins whose code is in the cache: the time from its start to the first captured task, and its
//! idle memory.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use baton_tests::{Workspace, fixture};
use jiff::Timestamp;

use crate::report::Report;
use crate::samples::Samples;
use crate::{replaced, row};

const ROUNDS: u32 = 10;

/// A pause that is longer than the time in which Baton decides whether an existing file is still being written.
const QUIET: Duration = Duration::from_millis(700);

/// The time after which the daemon has finished its work at the start.
const SETTLED: Duration = Duration::from_secs(2);

const START_MS: f64 = 150.0;
const IDLE_MIB: f64 = 60.0;

/// Measures and reports.
///
/// # Errors
/// When the program fails.
pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    report.part("The program with four cached plugins");
    let workspace = with_four()?;
    workspace.up_once();
    let (mut accepted, mut idle) = (Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        let title = format!("Round {number}");
        workspace.drop_handoff("noop", &title);
        sleep(QUIET);
        let begun = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64() * 1e3;
        let daemon = workspace.up();
        let task = workspace.wait_for_archive(&title);
        let why = workspace.why(&task.id);
        let captured = why.events.iter().find(|event| event.action == "captured").context("it was captured")?;
        // The ledger truncates times to whole milliseconds, so the next millisecond is used.
        let at = captured.at.parse::<Timestamp>()?.as_millisecond() + 1;
        accepted.push(Duration::from_millis(at.unsigned_abs()).as_secs_f64() * 1e3 - begun);
        sleep(SETTLED);
        idle.push(memory_mib(daemon.id()).context("the system tells how much memory a process has")?);
        assert!(daemon.stop().success(), "the daemon ends without an error");
    }
    let accepted = Samples::of(accepted);
    let start = row(report, "start to the first task that is taken in", "ms", &accepted);
    report.row(start.aim(format!("< {START_MS} ms"), accepted.median() < START_MS));
    let idle = Samples::of(idle);
    let memory = row(report, "memory when idle (RSS)", "MiB", &idle);
    report.row(memory.aim(format!("< {IDLE_MIB} MiB"), idle.max() < IDLE_MIB));
    Ok(())
}

/// A workspace with four plugins: the audit, the fixtures `noop` and `hostile`, and `noop` again under another name.
fn with_four() -> anyhow::Result<Workspace> {
    let workspace = Workspace::with_hostile();
    let fourth = replaced(&fs::read(fixture("noop"))?, br#""name":"noop""#, br#""name":"nooq""#);
    let fourth = fourth.context("its manifest has its name")?;
    workspace.install("nooq", &fourth, "");
    Ok(workspace)
}

fn memory_mib(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kib: f64 =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse().ok())?;
    Some(kib / 1024.0)
}
