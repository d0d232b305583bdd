//! Finds the track that a reference names.

use rusqlite::OptionalExtension as _;

use crate::{Catalog, CatalogError};

/// The result of a search by reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundTracks {
    Nothing,
    One(i64),
    /// Several tracks fit equally well.
    Several(Vec<i64>),
}

impl Catalog {
    /// The track that `reference` names: its number in the catalog, `SERVICE:ID`, an id of any service, or an ISRC.
    pub fn find(&self, reference: &str) -> Result<FoundTracks, CatalogError> {
        // An id of a service may consist of digits too: `0007` is not a number of the catalog.
        if let Some(number) = reference.parse::<i64>().ok().filter(|number| number.to_string() == reference) {
            let sql = "SELECT coalesce((SELECT into_track FROM merges WHERE gone = ?1), (SELECT id FROM tracks WHERE id = ?1))";
            let found: Option<i64> = self.connection.query_row(sql, [number], |row| row.get(0)).optional()?.flatten();
            if let Some(id) = found {
                return Ok(FoundTracks::One(id));
            }
        }
        let (service, id) = reference.split_once(':').unwrap_or(("", ""));
        for (sql, parameters) in [
            ("SELECT item FROM external_ids WHERE kind = 'track' AND service = ?1 AND external_id = ?2", [service, id]),
            (
                "SELECT DISTINCT item FROM external_ids WHERE kind = 'track' AND external_id IN (?1, ?2)",
                [reference, reference],
            ),
            ("SELECT id FROM tracks WHERE isrc IN (upper(?1), ?2)", [reference, reference]),
        ] {
            let mut select = self.connection.prepare(sql)?;
            let ids: Vec<i64> = select.query_map(parameters, |row| row.get(0))?.collect::<Result<_, _>>()?;
            match ids.as_slice() {
                [] => {}
                [one] => return Ok(FoundTracks::One(*one)),
                _ => return Ok(FoundTracks::Several(ids)),
            }
        }
        Ok(FoundTracks::Nothing)
    }
}
