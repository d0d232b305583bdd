//! The privacy export: library, playlists, history. No facts about the person, place or device are stored.

use baton_plugin_kit::host::{Tables as _, Writable as _};
use spotify::export::{self, Args, Format};

use super::support::{TestDatabases, holds, ids, row, texts, uri};

const LIBRARY: &str = r#"{
  "tracks": [
    {"artist": "Ida Lund", "album": "Fahrplan", "track": "One", "uri": "spotify:track:0000000000000000000001"},
    {"artist": "Ida Lund", "album": null, "track": "Tape", "uri": "spotify:local:Ida+Lund::Tape:90"},
    7
  ],
  "albums": [{"artist": "x", "uri": "y"}], "shows": [], "episodes": [], "bannedTracks": [], "artists": [], "other": []
}"#;

fn playlists_json() -> String {
    format!(
        r#"{{"playlists": [
          {{"name": "Rock &amp; Roll", "lastModifiedDate": "2024-01-02", "collaborators": [], "numberOfFollowers": 3,
            "description": "Mum&#x27;s &lt;best&gt;", "items": [
            {{"track": {{"trackName": "One", "artistName": "Ida Lund", "albumName": "Fahrplan", "trackUri": "{}"}}, "episode": null, "localTrack": null, "addedDate": "2024-01-02"}},
            {{"track": null, "episode": null, "localTrack": null, "addedDate": "2024-01-02"}},
            {{"track": null, "episode": {{"episodeName": "Talk", "showName": "Show", "episodeUri": "spotify:episode:0000000000000000000009"}}, "addedDate": "2024-01-02"}},
            {{"track": null, "audiobook": {{"audiobookName": "Book", "authorName": "Author", "audiobookUri": "spotify:audiobook:1"}}, "addedDate": "soon"}},
            {{"track": null, "localTrack": {{"uri": "spotify:local:Ida+Lund:Caf%C3%A9:Tape:90"}}, "addedDate": 5}},
            null
          ]}},
          {{"name": "Rock & Roll", "items": []}},
          "nonsense"
        ]}}"#,
        uri(1)
    )
}

#[test]
fn library_and_playlists_become_playlists() {
    let place = TestDatabases::new();
    place.write("YourLibrary.json", LIBRARY);
    place.write("Playlist1.json", playlists_json());
    let (report, findings) = place.import();
    assert_eq!((report.files, report.playlists, report.entries, report.tracks), (2, 3, 8, 3));
    let items = place.rows(
        "SELECT e.external_id, i.position, t.title, i.added_at FROM playlist_items AS i JOIN external_ids AS e \
         ON e.kind = 'playlist' AND e.item = i.playlist LEFT JOIN tracks AS t ON t.id = i.track ORDER BY 1, 2",
    );
    assert_eq!(
        items,
        [
            "liked songs|0|One|",
            "liked songs|1|Tape|",
            "rock & roll|0|One|1704153600000",
            "rock & roll|1||1704153600000",
            "rock & roll|2||1704153600000",
            "rock & roll|3||",
            "rock & roll|4|Tape|",
            "rock & roll|5||",
        ]
    );
    let kinds: Vec<_> = ids(&findings).iter().map(|id| id.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["entry", "entry", "no-music", "nothing"]);
    assert_eq!(texts(&place.own, "SELECT * FROM playlist_notes"), ["spotify-privacy|rock & roll|Mum's <best>"]);
    let own: &dyn baton_plugin_kit::host::Tables = &place.own;
    let put = "INSERT INTO put_file (source, path, track_service, track) VALUES ('test', '/m/One.flac', 'spotify', ?1)";
    place.catalog.execute(put, &[format!("{:022}", 1).into()]).unwrap();
    let args = Args { playlists: vec!["Rock & Roll".to_owned()], formats: vec![Format::M3u8], ..Args::default() };
    let (made, _) = place.run(|sources, findings| export::run(sources, Some(own), &args, findings).unwrap());
    let text = String::from_utf8(made.exports[0].bytes.clone()).unwrap();
    assert!(text.starts_with("#EXTM3U\n#PLAYLIST:Rock & Roll\n# Mum's <best>\n"), "{text}");
}

