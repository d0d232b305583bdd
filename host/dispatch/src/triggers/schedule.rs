//! Schedules of `baton.toml`: when the time of a cron expression has come, Baton makes a task.
//!
//! For each schedule, the ledger stores when Baton first checked it or when it last fired. A new schedule starts at the
//! present, so it first fires at its next time. If several times passed while the daemon was down, the schedule fires once.
//! The stored time never moves back, so no schedule fires twice after the clock was set back.

use std::sync::Arc;
use std::time::Duration;

use baton_core::budget::Budget;
use baton_ledger::{LedgerError, Tx, mark, task};
use jiff::Timestamp;

use crate::attempt::DueWork;
use crate::settings::Schedule;
use crate::{AgentKind, Context, DispatchError, budget, limits};

/// The trigger name in the marks of schedules. No other trigger uses this name.
const MARKS: &str = "schedule";

/// Makes a task of every schedule that is due.
pub(crate) async fn fire(context: &Arc<Context>) -> Result<DueWork, DispatchError> {
    let roster = context.roster();
    let plugins = roster.agents().filter(|agent| agent.kind == AgentKind::Plugin);
    let schedules = plugins
        .flat_map(|agent| agent.settings.schedules.iter().map(|schedule| (agent.name.clone(), schedule.clone())));
    let schedules: Vec<(String, Schedule)> = schedules.collect();
    if schedules.is_empty() {
        return Ok(DueWork::default());
    }
    let (now, inner) = (Timestamp::now(), Arc::clone(context));
    Ok(context.ledger.write(move |tx| check(tx, &schedules, |agent| inner.budget(agent), now)).await?)
}

fn check(
    tx: &Tx<'_>,
    schedules: &[(String, Schedule)],
    budget_of: impl Fn(&str) -> Budget,
    now: Timestamp,
) -> Result<DueWork, LedgerError> {
    let marks = mark::all(tx, MARKS)?;
    let (mut agents, mut soonest) = (Vec::new(), None::<Timestamp>);
    for (agent, schedule) in schedules {
        let key = schedule.key(agent);
        let mut since = marks.get(&key).and_then(|mark| mark.parse::<Timestamp>().ok());
        if since.and_then(|since| schedule.next(since)).is_some_and(|due| due <= now) {
            if let Some(reached) = budget::allow_trigger(tx, agent, &budget_of(agent), now)? {
                soonest = [soonest, Some(reached.until)].into_iter().flatten().min();
                continue;
            }
            task::insert(tx, &schedule.task(agent), None, now)?;
            agents.push(agent.clone());
            since = None;
        }
        if since.is_none() {
            mark::set(tx, MARKS, &key, &now.to_string())?;
        }
        let next = schedule.next(since.unwrap_or(now));
        soonest = [soonest, next].into_iter().flatten().min();
    }
    forget(tx, schedules, marks.keys())?;
    let until = |next: Timestamp| Duration::try_from(next.duration_since(now)).unwrap_or(limits::SCHEDULE_LEAST);
    Ok(DueWork { agents, next: soonest.map(|next| until(next).max(limits::SCHEDULE_LEAST)) })
}

/// Deletes the marks of schedules that were removed from the configuration. A schedule that is added again then counts as
/// new.
fn forget<'a>(
    tx: &Tx<'_>,
    schedules: &[(String, Schedule)],
    mut known: impl Iterator<Item = &'a String>,
) -> Result<(), LedgerError> {
    let wanted: Vec<String> = schedules.iter().map(|(agent, schedule)| schedule.key(agent)).collect();
    known.try_for_each(|key| if wanted.contains(key) { Ok(()) } else { mark::clear(tx, MARKS, key) })
}

#[cfg(test)]
mod tests {
    use baton_ledger::Ledger;

    use super::*;
    use std::collections::BTreeMap;

    fn schedule(cron: &str) -> Schedule {
        Schedule::new(cron, Some("UTC"), Some("a".to_owned()), BTreeMap::new()).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        (folder, ledger)
    }

    /// Checks the schedule `cron` at `now`. Returns the number of tasks that the check makes, and the seconds until the next
    /// time.
    fn check_at(ledger: &Ledger, cron: &str, now: &str) -> (usize, Option<u64>) {
        let (schedules, now) = (vec![("p".to_owned(), schedule(cron))], at(now));
        let DueWork { agents, next } =
            ledger.write_blocking(move |tx| check(tx, &schedules, |_| Budget::default(), now)).unwrap();
        (agents.len(), next.map(|next| next.as_secs()))
    }

