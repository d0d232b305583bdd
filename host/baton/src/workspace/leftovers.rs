//! Temporaries of killed commands in the folders of a workspace. `baton up` removes what surely belongs to nobody; `doctor`
//! names the rest too.
//!
//! A delivery's temporary may be what another workspace, or another ledger of this one, needs to finish a delivery into the
//! same folder. It is removed only where this ledger made that delivery into that folder and has ended it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use baton_dispatch::{ARCHIVES, Agent};
use baton_intake::{Writer, is_own, leftovers};
use baton_ledger::{Reader, inspect};

use super::{Workspace, scratch};

/// How often `baton up` looks for them.
pub(crate) const PAUSE: Duration = Duration::from_hours(1);

/// A temporary that a killed writer left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leftover {
    pub(crate) path: PathBuf,
    /// Whether nobody can need it any more.
    pub(crate) removable: bool,
}

/// Where they are looked for.
pub(crate) struct Places<'a> {
    pub(crate) root: &'a Path,
    pub(crate) state: Option<&'a Path>,
    pub(crate) agents: &'a [Agent],
}

impl Places<'_> {
    /// Every folder in which Baton writes files for others, and the workspace's own.
    fn folders(&self) -> BTreeSet<PathBuf> {
        let own =
            ["", "reports", "handoffs/01_inbox", "handoffs/02_processed", "handoffs/03_failed", "handoffs/_unrouted"];
        let mut folders: BTreeSet<PathBuf> = own.iter().map(|folder| self.root.join(folder)).collect();
        folders.extend(self.state.map(Path::to_owned));
        for agent in self.agents {
            folders.extend(agent.inboxes().map(Path::to_owned));
            folders.extend(agent.homes().flat_map(|home| ARCHIVES.map(|name| home.join(name))));
        }
        folders
    }

    /// What killed writers left. Open deliveries of this ledger are not among it.
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
            Err(error) => tracing::warn!("the temporary file {shown} of a killed command cannot be removed: {error}"),
        }
    }
}