#[test]
fn ids_of_equal_names_do_not_depend_on_the_selected_files() {
    let place = TestDatabases::new();
    let one = |number: usize| {
        format!(
            r#"{{"playlists": [{{"name": "Mix", "items": [{{"track": {{"trackName": "T{number}", "trackUri": "{}"}}}}]}}]}}"#,
            uri(number)
        )
    };
    place.write("Playlist1.json", one(1));
    place.write("Playlist2.json", one(2));
    let only = |path: &str| spotify::import::Args { paths: vec![path.to_owned()], ..spotify::import::Args::default() };
    place.import_only(&only("Playlist2.json")).unwrap();
    place.import_only(&only("Playlist1.json")).unwrap();
    let items = place.rows(
        "SELECT e.external_id, t.title FROM playlist_items AS i JOIN tracks AS t ON t.id = i.track JOIN external_ids AS e \
         ON e.kind = 'playlist' AND e.item = i.playlist ORDER BY 1",
    );
    assert_eq!(items, ["mix|T1", "mix#2|T2"]);
    std::fs::remove_file(place.path().join("Playlist2.json")).unwrap();
    assert_eq!(ids(&place.import().1), ["no-file:spotify-privacy:mix#2"]);
}

#[test]
fn audiobook_chapters_and_invalid_lists_do_not_reject_the_file() {
    let place = TestDatabases::new();
    place.write(
        "Playlist1.json",
        r#"{"playlists": [{"name": "A", "description": "words", "items": [{"audiobook": {"audiobookName": "B", "audiobookUri": "spotify:audiobook:1",
        "chapterUri": "spotify:chapter:2"}}]}, {"name": "B", "items": null}, {"name": "C", "items": 7}]}"#,
    );
    let (report, findings) = place.import();
    assert_eq!((report.playlists, report.entries, ids(&findings)), (3, 1, vec!["no-music:spotify-privacy:a"]));
    assert_eq!(texts(&place.own, "SELECT description FROM playlist_notes"), ["words"]);
    // If the export has no description any more, the stored description is deleted.
    place.write("Playlist1.json", r#"{"playlists": [{"name": "A", "items": []}]}"#);
    place.import();
    assert!(texts(&place.own, "SELECT description FROM playlist_notes").is_empty());
}

#[test]
fn values_of_csv_exports_take_precedence() {
    let place = TestDatabases::with(&[("A", &[row(1, "One", "Ida Lund;Oto")])]);
    place.write("Playlist1.json", playlists_json());
    for _ in 0..2 {
        place.import();
        place.write("Playlist1.json", playlists_json() + "\n");
    }
    assert_eq!(place.rows("SELECT artist FROM tracks WHERE title = 'One'"), ["Ida Lund, Oto"]);
    let ranks = place.rows("SELECT name, rank FROM sources WHERE name LIKE 'spotify/%' ORDER BY 1");
    assert_eq!(ranks, ["spotify/csv|0", "spotify/history|-2", "spotify/names|-1", "spotify/privacy|-1"]);
    // A rank that a person has set is not changed.
    place.catalog.execute("INSERT INTO put_source (name, rank) VALUES ('spotify/privacy', 5)", &[]).unwrap();
    place.write("Playlist1.json", playlists_json());
    place.import();
    assert_eq!(place.rows("SELECT rank FROM sources WHERE name = 'spotify/privacy'"), ["5"]);
}

/// A row of the long form with all its facts about a person.
fn long(ts: &str, number: usize, title: &str) -> String {
    format!(
        r#"{{"ts": "{ts}", "username": "PRIVATE-user", "platform": "PRIVATE-phone", "ms_played": 60000, "conn_country": "PRIVATE-XX",
        "ip_addr_decrypted": "203.0.113.77", "ip_addr": "203.0.113.77", "user_agent_decrypted": "PRIVATE-agent", "city": "PRIVATE-city",
        "master_metadata_track_name": "{title}", "master_metadata_album_artist_name": "Ida Lund",
        "master_metadata_album_album_name": "Fahrplan", "spotify_track_uri": "{}", "episode_name": null, "reason_start": "clickrow",
        "reason_end": "trackdone", "shuffle": false, "skipped": null, "offline": false, "offline_timestamp": 1, "incognito_mode": true}}"#,
        uri(number)
    )
}

