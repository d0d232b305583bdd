//! Decides the step for each gap. The decision depends only on the report, the listed issues and the arguments.
//!
//! | gap | its issue | step |
//! |---|---|---|
//! | in the report | none | create it, if the gap has the wanted severity |
//! | in the report | open | update it, if the title or the description changed |
//! | in the report | closed as done before the audit ran | reopen it |
//! | in the report | closed as not planned, as a duplicate, or after the audit ran | none |
//! | absent, and the report is complete for it | open | close it |
//! | absent otherwise | any | none |
//! | any | described by a later audit | none, except for duplicates |
//! | in the report, or the report is complete for it | several | the first one counts; close the other open ones as duplicates |

use std::collections::{BTreeMap, BTreeSet};

use crate::block::{self, Origin, Style};
use crate::issue::{Change, Issue, IssueState, NewIssue};
use crate::wording;
use baton_plugin_kit::audit_report::{Gap, Report, Severity};

/// The arguments of the operator.
#[derive(Clone, Debug)]
pub struct FilingOptions {
    /// Gaps below this severity get no new issue.
    pub severity: Severity,
    /// Issues of other sources are not touched.
    pub source: String,
    /// How the tracker hides or shows markers.
    pub style: Style,
}

/// The kind of a step, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// Create an issue.
    Create,
    /// Replace the description of an issue.
    Update,
    /// Reopen a closed issue.
    Reopen,
    /// Close an issue whose gap is fixed.
    Close,
    /// Close an issue, because another issue has the same gap.
    CloseDuplicate,
}

impl StepKind {
    /// The words in reports.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Reopen => "reopen",
            Self::Close => "close",
            Self::CloseDuplicate => "close as duplicate",
        }
    }
}

/// A request to the tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Create an issue.
    Create(NewIssue),
    /// Change an issue.
    Change(Box<Issue>, Change),
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its kind.
    pub kind: StepKind,
    /// The gap's id.
    pub gap: String,
    /// The title of the issue.
    pub title: String,
    /// The request to send.
    pub action: Action,
}

/// A line of the list of gaps and issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The gap's id.
    pub gap: String,
    /// The title.
    pub title: String,
    /// The gap's severity, if the report has it.
    pub severity: Option<Severity>,
    /// The issue, if there is one.
    pub issue: Option<Issue>,
    /// The state of the issue, in words for people.
    pub state: &'static str,
}

/// The steps, and the current state of each gap.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// The steps, by gap.
    pub steps: Vec<Step>,
    /// A line for each gap and issue.
    pub rows: Vec<Row>,
}

/// Decides about all gaps.
#[must_use]
pub fn decide(report: &Report, issues: &[Issue], wanted: &FilingOptions) -> Decision {
    let mut by_gap: BTreeMap<&str, Vec<&Issue>> = BTreeMap::new();
    for issue in issues.iter().filter(|issue| issue.marker.source == wanted.source) {
        by_gap.entry(&issue.marker.gap).or_default().push(issue);
    }
    let mut ids: BTreeSet<&str> = report.gaps.keys().map(String::as_str).collect();
    ids.extend(by_gap.keys());
    let mut decision = Decision::default();
    for id in ids {
        let found = by_gap.get(id).map_or(&[][..], Vec::as_slice);
        let (steps, row) = for_gap(report, id, found, wanted);
        decision.steps.extend(steps);
        decision.rows.extend(row);
    }
    decision
}

/// Decides about one gap and all its issues.
#[must_use]
pub fn for_gap(report: &Report, id: &str, issues: &[&Issue], wanted: &FilingOptions) -> (Vec<Step>, Option<Row>) {
    let gap = report.gaps.get(id);
    let Some(first) = first(issues) else {
        let Some(gap) = gap.filter(|gap| gap.severity >= wanted.severity) else { return (Vec::new(), None) };
        let (title, severity) = (wording::title(gap), Some(gap.severity));
        let row = Row { gap: gap.id.clone(), title, severity, issue: None, state: "not filed yet" };
        return (vec![create(report, gap, wanted)], Some(row));
    };
    let mut steps: Vec<Step> = match gap {
        Some(gap) => present(report, gap, first, wanted).into_iter().collect(),
        None => absent(report, first).into_iter().collect(),
    };
    if gap.is_some() || is_fixed(report, first) {
        for other in issues.iter().filter(|issue| issue.key != first.key && issue.state == IssueState::Open) {
            steps.push(close_duplicate(report, gap, other, first, wanted));
        }
    }
    let state = state(report, gap, first, !steps.is_empty());
    let row = Row {
        gap: id.to_owned(),
        title: gap.map_or_else(|| first.title.clone(), wording::title),
        severity: gap.map(|gap| gap.severity),
        issue: Some(first.clone()),
        state,
    };
    (steps, Some(row))
}

