//! Folders of other workspaces, which this one does not know. They are recognised by the files that Baton puts into them.
//!
//! Above a folder all folders are looked at, whenever it is opened. Below it two levels are, when it is granted: what lies
//! deeper, or is made later, is not found.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use baton_intake::OWNER_FILE;

/// What a state folder has, among other files.
const STATE: [&str; 3] = ["id", "workspace", "ledger.db"];

/// The folders of an agent that are its inbox and its archive.
const OF_AN_AGENT: [&str; 3] = ["01_inbox", "02_processed", "03_failed"];

/// How far down from a folder is searched.
const LEVELS: u32 = 2;

/// Something of another workspace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    folder: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    State,
    Inbox,
}

impl Foreign {
    /// What is the folder itself, or has it inside.
    pub(super) fn above(folder: &Path, writable: bool) -> Option<Self> {
        let concerns = |foreign: &Self| foreign.kind == Kind::State || !is_beside_inbox(&foreign.folder, folder);
        folder.ancestors().filter_map(|above| Self::at(above, writable)).find(concerns)
    }

    /// What lies in a folder.
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

    /// Reading an inbox is no danger: handoffs are no secret of Baton's.
    fn at(folder: &Path, writable: bool) -> Option<Self> {
        let has = |name: &str| folder.join(name).symlink_metadata().is_ok_and(|found| found.is_file());
        let kind = if STATE.iter().all(|name| has(name)) {
            Kind::State
        } else if writable && has(OWNER_FILE) {
            Kind::Inbox
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
                "it would let a plugin write to {folder}, where a workspace has its inboxes (it has {OWNER_FILE}), and so send \
                 handoffs in any agent's name; grant a folder beside it"
            ),
        }
    }
}

/// Whether `folder` lies in the folder of an agent, beside its inbox and archive: those are all that Baton has there.
fn is_beside_inbox(agent: &Path, folder: &Path) -> bool {
    let below = folder.strip_prefix(agent).ok().and_then(|below| below.components().next());
    let is_other = |name: &OsStr| OF_AN_AGENT.iter().all(|own| name != *own);
    agent.join("01_inbox").is_dir() && below.is_some_and(|below| is_other(below.as_os_str()))
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
        assert_eq!(Foreign::above(&top.join("a/state/plugins"), false).unwrap().kind, Kind::State);
        assert_eq!(Foreign::above(&top.join("a/handoffs/noop"), true).unwrap().kind, Kind::Inbox);
        assert_eq!(Foreign::above(&top.join("a/handoffs/noop"), false), None);
        fs::create_dir_all(top.join("agent/01_inbox")).unwrap();
        fs::write(top.join("agent").join(OWNER_FILE), "").unwrap();
        assert!(Foreign::above(&top.join("agent"), true).is_some());
        assert!(Foreign::above(&top.join("agent/02_processed"), true).is_some());
        assert_eq!(Foreign::above(&top.join("agent/music"), true), None, "beside the inbox");
        assert_eq!(Foreign::above(&top.join("a"), true), None);
        assert_eq!(Foreign::below(top, false).unwrap().kind, Kind::State);
        assert!(Foreign::below(&top.join("a"), true).is_some());
        assert_eq!(Foreign::below(&top.join("b"), true), None, "three levels below");
    }
}
