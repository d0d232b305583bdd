//! Files that a plugin moves (`put_moved`, `put_copied`): their rows, links, fingerprints and items of the library come along.

use std::path::{Path, PathBuf};

use baton_core::grants::Database;
use baton_plugin_sql::{Access, Session, StopHandle};
use jiff::Timestamp;
use rusqlite::Connection;

use super::{
    AudioFacts, FileReading, Library, ListedItem, ListedState, PagePosition, ReadingOutcome, SamePath, Source,
    SourceKind, WorkFilter,
};
use crate::{Catalog, Decisions};

/// A catalog with the sources `/in` and `/org`, and files of `/in` that were read.
struct Room {
    folder: tempfile::TempDir,
    library: Library,
    incoming: Source,
    organised: Source,
}

fn now() -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000).unwrap()
}

fn listed(folder: &str, name: &str, inode: u64) -> ListedItem {
    let path = Path::new(folder).join(name);
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let key = path.strip_prefix(folder).unwrap().as_os_str().to_owned();
    ListedItem {
        key,
        path,
        name,
        stamp: None,
        size: 10,
        mtime_ns: 5_000_001,
        inode,
        volume: 1,
        mounted: false,
        absent: None,
    }
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut library = Library::open(&folder.path().join("catalog.db")).unwrap();
        let incoming = library.add_source("/in", SourceKind::Folder, now()).unwrap();
        let organised = library.add_source("/org", SourceKind::Folder, now()).unwrap();
        let mut room = Self { folder, library, incoming, organised };
        let source = room.incoming.clone();
        room.list(&source, &[listed("/in", "a.mp3", 1), listed("/in", "b.mp3", 2)]);
        let work = WorkFilter { source: source.id, verify: false };
        let waiting = room.catalog().library_page(work, PagePosition::default(), 9).unwrap();
        let heard = |path: &Path| AudioFacts {
            algorithm: "x",
            words: path.as_os_str().as_encoded_bytes().to_vec(),
            audio_sha256: Some([7; 32]),
            ..AudioFacts::default()
        };
        let reading = |item: &super::WaitingItem, inode: u64| FileReading {
            item: item.item,
            size: 10,
            mtime_ns: 5_000_001,
            inode,
            outcome: ReadingOutcome::Fingerprinted(Box::new(heard(&item.path))),
        };
        let readings: Vec<_> = waiting.iter().zip(1..).map(|(item, inode)| reading(item, inode)).collect();
        room.library.record(&readings, now()).unwrap();
        room.put("INSERT INTO put_track (source, service, id, title) VALUES ('mover', 'djay', 't', 'T')");
        room.put(
            "INSERT INTO put_file (source, path, track_service, track) VALUES ('mover', '/in/a.mp3', 'djay', 't')",
        );
        room
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("catalog.db")
    }

    fn catalog(&self) -> Catalog {
        Catalog::open(&self.path()).unwrap().unwrap()
    }

    /// Says something as a plugin does, with its authorizer.
    fn put(&self, sql: &str) {
        let (writer, denial) = (Some("mover".to_owned()), "not granted".to_owned());
        let access = Access { database: Database::Catalog, path: self.path(), writable: true, writer, denial };
        let session = Session::open(&access, &StopHandle::default()).unwrap();
        session.execute(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Decides as a person that the file at a path is, or is not, the track with a title.
    fn decide(&self, path: &str, title: &str, same: bool) {
        let connection = Connection::open(self.path()).unwrap();
        let number = |sql: &str, of: &str| connection.query_row(sql, [of], |row| row.get::<_, i64>(0)).unwrap();
        let file = number("SELECT id FROM files WHERE path = ?1", path);
        let track = number("SELECT id FROM tracks WHERE title = ?1", title);
        Decisions::open(&self.path()).unwrap().decide_file(file, track, same, now()).unwrap();
    }

    /// Another track, which a program calls `u`.
    fn second_track(&self) {
        self.put("INSERT INTO put_track (source, service, id, title) VALUES ('mover', 'djay', 'u', 'U')");
    }

    fn named(&self, path: &str, track: &str) {
        self.put(&format!(
            "INSERT INTO put_file (source, path, track_service, track) VALUES ('mover', '{path}', 'djay', '{track}')"
        ));
    }

    fn moved(&self, path: &str, new_path: &str, size: u32) {
        self.put(&format!(
            "INSERT INTO put_moved (source, path, new_path, size, modified_at, new_modified_at)
             VALUES ('mover', '{path}', '{new_path}', {size}, 5, 5)"
        ));
    }

    fn list(&mut self, source: &Source, items: &[ListedItem]) -> Vec<ListedState> {
        let scan = self.library.begin_listing(source.id).unwrap();
        let listed = self.library.list(source.id, scan, items, false, now()).unwrap();
        let seen: Vec<_> = listed.iter().filter_map(|item| item.known).collect();
        let vanished = self.catalog().library_vanished(source.id, scan, &|id| seen.contains(&id)).unwrap();
        let gone: Vec<_> = vanished.iter().map(|item| item.id).collect();
        self.library.end_listing(source.id, &gone, &[], &[], now()).unwrap();
        listed.into_iter().map(|item| item.state).collect()
    }

    /// The files that are there, with the title of their track.
    fn files(&self) -> Vec<String> {
        let sql = "SELECT f.path || coalesce(' ' || t.title || ' ' || f.linked_by, '')
            FROM files AS f LEFT JOIN tracks AS t ON t.id = f.track WHERE f.missing = 0 ORDER BY 1";
        let connection = Connection::open(self.path()).unwrap();
        let mut select = connection.prepare(sql).unwrap();
        select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// The items that are there and have a fingerprint of their own: their paths and names.
    fn items(&self) -> Vec<String> {
        let mut items = Vec::new();
        self.catalog().library_entries(|entry| items.push(format!("{} {}", entry.path.display(), entry.name))).unwrap();
        let mut heard = 0;
        self.catalog().library_fingerprints("x", |_, _| heard += 1).unwrap();
        assert_eq!(heard, items.len(), "{items:?}");
        items.sort();
        items
    }
}

#[test]
fn a_moved_file_keeps_its_track_its_fingerprint_and_its_item() {
    let mut room = Room::new();
    room.moved("/in/a.mp3", "/org/P/x.y.mp3", 10);
    let there =
        (vec!["/in/b.mp3".to_owned(), "/org/P/x.y.mp3 T path".to_owned()], vec!["/in/b.mp3 b", "/org/P/x.y.mp3 x.y"]);
    assert_eq!((room.files(), room.items()), (there.0.clone(), there.1.iter().map(|&item| item.to_owned()).collect()));
    // Said again, as by an attempt that was killed, it changes nothing.
    room.moved("/in/a.mp3", "/org/P/x.y.mp3", 10);
    assert_eq!(room.files(), there.0);
    let (incoming, organised) = (room.incoming.clone(), room.organised.clone());
    assert_eq!(room.list(&organised, &[listed("/org", "P/x.y.mp3", 1)]), [ListedState::Unchanged]);
    assert_eq!(room.list(&incoming, &[listed("/in", "b.mp3", 2)]), [ListedState::Unchanged]);
    assert_eq!(room.files(), there.0);
    // A program that still names the old path means the file that was moved.
    room.put("INSERT INTO put_file (source, path, track_service, track) VALUES ('mover', '/in/a.mp3', 'djay', 't')");
    assert_eq!(room.files(), there.0);
    room.moved("/org/P/x.y.mp3", "/in/a.mp3", 10);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/in/b.mp3"]);
    assert_eq!(room.items(), ["/in/a.mp3 a", "/in/b.mp3 b"]);
    assert_eq!(
        room.list(&incoming, &[listed("/in", "a.mp3", 1), listed("/in", "b.mp3", 2)]),
        [ListedState::Unchanged; 2]
    );
}

#[test]
fn a_file_that_leaves_all_sources_is_known_and_not_missing_and_read_by_no_later_scan() {
    let mut room = Room::new();
    room.moved("/in/a.mp3", "/else/where.mp3", 10);
    assert_eq!(room.files(), ["/else/where.mp3 T path", "/in/b.mp3"]);
    assert_eq!((room.items(), room.catalog().library_missing().unwrap()), (vec!["/in/b.mp3 b".to_owned()], vec![]));
    let incoming = room.incoming.clone();
    assert_eq!(room.list(&incoming, &[listed("/in", "b.mp3", 2)]), [ListedState::Unchanged]);
    assert_eq!(room.files(), ["/else/where.mp3 T path", "/in/b.mp3"]);
    let elsewhere = room.library.add_source("/else", SourceKind::Folder, now()).unwrap();
    assert_eq!(room.list(&elsewhere, &[listed("/else", "where.mp3", 1)]), [ListedState::Unchanged]);
    assert_eq!(room.items(), ["/else/where.mp3 where", "/in/b.mp3 b"]);
    assert!(room.library.forget_source(Path::new("/else")).unwrap());
    assert_eq!(room.files(), ["/else/where.mp3 T path", "/in/b.mp3"]);
}

#[test]
fn what_is_said_of_another_file_than_the_catalog_knows_is_that_it_is_not_there() {
    let mut room = Room::new();
    room.moved("/in/a.mp3", "/org/a.mp3", 11);
    assert_eq!((room.files(), room.items()), (vec!["/in/b.mp3".to_owned()], vec!["/in/b.mp3 b".to_owned()]));
    let incoming = room.incoming.clone();
    room.list(&incoming, &[listed("/in", "a.mp3", 1), listed("/in", "b.mp3", 2)]);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/in/b.mp3"], "it was there after all");
}

#[test]
fn one_row_is_left_where_the_new_place_was_known_too() {
    let mut room = Room::new();
    let organised = room.organised.clone();
    // Seen there by a scan, and named by a program, before anybody said that it was moved.
    room.list(&organised, &[listed("/org", "b.mp3", 2)]);
    room.put("INSERT INTO put_file (source, path, track_service, track) VALUES ('mover', '/org/b.mp3', 'djay', 't')");
    room.moved("/in/b.mp3", "/org/b.mp3", 10);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/org/b.mp3 T path"]);
    assert_eq!(room.items(), ["/in/a.mp3 a", "/org/b.mp3 b"]);
    // The other way round: what is moved was only named, and a scan saw it at its new place.
    room.put("INSERT INTO put_file (source, path) VALUES ('mover', '/named/b.mp3')");
    room.moved("/named/b.mp3", "/org/b.mp3", 10);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/org/b.mp3 T path"]);
    assert_eq!(room.items(), ["/in/a.mp3 a", "/org/b.mp3 b"]);
    assert_eq!(room.list(&organised, &[listed("/org", "b.mp3", 2)]), [ListedState::Unchanged]);
}

#[test]
fn a_copy_is_the_same_track_until_it_is_removed() {
    let room = Room::new();
    room.put(
        "INSERT INTO put_copied (source, path, new_path, size, modified_at, new_modified_at, sha256)
         VALUES ('mover', '/in/a.mp3', '/org/c.mp3', 10, 5, 5, 'd')",
    );
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/in/b.mp3", "/org/c.mp3 T path"]);
    assert_eq!(room.items(), ["/in/a.mp3 a", "/in/b.mp3 b", "/org/c.mp3 a"]);
    room.put("INSERT INTO put_file (source, path, missing) VALUES ('mover', '/org/c.mp3', 1)");
    assert_eq!((room.files().len(), room.items().len()), (2, 2));
}

#[test]
fn a_scan_ends_well_whose_items_were_moved_onto_others_meanwhile() {
    let mut room = Room::new();
    let organised = room.organised.clone();
    room.list(&organised, &[listed("/org", "b.mp3", 2)]);
    let waiting = room
        .catalog()
        .library_page(WorkFilter { source: organised.id, verify: false }, PagePosition::default(), 9)
        .unwrap();
    assert_eq!(waiting.len(), 1);
    room.moved("/in/b.mp3", "/org/b.mp3", 10);
    let outcome = ReadingOutcome::Fingerprinted(Box::new(AudioFacts { algorithm: "x", ..AudioFacts::default() }));
    let reading = FileReading { item: waiting[0].item, size: 10, mtime_ns: 5_000_001, inode: 2, outcome };
    room.library.record(&[reading], now()).unwrap();
    assert_eq!(room.items(), ["/in/a.mp3 a", "/org/b.mp3 b"]);
}

#[test]
fn a_link_by_a_weaker_reason_replaces_none_by_a_stronger_one() {
    let room = Room::new();
    room.put("INSERT INTO put_track (source, service, id, title) VALUES ('mover', 'djay', 'u', 'U')");
    let by = |reason: &str| {
        room.put(&format!(
            "INSERT INTO put_file (source, path, track_service, track, linked_by) VALUES ('mover', '/in/b.mp3', 'djay', {reason})"
        ));
        room.files()[1].clone()
    };
    assert_eq!(by("'u', 'tags'"), "/in/b.mp3 U tags");
    assert_eq!(by("'t', 'sound'"), "/in/b.mp3 T sound");
    assert_eq!(by("'u', 'tags'"), "/in/b.mp3 T sound");
    assert_eq!(by("'u', 'path'"), "/in/b.mp3 U path");
    assert_eq!(by("'t', 'sound'"), "/in/b.mp3 U path");
}

#[test]
fn a_decision_about_a_file_holds_where_a_program_names_it_in_another_form_of_unicode() {
    for same in [true, false] {
        let mut room = Room::new();
        let (incoming, seen, named) = (room.incoming.clone(), "/in/cafe\u{301}.mp3", "/in/caf\u{e9}.mp3");
        room.list(
            &incoming,
            &[listed("/in", "a.mp3", 1), listed("/in", "b.mp3", 2), listed("/in", "cafe\u{301}.mp3", 3)],
        );
        room.second_track();
        room.decide(seen, if same { "T" } else { "U" }, same);
        let decided = if same { format!("{seen} T person") } else { seen.to_owned() };
        // Named before the forms are compared, and again by the next import.
        for _ in 0..2 {
            room.named(named, "u");
            room.library.same_paths(&[SamePath { named: named.to_owned(), seen: seen.to_owned() }]).unwrap();
            assert_eq!(room.files(), ["/in/a.mp3 T path".to_owned(), "/in/b.mp3".to_owned(), decided.clone()]);
        }
    }
}

#[test]
fn of_two_decisions_about_one_file_the_newer_one_is_left() {
    let mut room = Room::new();
    room.second_track();
    let organised = room.organised.clone();
    room.list(&organised, &[listed("/org", "b.mp3", 2)]);
    room.decide("/in/b.mp3", "T", true);
    room.decide("/org/b.mp3", "U", true);
    let connection = Connection::open(room.path()).unwrap();
    connection.execute("UPDATE decided_files SET decided_at = decided_at + 1 WHERE id = 'u'", []).unwrap();
    room.moved("/in/b.mp3", "/org/b.mp3", 10);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/org/b.mp3 U person"]);
}

#[test]
fn a_file_that_is_moved_or_copied_with_a_weaker_link_replaces_no_stronger_one() {
    let room = Room::new();
    room.second_track();
    room.put(
        "INSERT INTO put_file (source, path, track_service, track, linked_by) VALUES ('mover', '/in/b.mp3', 'djay', 'u', 'tags')",
    );
    room.named("/org/b.mp3", "t");
    room.named("/org/c.mp3", "t");
    room.put(
        "INSERT INTO put_copied (source, path, new_path, size, modified_at, new_modified_at, sha256)
         VALUES ('mover', '/in/b.mp3', '/org/c.mp3', 10, 5, 5, 'd')",
    );
    assert_eq!(room.files()[1..], ["/in/b.mp3 U tags", "/org/b.mp3 T path", "/org/c.mp3 T path"]);
    room.moved("/in/b.mp3", "/org/b.mp3", 10);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/org/b.mp3 T path", "/org/c.mp3 T path"]);
}

#[test]
fn a_move_and_a_copy_that_are_said_again_find_the_file_in_the_library_too() {
    let room = Room::new();
    let copy = "INSERT INTO put_copied (source, path, new_path, size, modified_at, new_modified_at, sha256)
        VALUES ('mover', '/in/b.mp3', '/org/c.mp3', 10, 5, 5, 'd')";
    // The row that was known at the new place stays behind at the old one.
    room.named("/org/a.mp3", "t");
    for _ in 0..2 {
        room.moved("/in/a.mp3", "/org/a.mp3", 10);
        room.put(copy);
        assert_eq!(room.files(), ["/in/b.mp3", "/org/a.mp3 T path", "/org/c.mp3"]);
        assert_eq!(room.items(), ["/in/b.mp3 b", "/org/a.mp3 a", "/org/c.mp3 b"]);
        for path in ["/org/a.mp3", "/org/c.mp3"] {
            room.put(&format!("INSERT INTO put_file (source, path, missing) VALUES ('mover', '{path}', 1)"));
        }
        assert_eq!(room.items(), ["/in/b.mp3 b"]);
    }
    room.put("INSERT INTO put_file (source, path, missing) VALUES ('mover', '/org/a.mp3', 0)");
    assert_eq!(room.items(), ["/in/b.mp3 b", "/org/a.mp3 a"]);
}

#[test]
fn a_listing_says_nothing_of_parts_that_it_could_not_read_nor_of_what_it_leaves_out() {
    let mut room = Room::new();
    let folder = room.folder.path().join("music");
    for part in ["locked", ".hidden"] {
        std::fs::create_dir_all(folder.join(part)).unwrap();
    }
    std::fs::write(folder.join(".hidden/there.mp3"), "x").unwrap();
    let of = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let source = room.library.add_source(folder.to_str().unwrap(), SourceKind::Folder, now()).unwrap();
    let named = [".hidden/there.mp3", "locked/before.mp3", "open/before.mp3"].map(of);
    for path in &named {
        room.named(path, "t");
    }
    let unread = [folder.join("locked")];
    room.library.begin_listing(source.id).unwrap();
    room.library.end_listing(source.id, &[], &[], &unread, now()).unwrap();
    let later = [".hidden/later.mp3", "locked/later.mp3", "open/later.mp3"].map(of);
    for path in &later {
        room.named(path, "t");
    }
    let below =
        |room: &Room| -> Vec<String> { room.files().into_iter().filter(|file| file.contains("/music/")).collect() };
    let there = |paths: &[&String]| -> Vec<String> { paths.iter().map(|path| format!("{path} T path")).collect() };
    assert_eq!(below(&room), there(&[&later[0], &named[0], &named[1], &later[1]]));
    // Read to its end, it says what is there.
    room.library.end_listing(source.id, &[], &[], &[], now()).unwrap();
    assert_eq!(below(&room), there(&[&named[0]]));
}

#[test]
fn an_item_is_found_by_its_path_without_reading_all_of_them() {
    let room = Room::new();
    let connection = Connection::open(room.path()).unwrap();
    let sql = "EXPLAIN QUERY PLAN UPDATE library_items SET missing_since = 1 WHERE path = '/in/a.mp3'";
    let plan: String = connection.query_row(sql, [], |row| row.get(3)).unwrap();
    assert!(plan.contains("library_items_path"), "{plan}");
}
