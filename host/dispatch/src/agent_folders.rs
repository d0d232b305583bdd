//! Finds the folders of agents in `handoffs/` and in the adopted folders, and why the other folders do not belong to an
//! agent.
//!
//! A folder with an `01_inbox`, or with a `02_processed` and no inbox yet, belongs to an agent. Links are not followed.
//! This module reads only the names of entries, never the content of files.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use baton_core::agents::is_name;

use crate::presence::{is_link, is_plain_folder};
use crate::settings::{INBOX, PROCESSED};

/// The file that marks the folder of a removed plugin. Such a folder does not belong to an agent.
const REMOVED: &str = ".baton-removed";

/// A folder that may belong to an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFolder {
    /// Its path.
    pub path: PathBuf,
    /// Its name; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// Its kind.
    pub kind: FolderKind,
}

/// The kind of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderKind {
    /// The folder of an agent.
    Agent {
        /// True if its `01_inbox` exists.
        has_inbox: bool,
    },
    /// Baton reads nothing in it.
    Skipped(SkipReason),
}

/// Why a folder is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// It has neither an inbox nor an archive.
    NoInbox,
    /// It is a symbolic link.
    Link,
    /// Its inbox is a symbolic link.
    LinkedInbox,
    /// The name is not allowed for an agent.
    Name,
    /// Its plugin was removed.
    Removed,
}

impl SkipReason {
    /// The reason, for a person.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoInbox => "it has neither 01_inbox nor 02_processed",
            Self::Link => "it is a symbolic link, which Baton does not follow",
            Self::LinkedInbox => "its 01_inbox is a symbolic link, which Baton does not follow",
            Self::Name => "this name is not allowed for an agent",
            Self::Removed => {
                "its plugin was removed; install the plugin again, or delete .baton-removed in the folder to use it for another agent"
            }
        }
    }
}

/// Marks the folder of a plugin that is removed.
///
/// # Errors
/// When the mark cannot be written.
pub fn mark_removed(home: &Path) -> std::io::Result<()> {
    baton_files::replace(&home.join(REMOVED), b"The plugin of this folder was removed.\n", baton_files::SHARED)
}

/// Removes the mark, because a plugin of this name is installed.
pub fn unmark_removed(home: &Path) {
    drop(std::fs::remove_file(home.join(REMOVED)));
}

impl FoundFolder {
    /// The path of its inbox. The inbox may be missing.
    #[must_use]
    pub fn inbox(&self) -> PathBuf {
        self.path.join(INBOX)
    }
}

/// The folders directly in `place`, sorted by name, without hidden ones. Empty if `place` is missing.
///
/// # Errors
/// When `place` exists and cannot be read. (An empty list would look like a folder without agents.)
pub fn agent_folders(place: &Path) -> std::io::Result<Vec<FoundFolder>> {
    let entries = match std::fs::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let path = place.join(&name);
        let (name, is_utf8) = (name.to_string_lossy().into_owned(), name.to_str().is_some());
        if !name.starts_with('.')
            && let Some(kind) = kind_of(&path, is_utf8.then_some(name.as_str()))?
        {
            found.push(FoundFolder { path, name, kind });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The kind of a folder; `None` for a file and for a link to one.
fn kind_of(path: &Path, name: Option<&str>) -> std::io::Result<Option<FolderKind>> {
    if is_link(path) {
        let to_file = path.metadata().is_ok_and(|metadata| !metadata.is_dir());
        return Ok((!to_file).then_some(FolderKind::Skipped(SkipReason::Link)));
    }
    if !is_plain_folder(path)? {
        return Ok(None);
    }
    let (inbox, linked) = (is_plain_folder(&path.join(INBOX))?, is_link(&path.join(INBOX)));
    if !inbox && !linked && !is_plain_folder(&path.join(PROCESSED))? {
        return Ok(Some(FolderKind::Skipped(SkipReason::NoInbox)));
    }
    Ok(Some(match name {
        _ if linked => FolderKind::Skipped(SkipReason::LinkedInbox),
        _ if path.join(REMOVED).is_file() => FolderKind::Skipped(SkipReason::Removed),
        Some(name) if is_name(name) => FolderKind::Agent { has_inbox: inbox },
        _ => FolderKind::Skipped(SkipReason::Name),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::places_of;

    #[test]
    fn each_folder_belongs_to_an_agent_or_has_a_skip_reason() {
        let place = tempfile::tempdir().unwrap();
        for folder in ["Full/01_inbox", "Archive/02_processed", "notes", "all/01_inbox", ".git/01_inbox", "Linked"] {
            std::fs::create_dir_all(place.path().join(folder)).unwrap();
        }
        std::fs::create_dir_all(place.path().join("old/01_inbox")).unwrap();
        mark_removed(&place.path().join("old")).unwrap();
        std::fs::write(place.path().join("README.md"), "").unwrap();
        std::os::unix::fs::symlink("Full", place.path().join("link")).unwrap();
        std::os::unix::fs::symlink("README.md", place.path().join("file-link")).unwrap();
        std::os::unix::fs::symlink("nowhere", place.path().join("dangling")).unwrap();
        std::os::unix::fs::symlink("../Full/01_inbox", place.path().join("Linked/01_inbox")).unwrap();
        let found = agent_folders(place.path()).unwrap();
        let kinds: Vec<_> = found.iter().map(|found| (found.name.as_str(), found.kind)).collect();
        let skipped = FolderKind::Skipped;
        let expected = [
            ("Archive", FolderKind::Agent { has_inbox: false }),
            ("Full", FolderKind::Agent { has_inbox: true }),
            ("Linked", skipped(SkipReason::LinkedInbox)),
            ("all", skipped(SkipReason::Name)),
            ("dangling", skipped(SkipReason::Link)),
            ("link", skipped(SkipReason::Link)),
            ("notes", skipped(SkipReason::NoInbox)),
            ("old", skipped(SkipReason::Removed)),
        ];
        assert_eq!(kinds, expected);
        unmark_removed(&place.path().join("old"));
        let found = agent_folders(place.path()).unwrap();
        assert_eq!(found.last().map(|found| found.kind), Some(FolderKind::Agent { has_inbox: true }));
    }

    #[test]
    fn the_workspaces_own_handoffs_folder_is_not_an_adopted_folder() {
        let root = tempfile::tempdir().unwrap();
        let (handoffs, other) = (root.path().join("handoffs"), root.path().join("other"));
        std::fs::create_dir_all(&handoffs).unwrap();
        std::fs::create_dir_all(other.join("handoffs")).unwrap();
        assert_eq!(places_of(root.path(), &handoffs), [root.path()]);
        assert_eq!(places_of(&other, &handoffs), [other.clone(), other.join("handoffs")]);
        assert!(places_of(&handoffs, &handoffs).is_empty());
    }
}
