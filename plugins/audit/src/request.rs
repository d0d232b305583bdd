//! What a task asks for: its arguments, its folders and its time, checked before anything is read.

use std::path::PathBuf;

use baton_plugin_sdk::{Cause, Error, Task};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::discover::{self, Discovery, PlansFolder, Refusal, shown_join};
use crate::index::Root;
use crate::plan::Place;
use crate::report::Stamp;

/// The one action.
const ACTION: &str = "audit";

/// The arguments that the action knows.
const KNOWN: [&str; 2] = ["plans", "root"];

/// A checked task.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) plans: Discovery,
    /// Set when the task came from changed files and none of them exists any more.
    pub(crate) gone: Option<usize>,
    pub(crate) plans_folders: Vec<PlansFolder>,
    pub(crate) roots: Vec<Root>,
    pub(crate) stamp: Stamp,
    /// The task's time in nanoseconds since 1970.
    pub(crate) now_ns: u64,
}

impl Request {
    /// Checks a task.
    ///
    /// # Errors
    /// `permanent` for an unknown action or argument, a wrong value, a plan that is not there; `needs-grant` for a folder
    /// that is not granted.
    pub(crate) fn of(task: &Task) -> Result<Self, Error> {
        if task.action != ACTION {
            return Err(Error::Permanent(format!("there is no action `{}`; the audit knows `{ACTION}`", task.action)));
        }
        let args = task.args()?;
        if let Some(unknown) = args.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(Error::Permanent(format!(
                "there is no argument `{unknown}`; the audit knows `plans` and `root`"
            )));
        }
        let plans_folders = plans_folders(task)?;
        let roots = roots(task)?;
        let moment = moment(&task.now)?;
        let now_ns = u64::try_from(moment.as_nanosecond()).unwrap_or_default();
        let stamp = stamp(moment);
        let names = task.arg_list("plans")?;
        let (plans, gone) = match &task.cause {
            Cause::Files(paths) => {
                let plans = discover::changed(&plans_folders, paths);
                let gone = plans.plans.is_empty().then_some(paths.len());
                (plans, gone)
            }
            _ if names.is_empty() => (discover::all(&plans_folders), None),
            _ => (discover::named(&plans_folders, &names).map_err(refused)?, None),
        };
        Ok(Self { plans, gone, plans_folders, roots, stamp, now_ns })
    }
}

fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::NoSuchPlan(text) => Error::Permanent(text),
        Refusal::NotGranted(text) => Error::NeedsGrant(text),
    }
}

fn plans_folders(task: &Task) -> Result<Vec<PlansFolder>, Error> {
    let folders: Vec<PlansFolder> = task
        .mounts("plans")
        .map(|mount| PlansFolder { path: PathBuf::from(&mount.path), shown: mount.shown_as.clone() })
        .collect();
    if folders.is_empty() {
        return Err(Error::NeedsGrant(
            "the folder `plans` is not granted: grant it read-only so that plans can be read".into(),
        ));
    }
    Ok(folders)
}

/// The granted roots, or the folder of that name below them.
fn roots(task: &Task) -> Result<Vec<Root>, Error> {
    let granted: Vec<Root> = task
        .mounts("root")
        .map(|mount| Root { path: PathBuf::from(&mount.path), shown: mount.shown_as.clone() })
        .collect();
    if granted.is_empty() {
        return Err(Error::NeedsGrant(
            "the folder `root` is not granted: grant it read-only so that deliverables can be looked up".into(),
        ));
    }
    let Some(wanted) = task.arg_str("root")? else { return Ok(granted) };
    let below = match Place::of(&wanted) {
        Place::Inside { path, .. } if !wanted.starts_with('/') => path,
        _ => {
            return Err(Error::Permanent(format!(
                "the argument `root` must be a folder inside the granted root, not `{wanted}`"
            )));
        }
    };
    let roots: Vec<Root> =
        granted.iter().filter(|root| is_folder_below(root, &below)).map(|root| lowered(root, &below)).collect();
    if roots.is_empty() {
        let shown: Vec<&str> = granted.iter().map(|root| root.shown.as_str()).collect();
        return Err(Error::Permanent(format!("there is no folder `{wanted}` inside {}", shown.join(", "))));
    }
    Ok(roots)
}

/// Whether a folder lies there with no link on the way.
fn is_folder_below(root: &Root, below: &str) -> bool {
    let mut here = root.path.clone();
    below.split('/').filter(|part| !part.is_empty()).all(|part| {
        here.push(part);
        std::fs::symlink_metadata(&here).is_ok_and(|meta| meta.is_dir())
    })
}

fn lowered(root: &Root, below: &str) -> Root {
    let path = if below.is_empty() { root.path.clone() } else { root.path.join(below) };
    Root { path, shown: shown_join(&root.shown, below) }
}

fn moment(now: &str) -> Result<Timestamp, Error> {
    now.parse().map_err(|error| Error::Permanent(format!("the task's time `{now}` is no RFC 3339 time: {error}")))
}

fn stamp(moment: Timestamp) -> Stamp {
    let moment = moment.to_zoned(TimeZone::UTC);
    Stamp {
        compact: moment.strftime("%Y%m%d_%H%M%S").to_string(),
        long: moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    }
}
