//! Rows that wait to be written: a call and a transaction for some thousands of them costs a tenth of one for each file.
//!
//! A playlist is written in three steps (that it is there, what stands in it, in which state it is), so an attempt that breaks off
//! leaves playlists that the next one writes again, and none that only looks imported.

use std::collections::HashMap;

use baton_plugin_kit::lent::Writable;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::Row;

use super::rows::{self, PUT_ITEM, PUT_PLAYLIST, PUT_TRACK, Said};
use super::track_key::TrackKey;
use crate::model::{Entry, Playlist};

/// Entries after which what waits is written.
const MOST: usize = 8_000;

/// Rows in the making.
#[derive(Debug, Default)]
pub(super) struct Pending {
    tracks: Vec<Row>,
    begun: Vec<Row>,
    items: Vec<Row>,
    ended: Vec<Row>,
    /// By id what was said of a track ([`knows`]), and of when the newest of it was.
    said: HashMap<String, (u32, Option<i64>)>,
}

impl Pending {
    /// How many different tracks were said.
    pub(super) fn tracks(&self) -> usize {
        self.said.len()
    }

    /// Adds a track, unless all that the entry knows of it was said before by a source that is no older.
    pub(super) fn track(&mut self, said: Said<'_>, entry: &Entry) {
        let Some(key) = TrackKey::of(entry) else {
            return;
        };
        let knows = knows(entry);
        match self.said.get_mut(key.id.as_ref()) {
            Some((known, at)) if *known | knows == *known && *at >= said.at => return,
            Some((known, at)) => (*known, *at) = (*known | knows, (*at).max(said.at)),
            None => drop(self.said.insert(key.id.as_ref().to_owned(), (knows, said.at))),
        }
        self.tracks.push(rows::track(said, &key, entry));
    }

    /// Adds a playlist with its tracks; writes in between, so that a long one does not stand in memory three times.
    pub(super) fn playlist(
        &mut self,
        catalog: &dyn Writable,
        said: Said<'_>,
        playlist: &Playlist,
        snapshot: &str,
    ) -> Result<(), Error> {
        self.begun.push(rows::playlist(said, playlist, ""));
        for (position, entry) in playlist.entries.iter().enumerate() {
            self.track(said, entry);
            self.items.push(rows::item(said, playlist, position, entry));
            self.write_much(catalog)?;
        }
        self.ended.push(rows::playlist(said, playlist, snapshot));
        Ok(())
    }

    /// Writes what waits when there is much of it.
    pub(super) fn write_much(&mut self, catalog: &dyn Writable) -> Result<(), Error> {
        if self.items.len() + self.tracks.len() < MOST { Ok(()) } else { self.write(catalog) }
    }

    /// Writes what waits.
    pub(super) fn write(&mut self, catalog: &dyn Writable) -> Result<(), Error> {
        for (statement, rows) in [
            (PUT_TRACK, &mut self.tracks),
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

/// Which fields of a track an entry knows, a bit each; who is credited is one more where several names are told apart.
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
