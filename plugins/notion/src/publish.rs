//! `publish`: makes a plan of the pages that audits, findings and tracks need in one database. It changes nothing at Notion.
//! `apply` carries out the plan.
//!
//! | wanted | page | planned |
//! |---|---|---|
//! | yes | none | a new page |
//! | yes | one | the values that differ; the status only if it is `Fixed`, `Withdrawn` or empty |
//! | yes | several | the status `Duplicate` for all pages but the first |
//! | a finding, not in a report that covers its plan | one that is `Open` | the status `Fixed` |
//! | no | any other | nothing |
//!
//! A plan also has each view of findings that Baton has neither created nor found yet; see `views.rs`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use baton_plugin_kit::audit_report::Report;
use baton_plugin_kit::{Findings, count, safe_path, time};
use baton_plugin_sdk::{Error, OutcomeKind, Severity};
use serde::Deserialize;
use serde_json::Value;

use crate::action_result::ActionResult;
use crate::cell;
use crate::entry::{Entry, FIXED, OPEN, WITHDRAWN, audit_marker, of_report, of_tracks};
use crate::file::{EditedCell, Folder};
use crate::journal::{CellChange, Change};
use crate::marked_pages::{self, DUPLICATE, MarkedPage};
use crate::push::{change, saved, value_of};
use crate::schema::Property;
use crate::services::{Services, ids};
use crate::target::{AUDIT, AUDITED, MARKER, STATUS, Target};
use crate::views;
use baton_plugin_kit::notion::{Api, data_source};

/// Pages of one plan.
const MOST_PAGES: usize = 300;

/// The longest marker that is published.
const MOST_MARKER: usize = 500;

/// The newest report of the audit.
const NEWEST: &str = "latest.json";

/// The arguments.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The id of a database or data source.
    pub database: String,
    /// The name of the workspace in the markers.
    pub source: String,
    /// The report, below the granted folder.
    #[serde(default)]
    pub report: Option<String>,
    /// A CSV file of tracks, below the granted folder.
    #[serde(default)]
    pub tracks: Option<String>,
    /// The column that identifies a track.
    #[serde(default)]
    pub key: Option<String>,
    /// The long-term rate of requests.
    #[serde(default)]
    pub requests_per_second: Option<NonZeroU32>,
}

/// The granted folders with the files to publish.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The reports of the audit.
    pub reports: Option<&'a Folder>,
    /// CSV files of tracks.
    pub tracks: Option<&'a Folder>,
}

/// Makes a plan.
///
/// # Errors
/// `permanent` if the report or the file cannot be read, or the database lacks properties; `needs-grant` without the folder;
/// `retryable` if Notion does not answer.
pub fn publish(
    api: &Api<'_>,
    services: Services<'_>,
    inputs: Inputs<'_>,
    args: &Args,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let report = report(inputs, args)?;
    let _alone = services.lock()?;
    let database = ids(std::slice::from_ref(&args.database))?.pop().unwrap_or_default();
    let source = data_source(api, &database)?;
    let target = Target::load(api, services.own, &source, report.is_some())?;
    let mut planner = Planner { target: &target, findings, changes: Vec::new(), left: 0 };
    let mut entries = report.as_ref().map(|report| of_report(report, &args.source, &target)).unwrap_or_default();
    if let Some(name) = &args.tracks {
        entries.extend(tracks(inputs, name, args, &mut planner)?);
    }
    let pages = by_marker(marked_pages::all(api, &target, &args.source)?);
    if let Some(report) = &report
        && let Some(later) = later_audit(&pages, report, args, &target)
    {
        return Ok(ActionResult {
            kind: OutcomeKind::Refused,
            summary: format!("Nothing is planned: a later audit than {} is already published ({later}).", report.id),
            next_steps: vec!["to audit again: baton run audit".to_owned()],
            ..ActionResult::default()
        });
    }
    let audit = report.as_ref().map(|report| audit_marker(&args.source, report));
    for entry in &entries {
        planner.plan(entry, pages.get(&entry.marker).map(Vec::as_slice).unwrap_or_default(), &pages);
    }
    if let (Some(report), Some(audit)) = (&report, &audit) {
        planner.plan_fixed(report, audit, args, &pages);
    }
    let Planner { mut changes, mut left, .. } = planner;
    if report.is_some() {
        changes.extend(views::plan(api, services.own, &target, findings)?);
    }
    if changes.len() > MOST_PAGES {
        let more = changes.len() - MOST_PAGES;
        let title = format!("{more} more pages are planned after this plan: apply it, then publish again");
        findings.add("more", &source, Severity::Info, title, "");
        changes.truncate(MOST_PAGES);
        left += more;
    }
    number(&mut changes);
    finish(services, &changes, entries.len(), left)
}

fn number(changes: &mut [Change]) {
    for (number, change) in (1..).zip(changes) {
        change.number = number;
    }
}

