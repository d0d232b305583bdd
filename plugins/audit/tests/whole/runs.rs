//! Runs of the plugin with all host services: interrupted attempts, reports beside plans, RETURNs.

use std::cell::RefCell;
use std::fs;

use audit::services::HostServices;
use baton_plugin_kit::host::{
    Draft, EmitError, Entry, EvidenceVerdict, FileWatch, Judgement, NoProgress, RequestSender, ReturnJudge, SeenFile,
    ServiceError,
};
use baton_plugin_sdk::{Answered, Cause, Error, Handoff, Outcome, Priority, Severity};
use serde_json::{Value, json};

use crate::sqlite::Sqlite;
use crate::support::{Workspace, has_finding, json as report_of, markdown};
use crate::test_services::{LedgerList, task};

const PLAN: &str = "# P\n\n**Owner:** coder\n\n## Deliverables\n\n- `a.py`\n- `b.py`\n";

/// Accepts all requests.
#[derive(Default)]
struct AcceptedRequests(RefCell<Vec<Draft>>);

impl RequestSender for AcceptedRequests {
    fn send(&self, draft: &Draft) -> Result<(), EmitError> {
        self.0.borrow_mut().push(draft.clone());
        Ok(())
    }

    fn withdraw(&self, _dedupe_key: &str, _reason: &str) -> Result<(), EmitError> {
        Ok(())
    }
}

/// Audits as task `id` in its nth attempt; `ended` are the tasks of the ledger with their states.
fn audit(workspace: &Workspace, database: &Sqlite, id: &str, attempt: u32, ended: &[(&str, &str)]) -> Outcome {
    let tasks: Vec<Entry> = ended.iter().map(|(id, state)| task(id, "audit", state, "2026-01-18T09:00:00Z")).collect();
    let book = LedgerList { tasks, ..LedgerList::default() };
    let mut task = workspace.task("{}");
    (task.id, task.attempt, task.cause) = (id.into(), attempt, Cause::Schedule);
    let services = HostServices { memory: Some(database), ledger: Some(&book), ..HostServices::nothing(&NoProgress) };
    audit::run(&task, &services).unwrap()
}

/// A workspace after the audit `t1`, whose outcome was recorded. `a.py` existed at that audit and is deleted now.
fn regressed(database: &Sqlite) -> Workspace {
    let workspace = Workspace::new().file("plans/p.md", PLAN).file("root/a.py", "x = 1\n").file("root/b.py", "x = 2\n");
    audit(&workspace, database, "t1", 1, &[]);
    fs::remove_file(workspace.path("root/a.py")).unwrap();
    workspace
}

const REGRESSION: &str = "audit:plans/p.md:a.py:regression";

#[test]
fn a_second_attempt_compares_with_the_audit_before_the_first() {
    let database = Sqlite::new();
    let workspace = regressed(&database);
    let taken = [("t1", "succeeded"), ("t2", "running")];
    let first = audit(&workspace, &database, "t2", 1, &taken);
    assert!(has_finding(&first, REGRESSION, Severity::High));
    // The daemon is killed before the outcome is recorded. So the next attempt finds the same state as the first one.
    let second = audit(&workspace, &database, "t2", 2, &taken);
    assert!(has_finding(&second, REGRESSION, Severity::High), "{}", second.summary);
    assert_eq!((&second.summary, &second.artifacts), (&first.summary, &first.artifacts));
    // The outcome of the second attempt is recorded. So the next audit compares with it and reports no change.
    let third = audit(&workspace, &database, "t3", 1, &[("t1", "succeeded"), ("t2", "succeeded")]);
    assert!(third.summary.starts_with("Nothing changed since"), "{}", third.summary);
    assert_eq!(database.number("SELECT count(*) FROM plans"), 1);
    assert_eq!(database.number("SELECT count(*) FROM pending"), 0);
}

