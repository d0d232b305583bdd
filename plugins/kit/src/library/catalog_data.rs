//! Reads all tracks, playlists and files of the catalog into memory.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{Row, Value};
use baton_track_match::{Id, Track};

use crate::host::Tables;

/// Maximum size of catalog data in memory. A plugin has 256 MiB, and the matching needs a part of it.
const MAX_BYTES: usize = 96 << 20;

/// A track of the catalog.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the names are those of the catalog")]
pub struct CatalogTrack {
    pub id: i64,
    pub title: String,
    pub artists: Vec<String>,
    pub artist: Option<String>,
    pub album: Option<String>,
    pub genre: Option<String>,
    pub released: Option<String>,
    pub label: Option<String>,
    pub bpm: Option<f64>,
    pub key: Option<String>,
    pub isrc: Option<String>,
    pub duration_ms: Option<u64>,
    pub ids: Vec<Id>,
}

impl CatalogTrack {
    /// The track for matching.
    #[must_use]
    pub fn track(&self) -> Track {
        Track {
            ids: self.ids.clone(),
            isrc: self.isrc.clone(),
            title: self.title.clone(),
            artists: self.artists.clone(),
            album: self.album.clone(),
            duration_ms: self.duration_ms,
            recording: None,
        }
    }

    /// `Artist - Title`.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.artist {
            Some(artist) => format!("{artist} - {}", self.title),
            None => self.title.clone(),
        }
    }
}

/// A playlist.
#[derive(Clone, Debug)]
pub struct CatalogPlaylist {
    /// The name that people see.
    pub name: String,
    /// True for the list of liked songs, which is not a playlist that a person made.
    pub liked: bool,
    /// Ids of the tracks in the order of the playlist. A repeated track has only its first position.
    pub tracks: Vec<i64>,
}

/// A file that a scan or a plugin has entered into the catalog.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the names are those of the catalog")]
pub struct CatalogFile {
    pub path: String,
    pub track: Option<i64>,
    pub size: Option<u64>,
    pub modified_ms: Option<i64>,
    pub sha256: Option<String>,
    pub missing: bool,
    pub duration_ms: Option<u64>,
    /// The title in the file's tags. The next three fields are from the tags too.
    pub title: Option<String>,
    pub artist: Option<String>,
    pub album: Option<String>,
    pub isrc: Option<String>,
    /// The digest of the audio without tags.
    pub sound: Option<Vec<u8>>,
}

impl CatalogFile {
    /// True if a file with this size and time can be this file. If the catalog has no size or time, every value matches.
    #[must_use]
    pub fn fits(&self, size: u64, modified_ns: i64) -> bool {
        self.size.is_none_or(|known| known == size)
            && self.modified_ms.is_none_or(|known| known == modified_ns.div_euclid(1_000_000))
    }

    /// True if a scan has found the file. A file that only a program such as djay names has no size.
    #[must_use]
    pub const fn is_scanned(&self) -> bool {
        self.size.is_some()
    }

    /// True when size and time are known.
    #[must_use]
    pub const fn is_dated(&self) -> bool {
        self.size.is_some() && self.modified_ms.is_some()
    }
}

/// The catalog.
#[derive(Debug, Default)]
pub struct CatalogData {
    /// Tracks by id.
    pub songs: HashMap<i64, CatalogTrack>,
    /// Playlists, sorted by name, then by age in the catalog.
    pub lists: Vec<CatalogPlaylist>,
    /// Files, sorted by path.
    pub files: Vec<CatalogFile>,
    /// Folders that a scan has listed completely.
    pub scanned: Vec<String>,
}

impl CatalogData {
    /// Reads the catalog.
    ///
    /// # Errors
    /// As `wit/sql.wit`; `permanent` when the catalog does not fit into the memory of a plugin.
    pub fn read(catalog: &dyn Tables) -> Result<Self, Error> {
        Self::read_at_most(catalog, MAX_BYTES)
    }

    /// Reads at most this many bytes.
    ///
    /// # Errors
    /// As [`CatalogData::read`].
    pub fn read_at_most(catalog: &dyn Tables, bytes: usize) -> Result<Self, Error> {
        let catalog = LimitedReader { catalog, left: Cell::new(bytes) };
        let mut scanned = Vec::new();
        let folders = "SELECT path FROM library_sources WHERE listed_at IS NOT NULL";
        catalog.each(0, folders, &mut |row| scanned.extend(text(row, 0)))?;
        Ok(Self { songs: songs(&catalog)?, lists: lists(&catalog)?, files: files(&catalog)?, scanned })
    }
}

/// Reads rows up to a limit of memory.
struct LimitedReader<'a> {
    catalog: &'a dyn Tables,
    left: Cell<usize>,
}

impl LimitedReader<'_> {
    /// Passes each row to `take`; `record_bytes` is the size of its record in memory without texts.
    fn each(&self, record_bytes: usize, statement: &str, take: &mut dyn FnMut(&Row)) -> Result<(), Error> {
        for row in self.catalog.rows(statement, &[])? {
            let row = row?;
            let bytes = row.iter().map(|value| {
                value.as_text().map(str::len).or_else(|| value.as_blob().map(<[u8]>::len)).unwrap_or_default()
            });
            let Some(left) = self.left.get().checked_sub(bytes.sum::<usize>().saturating_add(record_bytes)) else {
                return Err(Error::Permanent(
                    "the tracks, playlists and files of the catalog need more memory than a plugin has".to_owned(),
                ));
            };
            self.left.set(left);
            take(&row);
        }
        Ok(())
    }
}

