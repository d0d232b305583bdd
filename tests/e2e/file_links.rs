//! How files are linked to tracks, with the shipped plugins: by the path that djay names, by sound, then by tags, with the reason
//! recorded. Also djay's facts in the catalog, and the order of sources that a person chooses.

#[cfg(target_os = "linux")]
use std::ffi::OsStr;
use std::fs;
#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use baton_plugin_kit::time;
#[cfg(target_os = "linux")]
use baton_tests::music::write_wav;
use baton_tests::music::{EagleItem, EagleLibrary, tune, wav, wav_8_bit};
use serde_json::Value;

use crate::track_workflow::{File, MusicWorkspace, SECONDS, TRACKS};

/// Files without meaningful names. djay has the path of all but the second, whose file name is the name of its track. The third
/// has a decomposed Unicode name, as on macOS, and djay has its path in composed form.
fn place() -> MusicWorkspace {
    let place = MusicWorkspace::with(|number| {
        let (artist, title) = TRACKS[number];
        match number {
            1 => File { path: format!("{artist} - {title}.wav"), in_djay: None },
            2 => File { path: "raw/cafe\u{301} 2.wav".to_owned(), in_djay: Some("raw/caf\u{e9} 2.wav".to_owned()) },
            _ => File { path: format!("raw/{number}.wav"), in_djay: Some(format!("raw/{number}.wav")) },
        }
    });
    // The first piece again, encoded by another program.
    fs::create_dir_all(place.incoming.join("copies")).unwrap();
    fs::write(place.incoming.join("copies/x.wav"), wav_8_bit(&tune(0, SECONDS))).unwrap();
    place
}

#[track_caller]
fn shown(place: &MusicWorkspace, reference: &str) -> Value {
    place.workspace.baton(&["catalog", "show", reference, "--json"]).ended(0).json()
}

/// The title of the track to which the file at a path is linked, the kind of the link, and its reason.
#[track_caller]
fn linked(place: &MusicWorkspace, path: &Path) -> [String; 3] {
    let path = path.display().to_string();
    let track = shown(place, &path);
    let files = track["files"].as_array().unwrap();
    let file = files.iter().find(|file| file["path"] == path.as_str()).unwrap();
    let title = track["facts"].as_array().unwrap().iter().find(|fact| fact["field"] == "title").unwrap();
    [&title["value"], &file["linked_by"], &file["link_reason"]].map(|value| value.as_str().unwrap().to_owned())
}

#[test]
fn files_are_linked_by_path_by_sound_and_by_tags_in_any_order_of_imports() {
    for scan_first in [true, false] {
        let place = place();
        let read = || {
            place.run(&["spotify", "import"]);
            place.run(&["djay", "sync-sessions"]);
            place.run(&["djay", "match-ids"]);
        };
        if scan_first {
            place.scan(&place.incoming);
            read();
        } else {
            read();
            place.scan(&place.incoming);
        }
        let [first, second] = [TRACKS[0], TRACKS[1]].map(|(_, title)| title);
        let by_path = linked(&place, &place.incoming.join("raw/0.wav"));
        assert_eq!(by_path, [first, "path", "named by djay"]);
        let composed = linked(&place, &place.incoming.join("raw/cafe\u{301} 2.wav"));
        assert_eq!(composed, [TRACKS[2].1, "path", "named by djay"]);
        let [title, by, reason] = linked(&place, &place.incoming.join("copies/x.wav"));
        assert_eq!((title.as_str(), by.as_str()), (first, "sound"));
        assert!(reason.contains("sounds like") && reason.ends_with("raw/0.wav"), "{reason}");
        let [title, by, reason] = linked(&place, &place.incoming.join(format!("{} - {second}.wav", TRACKS[1].0)));
        assert_eq!((title.as_str(), by.as_str()), (second, "tags"));
        assert!(reason.starts_with("tags: "), "{reason}");
        // Every track with a file is in the exports, even if the name of the file means nothing.
        let [lists, library] = place.exported();
        assert_eq!((lists.len(), library.len()), (7, 6), "{lists:#?}");
        assert!(lists.iter().chain(&library).all(|path| Path::new(path).is_file()), "{lists:#?}");
        assert!(lists.iter().any(|path| path.ends_with("raw/5.wav")), "{lists:#?}");
    }
}

