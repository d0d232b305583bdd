//! `pull`: reads databases into the tables and the CSV files.

use std::num::NonZeroU32;

use baton_plugin_kit::{Findings, count, markdown};
use baton_plugin_sdk::{Error, OutcomeKind};
use serde::Deserialize;
use serde_json::Value;

use crate::action_result::{ActionResult, report};
use crate::file::{self, Folder};
use crate::read::{Reader, Reading, live_properties};
use crate::schema::properties;
use crate::services::{Services, ids, report_problem};
use crate::store::{Source, Store};
use baton_plugin_kit::notion::{Api, Refusal, text};

/// After how many days every row is read again.
const FULL_AFTER_DAYS: u32 = 7;

const DAY_MS: i64 = 86_400_000;

/// The arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Ids of databases or data sources.
    #[serde(default)]
    pub databases: Vec<String>,
    /// True if every row is read again.
    #[serde(default)]
    pub full: bool,
    /// After how many days every row is read again.
    #[serde(default)]
    pub full_after_days: Option<NonZeroU32>,
    /// True if edits in the CSV file are replaced.
    #[serde(default)]
    pub overwrite: bool,
    /// The long-term rate of requests.
    #[serde(default)]
    pub requests_per_second: Option<NonZeroU32>,
}

/// The result for one data source.
struct PullResult {
    title: String,
    rows: i64,
    reading: Reading,
    /// True if the file was replaced; `None` if it has edits and was kept.
    is_written: Option<bool>,
    file: String,
}

/// Reads databases.
///
/// # Errors
/// `permanent` for a database that Notion does not have, `retryable` if Notion does not answer, `needs-grant` without a valid token.
pub fn pull(
    api: &Api<'_>,
    services: Services<'_>,
    args: &Args,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let folder = services.folder()?;
    let _alone = services.lock()?;
    let store = Store::open(services.own)?;
    let sources = sources(api, store, &ids(&args.databases)?)?;
    if sources.is_empty() {
        return Ok(ActionResult {
            kind: OutcomeKind::Refused,
            summary: "No database was read yet.".to_owned(),
            next_steps: vec![
                "baton run notion pull --arg databases=ID, with the id from the address of the database".to_owned(),
            ],
            ..ActionResult::default()
        });
    }
    let reader = Reader { api, store, progress: services.progress, now: services.now, now_ms: services.now_ms };
    let (mut done, mut failed, count) = (Vec::new(), 0, sources.len());
    for mut source in sources {
        file::settle(store, folder, &mut source)?;
        let why = match one(&reader, folder, &mut source, args, findings) {
            Ok(pulled) => {
                done.push(pulled);
                continue;
            }
            Err(Refusal::NoMoreRequests) => "the time of this task is used up".to_owned(),
            Err(refusal) => match Error::from(refusal) {
                Error::Permanent(why) => {
                    report_problem(findings, "unread", &source, &format!("not read: {why}"), "");
                    failed += 1;
                    why
                }
                other => return Err(other),
            },
        };
        done.push(unread(store, folder, &source, why)?);
    }
    if failed == count
        && let Some(first) = done.first()
    {
        return Err(Error::Permanent(first.reading.incomplete.clone()));
    }
    Ok(result(&done, api.requests()))
}

fn unread(store: Store<'_>, folder: &Folder, source: &Source, why: String) -> Result<PullResult, Error> {
    let rows = store.counts(&source.id)?.0;
    let reading = Reading { incomplete: why, ..Reading::default() };
    Ok(PullResult { title: source.title.clone(), rows, reading, is_written: Some(false), file: folder.shown(source) })
}

fn one(
    reader: &Reader<'_>,
    folder: &Folder,
    source: &mut Source,
    args: &Args,
    findings: &mut Findings,
) -> Result<PullResult, Refusal> {
    let days = i64::from(args.full_after_days.map_or(FULL_AFTER_DAYS, NonZeroU32::get));
    let is_due = source.full_at + days * DAY_MS <= reader.now_ms;
    let reading = reader.read(source, args.full || is_due)?;
    let is_written = write(reader.store, folder, source, args.overwrite, findings).map_err(Refusal::Failed)?;
    if !reading.incomplete.is_empty() {
        report_problem(
            findings,
            "incomplete",
            source,
            &format!("incomplete: {}", reading.incomplete),
            "no row was recorded as deleted",
        );
    }
    let rows = reader.store.counts(&source.id).map_err(Refusal::Failed)?.0;
    Ok(PullResult { title: source.title.clone(), rows, reading, is_written, file: folder.shown(source) })
}

