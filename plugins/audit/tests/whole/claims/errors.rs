//! The errors that are known to be in the real documents; and that of their own numbers no other comes out false.

use std::collections::BTreeMap;

use audit::assertions::{CheckedDocument, Kind, Verdict};
use audit::index::Index;
use audit::remark::NoteSeverity;
use baton_judges::or_skip;

use super::setup::{
    ACTIONS, ALIGNMENT, LIBRARY, MAINTENANCE, PLAN, REPORT, Repository, SESSION, Tree, alone, check, documents, expect,
    expect_gap,
};

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
    expect_gap(&with, NoteSeverity::High, "audit:session-review-gap-analysis.md:a7d8c35:");
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
fn of_their_own_numbers_the_documents_get_these_wrong_and_no_others() {
    let names = [REPORT, ACTIONS, SESSION, LIBRARY, ALIGNMENT, PLAN, MAINTENANCE];
    let checked = or_skip!(alone(&names));
    let mut wrong: BTreeMap<&str, Vec<(Kind, usize)>> = BTreeMap::new();
    for row in checked.rows.iter().filter(|row| row.verdict == Verdict::False) {
        wrong.entry(row.document.as_str()).or_default().push((row.kind, row.line));
    }
    let expected = BTreeMap::from([(LIBRARY, vec![(Kind::Count, 323)])]);
    assert_eq!(wrong, expected);
}
