//! Claims of the real reports and plans: every golden number and every error that is known to be in them.
//!
//! The documents are read where they lie; the files that they speak of are made in a temporary folder from the list of
//! the tree, and commits in a real repository. Where the documents are absent the tests say so and pass; under `CI=true`
//! they fail.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use audit::claims::{self, Checked, ClaimRow, Document, Kind, Verdict};
use audit::index::{Index, Root};
use audit::lent::{Commit, Git, Refused};
use audit::note::Weight;
use audit::page::Block;
use proptest::prelude::*;
use serde_json::json;

use crate::support::corpus;

const REPORT: &str = "plans-directory-audit-report.md";
const ACTIONS: &str = "audit-follow-up-actions.md";
const SESSION: &str = "session-review-gap-analysis.md";
const LIBRARY: &str = "music-library-progress-review.md";
const ALIGNMENT: &str = "alignment-audit-phase-3.md";
const PLAN: &str = "DJAY_PRO_NOTION_INTEGRATION_PLAN.md";
const MAINTENANCE: &str = "MONOLITHIC_MAINTENANCE_PLAN.md";

/// The real documents with their folder; `None` where they are not there.
fn documents(names: &[&str]) -> Option<Vec<Document>> {
    let corpus = corpus()?;
    let seeds = corpus.join("../../seeds");
    let read = |name: &&str| {
        let path = [&seeds, &corpus].map(|folder| folder.join(name)).into_iter().find(|path| path.is_file()).unwrap();
        Document { shown: (*name).to_owned(), text: fs::read_to_string(path).unwrap() }
    };
    Some(names.iter().map(read).collect())
}

/// Files of `(path, bytes, lines)` in a folder, with this text at the start of each.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The tree that the real list describes.
    fn listed(corpus: &Path) -> Self {
        let tree = Self::new();
        for row in fs::read_to_string(corpus.join("tree.tsv")).unwrap().lines().skip(1) {
            let cells: Vec<&str> = row.split('\t').collect();
            tree.sized(cells[0], cells[1].parse().unwrap(), cells[2].parse().unwrap());
        }
        tree
    }

    fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    fn text(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn sized(&self, path: &str, bytes: usize, lines: usize) {
        let mut text = "\n".repeat(lines.saturating_sub(1).min(bytes));
        if text.len() + 1 < bytes {
            let fill = bytes - text.len() - 2;
            let _ = writeln!(text, "#{}", "x".repeat(fill));
        }
        self.text(path, &text);
    }

    fn index(&self) -> Index {
        Index::build(vec![Root { path: self.path(), shown: "root".into() }])
    }
}

/// A real repository, asked by `git`.
struct Repository(PathBuf);

impl Repository {
    /// A repository with one commit of this title; gives its short id.
    fn new(path: PathBuf, title: &str) -> (Self, String) {
        let repository = Self(path);
        repository.git(&["init", "--quiet"]);
        let who = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org"];
        repository.git(&[&who[..], &["commit", "--quiet", "--allow-empty", "-m", title]].concat());
        let id = repository.git(&["rev-parse", "--short=8", "HEAD"]).unwrap();
        (repository, id)
    }

    fn git(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new("git").arg("-C").arg(&self.0).args(arguments).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }
}

impl Git for Repository {
    fn commit(&self, revision: &str) -> Result<Option<Commit>, Refused> {
        let revision = format!("{revision}^{{commit}}");
        Ok(self.git(&["log", "-1", "--format=%H%n%an%n%ct%n%s", &revision, "--"]).map(|shown| {
            let lines: Vec<&str> = shown.lines().collect();
            Commit {
                id: lines[0].to_owned(),
                title: lines[3].to_owned(),
                message: lines[3].to_owned(),
                author: lines[1].to_owned(),
                at: lines[2].parse().unwrap(),
            }
        }))
    }

    fn log(&self, _: &str, _: Option<&str>, _: Option<&str>, _: u32) -> Result<Vec<Commit>, Refused> {
        Err(Refused::Unavailable("claims ask for single commits only".into()))
    }

