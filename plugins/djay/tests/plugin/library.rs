//! A generated library is read field by field, in both styles, and its damaged parts are reported.

use super::generated::{GeneratedLibrary, ids, read_file};
use baton_plugin_kit::{Key, time};
use baton_plugin_sdk::Error;
use baton_tests::djay_library::{LibrarySpec, Style};
use rusqlite::params;

const STYLES: [Style; 2] = [Style::Mac, Style::Windows];

fn check_tracks(generated: &GeneratedLibrary) {
    let (library, findings) = generated.read();
    assert_eq!(findings, []);
    assert_eq!(library.unreadable, 0);
    assert_eq!(library.tracks.len(), generated.written.tracks.len());
    for wanted in &generated.written.tracks {
        let place = library.tracks.binary_search_by(|track| track.id.cmp(&wanted.id)).unwrap();
        let track = &library.tracks[place];
        assert_eq!((&track.title, &track.artist), (&wanted.title, &wanted.artist));
        assert_eq!((track.seconds, &track.isrc), (Some(wanted.seconds), &wanted.isrc));
        assert_eq!((track.detected_bpm, track.manual_bpm), (wanted.bpm, wanted.manual_bpm));
        assert_eq!(track.bpm(), wanted.tempo());
        assert_eq!((track.key_index, track.key()), (wanted.key_index, wanted.key_index.and_then(Key::from_djay)));
        assert_eq!(track.play_count, wanted.play_count);
        assert_eq!(track.sources.len(), wanted.sources.len());
        for (source, wanted) in track.sources.iter().zip(&wanted.sources) {
            assert_eq!((source.service.as_str(), &source.id), (wanted.service, &wanted.id));
            assert_eq!((&source.uri, &source.path), (&wanted.uri, &wanted.path));
        }
    }
}

fn check_history(generated: &GeneratedLibrary) {
    let (library, _) = generated.read();
    assert_eq!(library.sessions.len(), generated.written.sessions.len());
    for wanted in &generated.written.sessions {
        let session = library.sessions.iter().find(|session| session.id == wanted.id).unwrap();
        assert_eq!(session.device_name.as_ref(), Some(&wanted.device_name));
        assert_eq!(session.device_type.as_ref(), Some(&wanted.device_type));
        assert_eq!(session.started, time::from_apple(wanted.started));
        assert_eq!(session.ended, time::from_apple(wanted.ended));
        assert!(session.started.is_some());
    }
    assert_eq!(library.plays.len(), generated.written.plays.len());
    let by_id: std::collections::HashMap<_, _> = library.plays.iter().map(|play| (&play.id, play)).collect();
    for wanted in &generated.written.plays {
        let (play, track) = (by_id[&wanted.id], &generated.written.tracks[wanted.track]);
        assert_eq!(library.sessions[play.session.unwrap()].id, generated.written.sessions[wanted.session].id);
        assert_eq!(library.tracks[play.track.unwrap()].id, track.id);
        assert_eq!((play.title.as_ref(), &play.artist), (Some(&track.title), &track.artist));
        assert_eq!((play.deck, play.origin.as_deref()), (Some(wanted.deck), Some(wanted.origin)));
        assert_eq!(play.started, time::from_apple(wanted.started));
    }
}

fn check_playlists(generated: &GeneratedLibrary) {
    let (library, _) = generated.read();
    assert_eq!(library.playlists.len(), generated.written.playlists.len());
    for wanted in &generated.written.playlists {
        let playlist = library.playlists.iter().find(|playlist| playlist.id == wanted.id).unwrap();
        assert_eq!((&playlist.name, playlist.whole), (&wanted.name, true));
        let found: Vec<_> = playlist.items.iter().map(|item| &library.tracks[item.track.unwrap()].id).collect();
        let tracks: Vec<_> = wanted.tracks.iter().map(|track| &generated.written.tracks[*track].id).collect();
        assert_eq!(found, tracks);
    }
}

