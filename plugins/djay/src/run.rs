//! Runs a task: finds the library, takes a snapshot and calls the module of the action.

use baton_plugin_kit::export::Exports;
use baton_plugin_kit::host::{Host, Progress as _, Tables};
use baton_plugin_kit::{Findings, time};
use baton_plugin_sdk::sql::{self, Snapshot};
use baton_plugin_sdk::{Error, Mount, Outcome, OutcomeKind, Task};

use crate::activity::{self, Options, activity};
use crate::args::{self, ActionArguments, Form};
use crate::export::{self, Forms};
use crate::library::{self, FoundDatabase, Library};
use crate::{matches, sync};

/// Runs a task.
///
/// # Errors
/// `needs-grant` without a folder; `permanent` if there is no library, or one of another djay version; as `wit/sql.wit`.
pub(crate) fn run(task: &Task) -> Result<Outcome, Error> {
    let arguments = ActionArguments::parse(&task.action, &task.args)?;
    let mounts: Vec<&Mount> = task.mounts("djay").collect();
    if mounts.is_empty() {
        return Err(Error::NeedsGrant(
            "the folder of djay's library is not granted: baton plugin grant djay files:ro=djay=PATH, where PATH is the folder \
             with MediaLibrary.db, or the music folder that contains djay's folder"
                .to_owned(),
        ));
    }
    let (named, backup) = arguments.place();
    let found = library::find(&mounts, named, backup)?;
    Host.step(0, "taking a snapshot of the library")?;
    let snapshot = Snapshot::open(&found.path).map_err(|error| snapshot_error(error, &found))?;
    Host.step(20, "reading the library")?;
    let mut findings = Findings::default();
    let library = read(&snapshot, &found, &mut findings)?;
    drop(snapshot);
    Host.step(60, "the library is read")?;
    let mut outcome = match &arguments {
        ActionArguments::Export(args) => export(task, args, &library)?,
        ActionArguments::SyncSessions(args) => sync_sessions(task, args, &library, &mut findings)?,
        ActionArguments::Activity(args) => report_activity(args, &library)?,
        ActionArguments::MatchIds(args) => match_ids(task, args, &library)?,
    };
    if library.unreadable > 0 {
        outcome.summary.push_str(&format!(" {} objects of the library could not be read.", library.unreadable));
        mark_partial(&mut outcome, task);
    }
    outcome.findings.extend(findings.into_list());
    Ok(outcome)
}

/// Makes the outcome `partial`, because a part of the library was not read.
fn mark_partial(outcome: &mut Outcome, task: &Task) {
    if outcome.kind == OutcomeKind::Done {
        outcome.kind = OutcomeKind::Partial;
        outcome.next_steps.push(format!(
            "`baton why {}` lists the objects that could not be read; to read djay's newest daily copy instead: --arg backup=true",
            task.id
        ));
    }
}

/// The error of a failed snapshot, with the path that the operator knows. If the file is damaged, the error recommends the
/// argument `backup`.
fn snapshot_error(error: sql::Error, found: &FoundDatabase) -> Error {
    let is_damaged = matches!(error, sql::Error::Invalid(_));
    with_path(error.into(), found, is_damaged)
}

/// Reads the library. Errors name the file.
fn read(database: &dyn Tables, found: &FoundDatabase, findings: &mut Findings) -> Result<Library, Error> {
    library::read(database, findings).map_err(|error| with_path(error, found, false))
}

fn with_path(error: Error, found: &FoundDatabase, is_damaged: bool) -> Error {
    let text = |text: String| {
        let text = text.replace(&found.path, &found.shown);
        let named = if text.contains(&found.shown) { text } else { format!("{}: {text}", found.shown) };
        // SQLite uses these words for a damaged file, even if it finds the damage only during a query.
        let is_damaged = is_damaged || named.contains("damaged") || named.contains("malformed");
        let backup = "; djay's newest daily copy can be read with the argument `backup`";
        if is_damaged { format!("{named}{backup}") } else { named }
    };
    match error {
        Error::Permanent(why) => Error::Permanent(text(why)),
        Error::Retryable(why) => Error::Retryable(text(why)),
        other => other,
    }
}

fn export(task: &Task, args: &args::Export, library: &Library) -> Result<Outcome, Error> {
    let stamp = time::stamp(now(task)?).unwrap_or_default();
    let mut files = export::files(library, Forms { csv: args.has(Form::Csv), json: args.has(Form::Json) })?;
    if args.stamp {
        export::stamp(&mut files, &stamp);
    }
    let mut exports = Exports::new(task, "exports").by("djay").keep_older(args.keep_older.map(count));
    for file in files {
        exports.put(file.name, file.media_type, file.bytes);
    }
    let mut outcome = Outcome::new("");
    let names = exports.finish(&mut outcome)?;
    let linked = library.plays.iter().filter(|play| play.session.is_some() && play.track.is_some()).count();
    outcome.summary = format!(
        "{} tracks, {} sessions, {} plays ({linked} linked to their session and track), {} playlists. Written: {}.",
        library.tracks.len(),
        library.sessions.len(),
        library.plays.len(),
        library.playlists.len(),
        names.join(", ")
    );
    Ok(outcome)
}

