//! Recognises folders of other workspaces by the files that Baton puts into them.
//!
//! All folders above a granted folder are checked, each time it is opened. Two levels of folders below it are checked when
//! it is granted. Deeper folders, and folders that are made later, are not checked.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use baton_dispatch::{ARCHIVES, INBOX};
use baton_intake::OWNER_FILE;

use super::CONFIG_FILE;

/// The files and folders that control a workspace. A plugin must not be able to write to them.
pub(super) const OWN: [&str; 4] = [CONFIG_FILE, "baton.lock", "plugins", "handoffs"];

/// Some files of every state folder.
const STATE: [&str; 3] = ["id", "workspace", "ledger.db"];

/// The depth of the search below a folder.
const LEVELS: u32 = 2;

/// A part of another workspace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ForeignItem {
    folder: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    State,
    Inbox,
    Workspace,
}

impl ForeignItem {
    /// Checks the folder and all folders above it.
    pub(super) fn above(folder: &Path, writable: bool) -> Option<Self> {
        let concerns = |foreign: &Self| match foreign.kind {
            Kind::State => true,
            Kind::Inbox => !is_beside_inbox(&foreign.folder, folder),
            Kind::Workspace => {
                first_below(&foreign.folder, folder).is_none_or(|name| OWN.iter().any(|own| name == *own))
            }
        };
        folder.ancestors().filter_map(|above| Self::at(above, writable)).find(concerns)
    }

    /// Checks the entries of a folder.
    pub(super) fn below(folder: &Path, writable: bool) -> Option<Self> {
        Self::search(folder, writable, LEVELS)
    }

    fn search(folder: &Path, writable: bool, levels: u32) -> Option<Self> {
        let entries = fs::read_dir(folder).ok()?.flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let mut below = folders.map(|entry| entry.path());
        below.find_map(|folder| {
            Self::at(&folder, writable)
                .or_else(|| if levels > 1 { Self::search(&folder, writable, levels - 1) } else { None })
        })
    }

    /// The kind of the folder, if it belongs to another workspace. A read-only grant of an inbox or of a workspace is
    /// allowed, because an inbox and a configuration are not secret.
    fn at(folder: &Path, writable: bool) -> Option<Self> {
        let has = |name: &str| folder.join(name).symlink_metadata().is_ok_and(|found| found.is_file());
        let kind = if STATE.iter().all(|name| has(name)) {
            Kind::State
        } else if writable && has(OWNER_FILE) {
            Kind::Inbox
        } else if writable && has(CONFIG_FILE) {
            Kind::Workspace
        } else {
            return None;
        };
        Some(Self { folder: folder.to_owned(), kind })
    }

    /// Why a folder is not granted.
    pub(super) fn refusal(&self) -> String {
        let folder = self.folder.display();
        match self.kind {
            Kind::State => format!(
                "it contains the state folder {folder} of a workspace or is inside it (it has {}); grant another folder",
                STATE.join(", ")
            ),
            Kind::Inbox => format!(
                "it would let a plugin write to {folder}, where a workspace has its inboxes (it has {OWNER_FILE}), so \
                 it could send handoffs in any agent's name; grant a folder beside it"
            ),
            Kind::Workspace => format!(
                "it would let a plugin write to the settings and inboxes of the workspace {folder}: {CONFIG_FILE}, or \
                 {}; grant a folder beside these",
                OWN.join(", ")
            ),
        }
    }
}

/// True if `folder` is beside the inbox and the archive in an agent's folder. Baton stores nothing there.
fn is_beside_inbox(agent: &Path, folder: &Path) -> bool {
    let is_other = |name: &OsStr| name != INBOX && ARCHIVES.iter().all(|archive| name != *archive);
    agent.join(INBOX).is_dir() && first_below(agent, folder).is_some_and(is_other)
}

/// The first component of the path from `top` to `folder`; `None` if they are the same.
fn first_below<'a>(top: &Path, folder: &'a Path) -> Option<&'a OsStr> {
    Some(folder.strip_prefix(top).ok()?.components().next()?.as_os_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_folders_and_inboxes_are_found_above_and_two_levels_below() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path();
        for inside in ["a/state/plugins", "a/handoffs/noop/01_inbox", "b/c/d/state"] {
            fs::create_dir_all(top.join(inside)).unwrap();
        }
        for state in ["a/state", "b/c/d/state"] {
            for name in STATE {
                fs::write(top.join(state).join(name), "").unwrap();
            }
        }
        fs::write(top.join("a/handoffs").join(OWNER_FILE), "").unwrap();
        assert_eq!(ForeignItem::above(&top.join("a/state/plugins"), false).unwrap().kind, Kind::State);
        assert_eq!(ForeignItem::above(&top.join("a/handoffs/noop"), true).unwrap().kind, Kind::Inbox);
        assert_eq!(ForeignItem::above(&top.join("a/handoffs/noop"), false), None);
        fs::create_dir_all(top.join("agent/01_inbox")).unwrap();
        fs::write(top.join("agent").join(OWNER_FILE), "").unwrap();
        assert!(ForeignItem::above(&top.join("agent"), true).is_some());
        assert!(ForeignItem::above(&top.join("agent/02_processed"), true).is_some());
        assert_eq!(ForeignItem::above(&top.join("agent/music"), true), None, "beside the inbox");
        fs::create_dir_all(top.join("w/handoffs")).unwrap();
        fs::write(top.join("w").join(CONFIG_FILE), "").unwrap();
        for governing in ["w", "w/handoffs", "w/plugins/x"] {
            assert_eq!(ForeignItem::above(&top.join(governing), true).unwrap().kind, Kind::Workspace, "{governing}");
        }
        assert_eq!(ForeignItem::above(&top.join("w/handoffs"), false), None);
        assert_eq!(ForeignItem::above(&top.join("w/music"), true), None);
        assert_eq!(ForeignItem::above(&top.join("a"), true), None);
        assert_eq!(ForeignItem::below(top, false).unwrap().kind, Kind::State);
        assert!(ForeignItem::below(&top.join("a"), true).is_some());
        assert_eq!(ForeignItem::below(&top.join("b"), true), None, "three levels below");
    }
}