/// Writes the file unless it has edits.
fn write(
    store: Store<'_>,
    folder: &Folder,
    source: &mut Source,
    overwrite: bool,
    findings: &mut Findings,
) -> Result<Option<bool>, Error> {
    let found = if overwrite { None } else { file::changed(folder, source)? };
    if let Some(found) = &found {
        // A person may have given a column the new name of its property.
        let names = [source.file_properties.as_slice(), &source.properties].concat();
        let edits = file::edits(found, &names, &store.rows(&source.id)?);
        if !edits.is_empty() {
            let text = format!("the CSV file has edits ({}) and was not replaced", edits.counted());
            let fix = format!(
                "write them to Notion: baton run notion push --arg databases={0}\nor replace them: baton run notion pull --arg \
                 databases={0} --arg overwrite=true",
                source.id
            );
            report_problem(findings, "edits", source, &text, &fix);
            return Ok(None);
        }
    }
    let is_as_written = !overwrite && found.is_none() && folder.csv(source).is_file();
    let (_, differing) = store.counts(&source.id)?;
    if is_as_written && differing == 0 && source.file_properties == source.properties {
        return Ok(Some(false));
    }
    file::write(store, folder, source).map(Some)
}

/// The data sources with these ids. Without ids, all known data sources.
fn sources(api: &Api<'_>, store: Store<'_>, ids: &[String]) -> Result<Vec<Source>, Error> {
    let known = store.sources()?;
    if ids.is_empty() {
        return Ok(known);
    }
    let mut all: Vec<Source> = Vec::new();
    for id in ids {
        let mut found: Vec<Source> =
            known.iter().filter(|source| source.id == *id || source.database == *id).cloned().collect();
        if found.is_empty() {
            found = discover(api, id)?;
            found.iter().try_for_each(|source| store.save(source))?;
        }
        found.retain(|source| !all.iter().any(|other| other.id == source.id));
        all.extend(found);
    }
    Ok(all)
}

/// The data sources of a database, or the data source with this id.
fn discover(api: &Api<'_>, id: &str) -> Result<Vec<Source>, Error> {
    let listed = match api.get(&format!("/v1/databases/{id}")) {
        Ok(database) => {
            let all = database.get("data_sources").and_then(Value::as_array).cloned().unwrap_or_default();
            all.iter().map(|one| text(one, "id")).collect()
        }
        Err(Refusal::Missing) => vec![id.to_owned()],
        Err(refusal) => return Err(refusal.into()),
    };
    listed.iter().map(|listed| describe(api, listed)).collect()
}

fn describe(api: &Api<'_>, id: &str) -> Result<Source, Error> {
    let found = api.get(&format!("/v1/data_sources/{id}"))?;
    let pieces = found.get("title").and_then(Value::as_array).cloned().unwrap_or_default();
    let title: String = pieces.iter().map(|piece| text(piece, "plain_text")).collect();
    let described = found.get("properties").and_then(Value::as_object);
    let properties = match described {
        Some(described) => properties(described),
        None => live_properties(api, id)?,
    };
    let database = found.pointer("/parent/database_id").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Source { id: id.to_owned(), file: file::name(&title, id), database, title, properties, ..Source::default() })
}

fn result(done: &[PullResult], requests: usize) -> ActionResult {
    let mut table =
        "# Databases of Notion\n\n| database | rows | read | deleted | file | state |\n|---|---|---|---|---|---|\n"
            .to_owned();
    let mut next_steps = Vec::new();
    for one in done {
        let state = match one {
            PullResult { reading, .. } if !reading.incomplete.is_empty() => {
                format!("INCOMPLETE: {}", reading.incomplete)
            }
            PullResult { is_written: None, .. } => "not replaced: it has edits".to_owned(),
            PullResult { is_written: Some(true), .. } => "written".to_owned(),
            PullResult { is_written: Some(false), .. } => "unchanged".to_owned(),
        };
        let title = markdown::cell(&one.title);
        let (file, state) = (markdown::code(&one.file), markdown::escape(&state));
        table += &format!(
            "| {title} | {} | {} | {} | {file} | {state} |\n",
            one.rows, one.reading.rows, one.reading.deleted
        );
    }
    let incomplete = done.iter().filter(|one| !one.reading.incomplete.is_empty()).count();
    let edited = done.iter().filter(|one| one.is_written.is_none()).count();
    let rows: i64 = done.iter().map(|one| one.rows).sum();
    let read: usize = done.iter().map(|one| one.reading.rows).sum();
    let deleted: u64 = done.iter().map(|one| one.reading.deleted).sum();
    let mut summary = format!(
        "{} with {}: {read} read, {deleted} deleted, in {requests} requests.",
        count(done.len(), "database"),
        count(usize::try_from(rows).unwrap_or_default(), "row")
    );
    if incomplete > 0 {
        summary += &format!(" {incomplete} INCOMPLETE.");
        next_steps.push("to continue the reading: baton run notion pull".to_owned());
    }
    if edited > 0 {
        summary += &format!(
            " {} edits that are not at Notion, and was not replaced.",
            if edited == 1 { "1 file has".to_owned() } else { format!("{edited} files have") }
        );
        next_steps.push("to write the edits to Notion: baton run notion push".to_owned());
    }
    let kind = OutcomeKind::from_counts(1, incomplete + edited);
    ActionResult { kind, summary, next_steps, reports: vec![report("notion.md", table)] }
}
