//! A sync of all databases: finds them, finds the changed ones, and syncs each under its lock.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use baton_plugin_kit::host::Tables;
use baton_plugin_kit::{Findings, folder};
use baton_plugin_sdk::{Error, Severity};

use super::command::argument;
use super::to_drive::{ExportResult, SyncOptions, put};
use crate::context::{DriveContext, SyncError};
use crate::drive::{Listing, Undo, id_key, stamp};
use crate::memory::KnownDatabase;
use crate::schema::Change;
use crate::source::catalog::{self, TABLES, Table};
use crate::source::{FoundFiles, SourceDatabase, head, list, load};
use crate::table::Database;

/// The selection of databases to sync.
#[derive(Clone, Copy)]
pub struct DatabaseSelection<'a> {
    /// The granted folder `databases`.
    pub folder: Option<&'a Path>,
    /// Tables of the catalog by name.
    pub tables: &'a [String],
    /// The catalog, if tables of it are selected.
    pub catalog: Option<&'a dyn Tables>,
    /// The ids of the databases to sync; all if empty.
    pub only: &'a BTreeSet<String>,
}

/// A database and its source.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its id.
    pub id: String,
    /// Its name in findings.
    pub shown: String,
    place: OriginKind,
}

#[derive(Clone, Debug)]
enum OriginKind {
    /// Files, and the database if `gather` had to read it.
    Files(Box<FoundFiles>, Option<Database>),
    Catalog(&'static Table),
}

impl Origin {
    /// The name of the source, and the stamp of its files. The stamp is empty for a table of the catalog.
    #[must_use]
    pub fn source(&self) -> (String, String) {
        match &self.place {
            OriginKind::Files(found, _) => (found.name.clone(), found.stamp.clone().unwrap_or_default()),
            OriginKind::Catalog(table) => (format!("catalog:{}", table.name), String::new()),
        }
    }

    /// The database without its rows.
    ///
    /// # Errors
    /// If its files cannot be read.
    pub fn head(&self) -> Result<Database, SyncError> {
        match &self.place {
            OriginKind::Files(_, Some(database)) => Ok(database.clone()),
            OriginKind::Files(found, None) => head(found).map_err(|error| self.refused(&error)),
            OriginKind::Catalog(table) => Ok(catalog::head(table)),
        }
    }

    /// The database with its rows.
    ///
    /// # Errors
    /// If the database is incomplete, or the catalog fails.
    pub fn load(&self, catalog: Option<&dyn Tables>) -> Result<SourceDatabase, SyncError> {
        match (&self.place, catalog) {
            (OriginKind::Files(found, _), _) => load(found).map_err(|error| self.refused(&error)),
            (OriginKind::Catalog(table), Some(catalog)) => Ok(catalog::load(table, catalog)?),
            (OriginKind::Catalog(_), None) => Err(SyncError::refused("source", "the task did not request the catalog")),
        }
    }

    /// The table of the catalog with this id. Databases in files come from [`gather`].
    #[must_use]
    pub fn of_catalog(id: &str) -> Option<Self> {
        let table = TABLES.iter().find(|table| table.id == id)?;
        Some(Self { id: id.to_owned(), shown: format!("catalog:{}", table.name), place: OriginKind::Catalog(table) })
    }

