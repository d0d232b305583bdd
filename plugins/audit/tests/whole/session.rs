//! Reviews of sessions in a real repository.

use audit::remark::NoteSeverity;
use audit::session::{self, Range, SessionReview, Sources, review};
use baton_plugin_kit::host::{Commit, CommitRange, Git, Ledger, ServiceError};

use crate::test_services::{LedgerList, Repository, Tree, at, task};

const NOW: &str = "2026-01-18T12:00:00Z";

fn range(from: Option<&str>, to: Option<&str>) -> Range {
    Range { from: from.map(str::to_owned), to: to.map(str::to_owned) }
}

fn run(
    tree: &Tree,
    git: Option<&dyn Git>,
    ledger: Option<&dyn Ledger>,
    range: &Range,
) -> Result<SessionReview, String> {
    let index = tree.index();
    review(range, Sources { index: &index, git, ledger }, at(NOW))
}

struct Session {
    tree: Tree,
    git: Repository,
    first: String,
    fix: String,
}

fn session() -> Session {
    let tree = Tree::of(&[("gas/Code.js", "old")]);
    let git = Repository::of(&tree);
    let first = git.commit("chore: start", "2026-01-18T08:00:00Z");
    tree.write("gas/Code.js", "tryLock");
    let fix = git.commit(
        "fix(Sync): take the lock first\n\nFixes DS-001 and #12 in `gas/Code.js`; verified by hand.",
        "2026-01-18T09:00:00Z",
    );
    tree.write("docs/lock.md", "x");
    git.commit("docs: say how, see `docs/lock.md` and `docs/gone.md`", "2026-01-18T10:00:00Z");
    Session { tree, git, first, fix }
}