#[test]
fn everything_that_was_written_is_read_in_both_styles() {
    for style in STYLES {
        let generated = GeneratedLibrary::new(&LibrarySpec::small(style));
        assert!(generated.written.tracks.iter().any(|track| track.artist.as_ref() == Some(&track.title)));
        assert!(generated.written.tracks.iter().any(|track| track.artist.is_none()));
        assert!(generated.written.tracks.iter().any(|track| track.manual_bpm == Some(0.0) && track.bpm.is_some()));
        assert!(generated.written.tracks.iter().any(|track| track.tempo() == Some(101.5)));
        check_tracks(&generated);
        check_history(&generated);
        check_playlists(&generated);
    }
}

#[test]
fn all_2027_plays_of_a_library_of_15540_tracks_are_linked() {
    for style in STYLES {
        let generated = GeneratedLibrary::new(&LibrarySpec::standard(style));
        let (library, findings) = generated.read();
        let linked = library.plays.iter().filter(|play| play.session.is_some() && play.track.is_some()).count();
        assert_eq!((library.tracks.len(), library.sessions.len(), linked), (15_540, 114, 2_027));
        assert_eq!((library.playlists.len(), library.unreadable, findings.len()), (37, 0, 0));
        let longest = library.plays.iter().filter(|play| play.session == Some(0)).count();
        assert!(longest > 255, "{longest}");
        check_tracks(&generated);
        check_history(&generated);
        check_playlists(&generated);
    }
}

#[test]
fn an_unreadable_blob_is_a_finding_with_its_position_and_the_others_are_read() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
    let id = |place: usize| generated.written.tracks[place].id.clone();
    let connection = generated.connection();
    let set = |collection: &str, key: &str, sql: &str| {
        let sql = format!("UPDATE database2 SET data = {sql} WHERE collection = ?1 AND key = ?2");
        assert_eq!(connection.execute(&sql, params![collection, key]).unwrap(), 1);
    };
    set("mediaItemAnalyzedData", &id(0), "substr(data, 1, length(data) - 9)");
    set("mediaItemTitleIDs", &id(1), "CAST('bplist00' AS BLOB)");
    set("localMediaItemLocations", &id(2), "zeroblob(1000001)");
    set("mediaItemTitleIDs", &id(3), "NULL");
    set("mediaItemTitleIDs", &id(4), "(SELECT data FROM database2 WHERE collection = 'historySessions' LIMIT 1)");
    let (library, findings) = generated.read();
    assert_eq!(library.unreadable, 5);
    let blobs: Vec<_> = findings.iter().filter(|finding| finding.id.starts_with("blob:")).collect();
    let titled = |start: &str, why: &str| {
        let found = blobs.iter().find(|finding| finding.id == format!("blob:{start}")).unwrap();
        assert!(found.title.contains(why), "{}", found.title);
    };
    titled(&format!("mediaItemAnalyzedData/{}", id(0)), "at byte ");
    titled(&format!("mediaItemTitleIDs/{}", id(1)), "bplist00");
    titled(&format!("localMediaItemLocations/{}", id(2)), "1000001 bytes");
    titled(&format!("mediaItemTitleIDs/{}", id(3)), "not a blob");
    titled(&format!("mediaItemTitleIDs/{}", id(4)), "ADCMediaItemTitleID");
    // The row with the track's title cannot be read, but the row with its location also has the title.
    let track = library.tracks.iter().find(|track| track.id == id(1)).unwrap();
    assert_eq!(track.title, generated.written.tracks[1].title);
    assert_eq!(library.tracks.len(), generated.written.tracks.len());
}

