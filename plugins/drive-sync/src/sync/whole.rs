//! All databases in one go: which there are, which of them changed, and each of those under its claim.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use baton_plugin_kit::host::Tables;
use baton_plugin_kit::{Findings, folder};
use baton_plugin_sdk::{Error, Severity};

use super::command::argument;
use super::to_drive::{ExportResult, Terms, put};
use crate::context::{DriveContext, SyncError};
use crate::drive::{Listing, Undo, id_key, stamp};
use crate::memory::KnownDatabase;
use crate::schema::Change;
use crate::source::catalog::{self, TABLES, Table};
use crate::source::{FoundFiles, Loaded, head, list, load};
use crate::table::Database;

/// Which databases are meant.
#[derive(Clone, Copy)]
pub struct DatabaseSelection<'a> {
    /// The granted folder `databases`.
    pub folder: Option<&'a Path>,
    /// Tables of the catalog by name.
    pub tables: &'a [String],
    /// The catalog, where tables of it are asked for.
    pub catalog: Option<&'a dyn Tables>,
    /// Only these, by id; all when empty.
    pub only: &'a BTreeSet<String>,
}

/// A database that is there.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Its id.
    pub id: String,
    /// What it is called in findings.
    pub shown: String,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    /// Files, and what they are when they had to be read.
    Files(Box<FoundFiles>, Option<Database>),
    Catalog(&'static Table),
}

impl Origin {
    /// The name of its source, and the stamp of its files; a table of the catalog has no stamp.
    #[must_use]
    pub fn source(&self) -> (String, String) {
        match &self.place {
            Place::Files(found, _) => (found.name.clone(), found.stamp.clone().unwrap_or_default()),
            Place::Catalog(table) => (format!("catalog:{}", table.name), String::new()),
        }
    }

    /// What it is, without its rows.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub fn head(&self) -> Result<Database, SyncError> {
        match &self.place {
            Place::Files(_, Some(database)) => Ok(database.clone()),
            Place::Files(found, None) => head(found).map_err(|error| self.refused(&error)),
            Place::Catalog(table) => Ok(catalog::head(table)),
        }
    }

    /// The database with its rows.
    ///
    /// # Errors
    /// When it is not whole, or the catalog fails.
    pub fn load(&self, catalog: Option<&dyn Tables>) -> Result<Loaded, SyncError> {
        match (&self.place, catalog) {
            (Place::Files(found, _), _) => load(found).map_err(|error| self.refused(&error)),
            (Place::Catalog(table), Some(catalog)) => Ok(catalog::load(table, catalog)?),
            (Place::Catalog(_), None) => Err(SyncError::refused("source", "the catalog was not asked for")),
        }
    }

    /// One with this id, of a table of the catalog; those of files come from [`gather`].
    #[must_use]
    pub fn of_catalog(id: &str) -> Option<Self> {
        let table = TABLES.iter().find(|table| table.id == id)?;
        Some(Self { id: id.to_owned(), shown: format!("catalog:{}", table.name), place: Place::Catalog(table) })
    }

    fn refused(&self, error: &str) -> SyncError {
        SyncError::refused("source", format!("{}: {error}", self.shown))
    }
}

/// What came of a sync.
#[derive(Debug, Default)]
pub struct Report {
    /// Databases that were looked at.
    pub looked_at: usize,
    /// Those whose files and CSV are as they were.
    pub unchanged: usize,
    /// Those that were read, and whose CSV is the same.
    pub same: usize,
    /// Those whose CSV was written.
    pub written: usize,
    /// Those that another task works on.
    pub busy: Vec<String>,
    /// Those that were refused.
    pub refused: usize,
    /// The database that was worked on last.
    pub last: String,
    /// Why the sync ended early, when it did; after that one.
    pub ended: Option<Error>,
    /// Rows of the CSVs that were written.
    pub rows: usize,
    /// Backups that were made and taken away.
    pub backups: (usize, usize),
    /// Folders that were merged.
    pub merged: usize,
    /// Folders that perhaps are not a database's: its id, its folder, theirs.
    pub others: Vec<(String, String, Vec<String>)>,
    /// What was found.
    pub findings: Findings,
    /// What was moved.
    pub undo: Undo,
}

