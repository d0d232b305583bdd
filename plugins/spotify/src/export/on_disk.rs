//! The files of tracks on disk, for exports that name paths. `wanted` of the plugin music-files finds the same files.

use std::collections::HashMap;

use baton_plugin_kit::host::Tables;
use baton_plugin_kit::library::{
    CatalogData, CatalogFile, CatalogTrack, FileIndex, SCAN, TrackFiles, has_files, is_stream, tracks_in_playlists,
};
use baton_plugin_sdk::Error;

use crate::model::{Entry, File, Playlist, TRACKS};
use crate::uri::Uri;

/// Files by the numbers of tracks in the catalog.
#[derive(Debug, Default)]
pub(super) struct FilesOnDisk {
    files: HashMap<i64, Vec<File>>,
    /// Numbers of tracks by Spotify id.
    ids: HashMap<String, i64>,
    /// True if the catalog has a file on disk.
    has_files: bool,
}

impl FilesOnDisk {
    /// Reads the files of tracks in playlists of the catalog and, with `whole`, of all tracks of Spotify.
    pub(super) fn read(catalog: &dyn Tables, whole: bool) -> Result<Self, Error> {
        let known = CatalogData::read(catalog)?;
        let (disk, listed, streamed) = (FileIndex::new(&known), tracks_in_playlists(&known), streamed(&known));
        let mut found = Self { has_files: has_files(&known), ..Self::default() };
        for song in known.songs.values() {
            let mut ids = song.ids.iter().filter(|id| id.service == TRACKS).peekable();
            let counts = listed.contains(&song.id) || (whole && ids.peek().is_some());
            if !counts {
                continue;
            }
            found.ids.extend(ids.map(|id| (id.id.clone(), song.id)));
            let files = files(&disk, song, &streamed);
            if !files.is_empty() {
                found.files.insert(song.id, files);
            }
        }
        Ok(found)
    }

    /// Sets the files of the entries.
    pub(super) fn fill(&self, playlists: &mut [Playlist]) {
        for entry in playlists.iter_mut().flat_map(|playlist| &mut playlist.entries) {
            let files = self.number(entry).and_then(|number| self.files.get(&number));
            entry.files = files.cloned().unwrap_or_default();
        }
    }

    /// The next step if no entry has a file.
    pub(super) fn next_step(&self) -> &'static str {
        if self.has_files { "list the tracks that are not on disk: baton run music-files wanted" } else { SCAN }
    }

    fn number(&self, entry: &Entry) -> Option<i64> {
        let by_id = || entry.uri.as_ref().filter(|uri| uri.is_music()).and_then(|uri: &Uri| self.ids.get(uri.id()));
        entry.known_as.or_else(|| by_id().copied())
    }
}

/// The linked addresses of streaming services.
fn streamed(known: &CatalogData) -> HashMap<i64, Vec<&CatalogFile>> {
    let mut streamed: HashMap<i64, Vec<&CatalogFile>> = HashMap::new();
    for file in known.files.iter().filter(|file| !file.missing && is_stream(&file.path)) {
        file.track.into_iter().for_each(|track| streamed.entry(track).or_default().push(file));
    }
    streamed
}

fn files(disk: &FileIndex<'_>, song: &CatalogTrack, streamed: &HashMap<i64, Vec<&CatalogFile>>) -> Vec<File> {
    let there = if let TrackFiles::Found(files) = disk.find(song) { files } else { Vec::new() };
    let streamed = streamed.get(&song.id).into_iter().flatten().copied();
    there.into_iter().chain(streamed).map(|file| File { path: file.path.clone(), size: file.size }).collect()
}
