//! Export, diff, merge and dedupe: from files and from the catalog.

use std::fs;
use std::process::Command;

use baton_plugin_kit::host::Writable as _;
use baton_plugin_sdk::{Artifact, Error, Finding, OutcomeKind};
use baton_tests::{missing, or_skip};
use quick_xml::Reader;
use quick_xml::events::Event;
use spotify::action_result::ActionResult;
use spotify::export::{self, Format};
use spotify::{dedupe, diff, merge};

use super::support::{A, TestDatabases, ids, row, uri};

fn text(file: &Artifact) -> String {
    String::from_utf8(file.bytes.clone()).unwrap()
}

fn names(files: &[Artifact]) -> Vec<&str> {
    files.iter().map(|file| file.name.as_str()).collect()
}

/// Adds a file of the track with this number.
fn put_file(place: &TestDatabases, number: usize, path: &str, size: i64) {
    let sql = "INSERT INTO put_file (source, path, track_service, track, size, format) VALUES ('test', ?1, 'spotify', ?2, ?3, 'flac')";
    place.catalog.execute(sql, &[path.into(), format!("{number:022}").into(), size.into()]).unwrap();
}

fn filled() -> TestDatabases {
    let place = TestDatabases::with(&[
        (
            "Late Night",
            &[
                row(1, "One & <Two>", "Ida Lund;Lund, Voss & Co"),
                row(2, "Zwei", "Oto"),
                row(1, "One & <Two>", "Ida Lund;Lund, Voss & Co"),
            ],
        ),
        ("late night", &[row(3, "Drei", "Oto")]),
        ("CON", &[]),
    ]);
    place.import();
    put_file(&place, 1, "/music/small.flac", 1);
    put_file(&place, 1, "/music/Ida Lund & Co/One #1.flac", 2);
    put_file(&place, 3, "https://example.org/stream", 2);
    place
}

#[test]
fn exported_csv_equals_the_imported_csv() {
    let place = filled();
    let args = export::Args { playlists: vec!["late NIGHT".to_owned()], ..export::Args::default() };
    let (made, _) = place.run(|sources, findings| export::run(sources, None, &args, findings).unwrap());
    assert_eq!(names(&made.exports), ["Late Night.csv", "late night (2).csv"]);
    let written = text(&made.exports[0]);
    let given = fs::read_to_string(place.path().join("Late Night.csv")).unwrap();
    let cells = |line: &str| line.replace('"', "");
    for (written, given) in written.lines().zip(given.lines()) {
        assert_eq!(cells(written), cells(given));
    }
    assert_eq!(written.lines().count(), 4);
}

#[test]
fn m3u8_has_paths_and_comments() {
    let place = filled();
    let args = export::Args { formats: vec![Format::M3u8], ..export::Args::default() };
    let (made, findings) = place.run(|sources, findings| export::run(sources, None, &args, findings).unwrap());
    assert_eq!(names(&made.exports), ["_CON.m3u8", "Late Night.m3u8", "late night (2).m3u8"]);
    let expected = format!(
        "#EXTM3U\n#PLAYLIST:Late Night\n#EXTINF:220,Ida Lund, Lund, Voss & Co - One & <Two>\n/music/Ida Lund & Co/One #1.flac\n\
         # {} Oto - Zwei\n#EXTINF:220,Ida Lund, Lund, Voss & Co - One & <Two>\n/music/Ida Lund & Co/One #1.flac\n",
        uri(2)
    );
    assert_eq!(text(&made.exports[1]), expected);
    let streamed = "not-on-disk:spotify-csv:late night#2";
    assert_eq!(ids(&findings), ["not-on-disk:spotify-csv:late night", streamed]);
}

fn exported(place: &TestDatabases, formats: Vec<Format>) -> (ActionResult, Vec<Finding>) {
    let args = export::Args { formats, ..export::Args::default() };
    place.run(|sources, findings| export::run(sources, None, &args, findings).unwrap())
}

#[test]
fn a_stream_is_not_a_file_and_rekordbox_xml_is_not_written_without_one() {
    let place = TestDatabases::with(&[("Mix", &[row(1, "One", "Oto")])]);
    place.import();
    put_file(&place, 1, "https://example.org/stream", 2);
    let (refused, _) = exported(&place, vec![Format::Rekordbox]);
    assert_eq!((refused.kind, refused.exports.len()), (OutcomeKind::Refused, 0), "{}", refused.summary);
    assert!(refused.summary.contains("no file on disk for any of the 1 entries"), "{}", refused.summary);
    let (partial, findings) = exported(&place, vec![Format::M3u8, Format::Rekordbox]);
    assert_eq!((partial.kind, names(&partial.exports)), (OutcomeKind::Partial, vec!["Mix.m3u8"]));
    assert!(partial.summary.contains("Only M3U8 was written"), "{}", partial.summary);
    assert_eq!(findings.len(), 1, "{findings:?}");
}

