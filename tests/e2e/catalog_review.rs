//! `baton catalog review` lists uncertain matches, and a person's decision stays valid after later imports.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use baton_tests::music::{tune, write_wav};
use baton_tests::spotify_exports::{HEADER, granted};
use baton_tests::{Output, Workspace};
use serde_json::Value;

struct ExportsWorkspace {
    workspace: Workspace,
    exports: PathBuf,
}

impl ExportsWorkspace {
    fn new() -> Self {
        let workspace = Workspace::init();
        let exports = granted(&workspace);
        let place = Self { workspace, exports };
        let row = |id: u32, title: &str, artist: &str, ms: u32| {
            format!("spotify:track:{id:022},{title},Album,{artist},2021,{ms}{}\n", ",".repeat(18))
        };
        let rows = row(1, "Glass Mountain", "Tall Reeds", 301_000) + &row(2, "Rivers Never Sleep", "Mira Holt", 3_000);
        fs::write(place.exports.join("Known.csv"), format!("{HEADER}\n{rows}")).unwrap();
        place.other("Glas Mountain", 301);
        place
    }

    /// A playlist of another service, with a track that may be `Glass Mountain`.
    fn other(&self, title: &str, seconds: u32) {
        let text = format!("title;artist;album;isrc;duration\n{title};Tall Reeds;Album;;{seconds}s\n");
        fs::write(self.exports.join("Other.csv"), text).unwrap();
    }

    /// A playlist without ids, whose track certainly matches a track of the library.
    fn same_as_known(&self, title: &str, artist: &str, seconds: u32) {
        let text = format!("title;artist;album;isrc;duration\n{title};{artist};Album;;{seconds}s\n");
        fs::write(self.exports.join("Third.csv"), text).unwrap();
    }

    fn import(&self) {
        self.workspace.baton(&["run", "spotify", "import"]).ended(0);
    }

    #[track_caller]
    fn review(&self, args: &[&str]) -> Output {
        self.workspace.baton(&[&["catalog", "review"], args].concat()).ended(0)
    }

    /// The references of all questions.
    fn questions(&self) -> Vec<String> {
        let json = self.review(&["--json"]).json();
        let named = |question: &Value| question["ref"].as_str().unwrap().to_owned();
        json["questions"].as_array().unwrap().iter().map(named).collect()
    }

    fn tracks(&self) -> Value {
        self.workspace.baton(&["catalog", "stats", "--json"]).ended(0).json()["counts"]["tracks"].clone()
    }

    fn show(&self, track: &str) -> Value {
        self.workspace.baton(&["catalog", "show", track, "--json"]).ended(0).json()
    }
}

const GLASS: &str = "spotify:0000000000000000000001";
const GLAS: &str = "names:tall reeds - glas mountain - album";

#[test]
fn uncertain_matches_are_listed_with_reasons_and_rejected_ones_are_not_listed_again() {
    let place = ExportsWorkspace::new();
    place.import();
    assert_eq!(place.tracks(), 3);
    let listed = place.review(&[]).stdout;
    assert!(
        listed.contains("Tall Reeds - Glas Mountain") && listed.contains("Tall Reeds - Glass Mountain"),
        "{listed}"
    );
    assert!(listed.contains("the same artists"), "{listed}");
    let questions = place.questions();
    assert_eq!(questions.len(), 1, "{questions:?}");
    place.review(&["reject", &questions[0]]);
    assert!(place.questions().is_empty());
    // The playlist is imported again with another length. The title is still the same, so there is no question.
    place.other("Glas Mountain", 302);
    place.import();
    assert!(place.questions().is_empty());
    assert_eq!(place.tracks(), 3);
}

#[test]
fn an_accepted_match_is_one_track_and_stays_one() {
    let place = ExportsWorkspace::new();
    place.import();
    let questions = place.questions();
    place.review(&["accept", &questions[0]]);
    assert!(place.questions().is_empty());
    assert_eq!((place.tracks(), place.show(GLAS)["id"].clone()), (2.into(), place.show(GLASS)["id"].clone()));
    place.other("Glas Mountain", 302);
    place.import();
    assert_eq!((place.tracks(), place.show(GLAS)["id"].clone()), (2.into(), place.show(GLASS)["id"].clone()));
}

#[test]
fn a_split_track_stays_two_tracks_even_if_the_match_is_certain() {
    let place = ExportsWorkspace::new();
    // The match is certain: there is no question, and the import makes one track of both.
    place.other("Glass Mountain", 301);
    place.import();
    let named = "names:tall reeds - glass mountain - album";
    assert_eq!((place.tracks(), place.questions().len()), (2.into(), 0));
    assert_eq!(place.show(named)["id"], place.show(GLASS)["id"]);
    place.review(&["split", GLASS, named]);
    assert_eq!(place.tracks(), 3);
    for _ in 0..2 {
        assert_ne!(place.show(named)["id"], place.show(GLASS)["id"]);
        assert!(place.questions().is_empty());
        place.other("Glass Mountain", 300);
        place.import();
    }
    let playlists = |track: &str| place.show(track)["playlists"].as_array().unwrap().len();
    assert_eq!((playlists(named), playlists(GLASS)), (1, 1));
    // Only another decision of a person joins the tracks again.
    place.review(&["merge", named, GLASS]);
    assert_eq!((place.tracks(), place.show(named)["id"].clone()), (2.into(), place.show(GLASS)["id"].clone()));
    let only = place.workspace.baton(&["catalog", "review", "split", "spotify:0000000000000000000002", "names:x"]);
    assert!(only.ended(2).stderr.contains("or is its only id"));
}