    #[test]
    fn a_new_schedule_does_not_fire_at_once_and_each_time_fires_once() {
        let (_folder, ledger) = ledger();
        let cron = "0 7 * * 1-5";
        assert_eq!(
            check_at(&ledger, cron, "2026-01-16T07:00:30Z"),
            (0, Some(3 * 86_400 - 30)),
            "Friday: Monday is next"
        );
        assert_eq!(check_at(&ledger, cron, "2026-01-19T06:59:59Z"), (0, Some(1)));
        assert_eq!(check_at(&ledger, cron, "2026-01-19T07:00:00Z"), (1, Some(86_400)));
        assert_eq!(check_at(&ledger, cron, "2026-01-19T07:00:01Z").0, 0);
    }

    #[test]
    fn times_that_passed_between_two_checks_fire_once_together() {
        let (_folder, ledger) = ledger();
        check_at(&ledger, "*/5 * * * *", "2026-01-01T00:00:00Z");
        assert_eq!(check_at(&ledger, "*/5 * * * *", "2026-03-01T00:02:00Z"), (1, Some(180)));
        assert_eq!(check_at(&ledger, "*/5 * * * *", "2026-03-01T00:02:00Z").0, 0);
    }

    #[test]
    fn no_time_fires_twice_after_the_clock_was_set_back() {
        let (_folder, ledger) = ledger();
        let cron = "30 * * * *";
        check_at(&ledger, cron, "2026-01-01T10:00:00Z");
        assert_eq!(check_at(&ledger, cron, "2026-01-01T10:30:00Z").0, 1);
        for before in ["2026-01-01T09:31:00Z", "2026-01-01T10:29:59Z", "2026-01-01T10:30:00Z", "2026-01-01T11:29:00Z"] {
            assert_eq!(check_at(&ledger, cron, before).0, 0, "{before}");
        }
        assert_eq!(check_at(&ledger, cron, "2026-01-01T11:30:00Z").0, 1);
    }

    #[test]
    fn a_removed_schedule_counts_as_new_when_it_is_added_again() {
        let (_folder, ledger) = ledger();
        check_at(&ledger, "0 7 * * *", "2026-01-01T00:00:00Z");
        check_at(&ledger, "0 8 * * *", "2026-01-02T00:00:00Z");
        assert_eq!(check_at(&ledger, "0 7 * * *", "2026-01-05T00:00:00Z").0, 0);
    }

    #[test]
    fn the_time_is_that_of_the_zone_also_where_the_clocks_change() {
        let berlin = Schedule::new("0 7 * * *", Some("Europe/Berlin"), None, BTreeMap::new()).unwrap();
        assert_eq!(berlin.next(at("2026-01-10T00:00:00Z")), Some(at("2026-01-10T06:00:00Z")));
        assert_eq!(berlin.next(at("2026-07-10T00:00:00Z")), Some(at("2026-07-10T05:00:00Z")));
        // 02:30 occurs twice on 25 October.
        let night = Schedule::new("30 2 * * *", Some("Europe/Berlin"), None, BTreeMap::new()).unwrap();
        let first = night.next(at("2026-10-25T00:00:00Z")).unwrap();
        assert_eq!(first, at("2026-10-25T00:30:00Z"));
        assert_eq!(night.next(first), Some(at("2026-10-26T01:30:00Z")));
    }

    #[test]
    fn errors_name_the_expression_and_give_an_example() {
        for cron in ["", "soon", "0 7 * *", "0 0 7 * * *", "61 * * * *", "0 0 30 2 *", "0 7 * * 9"] {
            let error = Schedule::new(cron, None, None, BTreeMap::new()).unwrap_err();
            assert!(error.contains(&format!("{cron:?}")) && error.contains("0 7 * * 1-5"), "{error}");
        }
        let error = Schedule::new("0 7 * * *", Some("Mars/Olympus"), None, BTreeMap::new()).unwrap_err();
        assert!(error.contains("Mars/Olympus") && error.contains("Europe/Berlin"), "{error}");
    }
}