#[test]
fn an_audit_without_an_outcome_is_not_compared_with() {
    for state in ["failed", "dead", "cancelled", "queued", "waiting"] {
        let database = Sqlite::new();
        let workspace = regressed(&database);
        audit(&workspace, &database, "t2", 1, &[("t1", "succeeded")]);
        let later = audit(&workspace, &database, "t3", 1, &[("t1", "succeeded"), ("t2", state)]);
        assert!(has_finding(&later, REGRESSION, Severity::High), "{state}: {}", later.summary);
    }
}

#[test]
fn an_audit_whose_outcome_is_being_recorded_counts() {
    let database = Sqlite::new();
    let workspace = regressed(&database);
    audit(&workspace, &database, "t2", 1, &[("t1", "succeeded")]);
    let later = audit(&workspace, &database, "t3", 1, &[("t1", "succeeded"), ("t2", "running")]);
    assert!(later.summary.starts_with("Nothing changed since"), "{}", later.summary);
}

#[test]
fn a_discarded_audit_restores_the_data_of_a_deleted_plan() {
    let database = Sqlite::new();
    let workspace =
        Workspace::new().file("plans/p.md", PLAN).file("plans/q.md", "# Q\n\n## Deliverables\n\n- `q.py`\n");
    audit(&workspace, &database, "t1", 1, &[]);
    fs::remove_file(workspace.path("plans/q.md")).unwrap();
    let gone = |outcome: &Outcome| {
        let report = report_of(outcome);
        let plans = report["parts"]["history"]["rows"]["plans"].as_array().unwrap().clone();
        plans.iter().filter(|plan| plan["after"].is_null()).count()
    };
    let first = audit(&workspace, &database, "t2", 1, &[("t1", "succeeded")]);
    let second = audit(&workspace, &database, "t2", 2, &[("t1", "succeeded")]);
    assert_eq!((gone(&first), gone(&second)), (1, 1));
    let third = audit(&workspace, &database, "t3", 1, &[("t2", "succeeded")]);
    assert!(third.summary.starts_with("Nothing changed since"), "{}", third.summary);
    assert_eq!(database.number("SELECT count(*) FROM plans"), 1);
}

