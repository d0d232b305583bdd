//! The library in the plugin's examples equals the generated library.

use std::path::PathBuf;

use baton_tests::djay_library::{LibrarySpec, write};
use rusqlite::Connection;
use rusqlite::types::Value;

fn example() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/files/MediaLibrary.db")
}

/// Every table with its rows.
fn content(path: &std::path::Path) -> Vec<(String, Vec<Vec<Value>>)> {
    let connection = Connection::open(path).unwrap();
    let mut names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let rows = |name: &String| {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\" ORDER BY 1, 2")).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    };
    names.iter().map(|name| (name.clone(), rows(name))).collect()
}

#[test]
fn the_library_of_the_examples_equals_the_generated_one() {
    let folder = tempfile::tempdir().unwrap();
    let (generated, copy) = (folder.path().join("made.db"), folder.path().join("copy.db"));
    let _written = write(&generated, &LibrarySpec::tiny());
    // Opening the original would leave files beside it.
    std::fs::copy(example(), &copy).unwrap();
    assert!(copy.metadata().unwrap().len() < 100_000);
    assert_eq!(
        content(&copy),
        content(&generated),
        "write it again: cargo test -p djay writes_the_example -- --ignored"
    );
}

#[test]
#[ignore = "writes into the repository; run it when the generator has changed"]
fn writes_the_example() {
    std::fs::create_dir_all(example().parent().unwrap()).unwrap();
    drop(std::fs::remove_file(example()));
    let _written = write(&example(), &LibrarySpec::tiny());
}
