//! The tables of the library, and the rows of them that plugins see.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

use super::{
    AudioFacts, ComparedItem, FileReading, ItemState, Library, ListedItem, ListedState, PagePosition, ReadingOutcome,
    Source, SourceKind, Tags, WorkFilter,
};
use crate::Catalog;

/// A temporary catalog.
struct TestCatalog {
    folder: tempfile::TempDir,
}

impl TestCatalog {
    fn new() -> (Self, Library, Source) {
        let room = Self { folder: tempfile::tempdir().unwrap() };
        let mut library = Library::open(&room.path()).unwrap();
        let source = library.add_source("/music", SourceKind::Folder, now()).unwrap();
        (room, library, source)
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("catalog.db")
    }

    fn catalog(&self) -> Catalog {
        Catalog::open(&self.path()).unwrap().unwrap()
    }

    /// The number that a plugin gets for the query `sql`.
    fn number(&self, sql: &str) -> i64 {
        Connection::open(self.path()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

fn now() -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000).unwrap()
}

fn listed(name: &str) -> ListedItem {
    ListedItem {
        key: name.into(),
        path: Path::new("/music").join(name),
        name: name.to_owned(),
        stamp: None,
        size: 10,
        mtime_ns: 20,
        inode: 30,
        volume: 1,
        mounted: false,
        absent: None,
    }
}

fn list(library: &mut Library, source: &Source, items: &[ListedItem], retry: bool) -> Vec<ListedState> {
    let scan = library.begin_listing(source.id).unwrap();
    let compared = library.list(source.id, scan, items, retry, now()).unwrap();
    let catalog = Catalog::open(Path::new(library.connection.path().unwrap())).unwrap().unwrap();
    let missing: Vec<i64> = catalog
        .library_not_found(source.id, scan, &|id| compared.iter().any(|item| item.known == Some(id)))
        .unwrap()
        .iter()
        .map(|item| item.id)
        .collect();
    library.end_listing(source.id, &missing, &[], &[], now()).unwrap();
    compared.iter().map(|item| item.state).collect()
}

/// Records a reading for each waiting item; items with `bad` in their path fail.
fn read_all(room: &TestCatalog, library: &mut Library, source: &Source) {
    let waiting = room
        .catalog()
        .library_page(WorkFilter { source: source.id, verify: false }, PagePosition::default(), 100)
        .unwrap();
    let reading = |item: &super::WaitingItem| FileReading {
        item: item.item,
        size: 10,
        mtime_ns: 20,
        inode: 30,
        outcome: if item.path.to_string_lossy().contains("bad") {
            ReadingOutcome::Without {
                state: ItemState::Failed,
                reason: "corrupt",
                detail: "no frame".to_owned(),
                tags: Tags::default(),
            }
        } else {
            let words = item.path.as_os_str().as_bytes().to_vec();
            ReadingOutcome::Fingerprinted(Box::new(AudioFacts {
                algorithm: "a",
                words,
                file_sha256: Some([7; 32]),
                ..AudioFacts::default()
            }))
        },
    };
    let readings: Vec<FileReading> = waiting.iter().map(reading).collect();
    library.record(&readings, now()).unwrap();
}

#[test]
fn an_item_is_compared_by_size_time_and_inode() {
    let (room, mut library, source) = TestCatalog::new();
    let items = [listed("a"), listed("bad")];
    assert_eq!(list(&mut library, &source, &items, false), [ListedState::New; 2]);
    assert_eq!(list(&mut library, &source, &items, false), [ListedState::Pending; 2]);
    read_all(&room, &mut library, &source);
    assert_eq!(list(&mut library, &source, &items, false), [ListedState::Unchanged; 2]);
    assert_eq!(list(&mut library, &source, &items, true), [ListedState::Unchanged, ListedState::Again]);
    for changed in [ListedItem { size: 11, ..listed("a") }, ListedItem { mtime_ns: 21, ..listed("a") }] {
        let fingerprints = || room.number("SELECT count(*) FROM fingerprints");
        assert_eq!(list(&mut library, &source, &[changed, listed("bad")], false)[0], ListedState::Changed);
        // The results are kept, and are valid again when the file is restored.
        assert_eq!((fingerprints(), room.number("SELECT done FROM coverage")), (1, 0));
        assert_eq!(list(&mut library, &source, &items, false)[0], ListedState::Unchanged);
        assert_eq!((fingerprints(), room.number("SELECT done FROM coverage")), (1, 1));
    }
}

#[test]
fn a_listing_without_changes_writes_no_item() {
    let (room, mut library, source) = TestCatalog::new();
    let waiting = ListedItem { size: 11, ..listed("waiting") };
    let absent = ListedItem { size: 0, mtime_ns: 0, inode: 0, absent: Some("none".to_owned()), ..listed("absent") };
    list(&mut library, &source, &[listed("a"), listed("bad"), listed("waiting")], false);
    read_all(&room, &mut library, &source);
    let items = [listed("a"), listed("bad"), waiting, absent, listed("new")];
    list(&mut library, &source, &items, false);
    let states = [
        ListedState::Unchanged,
        ListedState::Unchanged,
        ListedState::Changed,
        ListedState::Unchanged,
        ListedState::Pending,
    ];
    for _ in 0..2 {
        let before = library.connection.total_changes();
        assert_eq!(list(&mut library, &source, &items, false), states);
        assert_eq!(
            library.connection.total_changes() - before,
            2,
            "only the row of the source: at the start and at the end"
        );
    }
    // An item with another path or name is written.
    let before = library.connection.total_changes();
    let named = ListedItem { name: "b".to_owned(), ..listed("a") };
    list(&mut library, &source, &[vec![named], items[1..].to_vec()].concat(), false);
    assert_eq!(library.connection.total_changes() - before, 3);
}

#[test]
fn a_kept_item_is_not_read_before_it_is_found_again() {
    let (room, mut library, source) = TestCatalog::new();
    let waiting = || room.catalog().library_work(WorkFilter { source: source.id, verify: false }).unwrap().items;
    list(&mut library, &source, &[listed("a"), listed("b")], false);
    let scan = library.begin_listing(source.id).unwrap();
    let seen = library.list(source.id, scan, &[listed("a")], false, now()).unwrap();
    assert_eq!(seen, [ComparedItem { state: ListedState::Pending, known: Some(1) }]);
    library.end_listing(source.id, &[], &[2], &[], now()).unwrap();
    assert_eq!(waiting(), 1);
    list(&mut library, &source, &[listed("a"), listed("b")], false);
    assert_eq!(waiting(), 2);
}

#[test]
fn an_item_without_its_file_is_missing() {
    let (room, mut library, source) = TestCatalog::new();
    let absent = ListedItem { size: 0, mtime_ns: 0, inode: 0, absent: Some("none".to_owned()), ..listed("a") };
    for items in [&[absent.clone(), listed("b")][..], &[listed("b")], &[absent, listed("b")]] {
        list(&mut library, &source, items, false);
        assert_eq!(room.number("SELECT missing FROM files WHERE path = '/music/a'"), 1);
    }
}

#[test]
fn another_inode_means_another_file_unless_decided_otherwise() {
    let (room, mut library, source) = TestCatalog::new();
    list(&mut library, &source, &[listed("a"), listed("bad")], false);
    read_all(&room, &mut library, &source);
    let items = [("a", 31), ("bad", 32)].map(|(name, inode)| ListedItem { inode, ..listed(name) });
    let done = || room.number("SELECT done FROM coverage");
    for same in [true, false] {
        let scan = library.begin_listing(source.id).unwrap();
        let items = items.clone().map(|item| ListedItem { inode: item.inode + scan.cast_unsigned(), ..item });
        let listed = library.list(source.id, scan, &items, false, now()).unwrap();
        assert_eq!(listed, [1, 2].map(|id| ComparedItem { state: ListedState::OtherInode, known: Some(id) }));
        assert_eq!(done(), 1);
        library.decide_inodes(&[1, 2], same).unwrap();
        let waiting = room.catalog().library_work(WorkFilter { source: source.id, verify: false }).unwrap().items;
        assert_eq!((done(), waiting), if same { (1, 0) } else { (0, 2) });
        if same {
            let again = library.begin_listing(source.id).unwrap();
            let states = library.list(source.id, again, &items, false, now()).unwrap();
            assert_eq!(states, [1, 2].map(|id| ComparedItem { state: ListedState::Unchanged, known: Some(id) }));
        }
    }
}

#[test]
fn files_fingerprints_and_coverage_follow_the_items() {
    let (room, mut library, source) = TestCatalog::new();
    list(&mut library, &source, &[listed("a"), listed("b"), listed("bad")], false);
    let coverage = || (room.number("SELECT total FROM coverage"), room.number("SELECT done FROM coverage"));
    assert_eq!((coverage(), room.number("SELECT count(*) FROM files")), ((3, 0), 3));
    read_all(&room, &mut library, &source);
    assert_eq!((coverage(), room.number("SELECT count(*) FROM fingerprints")), ((3, 2), 2));
    // A changed file keeps its results until it is read again, but does not count; a deleted file is missing.
    list(&mut library, &source, &[ListedItem { size: 11, ..listed("a") }, listed("bad")], false);
    assert_eq!((coverage(), room.number("SELECT count(*) FROM fingerprints")), ((2, 0), 2));
    assert_eq!(room.number("SELECT count(*) FROM files WHERE missing = 1"), 1);
    let as_it_was = "path = '/music/a' AND size = 10 AND sha256 IS NOT NULL";
    assert_eq!(room.number(&format!("SELECT count(*) FROM files WHERE {as_it_was}")), 1);
    room.catalog().library_entries(|entry| assert_eq!(entry.file_sha256, None)).unwrap();
    // The restored file has its fingerprint again.
    let back =
        list(&mut library, &source, &[ListedItem { size: 11, ..listed("a") }, listed("b"), listed("bad")], false);
    assert_eq!((back[1], coverage()), (ListedState::Unchanged, (3, 1)));
}

#[test]
fn removing_a_source_keeps_data_of_other_sources() {
    let (room, mut library, source) = TestCatalog::new();
    list(&mut library, &source, &[listed("a"), listed("b")], false);
    read_all(&room, &mut library, &source);
    let other = Connection::open(room.path()).unwrap();
    other
        .execute_batch(
            "INSERT INTO put_fingerprint (source, path, algorithm, data) VALUES ('other', '/music/a', 'b', x'00')",
        )
        .unwrap();
    assert!(!library.forget_source(Path::new("/elsewhere")).unwrap());
    assert!(library.forget_source(Path::new("/music")).unwrap());
    assert_eq!(room.number("SELECT count(*) FROM library_items"), 0);
    assert_eq!((room.number("SELECT count(*) FROM files"), room.number("SELECT count(*) FROM fingerprints")), (1, 1));
}

#[test]
fn an_unreachable_source_keeps_its_items_and_its_first_failure_time() {
    let (room, mut library, source) = TestCatalog::new();
    list(&mut library, &source, &[listed("a")], false);
    let later = Timestamp::from_millisecond(1_800_000_000_000).unwrap();
    library.record_unreachable(source.id, "no such folder", now()).unwrap();
    library.record_unreachable(source.id, "still none", later).unwrap();
    let sources = room.catalog().library_sources().unwrap();
    assert_eq!((sources[0].failed_at, sources[0].failure.as_deref()), (Some(now()), Some("still none")));
    assert_eq!(room.catalog().library_counts().unwrap()[0].items, 1);
    list(&mut library, &source, &[listed("a")], false);
    assert_eq!(room.catalog().library_sources().unwrap()[0].failure, None);
}

/// An item of the source `/music/sub`.
fn below(name: &str) -> ListedItem {
    ListedItem { key: name.into(), path: Path::new("/music/sub").join(name), ..listed(name) }
}

#[test]
fn a_source_below_another_takes_over_its_items() {
    let (room, mut library, source) = TestCatalog::new();
    let raw = OsStr::from_bytes(b"sub/\xff.mp3");
    let odd = ListedItem { key: raw.to_owned(), path: Path::new("/music").join(raw), ..listed("odd") };
    let items = [listed("sub.mp3"), listed("sub/\u{fc}.mp3"), odd.clone(), listed("subway/a")];
    list(&mut library, &source, &items, false);
    read_all(&room, &mut library, &source);
    let sub = library.add_source("/music/sub", SourceKind::Folder, now()).unwrap();
    assert_eq!(room.number("SELECT total FROM coverage"), 4);
    let odd = ListedItem { key: OsStr::from_bytes(b"\xff.mp3").to_owned(), ..odd };
    let states = list(&mut library, &sub, &[below("\u{fc}.mp3"), odd], false);
    assert_eq!(states, [ListedState::Unchanged; 2]);
    // The next listing of the upper folder does not contain these items, and none of them is missing.
    assert_eq!(
        list(&mut library, &source, &[listed("sub.mp3"), listed("subway/a")], false),
        [ListedState::Unchanged; 2]
    );
    let counts = room.catalog().library_counts().unwrap();
    assert_eq!(counts.iter().map(|count| (count.source, count.items)).collect::<Vec<_>>(), [(1, 2), (2, 2)]);
    assert_eq!(room.number("SELECT count(*) FROM library_items WHERE missing_since IS NOT NULL"), 0);
    assert_eq!(room.number("SELECT count(*) FROM files WHERE missing = 1"), 0);
    // An Eagle library uses other keys for its items.
    library.add_source("/music/subway", SourceKind::Eagle, now()).unwrap();
    assert_eq!(room.number("SELECT total FROM coverage"), 3);
}

/// Two sources that each have an item for the same file, which was read.
fn shared() -> (TestCatalog, Library, Source, Source) {
    let (room, mut library, source) = TestCatalog::new();
    let other = library.add_source("/other", SourceKind::Eagle, now()).unwrap();
    for source in [&source, &other] {
        list(&mut library, source, &[listed("a"), listed(&source.id.to_string())], false);
        read_all(&room, &mut library, source);
    }
    (room, library, source, other)
}

#[test]
fn a_file_of_two_items_is_missing_when_both_are() {
    let (room, mut library, source, other) = shared();
    let missing = || room.number("SELECT missing FROM files WHERE path = '/music/a'");
    list(&mut library, &source, &[listed("1")], false);
    assert_eq!(missing(), 0);
    list(&mut library, &other, &[listed("2")], false);
    assert_eq!(missing(), 1);
}

#[test]
fn removing_a_source_keeps_fingerprints_of_shared_files() {
    let (room, mut library, _, _) = shared();
    assert!(library.forget_source(Path::new("/music")).unwrap());
    let mut prints = Vec::new();
    room.catalog().library_fingerprints("a", |_, words| prints.push(words.to_vec())).unwrap();
    assert_eq!(prints, [b"/music/a".to_vec(), b"/music/2".to_vec()]);
    assert_eq!((room.number("SELECT count(*) FROM files"), room.number("SELECT done FROM coverage")), (2, 2));
}

#[test]
fn names_that_are_not_utf8_are_separate_files() {
    let (room, mut library, source) = TestCatalog::new();
    let raw: [&[u8]; 4] =
        [b"M\xfcller 1%.mp3", b"M\xf6ller 1%.mp3", b"M%FCller%201%25.mp3", "M\u{fffd}ller 1%.mp3".as_bytes()];
    let item = |name: &&[u8]| {
        let name = OsStr::from_bytes(name);
        ListedItem { key: name.to_owned(), path: Path::new("/music").join(name), ..listed("odd") }
    };
    let items: Vec<ListedItem> = raw.iter().map(item).collect();
    list(&mut library, &source, &items, false);
    read_all(&room, &mut library, &source);
    let mut prints = Vec::new();
    room.catalog().library_fingerprints("a", |_, words| prints.push(words.to_vec())).unwrap();
    assert_eq!(prints, raw.map(|name| [b"/music/", name].concat()));
    let url = "SELECT count(*) FROM files WHERE path = 'file:///music/M%FCller%201%25.mp3'";
    assert_eq!((room.number("SELECT count(*) FROM files"), room.number(url)), (4, 1));
}

#[test]
fn fingerprints_of_plugins_are_ignored() {
    let (room, mut library, source) = TestCatalog::new();
    list(&mut library, &source, &[listed("a"), listed("b")], false);
    read_all(&room, &mut library, &source);
    let say = "INSERT INTO put_fingerprint (source, path, algorithm, data) VALUES ('other', '/music/a', 'a', x'00')";
    Connection::open(room.path()).unwrap().execute_batch(say).unwrap();
    let mut prints = Vec::new();
    room.catalog().library_fingerprints("a", |_, words| prints.push(words.to_vec())).unwrap();
    assert_eq!(prints, [b"/music/b".to_vec()]);
}