fn finish(services: Services<'_>, changes: &[Change], wanted: usize, left: usize) -> Result<ActionResult, Error> {
    if changes.is_empty() {
        let what = if wanted == 1 { "1 page has".to_owned() } else { format!("{wanted} pages have") };
        let mut summary = format!("There is nothing to publish: {what} the wanted values already.");
        let mut next_steps = Vec::new();
        if left > 0 {
            summary = format!("Nothing is planned: {} cannot be published.", count(left, "value"));
            next_steps.push(format!("the findings say what to do: baton why {}", services.task));
        }
        let kind = if left == 0 { OutcomeKind::Done } else { OutcomeKind::Refused };
        return Ok(ActionResult { kind, summary, next_steps, ..ActionResult::default() });
    }
    saved(services, changes, left, Vec::new())
}

/// The report, unless only tracks are published.
fn report(inputs: Inputs<'_>, args: &Args) -> Result<Option<Report>, Error> {
    let name = match (&args.report, &args.tracks) {
        (Some(name), _) => name,
        (None, Some(_)) => return Ok(None),
        (None, None) => NEWEST,
    };
    let missing = "it has no folder with the reports of the audit: baton plugin grant notion files:ro=reports=reports";
    let folder = inputs.reports.ok_or_else(|| Error::NeedsGrant(missing.to_owned()))?;
    Report::load(&folder.path, &folder.shown, name).map(Some)
}

fn tracks(inputs: Inputs<'_>, name: &str, args: &Args, planner: &mut Planner<'_>) -> Result<Vec<Entry>, Error> {
    let missing = "it has no folder with the CSV files of tracks: baton plugin grant notion files:ro=tracks=FOLDER";
    let folder = inputs.tracks.ok_or_else(|| Error::NeedsGrant(missing.to_owned()))?;
    let shown = format!("{}/{name}", folder.shown);
    let path =
        safe_path(name).ok_or_else(|| Error::Permanent(format!("`{name}` is not a path below {}", folder.shown)))?;
    let found = of_tracks(&folder.path.join(path), &shown, args.key.as_deref(), &args.source, planner.target)?;
    for line in &found.skipped {
        planner.leave("skipped", &format!("{name}:{line}"), line);
    }
    if !found.unused.is_empty() {
        let title = format!("{shown}: no property has the name of these columns: {}", found.unused.join(", "));
        planner.findings.add("columns", name, Severity::Info, title, "");
    }
    Ok(found.entries)
}

type Pages = BTreeMap<String, Vec<MarkedPage>>;

fn by_marker(pages: Vec<MarkedPage>) -> Pages {
    let mut all = Pages::new();
    for page in pages {
        all.entry(page.marker.clone()).or_default().push(page);
    }
    all
}

/// The id of a published audit that ran later than the audit of the report.
fn later_audit(pages: &Pages, report: &Report, args: &Args, target: &Target) -> Option<String> {
    let beginning = format!("{} run:", args.source);
    let is_later = |page: &&MarkedPage| {
        let at = value_of(&page.values, target.id(AUDITED)).map(cell::format).unwrap_or_default();
        page.status != DUPLICATE && time::parse(&at).is_some_and(|at| at > report.executed_at)
    };
    let audits = pages.iter().filter(|(marker, _)| marker.starts_with(&beginning)).flat_map(|(_, pages)| pages);
    audits.filter(is_later).find_map(|page| page.marker.strip_prefix(&beginning).map(str::to_owned))
}

/// Collects the changes of a plan.
struct Planner<'a> {
    target: &'a Target,
    findings: &'a mut Findings,
    changes: Vec<Change>,
    /// The number of values that are left out of the plan.
    left: usize,
}