#[test]
fn a_path_that_is_not_utf_8_is_a_file_in_every_format() {
    let place = TestDatabases::with(&[("Mix", &[row(1, "One", "Oto"), row(2, "Zwei", "Oto")])]);
    place.import();
    put_file(&place, 1, "file:///music/caf%E9/one%20a.flac", 2);
    place.catalog.scan("file:///music/caf%E9/Oto%20-%20Zwei.flac", ["Oto", "Zwei"], 240_000).unwrap();
    let (made, findings) = exported(&place, vec![Format::M3u8, Format::Rekordbox]);
    assert_eq!((made.kind, findings.len()), (OutcomeKind::Done, 0), "{findings:?}");
    assert!(made.summary.ends_with("2 of 2 have a file."), "{}", made.summary);
    let xml = text(&made.exports[1]);
    for name in ["one%20a.flac", "Oto%20-%20Zwei.flac"] {
        assert!(text(&made.exports[0]).contains(&format!("\nfile:///music/caf%E9/{name}\n")), "{name}");
        assert!(xml.contains(&format!("Location=\"file://localhost/music/caf%E9/{name}\"")), "{xml}");
    }
}

#[test]
fn an_entry_that_a_format_cannot_name_is_a_finding() {
    let place = TestDatabases::with(&[("Mix", &[row(1, "One", "Oto"), row(2, "Zwei", "Oto")])]);
    place.import();
    put_file(&place, 1, "/music/a\nb.flac", 2);
    put_file(&place, 2, "/music/b.flac", 2);
    let (_, findings) = exported(&place, vec![Format::M3u8, Format::Rekordbox]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].title.contains("1 of 2 entries have a path that M3U8 cannot contain"), "{findings:?}");
}

fn rekordbox(place: &TestDatabases) -> Vec<u8> {
    let args = export::Args { formats: vec![Format::Rekordbox], ..export::Args::default() };
    let (made, _) = place.run(|sources, findings| export::run(sources, None, &args, findings).unwrap());
    assert_eq!(names(&made.exports), ["rekordbox.xml"]);
    made.exports[0].bytes.clone()
}

