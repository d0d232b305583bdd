//! Selects the ledger events that cause a notice to a person, and stores the last event that was processed.
//!
//! A notice is caused by an event of a task: the task started to wait for a person, failed, or was escalated. The ledger
//! stores the last processed event as a mark ([`notified`], [`set_notified`]). The caller sets the mark after it has sent
//! the notice. So after a crash a notice may be sent twice, but no notice is lost. The caller decides how to send a notice.

use baton_core::{State, names};
use baton_ledger::event::{self, Event, EventFilter, EventRange, RecordedEvent};
use baton_ledger::task::{self, Origin, TaskSummary};
use baton_ledger::{LedgerError, Reader, Tx, mark};
use jiff::Timestamp;

/// The mark of the last processed event: its trigger and its path.
const MARK: (&str, &str) = ("notices", "told");

/// Why a person is notified of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeCause {
    /// A task waits for a person: for an answer, a grant or an approval.
    NeedsHuman,
    /// A task failed, its last allowed attempt failed, its file was rejected, or a check did not find the work that its
    /// RETURN reports.
    Failed,
    /// A deadline passed, or a request without an answer was escalated.
    Overdue,
}

names!(NoticeCause, "notice", NeedsHuman = "needs_human", Failed = "failed", Overdue = "overdue");

/// The events that may cause a notice: by state for `NeedsHuman` and `Failed`, by action for `Overdue`.
const CHOICE: EventFilter = EventFilter {
    states: &[
        State::NeedsHuman,
        State::NeedsGrant,
        State::NeedsApproval,
        State::Disputed,
        State::Failed,
        State::Dead,
        State::Rejected,
    ],
    actions: &["escalated", "review", "stale", "overdue"],
};

/// A notice about one event.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The id of the notice. A second notice about the same event has the same id.
    pub id: String,
    /// The event's place in the chain.
    pub seq: i64,
    /// The cause of the notice.
    pub cause: NoticeCause,
    /// When the event happened.
    pub at: Timestamp,
    /// The state of the task at the time of the event.
    pub state: State,
    /// The reason in the event.
    pub reason: String,
    /// The task in its current state.
    pub task: TaskSummary,
}

/// The notices about a part of the chain.
#[derive(Debug, Default)]
pub struct NoticeBatch {
    /// The first notices, oldest first.
    pub notices: Vec<Notice>,
    /// The number of further notices.
    pub more: u64,
    /// The last event that was checked.
    pub up_to: i64,
}

/// The notices about the events after `seq`, for the causes in `on`. The batch contains the first `most` notices, and the
/// number of the remaining notices.
pub fn after(reader: &Reader, seq: i64, on: &[NoticeCause], most: usize) -> Result<NoticeBatch, LedgerError> {
    let up_to = event::newest(reader)?.max(seq);
    let mut batch = NoticeBatch { up_to, ..NoticeBatch::default() };
    event::each_in(reader, EventRange { after: seq, last: up_to }, CHOICE, |recorded| {
        let Some(cause) = cause(reader, &recorded, on)? else { return Ok(()) };
        // The operator has already seen the result of a call. Events of plugins and of the ledger have no task.
        let Some((task, Origin::Handoff | Origin::Trigger)) = task::summary_of(reader, &recorded.event.task)? else {
            return Ok(());
        };
        if batch.notices.len() < most {
            batch.notices.push(notice(recorded, cause, task));
        } else {
            batch.more += 1;
        }
        Ok(())
    })?;
    Ok(batch)
}

fn notice(recorded: RecordedEvent, cause: NoticeCause, task: TaskSummary) -> Notice {
    let RecordedEvent { seq, event, hash } = recorded;
    let id = hash.get(..16).unwrap_or(&hash).to_owned();
    Notice { id, seq, cause, at: event.at, state: event.state, reason: event.reason, task }
}

/// The first cause of an event that `on` contains.
fn cause(reader: &Reader, recorded: &RecordedEvent, on: &[NoticeCause]) -> Result<Option<NoticeCause>, LedgerError> {
    let Event { task, action, at, .. } = &recorded.event;
    let found = causes(&recorded.event, event::state_before(reader, task, recorded.seq)?);
    let cause = found.into_iter().flatten().find(|cause| on.contains(cause));
    // A passed deadline records `escalated` and `review` at the same time. Only `escalated` causes a notice.
    let twice = action == "review" && event::has(reader, task, "escalated", *at)?;
    Ok(cause.filter(|_| !twice))
}

/// The possible causes of an event, the most specific first. A state causes a notice only when the task enters the state.
fn causes(event: &Event, before: Option<State>) -> [Option<NoticeCause>; 2] {
    let overdue = CHOICE.actions.contains(&event.action.as_str());
    let by_state = match event.state {
        state if before == Some(state) => None,
        State::NeedsHuman | State::NeedsGrant | State::NeedsApproval => Some(NoticeCause::NeedsHuman),
        State::Disputed | State::Failed | State::Dead | State::Rejected => Some(NoticeCause::Failed),
        _ => None,
    };
    [overdue.then_some(NoticeCause::Overdue), by_state]
}

