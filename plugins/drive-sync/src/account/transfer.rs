//! Downloads and uploads the CSV and the manifest of one database. For each file, three contents are compared: the content in
//! the account, the content in the folder, and the content of the last sync. If only the account or only the folder changed,
//! its content is copied to the other side. If both changed, a CSV is replaced only with `overwrite`; a manifest is also
//! replaced if its CSV is not in conflict.

use std::path::PathBuf;

use baton_plugin_sdk::{Severity, sql};
use serde_json::json;

use super::api::{Refusal, retryable};
use super::files::{Marker, RemoteFile};
use super::state::{Account, DatabasePlace};
use super::upload::{self, md5};
use crate::context::SyncError;
use crate::drive::{archive, read, replace, stamp};
use crate::schema::SIDECAR;

/// The files of a database.
pub(super) const PARTS: [Part; 2] = [Part::Csv, Part::Manifest];

/// A file of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Csv,
    Manifest,
}

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Manifest => "manifest",
        }
    }

    fn file(self, folder: &str) -> String {
        match self {
            Self::Csv => format!("{folder}.csv"),
            Self::Manifest => format!("{folder}{SIDECAR}"),
        }
    }
}

/// Why a file was not transferred.
pub(super) enum TransferError {
    Refusal(Refusal),
    Local(SyncError),
}

impl From<Refusal> for TransferError {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<sql::Error> for TransferError {
    fn from(error: sql::Error) -> Self {
        Self::Refusal(error.into())
    }
}

impl From<std::io::Error> for TransferError {
    fn from(error: std::io::Error) -> Self {
        Self::Local(error.into())
    }
}

/// One file of a database, in the folder and in the account.
struct FilePair<'a> {
    account: &'a Account<'a>,
    place: &'a DatabasePlace,
    part: Part,
    key: String,
    path: PathBuf,
    shown: String,
}

impl<'a> FilePair<'a> {
    fn new(account: &'a Account<'a>, place: &'a DatabasePlace, part: Part) -> Self {
        let file = part.file(&place.folder);
        Self {
            account,
            place,
            part,
            key: format!("{}:{}", place.database, part.name()),
            path: account.root.join(&place.folder).join(&file),
            shown: format!("{}/{file}", place.folder),
        }
    }

    /// The content in the folder.
    fn local(&self) -> std::io::Result<Option<Vec<u8>>> {
        Ok(match stamp(&self.path)? {
            Some(_) => Some(read(&self.path)?),
            None => None,
        })
    }

    /// The file in the account. Further files of the same part are moved to the trash if their bytes are equal, else renamed.
    fn remote(&self) -> Result<Option<RemoteFile>, Refusal> {
        let mut found = self.account.store.of_part(&self.place.database, self.part.name())?;
        if let Some(claimed) = self.claimed(&found)? {
            found.push(claimed);
        }
        found.sort_by(|a, b| a.rank().cmp(&b.rank()));
        let mut found = found.into_iter();
        let Some(mut keep) = found.next() else { return Ok(None) };
        for other in found {
            keep = self.put_aside(&other, keep)?;
        }
        self.account.store.use_id(&self.key, &keep.id)?;
        Ok(Some(keep))
    }

    /// The file with the stored id, if the file exists and neither a search nor the changes feed has returned it yet.
    fn claimed(&self, found: &[RemoteFile]) -> Result<Option<RemoteFile>, Refusal> {
        let store = &self.account.store;
        let Some(id) = store.id(&self.key)?.filter(|id| !found.iter().any(|file| file.id == *id)) else {
            return Ok(None);
        };
        match self.account.files.get(&id)? {
            Some(file) if file.trashed || file.marker.part.is_empty() || self.account.is_elsewhere(&file) => {
                store.forget_id(&self.key, &id)?;
                Ok(None)
            }
            Some(file) => {
                store.put(&file)?;
                Ok(Some(file))
            }
            None => Ok(None),
        }
    }

