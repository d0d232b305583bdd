//! What the catalog knows: tracks, playlists and files. Read once, whole; nothing is written there.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use baton_core::matching::{Id, Track};
use baton_plugin_kit::host::Tables;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{Row, Value};

use super::limits::MOST_KNOWN;

#[derive(Clone, Debug, Default)]
pub(crate) struct CatalogTrack {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) artists: Vec<String>,
    pub(crate) artist: Option<String>,
    pub(crate) album: Option<String>,
    pub(crate) genre: Option<String>,
    pub(crate) released: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) bpm: Option<f64>,
    pub(crate) key: Option<String>,
    pub(crate) isrc: Option<String>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) ids: Vec<Id>,
}

impl CatalogTrack {
    /// As the matching takes it.
    pub(crate) fn track(&self) -> Track {
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
    pub(crate) fn shown(&self) -> String {
        match &self.artist {
            Some(artist) => format!("{artist} - {}", self.title),
            None => self.title.clone(),
        }
    }
}

/// A playlist.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) name: String,
    /// Whether these are the songs that somebody liked: no playlist that anybody made.
    pub(crate) liked: bool,
    /// Each once, in order.
    pub(crate) tracks: Vec<i64>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct NamedFile {
    pub(crate) path: String,
    pub(crate) track: Option<i64>,
    pub(crate) size: Option<u64>,
    pub(crate) modified_ms: Option<i64>,
    pub(crate) sha256: Option<String>,
    pub(crate) missing: bool,
    pub(crate) duration_ms: Option<u64>,
    /// Of its tags, as a scan read them.
    pub(crate) title: Option<String>,
    pub(crate) artist: Option<String>,
    pub(crate) album: Option<String>,
    pub(crate) isrc: Option<String>,
    /// What says that the same sound is in it: a digest of the audio alone.
    pub(crate) sound: Option<Vec<u8>>,
}

impl NamedFile {
    /// Whether a file of that size and time may be what was named: as far as size and time are known.
    pub(crate) fn fits(&self, size: u64, modified_ns: i64) -> bool {
        self.size.is_none_or(|known| known == size)
            && self.modified_ms.is_none_or(|known| known == modified_ns.div_euclid(1_000_000))
    }

    /// Whether both are known.
    pub(crate) const fn is_dated(&self) -> bool {
        self.size.is_some() && self.modified_ms.is_some()
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct CatalogData {
    pub(crate) songs: HashMap<i64, CatalogTrack>,
    /// By name, then by the time that the catalog has known them.
    pub(crate) lists: Vec<List>,
    pub(crate) files: Vec<NamedFile>,
    /// The folders that a scan has listed to their end.
    pub(crate) scanned: Vec<String>,
}

impl CatalogData {
    /// Reads the catalog.
    ///
    /// # Errors
    /// As `wit/sql.wit`; `permanent` when there is more than a plugin can hold.
    pub(crate) fn read(catalog: &dyn Tables) -> Result<Self, Error> {
        Self::read_at_most(catalog, MOST_KNOWN)
    }

    fn read_at_most(catalog: &dyn Tables, bytes: usize) -> Result<Self, Error> {
        let catalog = Reading { catalog, left: Cell::new(bytes) };
        let mut scanned = Vec::new();
        let folders = "SELECT path FROM library_sources WHERE listed_at IS NOT NULL";
        catalog.each(0, folders, &mut |row| scanned.extend(text(row, 0)))?;
        Ok(Self { songs: songs(&catalog)?, lists: lists(&catalog)?, files: files(&catalog)?, scanned })
    }
}

/// The catalog, as long as there is memory for what it says.
struct Reading<'a> {
    catalog: &'a dyn Tables,
    left: Cell<usize>,
}

impl Reading<'_> {
    /// Shows each row; `held` is what is kept of one beside its texts.
    fn each(&self, held: usize, statement: &str, take: &mut dyn FnMut(&Row)) -> Result<(), Error> {
        for row in self.catalog.rows(statement, &[])? {
            let row = row?;
            let bytes = row.iter().map(|value| {
                value.as_text().map(str::len).or_else(|| value.as_blob().map(<[u8]>::len)).unwrap_or_default()
            });
            let Some(left) = self.left.get().checked_sub(bytes.sum::<usize>().saturating_add(held)) else {
                return Err(Error::Permanent(
                    "the catalog says more of tracks, playlists and files than a plugin has memory for".to_owned(),
                ));
            };
            self.left.set(left);
            take(&row);
        }
        Ok(())
    }
}

fn songs(catalog: &Reading<'_>) -> Result<HashMap<i64, CatalogTrack>, Error> {
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

fn lists(catalog: &Reading<'_>) -> Result<Vec<List>, Error> {
    let (mut lists, mut places) = (Vec::new(), HashMap::new());
    let named =
        "SELECT p.id, p.name, EXISTS (SELECT 1 FROM external_ids AS e WHERE e.kind = 'playlist' AND e.item = p.id
            AND lower(e.external_id) IN ('liked', 'liked songs'))
        FROM playlists AS p ORDER BY p.name, p.id";
    catalog.each(size_of::<List>(), named, &mut |row| {
        let name = text(row, 1).unwrap_or_default();
        // By its whole name: "Liked in 2019" is somebody's playlist.
        let liked = integer(row, 2) == Some(1) || name.trim().eq_ignore_ascii_case("liked songs");
        places.insert(integer(row, 0).unwrap_or_default(), lists.len());
        lists.push(List { name, liked, tracks: Vec::new() });
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

fn files(catalog: &Reading<'_>) -> Result<Vec<NamedFile>, Error> {
    let mut files: Vec<NamedFile> = Vec::new();
    let statement = "SELECT f.path, f.track, f.size, f.modified_at, f.sha256, f.missing, f.duration_ms,
            i.title, i.artist, i.album, i.isrc, i.audio_sha256
        FROM files AS f LEFT JOIN library_items AS i ON i.file = f.id
        ORDER BY f.path, i.missing_since IS NOT NULL, i.id";
    catalog.each(size_of::<NamedFile>(), statement, &mut |row| {
        let path = text(row, 0).unwrap_or_default();
        // One file may be an item of two sources.
        if files.last().is_some_and(|last| last.path == path) {
            return;
        }
        files.push(NamedFile {
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

#[cfg(test)]
mod tests {
    use baton_plugin_kit::host::Writable as _;
    use baton_tests::host_services::HostDatabase;

    use super::*;

    #[test]
    fn what_is_too_much_to_hold_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = HostDatabase::catalog(folder.path());
        let put = "INSERT INTO put_file (source, path) VALUES ('library', ?1)";
        catalog.batch(put, &mut (0..10).map(|file| vec![format!("/{file}/{}", "x".repeat(1_000)).into()])).unwrap();
        let room = 10 * (1_003 + size_of::<NamedFile>());
        assert_eq!(CatalogData::read_at_most(&catalog, room).unwrap().files.len(), 10);
        let Err(Error::Permanent(text)) = CatalogData::read_at_most(&catalog, room - 1) else {
            panic!("there is no room")
        };
        assert!(text.contains("memory"), "{text}");
    }
}
