//! Damaged and oversized parts of a library are findings or one clear error.

use super::generated::{GeneratedLibrary, ids};
use super::library::refused;
use baton_plugin_kit::Findings;
use baton_plugin_sdk::{Error, sql};
use baton_tests::djay_library::tsaf::{Tree, encode};
use baton_tests::djay_library::{LibrarySpec, Style};
use baton_tests::host_services::{Call, HookedDatabase, HostDatabase};
use djay::library::read;
use rusqlite::params;

#[test]
fn a_damaged_index_is_an_error_and_not_treated_as_absent() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let database = HostDatabase::file(&generated.path);
    for table in ["secondaryIndex_mediaItemAnalyzedDataIndex", "secondaryIndex_mediaItemUserDataIndex"] {
        let broken = HookedDatabase::new(&database, |call, statement| match (call, statement.contains(table)) {
            (Call::Rows, true) => Err(sql::Error::Failed("the database failed: malformed".to_owned())),
            _ => Ok(()),
        });
        let read = read(&broken, &mut Findings::default());
        assert!(matches!(read, Err(Error::Retryable(text)) if text.contains("malformed")), "{table}");
    }
}

#[test]
fn oversized_names_and_numbers_are_findings_and_the_rest_is_read() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    generated.change(
        "INSERT INTO database2 (collection, key, data) VALUES \
         ('mediaItemTitleIDs', CAST(zeroblob(1100000) AS TEXT), x'00'), \
         ('historySessions', 'S', CAST(zeroblob(1100000) AS TEXT));
         UPDATE secondaryIndex_mediaItemUserDataIndex SET tags = CAST(zeroblob(1100000) AS TEXT);
         INSERT INTO view_mediaItemPlaylistView_page VALUES ('P', CAST(zeroblob(1100000) AS TEXT), NULL, 0, x'')",
    );
    let (library, findings) = generated.read();
    let found = ids(&findings);
    assert!(found.iter().any(|id| id.starts_with("row:")) && found.contains(&"page:unnamed"), "{found:?}");
    assert!(found.contains(&"blob:historySessions/S"), "{found:?}");
    assert_eq!((library.tracks.len(), library.unreadable), (generated.written.tracks.len(), 2));
}

#[test]
fn texts_that_do_not_fit_into_memory_are_one_clear_error() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let connection = generated.connection();
    let text = "x".repeat(4_000);
    connection.execute_batch("BEGIN").unwrap();
    for number in 0..3_000 {
        let fields = ["title", "artist", "isrc"].map(|key| (key, Tree::text(&text)));
        let blob = encode(&Tree::object("ADCMediaItemTitleID", fields.to_vec()), Style::Mac);
        let sql = "INSERT INTO database2 (collection, key, data) VALUES ('mediaItemTitleIDs', ?1, ?2)";
        connection.execute(sql, params![format!("{number:032}"), blob]).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
    refused(&generated, "more than 32 MiB together");
}

fn whole(library: &djay::library::Library) -> usize {
    library.playlists.iter().filter(|playlist| playlist.whole).count()
}

#[test]
fn a_page_without_a_group_may_belong_to_any_playlist() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
    assert_eq!(whole(&generated.read().0), 5);
    generated.change(
        "UPDATE view_mediaItemPlaylistView_page SET data = x'01' WHERE rowid = (SELECT min(rowid) FROM \
         view_mediaItemPlaylistView_page)",
    );
    assert_eq!(whole(&generated.read().0), 4);
    generated
        .change("INSERT INTO view_mediaItemPlaylistView_page VALUES ('P', CAST(zeroblob(2000) AS TEXT), NULL, 0, x'')");
    assert_eq!(whole(&generated.read().0), 0);
}

#[test]
fn an_encoding_that_real_blobs_do_not_have_is_a_finding() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let track = &generated.written.tracks[0];
    // The title occurs again after 256 other strings, so its reference has two bytes.
    let keys: Vec<_> = (0..256).map(|number| number.to_string()).collect();
    let mut fields: Vec<_> = keys.iter().map(|key| (key.as_str(), Tree::Bool(true))).collect();
    fields.extend([("uuid", Tree::text(&track.id)), ("title", Tree::text("T")), ("artist", Tree::text("T"))]);
    let blob = encode(&Tree::object("ADCMediaItemTitleID", fields), Style::Mac);
    let sql = "UPDATE database2 SET data = ?1 WHERE collection = 'mediaItemTitleIDs' AND key = ?2";
    assert_eq!(generated.connection().execute(sql, params![blob, track.id]).unwrap(), 1);
    let (library, findings) = generated.read();
    assert_eq!(ids(&findings), [format!("form:mediaItemTitleIDs/{}", track.id)]);
    let found = library.tracks.iter().find(|known| known.id == track.id).unwrap();
    assert_eq!((found.title.as_str(), found.artist.as_deref()), ("T", Some("T")));
}
