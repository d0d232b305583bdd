//! Inspects a Drive without changing it: names, the CSV of each database, and its manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use baton_plugin_kit::folder;
use serde::Serialize;

use crate::context::SyncError as Failed;
use crate::drive::{
    self, ARCHIVE, Folder, Listing, PART, ParsedName, archive, belongs, children_and_unreadable, is_one,
};
use crate::memory::Memory;
use crate::schema::{Manifest, SIDECAR, State};
use crate::sync::header_digest;
use crate::table::parse_csv;

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A database has several folders.
    DuplicateFolder,
    /// A folder whose name ends with the id of a database, but which may belong to something else.
    PerhapsAnothers,
    /// A folder has no id in its name.
    FolderWithoutId,
    /// A CSV outside of a folder, or in the folder of another database.
    OrphanCsv,
    /// A folder without its CSV.
    MissingCsv,
    /// A folder without backups.
    MissingArchive,
    /// A folder with more backups than the number to keep.
    RetentionOverrun,
    /// A manifest that differs from the CSV or from the stored manifest.
    ManifestDisagrees,
    /// A column whose property is missing.
    Tombstone,
    /// A file that remains after a program was killed.
    Leftover,
    /// A folder or file that cannot be read.
    Unreadable,
}

impl Kind {
    /// All kinds, in the order of a report.
    pub const ALL: [Self; 11] = [
        Self::DuplicateFolder,
        Self::PerhapsAnothers,
        Self::FolderWithoutId,
        Self::OrphanCsv,
        Self::MissingCsv,
        Self::MissingArchive,
        Self::RetentionOverrun,
        Self::ManifestDisagrees,
        Self::Tombstone,
        Self::Leftover,
        Self::Unreadable,
    ];

    /// Its name in findings and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DuplicateFolder => "duplicate-folder",
            Self::PerhapsAnothers => "perhaps-anothers",
            Self::FolderWithoutId => "folder-without-id",
            Self::OrphanCsv => "orphan-csv",
            Self::MissingCsv => "missing-csv",
            Self::MissingArchive => "missing-archive",
            Self::RetentionOverrun => "retention-overrun",
            Self::ManifestDisagrees => "manifest-disagrees",
            Self::Tombstone => "tombstone",
            Self::Leftover => "leftover",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its kind.
    pub kind: Kind,
    /// The database, if it is known.
    pub id: Option<String>,
    /// The path relative to the Drive.
    pub path: String,
    /// The evidence.
    pub seen: String,
}

/// The result of an inspection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Databases that have a folder.
    pub databases: usize,
    /// Folders with an id in their names.
    pub folders: usize,
    /// Folders that exist in addition to the first folder of their database.
    pub superfluous_folders: usize,
    /// Recognised backups.
    pub backups: usize,
    /// The problems.
    pub troubles: Vec<Problem>,
}

impl Health {
    /// The number of problems of a kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.troubles.iter().filter(|trouble| trouble.kind == kind).count()
    }

    /// Records an unreadable path as a problem, so that the inspection continues.
    fn record_failure(&mut self, looked: io::Result<()>, id: &str, folder: &str) {
        if let Err(error) = looked {
            self.add(Kind::Unreadable, Some(id), folder, error.to_string());
        }
    }

    /// Records names that are not UTF-8 as a problem, because they cannot be inspected.
    fn names(&mut self, shown: &str, path: &str, count: usize) {
        if count > 0 {
            let (title, fix) = folder::unreadable(shown, count);
            self.add(Kind::Unreadable, None, path, format!("{title}. {fix}"));
        }
    }

    fn add(&mut self, kind: Kind, id: Option<&str>, path: impl Into<String>, seen: impl Into<String>) {
        self.troubles.push(Problem { kind, id: id.map(str::to_owned), path: path.into(), seen: seen.into() });
    }
}

