//! Tracks of playlists that are not on disk.

use crate::organise::CatalogTrack;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrackState {
    OnDisk,
    Unclear,
    Wanted,
}

/// A track that is not certainly on disk, with all playlists that have it.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) song: &'a CatalogTrack,
    pub(crate) lists: Vec<&'a str>,
    pub(crate) standing: TrackState,
}

#[derive(Debug, Default)]
pub(crate) struct WantedTracks<'a> {
    /// In the order of the playlists and of their tracks.
    pub(crate) rows: Vec<Row<'a>>,
    pub(crate) in_playlists: usize,
    pub(crate) on_disk: usize,
}

impl WantedTracks<'_> {
    pub(crate) fn count(&self, standing: TrackState) -> usize {
        self.rows.iter().filter(|row| row.standing == standing).count()
    }
}
