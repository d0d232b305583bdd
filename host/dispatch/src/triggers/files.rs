//! A `files` trigger of a manifest: makes a task when files below a granted folder change and their paths match a pattern.
//!
//! The trigger is level-triggered like the inboxes: it compares the folder with the marks in the ledger. So a change while
//! the daemon was down fires the trigger. A file with a new time and the same content does not fire it. One transaction
//! writes the marks and the task.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_core::glob::Globs;
use baton_intake::{hash_file, scan_tree};
use baton_ledger::{Tx, mark, task};
use baton_sandbox::MountGrant;
use fail::fail_point;
use jiff::Timestamp;

use super::task::{TriggerResult, files_task};
use crate::triggers::own_writes::{OwnMark, OwnPaths, OwnWrites};
use crate::{Context, DispatchError, budget, limits};

/// A `files` trigger of a manifest.
pub(super) struct DeclaredFilesTrigger<'a> {
    pub(super) plugin: &'a str,
    /// The index of the trigger in the manifest, from 0.
    pub(super) number: usize,
    pub(super) folder: &'a str,
    pub(super) glob: &'a str,
    pub(super) debounce: Duration,
    pub(super) action: &'a str,
}

/// A `files` trigger that Baton checks.
#[derive(Clone, Debug)]
pub(crate) struct FilesTrigger {
    /// The key of the trigger's marks in the ledger.
    key: String,
    pub(crate) plugin: String,
    action: String,
    mounts: Vec<MountGrant>,
    /// Folders to which Baton writes, for example `reports/`. Files in them never fire the trigger, because a report could
    /// otherwise fire the trigger that caused it.
    own: [PathBuf; 2],
    globs: Globs,
    pub(crate) debounce: Duration,
}

impl FilesTrigger {
    /// The trigger for the granted folders; `None` if no folder is granted, or the glob is invalid.
    pub(super) fn new(context: &Context, mounts: &[MountGrant], declared: &DeclaredFilesTrigger<'_>) -> Option<Self> {
        let DeclaredFilesTrigger { plugin, number, folder, glob, debounce, action } = *declared;
        let mounts: Vec<_> = mounts.iter().filter(|mount| mount.name == folder).cloned().collect();
        if mounts.is_empty() {
            tracing::warn!(%plugin, %folder, "a trigger watches a folder that is not granted");
            return None;
        }
        let globs = Globs::new(&[glob])
            .inspect_err(|error| tracing::warn!(%plugin, %error, "the trigger is disabled: its pattern is invalid"))
            .ok()?;
        Some(Self {
            key: format!("{plugin}/{number}"),
            plugin: plugin.to_owned(),
            action: action.to_owned(),
            mounts,
            own: [context.reports(), context.handoffs()],
            globs,
            debounce,
        })
    }

    /// True if a change at `path` belongs to this trigger.
    pub(crate) fn concerns(&self, path: &Path) -> bool {
        let fits =
            |mount: &MountGrant| path.strip_prefix(&mount.host).is_ok_and(|below| self.globs.matches_path(below));
        self.mounts.iter().any(fits) && !self.is_own(path)
    }

    fn is_own(&self, path: &Path) -> bool {
        self.own.iter().any(|own| path.starts_with(own))
    }

    pub(crate) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.mounts.iter().map(|mount| mount.host.as_path())
    }
}

/// Compares the folders with the marks and makes one task for all changed files.
pub(crate) async fn fire(context: &Arc<Context>, trigger: FilesTrigger) -> Result<TriggerResult, DispatchError> {
    let (reading, inner) = (trigger.clone(), Arc::clone(context));
    let read = tokio::task::spawn_blocking(move || reading.read(&inner.own_writes)).await;
    let Ok(Some(MountedFiles { hashes: seen, own })) = read else {
        return Ok(TriggerResult { unread: Some(trigger.plugin), ..TriggerResult::default() });
    };
    fail_point!("trigger.compared");
    let now = Timestamp::now();
    let inner = Arc::clone(context);
    let job = move |tx: &Tx<'_>| {
        let known = mark::all(tx, &trigger.key)?;
        for missing in known.keys().filter(|path| !seen.contains_key(*path)) {
            mark::clear(tx, &trigger.key, missing)?;
        }
        let changed = seen.into_iter().filter(|(path, hash)| known.get(path) != Some(hash) && !own.contains(path));
        let changed: Vec<_> = changed.take(limits::PATHS_OF_A_TRIGGER).collect();
        if changed.is_empty() {
            return Ok(TriggerResult::default());
        }
        let exhausted = budget::allow_trigger(tx, &trigger.plugin, &inner.budget(&trigger.plugin), now)?;
        if exhausted.is_some() {
            return Ok(TriggerResult { exhausted, ..TriggerResult::default() });
        }
        for (path, hash) in &changed {
            mark::set(tx, &trigger.key, path, hash)?;
        }
        let more = changed.len() == limits::PATHS_OF_A_TRIGGER;
        let paths = changed.into_iter().map(|(path, _)| path).collect();
        task::insert(tx, &files_task(&trigger.plugin, &trigger.action, paths), None, now)?;
        fail_point!("trigger.task_added");
        Ok(TriggerResult { agents: vec![trigger.plugin], more, ..TriggerResult::default() })
    };
    let fired = context.ledger.write(job).await?;
    fail_point!("trigger.committed");
    Ok(fired)
}

/// The files that match the pattern, by guest path.
struct MountedFiles {
    /// The hash of the content of each file.
    hashes: BTreeMap<String, String>,
    /// The files that an attempt of the plugin is writing.
    own: BTreeSet<String>,
}

impl FilesTrigger {
    /// Reads the files of the trigger. `None` if a folder cannot be read, because the state of its files is then unknown.
    fn read(&self, writes: &OwnWrites) -> Option<MountedFiles> {
        let (mut hashes, mut places, since) = (BTreeMap::new(), Vec::new(), Instant::now());
        for mount in &self.mounts {
            // If another folder now has the path of the granted folder, this new folder is not granted.
            mount.folder.open_again().ok()?;
            std::fs::read_dir(&mount.host).ok()?;
            for found in scan_tree(&mount.host, &self.globs).into_iter().filter(|found| !self.is_own(&found.path)) {
                if let (Some(path), Ok(hash)) = (guest_path(mount, &found.path), hash_file(&found.path)) {
                    places.push((found.path, path.clone()));
                    hashes.insert(path, hash.to_string());
                }
            }
        }
        let own = writes.since(&self.plugin, since);
        let own = places.into_iter().filter(|(place, _)| own.has(place)).map(|(_, path)| path).collect();
        Some(MountedFiles { hashes, own })
    }

    /// The marks of the files that the plugin's own attempt wrote.
    pub(crate) fn own_marks(&self, own: &OwnPaths) -> Vec<OwnMark> {
        let files = self
            .mounts
            .iter()
            .flat_map(|mount| scan_tree(&mount.host, &self.globs).into_iter().map(move |found| (mount, found.path)));
        let marks = files.filter(|(_, place)| own.has(place)).filter_map(|(mount, place)| {
            let (path, hash) = (guest_path(mount, &place)?, hash_file(&place).ok()?.to_string());
            Some(OwnMark { trigger: self.key.clone(), path, hash })
        });
        marks.collect()
    }
}

fn guest_path(mount: &MountGrant, host: &Path) -> Option<String> {
    let relative: PathBuf = host.strip_prefix(&mount.host).ok()?.to_owned();
    relative.to_str().map(|relative| format!("{}/{relative}", mount.guest))
}
