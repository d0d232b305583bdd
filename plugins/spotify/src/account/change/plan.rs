//! Makes a plan: reads the present playlists, and stores the new items of each of them. Changes nothing in the account.

use std::collections::HashSet;
use std::fmt::Write as _;

use baton_plugin_kit::Findings;
use baton_plugin_kit::csv_file::CsvWriter;
use baton_plugin_kit::host::{Progress, Writable};
use baton_plugin_kit::markdown::cell;
use baton_plugin_kit::plans::StoredPlan;
use baton_plugin_kit::playlist_names::{one_line, playlist_id};
use baton_plugin_sdk::{Artifact, Error, OutcomeKind, Severity};

use super::journal::{Change, Journal};
use super::remote::{self, RemotePlaylist};
use super::steps::{PossibleItems, Step, between, possible_items};
use crate::account::items::entry;
use crate::account::pages;
use crate::account::playlist_list::AccountPlaylist;
use crate::account::web::Api;
use crate::action_result::{ActionResult, CSV, MARKDOWN, file};
use crate::model::{Playlist, SERVICE_ACCOUNT, WantedPlaylist};
use baton_plugin_kit::counted;

/// The maximum number of items of a playlist; Spotify's limit.
const MOST_ITEMS: usize = 10_000;

/// The maximum number of rows of the CSV with the former and the new lists: an outcome has 16 MiB.
const MOST_ROWS: usize = 100_000;

/// The services that the making of a plan needs.
#[derive(Clone, Copy)]
pub struct PlanServices<'a> {
    /// The plugin's own tables.
    pub own: &'a dyn Writable,
    /// Progress and cancellation.
    pub progress: &'a dyn Progress,
    /// The time, in milliseconds since 1970 UTC.
    pub now: i64,
}

/// Reads the present playlists of the account: those with these names or ids, or all that it owns or edits.
///
/// # Errors
/// Spotify is not reachable, or there is no such playlist.
pub fn playlists(api: &Api<'_>, only: &[String]) -> Result<Vec<Playlist>, Error> {
    read_all(api, only).map_err(|error| api.permanent_at_limit(error))
}

fn read_all(api: &Api<'_>, only: &[String]) -> Result<Vec<Playlist>, Error> {
    let mut found = remote::all(api)?;
    if only.is_empty() {
        found.retain(|one| one.is_readable);
    } else {
        found = only.iter().map(|name| existing(&found, name)).collect::<Result<_, _>>()?;
    }
    let read = |one: AccountPlaylist| {
        let list =
            pages::all(api, &format!("/v1/playlists/{}/items?additional_types=track,episode", one.id), |_, _| {})?;
        if let Some(why) = list.incomplete {
            return Err(Error::Retryable(format!("{}: {why}", one.name)));
        }
        let entries = list.items.iter().map(entry).collect();
        let service = SERVICE_ACCOUNT.to_owned();
        Ok(Playlist { service, id: one.id, name: one.name, entries, complete: true, ..Playlist::default() })
    };
    found.into_iter().map(read).collect()
}

/// The playlist with this name or id that the account can change.
pub(super) fn existing(all: &[AccountPlaylist], name: &str) -> Result<AccountPlaylist, Error> {
    match find(all, name)? {
        Some(found) if found.is_readable => Ok(found.clone()),
        Some(found) => Err(Error::Permanent(format!(
            "the playlist `{}` belongs to {}, so your account cannot change it",
            found.name, found.owner
        ))),
        None => Err(Error::Permanent(format!("the account has no playlist {name:?}"))),
    }
}

/// The playlist with this id or name. If several playlists have the name, the playlist that the account can change.
pub(super) fn find<'a>(all: &'a [AccountPlaylist], name: &str) -> Result<Option<&'a AccountPlaylist>, Error> {
    if let Some(found) = all.iter().find(|one| one.id == name) {
        return Ok(Some(found));
    }
    let named = || all.iter().filter(|one| playlist_id(&one.name) == playlist_id(name));
    let own: Vec<&AccountPlaylist> = named().filter(|one| one.is_readable).collect();
    match own.as_slice() {
        [] => Ok(named().next()),
        [one] => Ok(Some(one)),
        several => {
            let ids: Vec<&str> = several.iter().map(|one| one.id.as_str()).collect();
            let (count, ids) = (several.len(), ids.join("`, `"));
            Err(Error::Permanent(format!("the account has {count} playlists `{name}`; use an id: `{ids}`")))
        }
    }
}