/// The databases that there are. Those that are the files of the last sync are known without reading.
///
/// # Errors
/// When the folder cannot be read or a table has a name that there is not.
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
            all.push(Origin { id: known.id.clone(), shown, place: Place::Files(Box::new(found), None) });
            continue;
        }
        match head(&found) {
            Ok(database) => {
                all.push(Origin {
                    id: database.id.clone(),
                    shown,
                    place: Place::Files(Box::new(found), Some(database)),
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
        let table = table.ok_or_else(|| Error::Permanent(format!("the catalog has no table `{name}` for a Drive")))?;
        all.push(Origin { id: table.id.to_owned(), shown: format!("catalog:{name}"), place: Place::Catalog(table) });
    }
    refuse_twice(&mut all, findings);
    if !wanted.only.is_empty() {
        all.retain(|origin| wanted.only.contains(&id_key(&origin.id)));
    }
    Ok(all)
}

/// Two sources with one id: neither is synced, because each would undo the other.
fn refuse_twice(all: &mut Vec<Origin>, findings: &mut Findings) {
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

/// Syncs them to the Drive.
///
/// # Errors
/// When the task cannot go on and nothing was moved yet: no grant, a full disk, a database that fails. After that it ends early, and
/// the report says so.
pub fn run(context: &DriveContext<'_>, wanted: DatabaseSelection<'_>, terms: Terms) -> Result<Report, Error> {
    let mut report = Report::default();
    let ended = run_all(context, wanted, terms, &mut report);
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
    terms: Terms,
    report: &mut Report,
) -> Result<(), SyncError> {
    let known = context.memory.stamps()?;
    let all = gather(wanted, &known, &mut report.findings)?;
    report.looked_at = all.len() + report.findings.count_of("source");
    report.refused = report.findings.count() - report.findings.count_of("names");
    let listing = Listing::of(&context.root)?;
    for origin in all {
        let (source, source_stamp) = origin.source();
        if known.get(&source).is_some_and(|known| is_unchanged(context, known, &source_stamp, &listing)) {
            report.unchanged += 1;
            continue;
        }
        origin.id.clone_into(&mut report.last);
        let Some(held) = context.guard.try_take(&origin.id)? else {
            report.busy.push(origin.id);
            continue;
        };
        let done = origin.load(wanted.catalog).and_then(|loaded| {
            crate::claim::still(held.as_ref(), &origin.id)?;
            put(context, &loaded, (&source, &source_stamp), terms, &mut report.undo)
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

/// Whether nothing has to be done, as far as names, sizes and times tell; nothing is read for it and no claim is taken.
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
        self.backups.0 += done.backups.0;
        self.backups.1 += done.backups.1;
        self.merged += done.merged;
        let id = &origin.id;
        if !done.others.is_empty() {
            self.others.push((id.clone(), done.folder.clone(), done.others.clone()));
        }
        for change in &done.changes {
            let (kind, what, severity, title) = told(change, id, &done.folder);
            self.findings.add(kind, &format!("{id}:{what}"), severity, title, done.folder.clone());
        }
    }
}

fn told<'a>(change: &'a Change, id: &str, folder: &str) -> (&'static str, &'a str, Severity, String) {
    match change {
        Change::Added(name) => ("column-added", name, Severity::Info, format!("{folder}: new column `{name}`")),
        Change::Renamed(old, new) => {
            ("column-renamed", new, Severity::Info, format!("{folder}: the column `{old}` is called `{new}` now"))
        }
        Change::Missing(name) => {
            let title = format!("{folder}: the property `{name}` was not in this reading; its column and data stay");
            ("column-missing", name, Severity::Low, title)
        }
        Change::Back(name) => {
            ("column-back", name, Severity::Info, format!("{folder}: the property `{name}` is there again"))
        }
        Change::Retyped(name, old, new) => {
            let title =
                format!("{folder}: `{name}` was a {old} and is a {new} now; the old data stays in a column of its own");
            ("column-retyped", name, Severity::Medium, title)
        }
        Change::Deleted(name) => (
            "column-deleted",
            name,
            Severity::Info,
            format!("{folder}: the column `{name}` was taken away, as it was approved"),
        ),
        Change::Waits(name) => {
            let argument = argument("property", name);
            let title = format!(
                "{folder}: the property of the column `{name}` is gone for good, it seems. To have the column taken away: baton run \
                 drive-sync approve-deletion --arg database={id} {argument}"
            );
            ("column-waits", name, Severity::Low, title)
        }
    }
}
