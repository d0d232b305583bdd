//! Checks of RETURNs by plugins and by Baton, and the evidence that requests get from these checks.
//! The column `evidence` of a RETURN has the combined result of the checks of this RETURN. The `evidence` of a request is
//! the result of its newest checked RETURN. So a later verified RETURN replaces an earlier refuted RETURN.

use baton_core::{Evidence, State};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::command_check::CommandState;
use crate::database::{Reader, Tx};
use crate::inspect::has_form;
use crate::task::{CHECKS, Task, evidence, sql_list, timestamp};
use crate::{LedgerError, command_check};

/// A recorded check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnCheck {
    /// The task of the RETURN.
    pub answer: String,
    /// The plugin, or `baton`.
    pub by: String,
    /// The task in which the plugin checked the RETURN. For a check by Baton, the task of the RETURN.
    pub task: String,
    pub at: Timestamp,
    pub evidence: Evidence,
    /// The reasons, one line each.
    pub reasons: Vec<String>,
}

/// Who checked a RETURN.
#[derive(Clone, Copy, Debug)]
pub struct Checker<'a> {
    /// The name of the plugin, or `baton`.
    pub agent: &'a str,
    /// The task in which the plugin checked the RETURN. For a check by Baton, the task of the RETURN.
    pub task: &'a str,
}

impl<'a> From<&'a Task> for Checker<'a> {
    fn from(task: &'a Task) -> Self {
        Self { agent: &task.agent, task: &task.id }
    }
}

/// Records a check of the RETURN `answer`. Returns false if it is recorded already.
pub fn record(
    tx: &Tx<'_>,
    answer: &str,
    by: Checker<'_>,
    evidence: Evidence,
    reasons: &[String],
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let mut upsert = tx.connection.prepare_cached(
        "INSERT INTO return_checks (task, by_task, by_agent, at, evidence, reasons) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (task, by_task) DO UPDATE SET at = excluded.at, evidence = excluded.evidence, reasons = excluded.reasons
         WHERE evidence <> excluded.evidence OR reasons <> excluded.reasons",
    )?;
    let reasons = serde_json::json!(reasons).to_string();
    Ok(upsert.execute(params![answer, by.task, by.agent, now.as_millisecond(), evidence.as_str(), reasons])? > 0)
}

/// The checks of a RETURN, or of all RETURNs of a request, oldest first.
pub fn of_task(reader: &Reader, task: &str) -> Result<Vec<ReturnCheck>, LedgerError> {
    if !has_form(reader, CHECKS)? {
        return Ok(Vec::new());
    }
    let mut select = reader.connection.prepare_cached(OF_TASK)?;
    let mut rows = select.query([task])?;
    let mut checks = Vec::new();
    while let Some(row) = rows.next()? {
        let reasons: String = row.get(5)?;
        let corrupt = |_| LedgerError::Corrupt { what: "the reasons of a check", value: reasons.clone() };
        let known = evidence(Some(row.get(4)?))?;
        checks.push(ReturnCheck {
            answer: row.get(0)?,
            task: row.get(1)?,
            by: row.get(2)?,
            at: timestamp(row.get(3)?)?,
            evidence: known.unwrap_or(Evidence::Reported),
            reasons: serde_json::from_str(&reasons).map_err(corrupt)?,
        });
    }
    Ok(checks)
}

/// The SQL of [`of_task`].
pub(crate) const OF_TASK: &str = "SELECT task, by_task, by_agent, at, evidence, reasons FROM return_checks
    WHERE task IN (SELECT ?1 UNION SELECT id FROM tasks WHERE request = ?1) ORDER BY at, task, by_task";

/// Combines the newest checks of a RETURN: one check for each plugin, and one for Baton. The result is refuted if one of
/// these checks refutes the RETURN. Otherwise it is verified if a check verifies the RETURN and no command of the RETURN
/// waits. Otherwise it is reported.
pub fn combined(tx: &Tx<'_>, answer: &str) -> Result<Evidence, LedgerError> {
    let mut select = tx.connection.prepare_cached(COMBINED)?;
    let found = select.query_map([answer], |row| row.get(0))?;
    let mut combined = Evidence::Reported;
    for known in found {
        match evidence(Some(known?))? {
            Some(Evidence::Refuted) => return Ok(Evidence::Refuted),
            Some(Evidence::Verified) => combined = Evidence::Verified,
            _ => {}
        }
    }
    let waits = command_check::of_answer(tx, answer)?.iter().any(|run| run.state == CommandState::Pending);
    Ok(if waits { Evidence::Reported } else { combined })
}

