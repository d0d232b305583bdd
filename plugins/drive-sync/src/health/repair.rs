//! Fixes the problems of a Drive that need no decision of a person. It merges duplicate folders, moves a CSV beside its folder
//! into the folder, creates a missing folder for backups, and merges a file with an older title. It deletes backups only if
//! `keep` is given.
//!
//! The id of a plan changes with its steps. Applying a plan runs exactly the steps of the plan. Each step first checks the
//! Drive again, under the lock of its database.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use baton_plugin_sdk::Error;
use serde::Serialize;

use super::inspect::{Health, Kind, stem};
use crate::context::{DriveContext, SyncError};
use crate::drive::{
    ARCHIVE, Change, Folder, PART, ParsedName, Undo, archive, at_writing, belongs, digest, ensure, find, is_same,
    is_uuid, merge_into,
};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Step {
    /// Merges the folders of a database.
    Merge {
        /// The database.
        id: String,
        /// The name of the merged folder: `{title}_{id}`.
        title: String,
        /// The folders.
        folders: Vec<String>,
    },
    /// Moves a CSV into its database's folder.
    MoveIn {
        /// The database.
        id: String,
        /// The CSV.
        path: String,
        /// The folder.
        folder: String,
    },
    /// Creates a folder for backups.
    MakeArchive {
        /// The database.
        id: String,
        /// The database's folder.
        folder: String,
    },
    /// Deletes the oldest backups.
    Retain {
        /// The database.
        id: String,
        /// The database's folder.
        folder: String,
        /// The number of backups to keep.
        keep: usize,
        /// The names of the backups to delete.
        backups: Vec<String>,
    },
}

impl Step {
    /// The database of the step.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Merge { id, .. }
            | Self::MoveIn { id, .. }
            | Self::MakeArchive { id, .. }
            | Self::Retain { id, .. } => id,
        }
    }
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The id, made from the steps: equal plans have equal ids.
    pub id: String,
    /// Its steps in order.
    pub steps: Vec<Step>,
    /// The number of problems that need a decision of a person.
    pub left: usize,
}

impl Plan {
    /// The command that applies the plan, with `keep` if it deletes backups.
    #[must_use]
    pub fn command(&self) -> String {
        let keep =
            self.steps.iter().find_map(|step| if let Step::Retain { keep, .. } = step { Some(keep) } else { None });
        let keep = keep.map(|keep| format!(" --arg keep={keep}")).unwrap_or_default();
        format!("baton run drive-sync repair --arg apply={}{keep}", self.id)
    }
}

/// The result of applying a plan.
#[derive(Debug, Default)]
pub struct RepairResult {
    /// The number of completed steps.
    pub done: usize,
    /// Steps that were not done, with the reason.
    pub not_done: Vec<(Step, String)>,
    /// The changes.
    pub undo: Undo,
}

