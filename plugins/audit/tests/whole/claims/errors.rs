//! The errors that are known to be in the real documents; and that of their own numbers no other comes out false.

use std::collections::BTreeMap;

use audit::assertions::{CheckedDocument, Kind, Verdict};
use audit::index::Index;
use audit::remark::NoteSeverity;
use baton_judges::or_skip;

use super::setup::{
    ACTIONS, ALIGNMENT, LIBRARY, MAINTENANCE, PLAN, REPORT, Repository, SESSION, Tree, alone, at, check, documents,
    expect, expect_gap,
};

#[test]
fn the_gap_of_12881_items_is_neither_number() {
    let checked = or_skip!(alone(&[ACTIONS]));
    let evidence =
        "4,244 of 21,125 need 16,900 to reach 80 %, so 12,656 are missing, and 16,881 have none; 12,881 is neither";
    expect(&checked, (ACTIONS, 65), Kind::Gap, Verdict::False, evidence);
    expect(&checked, (ACTIONS, 147), Kind::Gap, Verdict::False, evidence);
    expect_gap(&checked, NoteSeverity::Medium, evidence);
}

#[test]
fn library_items_and_fingerprints_differ_between_the_reports() {
    let checked = or_skip!(alone(&[REPORT, ACTIONS]));
    let items = format!("{REPORT}:159 says 21,121, {ACTIONS}:144 says 21,125");
    expect(&checked, (REPORT, 159), Kind::Quantity, Verdict::False, &items);
    let fingerprints = format!("{REPORT}:160 says 4,249, {ACTIONS}:145 says 4,244");
    expect(&checked, (REPORT, 160), Kind::Quantity, Verdict::False, &fingerprints);
    expect_gap(&checked, NoteSeverity::Medium, &items);
}

#[test]
fn local_and_streaming_tracks_do_not_make_the_library() {
    let checked = or_skip!(alone(&[PLAN]));
    let evidence = "13,365 + 1,941 = 15,306 (lines 189 and 190), while line 114 says 15,540";
    expect(&checked, (PLAN, 114), Kind::Sum, Verdict::False, evidence);
    expect(&checked, (PLAN, 140), Kind::Sum, Verdict::True, "1,026 + 913 + 2 = 1,941");
    expect(&checked, (PLAN, 195), Kind::Sum, Verdict::True, "1,026 + 913 + 2 + 0 = 1,941");
}

#[test]
fn sessions_and_session_tracks_have_several_numbers() {
    let checked = or_skip!(alone(&[PLAN, REPORT]));
    let sessions = format!("{PLAN}:141 says 114, {PLAN}:191 says 113");
    expect(&checked, (PLAN, 141), Kind::Quantity, Verdict::False, &sessions);
    let tracks = at(&checked, PLAN, 28, Kind::Quantity);
    assert_eq!((tracks.len(), tracks[0].verdict), (1, Verdict::False));
    for said in [format!("{PLAN}:142 says 2,007"), format!("{PLAN}:52 says 2,010"), format!("{PLAN}:28 says 2,027")] {
        assert!(tracks[0].evidence.contains(&said), "{tracks:?}");
    }
}

#[test]
fn seventy_percent_come_from_ten_tracks() {
    let checked = or_skip!(alone(&[PLAN, ACTIONS]));
    for line in [190, 199] {
        expect(&checked, (ACTIONS, line), Kind::Sample, Verdict::Unverifiable, "70 % are 7 of 10 at");
        expect(&checked, (ACTIONS, line), Kind::Sample, Verdict::Unverifiable, "between 40 and 89 % (Wilson, 95 %)");
    }
    expect(&checked, (PLAN, 115), Kind::Ratio, Verdict::True, "7 of 10 are 70 %");
    expect_gap(&checked, NoteSeverity::Low, "between 40 and 89 %");
}

