//! A critical request for one agent while another agent's inbox is flooded. Three times are measured from the rename into the
//! inbox: until the plugin starts, until the task is settled, and until the RETURN is delivered and the file is in the archive.
//! The same times are measured without the flood.
//!
//! The times of the start and of the settlement are those of the ledger, in whole milliseconds. Each is taken before its
//! transaction is on the disk, so it is too early by one commit.
//!
//! The files of the flood are renamed into the inbox while the daemon runs, faster than it can read the events. So the measured
//! time includes the scan that finds files whose events were lost. There is one critical file at a time. It counts only if files
//! of the flood still wait when it is archived.

use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, ensure};
use baton_tests::{Workspace, handoff, sha256, text};

use crate::arrivals::Arrivals;
use crate::latency::{events, ms};
use crate::place::UsedFolders;
use crate::report::{Report, Row};
use crate::samples::Samples;
use crate::{Scale, place};

/// The time after which a file that is not in the archive counts as lost.
const PATIENCE: Duration = Duration::from_mins(2);

/// Time between two critical files.
const PAUSE: Duration = Duration::from_millis(50);

/// The highest delay that a flood may cause, in milliseconds.
const DELAY_MS: f64 = 100.0;

/// The recipient of the critical requests: another plugin than the flooded one.
const URGENT: &str = "hostile";

/// Measures and reports.
///
/// # Errors
/// When a file is not archived.
pub(crate) fn run(scale: Scale, report: &mut Report, used: &mut UsedFolders) -> anyhow::Result<()> {
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
        quiet.push(drop_one(&workspace, &format!("quiet-{number}"), &archived)?);
        sleep(PAUSE);
    }
    let flooded = flood(&workspace, outside, &archived)?;
    drop(daemon);
    let events = events(&workspace)?;
    used.keep(workspace);
    for (what, action) in [("plugin starts", Some("started")), ("settled", Some("failed")), ("archived", None)] {
        let times = |all: &[ArchivedFile]| -> anyhow::Result<Samples> {
            let until = |one: &ArchivedFile| match action {
                Some(action) => {
                    let at = events.get(&(one.hash.clone(), action.to_owned()));
                    Ok(at.with_context(|| format!("a file has no event `{action}`"))? - one.at_ms)
                }
                None => Ok(one.archived_ms),
            };
            Ok(Samples::of(all.iter().map(until).collect::<anyhow::Result<Vec<f64>>>()?))
        };
        let (quiet, flooded) = (times(&quiet)?, times(&flooded)?);
        report.latency(&format!("critical: visible → {what}, no flood"), &quiet, None);
        report.latency(&format!("critical: visible → {what}, in the flood"), &flooded, None);
        for (place, percent) in [("in the middle", 50), ("at p99", 99)] {
            let delay = flooded.percentile(percent) - quiet.percentile(percent);
            let row = Row::new(format!("delay until {what}, {place}"), format!("{delay:.1} ms"), "");
            report.row(row.aim(format!("< {DELAY_MS:.0} ms"), delay < DELAY_MS));
        }
    }
    Ok(())
}

/// An archived critical file.
struct ArchivedFile {
    hash: String,
    /// When it became visible, in milliseconds since 1970.
    at_ms: f64,
    /// The time until it was in the archive.
    archived_ms: f64,
}

/// Floods the inbox of `noop` and returns the latencies of critical files meanwhile.
fn flood(workspace: &Workspace, from: PathBuf, archived: &Arrivals) -> anyhow::Result<Vec<ArchivedFile>> {
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
        let through = drop_one(workspace, &format!("flood-{number}"), archived)?;
        moving = moving && !renames.is_finished();
        if !moving && place::count(&inbox) == 0 {
            break;
        }
        times.push(through);
        sleep(PAUSE);
    }
    renames.join().ok().context("the flood broke off")??;
    ensure!(!times.is_empty(), "the flood was over before the first critical file");
    Ok(times)
}

fn drop_one(workspace: &Workspace, id: &str, archived: &Arrivals) -> anyhow::Result<ArchivedFile> {
    let mut value = handoff(URGENT, id);
    if let Some(object) = value.as_object_mut() {
        object.insert("priority".to_owned(), "critical".into());
        // The plugin answers with an error, which is its fastest answer.
        object.insert("action".to_owned(), "permanent".into());
    }
    let (name, outside) = (format!("{id}.json"), workspace.outside().join(id));
    let bytes = text(&value);
    fs::write(&outside, &bytes)?;
    let (wall, begun) = (SystemTime::now(), Instant::now());
    fs::rename(&outside, workspace.inbox_of(URGENT).join(&name))?;
    let moved = archived.next(PATIENCE, |found| found == name).with_context(|| format!("{name} was not archived"))?;
    Ok(ArchivedFile {
        hash: sha256(&bytes),
        at_ms: wall.duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64() * 1_000.0,
        archived_ms: ms(moved.duration_since(begun)),
    })
}
