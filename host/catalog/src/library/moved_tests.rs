//! Files that a plugin moves (`put_moved`, `put_copied`) keep their rows, links, fingerprints and library items.

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
struct TestCatalog {
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

impl TestCatalog {
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
        let facts_of = |path: &Path| AudioFacts {
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
            outcome: ReadingOutcome::Fingerprinted(Box::new(facts_of(&item.path))),
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

    /// Executes a statement as a plugin does, with the plugin's authorizer.
    fn put(&self, sql: &str) {
        let (writer, denial) = (Some("mover".to_owned()), "not granted".to_owned());
        let access = Access { database: Database::Catalog, path: self.path(), writable: true, writer, denial };
        let session = Session::open(&access, &StopHandle::default()).unwrap();
        session.execute(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Records a person's decision whether the file at a path is a file of the track with this title.
    fn decide(&self, path: &str, title: &str, same: bool) {
        let connection = Connection::open(self.path()).unwrap();
        let number = |sql: &str, of: &str| connection.query_row(sql, [of], |row| row.get::<_, i64>(0)).unwrap();
        let file = number("SELECT id FROM files WHERE path = ?1", path);
        let track = number("SELECT id FROM tracks WHERE title = ?1", title);
        Decisions::open(&self.path()).unwrap().decide_file(file, track, same, now()).unwrap();
    }

    /// Adds another track, with the id `u`.
    fn second_track(&self) {
        self.put("INSERT INTO put_track (source, service, id, title) VALUES ('mover', 'djay', 'u', 'U')");
    }

    fn name_file(&self, path: &str, track: &str) {
        self.put(&format!(
            "INSERT INTO put_file (source, path, track_service, track) VALUES ('mover', '{path}', 'djay', '{track}')"
        ));
    }

    fn move_file(&self, path: &str, new_path: &str, size: u32) {
        self.put(&format!(
            "INSERT INTO put_moved (source, path, new_path, size, modified_at, new_modified_at)
             VALUES ('mover', '{path}', '{new_path}', {size}, 5, 5)"
        ));
    }

    fn list(&mut self, source: &Source, items: &[ListedItem]) -> Vec<ListedState> {
        let scan = self.library.begin_listing(source.id).unwrap();
        let listed = self.library.list(source.id, scan, items, false, now()).unwrap();
        let seen: Vec<_> = listed.iter().filter_map(|item| item.known).collect();
        let not_found = self.catalog().library_not_found(source.id, scan, &|id| seen.contains(&id)).unwrap();
        let gone: Vec<_> = not_found.iter().map(|item| item.id).collect();
        self.library.end_listing(source.id, &gone, &[], &[], now()).unwrap();
        listed.into_iter().map(|item| item.state).collect()
    }

    /// The present files with the titles of their tracks.
    fn files(&self) -> Vec<String> {
        let sql = "SELECT f.path || coalesce(' ' || t.title || ' ' || f.linked_by, '')
            FROM files AS f LEFT JOIN tracks AS t ON t.id = f.track WHERE f.missing = 0 ORDER BY 1";
        let connection = Connection::open(self.path()).unwrap();
        let mut select = connection.prepare(sql).unwrap();
        select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// The paths and names of the present items, which must all have fingerprints.
    fn items(&self) -> Vec<String> {
        let mut items = Vec::new();
        self.catalog().library_entries(|entry| items.push(format!("{} {}", entry.path.display(), entry.name))).unwrap();
        let mut count = 0;
        self.catalog().library_fingerprints("x", |_, _| count += 1).unwrap();
        assert_eq!(count, items.len(), "{items:?}");
        items.sort();
        items
    }
}

#[test]
fn a_moved_file_keeps_its_track_its_fingerprint_and_its_item() {
    let mut room = TestCatalog::new();
    room.move_file("/in/a.mp3", "/org/P/x.y.mp3", 10);
    let there =
        (vec!["/in/b.mp3".to_owned(), "/org/P/x.y.mp3 T path".to_owned()], vec!["/in/b.mp3 b", "/org/P/x.y.mp3 x.y"]);
    assert_eq!((room.files(), room.items()), (there.0.clone(), there.1.iter().map(|&item| item.to_owned()).collect()));
    // Repeating the statement, as a repeated attempt does, changes nothing.
    room.move_file("/in/a.mp3", "/org/P/x.y.mp3", 10);
    assert_eq!(room.files(), there.0);
    let (incoming, organised) = (room.incoming.clone(), room.organised.clone());
    assert_eq!(room.list(&organised, &[listed("/org", "P/x.y.mp3", 1)]), [ListedState::Unchanged]);
    assert_eq!(room.list(&incoming, &[listed("/in", "b.mp3", 2)]), [ListedState::Unchanged]);
    assert_eq!(room.files(), there.0);
    // If a program still names the old path, it refers to the moved file.
    room.put("INSERT INTO put_file (source, path, track_service, track) VALUES ('mover', '/in/a.mp3', 'djay', 't')");
    assert_eq!(room.files(), there.0);
    room.move_file("/org/P/x.y.mp3", "/in/a.mp3", 10);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/in/b.mp3"]);
    assert_eq!(room.items(), ["/in/a.mp3 a", "/in/b.mp3 b"]);
    assert_eq!(
        room.list(&incoming, &[listed("/in", "a.mp3", 1), listed("/in", "b.mp3", 2)]),
        [ListedState::Unchanged; 2]
    );
}

#[test]
fn a_file_moved_out_of_all_sources_is_neither_missing_nor_read_again() {
    let mut room = TestCatalog::new();
    room.move_file("/in/a.mp3", "/else/where.mp3", 10);
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
fn a_move_of_another_file_than_the_known_one_marks_it_as_missing() {
    let mut room = TestCatalog::new();
    room.move_file("/in/a.mp3", "/org/a.mp3", 11);
    assert_eq!((room.files(), room.items()), (vec!["/in/b.mp3".to_owned()], vec!["/in/b.mp3 b".to_owned()]));
    let incoming = room.incoming.clone();
    room.list(&incoming, &[listed("/in", "a.mp3", 1), listed("/in", "b.mp3", 2)]);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/in/b.mp3"], "the next listing finds it");
}

#[test]
fn a_move_to_a_known_path_leaves_one_row() {
    let mut room = TestCatalog::new();
    let organised = room.organised.clone();
    // A scan finds the new path, and a program names it, before the move is recorded.
    room.list(&organised, &[listed("/org", "b.mp3", 2)]);
    room.put("INSERT INTO put_file (source, path, track_service, track) VALUES ('mover', '/org/b.mp3', 'djay', 't')");
    room.move_file("/in/b.mp3", "/org/b.mp3", 10);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/org/b.mp3 T path"]);
    assert_eq!(room.items(), ["/in/a.mp3 a", "/org/b.mp3 b"]);
    // The reverse: a program named the old path, and a scan found the new one.
    room.put("INSERT INTO put_file (source, path) VALUES ('mover', '/named/b.mp3')");
    room.move_file("/named/b.mp3", "/org/b.mp3", 10);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/org/b.mp3 T path"]);
    assert_eq!(room.items(), ["/in/a.mp3 a", "/org/b.mp3 b"]);
    assert_eq!(room.list(&organised, &[listed("/org", "b.mp3", 2)]), [ListedState::Unchanged]);
}

#[test]
fn a_copy_has_the_same_track_until_it_is_removed() {
    let room = TestCatalog::new();
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
fn a_scan_succeeds_if_its_items_were_moved_to_others() {
    let mut room = TestCatalog::new();
    let organised = room.organised.clone();
    room.list(&organised, &[listed("/org", "b.mp3", 2)]);
    let waiting = room
        .catalog()
        .library_page(WorkFilter { source: organised.id, verify: false }, PagePosition::default(), 9)
        .unwrap();
    assert_eq!(waiting.len(), 1);
    room.move_file("/in/b.mp3", "/org/b.mp3", 10);
    let outcome = ReadingOutcome::Fingerprinted(Box::new(AudioFacts { algorithm: "x", ..AudioFacts::default() }));
    let reading = FileReading { item: waiting[0].item, size: 10, mtime_ns: 5_000_001, inode: 2, outcome };
    room.library.record(&[reading], now()).unwrap();
    assert_eq!(room.items(), ["/in/a.mp3 a", "/org/b.mp3 b"]);
}

#[test]
fn a_weaker_link_does_not_replace_a_stronger_one() {
    let room = TestCatalog::new();
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
fn a_decision_applies_to_another_unicode_form_of_the_path() {
    for same in [true, false] {
        let mut room = TestCatalog::new();
        let (incoming, seen, named) = (room.incoming.clone(), "/in/cafe\u{301}.mp3", "/in/caf\u{e9}.mp3");
        room.list(
            &incoming,
            &[listed("/in", "a.mp3", 1), listed("/in", "b.mp3", 2), listed("/in", "cafe\u{301}.mp3", 3)],
        );
        room.second_track();
        room.decide(seen, if same { "T" } else { "U" }, same);
        let decided = if same { format!("{seen} T person") } else { seen.to_owned() };
        // The program names the file before the Unicode forms are compared, and again at the next import.
        for _ in 0..2 {
            room.name_file(named, "u");
            room.library.same_paths(&[SamePath { named: named.to_owned(), seen: seen.to_owned() }]).unwrap();
            assert_eq!(room.files(), ["/in/a.mp3 T path".to_owned(), "/in/b.mp3".to_owned(), decided.clone()]);
        }
    }
}

#[test]
fn the_newer_of_two_decisions_about_a_file_remains() {
    let mut room = TestCatalog::new();
    room.second_track();
    let organised = room.organised.clone();
    room.list(&organised, &[listed("/org", "b.mp3", 2)]);
    room.decide("/in/b.mp3", "T", true);
    room.decide("/org/b.mp3", "U", true);
    let connection = Connection::open(room.path()).unwrap();
    connection.execute("UPDATE decided_files SET decided_at = decided_at + 1 WHERE id = 'u'", []).unwrap();
    room.move_file("/in/b.mp3", "/org/b.mp3", 10);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/org/b.mp3 U person"]);
}

#[test]
fn a_move_or_copy_does_not_replace_a_stronger_link() {
    let room = TestCatalog::new();
    room.second_track();
    room.put(
        "INSERT INTO put_file (source, path, track_service, track, linked_by) VALUES ('mover', '/in/b.mp3', 'djay', 'u', 'tags')",
    );
    room.name_file("/org/b.mp3", "t");
    room.name_file("/org/c.mp3", "t");
    room.put(
        "INSERT INTO put_copied (source, path, new_path, size, modified_at, new_modified_at, sha256)
         VALUES ('mover', '/in/b.mp3', '/org/c.mp3', 10, 5, 5, 'd')",
    );
    assert_eq!(room.files()[1..], ["/in/b.mp3 U tags", "/org/b.mp3 T path", "/org/c.mp3 T path"]);
    room.move_file("/in/b.mp3", "/org/b.mp3", 10);
    assert_eq!(room.files(), ["/in/a.mp3 T path", "/org/b.mp3 T path", "/org/c.mp3 T path"]);
}

#[test]
fn repeated_moves_and_copies_keep_the_library_items() {
    let room = TestCatalog::new();
    let copy = "INSERT INTO put_copied (source, path, new_path, size, modified_at, new_modified_at, sha256)
        VALUES ('mover', '/in/b.mp3', '/org/c.mp3', 10, 5, 5, 'd')";
    // The existing row of the new path is kept with the old path.
    room.name_file("/org/a.mp3", "t");
    for _ in 0..2 {
        room.move_file("/in/a.mp3", "/org/a.mp3", 10);
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
fn unread_parts_and_skipped_files_keep_their_state() {
    let mut room = TestCatalog::new();
    let folder = room.folder.path().join("music");
    for part in ["locked", ".hidden"] {
        std::fs::create_dir_all(folder.join(part)).unwrap();
    }
    std::fs::write(folder.join(".hidden/there.mp3"), "x").unwrap();
    let of = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let source = room.library.add_source(folder.to_str().unwrap(), SourceKind::Folder, now()).unwrap();
    let named = [".hidden/there.mp3", "locked/before.mp3", "open/before.mp3"].map(of);
    for path in &named {
        room.name_file(path, "t");
    }
    let unread = [folder.join("locked")];
    room.library.begin_listing(source.id).unwrap();
    room.library.end_listing(source.id, &[], &[], &unread, now()).unwrap();
    let later = [".hidden/later.mp3", "locked/later.mp3", "open/later.mp3"].map(of);
    for path in &later {
        room.name_file(path, "t");
    }
    let below = |room: &TestCatalog| -> Vec<String> {
        room.files().into_iter().filter(|file| file.contains("/music/")).collect()
    };
    let there = |paths: &[&String]| -> Vec<String> { paths.iter().map(|path| format!("{path} T path")).collect() };
    assert_eq!(below(&room), there(&[&later[0], &named[0], &named[1], &later[1]]));
    // A listing without unread parts checks all named files.
    room.library.end_listing(source.id, &[], &[], &[], now()).unwrap();
    assert_eq!(below(&room), there(&[&named[0]]));
}

#[test]
fn an_item_is_found_by_its_path_with_an_index() {
    let room = TestCatalog::new();
    let connection = Connection::open(room.path()).unwrap();
    let sql = "EXPLAIN QUERY PLAN UPDATE library_items SET missing_since = 1 WHERE path = '/in/a.mp3'";
    let plan: String = connection.query_row(sql, [], |row| row.get(3)).unwrap();
    assert!(plan.contains("library_items_path"), "{plan}");
}
