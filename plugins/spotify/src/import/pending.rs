//! Rows that wait to be written. A transaction for some thousands of rows needs a tenth of the time of one transaction for each file.
//!
//! A playlist is written in three steps: the playlist, its entries, its state. If an attempt ends early, the state of its last
//! playlists is missing, so the next attempt writes these playlists again.

use std::collections::HashMap;

use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::Row;

use super::rows::{self, ExportTime, PUT_ITEM, PUT_PLAYLIST, PUT_TRACK};
use super::track_key::TrackKey;
use crate::model::{Entry, Playlist};

/// The number of waiting entries and tracks that causes a write. A library of 25,000 entries is written at once, so that each
/// of its tracks is written once, with the facts of all exports.
const MOST: usize = 40_000;

/// Exports that were written within a day count as one export, with the time of the newest.
const ONE_EXPORT_MS: i64 = 24 * 60 * 60 * 1_000;

/// The waiting rows.
#[derive(Debug, Default)]
pub(super) struct PendingRows {
    tracks: Vec<WaitingTrack>,
    begun: Vec<Row>,
    items: Vec<Row>,
    ended: Vec<Row>,
    /// The written facts of tracks, by id.
    facts: HashMap<String, TrackFacts>,
    writes: usize,
}

/// A waiting track.
#[derive(Debug)]
struct WaitingTrack {
    service: String,
    at: Option<i64>,
    entry: Entry,
}

/// The written facts of a track.
#[derive(Debug)]
struct TrackFacts {
    /// The fields, as bits of [`knows`].
    fields: u32,
    /// The time of the newest fact.
    at: Option<i64>,
    /// The number of earlier writes, and the index among the waiting tracks.
    place: (usize, usize),
}

impl PendingRows {
    pub(super) fn tracks(&self) -> usize {
        self.facts.len()
    }

    /// Entries and tracks that wait.
    pub(super) fn waiting(&self) -> usize {
        self.items.len() + self.tracks.len()
    }

    /// Adds a track, unless an export of the same age or a newer one already has all fields of the entry.
    pub(super) fn track(&mut self, export: ExportTime<'_>, entry: &Entry) {
        let Some(key) = TrackKey::from_entry(entry) else {
            return;
        };
        let fields = knows(entry);
        let place = (self.writes, self.tracks.len());
        if let Some(known) = self.facts.get_mut(key.id.as_ref()) {
            if known.fields | fields == known.fields && known.at >= export.at {
                return;
            }
            (known.fields, known.at) = (known.fields | fields, known.at.max(export.at));
            let waits = self.tracks.get_mut(known.place.1).filter(|_| known.place.0 == self.writes);
            if let Some(held) = waits.filter(|held| held.is_of(export)) {
                held.add(export, entry);
                return;
            }
            known.place = place;
        } else {
            self.facts.insert(key.id.as_ref().to_owned(), TrackFacts { fields, at: export.at, place });
        }
        self.tracks.push(WaitingTrack { service: export.service.to_owned(), at: export.at, entry: entry.clone() });
    }

    /// Adds a playlist with its tracks. Writes when many rows wait, so that a long playlist does not need too much memory.
    pub(super) fn playlist(
        &mut self,
        catalog: &dyn Writable,
        export: ExportTime<'_>,
        playlist: &Playlist,
        snapshot: &str,
    ) -> Result<(), Error> {
        self.begun.push(rows::playlist(export, playlist, ""));
        for (position, entry) in playlist.entries.iter().enumerate() {
            self.track(export, entry);
            self.items.push(rows::item(export, playlist, position, entry));
            self.write_if_many(catalog)?;
        }
        self.ended.push(rows::playlist(export, playlist, snapshot));
        Ok(())
    }

    /// Writes the rows if there are many.
    pub(super) fn write_if_many(&mut self, catalog: &dyn Writable) -> Result<(), Error> {
        if self.waiting() < MOST { Ok(()) } else { self.write(catalog) }
    }

    pub(super) fn write(&mut self, catalog: &dyn Writable) -> Result<(), Error> {
        self.writes += 1;
        let mut tracks: Vec<Row> = self.tracks.drain(..).filter_map(WaitingTrack::row).collect();
        for (statement, rows) in [
            (PUT_TRACK, &mut tracks),
            (PUT_PLAYLIST, &mut self.begun),
            (PUT_ITEM, &mut self.items),
            (PUT_PLAYLIST, &mut self.ended),
        ] {
            if !rows.is_empty() {
                catalog.batch(statement, &mut rows.drain(..))?;
            }
        }
        Ok(())
    }
}

impl WaitingTrack {
    /// True if facts of this export can be written together with this track.
    fn is_of(&self, export: ExportTime<'_>) -> bool {
        let near = match (self.at, export.at) {
            (Some(at), Some(other)) => at.abs_diff(other) < ONE_EXPORT_MS.unsigned_abs(),
            (at, other) => at == other,
        };
        near && self.service == export.service
    }

