//! Deliveries: reports, RETURNs, plugin requests, reason files, notices, copies of a broadcast, and moves of a file into an
//! inbox or the archive. A delivery is recorded in the transaction in which Baton decides to make it. Then the process that
//! recorded the delivery makes it. After a crash Baton repeats the delivery.
//!
//! The states of a delivery are `pending`, `staged` (its temporary file is complete on disk) and `done`. The states of a
//! move are `pending` and `done`, or `lost` if its source file was missing. `dispatch` makes the deliveries.

use baton_core::{Digest, names};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::LedgerError;
use crate::database::{Reader, Tx};

/// The kind of a delivery. The names are stored in the ledger and in events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryKind {
    /// An artifact of the outcome, for `reports/`.
    Artifact,
    /// A plugin request.
    Handoff,
    /// The RETURN.
    Return,
    /// The reason file of a rejected file.
    Reason,
    /// A reminder from Baton to an agent. It needs no RETURN.
    Notice,
    /// A copy of a broadcast for an agent's inbox. It becomes the task's file.
    Copy,
    /// The move of the handoff's file from the drop box into its agent's inbox.
    Route,
    /// The move of the handoff's file into the archive.
    Archive,
}

names!(
    DeliveryKind,
    "kind of delivery",
    Artifact = "artifact",
    Handoff = "handoff",
    Return = "return",
    Reason = "reason",
    Notice = "notice",
    Copy = "copy",
    Route = "route",
    Archive = "archive",
);

/// A delivery before it is recorded.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    pub kind: DeliveryKind,
    /// For a move: the current path of the file.
    pub source: Option<String>,
    /// The folder of the delivered file. A folder inside the workspace is stored as a relative path, any other folder as an
    /// absolute path.
    pub folder: String,
    /// The planned name of the delivered file. If another file in the folder has this name, the delivered file gets another
    /// name.
    pub name: String,
    /// SHA-256 of the file's bytes.
    pub hash: Option<String>,
    /// The bytes to write; `None` for a move.
    pub bytes: Option<Vec<u8>>,
}

impl NewDelivery {
    /// The delivery of a file with these bytes.
    #[must_use]
    pub fn written(kind: DeliveryKind, folder: String, name: String, bytes: Vec<u8>) -> Self {
        Self { kind, source: None, folder, name, hash: Some(Digest::of(&bytes).to_string()), bytes: Some(bytes) }
    }
}

/// An open delivery.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: i64,
    /// The task that the delivery belongs to.
    pub task: String,
    pub kind: DeliveryKind,
    /// True if the temporary file is complete on the disk.
    pub staged: bool,
    /// For a move: the current path of the file.
    pub source: Option<String>,
    /// As [`NewDelivery::folder`].
    pub folder: String,
    /// The planned name of the delivered file. If another file in the folder has this name, the delivered file gets another
    /// name.
    pub name: String,
    /// SHA-256 of the file's bytes.
    pub hash: Option<String>,
    pub bytes: Option<Vec<u8>>,
}