#[test]
fn one_file_in_two_spellings_is_found() {
    let mut documents = or_skip!(documents(&[SESSION]));
    documents.push(CheckedDocument { shown: "notes.md".into(), text: "The fix went into `CODE.gs`.".into() });
    let checked = check(documents, &Index::build(Vec::new()), None);
    let evidence = format!("{SESSION}:420 writes gas-scripts/drive-sheets-sync/Code.js, notes.md:1 writes CODE.gs");
    expect(&checked, ("notes.md", 1), Kind::Name, Verdict::False, &evidence);
}

#[test]
fn a_fix_without_a_commit_is_found() {
    let checked = or_skip!(alone(&[SESSION]));
    let evidence = "line 149 says that it is done, line 159 says that no commit of it was found";
    expect(&checked, (SESSION, 149), Kind::Status, Verdict::False, evidence);
}

#[test]
fn a_session_report_that_is_not_there_is_found() {
    let checked = or_skip!(alone(&[SESSION]));
    let evidence = "CLAUDE_CODE_SESSION_20260118_0800.md does not exist";
    expect(&checked, (SESSION, 234), Kind::File, Verdict::False, evidence);
    expect_gap(&checked, NoteSeverity::Medium, evidence);
}

#[test]
fn a_tracker_that_lists_what_is_fixed_is_found() {
    let checked = or_skip!(alone(&[SESSION]));
    expect(&checked, (SESSION, 198), Kind::Tracker, Verdict::False, "DS-001 is done and listed as open");
}

#[test]
fn commits_are_unverifiable_without_a_repository_and_false_in_another() {
    let documents = or_skip!(documents(&[SESSION]));
    let nothing = Index::build(Vec::new());
    let without = check(documents.clone(), &nothing, None);
    expect(
        &without,
        (SESSION, 20),
        Kind::Commit,
        Verdict::Unverifiable,
        "no repository was lent to look for commit a7d8c35",
    );
    let dir = tempfile::tempdir().unwrap();
    let (repository, _) = Repository::new(dir.path().to_owned(), "first");
    let with = check(documents, &nothing, Some(&repository));
    for (line, id) in
        [(20, "a7d8c35"), (65, "3718c1d"), (123, "f3861ac"), (123, "8fa2b78"), (159, "7eb9ad7"), (165, "049be6c")]
    {
        expect(&with, (SESSION, line), Kind::Commit, Verdict::False, &format!("the repository has no commit {id}"));
    }
    expect_gap(&with, NoteSeverity::High, "audit:session-review-gap-analysis.md:a7d8c35:claim-commit");
}

/// The first commit's abbreviated id has letters, the second one's has digits only.
#[test]
fn a_commit_that_is_there_is_held_against_its_title() {
    for (seconds, short) in [(1_760_000_000, "7bda2f51"), (1_760_000_034, "10232344")] {
        let dir = tempfile::tempdir().unwrap();
        let (repository, id) = Repository::at(dir.path().to_owned(), "fix: mend the 7 locks", seconds);
        assert_eq!(id, short);
        let text = format!("Done in commit `{id}` (\"Fix: mend the 7 locks\").\n\n");
        let nothing = Index::build(Vec::new());
        let document = |text: String| vec![CheckedDocument { shown: "d".into(), text }];
        let right = check(document(text.clone()), &nothing, Some(&repository));
        expect(&right, ("d", 1), Kind::Commit, Verdict::True, "\u{201c}fix: mend the 7 locks\u{201d}");
        let wrong = check(document(text.replace("locks", "doors")), &nothing, Some(&repository));
        expect(&wrong, ("d", 1), Kind::Commit, Verdict::False, "\u{201c}fix: mend the 7 locks\u{201d}");
    }
}

#[test]
fn the_line_of_the_ignored_credentials_is_read() {
    let documents = or_skip!(documents(&[SESSION]));
    let tree = Tree::new();
    tree.text(".gitignore", &format!("{}credentials/google-oauth/*.json\n", "x\n".repeat(34)));
    let right = check(documents.clone(), &tree.index(), None);
    expect(&right, (SESSION, 108), Kind::Line, Verdict::True, ".gitignore:35 says so");
    expect(&right, (SESSION, 326), Kind::Line, Verdict::True, ".gitignore:35 says so");
    tree.text(".gitignore", "a\ncredentials/google-oauth/*.json\n");
    let wrong = check(documents, &tree.index(), None);
    expect(&wrong, (SESSION, 108), Kind::Line, Verdict::False, "it stands at .gitignore:2, not at line 35");
}

