//! Checks the access rights of the agents' folders, of `reports/`, and of the state folder. Only the owner may have access
//! to the state folder. This module also reports links in place of agent folders, because Baton does not follow such
//! links.
//!
//! The checks ask the system which access the current user has. Root can access everything: if root runs `baton doctor`,
//! the result does not apply to the user of `baton up`, and the output says so.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use baton_core::agents::is_name;
use baton_dispatch::{ARCHIVES, FolderKind, FoundFolder, SkipReason, agent_folders};
use rustix::fs::{Access, access};

use super::facts::{Facts, shell_word};
use super::finding::Finding;
use crate::workspace::CONFIG_FILE;

const CHECK: &str = "permissions";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let mut findings = links(facts);
    let inboxes = facts.agents.iter().flat_map(baton_dispatch::Agent::inboxes).map(Path::to_owned);
    let homes = facts.agents.iter().flat_map(baton_dispatch::Agent::homes);
    let folders = inboxes.chain(homes.flat_map(|home| ARCHIVES.map(|name| home.join(name))));
    let reports = facts.root.join("reports");
    findings.extend(folders.chain([reports]).filter_map(|folder| usable(facts, &folder)));
    findings.extend(state(facts));
    if findings.is_empty() {
        let root =
            if rustix::process::geteuid().is_root() { " (checked as root, who may access everything)" } else { "" };
        let what = format!(
            "the folders of {} agents, reports and the state have correct permissions{root}",
            facts.agents.len()
        );
        findings.push(Finding::ok(CHECK, "", what));
    }
    findings
}

/// Symbolic links with the names of agent folders and inboxes, in `handoffs/` and in the adopted folders.
fn links(facts: &Facts) -> Vec<Finding> {
    let rules = facts.config.as_ref().map(|config| config.rules(&facts.root)).unwrap_or_default();
    let places = rules.places(&facts.root.join("handoffs"));
    let found = places.iter().flat_map(|place| agent_folders(place).unwrap_or_default());
    // A folder whose name begins with `_`, such as `_archive`, does not belong to an agent.
    let links = found.filter(|folder| !folder.name.starts_with('_')).filter_map(|folder| match folder.kind {
        FolderKind::Skipped(SkipReason::Link) => Some((folder.path.clone(), folder)),
        FolderKind::Skipped(SkipReason::LinkedInbox) => Some((folder.inbox(), folder)),
        FolderKind::Skipped(_) | FolderKind::Agent { .. } => None,
    });
    links.map(|(link, folder)| linked(facts, &link, &folder)).collect()
}

fn linked(facts: &Facts, link: &Path, folder: &FoundFolder) -> Finding {
    let (name, place) = (shell_word(link), facts.display(link));
    let real = folder.inbox().canonicalize().ok().filter(|real| real.is_dir());
    let owner =
        real.as_ref().and_then(|real| facts.agents.iter().find(|agent| agent.inboxes().any(|inbox| inbox == real)));
    if let Some(agent) = owner {
        let what =
            format!("is a symbolic link to an inbox of {}, which is watched; the link is not followed", agent.name);
        return Finding::fail(CHECK, place, what, format!("rm {name}"));
    }
    let what = "is a symbolic link, which Baton does not follow: files in it are never read";
    let or_configured = real.filter(|_| is_name(&folder.name)).map(|real| {
        let real = toml::Value::String(real.display().to_string());
        format!(", or rm {name} and write inbox = {real} under [agents.{}] in {CONFIG_FILE}", folder.name)
    });
    Finding::fail(CHECK, place, what, format!("rm {name} && mkdir {name}{}", or_configured.unwrap_or_default()))
}

/// Checks that an existing folder can be read and written. A missing folder is not a problem, because Baton creates it on
/// demand.
fn usable(facts: &Facts, folder: &Path) -> Option<Finding> {
    let metadata = folder.metadata().ok()?;
    let (name, place) = (shell_word(folder), facts.display(folder));
    if !metadata.is_dir() {
        return Some(Finding::fail(CHECK, place, "is not a folder", format!("mv {name} {name}.old && mkdir {name}")));
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
            let fix = "export XDG_STATE_HOME=\"$HOME/.local/state\", or use --state DIR";
            return Some(Finding::fail(CHECK, "", format!("the state folder cannot be used: {error:#}"), fix));
        }
    };
    let wrong = private(&folder.metadata().ok()?, rustix::process::geteuid().as_raw())?;
    let fix = match wrong {
        ExposureReason::Theirs => format!("sudo chown -R \"$USER\" {}", shell_word(folder)),
        ExposureReason::Open => format!("chmod 700 {}", shell_word(folder)),
    };
    Some(Finding::fail(CHECK, facts.display(folder), wrong.explained(), fix))
}

/// Why a state folder is not private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExposureReason {
    Theirs,
    Open,
}

impl ExposureReason {
    fn explained(self) -> &'static str {
        match self {
            Self::Theirs => "the state belongs to another user",
            Self::Open => "the state is open to other users",
        }
    }
}

fn private(metadata: &Metadata, me: u32) -> Option<ExposureReason> {
    exposed(metadata.uid(), metadata.permissions().mode(), me)
}

fn exposed(owner: u32, mode: u32, me: u32) -> Option<ExposureReason> {
    if owner != me {
        return Some(ExposureReason::Theirs);
    }
    (mode & 0o077 != 0).then_some(ExposureReason::Open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_folder_is_private_to_its_owner() {
        assert_eq!(exposed(7, 0o40_700, 7), None);
        assert_eq!(exposed(7, 0o40_750, 7), Some(ExposureReason::Open));
        assert_eq!(exposed(7, 0o40_701, 7), Some(ExposureReason::Open));
        assert_eq!(exposed(0, 0o40_700, 7), Some(ExposureReason::Theirs));
    }
}
