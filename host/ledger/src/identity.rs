//! The id of a ledger and the head of its chain. A workspace remembers both. So it detects that its ledger is missing, was
//! replaced by another ledger, or was replaced by an older copy.

use baton_core::State;
use baton_sqlite::form;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::event::{self, Event};
use crate::prune::{LEDGER, PruneMark};
use crate::verify::{self, ChainTip};

/// The first format of the ledger with an id.
const FIRST_FORM: i64 = 9;

/// The id and the chain end of the ledger, as the workspace remembers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLedger {
    /// 32 hexadecimal digits.
    pub id: String,
    /// The end of the chain.
    pub tip: ChainTip,
}

/// The result of comparing a ledger with the remembered ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It is the same ledger, and its chain contains the remembered head.
    Same,
    /// The ledger has another id. `None` if it has an older format without ids.
    Other(Option<String>),
    /// It is the same ledger, but its chain does not contain the remembered head. Contains the number of events in the
    /// chain.
    Older(u64),
}

/// The id and the chain end of the current ledger; `None` if the ledger has an older format without ids.
pub fn current(reader: &Reader) -> Result<Option<KnownLedger>, LedgerError> {
    let snapshot = reader.connection.unchecked_transaction()?;
    let Some(id) = id(&snapshot)? else { return Ok(None) };
    Ok(Some(KnownLedger { id, tip: verify::tip(&snapshot)? }))
}

/// Compares the ledger with `known`.
pub fn compare(reader: &Reader, known: &KnownLedger) -> Result<Comparison, LedgerError> {
    let snapshot = reader.connection.unchecked_transaction()?;
    let id = id(&snapshot)?;
    if id.as_ref() != Some(&known.id) {
        return Ok(Comparison::Other(id));
    }
    if holds(&snapshot, &known.tip)? {
        return Ok(Comparison::Same);
    }
    Ok(Comparison::Older(verify::tip(&snapshot)?.events))
}

/// Records as an event that the operator has started to use this ledger. `reason` names the replaced ledger.
pub fn record_start(tx: &Tx<'_>, reason: &str, now: Timestamp) -> Result<(), LedgerError> {
    let (task, reason) = (LEDGER.to_owned(), reason.to_owned());
    event::append(tx, &Event::new(task, "operator", "new-ledger", reason, State::Succeeded, now)).map(drop)
}

/// Whether the chain contains `tip`. For pruned events, the ledger only knows the hash of the last one. So every tip before
/// the last pruned event counts as contained.
fn holds(snapshot: &Connection, tip: &ChainTip) -> Result<bool, LedgerError> {
    let seq = i64::try_from(tip.events).unwrap_or(i64::MAX);
    if seq == 0 {
        return Ok(true);
    }
    if let Some(mark) = PruneMark::read(snapshot)?.filter(|mark| seq <= mark.seq) {
        return Ok(seq < mark.seq || mark.hash == tip.head);
    }
    let mut select = snapshot.prepare_cached("SELECT hash FROM events WHERE seq = ?1")?;
    let hash: Option<String> = select.query_row([seq], |row| row.get(0)).optional()?;
    Ok(hash.is_some_and(|hash| hash == tip.head))
}

fn id(snapshot: &Connection) -> Result<Option<String>, LedgerError> {
    if form(snapshot)? < FIRST_FORM {
        return Ok(None);
    }
    Ok(snapshot.prepare_cached("SELECT id FROM identity")?.query_row([], |row| row.get(0)).optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ledger, backup};

    fn event(ledger: &Ledger, action: &str) {
        let at = Timestamp::UNIX_EPOCH;
        let event = Event::new("t".to_owned(), "baton", action, String::new(), State::Queued, at);
        ledger.write_blocking(move |tx| event::append(tx, &event)).unwrap();
    }

    #[test]
    fn a_copy_is_the_same_or_an_older_ledger_and_a_new_ledger_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let ledger = Ledger::open(&path("l.db"), "test").unwrap();
        event(&ledger, "captured");
        backup::copy(&ledger.reader().unwrap(), &path("copy.db")).unwrap();
        let then = current(&ledger.reader().unwrap()).unwrap().unwrap();
        event(&ledger, "queued");
        let now = current(&ledger.reader().unwrap()).unwrap().unwrap();
        let reader = ledger.reader().unwrap();
        assert_eq!(compare(&reader, &then).unwrap(), Comparison::Same, "the ledger has grown");
        assert_eq!(compare(&reader, &now).unwrap(), Comparison::Same);
        let copy = Reader::open(&path("copy.db")).unwrap();
        assert_eq!(compare(&copy, &then).unwrap(), Comparison::Same);
        assert_eq!(compare(&copy, &now).unwrap(), Comparison::Older(1));
        let other = Ledger::open(&path("other.db"), "test").unwrap();
        assert!(matches!(compare(&other.reader().unwrap(), &now).unwrap(), Comparison::Other(Some(_))));
    }

    #[test]
    fn a_chain_that_diverged_does_not_contain_the_head() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let ledger = Ledger::open(&path("l.db"), "test").unwrap();
        backup::copy(&ledger.reader().unwrap(), &path("copy.db")).unwrap();
        event(&ledger, "captured");
        let now = current(&ledger.reader().unwrap()).unwrap().unwrap();
        let copy = Ledger::open(&path("copy.db"), "test").unwrap();
        event(&copy, "cancelled");
        assert_eq!(compare(&copy.reader().unwrap(), &now).unwrap(), Comparison::Older(1));
    }
}
