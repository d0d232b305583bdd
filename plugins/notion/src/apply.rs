//! The actions `apply` and `undo`. `apply` carries out a plan, and `undo` restores the former values.
//!
//! Baton reads each row before it changes the row. If somebody else changed the row since the plan was made, `apply` leaves
//! the row as it is, and `undo` restores only the other values. A request sets values, so a request that takes effect twice or
//! late does no harm. If the result of a request is uncertain, Baton reads the row again.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use baton_plugin_kit::plans::StoredPlan;
use baton_plugin_kit::{Findings, count};
use baton_plugin_sdk::{Error, OutcomeKind, Severity};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::action_result::ActionResult;
use crate::cell::{self, same};
use crate::file;
use crate::journal::{CellChange, Change, Journal};
use crate::marked_pages;
use crate::push::value_of;
use crate::read::{is_in_trash, whole_properties};
use crate::services::Services;
use crate::store::{Cells, Store};
use crate::target::{MARKER, Target};
use crate::views;
use baton_plugin_kit::notion::{Api, Refusal, WriteResult, text};

/// The maximum age of a plan. An older plan is refused, because the values at Notion have probably changed since.
const OLDEST_MS: i64 = 7 * 86_400_000;

/// The maximum number of requests to change one row if their results are uncertain.
const ROUNDS: u64 = 5;

/// The arguments.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The plan's id.
    pub plan: String,
    /// The long-term rate of requests.
    #[serde(default)]
    pub requests_per_second: Option<NonZeroU32>,
}

/// Whether a row gets the values of the plan or the former values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Apply,
    Undo,
}

impl Direction {
    fn present(self, cell: &CellChange) -> &str {
        if self == Self::Apply { &cell.from } else { &cell.to }
    }

    fn wanted(self, cell: &CellChange) -> &str {
        if self == Self::Apply { &cell.to } else { &cell.from }
    }

    fn value(self, cell: &CellChange) -> &Value {
        if self == Self::Apply { &cell.after } else { &cell.before }
    }
}

/// Carries out plans.
struct Run<'a> {
    api: &'a Api<'a>,
    services: Services<'a>,
    store: Store<'a>,
    journal: Journal<'a>,
    plan: StoredPlan,
    direction: Direction,
    /// The edits that the CSV files had when the task began, by page.
    edits: BTreeMap<String, Cells>,
}

/// Carries out a plan. If the plan was interrupted, continues it.
///
/// # Errors
/// `permanent` if there is no such plan or it may not be applied; `retryable` if Notion does not answer.
pub fn apply(
    api: &Api<'_>,
    services: Services<'_>,
    args: &Args,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let _alone = services.lock()?;
    let journal = Journal::open(services.own)?;
    let plan = find(journal, &args.plan)?;
    let is_own = plan.state == "applied" && plan.by_task.as_deref() == Some(services.task);
    match plan.state.as_str() {
        "made" if services.now_ms - plan.made_at > OLDEST_MS => {
            return Err(Error::Permanent(format!(
                "the plan {} is older than seven days: make a new one with push or publish",
                plan.id
            )));
        }
        "made" | "begun" => journal.plans.set_state(&plan.id, "begun", services.task)?,
        "applied" if is_own => {}
        state => {
            return Err(Error::Permanent(format!(
                "the plan {} is already {state}: make a new one with push or publish",
                plan.id
            )));
        }
    }
    let store = Store::open(services.own)?;
    let edits = edits(services, store, &journal.changes(&plan.id)?)?;
    let run = Run { api, services, store, journal, plan, direction: Direction::Apply, edits };
    run.all(&["planned", "begun", "sent"], ["begun", "done", "left"], "applied", findings)
}

/// The edits in the CSV files of the data sources that these changes concern. An unreadable file counts as a file without edits.
fn edits(services: Services<'_>, store: Store<'_>, changes: &[Change]) -> Result<BTreeMap<String, Cells>, Error> {
    let mut all = BTreeMap::new();
    let Some(folder) = services.folder else { return Ok(all) };
    let of_plan: BTreeSet<&str> = changes.iter().map(|change| change.source.as_str()).collect();
    for mut source in store.sources()?.into_iter().filter(|source| of_plan.contains(source.id.as_str())) {
        file::settle(store, folder, &mut source)?;
        let Ok(Some(found)) = file::changed(folder, &source) else { continue };
        let names = [source.file_properties.as_slice(), &source.properties].concat();
        for row in file::edits(&found, &names, &store.rows(&source.id)?).rows {
            all.insert(row.page, row.cells.into_iter().map(|cell| (cell.property.id, cell.to)).collect());
        }
    }
    Ok(all)
}

