//! Records the changes of `baton connect`: each file as it was before the first change, and the digest of the text that
//! Baton wrote. If a file still has that digest, `baton disconnect` restores the original content.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use baton_core::Digest;
use baton_files::PRIVATE;
use serde::{Deserialize, Serialize};

use super::change::FileChange;
use crate::workspace::State;

/// The maximum size of a record, which contains a client's whole configuration file.
const BYTES: u64 = 256 << 20;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FileRecord {
    path: PathBuf,
    /// `None` if the file did not exist.
    original: Option<String>,
    /// SHA-256 of the text that Baton wrote last.
    written: String,
}

impl FileRecord {
    /// Records a change before it is written. If nobody changed the file since Baton wrote it, the record keeps its
    /// `original`. Otherwise `without` (the file without Baton's entries) becomes the original.
    pub(super) fn keep(state: &State, change: &FileChange, without: Option<String>) -> anyhow::Result<()> {
        let FileChange { path, before, after } = change;
        let (before, after) = (before.as_deref(), after.as_deref());
        let original = match Self::read(state, path)? {
            Some(known) if before.is_some_and(|text| known.written == digest(text)) => known.original,
            Some(_) => without,
            None => before.map(str::to_owned),
        };
        let record = Self { path: path.clone(), original, written: digest(after.unwrap_or_default()) };
        let place = place(state, path)?;
        baton_files::replace(&place, &serde_json::to_vec_pretty(&record)?, PRIVATE)
            .with_context(|| format!("failed to write {}", place.display()))
    }

    /// The record of a file that nobody has changed since Baton wrote it.
    pub(super) fn of_unchanged(state: &State, path: &Path, now: &str) -> anyhow::Result<Option<Self>> {
        Ok(Self::read(state, path)?.filter(|known| known.written == digest(now)))
    }

    /// The file as it was before Baton changed it; `None` if it did not exist.
    pub(super) fn original(self) -> Option<String> {
        self.original
    }

    pub(super) fn forget(state: &State, path: &Path) -> anyhow::Result<()> {
        drop(std::fs::remove_file(place(state, path)?));
        Ok(())
    }

    fn read(state: &State, path: &Path) -> anyhow::Result<Option<Self>> {
        let Ok(text) = baton_files::read_text(&place(state, path)?, BYTES) else { return Ok(None) };
        // If the record is damaged, `disconnect` removes Baton's entries one by one instead.
        Ok(serde_json::from_str(&text).ok().filter(|record: &Self| record.path == path))
    }
}

fn digest(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string()
}

fn place(state: &State, path: &Path) -> anyhow::Result<PathBuf> {
    Ok(state.connections()?.join(Digest::of(path.as_os_str().as_encoded_bytes()).short(32)))
}