    /// Trashes or renames one of two files, and returns the one to keep.
    fn put_aside(&self, other: &RemoteFile, keep: RemoteFile) -> Result<RemoteFile, Refusal> {
        let account = self.account;
        // Both are read again, because somebody may have saved or deleted one of them since.
        let fresh = |file: &RemoteFile| account.files.get(&file.id).map(|file| file.filter(|file| !file.trashed));
        let Some(other) = fresh(other)? else {
            account.store.remove(&other.id)?;
            return Ok(keep);
        };
        let Some(keep) = fresh(&keep)? else {
            account.store.remove(&keep.id)?;
            return Ok(other);
        };
        if !other.md5.is_empty() && other.md5 == keep.md5 {
            account.files.trash(&other.id)?;
            account.note(json!({ "did": "trashed-twin", "id": other.id, "name": other.name, "same-as": keep.id }));
        } else {
            let tail: String = other.id.chars().rev().take(6).collect();
            let (stem, ending) = other.name.rsplit_once('.').unwrap_or((&other.name, "csv"));
            let name = format!("{stem} (from another workspace {tail}).{ending}");
            account.files.set_aside(&other.id, &name)?;
            account.note(json!({ "did": "set-aside", "id": other.id, "from": other.name, "to": name }));
        }
        account.store.remove(&other.id)?;
        Ok(keep)
    }

    /// Deletes the record of a file if the record is out of date.
    fn forget(&self, remote: &RemoteFile) -> Result<(), Refusal> {
        self.account.store.remove(&remote.id)?;
        Ok(self.account.store.forget_id(&self.key, &remote.id)?)
    }

    fn download(&self, remote: &RemoteFile) -> Result<Vec<u8>, TransferError> {
        let bytes = self.account.files.download(&remote.id)?;
        if md5(&bytes) != remote.md5 {
            let text = format!(
                "{}: the downloaded bytes do not match md5Checksum, or the file was changed meanwhile",
                self.shown
            );
            return Err(retryable(text).into());
        }
        Ok(bytes)
    }
}

/// Writes the changes of the account into the folder.
pub(super) fn pull(account: &Account<'_>, place: &DatabasePlace) -> Result<(), TransferError> {
    let mut csv_conflicts = false;
    for part in PARTS {
        let both = FilePair::new(account, place, part);
        let Some(remote) = both.remote()? else { continue };
        let seen = stamp(&both.path)?;
        let (local, synced) = (both.local()?, account.store.synced(&both.key)?);
        let own = local.as_deref().map(md5);
        if own.as_deref() == Some(remote.md5.as_str()) {
            account.store.set_synced(&both.key, &remote.md5)?;
            continue;
        }
        // Only the last sync proves that the account had this content; an upload that was begun does not.
        let is_unchanged = own.as_deref().is_none_or(|own| synced.is_last(own));
        let both_changed = !is_unchanged && !synced.is(&remote.md5);
        csv_conflicts |= part == Part::Csv && both_changed;
        // If both sides changed, a manifest is replaced unless its CSV is in conflict: a person does not edit manifests.
        if is_unchanged || part == Part::Manifest && both_changed && !csv_conflicts {
            let bytes = match both.download(&remote) {
                Err(TransferError::Refusal(Refusal::Missing)) => {
                    both.forget(&remote)?;
                    continue;
                }
                bytes => bytes?,
            };
            if replace(&both.path, &bytes, seen.as_ref())? {
                account.store.set_synced(&both.key, &remote.md5)?;
                account.downloaded.set(account.downloaded.get() + 1);
            }
        }
    }
    Ok(())
}

