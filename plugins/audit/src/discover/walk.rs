//! Lists the plans below a plans folder: `*.md` and `*.txt`, recursive, sorted, without hidden names and links.

use std::fs;
use std::path::{Path, PathBuf};

use crate::index::EntryKind;
use crate::limits;
use crate::remark::{NoteSeverity, Remark};

/// A granted plans folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlansFolder {
    /// Its path for this process.
    pub path: PathBuf,
    /// Its name for readers.
    pub shown: String,
}

/// A plan to audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanFile {
    /// Its path for this process.
    pub path: PathBuf,
    /// Its name for readers.
    pub shown: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A plans folder with the number of its selected plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its name for readers.
    pub shown: String,
    /// Number of audited plans in it.
    pub plans: usize,
}

/// The result of a selection.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The plans, sorted by their shown names.
    pub plans: Vec<PlanFile>,
    /// The folders that were read.
    pub folders: Vec<Folder>,
    /// Problems during the selection.
    pub notes: Vec<Remark>,
}

impl Discovery {
    /// Adds a folder's plans below `relative`.
    pub(super) fn add(&mut self, folder: &PlansFolder, relative: &str) {
        let before = self.plans.len();
        self.walk(folder, relative, 0);
        let plans = self.plans.len() - before;
        match self.folders.iter_mut().find(|known| known.shown == folder.shown) {
            Some(known) => known.plans += plans,
            None => self.folders.push(Folder { shown: folder.shown.clone(), plans }),
        }
    }

    /// Adds one plan if it is a regular file; returns whether it is.
    pub(super) fn add_file(&mut self, folder: &PlansFolder, relative: &str) -> bool {
        let path = folder.path.join(relative);
        let Some(meta) = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file) else { return false };
        self.plans.push(PlanFile { path, shown: shown_join(&folder.shown, relative), bytes: meta.len() });
        match self.folders.iter_mut().find(|known| known.shown == folder.shown) {
            Some(known) => known.plans += 1,
            None => self.folders.push(Folder { shown: folder.shown.clone(), plans: 1 }),
        }
        true
    }

    /// Among the plans from position `before` on, keeps only those whose shown name fits; returns their number.
    pub(super) fn keep(&mut self, folder: &PlansFolder, before: usize, fits: impl Fn(&str) -> bool) -> usize {
        let added = self.plans.split_off(before);
        let all = added.len();
        self.plans.extend(added.into_iter().filter(|plan| fits(&plan.shown)));
        let kept = self.plans.len() - before;
        if let Some(known) = self.folders.iter_mut().find(|known| known.shown == folder.shown) {
            known.plans -= all - kept;
        }
        kept
    }

    /// Adds a note for each folder without a plan if other folders have plans, or one note if there is no plan at all.
    pub(super) fn note_empty(&mut self) {
        if self.plans.is_empty() {
            return;
        }
        for folder in self.folders.iter().filter(|folder| folder.plans == 0) {
            let said = self.notes.iter().any(|note| note.key.starts_with(&format!("{}:", folder.shown)));
            if !said {
                let title = format!("the plans folder {} has no plan (.md or .txt)", folder.shown);
                self.notes.push(Remark::new(format!("{}:empty", folder.shown), NoteSeverity::Low, title, ""));
            }
        }
    }

    /// Sorts the plans, removes duplicates and applies the limit.
    pub(super) fn finish(mut self) -> Self {
        self.plans.sort_by(|left, right| (&left.shown, &left.path).cmp(&(&right.shown, &right.path)));
        self.plans.dedup_by(|later, earlier| later.path == earlier.path);
        if self.plans.len() > limits::PLANS {
            let title = format!(
                "there are more than {} plans: {} were not audited",
                limits::PLANS,
                self.plans.len() - limits::PLANS
            );
            self.notes.push(Remark::new("plans:too-many", NoteSeverity::Medium, title, ""));
            self.plans.truncate(limits::PLANS);
        }
        self
    }

    fn walk(&mut self, folder: &PlansFolder, relative: &str, depth: usize) {
        let here = shown_join(&folder.shown, relative);
        if depth >= limits::PLANS_DEPTH || self.plans.len() > limits::PLANS {
            let title = format!("{here} was not read: the folder is too deep, or there are too many plans");
            self.notes.push(Remark::new(format!("{here}:not-walked"), NoteSeverity::Low, title, ""));
            return;
        }
        let children = match children(&join(&folder.path, relative)) {
            Ok(children) => children,
            Err(error) => {
                let missing = error.kind() == std::io::ErrorKind::NotFound;
                let (kind, what) =
                    if missing { ("missing", "does not exist") } else { ("unreadable", "could not be read") };
                let title = format!("the plans folder {here} {what}");
                self.notes.push(Remark::new(format!("{here}:{kind}"), NoteSeverity::Medium, title, error.to_string()));
                return;
            }
        };
        for (name, kind) in children {
            let child = if relative.is_empty() { name.clone() } else { format!("{relative}/{name}") };
            match kind {
                EntryKind::Folder => self.walk(folder, &child, depth + 1),
                EntryKind::File if is_plan(&name) => {
                    let path = folder.path.join(&child);
                    let bytes = fs::symlink_metadata(&path).map_or(0, |meta| meta.len());
                    self.plans.push(PlanFile { path, shown: shown_join(&folder.shown, &child), bytes });
                }
                _ => {}
            }
        }
    }
}

/// Names and kinds in a folder, sorted, without hidden ones.
fn children(path: &Path) -> std::io::Result<Vec<(String, EntryKind)>> {
    let mut children: Vec<(String, EntryKind)> = fs::read_dir(path)?
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.file_type().ok()?.into())))
        .filter(|(name, _)| !name.starts_with('.'))
        .collect();
    children.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    Ok(children)
}

/// True if a file with this name is a plan.
pub(super) fn is_plan(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    !name.starts_with('.') && (ending.eq_ignore_ascii_case("md") || ending.eq_ignore_ascii_case("txt"))
}

pub(super) fn join(base: &Path, relative: &str) -> PathBuf {
    if relative.is_empty() { base.to_owned() } else { base.join(relative) }
}

/// The shown name of `relative` below a folder with the name `shown`.
#[must_use]
pub fn shown_join(shown: &str, relative: &str) -> String {
    match (shown, relative) {
        (shown, "") => shown.to_owned(),
        ("" | ".", relative) => relative.to_owned(),
        (shown, relative) => format!("{}/{relative}", shown.trim_end_matches('/')),
    }
}