#[test]
fn the_first_of_two_rows_of_one_key_is_used_and_the_other_is_reported() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
    let (before, _) = generated.read();
    let (track, other) = (&generated.written.tracks[0], &generated.written.tracks[1]);
    let copy = |collection: &str, key: &str, from: &str| {
        format!(
            "INSERT INTO database2 (collection, key, data) SELECT '{collection}', '{key}', data FROM database2 \
             WHERE collection = '{collection}' AND key = '{from}' ORDER BY rowid LIMIT 1;"
        )
    };
    let (session, play) = (&generated.written.sessions, &generated.written.plays);
    let lists = &generated.written.playlists;
    generated.change(
        &[
            "DROP INDEX true_primary_key;".to_owned(),
            copy("mediaItemTitleIDs", &track.id, &other.id),
            copy("mediaItemAnalyzedData", &track.id, &other.id),
            copy("historySessions", &session[0].id, &session[1].id),
            copy("historySessionItems", &play[0].id, &play[1].id),
            copy("mediaItemPlaylists", &lists[0].id, &lists[1].id),
        ]
        .concat(),
    );
    let (library, findings) = generated.read();
    let found: Vec<_> = ids(&findings).into_iter().filter(|id| id.starts_with("twice:")).collect();
    for name in [
        format!("twice:mediaItemTitleIDs/{}", track.id),
        format!("twice:mediaItemAnalyzedData/{}", track.id),
        format!("twice:historySessions/{}", session[0].id),
        format!("twice:historySessionItems/{}", play[0].id),
        format!("twice:mediaItemPlaylists/{}", lists[0].id),
    ] {
        assert!(found.contains(&name.as_str()), "{name} in {found:?}");
    }
    assert_eq!(found.len(), 5);
    assert_eq!((library.tracks, library.sessions, library.plays), (before.tracks, before.sessions, before.plays));
    assert_eq!(library.playlists, before.playlists);
}

#[test]
fn a_play_whose_track_or_session_is_not_there_yet_is_kept() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Windows));
    let (track, session) =
        (&generated.written.tracks[generated.written.plays[0].track], &generated.written.sessions[1]);
    generated.change(&format!("DELETE FROM database2 WHERE key = '{}' OR key = '{}'", track.id, session.id));
    let (library, _) = generated.read();
    assert_eq!(library.plays.len(), generated.written.plays.len());
    let play = library.plays.iter().find(|play| play.id == generated.written.plays[0].id).unwrap();
    assert_eq!((play.track, play.title.as_ref(), play.track_id.as_ref()), (None, Some(&track.title), Some(&track.id)));
    assert!(library.plays.iter().any(|play| play.session.is_none() && play.session_id.as_ref() == Some(&session.id)));
}

#[test]
fn a_difference_to_the_indexes_of_djay_is_a_finding() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
    generated.change(
        "UPDATE secondaryIndex_mediaItemAnalyzedDataIndex SET bpm = bpm + 1 WHERE rowid = (SELECT min(rowid) FROM \
         secondaryIndex_mediaItemAnalyzedDataIndex);
         UPDATE secondaryIndex_mediaItemAnalyzedDataIndex SET keySignatureIndex = 99 WHERE rowid = (SELECT max(rowid) FROM \
         secondaryIndex_mediaItemAnalyzedDataIndex);
         INSERT INTO secondaryIndex_mediaItemAnalyzedDataIndex VALUES (1000000, 1, NULL, 1);",
    );
    let (_, findings) = generated.read();
    let found = ids(&findings);
    assert_eq!(found.len(), 3, "{findings:#?}");
    assert!(found.iter().any(|id| id.starts_with("index:bpm:")) && found.iter().any(|id| id.starts_with("index:key:")));
    assert!(found.contains(&"index-gap:analysis:1000000"));
    generated.change("UPDATE secondaryIndex_mediaItemUserDataIndex SET manualBPM = NULL");
    let manual = generated.written.tracks.iter().filter(|track| track.manual_bpm.is_some_and(|bpm| bpm > 0.0)).count();
    let found = generated.read().1;
    assert_eq!(ids(&found).iter().filter(|id| id.starts_with("index:manual bpm:")).count(), manual);
    generated.change(
        "DROP TABLE secondaryIndex_mediaItemAnalyzedDataIndex; DROP TABLE secondaryIndex_mediaItemUserDataIndex",
    );
    assert_eq!(ids(&generated.read().1), ["index-gap:analysis", "index-gap:user data"]);
}

