//! A `files` trigger of a manifest: the files below a granted folder that fit a pattern.
//!
//! Level-triggered like the inboxes: the folder is compared with what the ledger has marked, so a change while nobody
//! looked fires too, and a touched file with the same content does not. The marks and the task are one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_core::State;
use baton_intake::{Glob, hash_file, scan_tree};
use baton_ledger::{Tx, mark, task};
use baton_sandbox::MountGrant;
use fail::fail_point;
use jiff::Timestamp;

use super::task::{TriggerResult, title};
use crate::own_changes::{OwnPaths, OwnWrites};
use crate::{Context, DispatchError, budget, limits};

/// A trigger that is armed.
#[derive(Clone, Debug)]
pub(crate) struct FilesTrigger {
    /// Names its marks in the ledger.
    key: String,
    pub(crate) plugin: String,
    action: String,
    mounts: Vec<MountGrant>,
    /// What Baton itself writes to: a report must not fire the trigger that it came from.
    own: [PathBuf; 2],
    glob: Glob,
    pub(crate) debounce: Duration,
}

impl FilesTrigger {
    /// The `number`th trigger of `plugin`, over the folders that are granted; none when none is, or the glob is no pattern.
    pub(super) fn new(
        (context, plugin, number): (&Context, &str, usize),
        granted: &[MountGrant],
        (folder, glob): (&str, &str),
        debounce: Duration,
        action: &str,
    ) -> Option<Self> {
        let mounts: Vec<_> = granted.iter().filter(|mount| mount.name == folder).cloned().collect();
        if mounts.is_empty() {
            tracing::warn!(%plugin, %folder, "a trigger waits for a folder that is not granted");
            return None;
        }
        let glob =
            Glob::new(glob).inspect_err(|error| tracing::warn!(%plugin, %error, "a trigger was left out")).ok()?;
        Some(Self {
            key: format!("{plugin}/{number}"),
            plugin: plugin.to_owned(),
            action: action.to_owned(),
            mounts,
            own: [context.reports(), context.handoffs()],
            glob,
            debounce,
        })
    }

    /// Whether a change at `path` concerns it.
    pub(crate) fn concerns(&self, path: &Path) -> bool {
        let fits = |mount: &MountGrant| path.strip_prefix(&mount.host).is_ok_and(|below| self.glob.fits(below));
        self.mounts.iter().any(fits) && !self.is_own(path)
    }

    fn is_own(&self, path: &Path) -> bool {
        self.own.iter().any(|own| path.starts_with(own))
    }

    pub(crate) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.mounts.iter().map(|mount| mount.host.as_path())
    }
}

/// Compares the folders with the marks and makes one task of all that changed.
pub(crate) async fn fire(context: &Arc<Context>, trigger: FilesTrigger) -> Result<TriggerResult, DispatchError> {
    let (look, inner) = (trigger.clone(), Arc::clone(context));
    let Ok(Some((seen, own))) = tokio::task::spawn_blocking(move || look.now(&inner.own)).await else {
        return Ok(TriggerResult { unread: Some(trigger.plugin), ..TriggerResult::default() });
    };
    fail_point!("trigger.looked");
    let now = Timestamp::now();
    let inner = Arc::clone(context);
    let job = move |tx: &Tx<'_>| {
        let known = mark::all(tx, &trigger.key)?;
        for gone in known.keys().filter(|path| !seen.contains_key(*path)) {
            mark::clear(tx, &trigger.key, gone)?;
        }
        let changed = seen.into_iter().filter(|(path, hash)| known.get(path) != Some(hash) && !own.contains(path));
        let changed: Vec<_> = changed.take(limits::PATHS_OF_A_TRIGGER).collect();
        if changed.is_empty() {
            return Ok(TriggerResult::default());
        }
        let waits = budget::allow_trigger(tx, &trigger.plugin, &inner.budget(&trigger.plugin), now)?;
        if waits.is_some() {
            return Ok(TriggerResult { waits, ..TriggerResult::default() });
        }
        for (path, hash) in &changed {
            mark::set(tx, &trigger.key, path, hash)?;
        }
        let more = changed.len() == limits::PATHS_OF_A_TRIGGER;
        let paths = changed.into_iter().map(|(path, _)| path).collect();
        task::insert(tx, &trigger.task(paths), None, now)?;
        fail_point!("trigger.task_added");
        Ok(TriggerResult { agents: vec![trigger.plugin], more, ..TriggerResult::default() })
    };
    let fired = context.ledger.write(job).await?;
    fail_point!("trigger.committed");
    Ok(fired)
}

impl FilesTrigger {
    /// Guest path → content hash of every file that fits now, and those of them that the plugin itself writes meanwhile;
    /// `None` when a folder cannot be read, which says nothing about the files in it.
    fn now(&self, writes: &OwnWrites) -> Option<(BTreeMap<String, String>, BTreeSet<String>)> {
        let (mut seen, mut places, since) = (BTreeMap::new(), Vec::new(), Instant::now());
        for mount in &self.mounts {
            // What took the place of a granted folder was not granted.
            mount.folder.open_again().ok()?;
            std::fs::read_dir(&mount.host).ok()?;
            for found in scan_tree(&mount.host, &self.glob).into_iter().filter(|found| !self.is_own(&found.path)) {
                if let (Some(path), Ok(hash)) = (guest_path(mount, &found.path), hash_file(&found.path)) {
                    places.push((found.path, path.clone()));
                    seen.insert(path, hash.to_string());
                }
            }
        }
        let own = writes.since(&self.plugin, since);
        let own = places.into_iter().filter(|(place, _)| own.has(place)).map(|(_, path)| path).collect();
        Some((seen, own))
    }

    /// The marks of those files that the plugin's own attempt wrote.
    pub(crate) fn as_they_are(&self, own: &OwnPaths) -> Vec<(String, String, String)> {
        let files = self
            .mounts
            .iter()
            .flat_map(|mount| scan_tree(&mount.host, &self.glob).into_iter().map(move |found| (mount, found.path)));
        let marks = files.filter(|(_, place)| own.has(place)).filter_map(|(mount, place)| {
            Some((self.key.clone(), guest_path(mount, &place)?, hash_file(&place).ok()?.to_string()))
        });
        marks.collect()
    }

    fn task(&self, paths: Vec<String>) -> task::NewTask {
        task::NewTask {
            sender: Some("baton".to_owned()),
            title: title(&self.action, &paths),
            action: Some(self.action.clone()),
            paths,
            ..task::NewTask::blank(&self.plugin, task::Origin::Trigger, State::Queued)
        }
    }
}

fn guest_path(mount: &MountGrant, host: &Path) -> Option<String> {
    let relative: PathBuf = host.strip_prefix(&mount.host).ok()?.to_owned();
    relative.to_str().map(|relative| format!("{}/{relative}", mount.guest))
}
