//! Many files that wait at the start: the time and the memory of `baton up --once`, from the start of the process to its end. The
//! time is compared with the grouped floor on the same files, in the order floor, ours, ours, floor.
//!
//! Each run gets a separate folder with the same files, which are written and synced before. One run of the floor comes first and
//! is not counted. The memory is the peak of the process minus the memory of an idle daemon of an empty workspace.

use std::thread::sleep;
use std::time::Duration;

use anyhow::ensure;
use baton_tests::Workspace;

use crate::floor::grouped;
use crate::place::UsedFolders;
use crate::process::{memory_mib, up_once};
use crate::report::{Report, Row, say};
use crate::samples::Samples;
use crate::{Scale, place};

/// The memory that a drain may use in addition to that of an idle daemon, in MiB.
const GROWTH_MIB: f64 = 100.0;

/// The results of Baton and of the floor for one number of files.
#[derive(Default)]
struct Rates {
    /// Files in a second.
    ours: Vec<f64>,
    floor: Vec<f64>,
    /// The seconds of each whole run of Baton.
    walls: Vec<f64>,
    peaks_mib: Vec<f64>,
}

/// Measures and reports.
///
/// # Errors
/// When a run fails or a file is left.
pub(crate) fn run(scale: Scale, report: &mut Report, used: &mut UsedFolders) -> anyhow::Result<()> {
    let processors = std::thread::available_parallelism()?;
    report.part(format!(
        "Files that wait at the start: capture, no-op plugin, RETURN, archive (`baton up --once`), {processors} processors"
    ));
    let idle_mib = idle_mib(used);
    if let Some(idle) = idle_mib {
        report.row(Row::new("memory of an idle daemon", format!("{idle:.1} MiB"), "1 run"));
    }
    floor(scale.waiting, &mut Rates::default(), used)?;
    let mut rates = Rates::default();
    for side in [floor, ours, ours, floor] {
        side(scale.waiting, &mut rates, used)?;
    }
    let middle = tell(report, scale.waiting, &rates, idle_mib);
    let mut long = Rates::default();
    for side in [floor, ours, floor] {
        side(scale.long, &mut long, used)?;
    }
    let long_middle = tell(report, scale.long, &long, idle_mib);
    let (kept, what) = (long_middle / middle, format!("rate of {} against {}", scale.long, scale.waiting));
    report.row(Row::new(what, format!("{:.0} %", kept * 100.0), "").aim("within 20 % (or faster)", kept >= 0.8));
    Ok(())
}

fn idle_mib(used: &mut UsedFolders) -> Option<f64> {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    sleep(Duration::from_secs(1));
    let mib = memory_mib(daemon.id(), "VmRSS");
    drop(daemon);
    used.keep(workspace);
    mib
}

fn ours(count: u32, rates: &mut Rates, used: &mut UsedFolders) -> anyhow::Result<()> {
    let workspace = Workspace::with_noop();
    place::fill(&workspace.inbox_of("noop"), count)?;
    let run = up_once(&workspace)?;
    let handoffs = workspace.root().join("handoffs");
    for folder in ["noop/02_processed", "Claude-MM1/01_inbox"] {
        let found = place::count(&handoffs.join(folder));
        ensure!(found == count, "{found} files of {count} came to {folder}");
    }
    let wall = run.wall.as_secs_f64();
    say(&format!("    ours: {count} in {wall:.2} s"));
    rates.ours.push(f64::from(count) / wall);
    rates.walls.push(wall);
    rates.peaks_mib.extend(run.peak_mib);
    used.keep(workspace);
    Ok(())
}

fn floor(count: u32, rates: &mut Rates, used: &mut UsedFolders) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    place::fill(&folder.path().join("01_inbox"), count)?;
    let wall = grouped(folder.path())?.as_secs_f64();
    say(&format!("    floor: {count} in {wall:.2} s"));
    rates.floor.push(f64::from(count) / wall);
    used.keep(folder);
    Ok(())
}

/// Reports the rates for one number of files. Returns Baton's median.
fn tell(report: &mut Report, count: u32, rates: &Rates, idle_mib: Option<f64>) -> f64 {
    let ours = told(report, &format!("{count} waiting: ours, files/s"), &rates.ours);
    let floor = told(report, &format!("{count} waiting: floor, files/s"), &rates.floor);
    let walls = told(report, &format!("{count} waiting: ours, s"), &rates.walls);
    let peaks = told(report, &format!("{count} waiting: peak memory, MiB"), &rates.peaks_mib);
    let (rate, allowed, wall) = (ours.median(), floor.median(), walls.median());
    let row = Row::new(format!("{count} waiting: drained in"), format!("{wall:.2} s"), spread(&walls, 2));
    report.row(if count == 10_000 { row.aim("< 15 s", wall < 15.0) } else { row });
    let row = Row::new("  ours", format!("{rate:.0}/s"), spread(&ours, 0));
    report.row(row.aim("≥ 1000/s on an ordinary SSD", rate >= 1000.0));
    report.row(Row::new("  floor: grouped syncs", format!("{allowed:.0}/s"), spread(&floor, 0)));
    // The spread is that of all pairs of a run of Baton and a run of the floor, because the speed of the disk changes
    // between runs.
    let pairs =
        Samples::of(rates.ours.iter().flat_map(|ours| rates.floor.iter().map(move |floor| ours / floor * 100.0)));
    let share = rate / allowed * 100.0;
    report.row(Row::new("  ours / floor", format!("{share:.0} %"), spread(&pairs, 0)).aim("≥ 50 %", share >= 50.0));
    if let (Some(idle), false) = (idle_mib, peaks.values().is_empty()) {
        let growth = peaks.max() - idle;
        let row = Row::new("  memory above idle", format!("{growth:.1} MiB"), format!("peaks: {}", spread(&peaks, 1)));
        report.row(row.aim(format!("< {GROWTH_MIB} MiB"), growth < GROWTH_MIB));
    }
    rate
}

fn told(report: &mut Report, name: &str, values: &[f64]) -> Samples {
    let samples = Samples::of(values.iter().copied());
    report.samples(name, &samples);
    samples
}

/// Minimum, median and maximum.
pub(crate) fn spread(samples: &Samples, digits: usize) -> String {
    let [min, median, max] = [samples.min(), samples.median(), samples.max()];
    format!("{min:.digits$} / {median:.digits$} / {max:.digits$}, n = {}", samples.values().len())
}
