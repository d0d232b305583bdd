//! The one folder of a database, and the top folder.
//!
//! If a database has several folders, every workspace keeps the same folder: the oldest folder or, among folders of the same
//! age, the folder with the lowest id. Baton marks the other folders as merged and moves their files. The mark leads workspaces
//! that still use a merged folder to the folder to keep. A later task moves the files that another workspace has added to a
//! merged folder in the meantime, and moves the empty folder to the trash. With the scope `drive.file`, Baton cannot see files
//! that a person added. So it keeps the merged folder and reports it.

use baton_plugin_sdk::Severity;
use serde_json::json;

use super::api::{Refusal, forbidden_text, retryable};
use super::files::{Marker, RemoteFile};
use super::state::Account;
use crate::drive::{ParsedName, id_key, is_uuid};

/// The maximum length of a chain of merged folders. Each merged folder leads to an older folder, so there is no cycle.
const CHAIN: usize = 20;

/// A folder, and whether it was created now.
pub(super) struct EnsuredFolder {
    pub(super) folder: RemoteFile,
    pub(super) made: bool,
}

/// Finds or creates the top folder.
pub(super) fn top(account: &Account<'_>) -> Result<EnsuredFolder, Refusal> {
    let known = account
        .store
        .files()?
        .into_iter()
        .filter(|file| file.marker.part == "top" && file.marker.merged.is_empty())
        .collect();
    let place = account.place;
    let parent = if place.shared_drive.is_empty() { "root".to_owned() } else { place.shared_drive.clone() };
    let marker = Marker { place: place.top.clone(), part: "top".to_owned(), ..Marker::default() };
    let wanted = RemoteFile { name: place.top.clone(), parent, is_folder: true, marker, ..RemoteFile::default() };
    ensure(account, "top", known, wanted)
}

/// The known folders of a database that are not marked as merged, the oldest first.
pub(super) fn known<'f>(files: &'f [RemoteFile], top: &str, database: &str, name: &str) -> Vec<&'f RemoteFile> {
    let is_by_name = |file: &RemoteFile| {
        let id = ParsedName::parse(&file.name).map(|named| named.id);
        let is_of = id.is_some_and(|id| id_key(id) == database && (is_uuid(id) || file.name == name));
        file.marker.part.is_empty() && file.parent == top && is_of
    };
    let is_marked = |file: &RemoteFile| file.marker.part == "folder" && file.marker.database == database;
    files
        .iter()
        .filter(|file| file.is_folder && file.marker.merged.is_empty() && (is_marked(file) || is_by_name(file)))
        .collect()
}

/// Finds or creates the folder of a database in the top folder, and gives it this name.
pub(super) fn database(account: &Account<'_>, top: &str, database: &str, name: &str) -> Result<EnsuredFolder, Refusal> {
    let files = account.store.folders_of(database)?;
    let known = known(&files, top, database, name).into_iter().cloned().collect();
    let place = account.place.top.clone();
    let marker = Marker { place, database: database.to_owned(), part: "folder".to_owned(), ..Marker::default() };
    let (name, parent) = (name.to_owned(), top.to_owned());
    let wanted = RemoteFile { name: name.clone(), parent, is_folder: true, marker, ..RemoteFile::default() };
    let mut ensured = ensure(account, &format!("{database}:folder"), known, wanted)?;
    if ensured.folder.name != name {
        account.files.rename(&ensured.folder.id, &name)?;
        account.note(json!({ "did": "renamed", "id": ensured.folder.id, "from": ensured.folder.name, "to": name }));
        ensured.folder.name = name;
        account.store.put(&ensured.folder)?;
    }
    Ok(ensured)
}

/// Finds or creates a folder, and merges the other folders of `known` into it. No folder of `known` is marked as merged or in
/// the trash.
fn ensure(
    account: &Account<'_>,
    key: &str,
    mut known: Vec<RemoteFile>,
    wanted: RemoteFile,
) -> Result<EnsuredFolder, Refusal> {
    if let Some(claimed) = claimed(account, key, &known)? {
        known.push(claimed);
    }
    known.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let mut known = known.into_iter();
    let Some(mut keep) = known.next() else {
        return Ok(EnsuredFolder { folder: create(account, key, wanted)?, made: true });
    };
    if keep.marker.part.is_empty() {
        account.files.adopt(&keep.id, &wanted.marker)?;
        keep.marker = wanted.marker;
        account.store.put(&keep)?;
    }
    for other in known {
        merge(account, other, &keep)?;
    }
    account.store.use_id(key, &keep.id)?;
    Ok(EnsuredFolder { folder: keep, made: false })
}

/// The folder with the stored id, if the folder exists and is not in `known`. This happens if a search does not find the folder
/// yet, or if the task that created the folder was killed.
fn claimed(account: &Account<'_>, key: &str, known: &[RemoteFile]) -> Result<Option<RemoteFile>, Refusal> {
    for _ in 0..CHAIN {
        let Some(id) = account.store.id(key)? else { return Ok(None) };
        if known.iter().any(|file| file.id == id) {
            return Ok(None);
        }
        match account.files.get(&id)? {
            Some(file) if !file.marker.merged.is_empty() => account.store.replace_id(key, &id, &file.marker.merged)?,
            Some(file) if file.trashed || account.is_elsewhere(&file) => account.store.forget_id(key, &id)?,
            Some(file) => {
                account.store.put(&file)?;
                return Ok(Some(file));
            }
            // The id was requested, but no folder has it yet.
            None => return Ok(None),
        }
    }
    Err(retryable("the chain of merged folders is too long".to_owned()))
}