const SPOKEN: &str = r#"{"ts": "2024-01-02T03:09:00Z", "ms_played": 5, "episode_name": "Talk", "spotify_episode_uri": "spotify:episode:1", "ip_addr": "203.0.113.77"}"#;

#[test]
fn both_forms_of_the_history_are_the_same_plays() {
    let place = TestDatabases::with(&[(
        "A",
        &[row(1, "One", "Ida Lund"), row(3, "Three", "Ida Lund"), row(4, "Three", "Ida Lund")],
    )]);
    place.write(
        "long/Streaming_History_Audio_2024_0.json",
        format!(
            "[{}, {}, {SPOKEN}, null]",
            long("2024-01-02T03:04:05Z", 1, "One"),
            long("2024-01-02T03:06:05Z", 2, "Two")
        ),
    );
    place.write(
        "StreamingHistory_music_0.json",
        r#"[
        {"endTime": "2024-01-02 03:04", "artistName": "Ida Lund", "trackName": "One", "msPlayed": 60000},
        {"endTime": "2024-01-03 03:04", "artistName": "IDA LUND", "trackName": "two", "msPlayed": 9},
        {"endTime": "2024-01-03 03:04", "artistName": "Ida Lund", "trackName": "Two", "msPlayed": 9},
        {"endTime": "2024-01-04 03:04", "artistName": "Nobody", "trackName": "One", "msPlayed": 1},
        {"endTime": "2024-01-05 03:04", "artistName": "Ida Lund", "trackName": "Three", "msPlayed": 1},
        {"endTime": "never", "artistName": "Ida Lund", "trackName": "Three", "msPlayed": 1}
    ]"#,
    );
    let (report, findings) = place.import();
    assert_eq!((report.plays, report.unlinked, report.tracks), (6, 2, 4));
    let plays = place.rows(
        "SELECT p.started_at, p.ms_played, p.origin, t.title FROM plays AS p LEFT JOIN tracks AS t ON t.id = p.track ORDER BY 1, 4",
    );
    assert_eq!(
        plays,
        [
            "1704164585000|60000|spotify|One",
            "1704164705000|60000|spotify|Two",
            "1704251039991|9|spotify|Two",
            "1704251039991|9|spotify|Two",
            "1704337439999|1|spotify|",
            "1704423839999|1|spotify|",
        ],
        "the short form repeats the first play and does not change its seconds; two plays in one minute are two plays"
    );
    let kinds: Vec<_> = ids(&findings).iter().map(|id| id.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["no-music", "play", "play", "unlinked"]);
    // When an import adds a playlist, plays of its tracks that had no link are linked.
    place.playlist("B", &[row(9, "One", "Nobody")]);
    let (again, _) = place.import();
    assert_eq!((again.playlists, again.plays, again.linked, again.unlinked), (1, 0, 1, 1));
    assert_eq!(place.rows("SELECT count(*) FROM plays"), ["6"]);
}

#[test]
fn plays_are_linked_to_tracks_that_were_imported_separately() {
    let place = TestDatabases::new();
    place.write(
        "StreamingHistory0.json",
        r#"[{"endTime": "2024-01-02 03:04", "artistName": "Oto", "trackName": "One", "msPlayed": 1}]"#,
    );
    assert_eq!(place.import().0.unlinked, 1);
    place.playlist("Mix", &[row(1, "One", "Oto")]);
    let only = spotify::import::Args { paths: vec!["Mix.csv".to_owned()], ..spotify::import::Args::default() };
    place.import_only(&only).unwrap();
    let (again, _) = place.import();
    assert_eq!((again.playlists, again.plays, again.linked, again.unlinked), (0, 0, 1, 0));
    assert!(again.summary().ends_with(" 1 play was linked to a track."), "{}", again.summary());
    assert_eq!(place.rows("SELECT t.title FROM plays AS p JOIN tracks AS t ON t.id = p.track"), ["One"]);
    assert_eq!(place.import().0.plays, 0);
}

