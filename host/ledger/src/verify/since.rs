//! Reading on from an event up to which the chain was found sound before.
//!
//! What was read then is not read again: a row that somebody edits in place afterwards, with its hash left as it was, is found by
//! [`verify`](super::verify()) only. So whoever remembers a [`Sound`] part has everything checked again after some time.

use rusqlite::OptionalExtension as _;

use super::row::COLUMNS;
use super::walk::{judge, lossy};
use super::{Broken, Report, Row, Tip};
use crate::LedgerError;
use crate::database::Reader;
use crate::prune::Mark;

/// The part of a chain that was found sound.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sound {
    /// How many events it has; those that were pruned count too.
    pub events: u64,
    /// The hash of the last one.
    pub head: String,
    /// The last event that was pruned then; 0 if none was.
    pub pruned: i64,
}

impl Sound {
    /// What a report found sound; `None` if something is wrong.
    #[must_use]
    pub fn of(report: &Report) -> Option<Self> {
        let pruned = report.pruned.as_ref().map_or(0, |pruned| pruned.last);
        let Tip { events, head } = report.tip.clone();
        report.is_sound().then_some(Self { events, head, pruned })
    }
}

/// The result of reading on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continued {
    /// How far the chain goes.
    pub tip: Tip,
    /// Where it breaks first after the part that was sound.
    pub broken: Option<Broken>,
}

/// Checks every event after `sound`. `None` if the chain does not have the end of that part any more, or was pruned since: then
/// all of it has to be checked.
///
/// # Errors
/// When the database fails. A broken chain is no error.
pub fn verify_since(reader: &Reader, sound: &Sound) -> Result<Option<Continued>, LedgerError> {
    let snapshot = reader.connection.unchecked_transaction()?;
    let pruned = Mark::read(&snapshot)?.map_or(0, |mark| mark.seq);
    let Ok(last) = i64::try_from(sound.events) else { return Ok(None) };
    let known = "SELECT 1 FROM events WHERE seq = ?1 AND hash = ?2";
    let is_there = snapshot.query_row(known, (last, &sound.head), |_| Ok(())).optional()?.is_some();
    if !is_there || pruned != sound.pruned {
        return Ok(None);
    }
    let (mut tip, mut broken) = (Tip { events: sound.events, head: sound.head.clone() }, None);
    let mut select = snapshot.prepare(&format!("SELECT {COLUMNS} FROM events WHERE seq > ?1 ORDER BY seq"))?;
    let mut rows = select.query([last])?;
    while let Some(row) = rows.next()? {
        if broken.is_none() {
            let wrong = judge(Row::read(row).ok().as_ref(), &tip, &snapshot)?;
            let (seq, task) = (row.get(0)?, lossy(row, 1)?);
            broken = wrong.map(|wrong| Broken { seq, task, wrong });
        }
        tip.advance(lossy(row, 11)?);
    }
    Ok(Some(Continued { tip, broken }))
}

#[cfg(test)]
mod tests {
    use baton_core::State;
    use jiff::Timestamp;
    use rusqlite::Connection;

    use super::super::{Wrong, verify};
    use super::*;
    use crate::Ledger;
    use crate::event::{self, Event};

    fn add(ledger: &Ledger, count: usize) {
        for _ in 0..count {
            let now = Timestamp::from_second(1_700_000_000).unwrap();
            let event = Event::new("t".to_owned(), "baton", "noted", "as it was".to_owned(), State::Queued, now);
            ledger.write_blocking(move |tx| event::append(tx, &event)).unwrap();
        }
    }

    /// A ledger of eight events of which five were found sound, after `sql` was done to it: where it breaks, if anywhere. `None`
    /// if that part is not in it any more.
    fn after(sql: &str) -> Option<Vec<(i64, Wrong)>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.db");
        let ledger = Ledger::open(&path, "test").unwrap();
        add(&ledger, 5);
        let sound = Sound::of(&verify(&ledger.reader().unwrap(), None).unwrap()).unwrap();
        assert_eq!((sound.events, sound.pruned), (5, 0));
        add(&ledger, 3);
        drop(ledger);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let continued = verify_since(&Reader::open(&path).unwrap(), &sound).unwrap()?;
        Some(continued.broken.map(|broken| (broken.seq, broken.wrong)).into_iter().collect())
    }

    #[test]
    fn everything_after_what_was_sound_is_checked() {
        assert_eq!(after(""), Some(Vec::new()));
        assert_eq!(after("UPDATE events SET reason = 'x' WHERE seq = 7"), Some(vec![(7, Wrong::Edited)]));
        assert_eq!(after("DELETE FROM events WHERE seq = 6"), Some(vec![(7, Wrong::Missing)]));
        assert_eq!(after("UPDATE events SET seq = 99 WHERE seq = 6"), Some(vec![(7, Wrong::Order)]));
    }

    #[test]
    fn a_chain_without_the_known_end_has_to_be_checked_as_a_whole() {
        for sql in [
            "UPDATE events SET hash = 'x' WHERE seq = 5",
            "DELETE FROM events WHERE seq = 5",
            "DELETE FROM events",
            "INSERT INTO pruned (seq, hash, at) VALUES (3, 'x', 0)",
        ] {
            assert_eq!(after(sql), None, "{sql}");
        }
    }
}
