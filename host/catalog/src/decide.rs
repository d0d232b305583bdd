//! Decisions of a person about tracks and files. This module records each decision in `decided_tracks` or `decided_files`,
//! and applies it in the same transaction. Triggers (`migrations/`) keep the decisions in force, even if a source states
//! something else later.

use std::path::Path;

use baton_track_match::Id;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::CatalogError;
use crate::open::open_writable;

/// A connection that writes decisions.
pub struct Decisions {
    connection: Connection,
}

impl Decisions {
    /// Opens the catalog.
    ///
    /// # Errors
    /// When it cannot be opened or is newer than this build.
    pub fn open(path: &Path) -> Result<Self, CatalogError> {
        Ok(Self { connection: open_writable(path)? })
    }

    /// Merges the track `merged` into the track `into`.
    pub fn merge(&mut self, merged: i64, into: i64, now: Timestamp) -> Result<(), CatalogError> {
        let change = self.begin()?;
        // Delete an earlier decision that the tracks differ, whichever ids the decision names.
        change.execute(
            "DELETE FROM decided_tracks AS d WHERE same = 0
                AND (SELECT item FROM external_ids WHERE kind = 'track' AND service = d.service AND external_id = d.id)
                    IN (?1, ?2)
                AND (SELECT item FROM external_ids WHERE kind = 'track' AND service = d.other_service
                    AND external_id = d.other_id) IN (?1, ?2)",
            [merged, into],
        )?;
        decide(&change, merged, into, true, now)?;
        change.execute("INSERT INTO merges (gone, into_track) VALUES (?1, ?2)", [merged, into])?;
        Ok(change.commit()?)
    }

    /// Records that two tracks are different. The decision also holds for the tracks that are later split from them.
    pub fn keep_apart(&mut self, a: i64, b: i64, now: Timestamp) -> Result<(), CatalogError> {
        let change = self.begin()?;
        decide(&change, a, b, false, now)?;
        Ok(change.commit()?)
    }

    /// Splits an id from a track: the id becomes a new track with the values of its source. Returns the number of the new
    /// track. Returns `None` if the id is the track's only id, or is not one of its ids.
    pub fn split(&mut self, track: i64, id: &Id, now: Timestamp) -> Result<Option<i64>, CatalogError> {
        let change = self.begin()?;
        let of =
            "SELECT source FROM external_ids WHERE kind = 'track' AND item = ?1 AND service = ?2 AND external_id = ?3";
        let source: Option<i64> =
            change.query_row(of, params![track, id.service, id.id], |row| row.get(0)).optional()?;
        let others = "SELECT count(*) FROM external_ids WHERE kind = 'track' AND item = ?1";
        let count: i64 = change.query_row(others, [track], |row| row.get(0))?;
        let Some(source) = source.filter(|_| count > 1) else { return Ok(None) };
        // The new track starts as a copy; its values are then chosen again from the facts of its sources.
        change.execute(
            "INSERT INTO tracks (title, artists, artist, album) SELECT title, artists, artist, album FROM tracks WHERE id = ?1",
            [track],
        )?;
        let new = change.last_insert_rowid();
        change.execute(
            "UPDATE external_ids SET item = ?1 WHERE kind = 'track' AND service = ?2 AND external_id = ?3",
            params![new, id.service, id.id],
        )?;
        let left = "SELECT EXISTS (SELECT 1 FROM external_ids WHERE kind = 'track' AND item = ?1 AND source = ?2)";
        let shared: bool = change.query_row(left, [track, source], |row| row.get(0))?;
        change.execute(
            "INSERT INTO facts (track, field, source, value, said_at)
             SELECT ?1, field, source, value, said_at FROM facts WHERE track = ?2 AND source = ?3",
            [new, track, source],
        )?;
        if !shared {
            // The track has no other id of the id's source, so all facts of that source move with the id.
            change.execute("DELETE FROM facts WHERE track = ?1 AND source = ?2", [track, source])?;
            for table in ["playlist_items", "plays", "files"] {
                let sql = format!("UPDATE {table} SET track = ?1 WHERE track = ?2 AND source = ?3");
                change.execute(&sql, [new, track, source])?;
            }
        }
        // The catalog does not record which id a playlist item names, so the next import must write these playlists again.
        change.execute(
            "UPDATE playlists SET snapshot = '' WHERE id IN (SELECT playlist FROM playlist_items WHERE track = ?1)",
            [track],
        )?;
        for one in [track, new] {
            change.execute("UPDATE tracks SET refreshed = max(refreshed, 0) + 1 WHERE id = ?1", [one])?;
        }
        // Deletes earlier decisions that this id and another id are one track.
        change.execute(
            "DELETE FROM decided_tracks WHERE same = 1
                AND ((service = ?1 AND id = ?2) OR (other_service = ?1 AND other_id = ?2))",
            params![id.service, id.id],
        )?;
        decide(&change, track, new, false, now)?;
        change.commit()?;
        Ok(Some(new))
    }

