//! The report of a run, as text or JSON.

use std::path::{Path, PathBuf};

use baton_catalog::library::{FileLink, Tags};
use baton_core::path_text;
use serde_json::{Value, json};

use super::super::units::{bytes, count};
use crate::output;

/// A file that was moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MovedFile {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    pub(super) bytes: u64,
}

/// A file that was not moved, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeptFile {
    pub(super) path: PathBuf,
    pub(super) why: String,
}

/// An item of Eagle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EagleFile {
    pub(super) path: PathBuf,
    pub(super) library: PathBuf,
    pub(super) id: String,
    pub(super) bytes: u64,
    /// The file that is kept instead, with its link.
    pub(super) kept: PathBuf,
    pub(super) link: Option<FileLink>,
}

/// The result of a run.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The number of the run, if something was moved.
    pub(super) number: Option<String>,
    pub(super) moved: Vec<MovedFile>,
    /// Kept files that get or lose tags, with the names of the tags.
    pub(super) tagged: Vec<(PathBuf, Vec<&'static str>)>,
    /// Runs that were finished.
    pub(super) resumed: Vec<String>,
    /// The run was undone before.
    pub(super) was_undone: bool,
    /// The number of items whose move to Eagle's trash is uncertain.
    pub(super) unknown: usize,
    /// Items that move or moved to Eagle's trash.
    pub(super) eagle: Vec<EagleFile>,
    /// Files that stay because moving them has no benefit.
    pub(super) skipped: Vec<KeptFile>,
    pub(super) refused: Vec<KeptFile>,
}

impl Report {
    pub(super) fn refuse(&mut self, path: &Path, why: impl Into<String>) {
        self.refused.push(KeptFile { path: path.to_owned(), why: why.into() });
    }

    pub(super) fn print(&self, json: bool, dry_run: bool) {
        if json {
            output::json(&self.as_json());
            return;
        }
        for stayed in self.skipped.iter().chain(&self.refused) {
            output::note(&output::one_line(&format!("{} stays: {}", stayed.path.display(), stayed.why)));
        }
        for run in &self.resumed {
            output::note(&format!("run {run} was interrupted; it is finished now"));
        }
        for (path, tags) in &self.tagged {
            output::note(&output::one_line(&format!("{}: tags {}", path.display(), tags.join(", "))));
        }
        let size: u64 =
            self.moved.iter().map(|moved| moved.bytes).chain(self.eagle.iter().map(|file| file.bytes)).sum();
        let number = |count: usize| self::count(u64::try_from(count).unwrap_or(u64::MAX));
        let would = if dry_run { "would be " } else { "" };
        output::print(&format!(
            "{} files {would}moved, {} items {would}put into Eagle's trash ({}); {} skipped, {} refused\n",
            number(self.moved.len()),
            number(self.eagle.len()),
            bytes(size),
            number(self.skipped.len()),
            number(self.refused.len())
        ));
        if let Some(number) = &self.number {
            output::print(&format!("`baton library quarantine --undo {number}` moves them back\n"));
        }
    }

    fn as_json(&self) -> Value {
        let stayed = |stayed: &KeptFile| json!({ "path": path_text::to_text(&stayed.path), "why": stayed.why });
        let moved = |moved: &MovedFile| json!({ "from": path_text::to_text(&moved.from), "to": path_text::to_text(&moved.to), "bytes": moved.bytes });
        let tagged = |(path, tags): &(PathBuf, Vec<&str>)| json!({ "path": path_text::to_text(path), "tags": tags });
        let item =
            |file: &EagleFile| json!({ "id": file.id, "path": path_text::to_text(&file.path), "bytes": file.bytes });
        json!({
            "schema": 1,
            "undo": self.number,
            "moved": self.moved.iter().map(moved).collect::<Vec<_>>(),
            "tagged": self.tagged.iter().map(tagged).collect::<Vec<_>>(),
            "resumed": self.resumed,
            "eagle": self.eagle.iter().map(item).collect::<Vec<_>>(),
            "skipped": self.skipped.iter().map(stayed).collect::<Vec<_>>(),
            "refused": self.refused.iter().map(stayed).collect::<Vec<_>>(),
        })
    }
}

/// The names of the existing tags.
pub(super) fn names(tags: &Tags) -> Vec<&'static str> {
    let all = [("title", &tags.title), ("artist", &tags.artist), ("album", &tags.album), ("isrc", &tags.isrc)];
    all.into_iter().filter(|(_, tag)| tag.is_some()).map(|(name, _)| name).collect()
}