/// Gives the rows of a plan their former values.
///
/// # Errors
/// As [`apply`].
pub fn undo(
    api: &Api<'_>,
    services: Services<'_>,
    args: &Args,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let _alone = services.lock()?;
    let journal = Journal::open(services.own)?;
    let plan = find(journal, &args.plan)?;
    if plan.state == "made" {
        return Ok(ActionResult {
            kind: OutcomeKind::Refused,
            summary: format!("There is nothing to undo: the plan {} was not applied.", plan.id),
            next_steps: vec![format!("to apply it: baton run notion apply --arg plan={}", plan.id)],
            ..ActionResult::default()
        });
    }
    journal.plans.set_state(&plan.id, "undoing", services.task)?;
    let (store, edits) = (Store::open(services.own)?, BTreeMap::new());
    let run = Run { api, services, store, journal, plan, direction: Direction::Undo, edits };
    run.all(&["begun", "sent", "partly", "done", "undoing", "kept"], ["undoing", "undone", "kept"], "undone", findings)
}

fn find(journal: Journal<'_>, id: &str) -> Result<StoredPlan, Error> {
    if let Some(plan) = journal.plans.find(id)? {
        return Ok(plan);
    }
    let newest = journal.plans.newest()?;
    let others = if newest.is_empty() {
        "there is none; to make one: baton run notion push".to_owned()
    } else {
        format!("the newest are: {}", newest.join(", "))
    };
    Err(Error::Permanent(format!("there is no plan {id:?}; {others}")))
}

/// The ids of the pages that this task has created or found, by their markers.
type Pages = BTreeMap<String, String>;

/// True if a change creates a page. For such a change, `publish` stores the same text as `from` and `to`, except for the status.
fn creates(change: &Change) -> bool {
    change.cells.iter().any(|one| one.from == one.to)
}

/// True if `apply` has to complete a relation, because the related page is created by the same plan.
fn is_open_relation(cell: &CellChange) -> bool {
    cell.kind == "relation" && cell.after.is_null()
}

/// The marker of a page that a change creates.
fn marker(change: &Change, target: &Target) -> Option<String> {
    let of_marker = |one: &&CellChange| one.property == target.id(MARKER);
    change.cells.iter().find(of_marker).map(|one| one.to.clone())
}

