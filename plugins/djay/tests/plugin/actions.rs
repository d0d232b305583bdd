//! Runs the actions on a generated library. Checks each cell of the tables, compares the activity with a plain count, and
//! checks the matches.

use std::collections::{BTreeMap, HashMap};

use super::generated::GeneratedLibrary;
use baton_plugin_kit::csv_file::CsvFile;
use baton_plugin_kit::host::{Tables as _, Writable as _};
use baton_plugin_kit::{Key, time};
use baton_plugin_sdk::sql::Value;
use baton_tests::djay_library::{LibrarySpec, Style};
use baton_tests::host_services::HostDatabase;
use djay::activity::{self, Options, activity};
use djay::export::{Forms, files, stamp};
use djay::matches;

const BOTH: Forms = Forms { csv: true, json: true };

/// The rows of an exported file by their first cell, with columns by name.
fn rows(files: &[djay::export::File], name: &str) -> Vec<HashMap<String, String>> {
    let file = files.iter().find(|file| file.name == name).unwrap();
    let sheet = CsvFile::from_bytes(file.bytes.clone()).unwrap();
    let header = sheet.header().to_vec();
    let row = |line: Result<baton_plugin_kit::csv_file::CsvRow, String>| {
        let cells = line.unwrap().cells;
        assert_eq!(cells.len(), header.len());
        header.iter().cloned().zip(cells.iter().map(str::to_owned)).collect()
    };
    sheet.lines().map(row).collect()
}

fn when(seconds: f64) -> String {
    time::from_apple(seconds).and_then(time::text).unwrap()
}

#[test]
fn the_five_tables_have_every_cell_right() {
    for style in [Style::Mac, Style::Windows] {
        let generated = GeneratedLibrary::new(&LibrarySpec::small(style));
        let (library, _) = generated.read();
        let files = files(&library, BOTH).unwrap();
        let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "djay_library_tracks.csv",
                "djay_library_streaming.csv",
                "djay_session_history.csv",
                "djay_session_tracks.csv",
                "djay_playlists.csv",
                "djay_library.json"
            ]
        );
        check_tracks(&generated, &rows(&files, "djay_library_tracks.csv"));
        check_streaming(&generated, &rows(&files, "djay_library_streaming.csv"));
        check_history(&generated, &files);
        check_playlists(&generated, &rows(&files, "djay_playlists.csv"));
        let json: serde_json::Value = serde_json::from_slice(&files[5].bytes).unwrap();
        for (list, count) in [("tracks", 260), ("sessions", 6), ("plays", 90), ("playlists", 5)] {
            assert_eq!(json[list].as_array().unwrap().len(), count, "{list}");
        }
    }
}

fn check_tracks(generated: &GeneratedLibrary, rows: &[HashMap<String, String>]) {
    let rows: HashMap<_, _> = rows.iter().map(|row| (row["track_id"].as_str(), row)).collect();
    assert_eq!(rows.len(), generated.written.tracks.len());
    for (place, track) in generated.written.tracks.iter().enumerate() {
        let row = rows[track.id.as_str()];
        let last =
            generated.written.plays.iter().filter(|play| play.track == place).map(|play| play.started).reduce(f64::max);
        let key = track.key_index.and_then(Key::from_djay);
        for (column, cell) in [
            ("title", track.title.clone()),
            ("artist", track.artist.clone().unwrap_or_default()),
            ("album", String::new()),
            ("genre", String::new()),
            ("duration_sec", track.seconds.to_string()),
            ("bpm", track.tempo().map(|bpm| bpm.to_string()).unwrap_or_default()),
            ("key", key.map(|key| key.to_string()).unwrap_or_default()),
            ("key_camelot", key.map(Key::camelot).unwrap_or_default()),
            ("source_type", track.sources[0].service.to_owned()),
            ("source_id", track.sources[0].id.clone()),
            ("file_path", track.sources[0].path.clone().unwrap_or_default()),
            ("added_date", String::new()),
            ("last_played", last.map(when).unwrap_or_default()),
            ("play_count", track.play_count.unwrap_or_default().to_string()),
        ] {
            assert_eq!(row[column], cell, "{column} of {}", track.id);
        }
    }
}