#[test]
fn rekordbox_xml_is_well_formed_and_its_counts_are_correct() {
    let xml = String::from_utf8(rekordbox(&filled())).unwrap();
    let mut reader = Reader::from_str(&xml);
    reader.config_mut().check_end_names = true;
    let (mut depth, mut tracks, mut nodes) = (0_i32, 0, 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                depth += 1;
                nodes += i32::from(start.name().as_ref() == "NODE");
                start.attributes().for_each(|attribute| drop(attribute.unwrap()));
            }
            Event::Empty(_) => tracks += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!((depth, tracks, nodes), (0, 4, 4), "{xml}");
    assert!(xml.contains(r#"Location="file://localhost/music/Ida%20Lund%20%26%20Co/One%20%231.flac""#), "{xml}");
    assert!(xml.contains(r#"Name="One &amp; &lt;Two&gt;""#) && xml.contains(r#"Tonality="Am""#), "{xml}");
}

/// pyrekordbox reads the file and checks it.
#[test]
fn rekordbox_is_read_by_another_program() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/python/bin/python");
    let python = [root, "python3"].into_iter().find(|python| {
        Command::new(python).args(["-c", "import pyrekordbox"]).output().is_ok_and(|ended| ended.status.success())
    });
    let python = or_skip!(python.ok_or_else(|| missing("pyrekordbox", "pip install pyrekordbox")));
    let place = filled();
    let path = place.folder.path().join("rekordbox.xml");
    fs::write(&path, rekordbox(&place)).unwrap();
    let script = "import json, sys\nfrom pyrekordbox.rbxml import RekordboxXml\nxml = RekordboxXml(sys.argv[1])\n\
        track = xml.get_track(0)\nroot = xml.get_playlist()\n\
        lists = [(p.name, p.count if p.is_folder else p.entries, [] if p.is_folder else list(p.get_tracks())) for p in root.get_playlists()]\n\
        print(json.dumps([xml.num_tracks, track['Name'], track['Artist'], track['Location'], track['TotalTime'], track['AverageBpm'], track['Tonality'], lists]))";
    let ended = Command::new(python).args(["-c", script]).arg(&path).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let read: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    let location = read[3].as_str().unwrap();
    assert!(location.ends_with("music/Ida Lund & Co/One #1.flac"), "{location}");
    assert_eq!(
        (read[0].clone(), read[1].clone(), read[4].clone(), read[5].clone(), read[6].clone()),
        (1.into(), "One & <Two>".into(), 220.into(), 122.5.into(), "Am".into())
    );
    assert_eq!(read[7], serde_json::json!([["CON", 0, []], ["Late Night", 2, [1, 1]], ["late night", 0, []]]));
    fs::write(&path, rekordbox(&scanned())).unwrap();
    let ended = Command::new(python).args(["-c", script]).arg(&path).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let read: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!((&read[0], &read[7]), (&3.into(), &serde_json::json!([["Late Night", 3, [1, 2, 3]]])));
}

#[test]
fn diff_reports_added_removed_and_moved_tracks() {
    let rows: Vec<_> = (0..6).map(|number| row(number, &format!("Song {number}"), "Oto")).collect();
    let pick = |numbers: &[usize]| numbers.iter().map(|number| rows[*number].clone()).collect::<Vec<_>>();
    let place = TestDatabases::with(&[
        ("old/Mix", &pick(&[0, 1, 2, 3])),
        ("old/Same", &rows),
        ("old/Gone", &rows[..1]),
        ("new/mix", &pick(&[1, 2, 0, 4, 4])),
        ("new/Same", &rows),
        ("new/Fresh", &rows[..2]),
    ]);
    let args = |from: &str, to: &str| diff::Args {
        from: from.to_owned(),
        to: to.to_owned(),
        playlists: Vec::new(),
        plan: false,
    };
    let (made, _) = place.run(|sources, findings| diff::diff(sources, &args("old", "new"), findings).unwrap());
    assert_eq!(names(&made.reports), ["PLAYLIST_DIFF.md", "playlist-diff.csv", "playlist-diff.json"]);
    assert_eq!(made.summary, "From old to new: 4 added, 2 removed, 1 moved; 1 of 4 playlists are the same.");
    let csv = text(&made.reports[1]);
    let mix: Vec<_> = csv.lines().filter(|line| line.starts_with("mix,")).collect();
    assert_eq!(
        mix,
        [
            format!("mix,removed,4,,{},Song 3,Oto", uri(3)),
            format!("mix,added,,4,{},Song 4,Oto", uri(4)),
            format!("mix,added,,5,{},Song 4,Oto", uri(4)),
            format!("mix,moved,1,3,{},Song 0,Oto", uri(0)),
        ]
    );
    let page = text(&made.reports[0]);
    assert!(
        page.contains("## Gone (removed)") && page.contains("## Fresh (new)") && !page.contains("## Same"),
        "{page}"
    );
    let data: serde_json::Value = serde_json::from_str(&text(&made.reports[2])).unwrap();
    assert_eq!((&data["added"], &data["playlists"][1]["new_entries"]), (&4.into(), &6.into()));
    // Two files are always compared; a file is compared with the catalog by its name.
    let (files, _) =
        place.run(|sources, findings| diff::diff(sources, &args("old/Mix.csv", "new/Same.csv"), findings).unwrap());
    assert!(files.summary.contains("2 added, 0 removed, 0 moved"), "{}", files.summary);
    let only = spotify::import::Args { paths: vec!["old".to_owned()], ..spotify::import::Args::default() };
    place.import_only(&only).unwrap();
    let (same, _) =
        place.run(|sources, findings| diff::diff(sources, &args("old/Same.csv", "catalog"), findings).unwrap());
    assert!(same.summary.starts_with("Nothing is different: 1 playlist is"), "{}", same.summary);
}

fn compared(place: &TestDatabases, from: &str, to: &str) -> (String, String) {
    let args = diff::Args { from: from.to_owned(), to: to.to_owned(), playlists: Vec::new(), plan: false };
    let (made, _) = place.run(|sources, findings| diff::diff(sources, &args, findings).unwrap());
    (made.summary, text(&made.reports[0]))
}

#[test]
fn diff_compares_a_playlist_with_itself_and_not_with_one_of_the_same_name() {
    let place = TestDatabases::with(&[("Liked_Songs", &[row(1, "One", "Oto")]), ("Mix", &[row(2, "Two", "Oto")])]);
    place.write("account/YourLibrary.json", r#"{"tracks": []}"#);
    place.import();
    let said = "INSERT INTO put_playlist (source, service, id, name) VALUES ('djay', 'djay', '1', 'Mix')";
    place.catalog.execute(said, &[]).unwrap();
    for (from, to) in [("catalog", "Mix.csv"), ("Mix.csv", "catalog"), ("catalog", "Liked_Songs.csv")] {
        let (summary, page) = compared(&place, from, to);
        assert!(summary.starts_with("Nothing is different: 1 playlist is the same"), "{from} {to}: {page}");
    }
    assert!(compared(&place, "catalog", ".").0.starts_with("Nothing is different: 3 playlists"));
}

#[test]
fn after_an_import_nothing_is_different() {
    let place = TestDatabases::new();
    let local = "spotify:local:Ida+Lund:Caf%C3%A9:Night+Bus:221";
    let rows = format!(
        "Track URI,Track Name,Artist Name(s)\n{},One,Oto\nspotify:episode:{:022},Talk,Host\n,No URI,Oto\n\
         spotify:episode:{:022},Other,Host\nnonsense,Odd,Oto\n{local},Night Bus,Ida Lund\n,,\nshort\n{},One,Oto\n",
        uri(1),
        1,
        2,
        uri(1)
    );
    place.write("Mix.csv", &rows);
    place.write("twin/Mix.csv", rows.replace("One", "Eins"));
    let item = format!(
        r#"{{"track": {{"trackName": "One", "artistName": "Oto", "trackUri": "{}"}}, "addedDate": "2024-01-02"}}"#,
        uri(1)
    );
    let episode = r#"{"episode": {"episodeName": "Talk", "showName": "Host", "episodeUri": "spotify:episode:0000000000000000000009"}}"#;
    let own = format!(r#"{{"localTrack": {{"uri": "{local}"}}}}"#);
    let items = format!("[{item}, {episode}, {own}, {{}}, null, {item}]");
    place.write(
        "account/Playlist1.json",
        format!(r#"{{"playlists": [{{"name": "Mix", "items": {items}}}, {{"name": "Mix", "items": {items}}}]}}"#),
    );
    place.write(
        "account/YourLibrary.json",
        format!(r#"{{"tracks": [{{"artist": "Oto", "track": "One", "uri": "{}"}}, {{"track": "None"}}]}}"#, uri(1)),
    );
    place.import();
    for (from, to) in [("catalog", "."), (".", "catalog")] {
        let (summary, page) = compared(&place, from, to);
        assert!(summary.starts_with("Nothing is different: 5 playlists"), "{summary} {page}");
    }
    // Other changes are still reported.
    place.write("Mix.csv", rows.replace(",No URI,Oto\n", ""));
    assert!(compared(&place, "catalog", ".").0.contains("0 added, 1 removed, 0 moved"));
}

#[test]
fn diff_compares_files_of_one_name_by_their_folders() {
    let list = |number: usize| [row(number, "Song", "Oto")];
    let (a, b) = (list(1), list(2));
    let place = TestDatabases::with(&[("old/a/Mix", &a), ("old/b/Mix", &b), ("new/b/Mix", &b), ("new/c/Mix", &a)]);
    let (summary, _) = compared(&place, "old", "new");
    assert!(summary.starts_with("Nothing is different: 2 playlists"), "{summary}");
    place.import();
    let (summary, page) = compared(&place, "new/b/Mix.csv", "catalog");
    assert!(summary.starts_with("Nothing is different: 1 playlist is"), "{page}");
}

#[test]
fn diff_treats_all_ids_of_a_track_as_one_track() {
    let local = "spotify:local:Oto::One:90";
    let place = TestDatabases::with(&[("A", &[row(8, "One", "Oto"), row(9, "One", "Oto")])]);
    place.write("B.csv", format!("Track URI,Track Name,Album Name,Artist Name(s)\n{local},One,,Oto\n"));
    place.import();
    for other in [format!("{:022}", 9), local.to_owned()] {
        let same = "INSERT INTO put_same (source, service, id, other_service, other_id) VALUES ('test', 'spotify', ?1, 'spotify', ?2)";
        place.catalog.execute(same, &[other.into(), format!("{:022}", 8).into()]).unwrap();
    }
    assert!(compared(&place, "catalog", ".").0.starts_with("Nothing is different: 2 playlists"));
    let args = export::Args { playlists: vec!["B".to_owned()], ..export::Args::default() };
    let (made, _) = place.run(|sources, findings| export::run(sources, None, &args, findings).unwrap());
    assert!(text(&made.exports[0]).contains(&uri(8)), "{}", text(&made.exports[0]));
}

#[test]
fn a_diff_is_bounded_on_both_sides_together_and_in_json() {
    let place = TestDatabases::new();
    let rows = |count: usize| (0..count).map(|number| format!("{},Song\n", uri(number))).collect::<String>();
    for (name, count) in [("a.csv", 50_001), ("b.csv", 50_000), ("empty.csv", 0)] {
        place.write(name, format!("Track URI,Track Name\n{}", rows(count)));
    }
    let args =
        |to: &str| diff::Args { from: "a.csv".to_owned(), to: to.to_owned(), playlists: Vec::new(), plan: false };
    let (refused, _) = place.run(|sources, findings| diff::diff(sources, &args("b.csv"), findings));
    assert!(matches!(&refused, Err(Error::Permanent(text)) if text.contains("100001 entries together")), "{refused:?}");
    let (made, _) = place.run(|sources, findings| diff::diff(sources, &args("empty.csv"), findings).unwrap());
    let data: serde_json::Value = serde_json::from_str(&text(&made.reports[2])).unwrap();
    let playlist = &data["playlists"][0];
    assert_eq!((playlist["changes"].as_array().unwrap().len(), &playlist["more_in_csv"]), (20_000, &30_001.into()));
    assert_eq!(text(&made.reports[1]).lines().count(), 50_002);
}

#[test]
fn files_are_found_for_tracks_from_exports() {
    let place = filled();
    let args = export::Args {
        from: vec!["Late Night.csv".to_owned()],
        formats: vec![Format::M3u8, Format::Rekordbox],
        ..export::Args::default()
    };
    let (made, findings) = place.run(|sources, findings| export::run(sources, None, &args, findings).unwrap());
    assert_eq!(text(&made.exports[0]).matches("/music/Ida Lund & Co/One #1.flac").count(), 2);
    assert!(text(&made.exports[1]).contains("<TRACK TrackID=\"1\""), "{}", text(&made.exports[1]));
    assert_eq!(ids(&findings).len(), 1);
}

/// A scanned library: tags and lengths, without links to tracks.
fn scanned() -> TestDatabases {
    let rows = [row(1, "One & <Two>", "Oto"), row(2, "Zwei", "Oto"), row(3, "Drei", "Ida Lund"), row(4, "Vier", "Oto")];
    let place = TestDatabases::with(&[("Late Night", &rows)]);
    place.import();
    for (path, artist, title, length) in [
        ("/music/Oto/One #1.mp3", "Oto", "One & <Two>", 220_000),
        ("/music/b.wav", "OTO", "zwei", 240_500),
        ("/music/Vier (Live).ogg", "Oto", "Vier (Live)", 280_000),
        ("/music/Drei of tags.mp3", "Ida Lund", "Drei", 260_000),
    ] {
        place.catalog.scan(path, [artist, title], length).unwrap();
    }
    put_file(&place, 3, "/linked/drei.m4a", 7);
    place
}

#[test]
fn scanned_tracks_are_on_disk_without_a_link() {
    let place = scanned();
    for from in [Vec::new(), vec![".".to_owned()]] {
        let args = export::Args { from, formats: vec![Format::M3u8, Format::Rekordbox], ..export::Args::default() };
        let (made, findings) = place.run(|sources, findings| export::run(sources, None, &args, findings).unwrap());
        let list = text(&made.exports[0]);
        let lines: Vec<_> =
            list.lines().filter(|line| !line.starts_with("#EXT") && !line.starts_with("#PLAY")).collect();
        let open = format!("# {} Oto - Vier", uri(4));
        assert_eq!(lines, ["/music/Oto/One #1.mp3", "/music/b.wav", "/linked/drei.m4a", &open], "a link wins");
        assert!(findings[0].title.contains("1 of 4 entries have no file"), "{findings:?}");
        let xml = text(&made.exports[1]);
        assert!(xml.contains("<COLLECTION Entries=\"3\">"), "{xml}");
        for kind in ["MP3 File", "WAV File", "M4A File"] {
            assert!(xml.contains(&format!("Kind=\"{kind}\"")), "{xml}");
        }
    }
}

#[test]
fn rekordbox_xml_omits_unknown_values() {
    let place = TestDatabases::new();
    place.write("Mix.csv", format!("Track URI,Track Name\n{},One\n", uri(1)));
    place.import();
    let put = "INSERT INTO put_file (source, path, track_service, track) VALUES ('test', '/music/one', 'spotify', ?1)";
    place.catalog.execute(put, &[format!("{:022}", 1).into()]).unwrap();
    let xml = String::from_utf8(rekordbox(&place)).unwrap();
    let track = xml.lines().find(|line| line.contains("TrackID")).unwrap();
    for none in ["Kind=", "Size=", "AverageBpm=", "TotalTime=", "Year=", "DateAdded=", "Tonality="] {
        assert!(!track.contains(none), "{none}: {track}");
    }
}

#[test]
fn merge_takes_each_track_once_and_keeps_local_files() {
    let local = "spotify:local:Ida+Lund::Tape:90,Tape,,Ida Lund,,,,,,,,,,,,,,,,,,,,".to_owned();
    let place = TestDatabases::with(&[
        ("b", &[row(2, "Two", "Oto"), local.clone(), row(1, "Other name", "Oto")]),
        ("a", &[row(1, "One", "Oto"), local, row(3, "Three", "Oto")]),
    ]);
    let args = merge::Args {
        from: vec!["a.csv".to_owned(), "b.csv".to_owned()],
        playlists: Vec::new(),
        name: "../All\u{7}".to_owned(),
        keep_older: None,
        plan: false,
    };
    let (made, _) = place.run(|sources, findings| merge::run(sources, &args, findings).unwrap());
    assert_eq!(names(&made.exports), ["_All.csv"]);
    assert_eq!(made.summary, "2 playlists with 6 entries became `../All` with 4.");
    let titles: Vec<_> =
        text(&made.exports[0]).lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect();
    assert_eq!(titles, ["One", "Tape", "Three", "Two"]);
    let by_name = merge::Args {
        from: vec![".".to_owned()],
        playlists: vec!["b".to_owned(), "a".to_owned()],
        name: "x".to_owned(),
        keep_older: None,
        plan: false,
    };
    let (made, _) = place.run(|sources, findings| merge::run(sources, &by_name, findings).unwrap());
    assert!(text(&made.exports[0]).lines().nth(1).unwrap().contains("Two"), "the names decide the order");
}

#[test]
fn dedupe_writes_a_plan_and_deletes_nothing() {
    let place = TestDatabases::with(&[
        ("Mix", &[row(1, "One", "Oto"), row(1, "One", "Oto"), row(2, "Two", "Oto")]),
        ("Fine", &[row(3, "Three", "Oto")]),
    ]);
    place.import();
    let before = place.dump();
    let (made, findings) =
        place.run(|sources, findings| dedupe::run(sources, &dedupe::Args::default(), findings).unwrap());
    assert_eq!(
        (names(&made.reports), names(&made.exports)),
        (vec!["playlist-duplicates.csv"], vec!["Mix.deduped.csv"])
    );
    let plan = text(&made.reports[0]);
    assert_eq!(plan.lines().nth(1).unwrap(), format!("Mix,2,remove,{0},Oto - One,1,{0},the same id", uri(1)));
    assert_eq!((text(&made.exports[0]).lines().count(), ids(&findings)), (3, vec!["twice:spotify-csv:mix"]));
    assert_eq!((place.dump(), plan.lines().count()), (before, 2));
}

#[test]
fn errors_name_the_missing_data() {
    let place = TestDatabases::new();
    place.write("bad.csv", "a,b\n");
    let args = |from: &str| export::Args { from: vec![from.to_owned()], ..export::Args::default() };
    for (from, words) in
        [("catalog", "`import` reads"), ("none.csv", "`none.csv` does not exist"), ("bad.csv", "its header is `a, b`")]
    {
        let (made, _) = place.run(|sources, findings| export::run(sources, None, &args(from), findings));
        assert!(matches!(&made, Err(Error::Permanent(text)) if text.contains(words)), "{from}: {made:?}");
    }
    let nowhere = spotify::source::PlaylistSources { catalog: &place.catalog, own: None, folders: &[] };
    let made = export::run(nowhere, None, &args("a.csv"), &mut baton_plugin_kit::Findings::default());
    assert!(
        matches!(made, Err(Error::NeedsGrant(text)) if text.contains("baton plugin grant spotify files:ro=spotify=FOLDER"))
    );
    place.write("empty.csv", A);
    let (made, _) = place.run(|sources, findings| export::run(sources, None, &args("empty.csv"), findings).unwrap());
    assert_eq!(text(&made.exports[0]).lines().count(), 1);
}
