//! The actions. Each creates the outcome of a task with the host services and calls the other modules.

mod columns;
mod ensure;
mod health;
mod shared;
mod sync;

use baton_plugin_kit::time;
use baton_plugin_sdk::{Error, Outcome, Task};

use crate::account::{AccountPlace, AccountSession};
use crate::arguments;
use crate::context::DriveContext;
use crate::locks::DatabaseLocks;
use crate::memory::Memory;
use crate::task_arguments;

pub use shared::HostServices;

/// Runs a task.
///
/// # Errors
/// As described in README.md.
pub fn run(task: &Task, services: HostServices<'_>) -> Result<Outcome, Error> {
    arguments::refuse_others(task)?;
    let (root, shown) = task_arguments::drive(task)?;
    let now_ms = time::parse(&task.now).unwrap_or_default();
    let locks = DatabaseLocks::new(services.locks, services.pause);
    let (memory, begin, now) = (Memory::open(services.own)?, services.web.drive.now(), task.now.clone());
    let context = DriveContext { root, shown, locks, memory, begin, now_ms, now };
    let mut ended = match task_arguments::place(task)? {
        None => action(task, &context, services),
        Some(place) => with_account(task, &context, services, &place),
    };
    name_the_drive(&mut ended, &context);
    ended
}

fn action(task: &Task, context: &DriveContext<'_>, services: HostServices<'_>) -> Result<Outcome, Error> {
    match task.action.as_str() {
        "sync" => sync::run(task, context, services),
        "ensure-folder" => ensure::run(task, context),
        "diagnose" => health::diagnose(task, context),
        "repair" => health::repair(task, context),
        "approve-deletion" => columns::approve(task, context),
        "adopt-column" => columns::adopt(task, context),
        other => Err(Error::Permanent(format!("there is no action `{other}`"))),
    }
}

/// Runs an action on the folder `drive`, which is the working copy of an account.
fn with_account(
    task: &Task,
    context: &DriveContext<'_>,
    services: HostServices<'_>,
    place: &AccountPlace,
) -> Result<Outcome, Error> {
    let only = task_arguments::only(task)?;
    let requests = task_arguments::requests(task)?;
    let session = AccountSession::begin(context, services.own, services.web, place, only, requests)?;
    if task.action == "diagnose" {
        return session.inspect(action(task, context, services)?);
    }
    session.run(task_arguments::overwrite(task)?, || action(task, context, services))
}

/// Replaces the path inside the sandbox by the path that the operator knows, in the outcome or error of a task.
fn name_the_drive(ended: &mut Result<Outcome, Error>, context: &DriveContext<'_>) {
    let inside = context.root.display().to_string();
    let texts = match ended {
        Ok(outcome) => outcome.findings.iter_mut().flat_map(|found| [&mut found.title, &mut found.evidence]).collect(),
        Err(Error::Retryable(text) | Error::Permanent(text) | Error::NeedsHuman(text) | Error::NeedsGrant(text)) => {
            vec![text]
        }
    };
    for text in texts.into_iter().filter(|text| text.contains(&inside)) {
        *text = text.replace(&inside, &context.shown);
    }
}