fn songs(catalog: &LimitedReader<'_>) -> Result<HashMap<i64, CatalogTrack>, Error> {
    let mut songs = HashMap::new();
    let tracks = "SELECT id, title, artists, artist, album, genre, released, label, bpm, musical_key, isrc, duration_ms FROM tracks";
    catalog.each(size_of::<CatalogTrack>(), tracks, &mut |row| {
        let song = song(row);
        songs.insert(song.id, song);
    })?;
    let ids = "SELECT item, service, external_id FROM external_ids WHERE kind = 'track' ORDER BY service, external_id";
    catalog.each(size_of::<Id>(), ids, &mut |row| {
        let (item, service, id) = (integer(row, 0), text(row, 1), text(row, 2));
        if let (Some(song), Some(service), Some(id)) = (item.and_then(|item| songs.get_mut(&item)), service, id) {
            song.ids.push(Id::new(&service, &id));
        }
    })?;
    Ok(songs)
}

fn song(row: &Row) -> CatalogTrack {
    let artists = text(row, 2).and_then(|list| serde_json::from_str(&list).ok()).unwrap_or_default();
    CatalogTrack {
        id: integer(row, 0).unwrap_or_default(),
        title: text(row, 1).unwrap_or_default(),
        artists,
        artist: text(row, 3),
        album: text(row, 4),
        genre: text(row, 5),
        released: text(row, 6),
        label: text(row, 7),
        bpm: row.get(8).and_then(Value::as_real),
        key: text(row, 9),
        isrc: text(row, 10),
        duration_ms: number(row, 11),
        ids: Vec::new(),
    }
}

fn lists(catalog: &LimitedReader<'_>) -> Result<Vec<CatalogPlaylist>, Error> {
    let (mut lists, mut places) = (Vec::new(), HashMap::new());
    let named =
        "SELECT p.id, p.name, EXISTS (SELECT 1 FROM external_ids AS e WHERE e.kind = 'playlist' AND e.item = p.id
            AND lower(e.external_id) IN ('liked', 'liked songs'))
        FROM playlists AS p ORDER BY p.name, p.id";
    catalog.each(size_of::<CatalogPlaylist>(), named, &mut |row| {
        let name = text(row, 1).unwrap_or_default();
        // The whole name is compared: "Liked in 2019" is an ordinary playlist.
        let liked = integer(row, 2) == Some(1) || name.trim().eq_ignore_ascii_case("liked songs");
        places.insert(integer(row, 0).unwrap_or_default(), lists.len());
        lists.push(CatalogPlaylist { name, liked, tracks: Vec::new() });
    })?;
    let mut seen = BTreeSet::new();
    let items = "SELECT playlist, track FROM playlist_items WHERE track IS NOT NULL ORDER BY playlist, position";
    catalog.each(4 * size_of::<i64>(), items, &mut |row| {
        let (Some(list), Some(track)) = (integer(row, 0), integer(row, 1)) else { return };
        let place = places.get(&list).and_then(|place: &usize| lists.get_mut(*place));
        if let Some(list) = place.filter(|_| seen.insert((list, track))) {
            list.tracks.push(track);
        }
    })?;
    Ok(lists)
}

fn files(catalog: &LimitedReader<'_>) -> Result<Vec<CatalogFile>, Error> {
    let mut files: Vec<CatalogFile> = Vec::new();
    let statement = "SELECT f.path, f.track, f.size, f.modified_at, f.sha256, f.missing, f.duration_ms,
            i.title, i.artist, i.album, i.isrc, i.audio_sha256
        FROM files AS f LEFT JOIN library_items AS i ON i.file = f.id
        ORDER BY f.path, i.missing_since IS NOT NULL, i.id";
    catalog.each(size_of::<CatalogFile>(), statement, &mut |row| {
        let path = text(row, 0).unwrap_or_default();
        // One file may be an item of two library sources.
        if files.last().is_some_and(|last| last.path == path) {
            return;
        }
        files.push(CatalogFile {
            path,
            track: integer(row, 1),
            size: number(row, 2),
            modified_ms: integer(row, 3),
            sha256: text(row, 4),
            missing: integer(row, 5) == Some(1),
            duration_ms: number(row, 6),
            title: text(row, 7),
            artist: text(row, 8),
            album: text(row, 9),
            isrc: text(row, 10),
            sound: row.get(11).and_then(Value::as_blob).map(<[u8]>::to_vec),
        });
    })?;
    Ok(files)
}

fn integer(row: &Row, column: usize) -> Option<i64> {
    row.get(column)?.as_integer()
}

fn number(row: &Row, column: usize) -> Option<u64> {
    integer(row, column).and_then(|number| u64::try_from(number).ok())
}

fn text(row: &Row, column: usize) -> Option<String> {
    row.get(column)?.as_text().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}
