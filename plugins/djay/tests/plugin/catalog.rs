//! The catalog gets everything once, and a wrong date or a damaged view removes nothing.

use std::collections::HashMap;

use super::generated::GeneratedLibrary;
use baton_plugin_kit::Findings;
use baton_plugin_kit::host::{Tables as _, Writable as _};
use baton_plugin_kit::time;
use baton_plugin_sdk::sql::Value;
use baton_tests::djay_library::{LibrarySpec, Style};
use baton_tests::host_services::HostDatabase;
use djay::library::source;
use djay::sync;

/// 2026-01-18.
const NOW: i64 = 1_768_694_400_000;

fn table(catalog: &HostDatabase, sql: &str) -> Vec<Vec<Value>> {
    catalog.rows(sql, &[]).unwrap().map(Result::unwrap).collect()
}

fn everything(catalog: &HostDatabase) -> Vec<Vec<Vec<Value>>> {
    let all = [
        "SELECT * FROM facts ORDER BY 1, 2, 3",
        "SELECT kind, service, external_id, item, url, said_at FROM external_ids ORDER BY 1, 2, 3",
        "SELECT * FROM sessions ORDER BY id",
        "SELECT * FROM plays ORDER BY id",
        "SELECT * FROM playlists ORDER BY id",
        "SELECT * FROM playlist_items ORDER BY 1, 2",
        "SELECT id, title, artist, bpm, musical_key, duration_ms, refreshed FROM tracks ORDER BY id",
    ];
    all.iter().map(|sql| table(catalog, sql)).collect()
}

#[test]
fn sessions_and_plays_are_imported_with_links_and_a_second_import_changes_nothing() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
    let (library, _) = generated.read();
    let folder = tempfile::tempdir().unwrap();
    let catalog = HostDatabase::catalog(folder.path());
    let said = sync::sync(&library, &catalog, NOW, false, &mut Findings::default()).unwrap();
    assert_eq!((said.sessions, said.plays, said.linked, said.new), (6, 90, 90, 96));
    let first = everything(&catalog);
    let again = sync::sync(&library, &catalog, NOW, false, &mut Findings::default()).unwrap();
    assert_eq!((again.new, &everything(&catalog)), (0, &first));
    let plays = table(
        &catalog,
        "SELECT e.external_id, p.deck, p.started_at, p.origin, s.external_id, t.external_id FROM plays AS p \
         JOIN external_ids AS e ON e.kind = 'play' AND e.item = p.id \
         JOIN external_ids AS s ON s.kind = 'session' AND s.item = p.session \
         JOIN external_ids AS t ON t.kind = 'track' AND t.service = 'djay' AND t.item = p.track",
    );
    assert_eq!(plays.len(), 90);
    let by_id: HashMap<_, _> = plays.iter().map(|row| (row[0].as_text().unwrap(), row)).collect();
    for wanted in &generated.written.plays {
        let row = by_id[wanted.id.as_str()];
        assert_eq!((row[1].as_integer(), row[2].as_integer()), (Some(wanted.deck), time::from_apple(wanted.started)));
        assert_eq!(row[3].as_text(), Some(wanted.origin));
        assert_eq!(row[4].as_text(), Some(generated.written.sessions[wanted.session].id.as_str()));
        assert_eq!(row[5].as_text(), Some(generated.written.tracks[wanted.track].id.as_str()));
    }
    let ended = table(&catalog, "SELECT count(*) FROM sessions WHERE ended_at - started_at = 3600000");
    assert_eq!(ended, [[Value::Integer(6)]]);
    let items: usize = generated.written.playlists.iter().map(|playlist| playlist.tracks.len()).sum();
    let found = table(&catalog, "SELECT count(*) FROM playlist_items WHERE track IS NOT NULL");
    assert_eq!(found, [[Value::Integer(i64::try_from(items).unwrap())]]);
}

#[test]
fn a_play_of_a_track_that_is_not_in_the_library_keeps_its_title_and_artist() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Windows));
    let track = &generated.written.tracks[generated.written.plays[0].track];
    generated.change(&format!("DELETE FROM database2 WHERE key = '{}'", track.id));
    let folder = tempfile::tempdir().unwrap();
    let catalog = HostDatabase::catalog(folder.path());
    let said = sync::sync(&generated.read().0, &catalog, NOW, false, &mut Findings::default()).unwrap();
    assert_eq!((said.plays, said.named_by_plays, said.linked), (90, 1, 90));
    let named =
        generated.written.plays.iter().filter(|play| generated.written.tracks[play.track].id == track.id).count();
    let sql = format!(
        "SELECT t.title, count(p.id) FROM external_ids AS e JOIN tracks AS t ON t.id = e.item JOIN plays AS p ON \
         p.track = t.id WHERE e.kind = 'track' AND e.external_id = '{}'",
        track.id
    );
    let found = table(&catalog, &sql);
    assert_eq!(found[0][0].as_text(), Some(track.title.as_str()));
    assert_eq!(found[0][1].as_integer(), i64::try_from(named).ok());
}