#[test]
fn user_place_and_device_of_plays_are_not_stored() {
    let place = TestDatabases::new();
    place.write("endsong_0.json", format!("[{}]", long("2024-01-02T03:04:05Z", 1, "One")));
    let (report, findings) = place.import();
    assert_eq!(report.plays, 1);
    let args = Args { formats: vec![Format::Csv, Format::M3u8, Format::Rekordbox], ..Args::default() };
    let (made, more) = place.run(|sources, findings| export::run(sources, Some(&place.own), &args, findings));
    let told = format!("{report:?}{findings:?}{more:?}{made:?}");
    place.own.query("SELECT 1", &[]).unwrap();
    for private in ["PRIVATE", "203.0.113.77"] {
        assert!(!told.contains(private), "{told}");
        assert!(place.dump().iter().all(|row| !row.contains(private)));
        for file in ["catalog.db", "catalog.db-wal", "own.db", "own.db-wal"] {
            let path = place.folder.path().join(file);
            let bytes = if path.exists() || path.extension().is_some_and(|ending| ending == "db") {
                std::fs::read(&path).unwrap()
            } else {
                Vec::new()
            };
            assert!(!bytes.windows(private.len()).any(|part| part == private.as_bytes()), "{file}");
        }
    }
    assert!(holds(&place.path(), b"203.0.113.77"), "the export itself has it");
}

#[test]
fn reported_plays_equal_the_plays_in_the_catalog() {
    let place = TestDatabases::new();
    let hour = |number: u32| format!("2024-01-{:02}T{:02}:04", number / 24 + 1, number % 24);
    let plays =
        |count: u32, of: &dyn Fn(u32) -> String| format!("[{}]", (0..count).map(of).collect::<Vec<_>>().join(","));
    place.write("endsong_0.json", plays(30, &|number| long(&format!("{}:05Z", hour(number)), 1, "One")));
    place.write(
        "StreamingHistory0.json",
        plays(20, &|number| {
            let at = hour(number).replace('T', " ");
            format!(r#"{{"endTime": "{at}", "artistName": "Ida Lund", "trackName": "One", "msPlayed": 60000}}"#)
        }),
    );
    let (report, findings) = place.import();
    assert_eq!(place.rows("SELECT count(*), count(track) FROM plays"), ["30|30"]);
    assert_eq!((report.plays, report.linked, report.unlinked, findings.len()), (30, 0, 0, 0), "{findings:?}");
    assert!(report.summary().contains(" 30 plays were imported."), "{}", report.summary());
    // A file with the same bytes at another path is not read again.
    let old = place.path().join("endsong_0.json");
    std::fs::create_dir(place.path().join("moved")).unwrap();
    std::fs::rename(old, place.path().join("moved/endsong_0.json")).unwrap();
    let (again, _) = place.import();
    assert_eq!((again.files, again.unchanged, again.plays), (2, 2, 0));
}

#[test]
fn json_errors_contain_no_value() {
    let place = TestDatabases::new();
    place.write("endsong_0.json", r#""203.0.113.77""#);
    place.write("endsong_1.json", r#"["x", {"ts": 1} "203.0.113.77"]"#);
    place.write("YourLibrary.json", "\"203.0.113.77, expected \"");
    place.write("Playlist1.json", r#"["203.0.113.77"]"#);
    let (_, findings) = place.import();
    assert_eq!(findings.len(), 4);
    for finding in &findings {
        assert!(finding.title.contains("line 1, column "), "{finding:?}");
        assert!(!format!("{finding:?}").contains("203"), "{finding:?}");
    }
    assert!(findings.iter().any(|finding| finding.title.ends_with("is not a list")), "{findings:?}");
}

#[test]
fn a_truncated_file_reports_its_position_and_writes_nothing() {
    let place = TestDatabases::new();
    place.write(
        "StreamingHistory0.json",
        r#"[{"endTime": "2024-01-02 03:04", "artistName": "A", "trackName": "B", "msPlayed": 1}, {"end"#,
    );
    place.write("Playlist1.json", r#"{"playlists": [{"name": "A", "items": []}"#);
    place.write("YourLibrary.json", r#"{"albums": []}"#);
    place.write("endsong_1.json", r#"{"no": "list"}"#);
    let (report, findings) = place.import();
    assert_eq!((report.plays, report.playlists, findings.len()), (0, 0, 4));
    assert!(
        findings.iter().all(|finding| finding.title.contains("cannot be read: it is not the expected JSON")),
        "{findings:?}"
    );
    assert_eq!(place.rows("SELECT (SELECT count(*) FROM plays) + (SELECT count(*) FROM playlists)"), ["0"]);
}
