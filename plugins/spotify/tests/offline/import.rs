//! Import into the real catalog: the written rows, and a second import that changes nothing.

use std::fs;

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Writable as _;
use baton_plugin_sdk::Error;
use baton_tests::spotify_exports;
use spotify::import::Args;
use spotify::read::Folder;

use super::support::{A, TestDatabases, ids, playlists, row, titles, uri};

#[test]
fn all_values_of_a_row_are_imported() {
    let place = TestDatabases::with(&[("Late Night", &[row(1, "One", "Ida Lund")])]);
    let (report, findings) = place.import();
    assert_eq!((report.playlists, report.entries, report.tracks, findings.len()), (1, 1, 1, 0));
    assert_eq!(playlists(&place), ["spotify-csv|late night|Late Night|1"]);
    let track = place.rows("SELECT title, artist, album, duration_ms, bpm, musical_key, released, label FROM tracks");
    assert_eq!(track, ["One|Ida Lund|Album 1|220000|122.5|Am|2021-03-02|Label"]);
    let facts = place
        .rows("SELECT field, value FROM facts WHERE field IN ('danceability', 'popularity', 'explicit') ORDER BY 1");
    assert_eq!(facts, ["danceability|0.5", "explicit|0", "popularity|40"]);
    let item = place.rows("SELECT position, added_at, added_by FROM playlist_items");
    assert_eq!(item, ["0|1704164645000|someone"]);
    let url = place.rows("SELECT url FROM external_ids WHERE kind = 'track'");
    assert_eq!(url, [format!("https://open.spotify.com/track/{:022}", 1)]);
}