/// Makes a plan for these playlists.
///
/// # Errors
/// Spotify is not reachable, a playlist belongs to others or has too many items, or the own tables fail.
pub fn plan(
    api: &Api<'_>,
    services: PlanServices<'_>,
    wanted: &[WantedPlaylist],
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let mut planner = Planner::new(api, services, remote::all(api)?, findings);
    let mut seen = HashSet::new();
    for (number, one) in wanted.iter().enumerate() {
        let percent = u8::try_from(number * 95 / wanted.len()).unwrap_or(95);
        services.progress.step(percent, &one.name)?;
        if !seen.insert(one.id.clone().unwrap_or_else(|| playlist_id(&one.name))) {
            let title = format!("{}: several lists have this name, and only the first is planned", one.name);
            let way = "To plan another of these lists, pass its file, or `account` for the list of your account, instead of the folder or `catalog`.";
            planner.findings.add("same-name", &one.name, Severity::Medium, title, way);
            continue;
        }
        planner.add(one).map_err(|error| api.permanent_at_limit(error))?;
    }
    planner.finish()
}

/// Makes a plan for one new or existing playlist.
pub(super) fn plan_one(
    api: &Api<'_>,
    services: PlanServices<'_>,
    all: Vec<AccountPlaylist>,
    wanted: &WantedPlaylist,
    present: Option<RemotePlaylist>,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let mut planner = Planner::new(api, services, all, findings);
    planner.put(wanted, present)?;
    planner.finish()
}

struct Row {
    name: String,
    before: usize,
    after: usize,
    removed: usize,
    added: usize,
    moved: usize,
    requests: usize,
    is_new: bool,
}

struct Planner<'a> {
    api: &'a Api<'a>,
    services: PlanServices<'a>,
    all: Vec<AccountPlaylist>,
    rows: Vec<Row>,
    changes: Vec<Change>,
    /// The number of playlists that are left out, because their exports are incomplete.
    incomplete: usize,
    findings: &'a mut Findings,
}

impl<'a> Planner<'a> {
    fn new(
        api: &'a Api<'a>,
        services: PlanServices<'a>,
        all: Vec<AccountPlaylist>,
        findings: &'a mut Findings,
    ) -> Self {
        Self { api, services, all, rows: Vec::new(), changes: Vec::new(), incomplete: 0, findings }
    }

    fn add(&mut self, wanted: &WantedPlaylist) -> Result<(), Error> {
        let name = wanted.id.as_deref().unwrap_or(&wanted.name);
        // A playlist of others with the same name does not prevent a new playlist.
        let found = find(&self.all, name)?.filter(|one| one.is_readable).cloned();
        let Some(found) = found else { return self.put(wanted, None) };
        if wanted.is_incomplete {
            let title = format!("{}: its export is incomplete, so the plan leaves the playlist as it is", found.name);
            let why = "The plan would remove the items of the account that the export does not have.";
            self.findings.add("incomplete", &found.name, Severity::Medium, title, why);
            self.incomplete += 1;
            return Ok(());
        }
        let present = remote::read(self.api, &found.id)?;
        if wanted.before.as_ref().is_some_and(|before| *before != present.items) {
            return Err(Error::Retryable(format!("the playlist {} changed while the plan was made", found.name)));
        }
        self.put(&WantedPlaylist { id: Some(found.id), name: found.name, ..wanted.clone() }, Some(present))
    }

    fn put(&mut self, wanted: &WantedPlaylist, present: Option<RemotePlaylist>) -> Result<(), Error> {
        let is_new = present.is_none();
        let (before, snapshot) = present.map(|present| (present.items, present.snapshot)).unwrap_or_default();
        let PossibleItems { items: after, left_out, stay } = possible_items(&before, &wanted.items);
        self.report(&wanted.name, left_out, stay);
        if after.len() > MOST_ITEMS {
            let (name, count) = (&wanted.name, after.len());
            return Err(Error::Permanent(format!("{name} would have {count} items; Spotify allows {MOST_ITEMS}")));
        }
        let steps = between(&before, &after);
        self.rows.push(row(&wanted.name, &before, &after, &steps, is_new));
        if steps.is_empty() && !is_new {
            return Ok(());
        }
        self.changes.push(Change {
            number: i64::try_from(self.changes.len() + 1).unwrap_or(i64::MAX),
            playlist: wanted.id.clone().filter(|_| !is_new).unwrap_or_default(),
            name: one_line(&wanted.name),
            is_new,
            snapshot,
            done: 0,
            state: "planned".to_owned(),
            note: None,
            base: before.clone(),
            before,
            after,
        });
        Ok(())
    }

    fn report(&mut self, name: &str, left_out: usize, stay: usize) {
        if left_out > 0 {
            let items = counted(left_out, "item has", "items have");
            let title = format!("{name}: {items} no id at Spotify, so the plan does not add them");
            self.findings.add(
                "no-id",
                name,
                Severity::Low,
                title,
                "Such items are local files, unnamed rows and deleted items.",
            );
        }
        if stay > 0 {
            let items = counted(stay, "item stays", "items stay");
            let title = format!("{name}: {items} at the end of the playlist, because the API cannot remove such items");
            self.findings.add(
                "stays",
                name,
                Severity::Low,
                title,
                "Such items are local files, and items that are not available any more.",
            );
        }
    }