/// The issue that Baton uses. Open issues and issues that were closed as not planned come first, then done issues, then
/// duplicates. Among issues of the same rank, the one with the lowest number is used.
fn first<'a>(issues: &[&'a Issue]) -> Option<&'a Issue> {
    let rank = |state| match state {
        IssueState::Open | IssueState::NotPlanned => 0,
        IssueState::Done => 1,
        IssueState::Duplicate => 2,
    };
    issues.iter().copied().min_by_key(|issue| (rank(issue.state), issue.number))
}

/// True if the description of the issue is from a later audit than the report.
const fn is_outdated(report: &Report, issue: &Issue) -> bool {
    issue.marker.at > report.executed_at
}

/// True if the report proves that the gap of the issue no longer exists. The report does not list this gap.
fn is_fixed(report: &Report, issue: &Issue) -> bool {
    report.is_complete_for(&issue.marker.gap) && !is_outdated(report, issue)
}

fn create(report: &Report, gap: &Gap, wanted: &FilingOptions) -> Step {
    let (title, text) = (wording::title(gap), wording::text(gap));
    let origin = Origin { gap: &gap.id, source: &wanted.source, at: report.executed_at };
    let body = block::write(wanted.style, origin, &title, &text);
    let issue = NewIssue { title: title.clone(), body, severity: gap.severity };
    Step { kind: StepKind::Create, gap: gap.id.clone(), title, action: Action::Create(issue) }
}

/// The step for the issue of a gap that the report lists.
fn present(report: &Report, gap: &Gap, issue: &Issue, wanted: &FilingOptions) -> Option<Step> {
    let reopens = match issue.state {
        IssueState::Open => false,
        IssueState::Done if issue.closed_at.is_some_and(|closed| closed < report.executed_at) => true,
        _ => return None,
    };
    let text = wording::text(gap);
    if is_outdated(report, issue) || !(reopens || differs(gap, issue, &text)) {
        return None;
    }
    let mut change = describe(report, gap, issue, &text, wanted);
    change.state = reopens.then_some(IssueState::Open);
    let kind = if reopens { StepKind::Reopen } else { StepKind::Update };
    Some(step(kind, issue, change))
}

/// True if the description or the title of the gap has changed since Baton wrote the issue.
fn differs(gap: &Gap, issue: &Issue, text: &str) -> bool {
    issue.marker.text != block::hash(text) || issue.marker.title != block::hash(&wording::title(gap))
}

/// The new text of an issue, and its new title.
fn describe(report: &Report, gap: &Gap, issue: &Issue, text: &str, wanted: &FilingOptions) -> Change {
    let (title, marker) = (wording::title(gap), &issue.marker);
    // A title that a person changed stays.
    let is_own_title = block::hash(&issue.title) == marker.title;
    let at = report.executed_at.max(marker.at);
    let own = block::write(wanted.style, Origin { gap: &gap.id, source: &wanted.source, at }, &title, text);
    Change {
        title: (is_own_title && issue.title != title).then_some(title),
        body: Some(block::replace(wanted.style, &issue.body, &own)),
        state: None,
        severity: Some(gap.severity),
    }
}

/// The step for the issue of a gap that the report does not list.
fn absent(report: &Report, issue: &Issue) -> Option<Step> {
    let closes = issue.state == IssueState::Open && is_fixed(report, issue);
    let change = Change { state: Some(IssueState::Done), ..Change::default() };
    closes.then(|| step(StepKind::Close, issue, change))
}

fn close_duplicate(report: &Report, gap: Option<&Gap>, issue: &Issue, first: &Issue, wanted: &FilingOptions) -> Step {
    let change = gap.map(|gap| describe(report, gap, issue, &wording::duplicate(gap, &first.name), wanted));
    let mut change = change.unwrap_or_default();
    change.state = Some(IssueState::Duplicate);
    step(StepKind::CloseDuplicate, issue, change)
}

