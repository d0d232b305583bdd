//! Links by sound among thousands of files: the library has pseudo-random words.

use std::path::Path;

use baton_catalog::{Catalog, Decisions};
use baton_core::grants::Database;
use baton_plugin_sql::{Access, Session, StopHandle};
use jiff::Timestamp;

use super::link;
use crate::test_sound::{TestFile, distort, put, words};

fn piece(name: &str, words: Vec<u32>) -> TestFile {
    TestFile { name: name.to_owned(), words, seconds: 60, digest: name.to_owned() }
}

/// How a file was linked to its track.
fn linked(path: &Path, name: &str) -> Option<String> {
    Catalog::open(path).unwrap().unwrap().file_at(&format!("/music/{name}")).unwrap().unwrap().linked_by
}

#[test]
fn every_file_is_compared_exactly_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let song = words(1, 480);
    let mut pieces = vec![piece("said", song.clone())];
    pieces.extend((10..2_110).map(|number| piece(&number.to_string(), words(number, 100))));
    pieces.push(piece("distort", distort(&song)));
    put(&path, &pieces);
    let (writer, denial) = (Some("other".to_owned()), String::new());
    let access = Access { database: Database::Catalog, path: path.clone(), writable: true, writer, denial };
    let session = Session::open(&access, &StopHandle::default()).unwrap();
    session
        .execute("INSERT INTO put_track (source, service, id, title) VALUES ('other', 'djay', 't', 'T')", &[])
        .unwrap();
    // The first file of the library, and the first track of the catalog.
    Decisions::open(&path).unwrap().decide_file(1, 1, true, Timestamp::UNIX_EPOCH).unwrap();
    link(&path).unwrap();
    assert_eq!(
        (linked(&path, "said").as_deref(), linked(&path, "distort").as_deref()),
        (Some("person"), Some("sound"))
    );
    assert_eq!(linked(&path, "2109"), None);
    let counts = || {
        let catalog = Catalog::open(&path).unwrap().unwrap();
        let mut pairs = 0;
        catalog.sound_pairs(|_| pairs += 1).unwrap();
        (catalog.sound_prints().unwrap().values().filter(|listened| **listened).count(), pairs)
    };
    assert_eq!(counts(), (2_101, 1), "all fingerprints of files without a track");
    // Only a new file is compared with all others.
    put(&path, &[piece("again", distort(&distort(&song)))]);
    link(&path).unwrap();
    assert_eq!((linked(&path, "again").as_deref(), counts().0), (Some("sound"), 2_102));
}