#[test]
fn a_second_import_changes_nothing_and_reports_it() {
    let rows: Vec<_> = (0..40).map(|number| row(number, &format!("Song {number}"), "Ida Lund")).collect();
    let place = TestDatabases::with(&[("A", &rows[..30]), ("B", &rows[10..]), ("Liked_Songs", &rows[..5])]);
    place.write("account/Playlist1.json", r#"{"playlists": [{"name": "P", "items": [{"track": {"trackName": "Song 1", "artistName": "Ida Lund", "trackUri": "spotify:track:0000000000000000000001"}}]}]}"#);
    place.write(
        "account/StreamingHistory0.json",
        r#"[{"endTime": "2024-01-02 03:04", "artistName": "Ida Lund", "trackName": "Song 2", "msPlayed": 1000}]"#,
    );
    let (first, _) = place.import();
    assert_eq!((first.playlists, first.entries, first.tracks, first.plays, first.unlinked), (4, 66, 40, 1, 0));
    let before = place.dump();
    let (again, _) = place.import();
    assert_eq!(place.dump(), before);
    assert_eq!((again.playlists, again.plays, again.unchanged, again.files), (0, 0, 5, 5));
    assert!(again.summary().starts_with("Nothing has changed: 5 of 5 files"), "{}", again.summary());
    // Without its own tables, the plugin writes the catalog again, and nothing changes.
    place.own.forget_files();
    let (told, _) = place.import();
    assert_eq!((told.plays, told.unchanged, place.dump()), (0, 4, before));
}

trait Forget {
    fn forget_files(&self);
}

impl Forget for baton_tests::host_services::HostDatabase {
    fn forget_files(&self) {
        self.execute("DELETE FROM history_files", &[]).unwrap();
    }
}

#[test]
fn a_shorter_export_removes_the_last_tracks_and_a_truncated_one_does_not() {
    let rows: Vec<_> = (0..5).map(|number| row(number, &format!("Song {number}"), "Ida Lund")).collect();
    let place = TestDatabases::with(&[("A", &rows)]);
    place.import();
    place.playlist("A", &[rows[4].clone(), rows[0].clone()]);
    place.import();
    assert_eq!(titles(&place, "a"), ["Song 4", "Song 0"]);
    place.write("A.csv", format!("{A}\n{}\n{},\"Half", rows[1], uri(2)));
    let (_, findings) = place.import();
    assert_eq!(titles(&place, "a"), ["Song 1", ""], "the truncated row keeps its place");
    assert_eq!(ids(&findings), ["nothing:spotify-csv:a", "unreadable:spotify/A.csv"], "{findings:?}");
    assert!(findings[1].title.contains("begins in line 3"), "{findings:?}");
    place.playlist("A", &[]);
    place.import();
    assert!(titles(&place, "a").is_empty() && playlists(&place).len() == 1);
}

#[test]
fn a_truncated_export_removes_no_track_from_its_playlist() {
    let rows: Vec<_> = (0..5).map(|number| row(number, &format!("Song {number}"), "Ida Lund")).collect();
    let place = TestDatabases::with(&[("A", &rows)]);
    place.import();
    place.write("A.csv", format!("{A}\n{}\n{},\"Half", rows[0], uri(1)));
    place.import();
    assert_eq!(titles(&place, "a"), ["Song 0", "", "Song 2", "Song 3", "Song 4"]);
}

#[test]
fn a_stray_quote_shortens_nothing() {
    let rows: Vec<_> = (0..100).map(|number| row(number, &format!("Song {number}"), "Ida Lund")).collect();
    let whole = format!("{A}\n{}\n", rows.join("\n"));
    let place = TestDatabases::with(&[]);
    let at = whole.match_indices('\n').nth(2).unwrap().0;
    let last = whole[..at].rfind(',').unwrap() + 1;
    let uri_of_four = whole.match_indices("spotify:track:").nth(3).unwrap().0;
    let alone = [&whole[..last], "\"", &whole[last..]].concat();
    // In `plain`, no quote follows the stray quote. In `ended`, a quote some rows later closes it.
    let plain = alone.replace("\"Ida Lund\"", "Ida Lund");
    let ended = plain.replacen("Song 50,", "Song 50\",", 1);
    let first = [&whole[..uri_of_four], "\"", &whole[uri_of_four..]].concat().replace("\"Ida Lund\"", "Ida Lund");
    for (spoilt, line, begin) in
        [(&plain, 3, "Song 1"), (&ended, 3, "Song 1"), (&first, 5, "Song 2"), (&alone, 3, "Song 1")]
    {
        place.write("A.csv", &whole);
        place.import();
        assert_eq!(titles(&place, "a").len(), 100);
        place.write("A.csv", spoilt);
        let (_, findings) = place.import();
        let told: Vec<_> = findings.iter().filter(|finding| finding.id.starts_with("unreadable:")).collect();
        assert!(told.iter().any(|finding| finding.title.contains(&format!("line {line} "))), "{findings:?}");
        let titles = titles(&place, "a");
        assert_eq!((titles.len(), titles.contains(&begin.to_owned())), (100, true), "{findings:?}");
    }
}

#[test]
fn a_comma_at_the_end_of_every_row_adds_no_cell() {
    let place = TestDatabases::new();
    place.write("A.csv", format!("{A}\n{},\n{},\n", row(1, "One", "Oto"), row(2, "Two", "Oto")));
    let (report, findings) = place.import();
    assert_eq!((report.entries, findings.len(), titles(&place, "a")), (2, 0, vec!["One".to_owned(), "Two".to_owned()]));
}

#[test]
fn a_file_that_is_read_in_part_is_counted_once() {
    let rows: Vec<_> = (0..3).map(|number| row(number, &format!("Song {number}"), "Ida Lund")).collect();
    let place = TestDatabases::new();
    place.write("A.csv", format!("{A}\n{}\n{},\"Half", rows.join("\n"), uri(9)));
    let (report, _) = place.import();
    assert_eq!((report.playlists, report.part, report.unchanged), (1, 1, 0));
    assert!(report.summary().contains("Only a part of 1 of them was read"), "{}", report.summary());
    let (again, findings) = place.import();
    assert_eq!((again.playlists, again.unchanged, ids(&findings)), (0, 1, vec!["unreadable:spotify/A.csv"]));
    place.playlist("A", &rows);
    assert_eq!((place.import().0.playlists, titles(&place, "a").len()), (1, 3));
}

#[test]
fn names_without_a_playlist_are_reported() {
    let place = TestDatabases::with(&[("Late Night", &[row(1, "One", "Oto")]), ("Zed", &[])]);
    place.write("account/Playlist1.json", r#"{"playlists": [{"name": "Morning", "items": []}]}"#);
    let args =
        |names: &[&str]| Args { playlists: names.iter().map(|name| (*name).to_owned()).collect(), ..Args::default() };
    let error = place.import_only(&args(&["Late Nihgt"])).unwrap_err();
    assert!(
        matches!(&error, Error::Permanent(text) if text.contains("named `Late Nihgt`; similar names are: Late Night,")),
        "{error:?}"
    );
    let (report, findings) = place.import_only(&args(&["late night", "NoSuch", "MORNING"])).unwrap();
    assert_eq!((report.playlists, ids(&findings)), (2, vec!["no-such-playlist:NoSuch"]));
    let export = |names: &[&str]| {
        let args = spotify::export::Args { playlists: args(names).playlists, ..spotify::export::Args::default() };
        place.run(|sources, findings| spotify::export::run(sources, None, &args, findings))
    };
    assert!(matches!(export(&["NoSuch"]).0, Err(Error::Permanent(text)) if text.contains("Late Night")));
    let (made, findings) = export(&["Late Night", "NoSuch"]);
    assert_eq!((made.unwrap().exports.len(), ids(&findings)), (1, vec!["no-such-playlist:NoSuch"]));
}

#[test]
fn paths_are_accepted_in_the_form_of_findings() {
    let place = TestDatabases::with(&[("b/Mix", &[row(1, "One", "Oto")])]);
    for shown in ["/home/me/exports", "music/exports"] {
        let folder = Folder { path: place.path(), shown: shown.to_owned() };
        for path in [format!("{shown}/b/Mix.csv"), "b/Mix.csv".to_owned(), format!("{shown}/b")] {
            let found = spotify::read::find(std::slice::from_ref(&folder), &[path], &mut Findings::default()).unwrap();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].shown, format!("{shown}/b/Mix.csv"));
        }
    }
}

