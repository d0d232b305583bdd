//! The targets of files, and the reports about them.

use std::fs;

use baton_plugin_kit::host::Writable as _;
use baton_plugin_kit::library::{CatalogData, CatalogFile};
use baton_plugin_sdk::{Error, Severity};
use music_files::organise;
use serde_json::{Value, json};

use crate::folders::{TestFolders, id, json_of};

/// The sources and targets of the steps, in order.
fn moves(plan: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let one = |step: &Value| (text(&step["do"]), text(&step["from"]["path"]), text(&step["to"]["path"]));
    plan["steps"].as_array().map(|steps| steps.iter().map(one).collect()).unwrap_or_default()
}

fn to(plan: &Value) -> Vec<String> {
    moves(plan).into_iter().map(|(_, _, to)| to).collect()
}

fn filled() -> TestFolders {
    let folders = TestFolders::new();
    folders.track("a", "Moderat", "A New Error");
    folders.track("b", "AC/DC", "T.N.T.");
    folders.track("c", "Nobody", "Listed Nowhere");
    folders.playlist("Deep/House", &["a", "b"]);
    folders.playlist("Zed", &["a"]);
    folders.playlist("Liked Songs", &["a", "b", "c"]);
    folders.file("in/one.MP3", "one");
    folders.file("Moderat - A New Error.flac", "two two");
    folders.file("Who - Knows.ogg", "three");
    folders.file("what.wav", "4");
    folders.link("in/one.MP3", "b");
    folders
}

#[test]
fn files_of_a_playlist_go_to_its_folder_and_the_rest_to_unassigned() {
    let folders = filled();
    let plan = folders.plan_json(&json!({ "plan_name": "first" }));
    let wanted = [
        ("Moderat - A New Error.flac", "Deep_House/Moderat - A New Error.flac"),
        ("Who - Knows.ogg", "Unassigned/Who - Knows.ogg"),
        ("in/one.MP3", "Deep_House/AC_DC - T.N.T.mp3"),
        ("what.wav", "Unassigned/what.wav"),
    ];
    let wanted: Vec<_> =
        wanted.iter().map(|(from, to)| ("move".to_owned(), (*from).to_owned(), (*to).to_owned())).collect();
    assert_eq!(moves(&plan), wanted);
    assert_eq!(folders.plan_json(&json!({ "plan_name": "first" })), plan, "the same arguments give the same plan");
    assert_eq!(plan["steps"][2]["track"]["artist"], "AC/DC");
    assert_eq!(plan["counts"]["move"], 4);
}