    fn file(&self, _: &str, _: &str) -> Result<Option<Vec<u8>>, Refused> {
        Err(Refused::Unavailable("claims ask for single commits only".into()))
    }
}

fn check(documents: Vec<Document>, index: &Index, git: Option<&dyn Git>) -> Checked {
    let read: Vec<_> = documents
        .into_iter()
        .map(|document| {
            let found = claims::read(&document);
            (document, found)
        })
        .collect();
    claims::check(&read, index, git)
}

/// Checks real documents against nothing but themselves.
fn alone(names: &[&str]) -> Option<Checked> {
    Some(check(documents(names)?, &Index::build(Vec::new()), None))
}

fn one(text: &str, index: &Index) -> Checked {
    check(vec![Document { shown: "d".into(), text: text.into() }], index, None)
}

/// The rows of a kind at a line of a document.
fn at<'a>(checked: &'a Checked, document: &str, line: usize, kind: Kind) -> Vec<&'a ClaimRow> {
    checked.rows.iter().filter(|row| row.document == document && row.line == line && row.kind == kind).collect()
}

/// Asserts that there is such a row.
fn expect(checked: &Checked, place: (&str, usize), kind: Kind, verdict: Verdict, evidence: &str) {
    let rows = at(checked, place.0, place.1, kind);
    assert!(rows.iter().any(|row| row.verdict == verdict && row.evidence.contains(evidence)), "{place:?}: {rows:#?}");
}

/// Asserts that a finding of a weight holds these words.
fn expect_gap(checked: &Checked, weight: Weight, words: &str) {
    let found =
        checked.gaps.iter().any(|gap| gap.weight == weight && (gap.evidence.contains(words) || gap.id.contains(words)));
    assert!(found, "{words}: {:#?}", checked.gaps);
}

// Golden numbers.

#[test]
fn ten_of_fourteen_are_71_percent_and_the_rows_are_right() {
    let Some(checked) = alone(&[REPORT]) else { return };
    expect(&checked, (REPORT, 103), Kind::Ratio, Verdict::True, "10 of 14 are 71 %, written 71 %");
    expect(&checked, (REPORT, 100), Kind::Ratio, Verdict::True, "1 of 3 are 33 %");
    expect(&checked, (REPORT, 101), Kind::Ratio, Verdict::True, "1 of 2 are 50 %");
    expect(&checked, (REPORT, 102), Kind::Ratio, Verdict::True, "2 of 3 are 67 %");
    expect(&checked, (REPORT, 103), Kind::Sum, Verdict::True, "2 + 4 + 3 + 2 + 3 = 14");
    expect(&checked, (REPORT, 103), Kind::Sum, Verdict::True, "2 + 4 + 1 + 1 + 2 = 10");
    expect(&checked, (REPORT, 120), Kind::Ratio, Verdict::True, "14 of 14 are 100 %");
}

#[test]
fn the_overall_completion_is_the_mean_of_the_plans() {
    let Some(checked) = alone(&[REPORT]) else { return };
    expect(&checked, (REPORT, 407), Kind::Average, Verdict::True, "the plain mean of 3 rows is 80 %, written 80 %");
    let after = at(&checked, REPORT, 407, Kind::Average);
    assert!(after.iter().any(|row| row.words == "Overall | After Audit: 90%" && row.verdict == Verdict::True));
    expect(&checked, (REPORT, 404), Kind::Average, Verdict::True, "100 % \u{2212} 71 % = +29");
    expect(&checked, (REPORT, 407), Kind::Average, Verdict::True, "90 % \u{2212} 80 % = +10");
}

#[test]
fn four_files_of_89497_bytes_add_up() {
    let Some(checked) = alone(&[REPORT]) else { return };
    let sum =
        "18,975 + 26,578 + 24,495 + 19,449 = 89,497 bytes (rows \u{201c}created\u{201d} of the table at line 390)";
    expect(&checked, (REPORT, 398), Kind::Sum, Verdict::True, sum);
    expect(&checked, (REPORT, 426), Kind::Sum, Verdict::True, sum);
}

