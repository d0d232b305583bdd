//! The items of the catalog with their fingerprints, and their items in Eagle.

use std::collections::HashMap;
use std::path::PathBuf;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::{Entry, Source, SourceKind};
use baton_fingerprint::Fingerprint;

use super::Mark;
use crate::source::eagle_id;

/// An existing item of the library with a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FingerprintedItem {
    /// Its id in the catalog.
    pub number: i64,
    /// Its audio file.
    pub path: PathBuf,
    /// Its Eagle item, if it is in an Eagle library.
    pub item: Option<Item>,
    /// The tag of its fingerprint.
    pub mark: Mark,
    /// The SHA-256 of its audio packets when it was read.
    pub audio_sha256: Option<[u8; 32]>,
    /// Its format when it was read.
    pub format: Format,
}

/// The format of a file. The scan detects it by decoding the audio; the file name does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// The container, for instance `mp3`, `flac`, `ogg`.
    pub container: String,
    /// The codec, for instance `mp3`, `flac`, `vorbis`.
    pub codec: String,
}

/// An item of an Eagle library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its id in Eagle.
    pub id: String,
    /// The name of the library: its folder without `.library`. Not unique.
    pub library: String,
    /// The folder of the library.
    pub folder: PathBuf,
}

/// The items with a fingerprint, limited to the folders `below` unless that is empty.
pub fn fingerprinted_items(catalog: &Catalog, below: &[PathBuf]) -> Result<Vec<FingerprintedItem>, CatalogError> {
    let sources = catalog.library_sources()?;
    let mut marks = HashMap::new();
    // Only the digest of the words is kept in memory; the words of two minutes have 4 kB.
    catalog.library_fingerprints(Fingerprint::ALGORITHM, |item, words| {
        marks.entry(item).or_insert_with(|| Mark::of(words));
    })?;
    let mut known = Vec::new();
    catalog.library_entries(|entry| {
        let wanted = below.is_empty() || below.iter().any(|folder| entry.path.starts_with(folder));
        if let Some(mark) = marks.remove(&entry.id).filter(|_| wanted) {
            let item = item_of(&sources, &entry);
            let Entry { id: number, path, audio_sha256, container, codec, .. } = entry;
            let format = Format { container: container.unwrap_or_default(), codec: codec.unwrap_or_default() };
            known.push(FingerprintedItem { number, path, item, mark, audio_sha256, format });
        }
    })?;
    known.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(known)
}

/// The Eagle item of an entry, if its source is an Eagle library.
fn item_of(sources: &[Source], entry: &Entry) -> Option<Item> {
    let source = sources.iter().find(|source| source.id == entry.source && source.kind == SourceKind::Eagle)?;
    let library = source.path.file_name()?.to_str()?;
    let library = library.strip_suffix(".library").unwrap_or(library).to_owned();
    Some(Item { id: eagle_id(&entry.path)?.to_owned(), library, folder: source.path.clone() })
}

#[cfg(test)]
mod tests {
    use baton_catalog::library::{AudioFacts, FileReading, Library, ListedItem, ReadingOutcome};
    use jiff::Timestamp;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn listed(path: &str) -> ListedItem {
        ListedItem {
            key: path.into(),
            path: path.into(),
            name: "song".into(),
            stamp: None,
            size: 4096,
            mtime_ns: 1,
            inode: 1,
            volume: 1,
            mounted: false,
            absent: None,
        }
    }

    /// Adds a source with one fingerprinted file and one pending file.
    fn scan(library: &mut Library, place: &str, kind: SourceKind, path: &str) {
        let source = library.add_source(place, kind, NOW).unwrap().id;
        let listing = library.begin_listing(source).unwrap();
        library.list(source, listing, &[listed(path), listed(&format!("{path}.waits"))], false, NOW).unwrap();
    }

    fn read(library: &mut Library, item: i64, words: &[u8]) {
        let audio = AudioFacts {
            algorithm: Fingerprint::ALGORITHM,
            words: words.to_vec(),
            audio_sha256: Some([7; 32]),
            codec: "mp3",
            container: "mp3",
            ..AudioFacts::default()
        };
        let outcome = ReadingOutcome::Fingerprinted(Box::new(audio));
        let reading = FileReading { item, size: 4096, mtime_ns: 1, inode: 1, outcome };
        library.record(&[reading], NOW).unwrap();
    }

    #[test]
    fn files_with_a_fingerprint_are_listed_with_their_item() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("catalog.db");
        let mut library = Library::open(&path).unwrap();
        scan(&mut library, "/m", SourceKind::Folder, "/m/images/LX.info/a.mp3");
        scan(&mut library, "/e/My music.library", SourceKind::Eagle, "/e/My music.library/images/LY.info/b.mp3");
        let catalog = Catalog::open(&path).unwrap().unwrap();
        assert_eq!(fingerprinted_items(&catalog, &[]).unwrap(), []);
        let mut ids = Vec::new();
        catalog.library_entries(|entry| ids.extend(entry.path.ends_with("b.mp3").then_some(entry.id))).unwrap();
        catalog.library_entries(|entry| ids.extend(entry.path.ends_with("a.mp3").then_some(entry.id))).unwrap();
        read(&mut library, ids[0], b"wordsofb");
        read(&mut library, ids[1], b"wordsofa");
        let all = fingerprinted_items(&catalog, &[]).unwrap();
        let item = Item { id: "LY".into(), library: "My music".into(), folder: "/e/My music.library".into() };
        let items: Vec<_> = all.iter().map(|known| (known.path.to_str().unwrap(), known.item.as_ref())).collect();
        let eagle = ("/e/My music.library/images/LY.info/b.mp3", Some(&item));
        assert_eq!(items, [eagle, ("/m/images/LX.info/a.mp3", None)]);
        assert_eq!((&all[0].mark, all[0].audio_sha256), (&Mark::of(b"wordsofb"), Some([7; 32])));
        let below = fingerprinted_items(&catalog, &["/m".into()]).unwrap();
        assert_eq!(below, all[1..]);
    }
}
