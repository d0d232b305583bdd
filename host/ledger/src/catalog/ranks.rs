//! Which source counts more: the operator's table.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, TransactionBehavior, params};

use super::prepare;
use crate::LedgerError;
use crate::guest::limits::BUSY;

/// Gives the sources these ranks, also those that nobody has named yet; what counts of tracks is chosen anew where that
/// changes it. Sources that are not in the table keep theirs.
///
/// # Errors
/// When the catalog cannot be made or written to.
pub fn rank(path: &Path, ranks: &BTreeMap<String, i64>) -> Result<(), LedgerError> {
    if ranks.is_empty() {
        return Ok(());
    }
    prepare(path)?;
    let opened = |source| LedgerError::Open { path: path.to_owned(), source };
    let mut connection = Connection::open(path).map_err(opened)?;
    connection.busy_timeout(BUSY)?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (name, rank) in ranks {
        let as_it_is = "SELECT EXISTS (SELECT 1 FROM sources WHERE name = ?1 AND rank = ?2)";
        if !change.query_row(as_it_is, params![name, rank], |row| row.get::<_, bool>(0))? {
            change.execute("INSERT INTO put_source (name, rank) VALUES (?1, ?2)", params![name, rank])?;
        }
    }
    Ok(change.commit()?)
}
