//! Own changes of a plugin: files that an attempt writes do not fire triggers of the same plugin.
//!
//! While an attempt runs, the plugin's triggers ignore the files that the attempt writes. At the end of the attempt, Baton
//! reads each of these files and stores its content as known, together with the outcome. So a later change by another
//! program fires a trigger. If another program changes a file while the plugin writes to it, this change counts as a change
//! by the plugin. If the process is killed during an attempt, the plugin's changes fire its triggers once.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use baton_ledger::watched::Stamp;
use baton_ledger::{LedgerError, Tx, mark, watched};
use baton_sandbox::{ChangedFiles, MountGrant};

/// How long Baton keeps the list of files of an ended attempt. A check of a trigger that started before the end of the
/// attempt must still ignore these files. Such a check always takes less time than this.
const KEPT: Duration = Duration::from_mins(10);

/// The files that attempts of this process write.
#[derive(Debug, Default)]
pub(crate) struct OwnWrites(Mutex<Vec<AttemptWrites>>);

#[derive(Debug)]
struct AttemptWrites {
    plugin: String,
    task: String,
    writes: ChangedFiles,
    ended: Option<Instant>,
}

impl OwnWrites {
    /// Starts an attempt. Returns a collector for the files that the attempt writes.
    pub(crate) fn begin(&self, plugin: &str, task: &str) -> ChangedFiles {
        let (plugin, task, writes) = (plugin.to_owned(), task.to_owned(), ChangedFiles::default());
        self.lock().push(AttemptWrites { plugin, task, writes: writes.clone(), ended: None });
        writes
    }

    /// Ends an attempt. Its outcome must be in the ledger already.
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

    /// The paths that running attempts of `plugin` wrote, and its attempts that ended at `since` or later.
    pub(crate) fn since(&self, plugin: &str, since: Instant) -> OwnPaths {
        let entries = self.lock();
        let of_plugin = entries.iter().filter(|entry| entry.plugin == plugin);
        let current = of_plugin.filter(|entry| entry.ended.is_none_or(|ended| ended >= since));
        let writes: Vec<ChangedFiles> = current.map(|entry| entry.writes.clone()).collect();
        drop(entries);
        OwnPaths::of(&writes)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<AttemptWrites>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files that a plugin wrote, and folders that it renamed.
#[derive(Debug, Default)]
pub(crate) struct OwnPaths(BTreeSet<PathBuf>);

impl OwnPaths {
    pub(crate) fn of(writes: &[ChangedFiles]) -> Self {
        Self(writes.iter().flat_map(ChangedFiles::paths).map(|path| resolved(&path)).collect())
    }

    /// Whether the plugin wrote the file or renamed a folder above it.
    pub(crate) fn has(&self, file: &Path) -> bool {
        !self.0.is_empty() && file.ancestors().any(|path| self.0.contains(path))
    }

    /// As [`OwnPaths::has`], for the file with the guest path `guest` below `mount`.
    pub(crate) fn has_below(&self, mount: &MountGrant, guest: &str) -> bool {
        let below = guest.strip_prefix(mount.guest.as_str()).and_then(|below| below.strip_prefix('/'));
        !self.0.is_empty() && below.is_some_and(|below| self.has(&resolved(&mount.host.join(below))))
    }
}

/// The path with every link resolved. If the file is missing, only the path of its folder is resolved.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    let behind_folder = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name().unwrap_or(OsStr::new(""))));
    path.canonicalize().ok().or_else(behind_folder).unwrap_or_else(|| path.to_owned())
}

/// The mark of a file for a trigger.
#[derive(Clone, Debug)]
pub(crate) struct OwnMark {
    pub(crate) trigger: String,
    pub(crate) path: String,
    pub(crate) hash: String,
}

/// The state of the files that a plugin's triggers watch, after an attempt of the plugin changed them.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnChanges {
    /// Marks of `files` triggers.
    pub(crate) marks: Vec<OwnMark>,
    /// Stamps of a `watched` trigger.
    pub(crate) stamps: Vec<(String, Stamp)>,
}

impl OwnChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.stamps.is_empty()
    }

    pub(crate) fn record(&self, tx: &Tx<'_>, plugin: &str) -> Result<(), LedgerError> {
        self.marks.iter().try_for_each(|own| mark::set(tx, &own.trigger, &own.path, &own.hash))?;
        watched::record_reported(tx, plugin, self.stamps.clone()).map(drop)
    }
}