fn check_streaming(generated: &GeneratedLibrary, rows: &[HashMap<String, String>]) {
    let wanted = generated.written.tracks.iter().flat_map(|track| {
        let streamed = track.sources.iter().filter(|source| !matches!(source.service, "local" | "apple"));
        streamed.map(move |source| {
            let cells =
                [&track.id, source.service, &source.id, &source.uri, track.artist.as_deref().unwrap_or_default()];
            let more = [track.title.clone(), track.seconds.to_string(), String::new()];
            cells.into_iter().map(str::to_owned).chain(more).collect::<Vec<_>>()
        })
    });
    let mut wanted: Vec<_> = wanted.collect();
    wanted.sort();
    let columns =
        ["track_id", "source_type", "source_track_id", "source_url", "artist", "title", "duration_sec", "is_available"];
    let mut found: Vec<Vec<_>> =
        rows.iter().map(|row| columns.iter().map(|column| row[*column].clone()).collect()).collect();
    found.sort();
    assert_eq!(found, wanted);
    assert!(found.len() > 60);
}

fn check_history(generated: &GeneratedLibrary, files: &[djay::export::File]) {
    let sessions = rows(files, "djay_session_history.csv");
    assert_eq!(sessions.len(), generated.written.sessions.len());
    for (place, (row, wanted)) in sessions.iter().zip(&generated.written.sessions).enumerate() {
        let count = generated.written.plays.iter().filter(|play| play.session == place).count();
        for (column, cell) in [
            ("session_id", wanted.id.clone()),
            ("device_name", wanted.device_name.clone()),
            ("device_type", wanted.device_type.clone()),
            ("start_time", when(wanted.started)),
            ("end_time", when(wanted.ended)),
            ("duration_min", "60".to_owned()),
            ("track_count", count.to_string()),
        ] {
            assert_eq!(row[column], cell, "{column}");
        }
    }
    let plays = rows(files, "djay_session_tracks.csv");
    let by_id: HashMap<_, _> = plays.iter().map(|row| (row["play_id"].as_str(), row)).collect();
    assert_eq!(by_id.len(), generated.written.plays.len());
    for wanted in &generated.written.plays {
        let (row, track) = (by_id[wanted.id.as_str()], &generated.written.tracks[wanted.track]);
        for (column, cell) in [
            ("session_id", generated.written.sessions[wanted.session].id.clone()),
            ("track_id", track.id.clone()),
            ("deck_number", wanted.deck.to_string()),
            ("play_start", when(wanted.started)),
            ("title", track.title.clone()),
            ("artist", track.artist.clone().unwrap_or_default()),
            ("bpm", track.tempo().map(|bpm| bpm.to_string()).unwrap_or_default()),
        ] {
            assert_eq!(row[column], cell, "{column}");
        }
    }
}

fn check_playlists(generated: &GeneratedLibrary, rows: &[HashMap<String, String>]) {
    for wanted in &generated.written.playlists {
        let found: Vec<_> = rows.iter().filter(|row| row["playlist_id"] == wanted.id).collect();
        assert_eq!(found.len(), wanted.tracks.len());
        for (number, (row, track)) in found.iter().zip(&wanted.tracks).enumerate() {
            assert_eq!((&row["playlist_name"], &row["added_date"]), (&wanted.name, &String::new()));
            assert_eq!(
                (&row["track_id"], &row["position"]),
                (&generated.written.tracks[*track].id, &(number + 1).to_string())
            );
        }
    }
}

#[test]
fn two_exports_of_one_library_have_equal_bytes_and_only_the_chosen_formats() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
    let export = |forms| files(&generated.read().0, forms).unwrap();
    let bytes = |files: &[djay::export::File]| files.iter().map(|file| file.bytes.clone()).collect::<Vec<_>>();
    assert_eq!(bytes(&export(BOTH)), bytes(&export(BOTH)));
    let mut only = export(Forms { csv: false, json: true });
    stamp(&mut only, "20260118_101500");
    assert_eq!((only.len(), only[0].name.as_str()), (1, "djay_library_20260118_101500.json"));
}

#[test]
fn a_play_without_a_track_id_keeps_its_position() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let (mut library, _) = generated.read();
    let options = Options { since: None, until: None, threshold: 1, top: 5 };
    let session = library.plays[0].session_id.clone();
    library.plays.retain(|play| play.session_id == session);
    library.plays.truncate(3);
    for (play, id) in library.plays.iter_mut().zip(["a", "b", "c"]) {
        play.track_id = Some(id.to_owned());
    }
    library.plays[1].track_id = None;
    let found = activity(&library, &options);
    let weights: Vec<_> = found.relations.iter().map(|relation| relation.weight).collect();
    assert_eq!((found.plays, weights), (2, vec![1]));
}

