//! The content of the library for a track that an account plays: its track in the catalog, playlists and files, or shops that sell it.
//!
//! The track is identified by its Spotify id, or else by the rules of `host/track-match`: ISRC, title, artists and length. Files are
//! found as in `wanted` of music-files, which also knows copies with the same sound (fingerprints) or bytes. Only a certain match counts.

use std::collections::HashMap;

use baton_plugin_kit::host::Tables;
use baton_plugin_kit::library::{CatalogData, CatalogTrack, FileIndex, Link, TrackFiles, has_files, pages, shop_links};
use baton_plugin_sdk::Error;
use baton_track_match::{Decision, Matcher};
use serde_json::{Value, json};

use crate::model::{Entry, TRACKS};
use crate::playlists_for_track::file_place;

/// The library, for questions about single tracks.
#[derive(Debug)]
pub struct Library<'a> {
    data: &'a CatalogData,
    /// The tracks of the catalog, as the matcher numbers them.
    tracks: Vec<&'a CatalogTrack>,
    by_id: HashMap<&'a str, &'a CatalogTrack>,
    matcher: Matcher,
    files: FileIndex<'a>,
}

/// Whether the library has a file of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// The track has a file.
    OnDisk,
    /// The track may have a file: a person has to decide.
    Unclear,
    /// The track has no file.
    Wanted,
    /// Unknown, because the catalog has no file: no folder was scanned.
    Unknown,
}

/// The answer about one track.
#[derive(Clone, Debug)]
pub struct LibraryEntry {
    /// Its number in the catalog, and how it was identified.
    pub track: Option<(i64, String)>,
    /// Whether a file is on disk.
    pub state: FileState,
    /// Paths of its files, the best first.
    pub files: Vec<String>,
    /// The names of its playlists.
    pub playlists: Vec<String>,
    /// The path where its file belongs, without its ending.
    pub place: String,
    /// The pages of the track at the services that have it.
    pub pages: Vec<Link>,
    /// Searches in shops, if no file is known.
    pub shop_links: Vec<Link>,
}

impl<'a> Library<'a> {
    /// Indexes the catalog.
    #[must_use]
    pub fn new(data: &'a CatalogData) -> Self {
        let mut tracks: Vec<_> = data.songs.values().collect();
        tracks.sort_by_key(|track| track.id);
        let ids = |track: &'a CatalogTrack| {
            let own = track.ids.iter().filter(|id| id.service == TRACKS);
            own.map(move |id| (id.id.as_str(), track))
        };
        let described: Vec<_> = tracks.iter().map(|track| track.track()).collect();
        Self {
            data,
            by_id: tracks.iter().copied().flat_map(ids).collect(),
            matcher: Matcher::new(&described),
            files: FileIndex::new(data),
            tracks,
        }
    }

    /// Looks up an item that an account plays.
    #[must_use]
    pub fn find(&self, entry: &Entry) -> LibraryEntry {
        let identified = self.identify(entry);
        let song = identified.as_ref().map_or_else(|| played(entry), |(track, _)| (*track).clone());
        let (mut state, files) = match self.files.find(&song) {
            TrackFiles::Found(files) => (FileState::OnDisk, files),
            TrackFiles::Unclear => (FileState::Unclear, Vec::new()),
            TrackFiles::Missing => (FileState::Wanted, Vec::new()),
        };
        if state == FileState::Wanted && !has_files(self.data) {
            state = FileState::Unknown;
        }
        let lists = self.data.lists.iter().filter(|list| list.tracks.contains(&song.id));
        let playlists: Vec<_> = lists.map(|list| list.name.clone()).collect();
        LibraryEntry {
            track: identified.map(|(track, how)| (track.id, how)),
            files: files.iter().map(|file| file.path.clone()).collect(),
            place: file_place(playlists.first().map(String::as_str), entry),
            playlists,
            pages: pages(&song),
            shop_links: if state == FileState::OnDisk { Vec::new() } else { shop_links(&song) },
            state,
        }
    }

    fn identify(&self, entry: &Entry) -> Option<(&'a CatalogTrack, String)> {
        let by_id = entry.uri.as_ref().and_then(|uri| self.by_id.get(uri.id()));
        if let Some(track) = by_id {
            return Some((track, "the same Spotify id".to_owned()));
        }
        let Decision::Auto(found) = self.matcher.find(&entry.track()) else { return None };
        let how = found.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        self.tracks.get(found.candidate).map(|track| (*track, how))
    }
}

/// A track that the catalog does not have. No track of the catalog has the number 0.
fn played(entry: &Entry) -> CatalogTrack {
    let track = entry.track();
    CatalogTrack {
        artist: Some(entry.credit()).filter(|credit| !credit.is_empty()),
        title: track.title,
        artists: track.artists,
        album: track.album,
        isrc: track.isrc,
        duration_ms: track.duration_ms,
        ids: track.ids,
        ..CatalogTrack::default()
    }
}

impl LibraryEntry {
    /// The answer in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let lists = match self.playlists.as_slice() {
            [] => "it is in no playlist of the catalog".to_owned(),
            [one] => format!("it is in the playlist {one}"),
            [first, rest @ ..] => format!("it is in the playlist {first} and {} more", rest.len()),
        };
        match (self.state, self.files.first()) {
            (FileState::OnDisk, Some(file)) => format!("Its file is {file}; {lists}."),
            (FileState::Unclear, _) => {
                format!("A file may be this track; a person has to decide that. The track: {lists}.")
            }
            (FileState::Unknown, _) => {
                format!("It is unknown whether it is on disk, because no folder was scanned; {lists}.")
            }
            _ => format!("It is wanted: no file is on disk; {lists}. Its file would belong to {}.", self.place),
        }
    }

    /// The answer as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let links =
            |links: &[Link]| links.iter().map(|link| json!({ "name": link.name, "url": link.url })).collect::<Vec<_>>();
        json!({
            "track": self.track.as_ref().map(|(number, _)| number),
            "identified_by": self.track.as_ref().map(|(_, how)| how),
            "state": self.state.text(), "files": self.files, "playlists": self.playlists, "place": self.place,
            "pages": links(&self.pages), "shops": links(&self.shop_links),
        })
    }
}

impl FileState {
    /// The word for the state in reports. The action `wanted` of music-files uses the same words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::OnDisk => "on disk",
            Self::Unclear => "unclear",
            Self::Wanted => "wanted",
            Self::Unknown => "unknown",
        }
    }
}

/// Reads the catalog, if it has tracks or files.
///
/// # Errors
/// As [`CatalogData::read`].
pub fn catalog(tables: &dyn Tables) -> Result<Option<CatalogData>, Error> {
    let data = CatalogData::read(tables)?;
    Ok((!data.songs.is_empty() || !data.files.is_empty()).then_some(data))
}