fn step(kind: StepKind, issue: &Issue, change: Change) -> Step {
    let (gap, title) = (issue.marker.gap.clone(), issue.title.clone());
    Step { kind, gap, title, action: Action::Change(Box::new(issue.clone()), change) }
}

fn state(report: &Report, gap: Option<&Gap>, issue: &Issue, has_steps: bool) -> &'static str {
    match (issue.state, gap) {
        (IssueState::Open, Some(_)) if has_steps => "open, to be updated",
        (IssueState::Open, _) if is_outdated(report, issue) => "open; a later audit found the gap",
        (IssueState::Open, Some(_)) => "open",
        (IssueState::Open, None) if is_fixed(report, issue) => "open, the gap is fixed",
        (IssueState::Open, None) => "open; the report does not show whether the gap is fixed",
        (IssueState::Done, Some(_)) if has_steps => "closed, but the audit found the gap again",
        (IssueState::Done, Some(_)) => "closed after the audit; the next audit decides",
        (IssueState::Done, None) => "closed, the gap is fixed",
        (IssueState::NotPlanned, _) => "closed as not planned",
        (IssueState::Duplicate, _) => "closed as a duplicate",
    }
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;

    const ID: &str = "audit:plans/a.md:x.py:missing";

    fn wanted() -> FilingOptions {
        FilingOptions { severity: Severity::Low, source: "audit".to_owned(), style: Style::Comment }
    }

    fn report(findings: &str) -> Report {
        let text = format!(
            r#"{{"schema":3,"report_id":"R","executed_at":"2026-01-18 10:15:00 UTC","plans":[{{"plan":"plans/a.md"}}],
            "plans_left_out":0,"findings":[{findings}]}}"#
        );
        Report::parse(text.as_bytes()).unwrap()
    }

    fn there(evidence: &str) -> Report {
        report(&format!(r#"{{"id":"{ID}","weight":"high","title":"x.py is missing","evidence":"{evidence}"}}"#))
    }

    fn issue(number: u64, state: IssueState, closed_at: Option<i64>) -> Issue {
        let Action::Create(new) = decide(&there(""), &[], &wanted()).steps.remove(0).action else { panic!() };
        Issue {
            key: number.to_string(),
            number,
            name: format!("#{number}"),
            url: String::new(),
            marker: block::read(Style::Comment, &new.body).unwrap(),
            title: new.title,
            body: new.body,
            state,
            closed_at,
        }
    }

    fn kinds(report: &Report, issues: &[Issue]) -> Vec<StepKind> {
        decide(report, issues, &wanted()).steps.iter().map(|step| step.kind).collect()
    }

    #[test]
    fn each_state_of_gap_and_issue_has_its_step() {
        let (audit, none) = (there("").executed_at, Vec::<StepKind>::new());
        let open = issue(7, IssueState::Open, None);
        let done = |at| issue(7, IssueState::Done, Some(at));
        assert_eq!(kinds(&there(""), &[]), [StepKind::Create]);
        assert_eq!(kinds(&there(""), slice::from_ref(&open)), none);
        assert_eq!(kinds(&there("new"), slice::from_ref(&open)), [StepKind::Update]);
        assert_eq!(kinds(&there(""), &[done(audit - 1)]), [StepKind::Reopen]);
        assert_eq!(kinds(&there("new"), &[done(audit + 1)]), none);
        for state in [IssueState::NotPlanned, IssueState::Duplicate] {
            assert_eq!(kinds(&there("new"), &[issue(7, state, Some(0))]), none);
        }
        assert_eq!(kinds(&report(""), slice::from_ref(&open)), [StepKind::Close]);
        assert_eq!(kinds(&report(""), &[done(0)]), none);
        // The gap of another plan needs no step, and the issue of another source is ignored.
        let mut other = open.clone();
        other.marker.gap = "audit:plans/b.md:x.py:missing".to_owned();
        assert_eq!(kinds(&report(""), &[other]), none);
        let mut other = open;
        other.marker.source = "other".to_owned();
        assert_eq!(kinds(&there(""), &[other]), [StepKind::Create]);
    }

    #[test]
    fn the_first_issue_is_used_and_later_open_ones_are_duplicates() {
        let [seven, nine] = [7, 9].map(|number| issue(number, IssueState::Open, None));
        let steps = decide(&there(""), &[nine.clone(), seven.clone()], &wanted()).steps;
        let [Step { kind: StepKind::CloseDuplicate, action: Action::Change(closed, change), .. }] = steps.as_slice()
        else {
            panic!("{steps:?}")
        };
        assert_eq!(closed.number, 9);
        assert!(change.body.as_deref().is_some_and(|body| body.contains("Duplicate of #7.")));
        // A person decided that 7 is the duplicate.
        let duplicate = Issue { state: IssueState::Duplicate, closed_at: Some(1), ..seven };
        assert_eq!(kinds(&there(""), &[duplicate, nine]), []);
        assert_eq!(kinds(&report(""), &[1, 2].map(|number| issue(number, IssueState::Open, None))).len(), 2);
    }

    fn earlier(mut report: Report) -> Report {
        report.executed_at -= 1;
        report
    }

    #[test]
    fn an_older_report_neither_closes_nor_reverts_an_issue() {
        let open = issue(7, IssueState::Open, None);
        assert_eq!(kinds(&earlier(report("")), slice::from_ref(&open)), []);
        assert_eq!(kinds(&earlier(there("old")), slice::from_ref(&open)), []);
        assert_eq!(kinds(&report(""), slice::from_ref(&open)), [StepKind::Close]);
        let rows = decide(&earlier(report("")), slice::from_ref(&open), &wanted()).rows;
        assert_eq!(rows[0].state, "open; a later audit found the gap");
        let two = [open, issue(9, IssueState::Open, None)];
        assert_eq!(kinds(&earlier(report("")), &two), []);
        assert_eq!(kinds(&earlier(there("")), &two), [StepKind::CloseDuplicate]);
        // When an issue is reopened, its marker gets the time of the new audit, even if the description does not change.
        let audit = there("").executed_at;
        let steps = decide(&there(""), &[issue(7, IssueState::Done, Some(audit - 1))], &wanted()).steps;
        let [Step { kind: StepKind::Reopen, action: Action::Change(_, Change { body: Some(body), .. }), .. }] =
            steps.as_slice()
        else {
            panic!("{steps:?}")
        };
        assert_eq!(block::read(Style::Comment, body).unwrap().at, audit);
    }

    #[test]
    fn the_only_open_issue_of_a_gap_stays_open() {
        let done = issue(7, IssueState::Done, Some(there("").executed_at + 1));
        let open = issue(9, IssueState::Open, None);
        assert_eq!(kinds(&there(""), &[done, open.clone()]), []);
        // `foreign` gives an issue the gap of a plan that the report does not cover.
        let foreign = |issue: Issue| {
            let marker = block::Marker { gap: ID.replace("a.md", "b.md"), ..issue.marker.clone() };
            Issue { marker, ..issue }
        };
        let two = [foreign(issue(7, IssueState::Open, None)), foreign(open.clone())];
        assert_eq!(kinds(&report(""), &two), []);
        let not_planned = issue(7, IssueState::NotPlanned, Some(0));
        assert_eq!(kinds(&there(""), &[not_planned, open]), [StepKind::CloseDuplicate]);
    }

    #[test]
    fn a_title_that_a_person_changed_stays() {
        let changed = Issue { title: "Mine".to_owned(), ..issue(7, IssueState::Open, None) };
        assert_eq!(kinds(&there(""), slice::from_ref(&changed)), []);
        let steps = decide(&there("new"), &[changed], &wanted()).steps;
        assert!(matches!(&steps[0].action, Action::Change(_, Change { title: None, body: Some(_), .. })));
    }

    #[test]
    fn a_gap_of_low_severity_is_not_filed_and_its_issue_stays() {
        let wanted = FilingOptions { severity: Severity::High, ..wanted() };
        let mut low = there("");
        low.gaps.values_mut().for_each(|gap| gap.severity = Severity::Low);
        assert!(decide(&low, &[], &wanted).steps.is_empty());
        let steps = decide(&low, &[issue(7, IssueState::Open, None)], &wanted).steps;
        assert_eq!(steps.iter().map(|step| step.kind).collect::<Vec<_>>(), [StepKind::Update]);
    }
}