/// The title of a track of djay in the catalog.
fn title_in(catalog: &HostDatabase, id: &str) -> String {
    let sql = "SELECT t.title FROM external_ids AS e JOIN tracks AS t ON t.id = e.item WHERE e.kind = 'track' AND \
               e.service = 'djay' AND e.external_id = ?1";
    catalog.query(sql, &[id.into()]).unwrap().text().unwrap().to_owned()
}

#[test]
fn a_date_in_the_future_does_not_block_later_imports() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let (mut library, _) = generated.read();
    let folder = tempfile::tempdir().unwrap();
    let catalog = HostDatabase::catalog(folder.path());
    // The wrong dates: a changed bit in a play, and a session of the year 2030.
    let right = (library.plays[0].started, library.sessions[0].ended);
    (library.plays[0].started, library.sessions[0].ended) = (Some(95_617_584_000_000), Some(NOW + 126_000_000_000));
    sync::sync(&library, &catalog, NOW, false, &mut Findings::default()).unwrap();
    let last = catalog.query("SELECT max(said_at) FROM facts", &[]).unwrap().integer().unwrap();
    assert!(last <= NOW && last > 0, "{last}");
    (library.plays[0].started, library.sessions[0].ended) = right;
    library.tracks[0].title = "After the repair".to_owned();
    sync::sync(&library, &catalog, NOW, false, &mut Findings::default()).unwrap();
    assert_eq!(title_in(&catalog, &library.tracks[0].id), "After the repair");
}

#[test]
fn a_history_without_its_newest_session_still_takes_precedence() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let (mut library, _) = generated.read();
    let folder = tempfile::tempdir().unwrap();
    let catalog = HostDatabase::catalog(folder.path());
    sync::sync(&library, &catalog, NOW, false, &mut Findings::default()).unwrap();
    let gone = library.sessions.pop().unwrap();
    library.plays.retain(|play| play.session_id.as_ref() != Some(&gone.id));
    library.tracks[0].title = "Renamed since".to_owned();
    sync::sync(&library, &catalog, NOW, false, &mut Findings::default()).unwrap();
    assert_eq!(title_in(&catalog, &library.tracks[0].id), "Renamed since");
    let all = everything(&catalog);
    sync::sync(&library, &catalog, NOW, false, &mut Findings::default()).unwrap();
    assert_eq!(everything(&catalog), all);
}

#[test]
fn a_track_without_a_title_gets_the_title_of_its_play() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let (mut library, _) = generated.read();
    let place = library.plays[0].track.unwrap();
    let track = &mut library.tracks[place];
    let (id, title) = (track.id.clone(), std::mem::take(&mut track.title));
    let folder = tempfile::tempdir().unwrap();
    let catalog = HostDatabase::catalog(folder.path());
    let said = sync::sync(&library, &catalog, NOW, false, &mut Findings::default()).unwrap();
    assert_eq!((said.named_by_plays, said.untitled, said.linked), (1, 0, library.plays.len()));
    assert_eq!(title_in(&catalog, &id), title);
    // If neither the track nor its plays have a title, the track is left out, and its plays have no track.
    for play in library.plays.iter_mut().filter(|play| play.track == Some(place)) {
        play.title = None;
    }
    let folder = tempfile::tempdir().unwrap();
    let catalog = HostDatabase::catalog(folder.path());
    let said = sync::sync(&library, &catalog, NOW, false, &mut Findings::default()).unwrap();
    assert_eq!((said.named_by_plays, said.untitled), (0, 1));
    let linked = catalog.query("SELECT count(*) FROM plays WHERE session IS NOT NULL AND track IS NOT NULL", &[]);
    assert_eq!(linked.unwrap().integer(), i64::try_from(said.linked).ok());
    assert!(said.linked < library.plays.len());
}

#[test]
fn partly_read_playlists_are_not_changed_in_the_catalog() {
    let items = "SELECT p.name, i.position, i.track FROM playlists AS p JOIN playlist_items AS i ON i.playlist = p.id \
                 ORDER BY 1, 2";
    for damage in [
        "DROP TABLE view_mediaItemPlaylistView_page",
        "UPDATE view_mediaItemPlaylistView_page SET data = x'01'",
        "UPDATE view_mediaItemPlaylistView_page SET prevPageKey = 'nowhere'",
        "UPDATE view_mediaItemPlaylistView_page SET \"group\" = 'x' || \"group\"",
        "UPDATE database2 SET data = x'00' WHERE collection = 'mediaItemPlaylistItems'; \
         UPDATE database2 SET data = x'00' WHERE collection = 'mediaItemPlaylists'",
        "UPDATE database2 SET data = x'00' WHERE collection LIKE '%Locations'; \
         DELETE FROM database2 WHERE collection = 'mediaItemTitleIDs'; \
         DELETE FROM database2 WHERE collection = 'historySessionItems'",
    ] {
        let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
        let folder = tempfile::tempdir().unwrap();
        let catalog = HostDatabase::catalog(folder.path());
        sync::sync(&generated.read().0, &catalog, NOW, false, &mut Findings::default()).unwrap();
        let before = table(&catalog, items);
        assert!(!before.is_empty());
        generated.change(damage);
        let (library, findings) = generated.read();
        assert!(!findings.is_empty(), "{damage}");
        let said = sync::sync(&library, &catalog, NOW, false, &mut Findings::default()).unwrap();
        assert!(said.partial > 0, "{damage}");
        assert_eq!(table(&catalog, items), before, "{damage}");
    }
}