#[test]
fn a_file_of_an_eagle_library_is_linked_by_its_path_in_any_order_of_imports() {
    const ITEM: EagleItem<'_> = EagleItem { name: "Piece", ext: "wav", deleted: false };
    for scan_first in [true, false] {
        // djay plays the first track from the Eagle library.
        let place = MusicWorkspace::with(|number| File {
            path: format!("raw/{number}.wav"),
            in_djay: (number == 0).then(|| "Music.library/images/L000000000000.info/Piece.wav".to_owned()),
        });
        let folder = place.incoming.join("Music.library");
        let mut eagle = EagleLibrary::create(&folder);
        let id = eagle.add(ITEM, &wav(&tune(0, SECONDS)));
        eagle.finish();
        let path = eagle.file(&id, ITEM);
        assert!(path.ends_with("L000000000000.info/Piece.wav"), "{}", path.display());
        let scan = || assert_eq!(place.scan(&folder)["sources"][0]["kind"], "eagle");
        if scan_first {
            scan();
        }
        place.run(&["spotify", "import"]);
        place.run(&["djay", "sync-sessions"]);
        place.run(&["djay", "match-ids"]);
        if !scan_first {
            scan();
        }
        assert_eq!(linked(&place, &path), [TRACKS[0].1, "path", "named by djay"]);
        let expected = [path.display().to_string()];
        assert_eq!(place.exported(), [expected.to_vec(), expected.to_vec()]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_below_a_folder_with_a_name_that_is_not_utf_8_is_on_disk_for_every_action() {
    let place = MusicWorkspace::with(|number| File { path: format!("raw/{number}.wav"), in_djay: None });
    let (artist, title) = TRACKS[0];
    let music = place.incoming.with_file_name("music");
    let folder = music.join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir_all(&folder).unwrap();
    write_wav(&folder.join(format!("{artist} - {title}.wav")), &tune(0, SECONDS));
    place.run(&["spotify", "import"]);
    place.scan(&music);
    let [lists, library] = place.exported();
    assert_eq!((lists.len(), library.len()), (1, 1), "{lists:#?} {library:#?}");
    let escaped = "/music/caf%E9/Ida%20Lund%20-%20Night%20Bus.wav";
    assert!(lists[0].starts_with("file:///") && lists[0].ends_with(escaped), "{lists:?}");
    assert!(library[0].ends_with("/music/caf\u{fffd}/Ida Lund - Night Bus.wav"), "{library:?}");
    let wanted = place.run(&["music-files", "wanted", "--arg", r#"playlists=["Late Night","Sunday"]"#]);
    let said = format!("{}{}", wanted.stdout, wanted.stderr);
    assert!(said.contains("7 tracks in 2 playlists: 1 on disk, 6 wanted, 0 unclear"), "{said}");
}

#[test]
fn a_file_is_found_by_its_current_and_its_former_path() {
    let place = place();
    place.scan(&place.incoming);
    place.run(&["spotify", "import"]);
    place.run(&["djay", "sync-sessions"]);
    place.run(&["djay", "match-ids"]);
    let old = place.incoming.join("raw/0.wav").display().to_string();
    let before = shown(&place, &old);
    let found = place.workspace.baton(&["catalog", "search", "RAW/", "--json"]).ended(0).json();
    let files = found["files"].as_array().unwrap();
    assert_eq!(files.len(), 5, "{found:#}");
    assert_eq!((&files[0]["linked_by"], &files[0]["title"]), (&"path".into(), &TRACKS[0].1.into()));
    let table = place.workspace.baton(&["catalog", "search", "raw/5"]).ended(0).stdout;
    assert!(table.contains("raw/5.wav") && table.contains("named by djay"), "{table}");
    place.run(&["music-files", "organise", "--arg", "plan_name=friday"]);
    place.run(&["music-files", "apply", "--arg", "plan=friday"]);
    let after = shown(&place, &old);
    assert_eq!(after["id"], before["id"]);
    assert!(after["files"].as_array().unwrap().iter().all(|file| file["missing"] == false), "{after:#}");
    // A person renames the file. The scan recognises it by size, time and inode.
    let moved = place.incoming.join("renamed/by hand.wav");
    fs::create_dir_all(moved.parent().unwrap()).unwrap();
    let named = after["files"].as_array().unwrap().iter().find(|file| file["linked_by"] == "path").unwrap();
    fs::rename(named["path"].as_str().unwrap(), &moved).unwrap();
    let scanned = place.scan(&place.incoming);
    assert_eq!((&scanned["read"]["files"], &scanned["sources"][0]["new"]), (&0.into(), &0.into()), "{scanned:#}");
    assert_eq!(linked(&place, &moved), [TRACKS[0].1, "path", "named by djay"]);
    let none = place.workspace.baton(&["catalog", "show", "/nowhere/at all.wav"]).ended(2);
    assert!(none.stderr.contains("no file at /nowhere/at all.wav"), "{}", none.stderr);
}

#[test]
fn a_decision_about_a_file_applies_to_another_unicode_form_of_its_path() {
    let place = place();
    place.scan(&place.incoming);
    place.run(&["spotify", "import"]);
    let path = place.incoming.join("raw/cafe\u{301} 2.wav");
    let number = "SELECT id FROM files WHERE path = ?1";
    let file = place.workspace.column::<i64>("catalog.db", number, [path.to_str()])[0];
    let track = shown(&place, &format!("spotify:{:022}", 0))["id"].clone();
    place.workspace.baton(&["catalog", "review", "accept", &format!("f{file}={track}")]).ended(0);
    for _ in 0..2 {
        place.run(&["djay", "sync-sessions"]);
        place.run(&["djay", "match-ids"]);
        assert_eq!(linked(&place, &path), [TRACKS[0].1, "person", "decided by a person"]);
    }
}

/// The facts of a field: source and value. The one that is used comes first.
fn facts(track: &Value, field: &str) -> Vec<(String, String)> {
    let facts = track["facts"].as_array().unwrap().iter().filter(|fact| fact["field"] == field);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    facts.map(|fact| (text(&fact["source"]), text(&fact["value"]))).collect()
}

#[test]
fn the_facts_of_djay_have_its_times_and_win_for_tempo_and_key() {
    let place = place();
    place.run(&["djay", "sync-sessions"]);
    place.run(&["spotify", "import"]);
    place.run(&["djay", "match-ids"]);
    let of_djay = &place.written.tracks[0];
    let spotify = format!("spotify:{:022}", 0);
    let track = shown(&place, &spotify);
    assert_eq!(track["id"], shown(&place, &format!("djay:{}", of_djay.id))["id"]);
    let bpm = |order: [(&str, &str); 2]| order.map(|(source, value)| (source.to_owned(), value.to_owned())).to_vec();
    let djay_first = bpm([("djay", "120"), ("spotify/csv", "99.5")]);
    assert_eq!(facts(&track, "bpm"), djay_first, "djay has the higher rank, although the export is newer: {track:#}");
    assert_eq!(facts(&track, "musical_key")[0].0, "djay");
    assert_eq!(facts(&track, "play_count"), [("djay".to_owned(), "3".to_owned())]);
    let length = SECONDS * 1_000;
    for (cue, at) in [
        ("automix_start", length / 4),
        ("automix_end", length * 3 / 4),
        ("end", length * 7 / 8),
        ("cue_1", length / 8),
        ("cue_4", length / 2),
    ] {
        assert_eq!(facts(&track, &format!("djay_{cue}_ms")), [("djay".to_owned(), at.to_string())], "{track:#}");
    }
    assert!(facts(&track, "djay_cue_2_ms").is_empty(), "its position is invalid: {track:#}");
    // The date is that of djay's history, not the current time.
    let written = &place.written;
    let plays =
        written.plays.iter().map(|play| play.started).chain(written.sessions.iter().map(|session| session.ended));
    let newest = plays.filter_map(time::from_apple).max().and_then(time::text).unwrap();
    let facts_of_djay = track["facts"].as_array().unwrap().iter().filter(|fact| fact["source"] == "djay");
    for fact in facts_of_djay {
        let said_at = fact["said_at"].as_str().unwrap();
        assert_eq!(said_at.get(..19), newest.get(..19), "{fact}");
    }
    let rank = |args: &[&str], code: i32| place.workspace.baton(&[&["catalog", "rank"], args].concat()).ended(code);
    let table = rank(&["bpm", "spotify", "djay"], 0).stdout;
    assert!(table.contains("spotify, djay, then all others") && table.contains("chosen"), "{table}");
    assert_eq!(facts(&shown(&place, &spotify), "bpm"), bpm([("spotify/csv", "99.5"), ("djay", "120")]));
    let found = place.workspace.baton(&["catalog", "search", TRACKS[0].1, "--json"]).ended(0).json();
    assert_eq!(found["tracks"][0]["bpm"], 99.5, "{found:#}");
    rank(&["bpm", "--reset"], 0);
    assert_eq!(facts(&shown(&place, &spotify), "bpm"), djay_first);
    let orders = rank(&["--json"], 0).json();
    assert_eq!(orders["fields"].as_array().unwrap().len(), 2, "{orders:#}");
    assert!(rank(&["tempo", "djay"], 2).stderr.contains("fields are title"), "an unknown field");
    assert!(rank(&["key", "traktor"], 2).stderr.contains("sources are"), "an unknown source");
}
