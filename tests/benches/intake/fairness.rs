//! A critical request for one agent while another agent's inbox is flooded: how long from its rename into the inbox until it lies in
//! the archive, with the flood and without it.
//!
//! The flood is renamed in while the daemon runs, faster than its events can be read, so the scan that makes up for lost events is part
//! of it. One critical file at a time; each counts only if files of the flood still waited when it was through.

use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use baton_tests::{Workspace, handoff, text};

use crate::arrivals::Arrivals;
use crate::latency::ms;
use crate::place::Used;
use crate::report::{Report, Row};
use crate::samples::Samples;
use crate::{Scale, place};

/// A file that is not through by then is lost.
const PATIENCE: Duration = Duration::from_mins(2);

/// Time between two critical files.
const PAUSE: Duration = Duration::from_millis(50);

/// The delay that a flood may add at most, in milliseconds.
const DELAY_MS: f64 = 100.0;

/// Who gets the critical requests: another plugin than the flooded one.
const URGENT: &str = "hostile";

/// Measures and reports.
///
/// # Errors
/// When a file is not archived.
pub(crate) fn run(scale: Scale, report: &mut Report, used: &mut Used) -> anyhow::Result<()> {
    report.part(format!("Fairness: a critical request while {} files flood another agent's inbox", scale.flood));
    let workspace = Workspace::with_hostile();
    let outside = workspace.outside().join("flood");
    place::fill(&outside, scale.flood)?;
    let archive = workspace.root().join("handoffs").join(URGENT).join("03_failed");
    fs::create_dir_all(&archive)?;
    let daemon = workspace.up_and_serving();
    sleep(Duration::from_secs(1));
    let archived = Arrivals::into(&archive)?;
    let mut quiet = Vec::new();
    for number in 0..scale.singles.min(60) {
        quiet.push(ms(drop_one(&workspace, &format!("quiet-{number}"), &archived)?));
        sleep(PAUSE);
    }
    let flooded = flood(&workspace, outside, &archived)?;
    drop(daemon);
    used.keep(workspace);
    let (quiet, flooded) = (Samples::of(quiet), Samples::of(flooded));
    report.latency("critical: visible → archived, no flood", &quiet, None);
    report.latency("critical: visible → archived, in the flood", &flooded, None);
    for (what, percent) in [("in the middle", 50), ("at p99", 99)] {
        let delay = flooded.percentile(percent) - quiet.percentile(percent);
        let row = Row::new(format!("delay by the flood, {what}"), format!("{delay:.1} ms"), "");
        report.row(row.aim(format!("< {DELAY_MS:.0} ms"), delay < DELAY_MS));
    }
    Ok(())
}

/// Floods the inbox of `noop` and gives the latencies of critical files meanwhile.
fn flood(workspace: &Workspace, from: PathBuf, archived: &Arrivals) -> anyhow::Result<Vec<f64>> {
    let inbox = workspace.inbox_of("noop");
    let to = inbox.clone();
    let renames = std::thread::spawn(move || -> std::io::Result<()> {
        for entry in fs::read_dir(&from)? {
            let name = entry?.file_name();
            fs::rename(from.join(&name), to.join(&name))?;
        }
        Ok(())
    });
    let mut times = Vec::new();
    let mut moving = true;
    for number in 0.. {
        let time = drop_one(workspace, &format!("flood-{number}"), archived)?;
        moving = moving && !renames.is_finished();
        if !moving && place::count(&inbox) == 0 {
            break;
        }
        times.push(ms(time));
        sleep(PAUSE);
    }
    renames.join().ok().context("the flood broke off")??;
    ensure!(!times.is_empty(), "the flood was over before the first critical file");
    Ok(times)
}

fn drop_one(workspace: &Workspace, id: &str, archived: &Arrivals) -> anyhow::Result<Duration> {
    let mut value = handoff(URGENT, id);
    if let Some(object) = value.as_object_mut() {
        object.insert("priority".to_owned(), "critical".into());
        // It answers with an error, which is the cheapest thing that it does.
        object.insert("action".to_owned(), "permanent".into());
    }
    let (name, outside) = (format!("{id}.json"), workspace.outside().join(id));
    fs::write(&outside, text(&value))?;
    let begun = Instant::now();
    fs::rename(&outside, workspace.inbox_of(URGENT).join(&name))?;
    let moved = archived.next(PATIENCE, |found| found == name).with_context(|| format!("{name} was not archived"))?;
    Ok(moved.duration_since(begun))
}
