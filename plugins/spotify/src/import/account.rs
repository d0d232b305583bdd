//! Writes playlists of an account into the catalog, with the rows of an import.

use baton_plugin_kit::Findings;
use baton_plugin_sdk::Error;

use super::existing::{self, PlaylistStates, part, snapshot};
use super::match_tracks;
use super::model::{HostServices, Report};
use super::pending::PendingRows;
use super::rows::ExportTime;
use super::state::ImportState;
use crate::model::{Playlist, SERVICE_ACCOUNT};

/// The number of waiting entries at which they are written. Entries that were written before a crash need not be read again.
const MOST: usize = 2_000;

/// Writes the playlists of an account.
pub(crate) struct AccountWriter<'a> {
    import: ImportState<'a>,
    states: PlaylistStates,
    /// The time of the facts, in milliseconds since 1970 UTC.
    now: i64,
}

impl<'a> AccountWriter<'a> {
    /// Reads which playlists the catalog has.
    pub(crate) fn begin(services: HostServices<'a>, now: i64, findings: &'a mut Findings) -> Result<Self, Error> {
        let states = existing::playlists(services.catalog, &[SERVICE_ACCOUNT])?;
        let import = ImportState { services, findings, pending: PendingRows::default(), report: Report::default() };
        Ok(Self { import, states, now })
    }

    /// True if the catalog has the playlist as it was at this snapshot.
    pub(crate) fn has(&self, id: &str, version: &str) -> bool {
        let state = self.states.get(&(SERVICE_ACCOUNT.to_owned(), id.to_owned()));
        state.is_some_and(|state| state.is_of(version))
    }

    /// The name of each playlist of the account in the catalog, by id.
    pub(crate) fn known(&self) -> impl Iterator<Item = (&str, &str)> {
        self.states.iter().map(|((_, id), state)| (id.as_str(), state.name.as_str()))
    }

    /// Writes a playlist. If only its beginning was read, the catalog keeps the old items after this beginning, and the next run reads
    /// the playlist again.
    pub(crate) fn put(&mut self, playlist: &Playlist, version: &str) -> Result<(), Error> {
        let at = ExportTime { service: SERVICE_ACCOUNT, at: Some(self.now) };
        let state = if playlist.complete { snapshot(version, playlist.entries.len()) } else { part(version) };
        let (catalog, own) = (self.import.services.catalog, self.import.services.own);
        self.import.pending.playlist(catalog, at, playlist, &state)?;
        crate::episodes::put(own, playlist)?;
        crate::notes::put(own, &playlist.service, &playlist.id, playlist.description.as_deref())?;
        if self.import.pending.waiting() >= MOST { self.import.pending.write(catalog) } else { Ok(()) }
    }

    /// The findings, so that the caller can add one.
    pub(crate) fn findings(&mut self) -> &mut Findings {
        self.import.findings
    }

    /// Writes the waiting rows, and joins tracks without an id. Returns the number of written tracks.
    pub(crate) fn finish(mut self) -> Result<usize, Error> {
        self.import.pending.write(self.import.services.catalog)?;
        let tracks = self.import.pending.tracks();
        if tracks > 0 {
            match_tracks::join(&self.import.services, true, self.import.findings)?;
        }
        Ok(tracks)
    }
}
