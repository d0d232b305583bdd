//! The tables of the library, and what plugins see of them.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::Catalog;
use super::{Heard, Kind, Library, Listed, Outcome, Reading, Source, Standing, State, Work};

/// A catalog of its own.
struct Room {
    folder: tempfile::TempDir,
}

impl Room {
    fn new() -> (Self, Library, Source) {
        let room = Self { folder: tempfile::tempdir().unwrap() };
        let library = Library::open(&room.path()).unwrap();
        let source = library.add_source("/music", Kind::Folder, now()).unwrap();
        (room, library, source)
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("catalog.db")
    }

    fn catalog(&self) -> Catalog {
        Catalog::open(&self.path()).unwrap().unwrap()
    }

    /// What a plugin that asks `sql` gets: the one number.
    fn number(&self, sql: &str) -> i64 {
        Connection::open(self.path()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

fn now() -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000).unwrap()
}

fn listed(name: &str) -> Listed {
    Listed {
        key: name.into(),
        path: Path::new("/music").join(name),
        name: name.to_owned(),
        stamp: None,
        size: 10,
        mtime_ns: 20,
        inode: 30,
        mounted: false,
        absent: None,
    }
}

fn list(library: &mut Library, source: &Source, items: &[Listed], retry: bool) -> Vec<Standing> {
    let scan = library.begin_listing(source.id).unwrap();
    let standings = library.list(source.id, scan, items, retry, now()).unwrap();
    let gone: Vec<i64> = library.vanished(source.id, scan).unwrap().iter().map(|item| item.id).collect();
    library.end_listing(source.id, &gone, now()).unwrap();
    standings
}

/// Everything that waits is read; a name that begins with `bad` fails.
fn read_all(room: &Room, library: &mut Library, source: &Source) {
    let waiting = room.catalog().library_page(Work { source: source.id, verify: false }, 0, 100).unwrap();
    let reading = |item: &super::Waiting| Reading {
        item: item.item,
        size: 10,
        mtime_ns: 20,
        inode: 30,
        outcome: if item.path.to_string_lossy().contains("bad") {
            Outcome::Without { state: State::Failed, reason: "corrupt", detail: "no frame".to_owned() }
        } else {
            let words = vec![1, 2, 3, 4];
            Outcome::Fingerprinted(Box::new(Heard {
                algorithm: "a",
                words,
                file_sha256: Some([7; 32]),
                ..Heard::default()
            }))
        },
    };
    let readings: Vec<Reading> = waiting.iter().map(reading).collect();
    library.record(&readings, now()).unwrap();
}

#[test]
fn an_item_stands_by_its_size_time_and_inode() {
    let (room, mut library, source) = Room::new();
    let items = [listed("a"), listed("bad")];
    assert_eq!(list(&mut library, &source, &items, false), [Standing::New; 2]);
    assert_eq!(list(&mut library, &source, &items, false), [Standing::Pending; 2]);
    read_all(&room, &mut library, &source);
    assert_eq!(list(&mut library, &source, &items, false), [Standing::Unchanged; 2]);
    assert_eq!(list(&mut library, &source, &items, true), [Standing::Unchanged, Standing::Again]);
    for changed in [
        Listed { size: 11, ..listed("a") },
        Listed { mtime_ns: 21, ..listed("a") },
        Listed { inode: 31, ..listed("a") },
    ] {
        assert_eq!(list(&mut library, &source, &[changed, listed("bad")], false)[0], Standing::Changed);
        read_all(&room, &mut library, &source);
        list(&mut library, &source, &items, false);
        read_all(&room, &mut library, &source);
    }
}

#[test]
fn plugins_see_files_fingerprints_and_coverage_in_step_with_the_items() {
    let (room, mut library, source) = Room::new();
    list(&mut library, &source, &[listed("a"), listed("b"), listed("bad")], false);
    let coverage = || (room.number("SELECT total FROM coverage"), room.number("SELECT done FROM coverage"));
    assert_eq!((coverage(), room.number("SELECT count(*) FROM files")), ((3, 0), 3));
    read_all(&room, &mut library, &source);
    assert_eq!((coverage(), room.number("SELECT count(*) FROM fingerprints")), ((3, 2), 2));
    // A changed file has no fingerprint until it is read, one that is gone is missing.
    list(&mut library, &source, &[Listed { size: 11, ..listed("a") }, listed("bad")], false);
    assert_eq!((coverage(), room.number("SELECT count(*) FROM fingerprints")), ((2, 0), 1));
    assert_eq!(room.number("SELECT count(*) FROM files WHERE missing = 1"), 1);
    assert_eq!(room.number("SELECT count(*) FROM files WHERE path = '/music/a' AND sha256 IS NULL"), 1);
    // It is back as it was, with its fingerprint.
    let back = list(&mut library, &source, &[Listed { size: 11, ..listed("a") }, listed("b"), listed("bad")], false);
    assert_eq!((back[1], coverage()), (Standing::Unchanged, (3, 1)));
}

#[test]
fn forgetting_a_source_leaves_what_others_said() {
    let (room, mut library, source) = Room::new();
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
fn a_source_that_cannot_be_reached_keeps_its_items_and_the_first_time_of_it() {
    let (room, mut library, source) = Room::new();
    list(&mut library, &source, &[listed("a")], false);
    let later = Timestamp::from_millisecond(1_800_000_000_000).unwrap();
    library.unreachable(source.id, "no such folder", now()).unwrap();
    library.unreachable(source.id, "still none", later).unwrap();
    let sources = room.catalog().library_sources().unwrap();
    assert_eq!((sources[0].failed_at, sources[0].failure.as_deref()), (Some(now()), Some("still none")));
    assert_eq!(room.catalog().library_counts().unwrap()[0].items, 1);
    list(&mut library, &source, &[listed("a")], false);
    assert_eq!(room.catalog().library_sources().unwrap()[0].failure, None);
}