fn create(account: &Account<'_>, key: &str, mut wanted: RemoteFile) -> Result<RemoteFile, Refusal> {
    for _ in 0..2 {
        wanted.id = match account.store.id(key)? {
            Some(id) => id,
            None => account.store.claim(key, &account.files.draw_id()?)?,
        };
        match account.files.create_folder(&wanted) {
            Ok(made) if !made.trashed => {
                account.store.put(&made)?;
                account.note(json!({ "did": "created-folder", "id": made.id, "name": made.name }));
                return Ok(made);
            }
            // Somebody deleted the folder that had this id.
            Ok(_) | Err(Refusal::Missing) => account.store.forget_id(key, &wanted.id)?,
            Err(refusal) => return Err(refusal),
        }
    }
    Err(retryable(format!("{}: the folder was deleted while it was created", wanted.name)))
}

fn merge(account: &Account<'_>, mut other: RemoteFile, keep: &RemoteFile) -> Result<(), Refusal> {
    account.files.mark_merged(&other.id, &keep.id)?;
    account.note(json!({ "did": "merged-folder", "id": other.id, "name": other.name, "into": keep.id }));
    other.marker.merged.clone_from(&keep.id);
    account.store.put(&other)?;
    account.merged.set(account.merged.get() + 1);
    move_children(account, &other.id, &keep.id).map(drop)
}

/// Moves the content of a folder, and returns the number of moved entries.
fn move_children(account: &Account<'_>, from: &str, to: &str) -> Result<usize, Refusal> {
    // A search may not find all children yet.
    let mut children = account.files.children(from)?;
    for file in account.store.below(from)? {
        if !children.iter().any(|child| child.id == file.id) {
            children.push(file);
        }
    }
    for child in &children {
        match account.files.move_to(&child.id, from, to) {
            Ok(()) => {
                account.note(json!({ "did": "moved", "id": child.id, "name": child.name, "from": from, "to": to }));
                if account.store.is_known(&child.id)? {
                    account.store.put(&RemoteFile { parent: to.to_owned(), ..child.clone() })?;
                }
            }
            // Either the file or the destination does not exist any more.
            Err(Refusal::Missing) => {
                if account.files.get(&child.id)?.is_none_or(|child| child.trashed) {
                    account.store.remove(&child.id)?;
                }
            }
            Err(Refusal::Forbidden(why)) => report_refused(account, child, &why),
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(children.len())
}

/// Moves the remaining content of merged folders, and moves the empty ones to the trash.
pub(super) fn finish_merges(account: &Account<'_>) -> Result<(), Refusal> {
    let files = account.store.files()?;
    let mut sees_all = None;
    for folder in files.iter().filter(|file| file.is_folder && !file.marker.merged.is_empty()) {
        let Some(keep) = destination(account, &folder.marker.merged)? else { continue };
        let remaining = match move_children(account, &folder.id, &keep) {
            Err(Refusal::Forbidden(why)) => {
                report_refused(account, folder, &why);
                continue;
            }
            remaining => remaining?,
        };
        if remaining > 0 {
            continue;
        }
        if sees_all.is_none() {
            sees_all = Some(account.files.sees_other_apps()?);
        }
        if sees_all == Some(true) {
            match account.files.trash(&folder.id) {
                Err(Refusal::Forbidden(why)) => {
                    report_refused(account, folder, &why);
                    continue;
                }
                trashed => trashed?,
            }
            account.store.remove(&folder.id)?;
            account.note(json!({ "did": "trashed-empty-folder", "id": folder.id }));
        } else {
            report_left(account, folder);
        }
    }
    Ok(())
}

fn report_refused(account: &Account<'_>, file: &RemoteFile, why: &str) {
    let title = format!("{}: {}", file.name, forbidden_text(why));
    account.report("account-refused", &file.id, Severity::High, title, String::new());
}

fn report_left(account: &Account<'_>, folder: &RemoteFile) {
    let title = format!(
        "{}: a second folder of this database has no file of Baton; it may have files of other apps, so Baton does not move it",
        folder.name
    );
    let step = format!(
        "open https://drive.google.com/drive/folders/{}, move your files to the other folder, then move this one to the trash",
        folder.id
    );
    account.report("account-merged-folder", &folder.id, Severity::Low, title, step);
}

/// The folder that is kept at the end of a chain of merged folders; `None` if somebody deleted that folder.
fn destination(account: &Account<'_>, first: &str) -> Result<Option<String>, Refusal> {
    let mut id = first.to_owned();
    for _ in 0..CHAIN {
        match account.files.get(&id)? {
            Some(file) if !file.marker.merged.is_empty() => id = file.marker.merged,
            Some(file) if !file.trashed => return Ok(Some(file.id)),
            _ => return Ok(None),
        }
    }
    Ok(None)
}
