//! Converts kernel events to changes. Only this module uses the crate `notify`.
//!
//! Events are hints: they may be repeated, late or missing. When the kernel's queue or Baton's queue overflows, one
//! [`Change::Rescan`] replaces all lost changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use baton_core::file_name;
use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::{IntakeError, limits};

/// A reported change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A file was renamed to this path, or its writer closed it. The file is complete.
    Complete(PathBuf),
    /// This path was created, written or deleted.
    Touched(PathBuf),
    /// Anything may have changed.
    Rescan,
}

/// Watches folders and returns their changes.
pub struct Watcher {
    inner: RecommendedWatcher,
    changes: mpsc::Receiver<Change>,
    overflow: Arc<AtomicBool>,
}

impl Watcher {
    /// A watcher without folders. Fails if the system's limit of watchers is reached.
    pub fn new() -> Result<Self, IntakeError> {
        let (sender, changes) = mpsc::channel(limits::CHANGES);
        let overflow = Arc::new(AtomicBool::new(false));
        let lost = Arc::clone(&overflow);
        let on_event = move |event: notify::Result<Event>| {
            for change in read(event).into_iter().filter(|change| !is_noise(change)) {
                if sender.try_send(change).is_err() {
                    lost.store(true, Ordering::Release);
                }
            }
        };
        // A link in an inbox could lead to the whole disk and use up all watches of the user.
        let inner = RecommendedWatcher::new(on_event, notify::Config::default().with_follow_symlinks(false));
        let inner = inner.map_err(|error| IntakeError::Watch(error.to_string()))?;
        Ok(Self { inner, changes, overflow })
    }

    /// Watches `folder` and everything below it. A repeated call has no effect. Fails if the folder is missing, or if the
    /// system's limit of watches is reached.
    pub fn watch(&mut self, folder: &Path) -> Result<(), IntakeError> {
        self.add(folder, RecursiveMode::Recursive)
    }

    /// Watches the direct entries of `folder`, for instance to detect that a folder is deleted and created again.
    pub fn watch_flat(&mut self, folder: &Path) -> Result<(), IntakeError> {
        self.add(folder, RecursiveMode::NonRecursive)
    }

    fn add(&mut self, folder: &Path, mode: RecursiveMode) -> Result<(), IntakeError> {
        self.inner.watch(folder, mode).map_err(|error| unwatched(folder, &error))
    }

    /// The next change. The call may be cancelled without loss of a change. Waits forever if there are no changes.
    pub async fn next(&mut self) -> Change {
        if self.overflow.swap(false, Ordering::AcqRel) {
            return Change::Rescan;
        }
        match self.changes.recv().await {
            Some(change) => change,
            None => std::future::pending().await,
        }
    }
}

/// The error for a folder that cannot be watched. The limit of the system has a separate error, because the operator can
/// raise it.
fn unwatched(folder: &Path, error: &notify::Error) -> IntakeError {
    let path = folder.to_owned();
    match &error.kind {
        ErrorKind::MaxFilesWatch => IntakeError::Watch(format!("{}: {error}", path.display())),
        ErrorKind::PathNotFound => IntakeError::NotFound { path },
        ErrorKind::Io(cause) if cause.kind() == std::io::ErrorKind::NotFound => IntakeError::NotFound { path },
        _ => IntakeError::Unwatched { path, reason: error.to_string() },
    }
}

/// True if a change concerns a temporary file. Such changes are ignored: every delivery creates a temporary file, and the
/// changes would fill the queue.
fn is_noise(change: &Change) -> bool {
    match change {
        Change::Complete(path) | Change::Touched(path) => {
            path.file_name().and_then(|name| name.to_str()).is_some_and(file_name::is_ignored)
        }
        Change::Rescan => false,
    }
}

fn read(event: notify::Result<Event>) -> Vec<Change> {
    let Ok(event) = event else {
        return vec![Change::Rescan];
    };
    if event.need_rescan() {
        return vec![Change::Rescan];
    }
    let mut paths = event.paths.into_iter();
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => paths.map(Change::Complete).collect(),
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => paths.map(renamed).collect(),
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => {
            let from = paths.next().map(Change::Touched);
            from.into_iter().chain(paths.map(renamed)).collect()
        }
        // A new folder may have received files before the watch started.
        EventKind::Create(CreateKind::Folder) => vec![Change::Rescan],
        EventKind::Access(_) => Vec::new(),
        _ => paths.map(Change::Touched).collect(),
    }
}

/// A full scan if `path` is a folder, because the kernel reports nothing about the content of a renamed folder. Otherwise
/// the file is complete.
fn renamed(path: PathBuf) -> Change {
    let folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    if folder { Change::Rescan } else { Change::Complete(path) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn next_complete(watcher: &mut Watcher) -> PathBuf {
        loop {
            if let Change::Complete(path) = watcher.next().await {
                return path;
            }
        }
    }

    #[tokio::test]
    async fn a_closed_file_and_a_renamed_file_are_complete() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        let mut watcher = Watcher::new().unwrap();
        watcher.watch(&real).unwrap();
        std::fs::write(real.join("a.json"), "{}").unwrap();
        std::fs::rename(real.join("a.json"), real.join("b.json")).unwrap();
        let seen = tokio::time::timeout(Duration::from_secs(20), async {
            [next_complete(&mut watcher).await, next_complete(&mut watcher).await]
        });
        assert!(seen.await.unwrap().contains(&real.join("b.json")) || !cfg!(target_os = "linux"));
    }
}
