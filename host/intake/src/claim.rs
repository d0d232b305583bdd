//! Whose inbox a folder is: one workspace serves it, and a marker beside its files says which.
//!
//! Two daemons on one inbox would each do what lies there. The lock of the state folder keeps a second daemon of the same
//! state away; the marker tells others: another workspace that names the folder as an inbox, another machine that sees it
//! through a synced folder, a second state of the same workspace. It holds no lock; whoever finds his own name, or nobody's,
//! takes the inbox. A workspace that was moved or is gone owns nothing any more.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use fail::fail_point;
use serde::{Deserialize, Serialize};

use crate::IntakeError;

/// The marker's name.
const MARKER: &str = ".baton-owner";

/// A workspace as others see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its machine.
    pub host: String,
    /// Its folder.
    pub root: String,
    /// Its state folder.
    pub state: String,
}

impl Owner {
    /// Whether the workspace is on this machine and serves no folder any more: it is gone.
    fn is_gone(&self, me: &Self) -> bool {
        let there = |folder: &str| Path::new(folder).exists();
        self.host == me.host && !(there(&self.root) && there(&self.state))
    }
}

/// Takes `inbox` for `me`, whoever had it where `over` says so. A folder that is not there is nobody's.
///
/// # Errors
/// [`IntakeError::Owned`] when another workspace has it; otherwise when the marker cannot be read or written.
pub fn claim(inbox: &Path, me: &Owner, over: bool) -> Result<(), IntakeError> {
    let marker = marker_of(inbox);
    match fs::read_to_string(&marker) {
        Ok(text) => match serde_json::from_str::<Owner>(&text) {
            Ok(owner) if owner == *me => return Ok(()),
            // A copy of a workspace brings the original's markers along: its own inboxes are its own.
            Ok(owner) if over || is_free(&owner, inbox, me) => {}
            Ok(Owner { root, host, .. }) => {
                return Err(IntakeError::Owned { path: inbox.to_owned(), root, host, marker });
            }
            // Cut off by a crash.
            Err(_) => {}
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(IntakeError::io(&marker, "read", error)),
    }
    match write(&marker, me) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(IntakeError::io(&marker, "written", error)),
        _ => Ok(()),
    }
}

fn is_free(owner: &Owner, inbox: &Path, me: &Owner) -> bool {
    let copied = owner.host == me.host && owner.root != me.root && inbox.starts_with(&me.root);
    copied || owner.is_gone(me)
}

/// In the agent's folder where it has one, so that an inbox holds handoffs and nothing else.
fn marker_of(inbox: &Path) -> PathBuf {
    let agent = inbox.parent().filter(|_| inbox.file_name().is_some_and(|name| name == "01_inbox"));
    agent.filter(|_| inbox.is_dir()).unwrap_or(inbox).join(MARKER)
}

fn write(marker: &Path, me: &Owner) -> std::io::Result<()> {
    let text = serde_json::to_string_pretty(me).map_err(std::io::Error::other)?;
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(marker)?;
    fail_point!("claim.opened");
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(folder: &Path, name: &str) -> Owner {
        let root = folder.join(name);
        fs::create_dir_all(root.join("state")).unwrap();
        Owner {
            host: "here".to_owned(),
            state: root.join("state").display().to_string(),
            root: root.display().to_string(),
        }
    }

    #[test]
    fn an_inbox_has_one_owner_until_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = folder.path().join("drive/01_inbox");
        fs::create_dir_all(&inbox).unwrap();
        let (a, b) = (owner(folder.path(), "a"), owner(folder.path(), "b"));
        claim(&inbox, &a, false).unwrap();
        claim(&inbox, &a, false).unwrap();
        let error = claim(&inbox, &b, false).unwrap_err().to_string();
        assert!(error.contains(&a.root) && error.contains(".baton-owner"), "{error}");
        assert!(fs::read_dir(&inbox).unwrap().next().is_none(), "the inbox itself stays clean");
        claim(&inbox, &b, true).unwrap();
        claim(&inbox, &a, true).unwrap();
        fs::remove_dir_all(&a.root).unwrap();
        claim(&inbox, &b, false).unwrap();
    }

    #[test]
    fn a_copy_of_a_workspace_has_its_own_inboxes_and_a_second_state_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (owner(folder.path(), "a"), owner(folder.path(), "b"));
        let inbox = folder.path().join("b/handoffs/x/01_inbox");
        fs::create_dir_all(&inbox).unwrap();
        claim(&inbox, &a, false).unwrap();
        claim(&inbox, &b, false).unwrap();
        let second = Owner { state: folder.path().display().to_string(), ..b.clone() };
        assert!(matches!(claim(&inbox, &second, false), Err(IntakeError::Owned { .. })));
        assert!(matches!(
            claim(&inbox, &Owner { host: "there".to_owned(), ..b }, false),
            Err(IntakeError::Owned { .. })
        ));
    }

    #[test]
    fn a_folder_that_is_not_there_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        claim(&folder.path().join("gone/01_inbox"), &owner(folder.path(), "a"), false).unwrap();
    }
}