/// Counts every pair of the generated data in the simplest way.
fn plain_count(generated: &GeneratedLibrary) -> BTreeMap<(String, String), u64> {
    let mut weights = BTreeMap::new();
    for session in 0..generated.written.sessions.len() {
        let mut plays: Vec<_> = generated.written.plays.iter().filter(|play| play.session == session).collect();
        plays.sort_by(|a, b| a.started.total_cmp(&b.started));
        for (one, a) in plays.iter().enumerate() {
            for (other, b) in plays.iter().enumerate().filter(|(other, _)| *other > one) {
                let (a, b) = (&generated.written.tracks[a.track].id, &generated.written.tracks[b.track].id);
                if a != b {
                    let pair = if a < b { (a.clone(), b.clone()) } else { (b.clone(), a.clone()) };
                    *weights.entry(pair).or_insert(0) += if other == one + 1 { 3 } else { 1 };
                }
            }
        }
    }
    weights
}

#[test]
fn activity_equals_a_simple_count() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
    let options = Options { since: None, until: None, threshold: 3, top: 5 };
    let found = activity(&generated.read().0, &options);
    assert_eq!((found.plays, found.sessions, found.long_sessions, found.left_out), (90, 6, 0, 0));
    for track in &found.tracks {
        let plays: Vec<_> =
            generated.written.plays.iter().filter(|play| generated.written.tracks[play.track].id == track.id).collect();
        let sessions: std::collections::HashSet<_> = plays.iter().map(|play| play.session).collect();
        assert_eq!((track.plays, track.sessions), (plays.len() as u64, sessions.len() as u64));
        let moments = || plays.iter().filter_map(|play| time::from_apple(play.started));
        assert_eq!((track.first, track.last), (moments().min(), moments().max()));
    }
    assert_eq!(found.tracks.iter().map(|track| track.plays).sum::<u64>(), 90);
    let wanted: BTreeMap<_, _> = plain_count(&generated).into_iter().filter(|(_, weight)| *weight >= 3).collect();
    let pairs: BTreeMap<_, _> = found
        .relations
        .iter()
        .map(|relation| {
            let (a, b) = (found.tracks[relation.one].id.clone(), found.tracks[relation.other].id.clone());
            (if a < b { (a, b) } else { (b, a) }, relation.weight)
        })
        .collect();
    assert_eq!(pairs, wanted);
    assert!(found.relations.is_sorted_by(|a, b| a.weight >= b.weight));
    let page = activity::markdown(&found, &options);
    assert!(page.contains("90 plays of") && page.lines().filter(|line| line.starts_with("| ")).count() == 12, "{page}");
    let lines = |csv: Vec<u8>| String::from_utf8(csv).unwrap().lines().count();
    assert_eq!(lines(activity::csv_of_tracks(&found).unwrap()), found.tracks.len() + 1);
    assert_eq!(lines(activity::csv_of_relations(&found).unwrap()), found.relations.len() + 1);
}

#[test]
fn a_track_without_a_title_is_shown_with_the_title_of_its_play() {
    let generated = GeneratedLibrary::new(&LibrarySpec::tiny());
    let (mut library, _) = generated.read();
    let place = library.plays[0].track.unwrap();
    let track = &mut library.tracks[place];
    let (id, title) = (track.id.clone(), std::mem::take(&mut track.title));
    let artist = track.artist.take();
    let options = Options { since: None, until: None, threshold: 1, top: 5 };
    let found = activity(&library, &options);
    let played = found.tracks.iter().find(|played| played.id == id).unwrap();
    assert_eq!((&played.title, &played.artist), (&title, &artist.unwrap_or_default()));
}

#[test]
fn activity_of_a_range_has_only_its_plays() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
    let middle = generated.written.sessions[3].started;
    let (since, until) = (time::from_apple(middle), time::from_apple(generated.written.sessions[4].started));
    let inside = generated.written.plays.iter().filter(|play| play.session == 3).count();
    let found = activity(&generated.read().0, &Options { since, until, threshold: 1, top: 1 });
    assert_eq!((found.plays, found.sessions), (inside, 1));
}