#[test]
fn shares_with_a_whole_above_are_right() {
    let Some(checked) = alone(&[REPORT, ACTIONS, LIBRARY]) else { return };
    expect(
        &checked,
        (REPORT, 160),
        Kind::Ratio,
        Verdict::True,
        "4,249 of 21,121 are 20.1 %, written 20.1 %, the whole from line 159",
    );
    expect(&checked, (REPORT, 136), Kind::Ratio, Verdict::True, "1,999 of 2,027 are 98.6 %");
    expect(&checked, (ACTIONS, 63), Kind::Ratio, Verdict::True, "4,244 of 21,125 are 20.1 %");
    expect(&checked, (LIBRARY, 328), Kind::Ratio, Verdict::True, "228 of 230 are 99.1 %");
}

#[test]
fn line_counts_of_the_modules_hold_but_for_two() {
    let Some(corpus) = corpus() else { return };
    let tree = Tree::listed(&corpus);
    let checked = check(documents(&[REPORT]).unwrap(), &tree.index(), None);
    let module = |name: &str| format!("music_workflow/integrations/djay_pro/{name}");
    for (line, name, lines) in [
        (126, "session_sync.py", 473),
        (127, "activity_tracker.py", 398),
        (130, "export_loader.py", 218),
        (131, "models.py", 94),
    ] {
        let rows = at(&checked, REPORT, line, Kind::File);
        let seen = &rows[0].evidence;
        assert!(
            rows[0].verdict == Verdict::True
                && seen.starts_with(&module(name))
                && seen.ends_with(&format!("{lines} lines")),
            "{rows:?}"
        );
    }
    let drifted = |name: &str, real: u32, said: u32| format!("{} has {real} lines, written {said}", module(name));
    expect(&checked, (REPORT, 128), Kind::File, Verdict::False, &drifted("id_sync.py", 147, 100));
    expect(&checked, (REPORT, 129), Kind::File, Verdict::False, &drifted("matcher.py", 181, 185));
}

#[test]
fn sizes_of_the_new_files_are_held_against_the_files() {
    let Some(documents) = documents(&[REPORT]) else { return };
    let tree = Tree::new();
    let folder = "seren-media-workflows/scripts/workspace_events";
    for (path, bytes) in [
        ("dashboard/websocket_handler.py", 18_975),
        ("dashboard/metrics_aggregator.py", 26_578),
        ("logging/metrics_logger.py", 24_000),
    ] {
        tree.sized(&format!("{folder}/{path}"), bytes, 100);
    }
    let checked = check(documents, &tree.index(), None);
    for line in [25, 221, 372, 390] {
        expect(&checked, (REPORT, line), Kind::File, Verdict::True, "websocket_handler.py: 18,975 bytes");
    }
    expect(&checked, (REPORT, 253), Kind::File, Verdict::False, "metrics_logger.py has 24,000 bytes, written 24495");
    expect(
        &checked,
        (REPORT, 375),
        Kind::File,
        Verdict::False,
        "there is no alert_manager.py below the audited folders",
    );
    expect_gap(&checked, Weight::High, "audit:plans-directory-audit-report.md:alert_manager.py:claim-file");
    expect_gap(&checked, Weight::Medium, "metrics_logger.py has 24,000 bytes");
}

// Errors that are known to be there.

#[test]
fn the_gap_of_12881_items_is_neither_number() {
    let Some(checked) = alone(&[ACTIONS]) else { return };
    let evidence =
        "4,244 of 21,125 need 16,900 to reach 80 %, so 12,656 are missing, and 16,881 have none; 12,881 is neither";
    expect(&checked, (ACTIONS, 65), Kind::Gap, Verdict::False, evidence);
    expect(&checked, (ACTIONS, 147), Kind::Gap, Verdict::False, evidence);
    expect_gap(&checked, Weight::Medium, evidence);
}

#[test]
fn library_items_and_fingerprints_differ_between_the_reports() {
    let Some(checked) = alone(&[REPORT, ACTIONS]) else { return };
    let items = format!("{REPORT}:159 says 21,121, {ACTIONS}:144 says 21,125");
    expect(&checked, (REPORT, 159), Kind::Quantity, Verdict::False, &items);
    let fingerprints = format!("{REPORT}:160 says 4,249, {ACTIONS}:145 says 4,244");
    expect(&checked, (REPORT, 160), Kind::Quantity, Verdict::False, &fingerprints);
    expect_gap(&checked, Weight::Medium, &items);
}