/// Inspects a Drive. `memory` has the stored manifests.
///
/// # Errors
/// If the Drive or the memory cannot be read.
pub fn inspect_drive(root: &Path, memory: Memory<'_>, keep: usize) -> Result<Health, Failed> {
    let listing = Listing::read(root)?;
    let mut health = Health::default();
    for name in &listing.odd {
        health.add(Kind::FolderWithoutId, None, name, "its name does not end in `_ID`");
    }
    for name in &listing.loose {
        let id = ParsedName::parse(stem(name)).map(|named| named.id.to_ascii_lowercase());
        health.add(Kind::OrphanCsv, id.as_deref(), name, "the file is not in the folder of a database");
    }
    health.names("the Drive", ".", listing.unreadable);
    let (remembered, titles) = (remembered(memory)?, memory.titles()?);
    for (id, title) in &titles {
        let name = drive::base_name(title, id);
        if fs::symlink_metadata(root.join(&name)).is_ok_and(|found| !found.is_dir()) {
            let seen = "this file has the name that the database's folder needs; move the file away";
            health.add(Kind::Unreadable, Some(id), name, seen);
        }
    }
    for (id, folders) in &listing.by_id {
        let title = titles.get(id).map(String::as_str);
        let (folders, others) = own_folders(root, id, folders, title);
        if let Some(title) = title.filter(|_| !others.is_empty()) {
            let seen = format!(
                "its name ends with the id of the database {title}; move the database's files into the database's \
                 folder, or rename this folder"
            );
            for folder in others {
                health.add(Kind::PerhapsAnothers, Some(id), folder.name, seen.as_str());
            }
        }
        if folders.is_empty() {
            continue;
        }
        health.databases += 1;
        health.folders += folders.len();
        health.superfluous_folders += folders.len() - 1;
        if let [first, others @ ..] = folders.as_slice()
            && !others.is_empty()
        {
            let names = others.iter().map(|folder| folder.name.as_str()).collect::<Vec<_>>().join("\n");
            health.add(Kind::DuplicateFolder, Some(id), &first.name, names);
        }
        for folder in &folders {
            let looked = look_inside(root, &folder.name, id, keep, &mut health);
            health.record_failure(looked, id, &folder.name);
        }
        if let [only] = folders.as_slice() {
            look_at_manifest(root, &only.name, id, remembered.get(id), &mut health);
        }
    }
    health.troubles.sort_by(|a, b| (a.kind, &a.path, &a.seen).cmp(&(b.kind, &b.path, &b.seen)));
    Ok(health)
}

/// Splits the folders into two lists: folders that certainly belong to the database, and other folders. No title is stored if
/// another workspace syncs to this Drive. Then several folders with the same title belong together. `photos_2024` and
/// `invoices_2024` have different titles and do not belong together.
fn own_folders(root: &Path, id: &str, folders: &[Folder], title: Option<&str>) -> (Vec<Folder>, Vec<Folder>) {
    let all: Vec<_> = folders.iter().filter_map(|folder| Some(ParsedName::parse(&folder.name)?.title)).collect();
    let several = |name: &&&str| all.iter().filter(|other| other == name).count() > 1;
    let titles: Vec<&str> = title.map_or_else(|| all.iter().filter(several).copied().collect(), |title| vec![title]);
    folders.iter().cloned().partition(|folder| belongs(root, &folder.name, id, &titles))
}

/// The manifest that this workspace wrote last, and the SHA-256 of its CSV.
struct LastWrite {
    manifest: Manifest,
    csv_digest: String,
}

fn remembered(memory: Memory<'_>) -> Result<BTreeMap<String, LastWrite>, Failed> {
    let ids: BTreeSet<String> = memory.titles()?.into_keys().collect();
    let mut remembered = BTreeMap::new();
    for id in ids {
        let known = memory.get(&id)?.unwrap_or_default();
        if let Ok(manifest) = Manifest::read(known.manifest.as_bytes(), &id) {
            remembered.insert(id, LastWrite { manifest, csv_digest: known.csv_digest });
        }
    }
    Ok(remembered)
}