#[test]
fn tracks_of_djay_are_found_among_those_of_other_services() {
    let generated = GeneratedLibrary::new(&LibrarySpec::small(Style::Mac));
    let (library, _) = generated.read();
    let folder = tempfile::tempdir().unwrap();
    let catalog = HostDatabase::catalog(folder.path());
    let put =
        "INSERT INTO put_track (source, service, id, title, artists, duration_ms) VALUES ('x', ?1, ?2, ?3, ?4, ?5)";
    let mut wanted = HashMap::new();
    let tracks = generated.written.tracks.iter().filter(|track| track.artist.is_some()).take(40);
    let rows = tracks.enumerate().map(|(number, track)| {
        let artists = serde_json::json!([track.artist]).to_string();
        wanted.insert(track.id.clone(), number.to_string());
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a track")]
        let length = (track.seconds * 1_000.0) as i64;
        vec![
            "spotify".into(),
            number.to_string().into(),
            track.title.to_uppercase().into(),
            artists.into(),
            length.into(),
        ]
    });
    let mut rows: Vec<_> = rows.collect();
    // The last row has the id of a track and another name.
    let streamed = generated.written.tracks.iter().find(|track| track.sources[0].service == "beatport").unwrap();
    let id = streamed.sources[0].id.clone();
    rows.push(vec!["beatport".into(), id.into(), "Something".into(), "[]".into(), Value::Null]);
    catalog.batch(put, &mut rows.into_iter()).unwrap();

    let candidates = matches::candidates(&catalog, None).unwrap();
    assert_eq!(candidates.len(), 41);
    assert_eq!(matches::candidates(&catalog, Some("beatport")).unwrap().len(), 1);
    let found = matches::find(&library, &candidates);
    assert_eq!((found.tracks, found.known), (260, 0));
    let mut by_id = false;
    for (track, decision) in library.tracks.iter().zip(&found.decisions) {
        if let Some(place) = decision.accepted() {
            let candidate = (candidates[place].service.as_str(), candidates[place].id.as_str());
            let right = match wanted.get(&track.id) {
                Some(id) => ("spotify", id.as_str()),
                None => ("beatport", streamed.sources[0].id.as_str()),
            };
            assert_eq!(candidate, right, "{track:?}");
            assert!(wanted.contains_key(&track.id) || track.id == streamed.id, "{track:?}");
            by_id |= track.id == streamed.id;
        }
    }
    assert!(by_id, "the track that shares an id was not found");
    assert!(found.auto >= 39 && found.matchable >= found.auto, "{found:?}");
    let report = String::from_utf8(matches::table(&library, &candidates, &found).unwrap()).unwrap();
    assert!(report.contains("the same id at beatport"));

    matches::write(&library, &candidates, &found, &catalog).unwrap();
    let linked = "SELECT count(*) FROM external_ids WHERE kind = 'track' AND service = 'djay'";
    assert_eq!(catalog.query(linked, &[]).unwrap().integer(), i64::try_from(found.auto).ok());
    // The second run knows these matches.
    let candidates = matches::candidates(&catalog, None).unwrap();
    let again = matches::find(&library, &candidates);
    assert_eq!((again.auto, again.known), (found.auto, found.auto));
}

#[test]
fn tracks_of_a_named_service_have_the_ids_of_that_service() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = HostDatabase::catalog(folder.path());
    let track = "INSERT INTO put_track (source, service, id, title) VALUES ('x', ?1, ?2, ?3)";
    let same =
        "INSERT INTO put_same (source, service, id, other_service, other_id) VALUES ('x', ?1, ?2, 'beatport', '1')";
    for row in [["beatport", "1", "Both"], ["beatport", "2", "One"]] {
        catalog.execute(track, &row.map(Value::from)).unwrap();
    }
    for row in [["spotify", "A"], ["apple", "7"]] {
        catalog.execute(same, &row.map(Value::from)).unwrap();
    }
    let of = |service| {
        let found = matches::candidates(&catalog, service).unwrap();
        found.into_iter().map(|candidate| format!("{} {}", candidate.service, candidate.id)).collect::<Vec<_>>()
    };
    assert_eq!(of(Some("spotify")), ["spotify A"]);
    assert_eq!(of(Some("apple")), ["apple 7"]);
    assert_eq!(of(Some("beatport")), ["beatport 1", "beatport 2"]);
    assert_eq!(of(None), ["beatport 1", "beatport 2"]);
    for service in ["nope", "djay"] {
        let error = matches::candidates(&catalog, Some(service)).unwrap_err();
        let baton_plugin_sdk::Error::Permanent(text) = error else { panic!("{error:?}") };
        assert!(
            text.contains(&format!("no tracks of `{service}`")) && text.contains("apple, beatport, spotify"),
            "{text}"
        );
    }
}
