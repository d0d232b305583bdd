//! Measures one file at a time on an idle daemon: the time from the rename of the file into the inbox until the plugin has
//! started, until the RETURN is visible, and until the file is in the archive.
//!
//! The start of a plugin is not visible from outside, so two events of the ledger enclose it. The time of `started` is taken
//! before a commit that must be on the disk before the plugin runs, so it is too early by one commit. The time of `succeeded` is
//! taken after the end of the plugin, so it is too late by the run time of a plugin that does nothing (tens of microseconds). The
//! aim applies to `succeeded`. Both times use the same clock as the rename, truncated to whole milliseconds, so one millisecond
//! is added to `succeeded`.
//!
//! RETURN and archive are observed with inotify and measured with the monotonic clock. The floor is measured once after each
//! file, so that both use the disk in the same state.

use std::collections::HashMap;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, ensure};
use baton_tests::{Workspace, sha256};
use serde_json::Value;

use crate::arrivals::Arrivals;
use crate::floor::Single;
use crate::place::UsedFolders;
use crate::report::Report;
use crate::samples::Samples;
use crate::{Scale, place};

/// Idle time before each file.
const PAUSE: Duration = Duration::from_millis(20);

/// The time after which a file that is not in the archive counts as lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// The time at which a file was renamed into the inbox, and the durations until its events, as seen from outside.
struct DropTimes {
    hash: String,
    at_ms: f64,
    to_return: Duration,
    to_archive: Duration,
}

/// Measures and reports.
///
/// # Errors
/// When a file is not answered.
pub(crate) fn run(scale: Scale, report: &mut Report, used: &mut UsedFolders) -> anyhow::Result<()> {
    report.part("Latency: an idle daemon, one file at a time, every step on the disk (the no-op plugin)");
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    sleep(Duration::from_secs(1));
    let returns = Arrivals::into(&workspace.inbox_of("Claude-MM1"))?;
    let archive = workspace.root().join("handoffs/noop/02_processed");
    fs::create_dir_all(&archive)?;
    let archived = Arrivals::into(&archive)?;
    let mut floor = Single::new(workspace.outside().join("floor"))?;
    let (mut drops, mut to_start, mut to_return) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..scale.singles {
        drops.push(drop_one(&workspace, number, &returns, &archived)?);
        sleep(PAUSE / 2);
        let started = floor.until_start()?;
        to_start.push(ms(started));
        to_return.push(ms(started + floor.until_return()?));
        sleep(PAUSE / 2);
    }
    let events = events(&workspace)?;
    drop(daemon);
    used.keep(workspace);
    let since = |action: &str, later: f64| -> anyhow::Result<Samples> {
        let times = drops.iter().map(|drop| {
            let found = events.get(&(drop.hash.clone(), action.to_owned()));
            Ok(found.with_context(|| format!("a file has no event `{action}`"))? - drop.at_ms + later)
        });
        Ok(Samples::of(times.collect::<anyhow::Result<Vec<f64>>>()?))
    };
    report.latency("visible → plugin started, at the latest", &since("succeeded", 1.0)?, Some((5.0, 25.0)));
    report.latency("visible → plugin started, at the earliest", &since("started", 0.0)?, None);
    report.latency("  floor: 2 synced appends", &Samples::of(to_start), None);
    report.latency("visible → RETURN visible", &Samples::of(drops.iter().map(|drop| ms(drop.to_return))), None);
    report.latency("  floor: 4 synced appends, file, rename", &Samples::of(to_return), None);
    report.latency("visible → archived", &Samples::of(drops.iter().map(|drop| ms(drop.to_archive))), None);
    Ok(())
}

fn drop_one(workspace: &Workspace, number: u32, returns: &Arrivals, archived: &Arrivals) -> anyhow::Result<DropTimes> {
    let (name, bytes) = (place::name(number), place::bytes(number));
    let outside = workspace.outside().join(&name);
    fs::write(&outside, &bytes)?;
    let (wall, begun) = (SystemTime::now(), Instant::now());
    fs::rename(&outside, workspace.inbox_of("noop").join(&name))?;
    let returned = returns.next(PATIENCE, |found| !found.starts_with('.')).context("no RETURN")?;
    let moved = archived.next(PATIENCE, |found| found == name).context("not archived")?;
    Ok(DropTimes {
        hash: sha256(&bytes),
        at_ms: wall.duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64() * 1_000.0,
        to_return: returned.duration_since(begun),
        to_archive: moved.duration_since(begun),
    })
}

/// The time of each event in milliseconds since 1970, by the hash of the event's file and by its action.
///
/// # Errors
/// When the ledger cannot be exported.
pub(crate) fn events(workspace: &Workspace) -> anyhow::Result<HashMap<(String, String), f64>> {
    let export = workspace.baton(&["ledger", "export"]);
    ensure!(export.code == 0, "`baton ledger export` failed: {}", export.stderr);
    let mut events = HashMap::new();
    for line in export.stdout.lines() {
        let event: Value = serde_json::from_str(line)?;
        let text = |key: &str| event.get(key).and_then(Value::as_str).map(str::to_owned);
        if let (Some(hash), Some(action), Some(at)) =
            (text("input_hash"), text("action"), event.get("at").and_then(Value::as_f64))
        {
            events.insert((hash, action), at);
        }
    }
    Ok(events)
}

/// Converts a duration to milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