#[test]
fn the_json_is_valid_by_its_schema_and_readable() {
    let folders = filled();
    let outcome = folders.plan(&json!({}));
    let schema: Value = serde_json::from_str(include_str!("../../schemas/organise-plan.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let plan = json_of(&outcome.artifacts);
    assert_eq!(validator.iter_errors(&plan).map(|error| error.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    assert!(!validator.is_valid(&json!({ "version": 1 })));
    let names: Vec<_> = outcome.artifacts.iter().map(|artifact| artifact.name.clone()).collect();
    let id = id(&plan);
    assert_eq!(names, ["json", "csv", "md"].map(|ending| format!("organise_{id}.{ending}")));
    let text = String::from_utf8(outcome.artifacts[2].bytes.clone()).unwrap();
    assert!(text.contains("| in/one.MP3 | Deep\\_House/AC\\_DC - T.N.T.mp3 | in the playlist Deep/House"), "{text}");
    assert!(outcome.summary.contains(&format!("--arg plan={id}")), "{}", outcome.summary);
}

#[test]
fn files_at_their_target_are_not_moved() {
    let folders = filled();
    let plan = folders.plan_json(&json!({}));
    folders.apply(&id(&plan)).unwrap();
    // The same folder is also granted as `music`.
    let mut task = folders.task(&json!({}));
    task.mounts[0].path = folders.organised.display().to_string();
    task.mounts[0].host_path = folders.organised.display().to_string();
    let again = organise::plan(&task, &folders.catalog, &folders.own, &folders.locks).unwrap();
    assert!(again.summary.contains("0 to move, 0 copies to make, 4 already in place"), "{}", again.summary);
    assert!(again.artifacts.is_empty());
}

#[test]
fn a_track_in_several_playlists_goes_to_the_preferred_one() {
    let folders = filled();
    folders.playlist("Other", &["b"]);
    let of = |args: Value| to(&folders.plan_json(&args));
    assert_eq!(of(json!({ "preference": ["zed"] }))[0], "Zed/Moderat - A New Error.flac");
    assert_eq!(of(json!({ "in_several": "unassigned" }))[0], "Unassigned/Moderat - A New Error.flac");
    let plan = folders.plan_json(&json!({ "in_several": "copy" }));
    let copies: Vec<_> = moves(&plan).into_iter().filter(|(_, from, _)| from.starts_with("Moderat")).collect();
    let steps: Vec<_> = copies.iter().map(|(act, _, to)| (act.as_str(), to.as_str())).collect();
    assert_eq!(steps, [("copy", "Deep_House/Moderat - A New Error.flac"), ("move", "Zed/Moderat - A New Error.flac")]);
    let before = folders.tree();
    folders.apply(&id(&plan)).unwrap();
    assert_eq!(folders.organised_paths().iter().filter(|path| path.contains("A New Error")).count(), 2);
    let again = folders.plan_json(&json!({ "in_several": "copy" }));
    assert_eq!(moves(&again), [], "nothing is left in music");
    folders.undo(&id(&plan)).unwrap();
    assert_eq!(folders.tree(), before);
}

#[test]
fn liked_songs_is_the_playlist_of_tracks_in_no_other() {
    let folders = TestFolders::new();
    folders.track("c", "Nobody", "Listed Nowhere");
    folders.playlist("Liked Songs", &["c"]);
    folders.playlist("Liked in 2019", &[]);
    folders.file("c.mp3", "c");
    folders.link("c.mp3", "c");
    assert_eq!(to(&folders.plan_json(&json!({}))), ["Liked Songs/Nobody - Listed Nowhere.mp3"]);
    assert_eq!(to(&folders.plan_json(&json!({ "liked": false }))), ["Unassigned/Nobody - Listed Nowhere.mp3"]);
}

#[test]
fn a_file_of_ambiguous_tracks_is_not_moved_and_is_reported() {
    let folders = TestFolders::new();
    folders.track("a", "Moderat", "A New Error");
    folders.track("b", "Moderat", "A New Error");
    folders.playlist("P", &["a", "b"]);
    folders.file("Moderat - A New Error.mp3", "one of two");
    folders.file("Moderat - A New Error (Live).mp3", "another recording");
    let outcome = folders.plan(&json!({}));
    let plan = json_of(&outcome.artifacts);
    let live = "Moderat - A New Error (Live).mp3";
    assert_eq!(moves(&plan), [("move".to_owned(), live.to_owned(), format!("Unassigned/{live}"))]);
    assert_eq!(plan["unclear"][0]["perhaps"].as_array().map(Vec::len), Some(2));
    let [finding] = outcome.findings.as_slice() else { panic!("{:?}", outcome.findings) };
    assert_eq!(
        (finding.id.as_str(), finding.severity),
        ("organise-unclear:music/Moderat - A New Error.mp3", Severity::Low)
    );
    assert!(finding.evidence.contains("Moderat - A New Error: the same title"), "{}", finding.evidence);
    // A file that a rule leaves in place needs no decision.
    let left = folders.plan(&json!({ "rules": [{ "when": { "path": "*" }, "leave": true }] }));
    assert!(left.findings.is_empty() && left.summary.contains("2 excluded by a rule"), "{}", left.summary);
}

#[test]
fn the_example_of_a_reorganisation_has_the_documented_result() {
    let example: Value = serde_json::from_str(include_str!("../../examples/organise-by-rules.json")).unwrap();
    let folders = TestFolders::new();
    folders.track("a", "Moderat", "A New Error");
    folders.playlist("Berlin", &["a"]);
    for path in [
        "Spotify Library/spotify_playlists/Berlin.csv",
        "Spotify Library/Liked_Songs.csv",
        "notes/other.csv",
        "cover.jpg",
    ] {
        folders.file(path, path);
    }
    folders.file("in/Moderat - A New Error.m4a", "a");
    folders.file("My Mixes/Summer.wav", "mix");
    folders.file("old/deep/Unknown Thing.mp3", "old");
    let plan = folders.plan_json(&example["handoff"]["args"]);
    let found: Vec<_> = moves(&plan).into_iter().map(|(_, from, to)| format!("{from} > {to}")).collect();
    assert_eq!(
        found,
        [
            "My Mixes/Summer.wav > user-content/My Mixes/Summer.wav",
            "Spotify Library/Liked_Songs.csv > metadata/spotify/Liked_Songs.csv",
            "Spotify Library/spotify_playlists/Berlin.csv > metadata/spotify/playlists/Berlin.csv",
            "in/Moderat - A New Error.m4a > processed/playlists/Berlin/Moderat - A New Error.m4a",
            "old/deep/Unknown Thing.mp3 > legacy/old/deep/Unknown Thing.mp3",
        ]
    );
}

#[test]
fn a_plan_of_the_longest_paths_fits_in_an_outcome() {
    let folders = TestFolders::new();
    for number in 0..1_500 {
        folders.file(&format!("{number}.mp3"), "x");
    }
    let mut task = folders.task(&json!({}));
    for mount in &mut task.mounts {
        mount.host_path = format!("/{}{}", mount.name, "/a\"b".repeat(1_000));
    }
    let outcome = organise::plan(&task, &folders.catalog, &folders.own, &folders.locks).unwrap();
    let bytes: usize = outcome.artifacts.iter().map(|artifact| artifact.bytes.len()).sum();
    assert!(bytes < 16 << 20, "{bytes}");
    let plan = json_of(&outcome.artifacts);
    let (steps, later) = (moves(&plan).len(), plan["counts"]["later"].as_u64().unwrap());
    assert!(steps > 300 && later == 1_500 - steps as u64, "{steps} {later}");
    task.args = json!({ "plan": id(&plan) }).to_string();
    let outcome = organise::apply(&task, &folders.catalog, &folders.own, &folders.locks).unwrap();
    let bytes: usize = outcome.artifacts.iter().map(|artifact| artifact.bytes.len()).sum();
    assert!(bytes < 16 << 20, "{bytes}");
}

#[test]
fn copies_are_recognised_from_recorded_values_without_reading() {
    let folders = filled();
    let args = json!({ "in_several": "copy" });
    folders.apply(&id(&folders.plan_json(&args))).unwrap();
    let copy = folders.organised.join("Deep_House/Moderat - A New Error.flac");
    let modified = copy.metadata().unwrap().modified().unwrap();
    // The new bytes have the same size and time, so the plugin must read the file to notice the difference.
    fs::write(&copy, "TWO TWO").unwrap();
    fs::File::options().write(true).open(&copy).unwrap().set_modified(modified).unwrap();
    let plan_json = || {
        let mut task = folders.task(&args);
        let folder = folders.organised.join("Zed").display().to_string();
        (task.mounts[0].path, task.mounts[0].host_path) = (folder.clone(), folder);
        json_of(&organise::plan(&task, &folders.catalog, &folders.own, &folders.locks).unwrap().artifacts)
    };
    assert_eq!(plan_json(), Value::Null, "both copies are there");
    fs::write(&copy, "two two").unwrap();
    assert_eq!(plan_json(), Value::Null, "with another time the copy is read, and has the same bytes");
    fs::write(&copy, "TWO TWO").unwrap();
    assert_eq!(to(&plan_json()), ["Deep_House/Moderat - A New Error (2).flac"]);
}

#[test]
fn errors_name_the_missing_or_wrong_value() {
    let folders = filled();
    let plan = |args: Value, keep: &[&str]| {
        let mut task = folders.task(&args);
        task.mounts.retain(|mount| keep.contains(&mount.name.as_str()));
        organise::plan(&task, &folders.catalog, &folders.own, &folders.locks).unwrap_err()
    };
    let both = &["music", "organised"];
    for (error, words) in [
        (plan(json!({}), &["organised"]), "baton plugin grant music-files files:rw=music=FOLDER"),
        (plan(json!({}), &["music"]), "baton plugin grant music-files files:rw=organised=FOLDER"),
        (plan(json!({ "rules": [{ "to": "{artits}.{ext}" }] }), both), "rule 1: the template"),
        (plan(json!({ "in_several": "all" }), both), "unknown variant `all`"),
        (plan(json!({ "plan": 1 }), both), "unknown field `plan`"),
    ] {
        let (Error::NeedsGrant(text) | Error::Permanent(text)) = error else { panic!("{error:?}") };
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn preferred_playlists_that_do_not_exist_are_reported() {
    let folders = TestFolders::new();
    folders.track("one", "A", "One");
    folders.playlist("Late Night", &["one"]);
    let plan = |names: &[&str]| {
        let task = folders.task(&json!({ "preference": names }));
        organise::plan(&task, &folders.catalog, &folders.own, &folders.locks)
    };
    assert!(matches!(plan(&["Late Nite"]), Err(Error::Permanent(text)) if text.contains("Late Night")));
    let told: Vec<_> = plan(&["LATE NIGHT", "Nite"]).unwrap().findings.into_iter().map(|finding| finding.id).collect();
    assert_eq!(told, ["no-such-playlist:Nite"]);
    assert!(plan(&[]).unwrap().findings.is_empty());
}

#[test]
fn exceeded_limits_are_reported() {
    let folders = TestFolders::new();
    let sql = "INSERT INTO put_file (source, path) VALUES ('library', ?1)";
    let rows = (0..10).map(|file| vec![format!("/{file}/{}", "x".repeat(1_000)).into()]);
    folders.catalog.batch(sql, &mut rows.into_iter()).unwrap();
    let room = 10 * (1_003 + size_of::<CatalogFile>());
    assert_eq!(CatalogData::read_at_most(&folders.catalog, room).unwrap().files.len(), 10);
    let Err(Error::Permanent(text)) = CatalogData::read_at_most(&folders.catalog, room - 1) else {
        panic!("the limit has no effect")
    };
    assert!(text.contains("memory"), "{text}");
}
