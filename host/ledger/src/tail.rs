//! Checks the newest events of the chain: each event is unchanged and follows the previous event, and the times do not
//! decrease.
//!
//! [`verify`](mod@crate::verify) checks the whole chain. This module is the quick check of the end of a long chain. A chain
//! with decreasing times is still sound: they show that a clock was set back. The current time is an argument.

use std::time::Duration;

use jiff::Timestamp;

use crate::LedgerError;
use crate::database::Reader;
use crate::verify::{BrokenRow, Row, RowFault, lossy};

/// An event with a wrong time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockJump {
    pub seq: i64,
    pub task: String,
    /// The time of the event, in milliseconds since 1970 in UTC.
    pub at: i64,
    /// How much the event is older than the previous event, or how far its time is in the future.
    pub by: Duration,
}

/// The result of the check of the newest events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainTail {
    /// The number of checked events.
    pub events: u64,
    /// The first event with a fault.
    pub broken: Option<BrokenRow>,
    /// Events that are older than the previous event, oldest first.
    pub backwards: Vec<ClockJump>,
    /// Events whose time is in the future, oldest first.
    pub ahead: Vec<ClockJump>,
}

/// The checked columns of one event.
struct TailEvent {
    seq: i64,
    task: String,
    at: i64,
    hash: String,
    prev: String,
    as_written: bool,
}

/// Checks the newest `most` events. A time counts as wrong if it differs by at least `tolerance`.
///
/// # Errors
/// When the database fails. A broken chain is not an error.
pub fn check(reader: &Reader, most: u64, tolerance: Duration, now: Timestamp) -> Result<ChainTail, LedgerError> {
    let mut select = reader.connection.prepare(
        "SELECT * FROM (SELECT seq, task, at, actor, action, reason, state, input_hash, output_hash, plugin_digest, prev, hash
                        FROM events ORDER BY seq DESC LIMIT ?1) ORDER BY seq",
    )?;
    let mut rows = select.query([i64::try_from(most).unwrap_or(i64::MAX)])?;
    let (mut tail, mut before) = (ChainTail::default(), None);
    while let Some(row) = rows.next()? {
        let seen = seen(row)?;
        tail.add(&seen, before.as_ref(), millis(tolerance), now.as_millisecond());
        before = Some(seen);
    }
    Ok(tail)
}

fn seen(row: &rusqlite::Row<'_>) -> Result<TailEvent, LedgerError> {
    Ok(TailEvent {
        seq: row.get(0)?,
        task: lossy(row, 1)?,
        at: row.get(2)?,
        hash: lossy(row, 11)?,
        prev: lossy(row, 10)?,
        as_written: Row::read(row).is_ok_and(|row| row.is_as_written()),
    })
}

impl ChainTail {
    fn add(&mut self, seen: &TailEvent, before: Option<&TailEvent>, tolerance: i64, now: i64) {
        self.events = self.events.saturating_add(1);
        if self.broken.is_none() {
            let wrong = judge(seen, before);
            self.broken = wrong.map(|wrong| BrokenRow { seq: seen.seq, task: seen.task.clone(), wrong });
        }
        let jump = |by: i64| ClockJump {
            seq: seen.seq,
            task: seen.task.clone(),
            at: seen.at,
            by: Duration::from_millis(by.unsigned_abs()),
        };
        let back = before.map_or(0, |before| before.at.saturating_sub(seen.at));
        self.backwards.extend((back > tolerance).then(|| jump(back)));
        let ahead = seen.at.saturating_sub(now);
        self.ahead.extend((ahead > tolerance).then(|| jump(ahead)));
    }
}

/// The fault of an event that follows `before`; `None` if it has no fault. If `before` is `None`, the event is the first
/// checked event, and its connection to the previous event is not checked.
fn judge(seen: &TailEvent, before: Option<&TailEvent>) -> Option<RowFault> {
    if !seen.as_written {
        return Some(RowFault::Edited);
    }
    let before = before?;
    let next = seen.seq == before.seq.saturating_add(1);
    match (seen.prev == before.hash, next) {
        (true, true) => None,
        (true, false) => Some(RowFault::Order),
        (false, true) => Some(RowFault::Replaced),
        (false, false) => Some(RowFault::Missing),
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use baton_core::State;
    use rusqlite::Connection;

    use super::*;
    use crate::Ledger;
    use crate::event::{self, Event};

    const MINUTE: Duration = Duration::from_mins(1);

    /// Makes a ledger with an event at each of these seconds, and runs `sql` on it.
    fn reader(seconds: &[i64], sql: &str) -> (tempfile::TempDir, Reader) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.db");
        let ledger = Ledger::open(&path, "test").unwrap();
        for second in seconds {
            let (task, at) = (format!("task-{second}"), Timestamp::from_second(*second).unwrap());
            let event = Event::new(task, "baton", "started", String::new(), State::Running, at);
            ledger.write_blocking(move |tx| event::append(tx, &event)).unwrap();
        }
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        (folder, Reader::open(&path).unwrap())
    }

    fn tail(seconds: &[i64], sql: &str, most: u64) -> ChainTail {
        let (_folder, reader) = reader(seconds, sql);
        check(&reader, most, MINUTE, Timestamp::from_second(1_000).unwrap()).unwrap()
    }

    #[test]
    fn an_unchanged_chain_is_sound_and_its_times_do_not_decrease() {
        let expected = ChainTail { events: 3, ..ChainTail::default() };
        assert_eq!(tail(&[1, 2, 3], "", 100), expected);
        assert_eq!(tail(&[1, 2, 3, 4, 5], "", 3), expected);
        assert_eq!(tail(&[], "", 3), ChainTail::default());
    }

    #[test]
    fn clock_jumps_in_both_directions_are_reported() {
        let seen = tail(&[500, 441, 440, 300, 1_060, 1_061], "", 100);
        let jumps = |jumps: &[ClockJump]| jumps.iter().map(|jump| (jump.seq, jump.by.as_secs())).collect::<Vec<_>>();
        assert_eq!((jumps(&seen.backwards), jumps(&seen.ahead)), (vec![(4, 140)], vec![(6, 61)]));
        assert_eq!((seen.broken, seen.ahead[0].task.as_str()), (None, "task-1061"));
    }

    #[test]
    fn changes_at_the_end_are_found_there() {
        let events = [1, 2, 3, 4, 5, 6];
        for (sql, seq, wrong) in [
            ("UPDATE events SET reason = 'x' WHERE seq = 5", 5, RowFault::Edited),
            ("UPDATE events SET hash = CAST(x'ff' AS TEXT) WHERE seq = 5", 5, RowFault::Edited),
            ("DELETE FROM events WHERE seq = 5", 6, RowFault::Missing),
            ("DELETE FROM events WHERE seq = 5; UPDATE events SET seq = 5 WHERE seq = 6", 5, RowFault::Replaced),
            ("UPDATE events SET seq = 9 WHERE seq = 6", 9, RowFault::Order),
        ] {
            let broken = tail(&events, sql, 4).broken.map(|broken| (broken.seq, broken.wrong));
            assert_eq!(broken, Some((seq, wrong)), "{sql}");
        }
        assert_eq!(
            tail(&events, "UPDATE events SET reason = 'x' WHERE seq = 2", 3).broken,
            None,
            "event 2 is not among the newest three"
        );
    }
}