/// Uploads the changes of the folder.
pub(super) fn push(
    account: &Account<'_>,
    place: &DatabasePlace,
    folder: &str,
    overwrite: bool,
) -> Result<(), TransferError> {
    for part in PARTS {
        let both = FilePair::new(account, place, part);
        let Some(bytes) = both.local()? else { continue };
        let own = md5(&bytes);
        let Some(mut remote) = both.remote()? else {
            create(&both, folder, &bytes)?;
            continue;
        };
        if remote.md5 != own {
            // The changes feed may have a delay, so the present state of the file is read.
            match account.files.get(&remote.id)? {
                Some(fresh) if !fresh.trashed => remote = fresh,
                _ => {
                    both.forget(&remote)?;
                    create(&both, folder, &bytes)?;
                    continue;
                }
            }
        }
        if remote.md5 == own {
            account.store.set_synced(&both.key, &own)?;
            rename(&both, &remote)?;
            continue;
        }
        if !account.store.synced(&both.key)?.is(&remote.md5) {
            if part == Part::Manifest {
                continue;
            }
            if !overwrite {
                changed_on_both_sides(&both);
                return Ok(());
            }
            archive::keep_bytes(account.root, &place.folder, &both.download(&remote)?, account.now_ms)?;
        }
        account.store.set_next(&both.key, &own)?;
        let uploaded = match upload::replace(&account.files, &remote, &bytes) {
            Err(Refusal::Conflict) => {
                changed_on_both_sides(&both);
                return Ok(());
            }
            uploaded => uploaded?,
        };
        account.store.put(&uploaded)?;
        account.store.set_synced(&both.key, &own)?;
        account.uploaded.set(account.uploaded.get() + 1);
        account.note(json!({ "did": "uploaded", "id": remote.id, "name": both.shown, "md5-before": remote.md5 }));
        rename(&both, &uploaded)?;
    }
    Ok(())
}

fn create(both: &FilePair<'_>, folder: &str, bytes: &[u8]) -> Result<(), TransferError> {
    let account = both.account;
    account.store.set_next(&both.key, &md5(bytes))?;
    let marker = Marker {
        place: account.place.top.clone(),
        database: both.place.database.clone(),
        part: both.part.name().to_owned(),
        ..Marker::default()
    };
    for _ in 0..2 {
        let id = match account.store.id(&both.key)? {
            Some(id) => id,
            None => account.store.claim(&both.key, &account.files.draw_id()?)?,
        };
        let (name, parent) = (both.part.file(&both.place.folder), folder.to_owned());
        let wanted = RemoteFile { id: id.clone(), name, parent, marker: marker.clone(), ..RemoteFile::default() };
        match upload::create(&account.files, &wanted, bytes) {
            Ok(made) if !made.trashed => {
                account.store.put(&made)?;
                account.store.set_synced(&both.key, &made.md5)?;
                account.uploaded.set(account.uploaded.get() + 1);
                account.note(json!({ "did": "created", "id": made.id, "name": both.shown }));
                return Ok(());
            }
            // Somebody deleted the file that had this id.
            Ok(_) | Err(Refusal::Missing) => account.store.forget_id(&both.key, &id)?,
            Err(Refusal::Conflict) => {
                changed_on_both_sides(both);
                return Ok(());
            }
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Err(retryable(format!("{}: the file was deleted while it was created", both.shown)).into())
}

/// Renames the file in the account to its name in the folder.
fn rename(both: &FilePair<'_>, remote: &RemoteFile) -> Result<(), Refusal> {
    let name = both.part.file(&both.place.folder);
    if remote.name == name {
        return Ok(());
    }
    both.account.files.rename(&remote.id, &name)?;
    both.account.note(json!({ "did": "renamed", "id": remote.id, "from": remote.name, "to": name }));
    Ok(both.account.store.put(&RemoteFile { name, ..remote.clone() })?)
}

fn changed_on_both_sides(both: &FilePair<'_>) {
    let id = &both.place.database;
    both.account.report(
        "account-conflict",
        &both.shown,
        Severity::High,
        format!("{}: the file was changed in the account and in the folder since the last sync; neither was replaced", both.shown),
        format!(
            "to keep the folder's file (the account's file goes to .archive): baton run drive-sync sync --arg place=account --arg \
             database={id} --arg overwrite=true; to keep the account's file: move the folder's file away and run the task again"
        ),
    );
}
