//! Requests that plugins sent, with the plugins' keys. If a plugin withdrew a request before its file was captured, Baton
//! must reject this file. `dispatch` decides which requests are open.

use rusqlite::{OptionalExtension, Row, params};

use crate::LedgerError;
use crate::database::Tx;

/// A request that a plugin sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginRequest {
    /// The `handoff_id` in the request's file.
    pub handoff_id: String,
    pub sender: String,
    /// The plugin's name for the request.
    pub key: String,
    /// The number of times that the plugin has sent this request, including this time.
    pub times: u32,
    /// The delivery that writes the request's file, as [`add`](crate::outbox::add) returned it.
    pub delivery: i64,
    /// The plugin's reason, if it withdrew the request before its file was captured.
    pub taken_back: Option<String>,
}

/// The newest request of `sender` with `key`.
const NEWEST: &str = "SELECT handoff_id, sender, key, times, delivery, taken_back FROM posted
                      WHERE sender = ?1 AND key = ?2 ORDER BY times DESC LIMIT 1";

/// The reason to reject the file of a request.
const REJECTION: &str =
    "SELECT taken_back FROM posted WHERE handoff_id = ?1 AND sender = ?2 AND taken_back IS NOT NULL";

/// The key of the request in a file.
const KEY: &str = "SELECT key FROM posted WHERE handoff_id = ?1 AND sender = ?2";

/// The frequent queries, for the test of their query plans.
#[cfg(test)]
pub(crate) const ASKED: [&str; 3] = [NEWEST, REJECTION, KEY];

/// The newest request of `sender` with `key`.
pub fn newest(tx: &Tx<'_>, sender: &str, key: &str) -> Result<Option<PluginRequest>, LedgerError> {
    let mut select = tx.connection.prepare_cached(NEWEST)?;
    Ok(select.query_row([sender, key], posted).optional()?)
}

/// The key of the request that `sender` sent with this `handoff_id`. `None` if the request has no key, or if a newer request
/// has the key.
pub fn key(tx: &Tx<'_>, sender: &str, handoff_id: &str) -> Result<Option<String>, LedgerError> {
    let mut select = tx.connection.prepare_cached(KEY)?;
    Ok(select.query_row([handoff_id, sender], |row| row.get(0)).optional()?)
}

/// Records a request. Deletes the earlier request with the same key, unless the file of the earlier request must still be
/// rejected.
pub fn add(tx: &Tx<'_>, new: &PluginRequest) -> Result<(), LedgerError> {
    let forget = "DELETE FROM posted WHERE sender = ?1 AND key = ?2 AND taken_back IS NULL";
    tx.connection.prepare_cached(forget)?.execute([&new.sender, &new.key])?;
    let mut insert = tx.connection.prepare_cached(
        "INSERT OR REPLACE INTO posted (handoff_id, sender, key, times, delivery, taken_back) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    insert.execute(params![new.handoff_id, new.sender, new.key, new.times, new.delivery, new.taken_back])?;
    Ok(())
}

/// Marks a request, so that its file is rejected when it is captured.
pub fn mark_rejected(tx: &Tx<'_>, handoff_id: &str, reason: &str) -> Result<(), LedgerError> {
    let sql = "UPDATE posted SET taken_back = ?2 WHERE handoff_id = ?1";
    tx.connection.prepare_cached(sql)?.execute([handoff_id, reason])?;
    Ok(())
}

/// Returns the reason to reject the file of `sender` with this `handoff_id`, and clears the reason. If the same file is
/// dropped again, it is a new request.
pub fn take_rejection(tx: &Tx<'_>, sender: &str, handoff_id: &str) -> Result<Option<String>, LedgerError> {
    let mut select = tx.connection.prepare_cached(REJECTION)?;
    let reason: Option<String> = select.query_row([handoff_id, sender], |row| row.get(0)).optional()?;
    if reason.is_some() {
        let clear = "UPDATE posted SET taken_back = NULL WHERE handoff_id = ?1";
        tx.connection.prepare_cached(clear)?.execute([handoff_id])?;
    }
    Ok(reason)
}

fn posted(row: &Row<'_>) -> rusqlite::Result<PluginRequest> {
    Ok(PluginRequest {
        handoff_id: row.get(0)?,
        sender: row.get(1)?,
        key: row.get(2)?,
        times: row.get(3)?,
        delivery: row.get(4)?,
        taken_back: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    fn sent(handoff_id: &str, times: u32) -> PluginRequest {
        PluginRequest {
            handoff_id: handoff_id.to_owned(),
            sender: "p".to_owned(),
            key: "k".to_owned(),
            times,
            delivery: 1,
            taken_back: None,
        }
    }

    #[test]
    fn a_key_means_its_newest_request_and_an_older_one_is_rejected_once() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let job = |tx: &Tx<'_>| {
            assert_eq!(newest(tx, "p", "k")?, None);
            add(tx, &sent("t-1", 1))?;
            mark_rejected(tx, "t-1", "it is there now")?;
            add(tx, &sent("u-1", 2))?;
            assert_eq!(newest(tx, "p", "k")?, Some(sent("u-1", 2)));
            assert_eq!(key(tx, "p", "u-1")?.as_deref(), Some("k"));
            assert_eq!(key(tx, "somebody else", "u-1")?, None);
            assert_eq!(take_rejection(tx, "somebody else", "t-1")?, None);
            assert_eq!(take_rejection(tx, "p", "u-1")?, None);
            assert_eq!(take_rejection(tx, "p", "t-1")?.as_deref(), Some("it is there now"));
            assert_eq!(take_rejection(tx, "p", "t-1")?, None);
            add(tx, &sent("v-1", 3))?;
            let rows = tx.connection.query_row("SELECT count(*) FROM posted", [], |row| row.get::<_, i64>(0))?;
            assert_eq!(rows, 1, "one row for each key is kept");
            Ok(())
        };
        ledger.write_blocking(job).unwrap();
    }
}