/// The SQL of [`combined`].
const COMBINED: &str = "SELECT evidence, max(at) FROM return_checks WHERE task = ?1 GROUP BY by_agent";

/// Sets the evidence of a RETURN or a request.
pub fn set_evidence(tx: &Tx<'_>, id: &str, evidence: Evidence) -> Result<(), LedgerError> {
    let sql = "UPDATE tasks SET evidence = ?2 WHERE id = ?1";
    tx.connection.prepare_cached(sql)?.execute([id, evidence.as_str()])?;
    Ok(())
}

/// The evidence of the newest checked RETURN of a request; `None` if no RETURN of the request was checked.
pub fn newest_evidence(tx: &Tx<'_>, request: &str) -> Result<Option<Evidence>, LedgerError> {
    let mut select = tx.connection.prepare_cached(NEWEST)?;
    let found: Option<String> = select.query_row([request], |row| row.get(0)).optional()?;
    evidence(found)
}

/// The SQL of [`newest_evidence`].
pub(crate) const NEWEST: &str = "SELECT evidence FROM tasks WHERE request = ?1 AND kind = 'RETURN'
    AND evidence IN ('verified', 'refuted') ORDER BY created_at DESC, rowid DESC LIMIT 1";

/// Whether a check of a RETURN of this request, by a plugin or by Baton, has not ended yet.
pub fn is_pending_in(tx: &Tx<'_>, request: &str) -> Result<bool, LedgerError> {
    read_pending(tx.connection, request)
}

/// As [`is_pending_in`], for a reader.
pub fn is_pending(reader: &Reader, request: &str) -> Result<bool, LedgerError> {
    read_pending(&reader.connection, request)
}

fn read_pending(connection: &Connection, request: &str) -> Result<bool, LedgerError> {
    let is_planned: bool = connection.prepare_cached(&pending_sql())?.query_row([request], |row| row.get(0))?;
    Ok(is_planned || command_check::is_pending(connection, request)?)
}

/// The SQL condition of [`is_pending_in`]. `request` is an SQL expression for the id of the request.
pub(crate) fn pending_condition(request: &str) -> String {
    let [planned, commands] = [pending_sql(), command_check::PENDING.to_owned()].map(|sql| sql.replace("?1", request));
    format!("(({planned}) OR ({commands}))")
}

