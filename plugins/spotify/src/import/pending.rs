//! Rows that wait to be written: a call and a transaction for some thousands of them costs a tenth of one for each file.
//!
//! A playlist is written in three steps (that it is there, what stands in it, in which state it is), so an attempt that breaks off
//! leaves playlists that the next one writes again, and none that only looks imported.

use std::collections::HashMap;

use baton_plugin_kit::lent::Writable;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::Row;

use super::rows::{self, PUT_ITEM, PUT_PLAYLIST, PUT_TRACK, Said};
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
    /// By id how much of a track was said: an export that knows more says it again.
    said: HashMap<String, u8>,
}

impl Pending {
    /// How many different tracks were said.
    pub(super) fn tracks(&self) -> usize {
        self.said.len()
    }

    /// Adds a track, unless it was said before by a source that knew as much.
    pub(super) fn track(&mut self, said: Said<'_>, entry: &Entry) {
        let Some(uri) = entry.uri.as_ref().filter(|uri| uri.is_music()) else {
            return;
        };
        // More than nothing: a length, an ISRC, more than one artist.
        let knows = 1
            + u8::from(entry.duration_ms.is_some())
            + u8::from(entry.isrc.is_some())
            + u8::from(entry.artists.len() > 1);
        let before = self.said.get(uri.id()).copied().unwrap_or(0);
        if before < knows {
            self.said.insert(uri.id().to_owned(), knows);
            self.tracks.push(rows::track(said, uri, entry));
        }
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
