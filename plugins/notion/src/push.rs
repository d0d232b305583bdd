//! `push`: makes a plan of the edits in the CSV files. It changes nothing.
//!
//! Each edited row is read from Notion. A cell is a conflict if it was changed in the file and at Notion. Then the file and
//! Notion keep their values. The current values are stored with the plan, for `undo`.

use std::num::NonZeroU32;

use baton_plugin_kit::{Findings, count, markdown};
use baton_plugin_sdk::{Error, OutcomeKind, Severity};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::action_result::{ActionResult, report};
use crate::cell::{self, has_formats, is_writable, same};
use crate::file::{self, EditedCell, EditedRow, Folder};
use crate::journal::{CellChange, Change, Journal};
use crate::read::{is_in_trash, live_properties, whole_properties};
use crate::schema::{Property, decoded, differences};
use crate::services::{Services, known, report_problem};
use crate::store::{Source, Store};
use crate::views;
use baton_plugin_kit::notion::{Api, Refusal, text};

/// The maximum number of rows in a plan. Each row needs one request to make the plan, and two requests to apply it.
const MOST_ROWS: usize = 300;

/// The arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Ids of databases or data sources. An empty list selects all known data sources.
    #[serde(default)]
    pub databases: Vec<String>,
    /// The long-term rate of requests.
    #[serde(default)]
    pub requests_per_second: Option<NonZeroU32>,
}

/// Collects the changes of a plan.
struct Planner<'a> {
    api: &'a Api<'a>,
    store: Store<'a>,
    folder: &'a Folder,
    findings: &'a mut Findings,
    changes: Vec<Change>,
    /// The number of edits that are left out of the plan.
    left: usize,
    fixes: Vec<String>,
}

/// Makes a plan.
///
/// # Errors
/// `permanent` if a file cannot be read or a database is not known; `retryable` if Notion does not answer.
pub fn push(
    api: &Api<'_>,
    services: Services<'_>,
    args: &Args,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let folder = services.folder()?;
    let _alone = services.lock()?;
    let store = Store::open(services.own)?;
    let sources = known(store.sources()?, &args.databases)?;
    if sources.is_empty() {
        return Ok(ActionResult {
            kind: OutcomeKind::Refused,
            summary: "No database was read yet, so no file can have edits.".to_owned(),
            next_steps: vec!["baton run notion pull --arg databases=ID".to_owned()],
            ..ActionResult::default()
        });
    }
    let mut planner = Planner { api, store, folder, findings, changes: Vec::new(), left: 0, fixes: Vec::new() };
    for mut source in sources {
        file::settle(store, folder, &mut source)?;
        planner.plan(&source)?;
    }
    let Planner { changes, left, fixes, .. } = planner;
    finish(services, &changes, left, fixes)
}

impl Planner<'_> {
    fn plan(&mut self, source: &Source) -> Result<(), Error> {
        let Some(found) = file::changed(self.folder, source)? else { return Ok(()) };
        let live = live_properties(self.api, &source.id)?;
        let wrong = differences(&found.header, &source.file_properties, &live);
        if !wrong.is_empty() {
            self.left += 1;
            let fixes = wrong.join("\n");
            report_problem(
                self.findings,
                "schema",
                source,
                "the properties of the database changed at Notion, so the edits of its file are not planned",
                &fixes,
            );
            self.fixes.extend(wrong.iter().map(|fix| format!("{}: {fix}", self.folder.shown(source))));
            return Ok(());
        }
        let edits = file::edits(&found, &live, &self.store.rows(&source.id)?);
        for line in &edits.added {
            self.leave(
                "new-row",
                &format!("{}:{line}", source.id),
                &format!("line {line}: the row has no id of a page that was read; add the row in Notion"),
            );
        }
        for page in &edits.deleted {
            self.leave("deleted-row", page, &format!("{page}: the row was changed in the file, and deleted at Notion"));
        }
        if edits.removed > 0 {
            let text = format!(
                "{} rows were removed from the file; they stay at Notion, and `pull` writes them again",
                edits.removed
            );
            report_problem(self.findings, "removed-rows", source, &text, "to delete a row, delete it in Notion");
        }
        for row in &edits.rows {
            if self.changes.len() >= MOST_ROWS {
                self.left += 1;
                continue;
            }
            self.plan_row(source, row)?;
        }
        Ok(())
    }

    fn leave(&mut self, kind: &str, what: &str, text: &str) {
        self.left += 1;
        self.findings.add(kind, what, Severity::Medium, text, "");
    }

    fn plan_row(&mut self, source: &Source, row: &EditedRow) -> Result<(), Error> {
        let page = match self.api.get(&format!("/v1/pages/{}", row.page)) {
            Ok(page) if !is_in_trash(&page) => page,
            Ok(_) | Err(Refusal::Missing) => {
                self.leave(
                    "deleted-row",
                    &row.page,
                    &format!("{}: the row was changed in the file, and deleted at Notion", row.title),
                );
                return Ok(());
            }
            Err(refusal) => return Err(refusal.into()),
        };
        let edited: Vec<&str> = row.cells.iter().map(|cell| cell.property.id.as_str()).collect();
        let live = whole_properties(self.api, &page, |id| edited.contains(&id))?;
        let mut cells = Vec::new();
        for edited in &row.cells {
            match change(edited, &live) {
                Ok(Some(change)) => cells.push(change),
                Ok(None) => {}
                Err(SkippedCell { kind, why }) => {
                    let what = format!("{}:{}", row.page, edited.property.id);
                    self.leave(kind, &what, &format!("{}, {}: {why}", row.title, edited.property.name));
                }
            }
        }
        if !cells.is_empty() {
            let number = i64::try_from(self.changes.len() + 1).unwrap_or(i64::MAX);
            let (source, page, title) = (source.id.clone(), row.page.clone(), row.title.clone());
            self.changes.push(Change {
                number,
                source,
                page,
                title,
                cells,
                state: "planned".to_owned(),
                note: String::new(),
            });
        }
        Ok(())
    }
}