#[test]
fn an_export_cut_inside_a_character_corrupts_no_name() {
    let rows = [row(1, "Süd", "Käthe"), row(2, "Zwei", "Oto"), row(3, "Drei", "Oto")];
    let place = TestDatabases::with(&[("A", &rows)]);
    place.import();
    let mut bytes = format!("{A}\n{}\n{},Zwä", rows[0], uri(2)).into_bytes();
    bytes.pop();
    place.write("A.csv", bytes);
    let (_, findings) = place.import();
    assert!(ids(&findings).contains(&"unreadable:spotify/A.csv"), "{findings:?}");
    assert_eq!(titles(&place, "a"), ["Süd", "", "Drei"]);
    assert_eq!(place.rows("SELECT artist FROM tracks WHERE title = 'Süd'"), ["Käthe"]);
}

#[test]
fn names_select_the_playlists_and_their_ids() {
    let one = [row(1, "One", "Ida Lund")];
    let place = TestDatabases::with(&[("a/Mix", &one), ("b/MIX", &one), ("b/Liked_Songs", &one), ("Other", &one)]);
    let only = Args { playlists: vec!["mix".to_owned(), "Liked Songs".to_owned()], ..Args::default() };
    let (report, findings) = place.import_only(&only).unwrap();
    assert_eq!((report.playlists, ids(&findings)), (3, vec!["same-name:spotify/b/MIX.csv"]));
    let expected = ["spotify-csv|liked songs|Liked Songs|1", "spotify-csv|mix|Mix|1", "spotify-csv|mix#b|MIX|1"];
    assert_eq!(playlists(&place), expected);
    // A file that is imported alone becomes the same playlist as in an import of all files.
    let alone = Args { paths: vec!["b".to_owned()], ..Args::default() };
    assert_eq!(place.import_only(&alone).unwrap().0.playlists, 0);
    assert_eq!(playlists(&place), expected);
}

#[test]
fn a_file_that_is_not_an_export_is_reported_and_the_others_are_imported() {
    let place = TestDatabases::with(&[("A", &[row(1, "One", "Ida Lund"), row(1, "One", "Ida Lund")])]);
    place.write("bank.csv", "Datum,Betrag\n2024-01-01,3\n");
    place.write("empty.csv", "");
    place.write("YourLibrary.json", "{\"tracks\": [");
    let large = fs::File::create(place.path().join("large.csv")).unwrap();
    large.set_len(500 << 20).unwrap();
    let (report, findings) = place.import();
    assert_eq!((report.playlists, report.files, report.unread), (1, 5, 4));
    assert!(
        report.summary().ends_with("from 1 file. 4 files could not be read; the findings say why."),
        "{}",
        report.summary()
    );
    let expected = [
        "file:spotify/YourLibrary.json",
        "file:spotify/bank.csv",
        "file:spotify/empty.csv",
        "file:spotify/large.csv",
        "twice:spotify-csv:a",
    ];
    let mut found = ids(&findings);
    found.sort_unstable();
    assert_eq!(found, expected);
    let title = |id: &str| findings.iter().find(|finding| finding.id.ends_with(id)).unwrap().title.clone();
    assert!(title("bank.csv").contains("its header is `Datum, Betrag`. Baton reads"), "{}", title("bank.csv"));
    assert!(title("large.csv").contains("500 MB; the limit is 64 MB"), "{}", title("large.csv"));
}

