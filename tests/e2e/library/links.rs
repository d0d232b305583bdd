//! Links by sound: a copy gets the track that a person assigned to the original, a file that differs after the first two minutes does
//! not, and an import does not compare sounds again.

use std::fs;

use baton_tests::Workspace;
use baton_tests::music::{tune, wav_8_bit, write_wav};

use super::database::{change, number};
use super::{beside, scan};

/// Seconds of a piece: longer than the part that a scan fingerprints.
const LENGTH: u32 = 150;

/// Seconds of the original at the start of an edit.
const SAME: u32 = 125;

#[test]
fn a_copy_is_linked_by_its_whole_sound_and_an_edit_after_two_minutes_is_not() {
    let workspace = Workspace::with_store("sql = [{ database = \"catalog\", mode = \"rw\" }]");
    let import = |tracks: &str| workspace.baton(&["run", "store", "fill", "--arg", tracks]).ended(0);
    import("tracks=3");
    let music = beside(&workspace, "music");
    let whole = tune(1, LENGTH);
    write_wav(&music.join("one.wav"), &whole);
    scan(&workspace, &music, &[], 0);
    let file = number(&workspace, "SELECT id FROM files WHERE path LIKE '%/one.wav'");
    workspace.baton(&["catalog", "review", "accept", &format!("f{file}=1")]).ended(0);
    let mut edit = whole.clone();
    let from = edit.len() / LENGTH as usize * SAME as usize;
    edit.truncate(from);
    edit.extend(tune(2, LENGTH - SAME));
    fs::write(music.join("copy.wav"), wav_8_bit(&whole)).unwrap();
    write_wav(&music.join("edit.wav"), &edit);
    scan(&workspace, &music, &[], 0);
    let files = || {
        let shown = workspace.baton(&["catalog", "show", "1", "--json"]).ended(0).json();
        let files = shown["files"].as_array().cloned().unwrap_or_default();
        let mut linked: Vec<String> =
            files.iter().map(|file| format!("{} {}", file["path"], file["linked_by"])).collect();
        linked
            .retain(|file| file.contains("/music/one") || file.contains("/music/copy") || file.contains("/music/edit"));
        linked.iter().map(|file| file.rsplit('/').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let mut found = files();
    found.sort();
    assert_eq!(found, ["copy.wav\" \"sound\"", "one.wav\" \"person\""]);
    // The scan has stored the pairs of similar files. After the test deletes them, an import does not compare the files again.
    assert!(number(&workspace, "SELECT count(*) FROM sound_pairs") > 0);
    change(&workspace, "DELETE FROM sound_pairs");
    import("tracks=5");
    assert_eq!(files(), ["one.wav\" \"person\""]);
    assert_eq!(number(&workspace, "SELECT count(*) FROM sound_pairs"), 0);
}
