//! A `watched` trigger of a manifest: makes a task when files change that the plugin watches (`wit/watch.wit`).
//!
//! The files may be anywhere below the plugin's mounts, so Baton watches only the folders that contain them, without their
//! subfolders. A watch reports quickly that something has changed. A comparison of every file with the ledger then finds the
//! changed files.

use std::collections::HashMap;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use baton_ledger::watched::{FileStamp, Stamp};
use baton_ledger::{LedgerError, Tx, task, watched};
use baton_sandbox::MountGrant;
use jiff::Timestamp;

use super::task::{PluginWatch, TriggerResult, files_task};
use crate::{Context, DispatchError, budget, limits};

/// A `watched` trigger that Baton checks.
#[derive(Clone, Debug)]
pub(crate) struct WatchedTrigger {
    pub(crate) plugin: String,
    action: String,
    mounts: Vec<MountGrant>,
    pub(crate) debounce: Duration,
}

impl WatchedTrigger {
    pub(super) fn new(plugin: &str, mounts: &[MountGrant], debounce: Duration, action: &str) -> Self {
        Self { plugin: plugin.to_owned(), action: action.to_owned(), mounts: mounts.to_vec(), debounce }
    }

    /// The folders of the plugin's mounts. All watched files are below them.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.mounts.iter().map(|mount| mount.host.as_path())
    }
}

/// Compares every watched file with the ledger and makes one task for all changes.
pub(super) async fn fire(context: &Arc<Context>, trigger: WatchedTrigger) -> Result<TriggerResult, DispatchError> {
    let (comparing, inner) = (trigger.clone(), Arc::clone(context));
    let compared = tokio::task::spawn_blocking(move || comparing.compare(&inner)).await;
    let (mut changed, watching) = compared.map_err(|_| LedgerError::Closed)??;
    let watching = Some((trigger.plugin.clone(), watching));
    if changed.is_empty() {
        return Ok(TriggerResult { watching, ..TriggerResult::default() });
    }
    let more = changed.len() > limits::PATHS_OF_A_TRIGGER;
    changed.truncate(limits::PATHS_OF_A_TRIGGER);
    let now = Timestamp::now();
    let inner = Arc::clone(context);
    let job = move |tx: &Tx<'_>| {
        let reached = budget::triggers_reached(tx, &trigger.plugin, &inner.budget(&trigger.plugin), now)?;
        if reached.is_some() {
            return Ok((None, reached));
        }
        let changed = watched::record_reported(tx, &trigger.plugin, changed)?;
        if changed.is_empty() {
            return Ok((None, None));
        }
        budget::count_trigger(tx, &trigger.plugin, now)?;
        task::insert(tx, &files_task(&trigger.plugin, &trigger.action, changed), None, now)?;
        Ok((Some(trigger.plugin), None))
    };
    let (agent, exhausted) = context.ledger.write(job).await?;
    let more = more && exhausted.is_none();
    Ok(TriggerResult { agents: agent.into_iter().collect(), more, watching, exhausted, ..TriggerResult::default() })
}

impl WatchedTrigger {
    /// The changed files, and the folders to watch.
    fn compare(&self, context: &Context) -> Result<(Vec<(String, Stamp)>, PluginWatch), LedgerError> {
        let known = watched::of_plugin(&context.ledger.reader()?, &self.plugin)?;
        let (mut changed, mut watching, since) = (Vec::new(), PluginWatch::default(), Instant::now());
        for mount in &self.mounts {
            let mut scan = MountScan { mount, parents: HashMap::new(), watching: &mut watching };
            if mount.folder.open_again().is_err() || std::fs::read_dir(&mount.host).is_err() {
                continue;
            }
            let below = known.iter().filter_map(|(path, known)| Some((path, relative(mount, path)?, known)));
            for (path, relative, known) in below {
                let stamp = scan.stamp(relative);
                changed.extend(stamp.filter(|now| known.has_changed(*now)).map(|now| (path.clone(), now)));
            }
        }
        let own = context.own_writes.since(&self.plugin, since);
        changed.retain(|(path, _)| !self.mounts.iter().any(|mount| own.has_below(mount, path)));
        Ok((changed, watching))
    }
}

/// The path below the mount, for a guest path in the mount.
fn relative<'a>(mount: &MountGrant, path: &'a str) -> Option<&'a Path> {
    path.strip_prefix(mount.guest.as_str())?.strip_prefix('/').map(Path::new)
}

/// Compares the files below one mount.
struct MountScan<'a> {
    mount: &'a MountGrant,
    /// The real path of each parent folder, computed once for all files in the folder.
    parents: HashMap<PathBuf, ParentFolder>,
    watching: &'a mut PluginWatch,
}

/// The state of the folder of a file.
#[derive(Clone)]
enum ParentFolder {
    Real(PathBuf),
    /// The folder does not exist, or is outside of the mount. For a plugin, both cases are the same.
    Missing,
    /// The folder cannot be read, so the state of its files is unknown.
    Unknown,
}