fn sync_sessions(
    task: &Task,
    args: &args::SyncSessions,
    library: &Library,
    findings: &mut Findings,
) -> Result<Outcome, Error> {
    let report = sync::sync(library, &sql::catalog(), now(task)?, args.backup, findings)?;
    let mut summary = format!(
        "{} sessions and {} plays are in the catalog ({} new), {} of {} plays linked to session and track; {} tracks, {} playlists.",
        report.sessions, report.plays, report.new, report.linked, report.plays, report.tracks, report.playlists
    );
    if report.files > 0 {
        summary.push_str(&format!(" {} paths of files were written.", report.files));
    }
    if report.named_by_plays > 0 {
        summary.push_str(&format!(" {} tracks are known only from plays.", report.named_by_plays));
    }
    if report.untitled > 0 {
        summary.push_str(&format!(" {} tracks have no title and were left out.", report.untitled));
    }
    let withdrawn = report.withdrawn;
    if withdrawn.values > 0 || withdrawn.playlists > 0 {
        summary.push_str(&format!(
            " {} values and {} playlists that djay no longer has were removed.",
            withdrawn.values, withdrawn.playlists
        ));
    }
    if report.partial > 0 {
        summary.push_str(&format!(
            " {} playlists could not be read completely and stay unchanged in the catalog.",
            report.partial
        ));
    }
    let mut outcome = Outcome::new(summary);
    if report.partial > 0 {
        mark_partial(&mut outcome, task);
    }
    Ok(outcome)
}

/// Converts a number whose range `args.rs` has checked.
fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The time of the task.
fn now(task: &Task) -> Result<i64, Error> {
    time::parse(&task.now).ok_or_else(|| Error::Permanent(format!("the host's time is not valid: {}", task.now)))
}

fn report_activity(args: &args::Activity, library: &Library) -> Result<Outcome, Error> {
    let options = Options {
        since: args.since()?,
        until: args.until()?,
        threshold: args.threshold.unwrap_or(3),
        top: args.top.map_or(20, count),
    };
    let found = activity(library, &options);
    let summary = format!(
        "{} plays of {} tracks in {} sessions; {} pairs of tracks have a count of {} or more.",
        found.plays,
        found.tracks.len(),
        found.sessions,
        found.relations.len(),
        options.threshold
    );
    let table = |made: Result<Vec<u8>, String>| made.map_err(Error::Permanent);
    Ok(Outcome::new(summary)
        .with_artifact("djay_activity.md", "text/markdown", activity::markdown(&found, &options))
        .with_artifact("djay_activity_tracks.csv", "text/csv", table(activity::csv_of_tracks(&found))?)
        .with_artifact("djay_activity_relations.csv", "text/csv", table(activity::csv_of_relations(&found))?))
}

/// An outcome without a summary: `refused` if the catalog has no tracks to match with.
fn initial_outcome(library: &Library, candidates: usize) -> Outcome {
    if candidates > 0 || library.tracks.is_empty() {
        return Outcome::new("");
    }
    let step = "import tracks of another service first: baton run spotify import";
    Outcome::refused("").with_next_step(step)
}

fn match_ids(task: &Task, args: &args::MatchIds, library: &Library) -> Result<Outcome, Error> {
    let catalog = sql::catalog();
    let candidates = matches::candidates(&catalog, args.service.as_deref())?;
    let found = matches::find(library, &candidates);
    Host.step(90, "every track was looked up")?;
    let mut exports = Exports::new(task, "exports").by("djay");
    exports.put(
        "djay_match_ids.csv",
        "text/csv",
        matches::table(library, &candidates, &found).map_err(Error::Permanent)?,
    );
    let mut outcome = initial_outcome(library, candidates.len());
    // The report is written first: if that fails, the catalog is not changed.
    let names = exports.finish(&mut outcome)?;
    if !args.dry_run {
        matches::write(library, &candidates, &found, &catalog)?;
    }
    // The percentage is rounded down, so 100.0 means all tracks.
    let percent = |of: usize| {
        (found.auto * 1_000)
            .checked_div(of)
            .map_or_else(|| "-".to_owned(), |tenths| format!("{}.{}", tenths / 10, tenths % 10))
    };
    outcome.summary = format!(
        "{} of {} tracks matched one of {} tracks of other services: {} % of all, {} % of the {} whose title or id the catalog has. \
         {} matches were known before, {} need a decision, {} tracks have no match. {}Report: {}.",
        found.auto,
        found.tracks,
        candidates.len(),
        percent(found.tracks),
        percent(found.matchable),
        found.matchable,
        found.known,
        found.review,
        found.tracks - found.auto - found.review,
        if args.dry_run { "Nothing was written to the catalog. " } else { "" },
        names.join(", ")
    );
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_path_on_the_host_and_recommend_the_backup() {
        let found =
            FoundDatabase { path: "/djay/0/MediaLibrary.db".to_owned(), shown: "Music/MediaLibrary.db".to_owned() };
        for (error, wanted, has_hint) in [
            (
                sql::Error::Invalid("/djay/0/MediaLibrary.db: file is not a database".to_owned()),
                "Music/MediaLibrary.db: file",
                true,
            ),
            (
                sql::Error::Failed("the database is damaged: disk image".to_owned()),
                "Music/MediaLibrary.db: the database",
                true,
            ),
            (
                sql::Error::TooLarge("/djay/0/MediaLibrary.db has 2 GiB".to_owned()),
                "Music/MediaLibrary.db has 2",
                false,
            ),
            (sql::Error::Busy("it is locked".to_owned()), "Music/MediaLibrary.db: it is locked", false),
        ] {
            let (Error::Permanent(text) | Error::Retryable(text)) = snapshot_error(error, &found) else {
                panic!("{wanted}")
            };
            assert!(text.starts_with(wanted), "{text}");
            assert_eq!(text.contains("`backup`"), has_hint, "{text}");
        }
    }
}