fn book(fix: &str) -> LedgerList {
    let entry = |id: &str, kind: &str, state: &str, at: &str| {
        let mut entry = task(id, "coder", state, at);
        entry.kind = kind.into();
        entry.file = Some(format!("coder/02_processed/{id}.json"));
        entry
    };
    let asked = entry("h1", "HANDOFF", "delivered", "2026-01-18T09:10:00Z");
    let mut book = LedgerList {
        tasks: vec![
            entry("h0", "HANDOFF", "delivered", "2026-01-17T09:10:00Z"),
            asked.clone(),
            entry("r1", "RETURN", "succeeded", "2026-01-18T09:20:00Z"),
            entry("r2", "RETURN", "succeeded", "2026-01-18T09:30:00Z"),
            entry("r3", "RETURN_HANDOFF", "succeeded", "2026-01-18T09:40:00Z"),
        ],
        open: vec![asked],
        ..LedgerList::default()
    };
    let short = fix.get(..7).unwrap();
    let inputs = [
        ("r1", format!(r#"{{"type": "RETURN_HANDOFF", "execution_summary": {{"work_completed": ["took the lock, commit {short}, tests pass"], "deliverables": [{{"path": "gas/Code.js"}}]}}}}"#)),
        ("r2", r#"{"original_handoff": {"handoff_file": "gas/Code.js"}, "execution_summary": {"work_completed": ["all done, works"]}}"#.to_owned()),
        ("r3", "# RETURN\n\nMade `gas/Till.js`, see /Users/somebody/x.md\n".to_owned()),
    ];
    book.inputs = inputs.into_iter().map(|(id, text)| (id.to_owned(), text.into_bytes())).collect();
    book
}

#[test]
fn a_session_is_reviewed_from_revision_to_head() {
    let Session { tree, git, first, fix } = session();
    let book = book(&fix);
    let review = run(&tree, Some(&git), Some(&book), &range(Some(&first), None)).unwrap();
    let commits = review.commits.as_ref().unwrap();
    assert_eq!(commits.iter().map(|row| row.kind.as_deref()).collect::<Vec<_>>(), [Some("docs"), Some("fix")]);
    assert_eq!(commits[1].there, ["gas/Code.js"]);
    let handoffs = review.handoffs.as_ref().unwrap();
    assert_eq!(handoffs.iter().map(|row| row.task.as_str()).collect::<Vec<_>>(), ["h1", "r1", "r2", "r3"]);
    assert_eq!((handoffs[1].there.len(), handoffs[1].commits.len()), (1, 1));
    let gaps: Vec<(String, NoteSeverity)> = review.findings.iter().map(|gap| (gap.id.clone(), gap.weight)).collect();
    let docs = commits[0].id.clone();
    let wanted = [
        ("audit:session:h1:unanswered".to_owned(), NoteSeverity::Medium),
        ("audit:session:r2:no-evidence".to_owned(), NoteSeverity::Medium),
        ("audit:session:r3:no-evidence".to_owned(), NoteSeverity::Medium),
        ("audit:session:r3:not-there".to_owned(), NoteSeverity::Medium),
        (format!("audit:session:{docs}:not-there"), NoteSeverity::Low),
    ];
    assert_eq!(gaps, wanted);
    let metrics = &review.metrics;
    assert_eq!(
        (metrics.commits, metrics.requests, metrics.unanswered, metrics.returns, metrics.returns_with_evidence),
        (2, 1, 1, 3, 1)
    );
    let shown = format!("{:?}", session::sections(&review));
    for words in ["Commits", "Handoffs", "has no RETURN", "ask the agent for the paths and commits", "GAPS"] {
        assert!(shown.contains(words), "{words}");
    }
    assert_eq!(review, run(&tree, Some(&git), Some(&book), &range(Some(&first), None)).unwrap());
}

#[test]
fn a_range_may_be_times_or_revisions() {
    let Session { tree, git, first, fix } = session();
    let commits = |from, to| run(&tree, Some(&git), None, &range(from, to)).unwrap().metrics.commits;
    assert_eq!(commits(None, None), 3);
    assert_eq!(commits(Some(&first), Some(&fix)), 1);
    assert_eq!(commits(Some("HEAD~1"), Some("main")), 1);
    assert_eq!(commits(Some("2026-01-18T08:30:00Z"), Some("2026-01-18T10:00:00Z")), 1);
    assert_eq!(commits(Some("2026-01-18"), None), 3);
    assert_eq!(commits(Some("2026-01-19"), None), 0);
    let quiet = run(&tree, Some(&git), None, &range(Some("2026-01-19"), None)).unwrap();
    assert!(quiet.gaps.is_empty() && quiet.handoffs.is_none());
}

#[test]
fn an_invalid_range_gives_a_clear_error() {
    let Session { tree, git, .. } = session();
    let error = run(&tree, Some(&git), None, &range(Some("nowhere"), None)).unwrap_err();
    assert!(error.contains("`nowhere` is neither a time"), "{error}");
    let error = run(&tree, None, None, &range(Some("HEAD~1"), None)).unwrap_err();
    assert!(error.contains("grant the repository"), "{error}");
    let option = run(&tree, Some(&git), None, &range(Some("--all"), None)).unwrap_err();
    assert!(option.contains("neither a time"), "{option}");
}

#[test]
fn without_repository_or_ledger_the_rest_is_reviewed() {
    let tree = Tree::of(&[]);
    let book =
        LedgerList { tasks: vec![task("h", "coder", "succeeded", "2026-01-18T09:00:00Z")], ..LedgerList::default() };
    let review_of = run(&tree, None, Some(&book), &range(Some("2026-01-18"), None)).unwrap();
    assert_eq!((review_of.metrics.requests, review_of.gaps.len()), (1, 0));
    let refusing = LedgerList { refuses: true, ..LedgerList::default() };
    let refused = run(&tree, None, Some(&refusing), &range(None, None)).unwrap();
    assert!(format!("{:?}", session::sections(&refused)).contains("The ledger was not read: grant `ledger`"));
    let empty = Repository::of(&tree);
    assert_eq!(run(&tree, Some(&empty), None, &range(None, None)).unwrap().metrics.commits, 0);
}

/// A repository that is not granted.
struct ClosedRepository;

impl Git for ClosedRepository {
    fn commit(&self, _revision: &str) -> Result<Option<Commit>, ServiceError> {
        Err(ServiceError::NotGranted("grant it with `baton plugin grant audit git=root`".into()))
    }

    fn log(&self, _range: &CommitRange) -> Result<Vec<Commit>, ServiceError> {
        Err(ServiceError::NotGranted("not granted".into()))
    }

    fn file(&self, _revision: &str, _path: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        Err(ServiceError::NotGranted("not granted".into()))
    }
}

#[test]
fn dates_alone_need_no_repository() {
    let Session { tree, fix, .. } = session();
    let book = book(&fix);
    for range in [range(Some("2026-01-18"), Some("2026-01-19")), range(Some("2026-01-18"), None), range(None, None)] {
        let review = run(&tree, Some(&ClosedRepository), Some(&book), &range).unwrap();
        assert!(review.commits.is_none() && review.handoffs.as_ref().unwrap().len() >= 4, "{range:?}");
        let shown = format!("{:?}", session::sections(&review));
        assert!(
            shown.contains("Commits were not checked: grant it with `baton plugin grant audit git=root`"),
            "{shown}"
        );
        assert!(shown.contains("commits not checked, "), "{shown}");
    }
    let error = run(&tree, Some(&ClosedRepository), Some(&book), &range(Some("HEAD~1"), None)).unwrap_err();
    assert!(error.contains("baton plugin grant audit git=root"), "{error}");
    let without = run(&tree, None, Some(&book), &range(Some("2026-01-18"), None)).unwrap();
    assert!(format!("{:?}", session::sections(&without)).contains("`baton plugin grant audit git=root`"));
}

#[test]
fn secrets_in_titles_are_hidden() {
    let tree = Tree::of(&[("a", "x")]);
    let git = Repository::of(&tree);
    git.commit("fix: set token=hunter2-secret", "2026-01-18T09:00:00Z");
    let review = run(&tree, Some(&git), None, &range(None, None)).unwrap();
    let all = format!("{}{:?}", serde_json::to_string(&review).unwrap(), session::sections(&review));
    assert!(!all.contains("hunter2"), "{all}");
}
