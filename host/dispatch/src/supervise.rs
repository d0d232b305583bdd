//! Baton quarantines a plugin that crashes or exceeds a limit several times in a row. Its tasks wait in the queue; other
//! plugins are not affected. After a pause Baton tries one task. If this task fails too, the next pause is twice as long;
//! otherwise the quarantine ends. The count of failures starts at zero for a new revision of the plugin.
//!
//! The ledger stores a failure in the transaction that settles the attempt, so the count of failures survives a restart.

use baton_core::quarantine::QuarantinePolicy;
use baton_ledger::event::{self, Event};
use baton_ledger::supervision::{self, FailingPlugin};
use baton_ledger::task::Task;
use baton_ledger::{Ledger, LedgerError, Tx};
use jiff::{SignedDuration, Timestamp};

use crate::attempt::PluginHealth;
use crate::context::Context;

/// Records the effect of an attempt of `task` on its plugin. Returns the reason if Baton now quarantines the plugin.
pub(crate) fn record_health(
    tx: &Tx<'_>,
    task: &Task,
    digest: &str,
    health: &PluginHealth,
    policy: QuarantinePolicy,
    now: Timestamp,
) -> Result<Option<String>, LedgerError> {
    let reason = match health {
        PluginHealth::None => return Ok(None),
        PluginHealth::Ok => return supervision::clear(tx, &task.agent).map(|_| None),
        PluginHealth::Fault(reason) => reason.clone(),
    };
    let known = supervision::get(tx, &task.agent)?.filter(|known| known.digest == digest);
    let (failures, quarantines) = known.map_or((0, 0), |known| (known.failures, known.quarantines));
    let failures = failures.saturating_add(1);
    let pause = policy.pause(failures, quarantines);
    let until = pause.and_then(|pause| after(now, pause));
    let quarantines = quarantines.saturating_add(u32::from(until.is_some()));
    let (agent, digest) = (task.agent.clone(), digest.to_owned());
    supervision::put(tx, &FailingPlugin { agent, digest, failures, quarantines, until, reason })?;
    Ok(until.map(|until| quarantine_text(&task.agent, failures, until)))
}

/// Appends the event of a quarantine that `task` caused. The state of the task does not change.
pub(crate) fn record_quarantine(
    tx: &Tx<'_>,
    task: &Task,
    state: baton_core::State,
    text: &str,
    now: Timestamp,
) -> Result<(), LedgerError> {
    event::append(tx, &Event::of(task, "baton", "plugin_quarantined", text.to_owned(), state, now)).map(drop)
}

/// How many of `room` attempts of `agent` may start: none during a quarantine, one after the pause.
pub(crate) fn room(
    tx: &Tx<'_>,
    context: &Context,
    agent: &str,
    room: usize,
    now: Timestamp,
) -> Result<usize, LedgerError> {
    let Some(known) = supervision::get(tx, agent)? else {
        return Ok(room);
    };
    let Ok(installed) = context.plugin(agent) else {
        return Ok(room);
    };
    if known.digest != installed.plugin.digest().to_string() {
        supervision::clear(tx, agent)?;
        return Ok(room);
    }
    match known.until {
        None => Ok(room),
        Some(until) if until > now => Ok(0),
        // This attempt is a trial: no other attempt starts before the trial ends. If the trial never ends, the next attempt
        // starts after the pause.
        Some(_) => {
            let pause = context.quarantine(agent).pause(known.failures, known.quarantines.saturating_sub(1));
            let until = pause.and_then(|pause| after(now, pause)).or(known.until);
            supervision::put(tx, &FailingPlugin { until, ..known })?;
            Ok(room.min(1))
        }
    }
}

/// Ends the quarantine of a plugin and deletes its failures; `true` if there were any failures. Called by `baton plugin
/// enable NAME`. A running daemon resumes the tasks at its next wake-up.
pub async fn release(ledger: &Ledger, agent: &str) -> Result<bool, LedgerError> {
    let agent = agent.to_owned();
    ledger.write(move |tx| supervision::clear(tx, &agent)).await
}

fn after(now: Timestamp, pause: std::time::Duration) -> Option<Timestamp> {
    SignedDuration::try_from(pause).ok().and_then(|pause| now.checked_add(pause).ok())
}

fn quarantine_text(agent: &str, failures: u32, until: Timestamp) -> String {
    let until = until.strftime("%Y-%m-%d %H:%M:%S UTC");
    format!(
        "the plugin `{agent}` failed {failures} times in a row: it is quarantined until {until}, its tasks wait \
         (`baton plugin enable {agent}` ends that)"
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use baton_core::State;
    use baton_ledger::task::{self, NewTask, Origin};

    use super::*;

    const POLICY: QuarantinePolicy =
        QuarantinePolicy { after: 2, initial_backoff: Duration::from_secs(10), max_backoff: Duration::from_secs(15) };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn consecutive_faults_start_longer_pauses_and_a_success_clears_them() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let fault = PluginHealth::Fault("it crashed".to_owned());
        let until = |health: &PluginHealth, digest: &str, second: i64| {
            let (health, digest) = (health.clone(), digest.to_owned());
            let write = move |tx: &Tx<'_>| {
                let id = task::insert(tx, &NewTask::blank("a", Origin::Handoff, State::Queued), None, at(0))?;
                let said = record_health(tx, &task::get_in(tx, &id)?, &digest, &health, POLICY, at(second))?;
                let known = supervision::get(tx, "a")?;
                let held = known.as_ref().is_some_and(|known| known.until.is_some());
                assert_eq!(said.is_some(), held && health != PluginHealth::None);
                Ok(known.and_then(|known| known.until).map(Timestamp::as_second))
            };
            ledger.write_blocking(write).unwrap()
        };
        assert_eq!(until(&fault, "d", 0), None);
        assert_eq!(until(&fault, "d", 0), Some(10));
        assert_eq!(until(&PluginHealth::None, "d", 5), Some(10), "a cancelled attempt has no effect");
        assert_eq!(until(&fault, "d", 20), Some(35), "the doubled pause is cut to the longest pause");
        assert_eq!(until(&fault, "other", 40), None, "a new revision starts without failures");
        assert_eq!(until(&PluginHealth::Ok, "other", 41), None);
        assert_eq!(until(&fault, "other", 42), None, "the earlier failure was cleared");
    }
}
