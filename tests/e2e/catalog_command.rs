//! `baton catalog` finds, shows and counts what plugins have written, with the sources.

use baton_tests::Workspace;
use baton_tests::music::{tune, write_wav};
use insta::assert_snapshot;
use serde_json::json;

fn filled(tracks: u32) -> Workspace {
    let workspace = Workspace::with_store("sql = [{ database = \"catalog\", mode = \"rw\" }]");
    workspace.baton(&["run", "store", "fill", "--arg", &format!("tracks={tracks}")]).ended(0);
    workspace
}

#[test]
fn a_whole_library_is_written_and_writing_it_again_changes_nothing() {
    let workspace = filled(15_540);
    let stats = || workspace.baton(&["catalog", "stats", "--json"]).ended(0).json();
    let first = stats();
    let counts = &first["counts"];
    assert_eq!((&counts["tracks"], &counts["files"]), (&json!(15_540), &json!(15_540)));
    assert_eq!((&counts["plays"], &counts["sessions"]), (&json!(1_942), &json!(120)));
    assert_eq!((&first["tracks_with"]["isrc"], &first["track_ids"]["djay"]), (&json!(5_180), &json!(15_540)));
    workspace.baton(&["run", "store", "fill", "--arg", "tracks=15540"]).ended(0);
    assert_eq!(stats(), first);
}

#[test]
fn tracks_are_found_by_prefixes_of_words_without_accents() {
    let workspace = filled(300);
    let found = workspace.baton(&["catalog", "search", "titulo", "12", "ext"]).ended(0).stdout;
    assert!(found.lines().count() > 2, "{found}");
    let one = workspace.baton(&["catalog", "search", "TÍTULO", "123"]).ended(0).stdout;
    assert_snapshot!(one, @r"
    ID   TITLE                      ARTIST                 ALBUM      LENGTH  BPM    KEY  PLAYS
    124  Título 123 (Extended Mix)  Artist 123, Guest, 33  Album 123  3:00    119.5  Eb   0
    ");
    let json = workspace.baton(&["catalog", "search", "título 123", "--json"]).ended(0).json();
    assert_eq!(json["tracks"][0]["id"], json!(124));
    let none = workspace.baton(&["catalog", "search", "nothing", "\" OR *"]).ended(0);
    assert_eq!((none.stdout.as_str(), none.stderr.contains("no track has")), ("", true));
    // A word with a slash may be a name, such as AC/DC.
    let both = workspace.baton(&["catalog", "search", "no/such"]).ended(0).stderr;
    assert!(both.contains("no file has a path with no/such, and no track has all of"), "{both}");
    let named = workspace.baton(&["catalog", "search", "título/123", "--json"]).ended(0).json();
    assert_eq!(named["tracks"][0]["id"], json!(124));
}

#[test]
fn a_track_is_shown_with_the_source_of_each_fact() {
    let workspace = filled(30);
    let shown = workspace.baton(&["catalog", "show", "djay:00000000000000000000000000000006"]).ended(0).stdout;
    assert_snapshot!(shown, @r##"
    FIELD        VALUE                     SOURCE  REPORTED
    title        Título 6 (Extended Mix)   store   2026-01-18 09:53
    artists      ["Artist 6", "Guest, 6"]  store   2026-01-18 09:53
    album        Album 6                   store   2026-01-18 09:53
    bpm          121                       store   2026-01-18 09:53
    duration_ms  180006                    store   2026-01-18 09:53
    energy       0.5                       store   2026-01-18 09:53
    genre        House                     store   2026-01-18 09:53
    isrc         USABC0000006              store   2026-01-18 09:53
    musical_key  F#m                       store   2026-01-18 09:53

    SERVICE  ID                                URL
    djay     00000000000000000000000000000006

    FILE           LINKED                FINGERPRINTS
    /music/6.flac  named by store/files

    PLAYED            DEVICE  DECK
    2023-11-14 22:21  Mac     1
    "##);
    for reference in ["7", "00000000000000000000000000000006", "USABC0000006", "usabc0000006"] {
        let json = workspace.baton(&["catalog", "show", reference, "--json"]).ended(0).json();
        assert_eq!((&json["id"], &json["plays"][0]["deck"]), (&json!(7), &json!(1)), "{reference}");
    }
    let missing = workspace.baton(&["catalog", "show", "nobody"]).ended(2);
    assert!(missing.stderr.contains("catalog search"), "{}", missing.stderr);
}

#[test]
fn an_empty_catalog_is_a_finding_with_the_commands_that_fill_it() {
    let workspace = Workspace::init();
    // The file is missing, then it is empty.
    for _ in 0..2 {
        for args in [["catalog", "stats"].as_slice(), &["catalog", "search", "x"], &["catalog", "review"]] {
            let empty = workspace.baton(args).ended(1);
            assert_eq!(empty.stdout, "");
            for way in ["the catalog is empty", "baton run PLUGIN ACTION", "baton library scan FOLDER"] {
                assert!(empty.stderr.contains(way), "{}", empty.stderr);
            }
        }
        let json = workspace.baton(&["catalog", "search", "x", "--json"]).ended(1).json();
        assert_eq!(json["tracks"], json!([]));
        workspace.baton(&["catalog", "rank"]).ended(0);
    }
    let music = workspace.outside().join("music");
    std::fs::create_dir_all(&music).unwrap();
    write_wav(&music.join("a.wav"), &tune(1, 3));
    workspace.baton(&["library", "scan", &music.to_string_lossy()]).ended(0);
    let files_alone = workspace.baton(&["catalog", "search", "x"]).ended(1);
    assert!(files_alone.stderr.contains("no tracks, only files"), "{}", files_alone.stderr);
    workspace.baton(&["catalog", "search", "a/b"]).ended(1);
    workspace.baton(&["catalog", "show", "1"]).ended(2);
}

#[test]
fn help_names_the_default_order_of_sources() {
    let workspace = Workspace::init();
    let chosen = workspace.baton(&["catalog", "rank", "bpm", "djay", "spotify"]).ended(0).stdout;
    assert!(chosen.contains("djay, spotify, then all others"), "before the first sync: {chosen}");
    let help = workspace.baton(&["catalog", "rank", "--help"]).ended(0).stdout;
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let places = [
        "the highest rank in [catalog.ranks]",
        "the value of djay for bpm and key",
        "the newest value for other fields",
    ]
    .map(|part| words.find(part));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{help}");
}