#[test]
fn local_and_streaming_tracks_do_not_make_the_library() {
    let Some(checked) = alone(&[PLAN]) else { return };
    let evidence = "13,365 + 1,941 = 15,306 (lines 189 and 190), while line 114 says 15,540";
    expect(&checked, (PLAN, 114), Kind::Sum, Verdict::False, evidence);
    expect(&checked, (PLAN, 140), Kind::Sum, Verdict::True, "1,026 + 913 + 2 = 1,941");
    expect(&checked, (PLAN, 195), Kind::Sum, Verdict::True, "1,026 + 913 + 2 + 0 = 1,941");
}

#[test]
fn sessions_and_session_tracks_have_several_numbers() {
    let Some(checked) = alone(&[PLAN, REPORT]) else { return };
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
    let Some(checked) = alone(&[PLAN, ACTIONS]) else { return };
    for line in [190, 199] {
        expect(&checked, (ACTIONS, line), Kind::Sample, Verdict::Unverifiable, "70 % are 7 of 10 at");
        expect(&checked, (ACTIONS, line), Kind::Sample, Verdict::Unverifiable, "between 40 and 89 % (Wilson, 95 %)");
    }
    expect(&checked, (PLAN, 115), Kind::Ratio, Verdict::True, "7 of 10 are 70 %");
    expect_gap(&checked, Weight::Low, "between 40 and 89 %");
}

#[test]
fn one_file_in_two_spellings_is_found() {
    let Some(mut documents) = documents(&[SESSION]) else { return };
    documents.push(Document { shown: "notes.md".into(), text: "The fix went into `CODE.gs`.".into() });
    let checked = check(documents, &Index::build(Vec::new()), None);
    let evidence = format!("{SESSION}:420 writes gas-scripts/drive-sheets-sync/Code.js, notes.md:1 writes CODE.gs");
    expect(&checked, ("notes.md", 1), Kind::Name, Verdict::False, &evidence);
}

#[test]
fn a_fix_without_a_commit_is_found() {
    let Some(checked) = alone(&[SESSION]) else { return };
    let evidence = "line 149 says that it is done, line 159 says that no commit of it was found";
    expect(&checked, (SESSION, 149), Kind::Status, Verdict::False, evidence);
}

#[test]
fn a_session_report_that_is_not_there_is_found() {
    let Some(checked) = alone(&[SESSION]) else { return };
    let evidence = "CLAUDE_CODE_SESSION_20260118_0800.md does not exist";
    expect(&checked, (SESSION, 234), Kind::File, Verdict::False, evidence);
    expect_gap(&checked, Weight::Medium, evidence);
}

#[test]
fn a_tracker_that_lists_what_is_fixed_is_found() {
    let Some(checked) = alone(&[SESSION]) else { return };
    expect(&checked, (SESSION, 198), Kind::Tracker, Verdict::False, "DS-001 is done and listed as open");
}

#[test]
fn commits_are_unverifiable_without_a_repository_and_false_in_another() {
    let Some(documents) = documents(&[SESSION]) else { return };
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
    expect_gap(&with, Weight::High, "audit:session-review-gap-analysis.md:a7d8c35:claim-commit");
}

#[test]
fn a_commit_that_is_there_is_held_against_its_title() {
    let dir = tempfile::tempdir().unwrap();
    let (repository, id) = Repository::new(dir.path().to_owned(), "fix: mend the 7 locks");
    let text = format!("Done in commit `{id}` (\"Fix: mend the 7 locks\").\n\n");
    let nothing = Index::build(Vec::new());
    let document = |text: String| vec![Document { shown: "d".into(), text }];
    let right = check(document(text.clone()), &nothing, Some(&repository));
    expect(&right, ("d", 1), Kind::Commit, Verdict::True, "\u{201c}fix: mend the 7 locks\u{201d}");
    let wrong = check(document(text.replace("locks", "doors")), &nothing, Some(&repository));
    expect(&wrong, ("d", 1), Kind::Commit, Verdict::False, "\u{201c}fix: mend the 7 locks\u{201d}");
}