/// The last event that was processed; `None` if notices were never enabled.
pub fn notified(reader: &Reader) -> Result<Option<i64>, LedgerError> {
    Ok(mark::seen(reader, MARK.0)?.get(MARK.1).and_then(|seq| seq.parse().ok()))
}

/// Records that all events up to and including `seq` are processed.
pub fn set_notified(tx: &Tx<'_>, seq: i64) -> Result<(), LedgerError> {
    mark::set(tx, MARK.0, MARK.1, &seq.to_string())
}

/// Deletes the mark, because notices are disabled. When they are enabled again, they start with new events.
pub fn forget(tx: &Tx<'_>) -> Result<(), LedgerError> {
    mark::clear(tx, MARK.0, MARK.1)
}

#[cfg(test)]
mod tests {
    use baton_ledger::Ledger;
    use baton_ledger::task::NewTask;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Makes a ledger with a task that had these actions and states. The number of each step is its second; steps with the
    /// same number happen at the same time.
    fn ledger(origin: Origin, steps: &'static [(&'static str, State, i64)]) -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let write = move |tx: &Tx<'_>| {
            let id = task::insert(tx, &NewTask::blank("a", origin, State::Queued), None, at(0))?;
            steps.iter().try_for_each(|(action, state, second)| {
                let task = task::get_in(tx, &id)?;
                let event = Event::of(&task, "baton", action, (*action).to_owned(), *state, at(*second));
                task::transition(tx, &event).map(drop)
            })
        };
        ledger.write_blocking(write).unwrap();
        (folder, ledger)
    }

    fn notices_of(ledger: &Ledger, on: &[NoticeCause]) -> Vec<(NoticeCause, String)> {
        let batch = after(&ledger.reader().unwrap(), 0, on, 10).unwrap();
        batch.notices.into_iter().map(|notice| (notice.cause, notice.reason)).collect()
    }

    #[test]
    fn a_state_causes_a_notice_only_when_a_task_enters_it() {
        use State::{Failed, NeedsHuman, Running};
        let (_folder, ledger) = ledger(
            Origin::Handoff,
            &[
                ("needs_human", NeedsHuman, 1),
                ("revised", NeedsHuman, 2),
                ("started", Running, 3),
                ("failed", Failed, 4),
                ("archived", Failed, 5),
            ],
        );
        assert_eq!(
            notices_of(&ledger, &NoticeCause::ALL),
            [(NoticeCause::NeedsHuman, "needs_human".to_owned()), (NoticeCause::Failed, "failed".to_owned())]
        );
        assert_eq!(notices_of(&ledger, &[NoticeCause::Failed]), [(NoticeCause::Failed, "failed".to_owned())]);
    }

    #[test]
    fn a_passed_deadline_causes_one_notice_also_if_only_failures_are_wanted() {
        use State::{Delivered, Failed};
        let (_folder, ledger) = ledger(
            Origin::Handoff,
            &[
                ("reminded", Delivered, 1),
                ("escalated", Delivered, 1),
                ("review", Delivered, 1),
                ("review", Delivered, 2),
                ("overdue", Failed, 3),
            ],
        );
        let all = notices_of(&ledger, &NoticeCause::ALL);
        let overdue = |action: &str| (NoticeCause::Overdue, action.to_owned());
        assert_eq!(all, [overdue("escalated"), overdue("review"), overdue("overdue")]);
        assert_eq!(notices_of(&ledger, &[NoticeCause::Failed]), [(NoticeCause::Failed, "overdue".to_owned())]);
    }

    #[test]
    fn the_first_notices_are_returned_the_rest_are_counted_and_calls_are_ignored() {
        let (_folder, ledger) = ledger(Origin::Trigger, &[("failed", State::Failed, 1), ("dead", State::Dead, 2)]);
        let reader = ledger.reader().unwrap();
        let batch = after(&reader, 0, &NoticeCause::ALL, 1).unwrap();
        assert_eq!((batch.notices.len(), batch.more, batch.up_to), (1, 1, 3));
        assert_eq!(after(&reader, batch.up_to, &NoticeCause::ALL, 1).unwrap().notices.len(), 0);
        let (_other, by_hand) = self::ledger(Origin::Call, &[("failed", State::Failed, 1)]);
        assert!(notices_of(&by_hand, &NoticeCause::ALL).is_empty());
    }

    #[test]
    fn the_mark_in_the_chain_is_kept_until_it_is_deleted() {
        let (_folder, ledger) = ledger(Origin::Handoff, &[]);
        let notified = || notified(&ledger.reader().unwrap()).unwrap();
        assert_eq!(notified(), None);
        ledger.write_blocking(|tx| set_notified(tx, 7)).unwrap();
        assert_eq!(notified(), Some(7));
        ledger.write_blocking(forget).unwrap();
        assert_eq!(notified(), None);
    }
}