#[test]
fn a_gap_in_an_index_does_not_hide_a_difference() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
    generated.change(
        "UPDATE secondaryIndex_mediaItemAnalyzedDataIndex SET bpm = bpm + 1 WHERE rowid = (SELECT max(rowid) FROM \
         secondaryIndex_mediaItemAnalyzedDataIndex);
         WITH RECURSIVE n (i) AS (SELECT -250 UNION ALL SELECT i + 1 FROM n WHERE i < -1)
         INSERT INTO secondaryIndex_mediaItemAnalyzedDataIndex SELECT i, 1, NULL, 1 FROM n",
    );
    let (_, findings) = generated.read();
    let found = ids(&findings);
    assert_eq!(found.iter().filter(|id| id.starts_with("index:bpm:")).count(), 1, "{found:?}");
    assert!(found.contains(&"index-gap+more"), "{found:?}");
}

#[test]
fn inconsistent_pages_of_playlists_are_findings() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
    let long = &generated.written.playlists[0];
    generated.change(&format!(
        "UPDATE view_mediaItemPlaylistView_page SET prevPageKey = 'nowhere' WHERE \"group\" = '{0}' AND count = 30;
         UPDATE view_mediaItemPlaylistView_page SET data = CAST(substr(data, 1, 8) || substr(data, 1, 8) || \
         x'ffffffffffffff00' || x'01' AS BLOB), count = 3 WHERE \"group\" = '{0}' AND prevPageKey IS NULL;
         INSERT INTO view_mediaItemPlaylistView_page VALUES ('P', 'Gone', NULL, 0, x'');",
        long.id
    ));
    let (library, findings) = generated.read();
    let found = ids(&findings);
    let has = |start: &str| assert!(found.iter().any(|id| id.starts_with(start)), "{start} in {found:?}");
    has(&format!("page:unlinked:{}", long.id));
    has("playlist:twice:");
    has("playlist:unknown:");
    has("playlist:group:Gone");
    let playlist = library.playlists.iter().find(|playlist| playlist.id == long.id).unwrap();
    assert_eq!(playlist.items.len(), 1 + 50 + 30);
    let whole = |id: &str| library.playlists.iter().find(|playlist| playlist.id == id).unwrap().whole;
    assert!(!whole(&long.id) && !whole("Gone"));
    generated.change("DROP TABLE view_mediaItemPlaylistView_page");
    let (library, findings) = generated.read();
    assert!(library.playlists.iter().all(|playlist| playlist.items.is_empty() && !playlist.whole));
    assert_eq!(ids(&findings), ["playlist:view"]);
}

#[test]
fn a_playlist_track_that_is_not_in_the_library_is_a_finding() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let list = generated.written.playlists.iter().find(|list| !list.tracks.is_empty()).unwrap();
    let track = &generated.written.tracks[list.tracks[0]].id;
    generated.change(&format!(
        "DELETE FROM database2 WHERE key = '{track}' AND collection LIKE 'm%TitleIDs';
         DELETE FROM database2 WHERE key = '{track}' AND collection LIKE '%Locations'"
    ));
    let (_, findings) = generated.read();
    let found = findings.iter().find(|finding| finding.id == format!("playlist:absent:{}", list.id)).unwrap();
    let places = list.tracks.iter().filter(|place| generated.written.tracks[**place].id == *track).count();
    assert!(found.title.starts_with(&format!("{places} items of")), "{}", found.title);
    assert!(found.title.contains(track.as_str()), "{}", found.title);
}

pub(crate) fn refused(generated: &GeneratedLibrary, why: &str) {
    match generated.try_read() {
        Err(Error::Permanent(text)) => assert!(text.contains(why), "{text}"),
        other => panic!("{:?}", other.map(|(library, _)| library.tracks.len())),
    }
}

#[test]
fn a_library_of_another_djay_version_is_one_error() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    generated.change("PRAGMA user_version = 4");
    refused(&generated, "its user_version is 4; only 3 is supported");
    generated.change("PRAGMA user_version = 3; UPDATE database2 SET data = CAST('bplist00xyz' AS BLOB)");
    refused(&generated, "the format of djay Pro 2");
    generated.change("UPDATE database2 SET data = x'00'");
    refused(&generated, "neither TSAF nor property lists");
    generated.change("ALTER TABLE database2 RENAME TO database3");
    refused(&generated, "there is no table database2 (collection, key, data); it has the tables");
}