impl Run<'_> {
    /// Changes each row whose state is in `open`, and gives it the state `begun`, then `finished` or `left`. At the end, the plan
    /// gets the state `over`.
    fn all(
        &self,
        open: &[&str],
        [begun, finished, left]: [&str; 3],
        over: &str,
        findings: &mut Findings,
    ) -> Result<ActionResult, Error> {
        let mut changes = self.journal.changes(&self.plan.id)?;
        let mut pages = BTreeMap::new();
        let count = changes.len();
        for (at, change) in changes.iter_mut().enumerate().filter(|(_, change)| open.contains(&change.state.as_str())) {
            let percent = u8::try_from(at * 100 / count.max(1)).unwrap_or(100);
            self.services.progress.step(percent, &format!("row {} of {count}", at + 1))?;
            if change.state != begun && change.state != "sent" {
                begun.clone_into(&mut change.state);
                self.journal.put(&self.plan.id, change)?;
            }
            let why = self.page(change, &mut pages)?;
            let left = if change.state == "sent" { "partly" } else { left };
            why.as_ref().map_or(finished, |_| left).clone_into(&mut change.state);
            change.note = why.unwrap_or_default();
            self.journal.put(&self.plan.id, change)?;
        }
        if self.direction == Direction::Apply {
            self.settle(&mut changes)?;
        }
        self.journal.plans.set_state(&self.plan.id, over, self.services.task)?;
        Ok(self.result(&changes, finished, left, findings))
    }

    /// Creates the page of a change, or changes the existing page. Returns the reason if the page is left as it is.
    fn page(&self, change: &mut Change, pages: &mut Pages) -> Result<Option<String>, Error> {
        if let Some(view) = views::of(change) {
            return match self.direction {
                Direction::Apply => views::create(self.api, self.services.own, &change.source, view),
                Direction::Undo => Ok(Some("the view stays: delete it in Notion if you do not want it".to_owned())),
            };
        }
        if !change.page.is_empty() && !change.cells.iter().any(is_open_relation) {
            return self.row(change);
        }
        if self.direction == Direction::Undo {
            // `apply` was interrupted before it created this page.
            return Ok(None);
        }
        let target = Target::known(self.services.own, &change.source)?;
        if let Some(why) = self.relate(change, &target, pages)? {
            return Ok(Some(why));
        }
        if !change.page.is_empty() {
            return self.row(change);
        }
        let why = self.create(change, &target)?;
        if let Some(marker) = marker(change, &target).filter(|_| !change.page.is_empty()) {
            pages.insert(marker, change.page.clone());
        }
        Ok(why)
    }

    /// Replaces the marker of an audit by the id of the audit's page, in the relations of a change.
    fn relate(&self, change: &mut Change, target: &Target, pages: &mut Pages) -> Result<Option<String>, Error> {
        let is_new = change.page.is_empty();
        for one in change.cells.iter_mut().filter(|one| is_open_relation(one)) {
            let found = match pages.get(&one.to) {
                Some(id) => Some(id.clone()),
                None => marked_pages::find(self.api, target, &one.to)?.map(|page| page.id),
            };
            let Some(id) = found else { return Ok(Some("the page of its audit does not exist".to_owned())) };
            one.after = json!({ "relation": [{ "id": id }] });
            if is_new {
                (one.from, one.before) = (id.clone(), one.after.clone());
            }
            pages.insert(std::mem::replace(&mut one.to, id.clone()), id);
        }
        self.journal.put(&self.plan.id, change)?;
        Ok(None)
    }

    /// Creates a page, unless a page has the marker: another machine or an earlier request may have created it.
    fn create(&self, change: &mut Change, target: &Target) -> Result<Option<String>, Error> {
        let Some(marker) = marker(change, target) else { return Ok(Some("its marker is missing".to_owned())) };
        let properties: Map<String, Value> =
            change.cells.iter().map(|one| (one.property.clone(), one.after.clone())).collect();
        let body = json!({ "parent": { "type": "data_source_id", "data_source_id": change.source }, "properties": properties });
        for round in 1..=ROUNDS {
            if let Some(page) = marked_pages::find(self.api, target, &marker)? {
                change.page = page.id;
                self.journal.put(&self.plan.id, change)?;
                return self.row(change);
            }
            match self.api.create(&body) {
                WriteResult::Done(page) => {
                    change.page = text(&page, "id");
                    self.journal.put(&self.plan.id, change)?;
                    return Ok(None);
                }
                WriteResult::Unknown(why) => self.api.wait(round, &why)?,
                WriteResult::Refused(Refusal::Rejected(why)) => return Ok(Some(why)),
                WriteResult::Refused(refusal) => return Err(refusal.into()),
            }
        }
        Ok(Some("it is unknown whether the page was created, because Notion did not answer".to_owned()))
    }

    /// Two machines, or a request that took effect late, can create a page twice. Baton uses the page that was created
    /// first.
    fn settle(&self, changes: &mut [Change]) -> Result<(), Error> {
        let Some(one) = changes.iter().find(|change| creates(change)) else { return Ok(()) };
        let target = Target::known(self.services.own, &one.source)?;
        let source = marker(one, &target).and_then(|marker| marker.split(' ').next().map(str::to_owned));
        let counts = marked_pages::settle(self.api, &target, &source.unwrap_or_default())?;
        for change in changes.iter_mut().filter(|change| creates(change) && !change.page.is_empty()) {
            let counted = marker(change, &target).and_then(|marker| counts.get(&marker).cloned());
            if let Some(id) = counted.filter(|id| *id != change.page) {
                change.page = id;
                self.journal.put(&self.plan.id, change)?;
            }
        }
        Ok(())
    }

    /// Writes the values of a row. Returns the reason if the row is left as it is.
    fn row(&self, change: &mut Change) -> Result<Option<String>, Error> {
        for round in 1..=ROUNDS {
            let path = format!("/v1/pages/{}", change.page);
            let page = match self.api.get(&path) {
                Ok(page) => page,
                Err(Refusal::Missing) => return Ok(Some("the page does not exist at Notion any more".to_owned())),
                Err(refusal) => return Err(refusal.into()),
            };
            if is_in_trash(&page) {
                return Ok(Some("the page is in the trash of Notion".to_owned()));
            }
            let live = whole_properties(self.api, &page, |id| change.cells.iter().any(|one| one.property == id))?;
            let (open, foreign) = self.open(change, &live);
            let is_left = foreign.is_some() && self.direction == Direction::Apply;
            if open.is_empty() || is_left {
                if foreign.is_none() {
                    self.record(change, &live)?;
                }
                return Ok(foreign);
            }
            if self.direction == Direction::Apply && change.state != "sent" {
                "sent".clone_into(&mut change.state);
                self.journal.put(&self.plan.id, change)?;
            }
            match self.api.patch(&path, &json!({ "properties": open })) {
                // The row is read again, because Notion may have changed a value, such as the name of an option.
                WriteResult::Done(_) => {}
                WriteResult::Unknown(why) => self.api.wait(round, &why)?,
                WriteResult::Refused(Refusal::Rejected(why)) => return Ok(Some(why)),
                WriteResult::Refused(Refusal::Missing) => {
                    return Ok(Some("the page does not exist at Notion any more".to_owned()));
                }
                WriteResult::Refused(refusal) => return Err(refusal.into()),
            }
        }
        Ok(Some("Notion reports success, but does not have the written value".to_owned()))
    }

    /// The values that are not written yet, by the ids of their properties. Also returns a text if somebody else changed a
    /// value.
    fn open(&self, change: &Change, live: &Map<String, Value>) -> (Map<String, Value>, Option<String>) {
        let (mut open, mut foreign) = (Map::new(), None);
        for one in &change.cells {
            let Some(value) = value_of(live, &one.property) else {
                foreign = Some(format!("the page no longer has the property {:?}", one.name));
                continue;
            };
            let now = cell::format(value);
            if same(&one.kind, &now, self.direction.wanted(one)) {
                continue;
            }
            if !same(&one.kind, &now, self.direction.present(one)) || cell::has_formats(value) {
                foreign =
                    Some(format!("{} was changed at Notion after the plan was made: it is now {now:?}", one.name));
                continue;
            }
            open.insert(one.property.clone(), self.direction.value(one).clone());
        }
        (open, foreign)
    }

    /// Records the present values at Notion, and which of these values the CSV file also has.
    fn record(&self, change: &Change, live: &Map<String, Value>) -> Result<(), Error> {
        let (mut texts, mut in_file) = (Cells::new(), Cells::new());
        let edits = self.edits.get(&change.page);
        for one in &change.cells {
            let text = value_of(live, &one.property).map(cell::format).unwrap_or_default();
            let edited = edits.and_then(|edits| edits.get(&one.property));
            if edited.is_some_and(|edited| same(&one.kind, edited, &text)) {
                in_file.insert(one.property.clone(), text.clone());
            }
            texts.insert(one.property.clone(), text);
        }
        self.store.set(&change.source, &change.page, &texts, &in_file)
    }

    fn result(&self, changes: &[Change], finished: &str, left: &str, findings: &mut Findings) -> ActionResult {
        let is_left = |one: &&Change| one.state == left || one.state == "partly";
        for one in changes.iter().filter(is_left) {
            let title = format!("{}: {left}: {}", one.title, one.note);
            findings.add(left, &one.page, Severity::Medium, title, "");
        }
        let done = changes.iter().filter(|one| one.state == finished).count();
        let not = changes.iter().filter(is_left).count();
        let requests = self.api.requests();
        let what = if self.direction == Direction::Apply { "as planned" } else { "as before" };
        let mut summary = format!("Plan {}: {} {what}, in {requests} requests.", self.plan.id, count(done, "row"));
        let mut next_steps = Vec::new();
        if not > 0 {
            summary += &format!(" {} not changed; the findings say why.", count(not, "row"));
            next_steps.push("to see both values: baton run notion pull, then baton run notion push".to_owned());
        } else if self.direction == Direction::Apply {
            next_steps.push(format!("to restore the former values: baton run notion undo --arg plan={}", self.plan.id));
        }
        ActionResult { kind: OutcomeKind::from_counts(done, not), summary, next_steps, reports: Vec::new() }
    }
}
