//! Creates an issue at GitHub or Linear, or a page of a database at Notion, for each gap in audit reports.
//!
//! This plugin stores nothing: the marker in an issue's text names its gap, so other machines find the same issues.
//! This file opens the host services and creates the outcome; the other modules are tested natively.
//!
//! | file | what |
//! |---|---|
//! | `baton_plugin_kit::audit_report` | the newest report of the audit |
//! | `wording.rs`, `block.rs` | title and description of an issue; Baton's block with the marker |
//! | `decide.rs` | which issue is created, updated, closed or reopened: a function of data |
//! | `run.rs` | carries the steps out, in passes |
//! | `issue.rs`, `github.rs`, `linear.rs`, `notion.rs` | the trait of trackers, and its three implementations |
//! | `web.rs` | requests to GitHub and Linear: rate limits, errors, renewed tokens |
//! | `page.rs` | the plan and the list of issues |

pub mod block;
pub mod decide;
pub mod github;
pub mod issue;
pub mod linear;
pub mod notion;
pub mod page;
pub mod run;
pub mod web;
pub mod wording;

use std::path::Path;
use std::time::Duration;

use baton_plugin_kit::Findings;
use baton_plugin_kit::export::Exports;
use baton_plugin_kit::host::{HeldLock, Host, Locks as _};
use baton_plugin_kit::notion::Api;
use baton_plugin_sdk::{Error, Outcome, OutcomeKind, Plugin, Severity, Task};
use serde::Deserialize;

use crate::decide::{FilingOptions, Row, Step, StepKind};
use crate::github::GitHub;
use crate::issue::{RequestPacer, Tracker};
use crate::linear::Linear;
use crate::notion::Notion;
use crate::run::{FilingResult, FilingRun};
use crate::web::Requests;
use baton_plugin_kit::audit_report::{Report, Severity as GapSeverity};

/// The pause between two changes that GitHub's guide for its API asks for.
const PAUSE_MS: u64 = 1_000;

/// How often a task asks for a lock that another task holds, and the pause between two tries.
const LOCK_TRIES: u32 = 30;
const LOCK_PAUSE: Duration = Duration::from_secs(2);

/// The plugin.
#[derive(Debug, Clone, Copy)]
pub struct IssueTracker;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Args {
    #[serde(default)]
    repository: Option<String>,
    #[serde(default)]
    team: Option<String>,
    #[serde(default)]
    database: Option<String>,
    #[serde(default)]
    severity: GapSeverity,
    source: String,
    #[serde(default)]
    report: Option<String>,
    #[serde(default)]
    pause_ms: Option<u64>,
}