#[test]
fn reports_that_the_argument_names_are_checked_too() {
    let workspace = Workspace::new()
        .file("plans/p.md", PLAN)
        .file("root/docs/reports/r.md", "# R\n\nCoverage: 3 of 4 (80%)\n")
        .file("root/docs/other.md", "# O\n\nCoverage: 1 of 4 (80%)\n");
    let claims = |args: Value| {
        let outcome = workspace.run(&args.to_string()).unwrap();
        let rows = report_of(&outcome)["parts"]["claims"]["rows"]["rows"].clone();
        let rows = rows.as_array().cloned().unwrap_or_default();
        let named = rows
            .iter()
            .map(|row| format!("{} {}", row["document"].as_str().unwrap(), row["verdict"].as_str().unwrap()));
        (named.collect::<Vec<_>>(), outcome)
    };
    assert_eq!(claims(json!({})).0, Vec::<String>::new());
    let (rows, outcome) = claims(json!({"reports": ["docs/reports"]}));
    assert_eq!(rows, ["root/docs/reports/r.md FALSE"]);
    assert!(outcome.findings.iter().any(|finding| finding.id.starts_with("audit:root/docs/reports/r.md:")));
    assert_eq!(report_of(&outcome)["plans"].as_array().unwrap().len(), 1, "a report is not a plan");
    assert_eq!(claims(json!({"reports": "**/*.md"})).0.len(), 2);
    let (rows, outcome) = claims(json!({"reports": ["docs/gone"]}));
    assert_eq!(rows, Vec::<String>::new());
    assert!(has_finding(&outcome, "audit:reports:docs/gone:missing", Severity::Medium));
    let refused = workspace.run(r#"{"reports": ["../elsewhere"]}"#);
    assert!(matches!(refused, Err(Error::NeedsGrant(text)) if text.contains("../elsewhere")));
}

/// A RETURN of the coder to the request under this key.
fn returned(workspace: &Workspace, key: &str, raw: &Value) -> baton_plugin_sdk::Task {
    let mut task = workspace.task("{}");
    (task.id, task.action) = ("r-1".into(), "check-return".into());
    task.cause = Cause::Return(Answered {
        task: Some("h-1".into()),
        agent: Some("coder".into()),
        title: None,
        dedupe_key: Some(key.to_owned()),
        args: "{}".into(),
        done: true,
    });
    task.handoff = Some(Handoff {
        id: "x".into(),
        from: Some("coder".into()),
        title: "RETURN of the coder".into(),
        body: String::new(),
        priority: Priority::Medium,
        created_at: None,
        raw: Some(raw.to_string()),
    });
    task
}

#[test]
fn the_report_after_a_return_has_the_claims_of_the_return() {
    let (database, letters) = (Sqlite::new(), AcceptedRequests::default());
    let workspace = Workspace::new().file("plans/p.md", PLAN).file("root/a.py", "x = 1\n");
    let services =
        HostServices { memory: Some(&database), requests: Some(&letters), ..HostServices::nothing(&NoProgress) };
    audit::run(&workspace.task("{}"), &services).unwrap();
    let key = letters.0.borrow()[0].dedupe_key.clone();
    let raw = json!({"type": "RETURN_HANDOFF", "files_created": ["b.py"]});
    let outcome = audit::run(&returned(&workspace, &key, &raw), &services).unwrap();
    assert!(outcome.summary.starts_with("The RETURN of coder makes 1 claim: 0 true, 1 false"), "{}", outcome.summary);
    let id = "audit:RETURN of the coder:b.py:claim-deliverable";
    assert!(has_finding(&outcome, id, Severity::High), "the finding is on the task of the RETURN");
    let report = report_of(&outcome);
    let rows = report["parts"]["claims"]["rows"]["rows"].as_array().unwrap();
    assert_eq!(
        (rows[0]["document"].as_str(), rows[0]["verdict"].as_str()),
        (Some("RETURN of the coder"), Some("FALSE"))
    );
    assert!(report["findings"].as_array().unwrap().iter().any(|finding| finding["id"] == id));
    assert!(markdown(&outcome).contains("### False claims"));
}

/// The judgements about RETURNs, and the files that the audit watches for them.
#[derive(Default)]
struct RecordedJudgements(RefCell<Vec<Judgement>>, RefCell<Vec<String>>);

impl ReturnJudge for RecordedJudgements {
    fn judge(&self, judgement: &Judgement) -> Result<(), ServiceError> {
        self.0.borrow_mut().push(judgement.clone());
        Ok(())
    }
}

impl FileWatch for RecordedJudgements {
    fn set(&self, key: &str, files: Vec<SeenFile>) -> Result<(), ServiceError> {
        if key.starts_with("returns:") {
            *self.1.borrow_mut() = files.into_iter().map(|file| file.path).collect();
        }
        Ok(())
    }
}

#[test]
fn a_return_is_judged_only_if_it_names_something_to_check() {
    let workspace = Workspace::new().file("plans/p.md", PLAN).file("root/a.py", "x = 1\n");
    let judged = |raw: Value| {
        let (verdicts, book) = (RecordedJudgements::default(), LedgerList::default());
        let services = HostServices {
            judge: Some(&verdicts),
            files: Some(&verdicts),
            ledger: Some(&book),
            ..HostServices::nothing(&NoProgress)
        };
        audit::run(&returned(&workspace, "no request of the audit", &raw), &services).unwrap();
        let watched = verdicts.1.borrow().len();
        let said = verdicts
            .0
            .borrow()
            .iter()
            .map(|one| (one.task.clone(), one.verdict, one.reasons.join("; ")))
            .collect::<Vec<_>>();
        (said, watched)
    };
    let (said, watched) = judged(json!({"type": "RETURN_HANDOFF", "files_created": ["a.py"]}));
    assert_eq!((said, watched), (vec![(None, EvidenceVerdict::Verified, "1 claim true".to_owned())], 0));
    let (said, watched) = judged(json!({"type": "RETURN_HANDOFF", "files_created": ["a.py", "b.py"]}));
    let [(None, EvidenceVerdict::Refuted, reasons)] = said.as_slice() else { panic!("{said:?}") };
    assert!(reasons.contains("b.py") && watched == 1, "{reasons} {watched}");
    let (said, _) = judged(json!({"type": "RETURN_HANDOFF", "status": "completed", "summary": "It is done."}));
    assert_eq!(said, []);
    let plugins = json!({"type": "RETURN_HANDOFF", "files_created": ["b.py"], "baton": {"ledger_head": "0"}});
    assert_eq!(judged(plugins).0, [], "a RETURN that Baton wrote is not judged");
}

#[test]
fn an_audit_checks_refuted_returns_again() {
    let answer = |id: &str, path: &str| {
        let bytes = json!({"type": "RETURN_HANDOFF", "files_created": [path]}).to_string().into_bytes();
        let refuted =
            Entry { evidence: Some("refuted".into()), ..task(id, "coder", "succeeded", "2026-01-18T09:00:00Z") };
        (refuted, (id.to_owned(), bytes))
    };
    let (tasks, inputs) = [answer("there", "a.py"), answer("missing", "b.py")].into_iter().unzip();
    let book = LedgerList { tasks, inputs, ..LedgerList::default() };
    let verdicts = RecordedJudgements::default();
    for plan in [Some(PLAN), None] {
        let workspace = Workspace::new().file("root/a.py", "x = 1\n").file("plans/empty.json", "{}");
        let workspace = plan.into_iter().fold(workspace, |workspace, plan| workspace.file("plans/p.md", plan));
        let services = HostServices {
            judge: Some(&verdicts),
            files: Some(&verdicts),
            ledger: Some(&book),
            ..HostServices::nothing(&NoProgress)
        };
        verdicts.0.borrow_mut().clear();
        audit::run(&workspace.task("{}"), &services).unwrap();
        let said: Vec<_> = verdicts.0.borrow().iter().map(|one| (one.task.clone(), one.verdict)).collect();
        assert_eq!(said, [(Some("there".to_owned()), EvidenceVerdict::Verified)], "{plan:?}");
        assert!(
            matches!(verdicts.1.borrow().as_slice(), [only] if only.ends_with("/b.py")),
            "{:?}",
            verdicts.1.borrow()
        );
    }
}

#[test]
fn the_report_of_a_huge_workspace_is_short_for_people_and_complete_in_json() {
    let rows: String = (0..3_000).map(|nth| format!("- `lib/f{nth}.py`\n")).collect();
    let workspace = (0..150).fold(Workspace::new(), |workspace, nth| {
        workspace.file(&format!("plans/p{nth:03}.md"), "# P\n\n## Deliverables\n\n- `a.py`\n")
    });
    let workspace = workspace.file("plans/large.md", format!("# L\n\n## Deliverables\n\n{rows}"));
    let outcome = workspace.run("{}").unwrap();
    let report = report_of(&outcome);
    assert_eq!(report["rows_left_out"], 0);
    let listed: usize =
        report["plans"].as_array().unwrap().iter().map(|plan| plan["deliverables"].as_array().unwrap().len()).sum();
    assert_eq!(listed, 3_150, "the JSON form has everything");
    let text = markdown(&outcome);
    for words in ["and 2,800 more rows, all in the JSON form", "and 51 more plans, all in the JSON form"] {
        assert!(text.contains(words), "{words}");
    }
    assert!(text.lines().count() < 4_000, "{}", text.lines().count());
    assert!(text.contains("| **Overall** |"), "totals stay");
    let html = &outcome.artifacts[2].bytes;
    assert!(html.len() < 3 << 20, "{}", html.len());
}
