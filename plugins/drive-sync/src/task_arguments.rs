//! The arguments and folders of a task, with their defaults.

use std::collections::BTreeSet;
use std::path::PathBuf;

use baton_plugin_sdk::{Error, Mount, Task};
use serde_json::Value;

use crate::account::AccountPlace;
use crate::arguments::{text, texts};
use crate::drive::archive::KEPT;
use crate::drive::{id_key, is_id};
use crate::sync::{Mode, SyncOptions};

/// The number of complete readings without a property that are needed to remove its column.
const READINGS: u64 = 3;

/// The percentage of the rows that may disappear without `allow_shrink`.
const SHRINK_PERCENT: u64 = 20;

/// The name of the folder in the account that contains the folders of databases, unless the task names another folder.
const TOP: &str = "Baton";

/// Maximum number of bytes of the name of that folder. Drive stores it as a property with at most 124 bytes, including the name
/// of the property.
const MOST_TOP: usize = 100;

/// The Drive's folder: its path in the sandbox, and as the operator knows it.
///
/// # Errors
/// `needs-grant` if it is not granted, `permanent` if there are several.
pub fn drive(task: &Task) -> Result<(PathBuf, String), Error> {
    let mut mounts = task.mounts("drive");
    let missing = || {
        Error::NeedsGrant(
            "the folder `drive` is not granted: baton plugin grant drive-sync files:rw=drive=PATH-OF-THE-DRIVE"
                .to_owned(),
        )
    };
    let mount = mounts.next().ok_or_else(missing)?;
    if mounts.next().is_some() {
        let text = "the folder `drive` has several directories in baton.toml; grant only one";
        return Err(Error::Permanent(text.to_owned()));
    }
    if !mount.writable {
        return Err(missing());
    }
    Ok((PathBuf::from(&mount.path), mount.shown_as.clone()))
}

/// The folder of the databases, if it is granted.
#[must_use]
pub fn databases(task: &Task) -> Option<&Mount> {
    task.mounts("databases").next()
}

/// The ids of the selected databases, in the compared form. An empty set selects all databases.
///
/// # Errors
/// `permanent` if an entry cannot be an id.
pub fn only(task: &Task) -> Result<BTreeSet<String>, Error> {
    let ids = texts(task, "database")?;
    if let Some(wrong) = ids.iter().find(|id| !is_id(id)) {
        return Err(Error::Permanent(format!("`{wrong}` is not a database id: ASCII letters, digits and `-`")));
    }
    Ok(ids.iter().map(|id| id_key(id)).collect())
}

/// The one selected database.
///
/// # Errors
/// `permanent` if none or several are given.
pub fn database(task: &Task) -> Result<String, Error> {
    let id = text(task, "database")?.filter(|id| is_id(id));
    id.ok_or_else(|| Error::Permanent("the argument `database` must be the id of one database".to_owned()))
}

/// A required argument.
///
/// # Errors
/// `permanent` if it is missing.
pub fn needed(task: &Task, name: &str) -> Result<String, Error> {
    text(task, name)?.ok_or_else(|| Error::Permanent(format!("the argument `{name}` is missing")))
}

/// The conditions of a sync.
///
/// # Errors
/// `permanent` if an argument has another type.
pub fn sync_options(task: &Task) -> Result<SyncOptions, Error> {
    Ok(SyncOptions {
        keep: keep(task)?,
        readings: u32::try_from(number(task, "complete_reads", READINGS)?).unwrap_or(u32::MAX),
        allow_shrink: yes(task, "allow_shrink")?,
        shrink_percent: usize::try_from(number(task, "shrink_percent", SHRINK_PERCENT)?).unwrap_or(100),
        overwrite: overwrite(task)?,
    })
}

/// The number of backups to keep.
///
/// # Errors
/// `permanent` when it is not a number.
pub fn keep(task: &Task) -> Result<usize, Error> {
    let kept = number(task, "keep", KEPT as u64)?;
    if kept == 0 {
        return Err(Error::Permanent(
            "the argument `keep` must be at least 1: a change without a backup cannot be undone".to_owned(),
        ));
    }
    Ok(usize::try_from(kept).unwrap_or(usize::MAX))
}

/// The number of backups to keep, if it is given.
///
/// # Errors
/// As [`keep`].
pub fn kept(task: &Task) -> Result<Option<usize>, Error> {
    let said = task.args()?.get("keep").is_some_and(|said| !said.is_null());
    keep(task).map(|kept| said.then_some(kept))
}