/// Makes a plan. `titles` are the titles of the known databases. Without `keep` no backup is deleted.
///
/// # Errors
/// If the Drive cannot be read.
pub fn plan(
    root: &Path,
    health: &Health,
    titles: &BTreeMap<String, String>,
    keep: Option<usize>,
) -> Result<Plan, SyncError> {
    let mut steps = Vec::new();
    let mut left = 0;
    for trouble in &health.troubles {
        let id = trouble.id.clone().unwrap_or_default();
        let step = match trouble.kind {
            Kind::DuplicateFolder => merging(root, &id, titles)?,
            Kind::OrphanCsv if trouble.path.contains('/') && !is_alone(root, &id)? => continue,
            Kind::OrphanCsv => moving(root, &id, &trouble.path, titles)?,
            // The file has an older title. A merge of the database's folder, even of a single folder, also merges this file.
            Kind::Leftover if !trouble.path.ends_with(PART) => merging(root, &id, titles)?,
            Kind::MissingArchive | Kind::RetentionOverrun if is_alone(root, &id)? && !is_certain(&id, titles, &[]) => {
                None
            }
            Kind::MissingArchive if is_alone(root, &id)? => {
                Some(Step::MakeArchive { folder: trouble.path.clone(), id })
            }
            Kind::RetentionOverrun if is_alone(root, &id)? && keep.is_some() => {
                let keep = keep.unwrap_or_default();
                let folder = trouble.path.trim_end_matches(ARCHIVE).trim_end_matches('/').to_owned();
                let backups = archive::superfluous(root, &folder, &id, keep)?;
                Some(Step::Retain { id, folder, keep, backups })
            }
            Kind::RetentionOverrun if is_alone(root, &id)? => None,
            Kind::MissingCsv if !is_alone(root, &id)? => continue,
            // A merge can change problems of the first two kinds, so the next plan handles them. The last two kinds are not
            // faults.
            Kind::MissingArchive | Kind::RetentionOverrun | Kind::Tombstone | Kind::PerhapsAnothers => continue,
            _ => None,
        };
        left += usize::from(step.is_none());
        steps.extend(step);
    }
    steps.sort();
    steps.dedup();
    let text = serde_json::to_vec(&steps).unwrap_or_default();
    Ok(Plan { id: format!("p{}", digest(&text).chars().take(12).collect::<String>()), steps, left })
}

/// Whether an id certainly belongs to a database: the database was synced, the id is a UUID, or the names differ only in a
/// number after the id. `photos_2024` and `invoices_2024` are two folders of a person.
fn is_certain(id: &str, titles: &BTreeMap<String, String>, names: &[&str]) -> bool {
    let mut stems =
        names.iter().map(|name| ParsedName::parse(name).map(|named| (named.title, named.id.to_ascii_lowercase())));
    let first = stems.next().flatten();
    titles.contains_key(id) || is_uuid(id) || names.len() > 1 && first.is_some() && stems.all(|stem| stem == first)
}

fn is_alone(root: &Path, id: &str) -> Result<bool, SyncError> {
    Ok(find(root, id)?.len() == 1)
}

/// The step that merges the folders that certainly belong to one database. They have the stored title or, if there is none,
/// the first title that several folders share.
fn merging(root: &Path, id: &str, titles: &BTreeMap<String, String>) -> Result<Option<Step>, SyncError> {
    let mut folders = find(root, id)?;
    folders.sort_by_key(|folder| (folder.copy, folder.name.clone()));
    let named = |name: &str| ParsedName::parse(name).map(|named| (named.title.to_owned(), named.id.to_owned()));
    let known = titles.get(id).map(|title| (title.clone(), id.to_owned()));
    let is_hidden = |folder: &Folder| folder.name.starts_with('.');
    // The title of a hidden folder does not count.
    let titled = folders.iter().filter(|folder| !is_hidden(folder) || folders.iter().all(is_hidden));
    let all = titled.filter_map(|folder| named(&folder.name));
    // The id as a folder spells it.
    let choices: Vec<_> = match known {
        Some((title, _)) => all.take(1).map(|(_, id)| (title.clone(), id)).collect(),
        None => all.collect(),
    };
    let alone = folders.len() == 1;
    for (title, id) in choices {
        let ours = folders.iter().map(|folder| folder.name.clone()).filter(|name| belongs(root, name, &id, &[&title]));
        let ours: Vec<_> = ours.collect();
        if ours.len() > 1 || alone && ours.len() == 1 {
            return Ok(Some(Step::Merge { id, title, folders: ours }));
        }
    }
    Ok(None)
}

/// The step for a CSV outside of a folder; `None` unless exactly one folder has the id in the CSV's name.
fn moving(root: &Path, id: &str, path: &str, titles: &BTreeMap<String, String>) -> Result<Option<Step>, SyncError> {
    if path.contains('/') || id.is_empty() {
        return Ok(None);
    }
    Ok(match find(root, id)?.as_slice() {
        [folder] if is_certain(id, titles, &[&folder.name, stem(path)]) => {
            Some(Step::MoveIn { id: id.to_owned(), path: path.to_owned(), folder: folder.name.clone() })
        }
        _ => None,
    })
}