/// Records a delivery as `pending`.
pub fn add(tx: &Tx<'_>, task: &str, new: &NewDelivery) -> Result<i64, LedgerError> {
    let mut insert = tx.connection.prepare_cached(
        "INSERT INTO outbox (task, kind, state, source, folder, name, hash, bytes, owner)
         VALUES (?1, ?2, 'pending', ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    insert.execute(params![
        task,
        new.kind.as_str(),
        new.source,
        new.folder,
        new.name,
        new.hash,
        new.bytes,
        tx.owner
    ])?;
    Ok(tx.connection.last_insert_rowid())
}

/// The open deliveries of a task, in order, up to the first delivery that belongs to another running process. Deliveries
/// without an owner, and deliveries of ended processes (`is_gone`), are assigned to this process.
pub fn open_of(tx: &Tx<'_>, task: &str, is_gone: impl Fn(&str) -> bool) -> Result<Vec<Delivery>, LedgerError> {
    let mut open = Vec::new();
    for OwnedDelivery { delivery, owner } in select(tx.connection, "AND task = ?1", [task])? {
        match owner.as_deref().filter(|owner| *owner != tx.owner) {
            Some(owner) if !is_gone(owner) => break,
            None if owner.is_some() => {}
            _ => {
                let sql = "UPDATE outbox SET owner = ?2 WHERE id = ?1";
                tx.connection.prepare_cached(sql)?.execute(params![delivery.id, tx.owner])?;
            }
        }
        open.push(delivery);
    }
    Ok(open)
}

/// The open deliveries of a task, in order, read without the writing thread. `None` if one of them does not belong to
/// `owner`; the caller then uses [`open_of`].
pub fn own_open_of(reader: &Reader, owner: &str, task: &str) -> Result<Option<Vec<Delivery>>, LedgerError> {
    let open = select(&reader.connection, "AND task = ?1", [task])?;
    let is_own = |open: &OwnedDelivery| open.owner.as_deref() == Some(owner);
    Ok(open.iter().all(is_own).then(|| open.into_iter().map(|open| open.delivery).collect()))
}

/// Cancels the deliveries of a task's file into an inbox, because the task has ended. Returns the number of cancelled
/// deliveries.
pub fn cancel_into_inbox(tx: &Tx<'_>, task: &str) -> Result<usize, LedgerError> {
    let sql = "UPDATE outbox SET state = 'lost', bytes = NULL WHERE task = ?1 AND kind IN ('copy', 'route')
               AND state IN ('pending', 'staged')";
    Ok(tx.connection.prepare_cached(sql)?.execute([task])?)
}

/// Whether a delivery is still open.
pub fn is_open(tx: &Tx<'_>, id: i64) -> Result<bool, LedgerError> {
    let sql = "SELECT 1 FROM outbox WHERE id = ?1 AND state IN ('pending', 'staged')";
    Ok(tx.connection.prepare_cached(sql)?.query_row([id], |_| Ok(())).optional()?.is_some())
}

/// The progress of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryProgress {
    /// The delivery is not finished.
    Open,
    /// The file was delivered to this folder under this name.
    Done {
        /// As [`Delivery::folder`].
        folder: String,
        /// The name that the delivered file got.
        name: String,
    },
    /// The file was not delivered, or the ledger does not have the delivery any more.
    Gone,
}

/// The progress of a delivery.
pub fn progress(tx: &Tx<'_>, id: i64) -> Result<DeliveryProgress, LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT state, folder, name FROM outbox WHERE id = ?1")?;
    let found = select.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    Ok(match found {
        Some((state, folder, name)) if String::as_str(&state) == "done" => DeliveryProgress::Done { folder, name },
        Some((state, ..)) if matches!(state.as_str(), "pending" | "staged") => DeliveryProgress::Open,
        _ => DeliveryProgress::Gone,
    })
}

/// The tasks with open deliveries.
pub fn open_tasks(tx: &Tx<'_>) -> Result<Vec<String>, LedgerError> {
    let sql = "SELECT task FROM outbox WHERE state IN ('pending', 'staged') GROUP BY task ORDER BY min(id)";
    let mut select = tx.connection.prepare_cached(sql)?;
    let rows = select.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records that the temporary file of a delivery is complete, and its future name.
pub fn staged(tx: &Tx<'_>, id: i64, name: &str) -> Result<(), LedgerError> {
    let mut update = tx
        .connection
        .prepare_cached("UPDATE outbox SET state = 'staged', name = ?2 WHERE id = ?1 AND state = 'pending'")?;
    update.execute(params![id, name])?;
    Ok(())
}

/// Records that a delivery is done under `name`, and deletes its bytes.
pub fn done(tx: &Tx<'_>, id: i64, name: &str) -> Result<(), LedgerError> {
    finish(tx, id, name, "done")
}

/// Records that the file of a move was missing.
pub fn lost(tx: &Tx<'_>, id: i64, name: &str) -> Result<(), LedgerError> {
    finish(tx, id, name, "lost")
}

/// Whether Baton has delivered a RETURN or a notice with these bytes to `folder`, under any name. A file with these bytes is
/// then not a new handoff.
pub fn has_delivered(tx: &Tx<'_>, folder: &str, hash: &str) -> Result<bool, LedgerError> {
    let sql = "SELECT 1 FROM outbox WHERE folder = ?1 AND hash = ?2 AND kind IN ('return', 'notice') LIMIT 1";
    Ok(tx.connection.prepare_cached(sql)?.query_row([folder, hash], |_| Ok(())).optional()?.is_some())
}

/// Whether a task's file with these bytes is being delivered to `folder`.
pub fn is_being_delivered(tx: &Tx<'_>, folder: &str, hash: &str) -> Result<bool, LedgerError> {
    let sql = "SELECT 1 FROM outbox WHERE folder = ?1 AND hash = ?2 AND kind IN ('copy', 'route')
               AND state IN ('pending', 'staged') LIMIT 1";
    Ok(tx.connection.prepare_cached(sql)?.query_row([folder, hash], |_| Ok(())).optional()?.is_some())
}

/// Whether an open delivery will write a file with this name in `folder`.
pub fn is_reserved(tx: &Tx<'_>, folder: &str, name: &str) -> Result<bool, LedgerError> {
    let sql = "SELECT 1 FROM outbox WHERE folder = ?1 AND name = ?2 AND state IN ('pending', 'staged') LIMIT 1";
    Ok(tx.connection.prepare_cached(sql)?.query_row([folder, name], |_| Ok(())).optional()?.is_some())
}

fn finish(tx: &Tx<'_>, id: i64, name: &str, state: &str) -> Result<(), LedgerError> {
    let sql = "UPDATE outbox SET state = ?3, name = ?2, bytes = NULL WHERE id = ?1";
    tx.connection.prepare_cached(sql)?.execute(params![id, name, state])?;
    Ok(())
}

/// An open delivery and the process that makes it.
struct OwnedDelivery {
    delivery: Delivery,
    owner: Option<String>,
}

/// The open deliveries that match the SQL condition `rest`.
fn select<P: rusqlite::Params>(
    connection: &Connection,
    rest: &str,
    params: P,
) -> Result<Vec<OwnedDelivery>, LedgerError> {
    let sql = format!(
        "SELECT id, task, kind, state, source, folder, name, hash, bytes, owner FROM outbox
         WHERE state IN ('pending', 'staged') {rest} ORDER BY id"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let rows = select.query_map(params, |row| Ok((delivery(row), row.get(9)?)))?;
    rows.map(|row| row.map(|(delivery, owner)| delivery.map(|delivery| OwnedDelivery { delivery, owner }))?).collect()
}

fn delivery(row: &Row<'_>) -> Result<Delivery, LedgerError> {
    let (kind, state): (String, String) = (row.get(2)?, row.get(3)?);
    let corrupt = || LedgerError::Corrupt { what: "a kind of delivery", value: kind.clone() };
    Ok(Delivery {
        id: row.get(0)?,
        task: row.get(1)?,
        kind: kind.parse().map_err(|_| corrupt())?,
        staged: state == "staged",
        source: row.get(4)?,
        folder: row.get(5)?,
        name: row.get(6)?,
        hash: row.get(7)?,
        bytes: row.get(8)?,
    })
}