/// The number of older results to keep in the folder of exports, if it is given.
///
/// # Errors
/// `permanent` when it is not a number.
pub fn keep_older(task: &Task) -> Result<Option<usize>, Error> {
    let said = task.args()?.get("keep_older").is_some_and(|said| !said.is_null());
    let most = number(task, "keep_older", 0)?;
    Ok(said.then(|| usize::try_from(most).unwrap_or(usize::MAX)))
}

/// Whether a person's changes on the Drive may be replaced.
///
/// # Errors
/// `permanent` when it is not a truth value.
pub fn overwrite(task: &Task) -> Result<bool, Error> {
    yes(task, "overwrite")
}

/// The place in the account; `None` if the task uses only the folder.
///
/// # Errors
/// `permanent` for other values.
pub fn place(task: &Task) -> Result<Option<AccountPlace>, Error> {
    let (place, top, shared_drive) =
        (task.arg_str("place")?, text(task, "account_folder")?, task.arg_str("shared_drive")?.unwrap_or_default());
    match place.as_deref() {
        None | Some("folder") if top.is_some() || !shared_drive.is_empty() => {
            Err(Error::Permanent("`account_folder` and `shared_drive` need `place`: \"account\"".to_owned()))
        }
        None | Some("folder") => Ok(None),
        Some("account") => {
            let top = top.unwrap_or_else(|| TOP.to_owned());
            if top.is_empty() || top.len() > MOST_TOP || top.chars().any(char::is_control) {
                return Err(Error::Permanent(format!(
                    "the argument `account_folder` must be a name of 1 to {MOST_TOP} bytes"
                )));
            }
            Ok(Some(AccountPlace { top, shared_drive }))
        }
        Some(other) => Err(Error::Permanent(format!("the argument `place` must be folder or account, not `{other}`"))),
    }
}

/// The maximum number of requests of the task.
///
/// # Errors
/// `permanent` when it is not a number above 0.
pub fn requests(task: &Task) -> Result<usize, Error> {
    match number(task, "requests", u64::MAX)? {
        0 => Err(Error::Permanent("the argument `requests` must be at least 1".to_owned())),
        most => Ok(usize::try_from(most).unwrap_or(usize::MAX)),
    }
}

/// The side whose cells are used in a conflict.
///
/// # Errors
/// `permanent` for other values.
pub fn mode(task: &Task) -> Result<Mode, Error> {
    match task.arg_str("mode")?.as_deref() {
        None | Some("guard") => Ok(Mode::Guard),
        Some("csv-wins") => Ok(Mode::CsvWins),
        Some(other) => Err(Error::Permanent(format!("the argument `mode` must be guard or csv-wins, not `{other}`"))),
    }
}

/// Whether the direction is from the Drive.
///
/// # Errors
/// `permanent` for other values.
pub fn from_drive(task: &Task) -> Result<bool, Error> {
    match task.arg_str("direction")?.as_deref() {
        None | Some("to-drive") => Ok(false),
        Some("from-drive") => Ok(true),
        Some(other) => {
            Err(Error::Permanent(format!("the argument `direction` must be to-drive or from-drive, not `{other}`")))
        }
    }
}

/// The value of `apply`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyArgument {
    /// Make a plan only.
    No,
    /// Apply the current plan.
    Yes,
    /// Apply the plan with this id, if it is still the current plan.
    Plan(String),
}

/// The argument `apply`.
///
/// # Errors
/// `permanent` when it is neither a truth value nor text.
pub fn apply(task: &Task) -> Result<ApplyArgument, Error> {
    match task.args()?.remove("apply") {
        None | Some(Value::Null | Value::Bool(false)) => Ok(ApplyArgument::No),
        Some(Value::Bool(true)) => Ok(ApplyArgument::Yes),
        Some(Value::String(id)) => Ok(ApplyArgument::Plan(id)),
        Some(other) => {
            Err(Error::Permanent(format!("the argument `apply` must be true or the name of a plan, not {other}")))
        }
    }
}

fn yes(task: &Task, name: &str) -> Result<bool, Error> {
    match task.args()?.remove(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(yes)) => Ok(yes),
        Some(other) => Err(Error::Permanent(format!("the argument `{name}` must be true or false, not {other}"))),
    }
}

fn number(task: &Task, name: &str, usual: u64) -> Result<u64, Error> {
    match task.args()?.remove(name) {
        None | Some(Value::Null) => Ok(usual),
        Some(value) => value
            .as_u64()
            .ok_or_else(|| Error::Permanent(format!("the argument `{name}` must be a whole number, not {value}"))),
    }
}
