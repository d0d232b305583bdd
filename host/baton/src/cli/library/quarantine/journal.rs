//! The journal of each run has one line for each step. Baton writes the line to the disk before it does the step, so that
//! an interrupted run can be finished or undone.

use std::fs::{self, File, TryLockError};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_catalog::library::{FileLink, Tags};
use baton_core::path_text;
use baton_files::{open_or_create, open_with};
use fail::fail_point;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One step. Paths are as `path_text` writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Step {
    Tags(TagsStep),
    Eagle(EagleStep),
    Move(MoveStep),
    /// The catalog contains the results of all steps before this line.
    Ended {
        ended: bool,
    },
    /// The whole run was undone.
    Undone {
        undone: bool,
    },
}

/// Tags that the kept file gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TagsStep {
    pub(super) kept: String,
    /// The path of the original version of the file.
    pub(super) saved: String,
    /// The SHA-256 of the file before and after the change.
    pub(super) before: String,
    pub(super) after: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    artist: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    album: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    isrc: Option<String>,
}

/// An item that moves to Eagle's trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EagleStep {
    pub(super) from: String,
    pub(super) eagle: String,
    #[serde(flatten)]
    pub(super) kept: RemainingCopy,
    #[serde(default)]
    pub(super) state: EagleState,
}

/// The state of an item. If the journal has several lines for an item, the last line counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EagleState {
    /// The item is about to be moved to the trash.
    Asked,
    /// The item is in the trash. A line without a state means the same, because older versions wrote such a line after
    /// they had verified the move.
    #[default]
    Trashed,
    /// The item is not in the trash: it was never moved there, or was restored.
    Back,
}

/// A file that moves to the trash folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MoveStep {
    pub(super) from: String,
    pub(super) to: String,
    #[serde(flatten)]
    pub(super) kept: RemainingCopy,
}

/// The file that is kept instead, and the track of the moved file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RemainingCopy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    track: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    linked_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link_reason: Option<String>,
}

impl RemainingCopy {
    pub(super) fn new(kept: &Path, link: Option<&FileLink>) -> Self {
        Self {
            kept: Some(path_text::to_text(kept).into_owned()),
            track: link.and_then(|link| link.track),
            linked_by: link.and_then(|link| link.by.clone()),
            link_reason: link.and_then(|link| link.reason.clone()),
        }
    }

    /// The kept file; `None` in lines of older versions.
    pub(super) fn path(&self) -> Option<PathBuf> {
        self.kept.as_deref().map(path_text::from_text)
    }

    pub(super) fn link(&self) -> FileLink {
        FileLink { file: 0, track: self.track, by: self.linked_by.clone(), reason: self.link_reason.clone() }
    }
}

impl TagsStep {
    pub(super) fn new(kept: &Path, saved: &Path, [before, after]: [String; 2], tags: &Tags) -> Self {
        let Tags { title, artist, album, isrc } = tags.clone();
        let [kept, saved] = [kept, saved].map(|path| path_text::to_text(path).into_owned());
        Self { kept, saved, before, after, title, artist, album, isrc }
    }

    pub(super) fn tags(&self) -> Tags {
        let Self { title, artist, album, isrc, .. } = self.clone();
        Tags { title, artist, album, isrc }
    }
}

/// The journals of all runs, locked against other processes.
pub(super) struct Journals {
    folder: PathBuf,
    _lock: File,
}

impl Journals {
    pub(super) fn open(folder: PathBuf) -> anyhow::Result<Self> {
        let path = folder.join(".lock");
        let made = fs::create_dir_all(&folder).and_then(|()| open_or_create(&path));
        let lock = made.with_context(|| format!("failed to make {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!("another `baton library quarantine` runs; wait until it has ended, then run the command again")
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("failed to lock {}", path.display())),
        }
    }

