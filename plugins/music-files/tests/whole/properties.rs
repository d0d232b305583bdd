//! Random libraries with odd names: apply and undo.

use proptest::prelude::*;
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use crate::folders::{TestFolders, id, json_of};

/// An odd name; paths are distinct, because the folder has a number.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z]{1,3}",
        "(A|a|É|e\u{301}) - (x|X|ß|SS)",
        "[^/\u{0}]{1,20}",
        Just("🎧 - 🔥\u{200d}".to_owned()),
        Just("a\u{1b}[31m\r\n - b\t".to_owned()),
        Just(".. - ..".to_owned()),
        Just("ä".repeat(125)),
    ]
}

/// A form of a path that ignores case and Unicode normalisation, because some disks treat such paths as one file.
fn one_name(path: &str) -> String {
    path.nfc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_tree_is_restored(
        files in prop::collection::vec((name(), 0_usize..3, 0_usize..4), 1..12),
        titles in prop::collection::vec(("(\\.\\./)*[^\u{0}]{1,12}", 0_usize..3), 3),
        several in prop_oneof![Just("first"), Just("copy"), Just("unassigned")],
    ) {
        let folders = TestFolders::new();
        let lists = ["../../etc", "Deep/House", "deep:house"];
        for (number, (title, _)) in titles.iter().enumerate() {
            folders.track(&number.to_string(), "../A\u{7}", title);
        }
        for (number, list) in lists.iter().enumerate() {
            let tracks: Vec<_> = titles.iter().enumerate().filter(|(_, (_, most))| number <= *most).map(|(t, _)| t.to_string()).collect();
            folders.playlist(list, &tracks.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let mut count = 0;
        for (number, (name, folder, track)) in files.iter().enumerate() {
            // Hidden files and unnamed files stay.
            let stays = name.starts_with('.') || name.trim().is_empty();
            let name = if stays { format!("x{name}") } else { name.clone() };
            let path = format!("{}/{number}/{name}.mp3", ["", "a/b", "A"][*folder]).trim_start_matches('/').to_owned();
            folders.file(&path, &format!("{number} {name}"));
            if *track < 3 {
                folders.link(&path, &track.to_string());
            }
            count += 1;
        }
        let before = folders.tree();
        let args = json!({ "in_several": several });
        let outcome = folders.plan(&args);
        let plan_json = json_of(&outcome.artifacts);
        if plan_json.is_null() {
            prop_assert_eq!(outcome.findings.len() as u64, count, "a person has to decide about all of them: {}", outcome.summary);
            return Ok(());
        }
        let plan = id(&plan_json);
        let outcome = folders.apply(&plan).unwrap();
        prop_assert!(outcome.findings.is_empty(), "{:?}", outcome.findings);
        let organised_paths = folders.organised_paths();
        let unclear = plan_json["counts"]["unclear"].as_u64().unwrap();
        prop_assert!(organised_paths.len() as u64 + unclear >= count, "{organised_paths:?}");
        let mut folded: Vec<_> = organised_paths.iter().map(|path| one_name(path)).collect();
        folded.sort();
        folded.dedup();
        prop_assert_eq!(folded.len(), organised_paths.len(), "no two targets are the same file");
        prop_assert!(organised_paths.iter().flat_map(|path| path.split('/')).all(|part| part.len() <= 200 && part != ".."));
        folders.undo(&plan).unwrap();
        prop_assert_eq!(&folders.tree(), &before);
        let again = folders.plan_json(&args);
        prop_assert_eq!(&again["steps"], &plan_json["steps"]);
    }
}