    fn refused(&self, error: &str) -> SyncError {
        SyncError::refused("source", format!("{}: {error}", self.shown))
    }
}

/// The result of a sync.
#[derive(Debug, Default)]
pub struct Report {
    /// Databases that were checked.
    pub looked_at: usize,
    /// Databases with unchanged files and an unchanged CSV.
    pub unchanged: usize,
    /// Databases that were read and have the same CSV.
    pub same: usize,
    /// Databases whose CSV was written.
    pub written: usize,
    /// Databases that were not reached before the time was used up.
    pub unreached: usize,
    /// Databases that another task works on.
    pub busy: Vec<String>,
    /// Databases that were rejected.
    pub refused: usize,
    /// The last database.
    pub last: String,
    /// The reason why the sync ended early, after the database `last`.
    pub ended: Option<Error>,
    /// Rows of the written CSVs.
    pub rows: usize,
    /// Number of new backups.
    pub backups_made: usize,
    /// Number of deleted backups.
    pub backups_deleted: usize,
    /// Folders that were merged.
    pub merged: usize,
    /// Folders that may belong to something else. Each entry has the id of the database, the folder of the database, and these
    /// other folders.
    pub others: Vec<(String, String, Vec<String>)>,
    /// The findings.
    pub findings: Findings,
    /// The changes.
    pub undo: Undo,
}

/// The selected databases. A database whose files have not changed since the last sync is not read.
///
/// # Errors
/// If the folder cannot be read or a table is unknown.
pub fn gather(
    wanted: DatabaseSelection<'_>,
    known: &BTreeMap<String, KnownDatabase>,
    findings: &mut Findings,
) -> Result<Vec<Origin>, SyncError> {
    let mut all = Vec::new();
    let (files, unreadable) = wanted.folder.map(list).transpose()?.unwrap_or_default();
    if unreadable > 0 {
        let (title, fix) = folder::unreadable("databases", unreadable);
        findings.add("names", "databases", Severity::Medium, title, fix);
    }
    for found in files {
        let shown = format!("databases/{}.csv", found.name);
        let remembered = known.get(&found.name);
        let same = remembered
            .filter(|known| !known.source_stamp.is_empty() && found.stamp.as_ref() == Ok(&known.source_stamp));
        if let Some(known) = same {
            all.push(Origin { id: known.id.clone(), shown, place: OriginKind::Files(Box::new(found), None) });
            continue;
        }
        match head(&found) {
            Ok(database) => {
                all.push(Origin {
                    id: database.id.clone(),
                    shown,
                    place: OriginKind::Files(Box::new(found), Some(database)),
                });
            }
            Err(error) => {
                let text = format!("{shown} is not synced: {error}");
                findings.add("source", &found.name, Severity::High, text, "");
            }
        }
    }
    for name in wanted.tables {
        let table = TABLES.iter().find(|table| table.name == name);
        let table =
            table.ok_or_else(|| Error::Permanent(format!("the catalog has no table `{name}` that can be mirrored")))?;
        all.push(Origin {
            id: table.id.to_owned(),
            shown: format!("catalog:{name}"),
            place: OriginKind::Catalog(table),
        });
    }
    refuse_shared_ids(&mut all, findings);
    if !wanted.only.is_empty() {
        all.retain(|origin| wanted.only.contains(&id_key(&origin.id)));
    }
    Ok(all)
}

/// If two sources have the same id, neither source is synced, because each sync would undo the changes of the other sync.
fn refuse_shared_ids(all: &mut Vec<Origin>, findings: &mut Findings) {
    let mut by_id: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for origin in all.iter() {
        by_id.entry(id_key(&origin.id)).or_default().push(origin.shown.clone());
    }
    by_id.retain(|_, shown| shown.len() > 1);
    for (id, shown) in &by_id {
        let title = format!("{} sources have the id {id}; none of them is synced", shown.len());
        findings.add("id-twice", id, Severity::High, title, shown.join("\n"));
    }
    all.retain(|origin| !by_id.contains_key(&id_key(&origin.id)));
}

/// Syncs databases to the Drive until `is_late` returns true. The next task continues with the remaining databases, because it
/// skips unchanged databases.
///
/// # Errors
/// If the task cannot continue (no grant, a full disk, a failed database) and nothing was moved or written. Otherwise the sync
/// ends early and returns a report.
pub fn run(
    context: &DriveContext<'_>,
    wanted: DatabaseSelection<'_>,
    options: SyncOptions,
    is_late: &dyn Fn() -> bool,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let ended = run_all(context, wanted, options, is_late, &mut report);
    match ended {
        Ok(()) => Ok(report),
        Err(SyncError::Fatal(error)) if report.undo.is_moved() => {
            report.ended = Some(error);
            Ok(report)
        }
        Err(SyncError::Fatal(error)) => Err(error),
        Err(SyncError::Refused(_, text)) => Err(Error::Permanent(text)),
    }
}

fn run_all(
    context: &DriveContext<'_>,
    wanted: DatabaseSelection<'_>,
    options: SyncOptions,
    is_late: &dyn Fn() -> bool,
    report: &mut Report,
) -> Result<(), SyncError> {
    let known = context.memory.stamps()?;
    let all = gather(wanted, &known, &mut report.findings)?;
    report.looked_at = all.len() + report.findings.count_of("source");
    report.refused = report.findings.count() - report.findings.count_of("names");
    let listing = Listing::read(&context.root)?;
    for origin in all {
        let (source, source_stamp) = origin.source();
        if known.get(&source).is_some_and(|known| is_unchanged(context, known, &source_stamp, &listing)) {
            report.unchanged += 1;
            continue;
        }
        if is_late() {
            report.unreached += 1;
            continue;
        }
        origin.id.clone_into(&mut report.last);
        let Some(held) = context.locks.try_take(&origin.id)? else {
            report.busy.push(origin.id);
            continue;
        };
        let done = origin.load(wanted.catalog).and_then(|loaded| {
            crate::locks::check_held(held.as_ref(), &origin.id)?;
            put(context, &loaded, &source, &source_stamp, options, &mut report.undo)
        });
        match done {
            Ok(done) => report.count(&origin, &done),
            Err(SyncError::Refused(kind, text)) => {
                report.refused += 1;
                report.findings.add(kind, &origin.id, Severity::High, text, origin.shown.clone());
            }
            Err(fatal) => return Err(fatal),
        }
    }
    Ok(())
}

/// True if names, sizes and times of the files are unchanged since the last sync. The check reads no file content and needs no
/// lock.
fn is_unchanged(context: &DriveContext<'_>, known: &KnownDatabase, source_stamp: &str, listing: &Listing) -> bool {
    let one = matches!(listing.folders(&known.id), [folder] if folder.name == known.folder);
    let csv = || context.root.join(&known.folder).join(format!("{}.csv", known.folder));
    one && !source_stamp.is_empty()
        && source_stamp == known.source_stamp
        && matches!(stamp(&csv()), Ok(Some(stamp)) if stamp.as_str() == known.csv_stamp)
}

impl Report {
    fn count(&mut self, origin: &Origin, done: &ExportResult) {
        if done.written {
            self.written += 1;
            self.rows += done.rows;
        } else {
            self.same += 1;
        }
        self.backups_made += done.backups_made;
        self.backups_deleted += done.backups_deleted;
        self.merged += done.merged;
        let id = &origin.id;
        if !done.others.is_empty() {
            self.others.push((id.clone(), done.folder.clone(), done.others.clone()));
        }
        for change in &done.changes {
            let (kind, what, severity, title) = finding_of(change, id, &done.folder);
            self.findings.add(kind, &format!("{id}:{what}"), severity, title, done.folder.clone());
        }
    }
}

fn finding_of<'a>(change: &'a Change, id: &str, folder: &str) -> (&'static str, &'a str, Severity, String) {
    match change {
        Change::Added(name) => ("column-added", name, Severity::Info, format!("{folder}: new column `{name}`")),
        Change::Renamed(old, new) => {
            ("column-renamed", new, Severity::Info, format!("{folder}: the column `{old}` was renamed to `{new}`"))
        }
        Change::Missing(name) => {
            let title =
                format!("{folder}: the source no longer has the property `{name}`; the column and its data are kept");
            ("column-missing", name, Severity::Low, title)
        }
        Change::Back(name) => {
            ("column-back", name, Severity::Info, format!("{folder}: the property `{name}` exists again"))
        }
        Change::Retyped(name, old, new) => {
            let title = format!(
                "{folder}: the type of `{name}` changed from {old} to {new}; the old data stays in a separate \
                         column"
            );
            ("column-retyped", name, Severity::Medium, title)
        }
        Change::Deleted(name) => {
            ("column-deleted", name, Severity::Info, format!("{folder}: the column `{name}` was removed, as approved"))
        }
        Change::Waits(name) => {
            let argument = argument("property", name);
            let title = format!(
                "{folder}: the property of the column `{name}` seems to be deleted. To remove the column: baton run \
                 drive-sync approve-deletion --arg database={id} {argument}"
            );
            ("column-waits", name, Severity::Low, title)
        }
    }
}
