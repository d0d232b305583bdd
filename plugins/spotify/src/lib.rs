//! Reads Spotify's exports and accounts, and compares, merges, cleans and writes playlists.
//!
//! This file opens the host services, calls the module of the action and converts its result to an outcome. The other
//! modules use folders, tables and traits, but no WebAssembly interface, so native tests run them on real databases.
//! Only `account/` contacts Spotify, and only its `apply` and `undo` change something there.
//!
//! | file | what |
//! |---|---|
//! | `account/` | an account: playlists, liked songs, the present item; plans for its playlists |
//! | `read/` | the files and contents of exports |
//! | `import/`, `catalog.rs`, `notes.rs`, `episodes.rs` | writing and reading the catalog |
//! | `diff/`, `merge.rs`, `dedupe.rs`, `playlists_for_track.rs`, `plan.rs`, `export/` | one action each |
//! | `library.rs` | the content of the library for a track that an account plays |
//! | `moved_actions.rs` | the actions that music-files has now |
//! | `model.rs`, `uri.rs`, `names.rs`, `ids.rs`, `source.rs` | shared types |

pub mod account;
pub mod action_result;
pub mod catalog;
pub mod dedupe;
pub mod diff;
pub mod episodes;
pub mod export;
mod ids;
pub mod import;
pub mod library;
pub mod merge;
pub mod model;
mod moved_actions;
pub mod names;
pub mod notes;
pub mod outcome_kind;
pub mod plan;
pub mod playlists_for_track;
pub mod read;
pub mod source;
pub mod uri;

use std::time::SystemTime;

use baton_plugin_kit::Findings;
use baton_plugin_kit::export::Exports;
use baton_plugin_kit::host::{Host, Tables};
use baton_plugin_sdk::{Error, Outcome, Plugin, Task, sql};
use serde::de::DeserializeOwned;

use crate::account::{Api, host_web};
use crate::action_result::ActionResult;
use crate::read::Folder;
use crate::source::PlaylistSources;

/// The plugin.
#[derive(Debug, Clone, Copy)]
pub struct Spotify;

impl Plugin for Spotify {
    fn run(task: Task) -> Result<Outcome, Error> {
        match task.action.as_str() {
            "import" => import_exports(&task),
            "diff" => run_on_sources(&task, diff::diff),
            "merge" => run_on_sources(&task, merge::run),
            "dedupe" => dedupe_playlists(&task),
            "plan" => run_on_sources(&task, plan::run),
            "edit" => edit_playlist(&task),
            "apply" => change_account(&task, account::apply),
            "undo" => change_account(&task, account::undo),
            "playlists-for-track" => playlists_for_track(&task),
            "export" => export_playlists(&task),
            "pull" => pull_account(&task),
            "now-playing" => report_account(&task, account::now_playing),
            "recent" => report_account(&task, account::recent),
            action if moved_actions::MOVED.contains(&action) => Err(moved_actions::error(&task)),
            other => Err(Error::Permanent(format!("there is no action `{other}`"))),
        }
    }
}

fn import_exports(task: &Task) -> Result<Outcome, Error> {
    let folders = folders(task);
    if folders.is_empty() {
        return Err(Error::NeedsGrant(source::NOT_GRANTED.to_owned()));
    }
    let mut findings = Findings::default();
    let services = import::HostServices { catalog: &sql::catalog(), own: &sql::own(), progress: &Host };
    let report = import::import(services, &folders, &arguments(task)?, &mut findings)?;
    let mut outcome = report.outcome();
    outcome_kind::mark(&mut outcome, outcome_kind::count(&findings), &task.id);
    outcome.findings = findings.into_list();
    Ok(outcome)
}

/// Finds repeated entries in exports and the catalog. If a plan is requested, finds them in the present playlists of the
/// account.
fn dedupe_playlists(task: &Task) -> Result<Outcome, Error> {
    let args: dedupe::Args = arguments(task)?;
    if !args.plan {
        return run_on_sources(task, dedupe::run);
    }
    if args.from.iter().any(|place| place != source::ACCOUNT) {
        return Err(Error::Permanent("a plan changes the account, so `from` can only be `account`".to_owned()));
    }
    let web = host_web();
    let (api, mut findings) = (Api::new(&web), Findings::default());
    let playlists = account::playlists(&api, &args.playlists)?;
    let made = dedupe::report(&playlists, &args, &mut findings)?;
    outcome(task, with_plan(&api, made, &mut findings)?, findings)
}

/// If the result of an action has playlists for the account, makes a plan and adds it to the result.
fn with_plan(api: &Api<'_>, mut made: ActionResult, findings: &mut Findings) -> Result<ActionResult, Error> {
    if made.account.is_empty() {
        return Ok(made);
    }
    let planned = account::plan(api, plan_services(&sql::own()), &made.account, findings)?;
    if !made.summary.is_empty() {
        made.summary.push(' ');
    }
    made.summary.push_str(&planned.summary);
    made.reports.extend(planned.reports);
    made.next_steps.extend(planned.next_steps);
    Ok(made)
}