impl Planner<'_> {
    fn leave(&mut self, kind: &str, what: &str, text: &str) {
        self.left += 1;
        self.findings.add(kind, what, Severity::Medium, text, "");
    }

    fn plan(&mut self, entry: &Entry, found: &[MarkedPage], all: &Pages) {
        if entry.marker.chars().count() > MOST_MARKER {
            self.leave(
                "invalid",
                &entry.marker,
                &format!("{}: its id has more than {MOST_MARKER} characters", entry.title),
            );
            return;
        }
        let Some(page) = marked_pages::first(found.iter().cloned()) else { return self.create(entry) };
        let mut wanted = entry.cells.clone();
        if [FIXED, WITHDRAWN, ""].contains(&page.status.as_str()) {
            wanted.insert(self.target.id(STATUS).to_owned(), entry.status.to_owned());
        }
        if entry.owns_title
            && let Some(title) = self.target.title()
        {
            wanted.insert(title.id.clone(), entry.title.clone());
        }
        let mut cells = self.differences(&page, &wanted);
        if let Some(audit) = &entry.audit
            && (!cells.is_empty() || !self.has_audit(&page, all))
        {
            cells.extend(self.relation(&page, audit, all));
        }
        self.change(&page, cells);
        for other in found.iter().filter(|other| other.id != page.id && other.status != DUPLICATE) {
            let status = [(self.target.id(STATUS).to_owned(), DUPLICATE.to_owned())].into();
            let cells = self.differences(other, &status);
            self.change(other, cells);
        }
    }

    /// Plans the status `Fixed` for open findings that the report does not have, although it covers their plans.
    fn plan_fixed(&mut self, report: &Report, audit: &str, args: &Args, all: &Pages) {
        let beginning = format!("{} ", args.source);
        for (marker, found) in all {
            let Some(id) = marker.strip_prefix(&beginning).filter(|id| id.starts_with("audit:")) else { continue };
            if report.gaps.contains_key(id) || !report.is_complete_for(id) {
                continue;
            }
            for page in found.iter().filter(|page| page.status == OPEN) {
                let mut cells = self.differences(page, &[(self.target.id(STATUS).to_owned(), FIXED.to_owned())].into());
                cells.extend(self.relation(page, audit, all));
                self.change(page, cells);
            }
        }
    }

    fn change(&mut self, page: &MarkedPage, cells: Vec<CellChange>) {
        if !cells.is_empty() {
            let title = self.target.title().and_then(|title| value_of(&page.values, &title.id)).map(cell::format);
            self.add(page.id.clone(), title.unwrap_or_default(), cells);
        }
    }

    fn add(&mut self, page: String, title: String, cells: Vec<CellChange>) {
        let (source, state, note) = (self.target.source.clone(), "planned".to_owned(), String::new());
        self.changes.push(Change { number: 0, source, page, title, cells, state, note });
    }

    /// The changes from the present values of a page to the wanted values. A value that a person has formatted is kept.
    fn differences(&mut self, page: &MarkedPage, wanted: &BTreeMap<String, String>) -> Vec<CellChange> {
        let mut cells = Vec::new();
        for (id, to) in wanted {
            let Some(property) = self.target.all.iter().find(|one| one.id == *id).cloned() else { continue };
            let from = value_of(&page.values, id).map(cell::format).unwrap_or_default();
            let what = format!("{}:{id}", page.id);
            match change(&EditedCell { property, from, to: to.clone() }, &page.values) {
                Ok(found) => cells.extend(found),
                Err(left) => self.leave(left.kind, &what, &format!("{}: {}", page.marker, left.why)),
            }
        }
        cells
    }

    /// True if the page has a relation to a page of an audit that is not a duplicate.
    fn has_audit(&self, page: &MarkedPage, all: &Pages) -> bool {
        let related = self.related(page);
        let counts =
            |pages: &Vec<MarkedPage>| pages.iter().any(|one| one.status != DUPLICATE && related.contains(&one.id));
        all.iter().any(|(marker, pages)| marker.contains(" run:") && counts(pages))
    }

    fn related(&self, page: &MarkedPage) -> String {
        value_of(&page.values, self.target.id(AUDIT)).map(cell::format).unwrap_or_default()
    }

    /// The relation to the page of an audit. If the audit has no page yet, the relation has the marker, which `apply` replaces by
    /// the id of the page.
    fn relation(&self, page: &MarkedPage, audit: &str, all: &Pages) -> Option<CellChange> {
        let Property { id, name, kind } = self.target.property(AUDIT)?.clone();
        let known = all.get(audit).and_then(|pages| marked_pages::first(pages.iter().cloned()));
        let (from, to) = (self.related(page), known.map_or_else(|| audit.to_owned(), |page| page.id));
        let before = cell::parse(&kind, &from).unwrap_or_default();
        let after = cell::parse(&kind, &to).unwrap_or_default();
        (from != to).then_some(CellChange { property: id, name, kind, from, to, before, after })
    }

    /// Plans a new page. `undo` sets the status of the page to `Withdrawn`, and keeps the other values.
    fn create(&mut self, entry: &Entry) {
        let mut wanted = entry.cells.clone();
        wanted.insert(self.target.id(MARKER).to_owned(), entry.marker.clone());
        wanted.insert(self.target.id(STATUS).to_owned(), entry.status.to_owned());
        if let Some(title) = self.target.title() {
            wanted.insert(title.id.clone(), entry.title.clone());
        }
        wanted.retain(|_, text| !text.is_empty());
        let mut cells = Vec::new();
        for (id, to) in wanted {
            let Some(Property { name, kind, .. }) = self.target.all.iter().find(|one| one.id == id).cloned() else {
                continue;
            };
            let from = if id == self.target.id(STATUS) { WITHDRAWN.to_owned() } else { to.clone() };
            match (cell::parse(&kind, &from), cell::parse(&kind, &to)) {
                (Ok(before), Ok(after)) => cells.push(CellChange { property: id, name, kind, from, to, before, after }),
                (Err(why), _) | (_, Err(why)) => {
                    self.leave(
                        "invalid",
                        &format!("{}:{id}", entry.marker),
                        &format!("{}, {name}: {why}", entry.title),
                    );
                }
            }
        }
        if let (Some(audit), Some(property)) = (&entry.audit, self.target.property(AUDIT)) {
            let Property { id, name, kind } = property.clone();
            let (from, to, before, after) = (audit.clone(), audit.clone(), Value::Null, Value::Null);
            cells.push(CellChange { property: id, name, kind, from, to, before, after });
        }
        self.add(String::new(), entry.title.clone(), cells);
    }
}