#[test]
fn a_playlist_that_was_emptied_is_empty_in_the_catalog_too() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let folder = tempfile::tempdir().unwrap();
    let catalog = HostDatabase::catalog(folder.path());
    sync::sync(&generated.read().0, &catalog, NOW, false, &mut Findings::default()).unwrap();
    generated.change("DELETE FROM view_mediaItemPlaylistView_page");
    let said = sync::sync(&generated.read().0, &catalog, NOW, false, &mut Findings::default()).unwrap();
    assert_eq!((said.playlists, said.partial), (2, 0));
    assert!(table(&catalog, "SELECT 1 FROM playlist_items").is_empty());
}

#[test]
fn an_address_of_an_unknown_service_is_not_linked_to_another_service() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let (mut library, _) = generated.read();
    library.tracks[0].sources =
        ["https://a.b/c", "djay:track:1", "another:track:1", "tidal:track:1", "spotify:episode:77"]
            .map(source)
            .to_vec();
    library.tracks[1].sources = ["tidal:video:1", "com.apple.iTunes:0"].map(source).to_vec();
    let folder = tempfile::tempdir().unwrap();
    let catalog = HostDatabase::catalog(folder.path());
    sync::sync(&library, &catalog, NOW, false, &mut Findings::default()).unwrap();
    let sql = "SELECT o.service, o.external_id FROM external_ids AS e JOIN external_ids AS o ON o.kind = 'track' AND \
               o.item = e.item WHERE e.kind = 'track' AND e.external_id = ?1 ORDER BY 1";
    let found = catalog.query(sql, &[library.tracks[0].id.as_str().into()]).unwrap().rows;
    let names: Vec<_> = found.iter().filter_map(|row| row[0].as_text()).collect();
    assert_eq!(names, ["djay", "tidal"]);
    let other = catalog.query(sql, &[library.tracks[1].id.as_str().into()]).unwrap().rows;
    assert_eq!(other.iter().filter_map(|row| row[0].as_text()).collect::<Vec<_>>(), ["djay"]);
}

#[test]
fn the_first_of_several_equal_tracks_gives_the_values_in_every_run() {
    // The tracks become one track by the id of a service, by matches before the first run, or by matches after the first run.
    for how in 0..3 {
        let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
        let (mut library, _) = generated.read();
        let folder = tempfile::tempdir().unwrap();
        let catalog = HostDatabase::catalog(folder.path());
        let put = "INSERT INTO put_track (source, service, id, title) VALUES ('x', 'spotify', 'S', 'T')";
        catalog.execute(put, &[]).unwrap();
        for (track, bpm) in library.tracks.iter_mut().zip([120.0, 90.0, 100.0]) {
            track.manual_bpm = Some(bpm);
            track.sources = if how == 0 { vec![source("spotify:track:S")] } else { Vec::new() };
        }
        let ids: Vec<_> = library.tracks.iter().take(3).map(|track| track.id.clone()).collect();
        let matched = || {
            let same = "INSERT INTO put_same (source, service, id, other_service, other_id) VALUES ('djay', 'djay', ?1, \
                        'spotify', 'S')";
            for id in ids.iter().filter(|_| how > 0) {
                catalog.execute(same, &[id.as_str().into()]).unwrap();
            }
        };
        if how == 1 {
            matched();
        }
        let sync = || {
            let mut findings = Findings::default();
            sync::sync(&library, &catalog, NOW, false, &mut findings).unwrap();
            (findings.into_list(), everything(&catalog))
        };
        let mut first = sync();
        if how == 2 {
            assert_eq!(first.0, []);
            matched();
            first = sync();
        }
        assert_eq!(sync(), first, "{how}");
        let shared: Vec<_> = first.0.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(shared, [format!("shared:{}", ids[0])]);
        assert!(first.0[0].title.starts_with("3 tracks of djay are one track"), "{:?}", first.0);
        let sql = "SELECT DISTINCT t.bpm FROM external_ids AS e JOIN tracks AS t ON t.id = e.item WHERE e.kind = 'track' AND \
                   e.service = 'djay' AND e.external_id IN (?1, ?2, ?3)";
        let told: Vec<Value> = ids.iter().map(|id| id.as_str().into()).collect();
        assert_eq!(catalog.query(sql, &told).unwrap().rows, [[Value::Real(120.0)]], "{how}");
    }
}
