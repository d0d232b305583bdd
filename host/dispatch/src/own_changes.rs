//! A plugin's own changes: no trigger of a plugin is fired by what its own attempts write.
//!
//! While an attempt runs, the plugin's triggers ignore the files that it writes. When it ends, each of these files is read, and
//! its content is recorded as seen together with the outcome. So a later change by anybody else fires a trigger. If somebody
//! else changes a file while the plugin writes to it, the change counts as the plugin's. If the process is killed during an
//! attempt, the plugin's changes fire its triggers once.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use baton_core::manifest::Trigger;
use baton_ledger::watched::Stamp;
use baton_ledger::{LedgerError, Tx, mark, watched};
use baton_sandbox::{MountGrant, Writes};

use crate::context::{Context, InstalledPlugin};
use crate::trigger::{self, ArmedTrigger};

/// How long the files of an ended attempt are kept: a look at a trigger that began before the end must leave them out, and
/// takes no longer than this.
const KEPT: Duration = Duration::from_mins(10);

/// The files that attempts of this process write.
#[derive(Debug, Default)]
pub(crate) struct OwnWrites(Mutex<Vec<AttemptWrites>>);

#[derive(Debug)]
struct AttemptWrites {
    plugin: String,
    task: String,
    writes: Writes,
    ended: Option<Instant>,
}

impl OwnWrites {
    /// An attempt begins. Returns the collector of its files.
    pub(crate) fn begin(&self, plugin: &str, task: &str) -> Writes {
        let (plugin, task, writes) = (plugin.to_owned(), task.to_owned(), Writes::default());
        self.lock().push(AttemptWrites { plugin, task, writes: writes.clone(), ended: None });
        writes
    }

    /// The ledger has the outcome of an attempt.
    pub(crate) fn end(&self, task: &str) {
        let now = Instant::now();
        let mut entries = self.lock();
        for entry in entries.iter_mut().filter(|entry| entry.task == task && entry.ended.is_none()) {
            entry.ended = Some(now);
        }
        entries.retain(|entry| {
            entry.ended.is_none_or(|ended| !entry.writes.is_empty() && now.duration_since(ended) < KEPT)
        });
    }

    /// The files that attempts of `plugin` write now, or wrote since `since`.
    pub(crate) fn since(&self, plugin: &str, since: Instant) -> OwnPaths {
        let entries = self.lock();
        let of_plugin = entries.iter().filter(|entry| entry.plugin == plugin);
        let current = of_plugin.filter(|entry| entry.ended.is_none_or(|ended| ended >= since));
        let writes: Vec<Writes> = current.map(|entry| entry.writes.clone()).collect();
        drop(entries);
        OwnPaths::of(&writes)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<AttemptWrites>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files that a plugin writes, and folders that it renamed.
#[derive(Debug, Default)]
pub(crate) struct OwnPaths(BTreeSet<PathBuf>);

impl OwnPaths {
    fn of(writes: &[Writes]) -> Self {
        Self(writes.iter().flat_map(Writes::paths).map(|path| resolved(&path)).collect())
    }

    /// Whether the plugin wrote the file or renamed a folder around it.
    pub(crate) fn has(&self, file: &Path) -> bool {
        !self.0.is_empty() && file.ancestors().any(|path| self.0.contains(path))
    }

    /// The same for a path as the plugin sees it, if it is below `mount`.
    pub(crate) fn has_below(&self, mount: &MountGrant, guest: &str) -> bool {
        let below = guest.strip_prefix(mount.guest.as_str()).and_then(|below| below.strip_prefix('/'));
        !self.0.is_empty() && below.is_some_and(|below| self.has(&resolved(&mount.host.join(below))))
    }
}

/// The path with every link resolved. Of a missing file, the folder is resolved.
fn resolved(path: &Path) -> PathBuf {
    let behind_folder = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name().unwrap_or(OsStr::new(""))));
    path.canonicalize().ok().or_else(behind_folder).unwrap_or_else(|| path.to_owned())
}

/// The files of a plugin's triggers as the plugin's own attempt left them.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnChanges {
    /// Of `files` triggers: the trigger, the path and the hash.
    marks: Vec<(String, String, String)>,
    /// Of a `watched` trigger.
    stamps: Vec<(String, Stamp)>,
}

impl OwnChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.stamps.is_empty()
    }

    pub(crate) fn record(&self, tx: &Tx<'_>, plugin: &str) -> Result<(), LedgerError> {
        self.marks.iter().try_for_each(|(trigger, path, hash)| mark::set(tx, trigger, path, hash))?;
        watched::tell(tx, plugin, self.stamps.clone()).map(drop)
    }
}

/// Reads those files that an attempt on `installed` wrote and the plugin's triggers are about.
pub(crate) async fn changes(context: &Arc<Context>, installed: &Arc<InstalledPlugin>, writes: &Writes) -> OwnChanges {
    let watches = installed.plugin.manifest().declares.triggers.iter().any(Trigger::is_about_files);
    if writes.is_empty() || !watches {
        return OwnChanges::default();
    }
    let (context, installed, writes) = (Arc::clone(context), Arc::clone(installed), writes.clone());
    tokio::task::spawn_blocking(move || read(&context, &installed, &writes)).await.unwrap_or_default()
}

fn read(context: &Context, installed: &InstalledPlugin, writes: &Writes) -> OwnChanges {
    let own = OwnPaths::of(std::slice::from_ref(writes));
    let mut changes = OwnChanges::default();
    for trigger in trigger::of_plugin(context, &installed.plugin.manifest().name, installed) {
        match trigger {
            ArmedTrigger::Files(trigger) => changes.marks.extend(trigger.as_they_are(&own)),
            ArmedTrigger::Watched(_) => changes.stamps.extend(stamps(&installed.grants.mounts, writes)),
            ArmedTrigger::Audio(_) => {}
        }
    }
    changes
}

/// Size and time of each file, by its path for the plugin.
fn stamps(mounts: &[MountGrant], writes: &Writes) -> Vec<(String, Stamp)> {
    let stamp = |path: PathBuf| {
        let mount = mounts.iter().find(|mount| path.starts_with(&mount.host))?;
        let below = path.strip_prefix(&mount.host).ok()?.to_str()?;
        let stamp = path.metadata().ok().map(|metadata| trigger::stamp(&metadata));
        Some((format!("{}/{below}", mount.guest), stamp))
    };
    // The plugin may have watched it under either path.
    writes.paths().into_iter().flat_map(|path| BTreeSet::from([resolved(&path), path])).filter_map(stamp).collect()
}