/// The SQL of [`is_pending_in`].
pub(crate) fn pending_sql() -> String {
    let states = [State::Captured, State::Queued, State::Running, State::Waiting];
    format!(
        "SELECT EXISTS (SELECT 1 FROM tasks AS answer JOIN tasks AS review ON review.about = answer.id
         WHERE answer.request = ?1 AND review.state IN ({}))",
        sql_list(states.iter().map(|state| state.as_str()))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;
    use crate::event::Event;
    use crate::task::history::{self, HistoryLimit};
    use crate::task::{self, NewTask, Origin};

    const ROOM: HistoryLimit = HistoryLimit { most: 9, bytes: 1 << 20 };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        (folder, ledger)
    }

    /// Inserts a request that ended, its RETURNs, and the task of a plugin that checks RETURNs.
    fn answered(tx: &Tx<'_>, answers: i64) -> Result<(String, Vec<String>, Task), LedgerError> {
        let request = task::insert(tx, &NewTask::blank("a", Origin::Handoff, State::Succeeded), None, at(1))?;
        let answers = (0..answers).map(|nth| {
            let new = NewTask { kind: "RETURN".to_owned(), ..NewTask::blank("b", Origin::Handoff, State::Succeeded) };
            let id = task::insert(tx, &new, None, at(2 + nth))?;
            task::set_request(tx, &id, &request)?;
            Ok(id)
        });
        let answers = answers.collect::<Result<_, LedgerError>>()?;
        let by = task::insert(tx, &NewTask::blank("audit", Origin::Trigger, State::Running), None, at(9))?;
        Ok((request, answers, task::get_in(tx, &by)?))
    }

    #[test]
    fn a_check_is_recorded_once_and_a_later_one_of_the_same_task_replaces_it() {
        let (_folder, ledger) = ledger();
        let job = |tx: &Tx<'_>| {
            let (request, answers, by) = answered(tx, 1)?;
            let check = |evidence, reason: &str, second| {
                record(tx, &answers[0], Checker::from(&by), evidence, &[reason.to_owned()], at(second))
            };
            let told = [
                check(Evidence::Refuted, "no a.py", 10)?,
                check(Evidence::Refuted, "no a.py", 11)?,
                check(Evidence::Verified, "a.py", 12)?,
            ];
            Ok((request, answers, told))
        };
        let (request, answers, told) = ledger.write_blocking(job).unwrap();
        assert_eq!(told, [true, false, true]);
        let reader = ledger.reader().unwrap();
        let of_answer = of_task(&reader, &answers[0]).unwrap();
        assert_eq!(of_answer, of_task(&reader, &request).unwrap(), "a request has the checks of its RETURNs");
        let [only] = of_answer.as_slice() else { panic!("{of_answer:?}") };
        assert_eq!(
            (only.at, only.evidence, only.reasons.as_slice()),
            (at(12), Evidence::Verified, &["a.py".to_owned()][..])
        );
    }

    #[test]
    fn the_newest_checked_return_decides_the_evidence() {
        let (_folder, ledger) = ledger();
        let job = |tx: &Tx<'_>| {
            let (request, answers, _) = answered(tx, 3)?;
            let mut known = vec![newest_evidence(tx, &request)?];
            for (nth, found) in
                [(1, Evidence::Verified), (0, Evidence::Refuted), (2, Evidence::Reported), (2, Evidence::Refuted)]
            {
                set_evidence(tx, &answers[nth], found)?;
                known.push(newest_evidence(tx, &request)?);
            }
            Ok(known)
        };
        let (verified, refuted) = (Some(Evidence::Verified), Some(Evidence::Refuted));
        assert_eq!(ledger.write_blocking(job).unwrap(), [None, verified, verified, verified, refuted]);
    }

    #[test]
    fn a_check_is_pending_until_its_task_has_ended() {
        let (_folder, ledger) = ledger();
        let job = |tx: &Tx<'_>| {
            let (request, answers, _) = answered(tx, 1)?;
            let mut told = vec![is_pending_in(tx, &request)?];
            let review =
                NewTask { about: Some(answers[0].clone()), ..NewTask::blank("audit", Origin::Trigger, State::Queued) };
            let review = task::insert(tx, &review, None, at(10))?;
            told.push(is_pending_in(tx, &request)?);
            let review = task::get_in(tx, &review)?;
            task::transition(tx, &Event::of(&review, "audit", "failed", String::new(), State::Failed, at(11)))?;
            told.push(is_pending_in(tx, &request)?);
            Ok(told)
        };
        assert_eq!(ledger.write_blocking(job).unwrap(), [false, true, false]);
    }

    #[test]
    fn refuted_returns_of_disputed_requests_are_listed_newest_return_only() {
        let (_folder, ledger) = ledger();
        let job = |tx: &Tx<'_>| {
            let (request, answers, _) = answered(tx, 2)?;
            for answer in &answers {
                set_evidence(tx, answer, Evidence::Refuted)?;
            }
            let task = task::get_in(tx, &request)?;
            task::transition(tx, &Event::of(&task, "audit", "refuted", String::new(), State::Disputed, at(20)))?;
            answered(tx, 1)?;
            Ok(answers)
        };
        let answers = ledger.write_blocking(job).unwrap();
        let found = history::disputed(&ledger.reader().unwrap(), ROOM).unwrap().entries;
        let found: Vec<_> = found.into_iter().map(|entry| (entry.id, entry.evidence)).collect();
        assert_eq!(found, [(answers[1].clone(), Some(Evidence::Refuted))]);
    }
}