/// Applies a plan. After an error such as a full disk the report has the changes and the steps that were not done.
///
/// # Errors
/// If no step can be done and nothing was changed, for example because locks are not granted or the disk is full.
pub fn apply(context: &DriveContext<'_>, plan: &Plan) -> Result<RepairResult, Error> {
    let mut applied = RepairResult::default();
    let mut ended: Option<String> = None;
    for step in &plan.steps {
        if let Some(why) = &ended {
            applied.not_done.push((step.clone(), why.clone()));
            continue;
        }
        match apply_locked(context, step, &mut applied.undo) {
            Ok(()) => applied.done += 1,
            Err(SyncError::Refused(_, why)) => applied.not_done.push((step.clone(), why)),
            Err(SyncError::Fatal(error)) if applied.undo.changes().is_empty() => return Err(error),
            Err(SyncError::Fatal(error)) => {
                let why = text_of(&error).to_owned();
                applied.not_done.push((step.clone(), why.clone()));
                ended = Some(why);
            }
        }
    }
    Ok(applied)
}

fn text_of(error: &Error) -> &str {
    match error {
        Error::Retryable(text) | Error::Permanent(text) | Error::NeedsHuman(text) | Error::NeedsGrant(text) => text,
    }
}

fn apply_locked(context: &DriveContext<'_>, step: &Step, undo: &mut Undo) -> Result<(), SyncError> {
    let held = context.locks.try_take(step.id())?;
    let held = held.ok_or_else(|| SyncError::refused("busy", "another task works on the database"))?;
    crate::locks::check_held(held.as_ref(), step.id())?;
    one(context, step, undo)
}

fn one(context: &DriveContext<'_>, step: &Step, undo: &mut Undo) -> Result<(), SyncError> {
    let root = &context.root;
    match step {
        Step::Merge { id, title, folders } => {
            if let Some(new) = find(root, id)?
                .into_iter()
                .find(|found| !folders.contains(&found.name) && belongs(root, &found.name, id, &[title]))
            {
                return Err(SyncError::refused(
                    "new",
                    format!("the folder {} did not exist when the plan was made", new.name),
                ));
            }
            ensure(root, title, id, &[], undo).map(drop)?;
        }
        Step::MoveIn { path, folder, .. } => move_in(root, path, folder, undo)?,
        Step::MakeArchive { folder, .. } => {
            let archive = root.join(folder).join(ARCHIVE);
            fs::create_dir(&archive).map_err(|error| at_writing(&archive, &error))?;
            undo.push(Change::MadeFolder { path: format!("{folder}/{ARCHIVE}") });
        }
        Step::Retain { id, folder, keep, .. } => archive::retain(root, folder, id, *keep, None, undo).map(drop)?,
    }
    Ok(())
}

/// Moves a CSV into the folder of its database by the rules of merging. A temporary folder is merged, so that the new name
/// contains the origin of the file.
fn move_in(root: &Path, path: &str, folder: &str, undo: &mut Undo) -> Result<(), SyncError> {
    let target = format!("{folder}/{path}");
    if is_same(&root.join(path), &root.join(&target))? {
        fs::remove_file(root.join(path)).map_err(|error| at_writing(&root.join(path), &error))?;
        undo.push(Change::RemovedTwin { path: path.to_owned(), same_as: target });
        return Ok(());
    }
    let aside = format!("loose {}", stem(path));
    fs::create_dir(root.join(&aside)).map_err(|error| at_writing(&root.join(&aside), &error))?;
    let inside = format!("{aside}/{path}");
    fs::rename(root.join(path), root.join(&inside)).map_err(|error| at_writing(&root.join(path), &error))?;
    undo.push(Change::Moved { from: path.to_owned(), to: inside });
    merge_into(root, &aside, folder, undo)?;
    Ok(())
}