/// The tracker that has the issues.
enum TrackerTarget<'a> {
    GitHub(&'a str),
    Linear(&'a str),
    Notion(&'a str),
}

impl Args {
    fn place(&self) -> Result<TrackerTarget<'_>, Error> {
        match (&self.repository, &self.team, &self.database) {
            (Some(repository), None, None) => Ok(TrackerTarget::GitHub(repository)),
            (None, Some(team), None) => Ok(TrackerTarget::Linear(team)),
            (None, None, Some(database)) => Ok(TrackerTarget::Notion(database)),
            _ => Err(Error::Permanent(
                "give one of `repository` (GitHub, `owner/name`), `team` (Linear, its key) and `database` (Notion, its id), \
                 as --arg or as [agents.tracker.defaults.file] in baton.toml"
                    .to_owned(),
            )),
        }
    }

    /// The arguments as options of `baton run`, for next steps.
    fn options(&self) -> String {
        let all = [
            ("repository", self.repository.as_ref()),
            ("team", self.team.as_ref()),
            ("database", self.database.as_ref()),
            ("source", Some(&self.source)),
            ("report", self.report.as_ref()),
        ];
        let given = all.iter().filter_map(|(name, value)| Some(format!(" --arg {name}={}", value.as_ref()?)));
        given
            .chain(
                (self.severity != GapSeverity::default()).then(|| format!(" --arg severity={}", self.severity.word())),
            )
            .collect()
    }
}

impl Plugin for IssueTracker {
    fn run(task: Task) -> Result<Outcome, Error> {
        let args: Args = task.args_as()?;
        let report = load(&task, args.report.as_deref().unwrap_or("latest.json"))?;
        let pause = Duration::from_millis(args.pause_ms.unwrap_or(PAUSE_MS));
        match args.place()? {
            TrackerTarget::GitHub(repository) => {
                let web = github::host_web();
                let requests = Requests::new(&web, "GitHub");
                act(&task, &args, &report, &GitHub::new(&requests, repository), &requests, pause)
            }
            TrackerTarget::Linear(team) => {
                let web = linear::host_web();
                let requests = Requests::new(&web, "Linear");
                act(&task, &args, &report, &Linear::new(&requests, team), &requests, pause)
            }
            TrackerTarget::Notion(database) => {
                let web = baton_plugin_kit::notion::host_web("notion");
                let api = Api::new(&web, notion::rate(args.pause_ms));
                // The limited rate of `api`'s requests replaces the pause.
                act(&task, &args, &report, &Notion::new(&api, database), &api, Duration::ZERO)
            }
        }
    }
}

fn load(task: &Task, name: &str) -> Result<Report, Error> {
    let Some(mount) = task.mounts("reports").next() else {
        return Err(Error::NeedsGrant("files:ro=reports: to read the newest audit report".to_owned()));
    };
    Report::load(Path::new(&mount.path), &mount.shown_as, name)
}

fn act(
    task: &Task,
    args: &Args,
    report: &Report,
    tracker: &dyn Tracker,
    requests: &dyn RequestPacer,
    pause: Duration,
) -> Result<Outcome, Error> {
    let wanted = FilingOptions { severity: args.severity, source: args.source.clone(), style: tracker.style() };
    let filing = FilingRun { tracker, requests, report, wanted: &wanted, progress: &Host, pause };
    match task.action.as_str() {
        "plan" => plan(args, &filing),
        "file" => {
            let _alone = lock(&filing)?;
            file(task, args, &filing)
        }
        "status" => status(task, &filing),
        other => Err(Error::Permanent(format!("there is no action `{other}`"))),
    }
}

/// The lock of the tasks that file issues. Waits while another task holds it.
fn lock(filing: &FilingRun<'_>) -> Result<Box<dyn HeldLock>, Error> {
    for _ in 0..LOCK_TRIES {
        if let Some(lock) = Host.take("file")? {
            return Ok(lock);
        }
        filing.progress.step(0, "another task files issues; this one waits for it")?;
        filing.requests.rest(LOCK_PAUSE);
    }
    let waited = (LOCK_PAUSE * LOCK_TRIES).as_secs();
    Err(Error::Retryable(format!(
        "another task files issues and has not ended after {waited} s; run this task again when it has ended"
    )))
}

fn plan(args: &Args, filing: &FilingRun<'_>) -> Result<Outcome, Error> {
    let decision = filing.decide()?;
    let name = filing.tracker.name();
    let page = page::plan(&name, &filing.report.id, &decision.steps);
    let summary = format!("{name}: {}. Nothing was changed.", planned(&decision.steps));
    let outcome = Outcome::new(summary).with_artifact("tracker-plan.md", "text/markdown", page);
    if decision.steps.is_empty() {
        return Ok(outcome);
    }
    Ok(outcome.with_next_step(format!("to do this: baton run tracker file{}", args.options())))
}

/// The number of steps of each kind, such as `2 issues to create, 1 to close`.
fn planned(steps: &[Step]) -> String {
    let count = |kind| steps.iter().filter(|step| step.kind == kind).count();
    let kinds = [StepKind::Create, StepKind::Update, StepKind::Reopen, StepKind::Close, StepKind::CloseDuplicate];
    let parts = kinds.iter().filter_map(|kind| match count(*kind) {
        0 => None,
        count => Some(format!("{count} to {}", kind.words())),
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "all issues are up to date".to_owned() } else { format!("issues: {}", parts.join(", ")) }
}

fn file(task: &Task, args: &Args, filing: &FilingRun<'_>) -> Result<Outcome, Error> {
    let filed = filing.file()?;
    let mut findings = Findings::default();
    for (gap, why) in &filed.refused {
        findings.add("not-filed", gap, Severity::Medium, why, gap);
    }
    let is_unfinished = filed.open > 0 || filed.stopped.is_some();
    let left = filed.refused.len() + filed.open.max(usize::from(is_unfinished));
    let kind = OutcomeKind::from_counts(filed.count(), left);
    let mut outcome = Outcome::with_kind(kind, summary(filing, &filed));
    if is_unfinished {
        outcome = outcome.with_next_step(format!("to continue: baton run tracker file{}", args.options()));
    }
    if !filed.refused.is_empty() {
        outcome = outcome.with_next_step("correct what the findings name, then file again");
    }
    outcome.findings = findings.into_list();
    write_links(task, filing, &filed.rows, filed.count() > 0, &mut outcome)?;
    Ok(outcome)
}

fn summary(filing: &FilingRun<'_>, filed: &FilingResult) -> String {
    let count = |kind| filed.done.get(&kind).copied().unwrap_or_default();
    let mut text = format!(
        "{}: {} created, {} updated, {} reopened, {} closed, with {} requests.",
        filing.tracker.name(),
        count(StepKind::Create),
        count(StepKind::Update),
        count(StepKind::Reopen),
        count(StepKind::Close),
        filing.requests.sent(),
    );
    for (number, words) in [
        (count(StepKind::CloseDuplicate), "closed as duplicates"),
        (filed.refused.len(), "refused by the tracker"),
        (filed.open, "still to do"),
    ] {
        if number > 0 {
            text.push_str(&format!(" {number} {words}."));
        }
    }
    if let Some(why) = &filed.stopped {
        text.push_str(&format!(" The task stopped early: {why}."));
    }
    text
}

fn status(task: &Task, filing: &FilingRun<'_>) -> Result<Outcome, Error> {
    let rows = filing.decide()?.rows;
    let (with, without): (Vec<&Row>, Vec<&Row>) =
        rows.iter().filter(|row| row.severity.is_some()).partition(|row| row.issue.is_some());
    let name = filing.tracker.name();
    let mut outcome = Outcome::new(format!(
        "{name}: {} gaps have an issue, {} have none; {} issues belong to gaps that the report does not list.",
        with.len(),
        without.len(),
        rows.len() - with.len() - without.len(),
    ));
    write_links(task, filing, &rows, true, &mut outcome)?;
    Ok(outcome)
}

/// Writes the list of gaps and issues into the folder `links`. If that folder is not granted, writes the list as reports,
/// but only if `is_news` is true.
fn write_links(
    task: &Task,
    filing: &FilingRun<'_>,
    rows: &[Row],
    is_news: bool,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let mut links = Exports::new(task, "links").by("tracker").keep_older(Some(0));
    if !links.has_folder() && !is_news {
        return Ok(());
    }
    let (name, report) = (filing.tracker.name(), &filing.report.id);
    links.put("AUDIT_ISSUES.md", "text/markdown", page::table(&name, report, rows).into_bytes());
    links.put("issues.json", "application/json", page::json(&name, report, rows));
    let written = links.finish(outcome)?;
    outcome.summary.push_str(&format!(" The list with links: {}.", written.first().map_or("", String::as_str)));
    Ok(())
}

baton_plugin_sdk::plugin!(IssueTracker, "../manifest.json");
