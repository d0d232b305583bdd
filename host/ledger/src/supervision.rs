//! Plugins that failed: the number of consecutive failures, and the end of the quarantine. A plugin without a row is
//! healthy.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::inspect::has_form;
use crate::task::timestamp;

/// The first format of the ledger with this table.
const FORM: i64 = 5;

/// A plugin whose last attempts failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingPlugin {
    pub agent: String,
    pub digest: String,
    pub failures: u32,
    /// The number of consecutive quarantines.
    pub quarantines: u32,
    /// When the next attempt may start; `None` if the plugin is not in quarantine.
    pub until: Option<Timestamp>,
    pub reason: String,
}

const COLUMNS: &str = "agent, digest, failures, quarantines, until, reason";

/// The failures of a plugin.
pub fn get(tx: &Tx<'_>, agent: &str) -> Result<Option<FailingPlugin>, LedgerError> {
    let mut select = tx.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM supervision WHERE agent = ?1"))?;
    select.query_row([agent], |row| Ok(supervised(row))).optional()?.transpose()
}

/// Records the failures of a plugin.
pub fn put(tx: &Tx<'_>, known: &FailingPlugin) -> Result<(), LedgerError> {
    let sql = format!("INSERT OR REPLACE INTO supervision ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    let until = known.until.map(Timestamp::as_millisecond);
    let FailingPlugin { agent, digest, failures, quarantines, reason, .. } = known;
    tx.connection.prepare_cached(&sql)?.execute(params![agent, digest, failures, quarantines, until, reason])?;
    Ok(())
}

/// Deletes the failures of a plugin. Returns whether the plugin had any failures.
pub fn clear(tx: &Tx<'_>, agent: &str) -> Result<bool, LedgerError> {
    Ok(tx.connection.prepare_cached("DELETE FROM supervision WHERE agent = ?1")?.execute([agent])? > 0)
}

/// The earliest end of the quarantines that are active at `now`.
pub fn next(tx: &Tx<'_>, now: Timestamp) -> Result<Option<Timestamp>, LedgerError> {
    let sql = "SELECT min(until) FROM supervision WHERE until > ?1";
    let next: Option<i64> = tx.connection.prepare_cached(sql)?.query_row([now.as_millisecond()], |row| row.get(0))?;
    next.map(timestamp).transpose()
}

/// The plugins that are in quarantine at `now`, ordered by name.
pub fn quarantined_plugins(reader: &Reader, now: Timestamp) -> Result<Vec<FailingPlugin>, LedgerError> {
    if !has_form(reader, FORM)? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT {COLUMNS} FROM supervision WHERE until > ?1 ORDER BY agent");
    let mut select = reader.connection.prepare_cached(&sql)?;
    let rows = select.query_map([now.as_millisecond()], |row| Ok(supervised(row)))?;
    rows.map(|row| row?).collect()
}

fn supervised(row: &Row<'_>) -> Result<FailingPlugin, LedgerError> {
    let until: Option<i64> = row.get(4)?;
    Ok(FailingPlugin {
        agent: row.get(0)?,
        digest: row.get(1)?,
        failures: row.get(2)?,
        quarantines: row.get(3)?,
        until: until.map(timestamp).transpose()?,
        reason: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    #[test]
    fn failures_are_written_read_and_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let until = Timestamp::from_second(100).unwrap();
        let known = FailingPlugin {
            agent: "a".to_owned(),
            digest: "d".to_owned(),
            failures: 5,
            quarantines: 1,
            until: Some(until),
            reason: "it crashed".to_owned(),
        };
        let kept = known.clone();
        ledger.write_blocking(move |tx| put(tx, &kept)).unwrap();
        assert_eq!(ledger.write_blocking(|tx| get(tx, "a")).unwrap(), Some(known.clone()));
        let next_at =
            |second| ledger.write_blocking(move |tx| next(tx, Timestamp::from_second(second).unwrap())).unwrap();
        assert_eq!((next_at(99), next_at(100)), (Some(until), None));
        let reader = ledger.reader().unwrap();
        assert_eq!(quarantined_plugins(&reader, Timestamp::from_second(99).unwrap()).unwrap(), [known]);
        assert!(quarantined_plugins(&reader, until).unwrap().is_empty());
        assert!(ledger.write_blocking(|tx| clear(tx, "a")).unwrap());
        assert!(!ledger.write_blocking(|tx| clear(tx, "a")).unwrap());
    }
}