fn look_inside(root: &Path, folder: &str, id: &str, keep: usize, health: &mut Health) -> io::Result<()> {
    let (inside, unreadable) = children_and_unreadable(&root.join(folder))?;
    health.names(folder, folder, unreadable);
    let own = format!("{folder}.csv");
    if inside.iter().any(|(name, kind)| *name == own && kind.is_file()) {
        look_at_csv(root, folder, id, health);
    } else {
        health.add(Kind::MissingCsv, Some(id), folder, format!("no {own}"));
    }
    for (name, _) in inside.iter().filter(|(name, _)| name.to_lowercase().ends_with(".csv") && *name != own) {
        if is_second_name(root, folder, name) {
            continue;
        }
        health.add(Kind::OrphanCsv, Some(id), format!("{folder}/{name}"), "the file is not the CSV of this folder");
    }
    for (name, _) in inside.iter().filter(|(name, _)| is_second_name(root, folder, name)) {
        let seen = "the file has its old name; the folder also has a file with the new name";
        health.add(Kind::Leftover, Some(id), format!("{folder}/{name}"), seen);
    }
    if inside.iter().any(|(name, _)| name == PART) {
        health.add(Kind::Leftover, Some(id), format!("{folder}/{PART}"), "an incomplete file of an interrupted write");
    }
    match inside.iter().find(|(name, _)| name == ARCHIVE) {
        Some((_, kind)) if kind.is_dir() => {}
        Some(_) => {
            let seen = "this file has the name that the folder of backups needs; move the file away";
            health.add(Kind::Unreadable, Some(id), format!("{folder}/{ARCHIVE}"), seen);
            return Ok(());
        }
        None => {
            health.add(Kind::MissingArchive, Some(id), folder, format!("no {ARCHIVE}"));
            return Ok(());
        }
    }
    if fs::symlink_metadata(root.join(folder).join(ARCHIVE).join(PART)).is_ok() {
        let path = format!("{folder}/{ARCHIVE}/{PART}");
        health.add(Kind::Leftover, Some(id), path, "an incomplete file of an interrupted write");
    }
    let known = archive::superfluous(root, folder, id, 0)?.len();
    health.backups += known;
    if known > keep {
        let seen = format!(
            "{known} backups, {keep} to keep; to delete the others: baton run drive-sync repair --arg keep={keep}"
        );
        health.add(Kind::RetentionOverrun, Some(id), format!("{folder}/{ARCHIVE}"), seen);
    }
    Ok(())
}

/// Whether a file is the folder's CSV or manifest under another name.
fn is_second_name(root: &Path, folder: &str, name: &str) -> bool {
    let inside = root.join(folder);
    [".csv", SIDECAR].iter().any(|ending| {
        let own = format!("{folder}{ending}");
        name != own && is_one(&inside.join(name), &inside.join(own))
    })
}

fn look_at_manifest(root: &Path, folder: &str, id: &str, remembered: Option<&LastWrite>, health: &mut Health) {
    let path = format!("{folder}/{folder}{SIDECAR}");
    let full = root.join(&path);
    if fs::symlink_metadata(&full).is_err() {
        if remembered.is_some() {
            health.add(
                Kind::ManifestDisagrees,
                Some(id),
                path,
                "the file is missing; the next sync of a change writes it again",
            );
        }
        return;
    }
    let manifest =
        match drive::read(&full).map_err(|error| error.to_string()).and_then(|bytes| Manifest::read(&bytes, id)) {
            Ok(manifest) => manifest,
            Err(error) => {
                health.add(Kind::ManifestDisagrees, Some(id), path, format!("it is not usable: {error}"));
                return;
            }
        };
    for column in manifest.columns.iter().filter(|column| column.state != State::Live && !column.is_own()) {
        let property = serde_json::Value::from(column.header.as_str());
        let seen = format!(
            "the property of `{}` was last seen {}; {} complete reads since then lacked it; to remove its column: \
             baton run drive-sync approve-deletion --arg database={id} --arg 'property={property}'",
            column.header, column.last_seen, column.misses
        );
        health.add(Kind::Tombstone, Some(id), format!("{folder}/{folder}.csv"), seen);
    }
    let csv = drive::read(&root.join(format!("{folder}/{folder}.csv"))).unwrap_or_default();
    // If the file is not a valid CSV, `look_at_csv` reports that separately.
    let header = parse_csv(&csv).ok().map(|csv| csv.header);
    // If this workspace did not write the CSV, another workspace wrote both files, or a person edited the CSV. A sync reports
    // both cases.
    let is_ours = |remembered: &LastWrite| remembered.csv_digest == drive::digest(&csv);
    if header.is_some_and(|header| header_digest(&header) != manifest.header_sha256) {
        health.add(Kind::ManifestDisagrees, Some(id), path, "its header differs from that of the CSV");
    } else if remembered.is_some_and(|remembered| is_ours(remembered) && remembered.manifest != manifest) {
        health.add(Kind::ManifestDisagrees, Some(id), path, "it differs from the stored manifest");
    }
}

/// Reports the folder's CSV if it is not valid: empty, incomplete, too large, or without the row of types.
fn look_at_csv(root: &Path, folder: &str, id: &str, health: &mut Health) {
    let path = format!("{folder}/{folder}.csv");
    let read = drive::read(&root.join(&path)).map_err(|error| error.to_string());
    if let Err(error) = read.and_then(|bytes| parse_csv(&bytes).map(drop)) {
        let seen = format!("{error}; fix it, or move it away and restore a backup from {folder}/{ARCHIVE}");
        health.add(Kind::Unreadable, Some(id), path, seen);
    }
}

/// A name without its extension.
pub(super) fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