    fn finish(self) -> Result<ActionResult, Error> {
        let unchanged = self.rows.len() - self.changes.len();
        let left_out = match self.incomplete {
            0 => String::new(),
            count => {
                let playlists = counted(count, "playlist is", "playlists are");
                format!(" {playlists} not in the plan, because the export is incomplete.")
            }
        };
        if self.changes.is_empty() {
            let summary = format!(
                "{} up to date. There is nothing to do.{left_out}",
                counted(unchanged, "playlist of the account is", "playlists of the account are")
            );
            return Ok(ActionResult { summary, ..ActionResult::default() });
        }
        let stored = Journal::open(self.services.own)?.save(&self.changes, self.services.now)?;
        let sum = |of: fn(&Row) -> usize| self.rows.iter().map(of).sum::<usize>();
        let (new, changed) = (self.rows.iter().filter(|row| row.is_new).count(), self.changes.len());
        let mut summary = format!(
            "{} to change, {new} to create: {} items to add, {} to remove, {} to move, with {}.",
            counted(changed - new, "playlist", "playlists"),
            sum(|row| row.added),
            sum(|row| row.removed),
            sum(|row| row.moved),
            counted(sum(|row| row.requests), "request", "requests"),
        );
        if unchanged > 0 {
            let _ = write!(summary, " {} up to date.", counted(unchanged, "playlist is", "playlists are"));
        }
        summary.push_str(&left_out);
        let _ = write!(
            summary,
            " Nothing was changed. The plan is {0}: `baton run spotify apply --arg plan={0}`.",
            stored.id
        );
        let next = format!("check the plan, then: baton run spotify apply --arg plan={}", stored.id);
        let reports = vec![
            file(format!("account_{}.md", stored.id), MARKDOWN, table(&stored, &self.rows, &summary)),
            lists(&stored, &self.changes)?,
        ];
        Ok(ActionResult {
            kind: OutcomeKind::Done,
            summary,
            next_steps: vec![next],
            reports,
            ..ActionResult::default()
        })
    }
}

fn row(name: &str, before: &[String], after: &[String], steps: &[Step], is_new: bool) -> Row {
    let mut row = Row {
        name: name.to_owned(),
        before: before.len(),
        after: after.len(),
        removed: 0,
        added: 0,
        moved: 0,
        requests: steps.len() + usize::from(is_new),
        is_new,
    };
    let mut list = before.to_vec();
    for step in steps {
        let had = list.len();
        step.apply(&mut list);
        match step {
            Step::Remove { .. } => row.removed += had - list.len(),
            Step::Move { length, .. } => row.moved += length,
            Step::Add { uris, .. } => row.added += uris.len(),
        }
    }
    row
}

fn table(plan: &StoredPlan, rows: &[Row], summary: &str) -> String {
    let mut text = format!(
        "# Plan {} for the Spotify account\n\n{summary}\n\n| playlist | items | will have | removed | added | moved | requests |\n\
         |---|---:|---:|---:|---:|---:|---:|\n",
        plan.id
    );
    for row in rows {
        let Row { before, after, removed, added, moved, requests, .. } = row;
        let new = if row.is_new { " (new)" } else { "" };
        let name = cell(&row.name);
        let _ = writeln!(text, "| {name}{new} | {before} | {after} | {removed} | {added} | {moved} | {requests} |");
    }
    text.push_str("\nAn item that occurs too often is removed and added again, because Spotify removes all of its places at once.\n");
    text
}

/// The former and the new list of each playlist.
fn lists(plan: &StoredPlan, changes: &[Change]) -> Result<Artifact, Error> {
    let write = || -> Result<Vec<u8>, String> {
        let mut sheet = CsvWriter::new(["Playlist", "List", "Position", "Track URI"])?;
        let both = |change: &Change| {
            let named = |list: &'static str, items: &[String]| {
                let name = change.name.clone();
                let rows = items.iter().enumerate();
                rows.map(|(at, uri)| [name.clone(), list.to_owned(), (at + 1).to_string(), uri.clone()])
                    .collect::<Vec<_>>()
            };
            [named("before", &change.before), named("after", &change.after)].concat()
        };
        for row in changes.iter().flat_map(both).take(MOST_ROWS) {
            sheet.row(row)?;
        }
        sheet.into_bytes()
    };
    Ok(file(format!("account_{}.csv", plan.id), CSV, write().map_err(Error::Permanent)?))
}
