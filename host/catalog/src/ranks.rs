//! The ranks of sources (`[catalog.ranks]`), and the order of the sources of one field (`baton catalog rank`). They decide which
//! source wins.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{TransactionBehavior, params};

use crate::open::open_writable;
use crate::{Catalog, CatalogError};

/// The order of the sources of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRank {
    pub field: String,
    /// The winning source is first. Sources that are not listed come last.
    pub sources: Vec<String>,
    /// True if a person chose the order. False if it is the default order of sources with the same rank.
    pub chosen: bool,
}

impl Catalog {
    /// The order of each field: the chosen order if there is one, otherwise the default.
    pub fn field_ranks(&self) -> Result<Vec<FieldRank>, CatalogError> {
        let mut select = self.connection.prepare(
            "SELECT field, source, chosen FROM field_ranks AS r
             WHERE chosen = (SELECT max(chosen) FROM field_ranks WHERE field = r.field) ORDER BY field, place, source",
        )?;
        let mut ranks: Vec<FieldRank> = Vec::new();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (field, source): (String, String) = (row.get(0)?, row.get(1)?);
            match ranks.last_mut().filter(|rank| rank.field == field) {
                Some(rank) => rank.sources.push(source),
                None => ranks.push(FieldRank { field, sources: vec![source], chosen: row.get(2)? }),
            }
        }
        Ok(ranks)
    }

    /// The fields of all facts.
    pub fn fields(&self) -> Result<Vec<String>, CatalogError> {
        self.names("SELECT DISTINCT field FROM facts ORDER BY 1")
    }

    /// The sources, without their parts.
    pub fn sources(&self) -> Result<Vec<String>, CatalogError> {
        self.names(
            "SELECT DISTINCT CASE instr(name, '/') WHEN 0 THEN name ELSE substr(name, 1, instr(name, '/') - 1) END
             FROM sources ORDER BY 1",
        )
    }

    fn names(&self, sql: &str) -> Result<Vec<String>, CatalogError> {
        let mut select = self.connection.prepare(sql)?;
        Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}

/// Sets the order of a field's sources. An empty list restores the default. Afterwards Baton chooses the values of all
/// tracks again.
///
/// # Errors
/// When the catalog cannot be created or written.
pub fn rank_field(path: &Path, field: &str, sources: &[String]) -> Result<(), CatalogError> {
    let mut connection = open_writable(path)?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    change.execute("DELETE FROM field_ranks WHERE field = ?1 AND chosen = 1", [field])?;
    for (place, source) in (1_i64..).zip(sources) {
        change.execute(
            "INSERT OR IGNORE INTO field_ranks (field, source, place, chosen) VALUES (?1, ?2, ?3, 1)",
            params![field, source, place],
        )?;
    }
    change.execute(
        "UPDATE tracks SET refreshed = max(refreshed, 0) + 1 WHERE id IN (SELECT track FROM facts WHERE field = ?1)",
        [field],
    )?;
    Ok(change.commit()?)
}

/// Sets the ranks of these sources, even of sources that have no entries yet. If a rank changes, Baton chooses the values
/// of tracks again. Sources that are not in `ranks` keep their rank.
///
/// # Errors
/// When the catalog cannot be created or written.
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
