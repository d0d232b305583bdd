//! The actions: each takes a task and what the host lends, and makes an outcome. What they do is done by the rooms beside.

mod columns;
mod ensure;
mod health;
mod sync;

use baton_plugin_kit::host::{Locks, Tables, Writable};
use baton_plugin_kit::{Findings, time};
use baton_plugin_sdk::{Error, Outcome, Severity, Task};
use std::time::Duration;

use crate::arguments;
use crate::claim::Guard;
use crate::context::{DriveContext, SyncError};
use crate::memory::Memory;
use crate::task_arguments;

/// What the host lends.
#[derive(Clone, Copy)]
pub struct HostServices<'a> {
    /// The plugin's own database.
    pub own: &'a dyn Writable,
    /// The music catalog; asked only when a table of it is.
    pub catalog: &'a dyn Tables,
    /// Claims.
    pub claims: &'a dyn Locks,
    /// How to wait.
    pub pause: &'a dyn Fn(Duration),
}

impl std::fmt::Debug for HostServices<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lent")
    }
}

/// Does a task.
///
/// # Errors
/// As the actions in README.md say.
pub fn run(task: &Task, lent: HostServices<'_>) -> Result<Outcome, Error> {
    arguments::refuse_others(task)?;
    let (root, shown) = task_arguments::drive(task)?;
    let now_ms = time::parse(&task.now).unwrap_or_default();
    let guard = Guard::new(lent.claims, lent.pause);
    let room = DriveContext { root, shown, guard, memory: Memory::open(lent.own)?, now_ms, now: task.now.clone() };
    let mut ended = match task.action.as_str() {
        "sync" => sync::run(task, &room, lent),
        "ensure-folder" => ensure::run(task, &room),
        "diagnose" => health::diagnose(task, &room),
        "repair" => health::repair(task, &room),
        "approve-deletion" => columns::approve(task, &room),
        "adopt-column" => columns::adopt(task, &room),
        other => Err(Error::Permanent(format!("there is no action `{other}`"))),
    };
    name_the_drive(&mut ended, &room);
    ended
}

/// People know the Drive by another path than the one that it has in here.
fn name_the_drive(ended: &mut Result<Outcome, Error>, room: &DriveContext<'_>) {
    let inside = room.root.display().to_string();
    let texts = match ended {
        Ok(outcome) => outcome.findings.iter_mut().flat_map(|found| [&mut found.title, &mut found.evidence]).collect(),
        Err(Error::Retryable(text) | Error::Permanent(text) | Error::NeedsHuman(text) | Error::NeedsGrant(text)) => {
            vec![text]
        }
    };
    for text in texts.into_iter().filter(|text| text.contains(&inside)) {
        *text = text.replace(&inside, &room.shown);
    }
}

/// What ends a task that is about one database.
fn ends(trouble: SyncError) -> Error {
    match trouble {
        SyncError::Fatal(error) => error,
        SyncError::Refused(kind, text) => Error::Permanent(format!("{kind}: {text}")),
    }
}

/// What ends a task after something was moved or handed over is told beside that: the report would be lost with it.
fn ended_early(findings: &mut Findings, id: &str, error: &Error) {
    let (Error::Retryable(text) | Error::Permanent(text) | Error::NeedsHuman(text) | Error::NeedsGrant(text)) = error;
    findings.add(
        "ended-early",
        id,
        Severity::High,
        text.clone(),
        "what was done until then stands in the reports; run it again",
    );
}

/// Folders that have the id in their names and perhaps are not the database's: a person decides.
fn others_stay(findings: &mut Findings, id: &str, folder: &str, others: &[String]) {
    if others.is_empty() {
        return;
    }
    findings.add(
        "perhaps-anothers",
        id,
        Severity::Medium,
        format!("{folder}: other folders end with the id {id} too, and nothing says that they are its; they stay as they are"),
        format!(
            "{}\nwhat is the database's move into {folder} by hand; to what is not give a name that does not end with _{id}; \
             to look again: baton run drive-sync diagnose",
            others.join("\n")
        ),
    );
}

/// `1 backup`, `2 backups`.
fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// For the end of a report's name.
fn stamp(room: &DriveContext<'_>) -> String {
    time::stamp(room.now_ms).unwrap_or_default()
}