fn plan_services(own: &sql::Database) -> account::PlanServices<'_> {
    account::PlanServices { own, progress: &Host, now: now() }
}

fn edit_playlist(task: &Task) -> Result<Outcome, Error> {
    let mut findings = Findings::default();
    let web = host_web();
    let (api, own) = (Api::new(&web), sql::own());
    let made = account::edit(&api, plan_services(&own), &arguments(task)?, &mut findings)?;
    outcome(task, made, findings)
}

/// Runs `apply` or `undo`.
fn change_account<A: DeserializeOwned>(
    task: &Task,
    change: fn(&Api<'_>, account::ChangeServices<'_>, &A, &mut Findings) -> Result<ActionResult, Error>,
) -> Result<Outcome, Error> {
    let (mut findings, own) = (Findings::default(), sql::own());
    let for_files = moved_actions::command(task);
    let services = account::ChangeServices {
        own: &own,
        locks: &Host,
        progress: &Host,
        now: now(),
        task: &task.id,
        for_files: &for_files,
    };
    let made = change(&Api::new(&host_web()), services, &arguments(task)?, &mut findings)?;
    outcome(task, made, findings)
}

/// The time, in milliseconds since 1970 UTC.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Runs an action that reads playlists from exports or the catalog.
fn run_on_sources<A: DeserializeOwned>(
    task: &Task,
    run: fn(PlaylistSources<'_>, &A, &mut Findings) -> Result<ActionResult, Error>,
) -> Result<Outcome, Error> {
    let (folders, mut findings) = (folders(task), Findings::default());
    let sources = PlaylistSources { catalog: &sql::catalog(), own: Some(&sql::own()), folders: &folders };
    let made = run(sources, &arguments(task)?, &mut findings)?;
    outcome(task, with_plan(&Api::new(&host_web()), made, &mut findings)?, findings)
}

fn playlists_for_track(task: &Task) -> Result<Outcome, Error> {
    let mut findings = Findings::default();
    let made = playlists_for_track::run(&sql::catalog(), &arguments(task)?, &mut findings)?;
    outcome(task, made, findings)
}

fn export_playlists(task: &Task) -> Result<Outcome, Error> {
    let (folders, mut findings) = (folders(task), Findings::default());
    let own = sql::own();
    let sources = PlaylistSources { catalog: &sql::catalog(), own: Some(&own), folders: &folders };
    let made = export::run(sources, Some(&own), &arguments(task)?, &mut findings)?;
    outcome(task, made, findings)
}

fn pull_account(task: &Task) -> Result<Outcome, Error> {
    let web = host_web();
    let (api, mut findings) = (Api::new(&web), Findings::default());
    let services = account::PullServices { catalog: &sql::catalog(), own: &sql::own(), progress: &Host, now: now() };
    let made = account::pull(&api, services, &arguments(task)?, &mut findings)?;
    outcome(task, made, findings)
}

/// Runs an action that only reads from the account and writes nothing.
fn report_account(
    task: &Task,
    ask: fn(&Api<'_>, &dyn Tables) -> Result<ActionResult, Error>,
) -> Result<Outcome, Error> {
    outcome(task, ask(&Api::new(&host_web()), &sql::catalog())?, Findings::default())
}

fn folders(task: &Task) -> Vec<Folder> {
    task.mounts("spotify").map(Folder::from_mount).collect()
}

fn arguments<A: DeserializeOwned>(task: &Task) -> Result<A, Error> {
    serde_json::from_str(&task.args).map_err(|error| Error::Permanent(format!("the arguments are invalid: {error}")))
}

fn outcome(task: &Task, made: ActionResult, findings: Findings) -> Result<Outcome, Error> {
    let mut outcome = Outcome::with_kind(made.kind, made.summary);
    outcome.next_steps = made.next_steps;
    outcome.artifacts = made.reports;
    let mut exports = Exports::new(task, "exports").by("spotify").keep_older(made.keep_older);
    let count = made.exports.len();
    for file in made.exports {
        exports.put(file.name, &file.media_type, file.bytes);
    }
    if count > 0 {
        let written = exports.finish(&mut outcome)?;
        let first = written.first().cloned().unwrap_or_default();
        let more = if written.len() > 1 { format!(" and {} more", written.len() - 1) } else { String::new() };
        outcome.summary = format!("{} Written: {first}{more}.", outcome.summary);
    }
    outcome_kind::mark(&mut outcome, outcome_kind::count(&findings), &task.id);
    outcome.findings = findings.into_list();
    Ok(outcome)
}

baton_plugin_sdk::plugin!(Spotify, "../manifest.json");
