//! Who may read and write what: the folders of agents, `reports/`, and the state, which must be its owner's alone. A
//! folder that is a link is nobody's: Baton follows none.
//!
//! The system is asked what this user may. Root may everything, so as root this says nothing of the user that
//! `baton up` runs as; it is said where that is so.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use baton_core::agents::is_name;
use rustix::fs::{Access, access};

use super::facts::{Facts, word};
use super::finding::Finding;

const CHECK: &str = "permissions";
const ARCHIVES: [&str; 2] = ["02_processed", "03_failed"];

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let mut findings = links(facts);
    let inboxes = facts.agents.iter().flat_map(baton_dispatch::Agent::inboxes).map(Path::to_owned);
    let homes = facts.agents.iter().flat_map(baton_dispatch::Agent::homes);
    let folders = inboxes.chain(homes.flat_map(|home| ARCHIVES.map(|name| home.join(name))));
    let reports = facts.root.join("reports");
    findings.extend(folders.chain([reports]).filter_map(|folder| usable(facts, &folder)));
    findings.extend(state(facts));
    if findings.is_empty() {
        let root = if rustix::process::geteuid().is_root() { " (asked as root, who may everything)" } else { "" };
        let what =
            format!("the folders of {} agents, reports and the state are as they should be{root}", facts.agents.len());
        findings.push(Finding::ok(CHECK, "", what));
    }
    findings
}

/// Folders of agents and inboxes that are links.
fn links(facts: &Facts) -> Vec<Finding> {
    let handoffs = facts.root.join("handoffs");
    let mut names: Vec<_> = std::fs::read_dir(&handoffs).into_iter().flatten().filter_map(Result::ok).collect();
    names.sort_by_key(std::fs::DirEntry::file_name);
    let agents = names.into_iter().filter(|entry| entry.file_name().to_str().is_some_and(is_name));
    let folders = agents.flat_map(|entry| {
        let inbox = entry.path().join("01_inbox");
        [entry.path(), inbox]
    });
    folders.filter(|folder| is_link(folder)).map(|folder| linked(facts, &folder)).collect()
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink())
}

fn linked(facts: &Facts, folder: &Path) -> Finding {
    let what = "is a link, and Baton follows none: what is dropped there is never seen";
    let name = word(folder);
    Finding::fail(CHECK, facts.shown(folder), what, format!("rm {name} && mkdir {name}"))
}

/// What is wrong with a folder that has to be read and written. A missing one is made when it is needed.
fn usable(facts: &Facts, folder: &Path) -> Option<Finding> {
    let metadata = folder.metadata().ok()?;
    let (name, place) = (word(folder), facts.shown(folder));
    if !metadata.is_dir() {
        return Some(Finding::fail(CHECK, place, "is no folder", format!("mv {name} {name}.old && mkdir {name}")));
    }
    access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).err()?;
    let mine = metadata.uid() == rustix::process::geteuid().as_raw();
    let fix = if mine { format!("chmod u+rwx {name}") } else { format!("sudo chown -R \"$USER\" {name}") };
    Some(Finding::fail(CHECK, place, "cannot be read and written by this user", fix))
}

fn state(facts: &Facts) -> Option<Finding> {
    let folder = match &facts.state {
        Ok(state) => state.folder(),
        Err(error) => {
            let fix = "export XDG_STATE_HOME=\"$HOME/.local/state\", or say --state DIR";
            return Some(Finding::fail(CHECK, "", format!("there is no place for the state: {error:#}"), fix));
        }
    };
    let wrong = private(&folder.metadata().ok()?, rustix::process::geteuid().as_raw())?;
    let fix = match wrong {
        Exposed::Theirs => format!("sudo chown -R \"$USER\" {}", word(folder)),
        Exposed::Open => format!("chmod 700 {}", word(folder)),
    };
    Some(Finding::fail(CHECK, facts.shown(folder), wrong.explained(), fix))
}

/// How a state folder is not private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exposed {
    Theirs,
    Open,
}

impl Exposed {
    fn explained(self) -> &'static str {
        match self {
            Self::Theirs => "the state belongs to another user",
            Self::Open => "the state is open to other users",
        }
    }
}

fn private(metadata: &Metadata, me: u32) -> Option<Exposed> {
    exposed(metadata.uid(), metadata.permissions().mode(), me)
}

fn exposed(owner: u32, mode: u32, me: u32) -> Option<Exposed> {
    if owner != me {
        return Some(Exposed::Theirs);
    }
    (mode & 0o077 != 0).then_some(Exposed::Open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_its_owners_alone() {
        assert_eq!(exposed(7, 0o40_700, 7), None);
        assert_eq!(exposed(7, 0o40_750, 7), Some(Exposed::Open));
        assert_eq!(exposed(7, 0o40_701, 7), Some(Exposed::Open));
        assert_eq!(exposed(0, 0o40_700, 7), Some(Exposed::Theirs));
    }
}
