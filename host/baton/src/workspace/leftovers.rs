//! Temporary files of killed commands in the folders of a workspace. `baton up` deletes the files that certainly no process
//! needs; `doctor` also lists the other files.
//!
//! Another workspace, or another ledger of this workspace, may need the temporary file of a delivery to finish the
//! delivery. So Baton deletes such a file only if this ledger created the delivery into that folder and has finished it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use baton_dispatch::{ARCHIVES, Agent};
use baton_intake::{Writer, is_own, leftovers};
use baton_ledger::{Reader, inspect};

use super::{Workspace, scratch};

/// The interval of the search in `baton up`.
pub(crate) const PAUSE: Duration = Duration::from_hours(1);

/// A temporary file of a killed writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leftover {
    pub(crate) path: PathBuf,
    /// No process can need it any more.
    pub(crate) removable: bool,
}

/// The folders to search.
pub(crate) struct Places<'a> {
    pub(crate) root: &'a Path,
    pub(crate) state: Option<&'a Path>,
    pub(crate) agents: &'a [Agent],
}

impl Places<'_> {
    /// Every folder into which Baton writes files, including the workspace's own.
    fn folders(&self) -> BTreeSet<PathBuf> {
        let own =
            ["", "reports", "handoffs/01_inbox", "handoffs/02_processed", "handoffs/03_failed", "handoffs/_unrouted"];
        let mut folders: BTreeSet<PathBuf> = own.iter().map(|folder| self.root.join(folder)).collect();
        folders.extend(self.state.map(Path::to_owned));
        for agent in self.agents {
            folders.extend(agent.inboxes().map(Path::to_owned));
            folders.extend(agent.homes().map(Path::to_owned));
            folders.extend(agent.homes().flat_map(|home| ARCHIVES.map(|name| home.join(name))));
        }
        folders
    }

    /// The temporary files of killed writers, except the files of this ledger's open deliveries.
    pub(crate) fn find(&self, reader: Option<&Reader>, now: SystemTime) -> Vec<Leftover> {
        let folders = self.folders();
        let left = folders.iter().flat_map(|folder| leftovers(folder, now).into_iter().map(move |left| (folder, left)));
        left.filter_map(|(folder, (path, writer))| {
            let nobody_needs_it = match writer {
                Writer::Process(_) | Writer::Once => true,
                Writer::Delivery(number) => {
                    let delivery = reader.and_then(|reader| inspect::delivery(reader, number).ok().flatten());
                    let delivery = delivery.filter(|delivery| self.root.join(&delivery.folder) == *folder);
                    if delivery.as_ref().is_some_and(|delivery| delivery.is_open) {
                        return None;
                    }
                    delivery.is_some()
                }
            };
            Some(Leftover { removable: nobody_needs_it && is_own(&path), path })
        })
        .collect()
    }
}

pub(crate) fn remove(workspace: &Workspace) {
    scratch::sweep(&std::env::temp_dir(), SystemTime::now());
    let path = workspace.state.ledger();
    let reader = path.is_file().then(|| Reader::open(&path).ok()).flatten();
    let agents: Vec<Agent> = workspace.roster().map(|roster| roster.agents().cloned().collect()).unwrap_or_default();
    let places = Places { root: &workspace.root, state: Some(workspace.state.folder()), agents: &agents };
    let left = places.find(reader.as_ref(), SystemTime::now());
    for left in left.into_iter().filter(|left| left.removable) {
        let shown = left.path.display();
        match std::fs::remove_file(&left.path) {
            Ok(()) => tracing::info!("removed the temporary file {shown}, which a killed command left"),
            Err(error) => tracing::warn!("cannot delete the temporary file {shown} of a killed command: {error}"),
        }
    }
}