    /// Decides whether a file is a file of a track.
    pub fn decide_file(&mut self, file: i64, track: i64, same: bool, now: Timestamp) -> Result<(), CatalogError> {
        let change = self.begin()?;
        let ids = ids(&change, track)?;
        if ids.is_empty() {
            return Ok(());
        }
        let path: String = change.query_row("SELECT path FROM files WHERE id = ?1", [file], |row| row.get(0))?;
        // Deletes earlier decisions about this file and this track, whichever ids of the track they name. If the file
        // belongs to this track, also deletes the decision that it belongs to another track.
        change.execute(
            "DELETE FROM decided_files WHERE path = ?1 AND ((?3 AND same = 1) OR EXISTS (
                SELECT 1 FROM external_ids AS e WHERE e.kind = 'track' AND e.item = ?2
                    AND e.service = decided_files.service AND e.external_id = decided_files.id))",
            params![path, track, same],
        )?;
        // One id is enough to link the file to the track. To exclude the track, Baton records all its ids.
        for id in ids.iter().take(if same { 1 } else { usize::MAX }) {
            change.execute(
                "INSERT INTO decided_files (path, service, id, same, decided_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![path, id.service, id.id, same, now.as_millisecond()],
            )?;
        }
        if same {
            change.execute(
                "UPDATE files SET track = ?1, linked_by = 'person', link_reason = 'decided by a person' WHERE id = ?2",
                [track, file],
            )?;
        } else {
            change.execute(
                "UPDATE files SET track = NULL, linked_by = NULL, link_reason = NULL WHERE id = ?1 AND track = ?2",
                [file, track],
            )?;
        }
        Ok(change.commit()?)
    }

    fn begin(&mut self) -> Result<Transaction<'_>, CatalogError> {
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

/// Records a decision about two tracks. A decision that they differ is recorded for all their ids, because each id may become
/// a separate track later.
fn decide(change: &Transaction<'_>, a: i64, b: i64, same: bool, now: Timestamp) -> Result<(), CatalogError> {
    let (ones, others) = (ids(change, a)?, ids(change, b)?);
    let count = if same { 1 } else { usize::MAX };
    for one in ones.iter().take(count) {
        for other in others.iter().take(count) {
            let (first, second) = if one < other { (one, other) } else { (other, one) };
            change.execute(
                "INSERT OR REPLACE INTO decided_tracks (service, id, other_service, other_id, same, decided_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![first.service, first.id, second.service, second.id, same, now.as_millisecond()],
            )?;
        }
    }
    Ok(())
}

/// The ids of a track, sorted.
fn ids(change: &Transaction<'_>, track: i64) -> Result<Vec<Id>, CatalogError> {
    let sql = "SELECT service, external_id FROM external_ids WHERE kind = 'track' AND item = ?1 ORDER BY 1, 2";
    let mut select = change.prepare_cached(sql)?;
    let read = |row: &rusqlite::Row<'_>| Ok(Id { service: row.get(0)?, id: row.get(1)? });
    Ok(select.query_map([track], read)?.collect::<Result<_, _>>()?)
}
