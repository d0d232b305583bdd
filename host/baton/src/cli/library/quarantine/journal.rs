//! What a run moved, one line each, on the disk before it is moved: so that whatever was cut off can be moved back.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_ledger::path_text;
use serde::{Deserialize, Serialize};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    /// Where the file lay, and where it lies if the step was done; an item of Eagle has its id instead.
    pub(super) from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) eagle: Option<String>,
}

impl Step {
    pub(super) fn from(&self) -> PathBuf {
        path_text::from_text(&self.from)
    }
}

/// The journal of a run.
pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// The journal of the run of that number, which may be there already.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn open(journals: &Path, number: &str) -> anyhow::Result<Self> {
        let path = journals.join(format!("{number}.jsonl"));
        let made = fs::create_dir_all(journals).and_then(|()| File::options().create(true).append(true).open(&path));
        let file = made.with_context(|| format!("failed to make {}", path.display()))?;
        baton_intake::sync_folder(journals)?;
        Ok(Self { file, path })
    }

    /// Puts a step onto the disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn add(&mut self, step: &Step) -> anyhow::Result<()> {
        let line = serde_json::to_string(step)? + "\n";
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        written.with_context(|| format!("failed to write {}", self.path.display()))
    }
}

/// The steps of a run, in their order. A line that was cut off was never done.
///
/// # Errors
/// When there was no such run.
pub(super) fn steps(journals: &Path, number: &str) -> anyhow::Result<Vec<Step>> {
    let path = journals.join(format!("{number}.jsonl"));
    if number.contains('/') || !path.is_file() {
        let known = fs::read_dir(journals).into_iter().flatten().filter_map(Result::ok);
        let names = known.filter_map(|entry| entry.path().file_stem()?.to_str().map(str::to_owned));
        let mut names: Vec<String> = names.collect();
        names.sort();
        bail!("there was no run {number}; those that can be undone are: {}", names.join(", "));
    }
    let lines = BufReader::new(File::open(&path)?).lines();
    Ok(lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()).collect())
}