#[test]
fn the_line_of_the_ignored_credentials_is_read() {
    let Some(documents) = documents(&[SESSION]) else { return };
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
    let Some(documents) = documents(&[LIBRARY]) else { return };
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
    let Some(checked) = alone(&[SESSION]) else { return };
    expect(&checked, (SESSION, 66), Kind::Sum, Verdict::True, "3 + 2 + 1 = 6");
    for line in [70, 75, 79] {
        assert_eq!(at(&checked, SESSION, line, Kind::Count)[0].verdict, Verdict::True);
    }
}

#[test]
fn done_and_not_tested_at_once_is_a_low_finding() {
    let Some(checked) = alone(&[SESSION]) else { return };
    expect(&checked, (SESSION, 12), Kind::Status, Verdict::False, "NOT TESTED IN THIS SESSION");
    expect(&checked, (SESSION, 18), Kind::Status, Verdict::False, "line 284 says");
    expect_gap(&checked, Weight::Low, "NOT TESTED IN THIS SESSION");
}

#[test]
fn ids_locations_and_tests_are_compared() {
    let Some(checked) = alone(&[PLAN, REPORT, ACTIONS]) else { return };
    expect(&checked, (PLAN, 235), Kind::Quantity, Verdict::False, "27ce73616c27803fb957eadbd479f39a");
    expect(&checked, (PLAN, 236), Kind::Quantity, Verdict::True, "20ee73616c27816d9817d4348f6de07c");
    expect(&checked, (REPORT, 346), Kind::Count, Verdict::True, "has 4 rows, written 4");
    expect(&checked, (REPORT, 87), Kind::Quantity, Verdict::False, &format!("{ACTIONS}:183 says 5"));
}

// What comes out false, and nothing else.

