//! The ownership of an inbox: only one workspace serves it, and a marker file identifies that workspace.
//!
//! Two daemons on one inbox would both run its handoffs. The lock of the state folder prevents a second daemon with the same
//! state folder. The marker protects against other daemons: a daemon of another workspace that configures the folder as an
//! inbox, a daemon on another machine with the same synced folder, or a daemon of the same workspace with a second state
//! folder. The marker is not a lock: a workspace that finds its own marker, or no marker, serves the inbox. The marker of a
//! workspace that was moved or deleted has no effect.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use baton_files::{SHARED, StagedFile};
use fail::fail_point;
use serde::{Deserialize, Serialize};

use crate::IntakeError;

/// The marker file beside an inbox.
pub const OWNER_FILE: &str = ".baton-owner";

/// The identity of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The name of the workspace's machine.
    pub host: String,
    /// The workspace's folder.
    pub root: String,
    /// The workspace's state folder.
    pub state: String,
    /// The id of the state folder, because machines may be renamed. Old markers do not have it.
    #[serde(default)]
    pub id: String,
    /// The id of the workspace's ledger. Old markers do not have it.
    #[serde(default)]
    pub ledger: String,
}

/// The number of digits of the workspace's id in the name of a marker that is being written.
const ID_DIGITS: usize = 16;

/// The maximum size of a marker in bytes. A marker has some hundred bytes.
const MARKER_BYTES: u64 = 64 << 10;

#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    #[serde(flatten)]
    owner: Owner,
    /// The identity of the inbox when the marker was written: inode and creation time. A new folder at the same path
    /// has another identity.
    #[serde(default)]
    folder: String,
}

fn identity(inbox: &Path) -> String {
    let Ok(metadata) = inbox.metadata() else {
        return String::new();
    };
    let made = metadata.created().ok().and_then(|made| made.duration_since(SystemTime::UNIX_EPOCH).ok());
    format!("{}:{}", metadata.ino(), made.map_or(0, |made| made.as_nanos()))
}

impl Owner {
    fn is(&self, me: &Self) -> bool {
        let machine = if self.id.is_empty() { self.host == me.host } else { self.id == me.id };
        machine && self.root == me.root && self.state == me.state
    }

    /// True if the workspace was on this machine and does not exist any more.
    fn is_gone(&self, me: &Self) -> bool {
        let there = |folder: &str| Path::new(folder).exists();
        self.host == me.host && !(there(&self.root) && there(&self.state))
    }
}

/// Marks `inbox` as served by `me`. If `over` is true, replaces the marker of another workspace. Does nothing if the folder
/// is missing. If the folder was replaced, writes the marker again, so that the marker has the time of the current folder.
///
/// # Errors
/// [`IntakeError::Owned`] if another workspace serves the inbox. Another error if the marker cannot be read or written.
pub fn claim_inbox(inbox: &Path, me: &Owner, over: bool) -> Result<(), IntakeError> {
    let marker = marker_of(inbox);
    let folder = identity(inbox);
    match baton_files::read_text(&marker, MARKER_BYTES) {
        Ok(text) => match serde_json::from_str::<Marker>(&text) {
            Ok(found) if found.owner == *me && found.folder == folder => return Ok(()),
            // A copied workspace contains the markers of the original. The inboxes inside the copy belong to the copy.
            Ok(found) if over || found.owner.is(me) || is_free(&found.owner, inbox, me) => {}
            Ok(Marker { owner: Owner { root, host, .. }, .. }) => {
                return Err(IntakeError::Owned { path: inbox.to_owned(), root, host, marker });
            }
            // An older version of Baton was killed while it wrote the marker, so the marker is incomplete.
            Err(_) => {}
        },
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => {}
        Err(error) => return Err(IntakeError::io(&marker, "read", error)),
    }
    match write(&marker, &Marker { owner: me.clone(), folder }) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(IntakeError::io(&marker, "written", error)),
        _ => Ok(()),
    }
}

/// The workspace that the marker in the folder names; `None` if the folder has no readable marker.
#[must_use]
pub fn owner_in(folder: &Path) -> Option<Owner> {
    let text = baton_files::read_text(&folder.join(OWNER_FILE), MARKER_BYTES).ok()?;
    serde_json::from_str::<Marker>(&text).ok().map(|marker| marker.owner)
}

/// The time when the current folder `inbox` was marked; `None` if it has no marker.
#[must_use]
pub fn claimed_at(inbox: &Path) -> Option<SystemTime> {
    marker_of(inbox).metadata().and_then(|marker| marker.modified()).ok()
}

fn is_free(owner: &Owner, inbox: &Path, me: &Owner) -> bool {
    let copied = owner.host == me.host && owner.root != me.root && inbox.starts_with(&me.root);
    copied || owner.is_gone(me)
}