#[test]
fn a_function_is_looked_for_at_its_line_and_a_script_weighed() {
    let documents = or_skip!(documents(&[LIBRARY]));
    let tree = Tree::new();
    let script = "monolithic-scripts/soundcloud_download_prod_merge-2.py";
    tree.text(script, &format!("{}def get_playlist_names_from_track(page):\n", "#\n".repeat(3803)));
    let checked = check(documents, &tree.index(), None);
    expect(&checked, (LIBRARY, 171), Kind::Line, Verdict::True, "get_playlist_names_from_track stands at");
    expect(&checked, (LIBRARY, 209), Kind::File, Verdict::False, "has 3,804 lines, written 11181");
    expect(
        &checked,
        (LIBRARY, 323),
        Kind::Count,
        Verdict::False,
        "2 are named: execute_music_track_sync_workflow.py, phase3_remediation.py, written 3",
    );
}

#[test]
fn six_files_are_three_two_and_one() {
    let checked = or_skip!(alone(&[SESSION]));
    expect(&checked, (SESSION, 66), Kind::Sum, Verdict::True, "3 + 2 + 1 = 6");
    for line in [70, 75, 79] {
        assert_eq!(at(&checked, SESSION, line, Kind::Count)[0].verdict, Verdict::True);
    }
}

#[test]
fn done_and_not_tested_at_once_is_a_low_finding() {
    let checked = or_skip!(alone(&[SESSION]));
    expect(&checked, (SESSION, 12), Kind::Status, Verdict::False, "NOT TESTED IN THIS SESSION");
    expect(&checked, (SESSION, 18), Kind::Status, Verdict::False, "line 284 says");
    expect_gap(&checked, NoteSeverity::Low, "NOT TESTED IN THIS SESSION");
}

#[test]
fn ids_locations_and_tests_are_compared() {
    let checked = or_skip!(alone(&[PLAN, REPORT, ACTIONS]));
    expect(&checked, (PLAN, 235), Kind::Quantity, Verdict::False, "27ce73616c27803fb957eadbd479f39a");
    expect(&checked, (PLAN, 236), Kind::Quantity, Verdict::True, "20ee73616c27816d9817d4348f6de07c");
    expect(&checked, (REPORT, 346), Kind::Count, Verdict::True, "has 4 rows, written 4");
    expect(&checked, (REPORT, 87), Kind::Quantity, Verdict::False, &format!("{ACTIONS}:183 says 5"));
}

#[test]
fn of_their_own_numbers_the_documents_get_these_wrong_and_no_others() {
    let names = [REPORT, ACTIONS, SESSION, LIBRARY, ALIGNMENT, PLAN, MAINTENANCE];
    let checked = or_skip!(alone(&names));
    let mut wrong: BTreeMap<&str, Vec<(Kind, usize)>> = BTreeMap::new();
    for row in checked.rows.iter().filter(|row| row.verdict == Verdict::False) {
        wrong.entry(row.document.as_str()).or_default().push((row.kind, row.line));
    }
    let expected = BTreeMap::from([
        (
            REPORT,
            vec![
                (Kind::Quantity, 87),
                (Kind::Quantity, 136),
                (Kind::Quantity, 159),
                (Kind::Quantity, 160),
                (Kind::Quantity, 420),
            ],
        ),
        (ACTIONS, vec![(Kind::Gap, 65), (Kind::Gap, 147)]),
        (
            SESSION,
            vec![(Kind::Status, 12), (Kind::Status, 18), (Kind::Status, 149), (Kind::Tracker, 198), (Kind::File, 234)],
        ),
        (LIBRARY, vec![(Kind::Count, 323)]),
        (PLAN, vec![(Kind::Sum, 114), (Kind::Quantity, 141)]),
    ]);
    assert_eq!(wrong, expected);
}