#[test]
fn of_their_own_numbers_the_documents_get_these_wrong_and_no_others() {
    let names = [REPORT, ACTIONS, SESSION, LIBRARY, ALIGNMENT, PLAN, MAINTENANCE];
    let Some(checked) = alone(&names) else { return };
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

#[test]
fn sentences_with_numbers_are_no_claims() {
    let tree = Tree::new();
    for text in [
        "We met 3 times in 2025 and drank 20% less.",
        "The limit is 5 of 10 requests, 80% of the time.",
        "Version 2.0 needs Python 3.11 and 4 GB.",
        "Phase 2 starts on 2026-01-18 at 10:15.",
        "1. First\n2. Second\n",
        "| Risk | Impact |\n|-|-|\n| Rate limits, 3 per second | 50% |\n",
        "Run `make 3 of 4 (80%)`.",
        "> 3/4 = 10%",
        "~~3/4 = 10%~~",
        "Wait 2-4 weeks:\n- a\n",
        "Choose one of 3 ways:\n\nProse.\n",
        "Between 40% and 60% (see 2/3).",
        "page 3/4, chapter 10% done",
        "commit to 3 goals, see `README.md`",
        "The ratio 16:9 and 1/2 inch",
    ] {
        let checked = one(text, &tree.index());
        assert_eq!(checked.rows, [], "{text}");
    }
}

#[test]
fn each_false_claim_about_a_file_has_an_id_of_its_own() {
    let tree = Tree::new();
    tree.sized("lib/b.py", 100, 5);
    let text =
        "Created `lib/b.py` (500 bytes).\n\nUpdated `lib/b.py` (700 bytes).\n\nUpdated `lib/b.py` (700 bytes).\n";
    let ids = |text: &str| {
        let checked = one(text, &tree.index());
        checked.gaps.into_iter().map(|gap| gap.id).collect::<Vec<_>>()
    };
    let found = ids(text);
    assert_eq!(found, ["audit:d:lib/b.py:claim-file", "audit:d:lib/b.py:claim-file-2"]);
    assert_eq!(ids(&format!("# More\n\nlines above.\n\n{text}")), found, "ids do not go by lines");
}

// RETURN handoffs.

#[test]
fn a_return_is_held_to_what_it_claims() {
    let tree = Tree::new();
    tree.text("reports/a.md", "# A\n");
    tree.sized("lib/b.py", 100, 5);
    let raw = json!({
        "type": "RETURN_HANDOFF",
        "execution_summary": {
            "work_completed": ["Created `lib/c.py` (10 bytes)", "Coverage is now 50% (3/4)"],
            "deliverables": [
                {"type": "report", "path": "reports/a.md", "description": "what was seen"},
                {"type": "code", "path": "lib/b.py", "bytes": 500},
                {"type": "code", "path": "lib/d.py"}
            ]
        },
        "files_created": ["/etc/hosts.conf", "lib/b.py"],
        "commits": ["0a1b2c3 fix: it"]
    });
    let document = Document { shown: "return".into(), text: String::new() };
    let found = claims::read_return(&raw, "**Pages:** 9 of 10 (95%)");
    let checked = claims::check(&[(document, found)], &tree.index(), None);
    let verdict = |field: &str| {
        let row = checked.rows.iter().find(|row| row.field.as_deref() == Some(field)).unwrap();
        (row.kind, row.verdict)
    };
    assert_eq!(verdict("execution_summary.deliverables[0]"), (Kind::Deliverable, Verdict::True));
    assert_eq!(verdict("execution_summary.deliverables[1]"), (Kind::Deliverable, Verdict::False));
    assert_eq!(verdict("execution_summary.deliverables[2]"), (Kind::Deliverable, Verdict::False));
    assert_eq!(verdict("execution_summary.work_completed[0]"), (Kind::File, Verdict::False));
    assert_eq!(verdict("execution_summary.work_completed[1]"), (Kind::Ratio, Verdict::False));
    assert_eq!(verdict("files_created[0]"), (Kind::Deliverable, Verdict::Unverifiable));
    assert_eq!(verdict("files_created[1]"), (Kind::Deliverable, Verdict::True));
    assert_eq!(verdict("commits[0]"), (Kind::Commit, Verdict::Unverifiable));
    assert!(checked.rows.iter().any(|row| row.line == 1 && row.evidence == "9 of 10 are 90 %, written 95 %"));
    expect_gap(&checked, Weight::High, "audit:return:lib/d.py:claim-deliverable");
}

#[test]
fn real_returns_are_read_and_only_their_claims_come_out() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("../handoffs/Cursor-MM1/02_processed");
    let mut rows = Vec::new();
    let tree = Tree::listed(&corpus);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if let Ok(raw) = serde_json::from_slice(&fs::read(&path).unwrap()) {
            let document = Document { shown: "return".into(), text: String::new() };
            rows.extend(claims::check(&[(document, claims::read_return(&raw, ""))], &tree.index(), None).rows);
        }
    }
    let seen: Vec<(Verdict, &str)> = rows.iter().map(|row| (row.verdict, row.evidence.as_str())).collect();
    let script = "monolithic-scripts/soundcloud_download_prod_merge-2.py: 567,982 bytes";
    assert!(seen.contains(&(Verdict::True, script)), "{seen:?}");
}

// Bounds and form.

#[test]
fn what_a_report_shows_is_the_same_every_time_and_holds_no_text_of_files() {
    let tree = Tree::new();
    tree.text("s.env", "TOKEN=verysecret\n");
    let text = "`s.env` grew (line 1: `TOKEN=other`)\n\n3/4 = 75%\n\n3/4 = 80%\n\nCreated `/Users/x/y.md`\n";
    let checked = one(text, &tree.index());
    assert_eq!(checked.blocks(), one(text, &tree.index()).blocks());
    let shown = format!("{:?} {:?}", checked.blocks(), checked.gaps);
    assert!(!shown.contains("verysecret"));
    assert_eq!((checked.tally.holds, checked.tally.fails, checked.tally.unverifiable), (1, 2, 1));
    let tables = checked.blocks().into_iter().filter(|block| matches!(block, Block::Table(_))).count();
    assert_eq!(tables, 3);
    let json = serde_json::to_value(&checked).unwrap();
    assert_eq!(json["rows"][0]["verdict"], "FALSE");
}