/// Why a cell is not planned.
pub(crate) struct SkippedCell {
    pub(crate) kind: &'static str,
    pub(crate) why: String,
}

/// The change of a cell; `None` if Notion already has the text.
pub(crate) fn change(edited: &EditedCell, live: &Map<String, Value>) -> Result<Option<CellChange>, SkippedCell> {
    let left = |kind, why: &str| SkippedCell { kind, why: why.to_owned() };
    let EditedCell { property: Property { id, name, kind }, from, to } = edited;
    if !is_writable(kind) {
        return Err(left(
            "read-only",
            &format!("Notion does not allow writing a property of the type {kind}: undo the edit"),
        ));
    }
    let value = value_of(live, id).ok_or_else(|| left("schema", "the page has no such property"))?;
    let now = cell::format(value);
    if same(kind, &now, to) {
        return Ok(None);
    }
    if !same(kind, &now, from) {
        return Err(left(
            "conflict",
            &format!(
                "both sides changed the cell {from:?}: to {now:?} at Notion, to {to:?} in the file; both values stay"
            ),
        ));
    }
    if has_formats(value) {
        return Err(left(
            "formatted",
            "its text has formats, links or mentions, which a CSV file cannot keep: edit it in Notion",
        ));
    }
    let after = cell::parse(kind, to).map_err(|why| SkippedCell { kind: "invalid", why })?;
    let before = cell::parse(kind, &now).map_err(|why| SkippedCell {
        kind: "invalid",
        why: format!("`undo` could not restore the present value of the cell: {why}"),
    })?;
    let (property, name, kind) = (id.clone(), name.clone(), kind.clone());
    Ok(Some(CellChange { property, name, kind, from: now, to: to.clone(), before, after }))
}

/// The value of a property by its id.
pub(crate) fn value_of<'a>(properties: &'a Map<String, Value>, id: &str) -> Option<&'a Value> {
    properties.values().find(|value| decoded(&text(value, "id")) == id)
}

fn finish(services: Services<'_>, changes: &[Change], left: usize, fixes: Vec<String>) -> Result<ActionResult, Error> {
    let mut next_steps = fixes;
    if changes.is_empty() {
        let kind = if left == 0 { OutcomeKind::Done } else { OutcomeKind::Refused };
        let summary = if left == 0 {
            "The files have no edits that are not at Notion.".to_owned()
        } else {
            format!("Nothing is planned: {} cannot be written to Notion.", count(left, "edit"))
        };
        if left > 0 && next_steps.is_empty() {
            next_steps.push(format!("the findings say what to do: baton why {}", services.task));
        }
        return Ok(ActionResult { kind, summary, next_steps, ..ActionResult::default() });
    }
    saved(services, changes, left, next_steps)
}

/// Stores a plan. Returns its result, with a table of the changes.
///
/// # Errors
/// As `wit/sql.wit`.
pub(crate) fn saved(
    services: Services<'_>,
    changes: &[Change],
    left: usize,
    mut next_steps: Vec<String>,
) -> Result<ActionResult, Error> {
    let journal = Journal::open(services.own)?;
    let plan = journal.save(changes, services.now_ms)?;
    let cells: usize = changes.iter().map(|one| one.cells.len()).sum();
    let mut summary = format!("The plan is {plan}: {} in {}.", count(cells, "cell"), count(changes.len(), "row"));
    if left > 0 {
        summary += &format!(
            " {} not planned; the findings say why.",
            if left == 1 { "1 edit is".to_owned() } else { format!("{left} edits are") }
        );
    }
    next_steps.insert(0, format!("to apply the plan: baton run notion apply --arg plan={plan}"));
    let mut table =
        format!("# Plan {plan}\n\nNothing is changed yet.\n\n| row | property | from | to |\n|---|---|---|---|\n");
    for change in changes {
        for one in &change.cells {
            let from = match (one.kind.as_str(), change.page.is_empty()) {
                (views::KIND, _) => "(new view)",
                (_, true) => "(new page)",
                (_, false) => &one.from,
            };
            let [title, name, from, to] = [&change.title, &one.name, from, &one.to].map(markdown::cell);
            table += &format!("| {title} | {name} | {from} | {to} |\n");
        }
    }
    let kind = OutcomeKind::from_counts(1, left);
    Ok(ActionResult { kind, summary, next_steps, reports: vec![report(&format!("notion_{plan}.md"), table)] })
}