impl MountScan<'_> {
    /// The current stamp of a file. The outer `None` means that the state is unknown, `Some(None)` that the file is missing.
    fn stamp(&mut self, relative: &Path) -> Option<Stamp> {
        let (parent, name) = (relative.parent().unwrap_or(Path::new("")), relative.file_name()?);
        let real = match self.parent(parent) {
            ParentFolder::Real(real) => real,
            ParentFolder::Missing => return Some(None),
            ParentFolder::Unknown => return None,
        };
        let file = real.join(name);
        self.watching.add(&real, &file);
        match file.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => self.link_target(&file),
            Ok(metadata) => Some(Some(stamp(&metadata))),
            Err(error) => is_missing(&error).then_some(None),
        }
    }

    /// The stamp of a link's target. A target outside of the mount counts as missing.
    fn link_target(&mut self, link: &Path) -> Option<Stamp> {
        let real = match link.canonicalize() {
            Ok(real) if real.starts_with(&self.mount.host) => real,
            Ok(_) => return Some(None),
            Err(error) => return is_missing(&error).then_some(None),
        };
        if let Some(folder) = real.parent() {
            self.watching.add(folder, &real);
        }
        match real.symlink_metadata() {
            Ok(metadata) => Some(Some(stamp(&metadata))),
            Err(error) => is_missing(&error).then_some(None),
        }
    }

    fn parent(&mut self, parent: &Path) -> ParentFolder {
        if let Some(known) = self.parents.get(parent) {
            return known.clone();
        }
        let found = match self.mount.host.join(parent).canonicalize() {
            Ok(real) if real.starts_with(&self.mount.host) => ParentFolder::Real(real),
            Ok(_) => ParentFolder::Missing,
            Err(error) if is_missing(&error) => {
                self.watch_missing(parent);
                ParentFolder::Missing
            }
            Err(_) => ParentFolder::Unknown,
        };
        self.parents.insert(parent.to_owned(), found.clone());
        found
    }

    /// Watches the parent folder in which a missing folder would be created.
    fn watch_missing(&mut self, missing: &Path) {
        let host = &self.mount.host;
        for around in missing.ancestors().skip(1) {
            match host.join(around).canonicalize() {
                Ok(real) if real.starts_with(host) => {
                    let next = missing.strip_prefix(around).ok().and_then(|rest| rest.components().next());
                    let path = next.map_or_else(|| real.clone(), |next| real.join(next));
                    return self.watching.add(&real, &path);
                }
                Ok(_) => return,
                Err(_) => {}
            }
        }
    }
}

fn is_missing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The size and the time of a file, as the plugin sees them.
pub(crate) fn stamp(metadata: &std::fs::Metadata) -> FileStamp {
    let since = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    FileStamp { size: metadata.len(), modified_ns: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX) }
}

#[cfg(test)]
mod tests {
    use baton_sandbox::Folder;

    use super::*;

    fn mount(host: &Path) -> MountGrant {
        let host = host.canonicalize().unwrap();
        MountGrant {
            name: "tree".to_owned(),
            folder: Folder::open(&host).unwrap(),
            host,
            guest: "/tree/0".to_owned(),
            shown_as: ".".to_owned(),
            writable: false,
        }
    }

    fn scan(mount: &MountGrant, relative: &str) -> (Option<Stamp>, PluginWatch) {
        let mut watching = PluginWatch::default();
        let mut scan = MountScan { mount, parents: HashMap::new(), watching: &mut watching };
        (scan.stamp(Path::new(relative)), watching)
    }

    #[test]
    fn a_file_is_seen_with_its_folder_and_a_link_only_inside_the_mount() {
        let outer = tempfile::tempdir().unwrap();
        let inside = outer.path().join("in");
        std::fs::create_dir_all(inside.join("a")).unwrap();
        std::fs::write(inside.join("a/x"), "four").unwrap();
        std::fs::write(outer.path().join("secret"), "secret").unwrap();
        std::os::unix::fs::symlink("a/x", inside.join("link")).unwrap();
        std::os::unix::fs::symlink("../secret", inside.join("out")).unwrap();
        std::os::unix::fs::symlink("..", inside.join("up")).unwrap();
        let mount = mount(&inside);
        let (seen, watching) = scan(&mount, "a/x");
        assert_eq!(seen.flatten().map(|stamp| stamp.size), Some(4));
        assert_eq!(watching.folders, [mount.host.join("a")].into());
        assert!(watching.concerns(&mount.host.join("a/x")) && !watching.concerns(&mount.host.join("a/y")));
        let (seen, watching) = scan(&mount, "link");
        assert_eq!(seen.flatten().map(|stamp| stamp.size), Some(4));
        assert!(watching.concerns(&mount.host.join("a/x")) && watching.concerns(&mount.host.join("link")));
        for outside in ["out", "up/secret"] {
            assert_eq!(scan(&mount, outside).0, Some(None), "{outside}");
        }
    }

    #[test]
    fn for_a_missing_folder_its_parent_is_watched() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a")).unwrap();
        let mount = mount(folder.path());
        let (seen, watching) = scan(&mount, "a/b/c/x");
        assert_eq!((seen, &watching.folders), (Some(None), &[mount.host.join("a")].into()));
        assert!(watching.concerns(&mount.host.join("a/b")));
    }

    #[test]
    fn folders_beyond_the_limit_are_left_to_the_scan() {
        let mut watching = PluginWatch::default();
        for number in 0..limits::WATCHED_FOLDERS + 10 {
            let folder = PathBuf::from(format!("/{number}"));
            watching.add(&folder, &folder.join("x"));
            watching.add(&folder, &folder.join("y"));
        }
        assert_eq!((watching.folders.len(), watching.unwatched_count()), (limits::WATCHED_FOLDERS, 10));
    }
}