#[test]
fn large_documents_are_read_within_bounds() {
    let mut text = String::from("# Big\n\n| File | Count | Size |\n|-|-|-|\n");
    for row in 0..6_000 {
        let _ = writeln!(text, "| `f{row}.py` | {row} (5%) | 10 bytes |");
    }
    for line in 0..1_000 {
        let _ = writeln!(
            text,
            "\n- Gap {line} size: 5% (10 files)\n- Shelf {line} books: {line}\n- Total: 10 bytes (3 files)"
        );
    }
    text.push_str(&"3/4 of `x` ".repeat(5_000));
    let checked = one(&text, &Tree::new().index());
    assert!(checked.rows.len() <= audit::limits::CLAIM_ROWS && checked.left_out > 0, "{}", checked.rows.len());
}

/// Text made of the pieces that claims are made of, in any order.
fn claim_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "# Report 2026-01-18\n",
        "## Plan \u{2705}\n",
        "\n",
        "\n\n",
        "- ",
        "  - ",
        "1. ",
        "```\n",
        "`",
        "**",
        ":",
        ": ",
        " (",
        ")",
        "/",
        "%",
        " = ",
        " of ",
        "3",
        "14",
        "71%",
        "1,999",
        "99999999999999999999",
        "0",
        "0.000001%",
        "~",
        "+",
        "-",
        "\u{2013}",
        "Gap: ",
        "threshold 80%",
        "20.1% (4/20)",
        "4 files",
        " files:\n",
        "All 6 files",
        "Total",
        "Overall",
        "| A | Before | After | Change |\n|-|-|-|-|\n",
        "| File | Action | Size |\n|-|-|-|\n",
        "| Data | Count |\n|-|-|\n",
        "| Local x | 5 |\n",
        "| Streaming x | 6 |\n",
        "| Total | 11 | 3% |\n",
        "| `a.py` | Created | 9 bytes |\n",
        "commit `0a1b2c3`",
        "`a.py` (line 3: `x`)",
        "line 3-9",
        "a.py:3-4",
        "Created `b/a.py`",
        " exists",
        "Status: ",
        "COMPLETE - all done",
        "NOT TESTED",
        "AB-1",
        " lists ",
        "but ",
        "done",
        "sample (10 x): 7 (70%)",
        "\u{e9}",
        "\u{2026}",
        "\r\n",
        "> ",
        "~~",
        "[a](b.md)",
        "../",
        "/etc/passwd",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_that_is_written_stops_it(text in claim_like(), other in "\\PC{0,200}") {
        let documents = || vec![
            Document { shown: "a".into(), text: text.clone() },
            Document { shown: "b".into(), text: format!("{other}\n\n{text}") },
        ];
        let tree = Tree::new();
        tree.text("b/a.py", "x\n");
        let checked = check(documents(), &tree.index(), None);
        let lines = text.split('\n').count() + other.split('\n').count() + 2;
        prop_assert!(checked.rows.iter().all(|row| row.line >= 1 && row.line <= lines));
        prop_assert!(checked.gaps.iter().all(|gap| gap.id.len() <= audit::limits::FINDING_ID_BYTES));
        let again = check(documents(), &tree.index(), None);
        prop_assert_eq!((&checked.rows, &checked.gaps), (&again.rows, &again.gaps));
    }

    #[test]
    fn no_return_stops_it(keys in prop::collection::vec("(path|files_created|commits|deliverables|sha|bytes|x)", 0..6), text in claim_like()) {
        let raw = keys.iter().fold(json!([text, 5, null]), |value, key| json!({ key: [value, {"path": "a.py", "bytes": 1}] }));
        let document = Document { shown: "return".into(), text: String::new() };
        let checked = claims::check(&[(document, claims::read_return(&raw, &text))], &Index::build(Vec::new()), None);
        prop_assert!(checked.rows.iter().all(|row| row.field.is_some() || row.line >= 1));
    }
}
