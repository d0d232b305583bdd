//! The ranks of the catalog's sources, from the operator's table `[catalog.ranks]`.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{TransactionBehavior, params};

use crate::CatalogError;
use crate::open::open_writable;

/// Sets the ranks of these sources, also of sources without entries yet. The values of tracks are chosen again where a rank
/// changes. Sources that are not in the table keep their rank.
///
/// # Errors
/// When the catalog cannot be made or written to.
pub fn rank(path: &Path, ranks: &BTreeMap<String, i64>) -> Result<(), CatalogError> {
    if ranks.is_empty() {
        return Ok(());
    }
    let mut connection = open_writable(path)?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (name, rank) in ranks {
        let unchanged = "SELECT EXISTS (SELECT 1 FROM sources WHERE name = ?1 AND rank = ?2)";
        if !change.query_row(unchanged, params![name, rank], |row| row.get::<_, bool>(0))? {
            change.execute("INSERT INTO put_source (name, rank) VALUES (?1, ?2)", params![name, rank])?;
        }
    }
    Ok(change.commit()?)
}