/// The path of the marker: in the agent's folder if there is one, so that an inbox contains only handoffs.
fn marker_of(inbox: &Path) -> PathBuf {
    let agent = inbox.parent().filter(|_| inbox.file_name().is_some_and(|name| name == "01_inbox"));
    agent.filter(|_| inbox.is_dir()).unwrap_or(inbox).join(OWNER_FILE)
}

fn write(marker: &Path, says: &Marker) -> std::io::Result<()> {
    let text = serde_json::to_string_pretty(says).map_err(std::io::Error::other)?;
    // The name depends on the workspace. After a kill, the next start of the workspace uses the name again, and no other
    // workspace uses it.
    let hidden = format!(".baton-owner-{}.tmp", says.owner.id.get(..ID_DIGITS).unwrap_or(&says.owner.id));
    let written = StagedFile::write(marker, &hidden, (text + "\n").as_bytes(), SHARED)?;
    fail_point!("owner_file.written");
    written.publish()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn owner(folder: &Path, name: &str) -> Owner {
        let root = folder.join(name);
        fs::create_dir_all(root.join("state")).unwrap();
        Owner {
            host: "here".to_owned(),
            state: root.join("state").display().to_string(),
            root: root.display().to_string(),
            id: "1".to_owned(),
            ledger: "a".to_owned(),
        }
    }

    #[test]
    fn the_marker_of_a_replaced_folder_gets_a_new_time() {
        let folder = tempfile::tempdir().unwrap();
        let (inbox, me) = (folder.path().join("x/01_inbox"), owner(folder.path(), "a"));
        fs::create_dir_all(&inbox).unwrap();
        claim_inbox(&inbox, &me, false).unwrap();
        let long_ago = SystemTime::now() - std::time::Duration::from_mins(5);
        fs::File::open(marker_of(&inbox)).unwrap().set_modified(long_ago).unwrap();
        claim_inbox(&inbox, &me, false).unwrap();
        assert_eq!(claimed_at(&inbox), Some(long_ago));
        fs::rename(&inbox, folder.path().join("away")).unwrap();
        fs::create_dir(&inbox).unwrap();
        claim_inbox(&inbox, &me, false).unwrap();
        assert!(claimed_at(&inbox).unwrap() > long_ago);
    }

    #[test]
    fn a_machine_that_was_renamed_is_the_same_one() {
        let folder = tempfile::tempdir().unwrap();
        let (inbox, me) = (folder.path().join("x/01_inbox"), owner(folder.path(), "a"));
        fs::create_dir_all(&inbox).unwrap();
        claim_inbox(&inbox, &me, false).unwrap();
        claim_inbox(&inbox, &Owner { host: "there".to_owned(), ..me.clone() }, false).unwrap();
        let other = Owner { id: "2".to_owned(), ..me };
        assert!(matches!(claim_inbox(&inbox, &other, false), Err(IntakeError::Owned { .. })));
    }

    #[test]
    fn an_inbox_has_one_owner_while_that_workspace_exists() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = folder.path().join("drive/01_inbox");
        fs::create_dir_all(&inbox).unwrap();
        let (a, b) = (owner(folder.path(), "a"), owner(folder.path(), "b"));
        claim_inbox(&inbox, &a, false).unwrap();
        claim_inbox(&inbox, &a, false).unwrap();
        let error = claim_inbox(&inbox, &b, false).unwrap_err().to_string();
        assert!(error.contains(&a.root) && error.contains(".baton-owner"), "{error}");
        assert!(fs::read_dir(&inbox).unwrap().next().is_none(), "the inbox itself contains no marker");
        claim_inbox(&inbox, &b, true).unwrap();
        claim_inbox(&inbox, &a, true).unwrap();
        fs::remove_dir_all(&a.root).unwrap();
        claim_inbox(&inbox, &b, false).unwrap();
    }

    #[test]
    fn a_copied_workspace_serves_its_own_inboxes_and_a_second_state_folder_serves_none() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (owner(folder.path(), "a"), owner(folder.path(), "b"));
        let inbox = folder.path().join("b/handoffs/x/01_inbox");
        fs::create_dir_all(&inbox).unwrap();
        claim_inbox(&inbox, &a, false).unwrap();
        claim_inbox(&inbox, &b, false).unwrap();
        let second = Owner { state: folder.path().display().to_string(), ..b.clone() };
        assert!(matches!(claim_inbox(&inbox, &second, false), Err(IntakeError::Owned { .. })));
        assert!(matches!(
            claim_inbox(&inbox, &Owner { id: "2".to_owned(), ..b }, false),
            Err(IntakeError::Owned { .. })
        ));
    }

    #[test]
    fn a_missing_folder_has_no_owner() {
        let folder = tempfile::tempdir().unwrap();
        claim_inbox(&folder.path().join("gone/01_inbox"), &owner(folder.path(), "a"), false).unwrap();
    }
}
