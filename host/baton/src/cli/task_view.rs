//! Views of a task that `status` and `why` share.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_core::{Evidence, OutcomeKind};
use baton_dispatch::budget::ExhaustedBudget;
use baton_dispatch::request_check::RequestCheck;
use baton_ledger::supervision::FailingPlugin;
use baton_ledger::task::TaskSummary;
use baton_ledger::{LedgerError, Reader};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::output::one_line;
use crate::workspace::{Workspace, head};

/// Opens the ledger of the workspace for reading; `None` if there is none yet. Fails if it is not the ledger that the
/// workspace knows.
pub(super) fn reader(workspace: &Workspace) -> anyhow::Result<Option<Reader>> {
    head::need_known(workspace)?;
    Ok(open(&workspace.state.ledger())?)
}

/// The checks of requests against the workspace. If the ledger is missing or cannot be read, only the checks that need it
/// are left out.
pub(super) fn request_check(workspace: &Workspace) -> anyhow::Result<RequestCheck> {
    let reader = reader(workspace).ok().flatten();
    Ok(RequestCheck::new(Arc::new(workspace.roster()?), workspace.manifests(), reader))
}

/// The ledger at `path`; `None` if there is none yet.
pub(super) fn open(path: &Path) -> Result<Option<Reader>, LedgerError> {
    match path.symlink_metadata().is_ok().then(|| Reader::open(path)).transpose() {
        Err(LedgerError::Unmade) => Ok(None),
        opened => opened,
    }
}

pub(super) fn as_json(task: &TaskSummary) -> Value {
    let time = |at: Option<Timestamp>| at.map(self::time);
    json!({
        "id": task.id,
        "handoff_id": task.handoff_id,
        "agent": task.agent,
        "from": task.sender,
        "title": task.title,
        "action": task.action,
        "state": task.state.as_str(),
        "outcome": task.outcome.map(OutcomeKind::as_str),
        "evidence": task.evidence.map(Evidence::as_str),
        "reason": task.reason,
        "attempts": task.attempts,
        "file": task.file,
        "created_at": self::time(task.created_at),
        "returned_at": time(task.returned_at),
        "archived_at": time(task.archived_at),
    })
}

/// Why the tasks of a plugin in quarantine wait, with the command that ends the quarantine.
pub(super) fn held_text(held: &FailingPlugin) -> String {
    let until = held.until.map(|until| until.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default();
    let FailingPlugin { agent, failures, .. } = held;
    let reason = one_line(&held.reason);
    format!(
        "the plugin `{agent}` failed {failures} times in a row and is quarantined until {until}; its tasks wait \
         (`baton plugin enable {agent}` ends that). The last time: {reason}"
    )
}

/// The exhausted budgets of plugins.
pub(super) fn budgets_reached(
    workspace: &Workspace,
    reader: &Reader,
    now: Timestamp,
) -> anyhow::Result<Vec<ExhaustedBudget>> {
    let rules = workspace.config.rules(&workspace.base);
    Ok(baton_dispatch::budget::reached(reader, &rules.budgets, now)?)
}

/// The public JSON form of an exhausted budget.
pub(super) fn reached_json(reached: &ExhaustedBudget) -> Value {
    json!({
        "plugin": reached.plugin,
        "budget": reached.resource.as_str(),
        "window": reached.window.to_string(),
        "used": reached.used,
        "limit": reached.limit,
        "until": time(reached.until),
        "holds_tasks": reached.holds_tasks(),
        "reason": reached.text(),
    })
}

/// The public JSON form of a plugin in quarantine.
pub(super) fn held_json(held: &FailingPlugin) -> Value {
    json!({
        "agent": held.agent,
        "failures": held.failures,
        "until": held.until.map(time),
        "reason": held.reason,
    })
}

/// A time with three digits after the second, so that times sort as text.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The time `age` before `now`.
pub(super) fn before(now: Timestamp, age: Duration) -> Timestamp {
    let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
    now.checked_sub(age).unwrap_or(Timestamp::MIN)
}

/// The age in one unit.
pub(super) fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_unit() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let ages = [5, 100, 7_300, 500_000].map(|second| age(at(0), at(second)));
        assert_eq!(ages, ["5 s", "1 min", "2 h", "5 d"]);
        assert_eq!(age(at(5), at(0)), "0 s");
    }
}