#[test]
fn a_file_that_may_be_a_track_is_listed_and_the_decision_survives_a_scan() {
    let place = ExportsWorkspace::new();
    place.import();
    let music = place.workspace.outside().join("music");
    fs::create_dir_all(&music).unwrap();
    write_wav(&music.join("Mira Holt - Rivers Never Slep.wav"), &tune(7, 3));
    let folder = music.to_string_lossy().into_owned();
    let scan = || place.workspace.baton(&["library", "scan", &folder]).ended(0);
    scan();
    let of_files = || place.questions().into_iter().filter(|question| question.starts_with('f')).collect::<Vec<_>>();
    let questions = of_files();
    assert_eq!(questions.len(), 1, "{questions:?}");
    let files = || place.show("spotify:0000000000000000000002")["files"].as_array().unwrap().len();
    place.review(&["accept", &questions[0]]);
    assert_eq!((of_files().len(), files()), (0, 1));
    scan();
    assert_eq!((of_files().len(), files()), (0, 1));
    place.review(&["reject", &questions[0]]);
    scan();
    assert_eq!((of_files().len(), files()), (0, 0));
}

#[test]
fn a_reference_without_a_track_is_an_error() {
    let place = ExportsWorkspace::new();
    place.import();
    for (reference, said) in
        [("12", "is not 12=40"), ("900=901", "there is no track `900`"), ("f900=1", "there is no file 900")]
    {
        let ended = place.workspace.baton(&["catalog", "review", "accept", reference]).ended(2);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[test]
fn an_accepted_file_can_be_rejected_after_its_track_got_more_ids() {
    let place = ExportsWorkspace::new();
    place.import();
    let music = place.workspace.outside().join("music");
    fs::create_dir_all(&music).unwrap();
    write_wav(&music.join("Mira Holt - Rivers Never Slep.wav"), &tune(7, 3));
    place.workspace.baton(&["library", "scan", &music.to_string_lossy()]).ended(0);
    let rivers = "spotify:0000000000000000000002";
    let files = || place.show(rivers)["files"].as_array().unwrap().len();
    let question = place.questions().into_iter().find(|question| question.starts_with('f')).unwrap();
    place.review(&["accept", &question]);
    place.same_as_known("Rivers Never Sleep", "Mira Holt", 3);
    place.import();
    let named = "names:mira holt - rivers never sleep - album";
    assert_eq!((place.show(named)["id"].clone(), files()), (place.show(rivers)["id"].clone(), 1));
    place.review(&["reject", &question]);
    assert_eq!(files(), 0, "the newer decision is used");
    // The decision holds for every id that names the track later.
    place.review(&["split", rivers, named]);
    let asked: Vec<String> = place.questions().into_iter().filter(|question| question.starts_with('f')).collect();
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn two_rejected_tracks_stay_two_if_any_ids_are_split_from_them() {
    let place = ExportsWorkspace::new();
    place.same_as_known("Glass Mountain", "Tall Reeds", 301);
    place.import();
    let named = "names:tall reeds - glass mountain - album";
    assert_eq!(place.show(named)["id"], place.show(GLASS)["id"]);
    place.review(&["reject", &format!("{}={}", place.show(GLASS)["id"], place.show(GLAS)["id"])]);
    place.review(&["split", GLASS, named]);
    assert_eq!(place.questions(), [""; 0], "both halves differ from the rejected track");
    place.import();
    assert_eq!(place.questions(), [""; 0]);
}

#[test]
fn a_file_below_a_folder_with_a_name_that_is_not_utf_8_is_listed_too() {
    let place = ExportsWorkspace::new();
    place.import();
    let music = place.workspace.outside().join("music");
    let folder = music.join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir_all(&folder).unwrap();
    write_wav(&folder.join("Mira Holt - Rivers Never Slep.wav"), &tune(7, 3));
    place.workspace.baton(&["library", "scan", &music.to_string_lossy()]).ended(0);
    let question = place.questions().into_iter().find(|question| question.starts_with('f')).unwrap();
    place.review(&["accept", &question]);
    let files = place.show("spotify:0000000000000000000002")["files"].clone();
    let path = files[0]["path"].as_str().unwrap();
    assert!(path.starts_with("file:///") && path.contains("caf%E9/"), "{files}");
}