    /// The numbers of all runs, the oldest first.
    pub(super) fn numbers(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().filter_map(Result::ok);
        let names = entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".jsonl").map(str::to_owned));
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// An unused number.
    pub(super) fn next(&self) -> String {
        let now = Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
        let all = self.numbers();
        let more = (2..).map(|number: u32| format!("{now}-{number}"));
        std::iter::once(now.clone()).chain(more).find(|number| !all.contains(number)).unwrap_or(now)
    }

    /// The journal of the run with this number. It may exist already.
    pub(super) fn journal(&self, number: &str) -> Journal {
        Journal { path: self.folder.join(format!("{number}.jsonl")), file: None }
    }

    /// Reads the steps of a run, in order. Ignores an incomplete line: its step was never carried out.
    pub(super) fn steps(&self, number: &str) -> anyhow::Result<Vec<Step>> {
        let names = self.numbers();
        if !names.iter().any(|name| name == number) {
            bail!("there was no run {number}; the runs that can be undone are: {}", names.join(", "));
        }
        let path = self.folder.join(format!("{number}.jsonl"));
        let opened = baton_files::open(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let lines = BufReader::new(opened).lines();
        Ok(lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()).collect())
    }
}

pub(super) struct Journal {
    path: PathBuf,
    /// `None` before the first write.
    file: Option<File>,
}

impl Journal {
    /// True if this process wrote a step.
    pub(super) fn is_begun(&self) -> bool {
        self.file.is_some()
    }

    /// Writes a step to disk.
    pub(super) fn add(&mut self, step: &Step) -> anyhow::Result<()> {
        fail_point!("quarantine.journal_fails", |_| Err(anyhow::anyhow!("the journal cannot be written")));
        // Ends a line that a kill left incomplete. Empty lines are ignored.
        let begun = self.file.is_some();
        let line = format!("{}{}\n", if begun { "" } else { "\n" }, serde_json::to_string(step)?);
        let file = self.open()?;
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
        written.with_context(|| format!("failed to write {}", self.path.display()))
    }

    fn open(&mut self) -> anyhow::Result<&mut File> {
        if self.file.is_none() {
            let opened = open_with(&self.path, File::options().create(true).append(true));
            self.file = Some(opened.with_context(|| format!("failed to make {}", self.path.display()))?);
            if let Some(folder) = self.path.parent() {
                baton_intake::sync_folder(folder)?;
            }
        }
        self.file.as_mut().context("the journal is not open")
    }
}

/// The last state of each item.
pub(super) fn last_states(steps: &[Step]) -> Vec<&EagleStep> {
    let mut items: Vec<&EagleStep> = Vec::new();
    for step in steps {
        let Step::Eagle(step) = step else { continue };
        items.retain(|item| item.from != step.from);
        items.push(step);
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_older_versions_are_read() {
        let read = |line: &str| serde_json::from_str::<Step>(line).unwrap();
        let moved = read(r#"{"from":"/m/a","to":"/m/.baton-trash/1/a"}"#);
        assert!(matches!(moved, Step::Move(MoveStep { kept, .. }) if kept.path().is_none()));
        let eagle = read(r#"{"from":"/e/images/L.info/a.mp3","eagle":"L"}"#);
        assert!(matches!(eagle, Step::Eagle(EagleStep { state: EagleState::Trashed, .. })));
        let kept = RemainingCopy::new(Path::new("/m/b"), None);
        let step = Step::Move(MoveStep { from: "/m/a".to_owned(), to: "/t/a".to_owned(), kept });
        assert_eq!(read(&serde_json::to_string(&step).unwrap()), step);
        let tags = Tags { title: Some("A".to_owned()), ..Tags::default() };
        let digests = ["1", "2"].map(str::to_owned);
        let step = Step::Tags(TagsStep::new(Path::new("/m/b"), Path::new("/t/b"), digests, &tags));
        assert_eq!(read(&serde_json::to_string(&step).unwrap()), step);
        assert_eq!(read(r#"{"ended":true}"#), Step::Ended { ended: true });
        assert_eq!(read(r#"{"undone":true}"#), Step::Undone { undone: true });
    }
}