    /// Adds the facts of another export. If both exports have a field, the newer value is used.
    fn add(&mut self, export: ExportTime<'_>, entry: &Entry) {
        if export.at > self.at {
            let older = std::mem::replace(&mut self.entry, entry.clone());
            complete(&mut self.entry, &older);
            self.at = export.at;
        } else {
            complete(&mut self.entry, entry);
        }
    }

    fn row(self) -> Option<Row> {
        let key = TrackKey::from_entry(&self.entry)?;
        Some(rows::track(ExportTime { service: &self.service, at: self.at }, &key, &self.entry))
    }
}

/// Fills the missing fields of an entry.
fn complete(entry: &mut Entry, other: &Entry) {
    if entry.title.is_empty() {
        entry.title.clone_from(&other.title);
    }
    if entry.artists.is_empty() || entry.artists.len() == 1 && other.artists.len() > 1 {
        entry.artists.clone_from(&other.artists);
    }
    for (field, known) in [
        (&mut entry.album, &other.album),
        (&mut entry.album_artist, &other.album_artist),
        (&mut entry.isrc, &other.isrc),
        (&mut entry.released, &other.released),
        (&mut entry.label, &other.label),
        (&mut entry.genres, &other.genres),
    ] {
        if field.is_none() {
            field.clone_from(known);
        }
    }
    entry.duration_ms = entry.duration_ms.or(other.duration_ms);
    entry.explicit = entry.explicit.or(other.explicit);
    for (number, known) in entry.numbers.iter_mut().zip(&other.numbers) {
        *number = number.or(*known);
    }
}

/// The known fields of an entry, one bit each; one more bit if the artists are split.
fn knows(entry: &Entry) -> u32 {
    let fields = [
        !entry.title.is_empty(),
        !entry.artists.is_empty(),
        entry.artists.len() > 1,
        entry.album.is_some(),
        entry.album_artist.is_some(),
        entry.duration_ms.is_some(),
        entry.isrc.is_some(),
        entry.released.is_some(),
        entry.label.is_some(),
        entry.genres.is_some(),
        entry.explicit.is_some(),
    ];
    let numbers = entry.numbers.iter().map(Option::is_some);
    fields.into_iter().chain(numbers).fold(0, |bits, known| bits << 1 | u32::from(known))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use baton_plugin_kit::host::{Rows, Tables};
    use baton_plugin_sdk::sql::{Error as SqlError, Table, Value};

    use super::*;
    use crate::uri::Uri;

    /// A catalog that counts written tracks.
    #[derive(Default)]
    struct CountingCatalog(RefCell<Vec<Row>>);

    impl Tables for CountingCatalog {
        fn query(&self, _: &str, _: &[Value]) -> Result<Table, SqlError> {
            Err(SqlError::Invalid("nothing is read".to_owned()))
        }

        fn rows(&self, _: &str, _: &[Value]) -> Result<Rows<'_>, SqlError> {
            Err(SqlError::Invalid("nothing is read".to_owned()))
        }
    }

    impl Writable for CountingCatalog {
        fn execute(&self, _: &str, _: &[Value]) -> Result<u64, SqlError> {
            Ok(0)
        }

        fn batch(&self, statement: &str, rows: &mut dyn Iterator<Item = Row>) -> Result<u64, SqlError> {
            let rows: Vec<Row> = rows.collect();
            if statement == PUT_TRACK {
                self.0.borrow_mut().extend(rows);
            }
            Ok(0)
        }
    }

    #[test]
    fn a_track_is_written_once_with_the_facts_of_all_exports_of_a_day() {
        let catalog = CountingCatalog::default();
        let mut pending = PendingRows::default();
        let entry = |title: &str, isrc: Option<&str>| Entry {
            uri: Some(Uri::Track("4uLU6hMCjMI75M1A2tKUQC".to_owned())),
            title: title.to_owned(),
            isrc: isrc.map(str::to_owned),
            ..Entry::default()
        };
        let export = |at| ExportTime { service: "spotify-csv", at: Some(at) };
        let day = 1_700_000_000_000;
        pending.track(export(day), &entry("New", None));
        pending.track(export(day - 5), &entry("Old", Some("DEBX12100001")));
        pending.track(export(day - 5), &entry("Old", Some("DEBX12100001")));
        pending.write(&catalog).unwrap();
        let written = catalog.0.take();
        let text = |row: &Row, at: usize| row.get(at).and_then(Value::as_text).map(str::to_owned);
        assert_eq!(written.len(), 1);
        assert_eq!((text(&written[0], 5), text(&written[0], 10)), (Some("New".into()), Some("DEBX12100001".into())));
        assert_eq!(written[0].get(1).and_then(Value::as_integer), Some(day));
        // A track that is already written, and a track of another day, are written separately.
        pending.track(export(day + 1), &entry("Newer", None));
        pending
            .track(export(day + 1 - 2 * ONE_EXPORT_MS), &Entry { label: Some("L".to_owned()), ..entry("Old", None) });
        pending.write(&catalog).unwrap();
        assert_eq!(catalog.0.take().len(), 2);
        assert_eq!(pending.tracks(), 1);
    }
}