#[test]
fn a_library_without_a_readable_object_is_an_error_that_names_the_objects() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let all: usize =
        generated.read().0.rows.iter().filter(|(name, _)| *name != "databaseInfo").map(|(_, count)| count).sum();
    let set =
        |sql: &str| generated.change(&format!("UPDATE database2 SET data = {sql} WHERE collection <> 'databaseInfo'"));
    set("CAST(substr(data, 1, 4) || x'04000300' || substr(data, 9) AS BLOB)");
    refused(
        &generated,
        &format!(
            "none of its {all} objects can be read: the header has the version 4.3; only 3.3 is supported ({all})"
        ),
    );
    set("CAST(substr(data, 1, 4) || x'03000300' || substr(data, 9, 12) || x'77' AS BLOB)");
    refused(&generated, &format!("the tag 77 is unknown ({all})"));
}

#[test]
fn valid_forms_are_read_and_invalid_ones_are_reported() {
    let set = |generated: &GeneratedLibrary, data: &str, sql: &str| {
        generated
            .change(&format!("UPDATE database2 SET data = {data} WHERE collection = 'mediaItemTitleIDs' AND {sql}"));
    };
    for data in ["CAST('bplist00xyz' AS BLOB)", "zeroblob(40)"] {
        let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
        let first =
            "rowid IN (SELECT rowid FROM database2 WHERE collection = 'mediaItemTitleIDs' ORDER BY rowid LIMIT 60)";
        set(&generated, data, first);
        let (library, findings) = generated.read();
        assert_eq!((library.unreadable, library.tracks.len()), (60, generated.written.tracks.len()));
        assert_eq!(findings.iter().filter(|finding| finding.id.starts_with("blob:mediaItemTitleIDs/")).count(), 60);
    }
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    set(&generated, "zeroblob(2000000)", &format!("key = '{}'", generated.written.tracks[0].id));
    let (library, findings) = generated.read();
    assert_eq!((library.unreadable, library.tracks.len()), (1, generated.written.tracks.len()));
    assert!(findings[0].title.contains("2000000 bytes"), "{findings:?}");
}

#[test]
fn a_library_that_is_too_large_is_refused_before_it_is_read() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    generated.change(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
         INSERT INTO database2 (collection, key) SELECT 'queues', i FROM n",
    );
    refused(&generated, "rows; the limit is 150000");
}

#[test]
fn playlists_with_more_items_than_the_limit_are_a_finding() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    generated.change(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12)
         INSERT INTO view_mediaItemPlaylistView_page SELECT 'page ' || i, 'zz', NULL, 100000, zeroblob(800000) FROM n",
    );
    let (library, findings) = generated.read();
    assert!(ids(&findings).contains(&"page:many"));
    assert_eq!(library.playlists.iter().filter(|playlist| !playlist.items.is_empty()).count(), 2);
}

#[test]
fn an_empty_library_is_read() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    generated.change(
        "DELETE FROM database2; DELETE FROM secondaryIndex_mediaItemAnalyzedDataIndex;
        DELETE FROM secondaryIndex_mediaItemUserDataIndex; DELETE FROM view_mediaItemPlaylistView_page",
    );
    let (library, findings) = generated.read();
    assert_eq!((library.tracks.len(), library.plays.len(), findings.len()), (0, 0, 0));
}

#[test]
fn a_damaged_database_is_an_error_or_findings_and_never_other_tracks() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    generated.change("PRAGMA wal_checkpoint(TRUNCATE)");
    let bytes = std::fs::read(&generated.path).unwrap();
    let titles: std::collections::HashSet<_> =
        generated.written.tracks.iter().map(|track| track.title.as_str()).collect();
    let damaged = generated.folder.path().join("damaged.db");
    let mut errors = 0;
    for cut in (4096..bytes.len()).step_by(4096) {
        std::fs::write(&damaged, &bytes[..cut]).unwrap();
        match std::panic::catch_unwind(|| read_file(&damaged)).expect("no panic") {
            Err(_) => errors += 1,
            Ok((library, _)) => assert!(library.tracks.iter().all(|track| titles.contains(track.title.as_str()))),
        }
    }
    assert!(errors > 0);
}