#[test]
fn local_files_and_podcasts_keep_their_positions() {
    let local = "spotify:local:Ida+Lund::Tape:90,Tape,,Ida Lund";
    let spoken = format!("spotify:episode:{:022},Talk,,Somebody", 1);
    let short = "Track URI,Track Name,Album Name,Artist Name(s)";
    let place = TestDatabases::new();
    place.write("A.csv", format!("{short}\n{local}\n{spoken}\n,Gone,,Ida Lund\n{},One,,Ida Lund\n", uri(1)));
    let (report, findings) = place.import();
    assert_eq!(
        (report.tracks, titles(&place, "a")),
        (2, vec!["Tape".to_owned(), String::new(), String::new(), "One".to_owned()])
    );
    assert_eq!(ids(&findings), ["no-music:spotify-csv:a", "nothing:spotify-csv:a", "row-without-uri:spotify/A.csv:4"]);
    let id = place.rows("SELECT external_id FROM external_ids WHERE kind = 'track' AND url IS NULL");
    assert_eq!(id, ["spotify:local:Ida+Lund::Tape:90"]);
}

#[test]
fn names_with_special_characters_are_accepted() {
    let place = TestDatabases::with(&[("It's \u{7}; DROP TABLE", &[row(1, "One", "Ida Lund")])]);
    place.import();
    assert_eq!(playlists(&place), ["spotify-csv|it's ; drop table|It's ; DROP TABLE|1"]);
}

#[test]
fn errors_when_a_path_does_not_exist() {
    let place = TestDatabases::new();
    let args = Args { paths: vec!["../x".to_owned()], ..Args::default() };
    assert!(
        matches!(place.import_only(&args), Err(Error::Permanent(text)) if text.contains("`../x` does not exist below `spotify`"))
    );
    assert!(place.import().0.summary().contains("no export to import"));
}

#[test]
fn a_playlist_removed_from_the_catalog_is_imported_again() {
    let place = TestDatabases::with(&[("A", &[row(1, "One", "Ida Lund")])]);
    place.import();
    place
        .catalog
        .execute(
            "INSERT INTO put_playlist (source, service, id, items) VALUES ('spotify/csv', 'spotify-csv', 'a', 0)",
            &[],
        )
        .unwrap();
    assert!(titles(&place, "a").is_empty());
    assert_eq!((place.import().0.playlists, titles(&place, "a")), (1, vec!["One".to_owned()]));
}

#[test]
fn a_whole_library_is_imported_and_importing_it_again_changes_nothing() {
    let place = TestDatabases::new();
    let written = spotify_exports::write(&place.path(), 132, 25_000, 7).unwrap();
    let (first, _) = place.import();
    assert_eq!((first.files, first.playlists, first.entries, first.tracks), (132, 132, 25_000, written.tracks));
    let (again, _) = place.import();
    assert_eq!((again.unchanged, again.playlists), (132, 0));
    assert_eq!(place.rows("SELECT count(*) FROM playlist_items"), ["25000"]);
}

#[test]
fn a_playlist_longer_than_one_batch_is_complete() {
    let place = TestDatabases::new();
    let rows: Vec<_> = (0..20_001).map(|number| row(number, "Song", "Ida Lund")).collect();
    place.playlist("Long", &rows);
    let (report, _) = place.import();
    assert_eq!((report.playlists, report.entries, report.tracks), (1, 20_001, 20_001));
    let last = place.rows("SELECT count(*), max(position), (SELECT snapshot <> '' FROM playlists) FROM playlist_items");
    assert_eq!(last, ["20001|20000|1"]);
    assert_eq!(place.import().0.unchanged, 1);
}
