//! Snapshots of SQLite files of other programs. `baton_plugin_sql` makes the copies.
//!
//! The path from the plugin is untrusted. The file is inspected below the granted folder ([`beneath`]), where no link
//! can lead out. SQLite opens files by name, so it gets the path with every link resolved and follows no link itself.
//! After the opening, the name must still belong to the inspected file. The copy is in the state folder, which no
//! plugin can access, and only the user can read it. It is deleted with its last handle. Copies of killed processes are
//! deleted when no process holds the lock of the folder.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use baton_core::grants::{Database, Grant, grant_command};
use baton_core::manifest::Manifest;
use baton_plugin_sql::worker::{Answer, Request};
use baton_plugin_sql::{Access, GuestError, limits};
use tokio::sync::Semaphore;

use super::super::beneath::{self, MountedFile, OpenError, PathError, RefusalReason, quoted};
use super::super::files::MountGrant;
use super::super::files::folder::Identity;
use super::worker::{Worker, ask, broken_off};
use super::{blocking, generated};
use crate::capabilities::progress::Cancel;
use crate::workers::Workers;

/// The file whose lock shows that a process has snapshots.
const LOCK: &str = "lock";

/// The suffixes of files that SQLite may keep beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Limits the number of concurrent copies on the host. Clones share the limit.
#[derive(Clone)]
pub(crate) struct CopyLimit(Arc<Semaphore>);

impl Default for CopyLimit {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(limits::COPIES_AT_ONCE)))
    }
}

/// The files of which an attempt may take snapshots.
pub(crate) struct Sources {
    plugin: String,
    /// The names of the folders that the plugin declares.
    folders: Vec<String>,
    mounts: Vec<MountGrant>,
    hard_links: bool,
    copies: CopyLimit,
    /// Each snapshot holds one reference.
    taken: Arc<()>,
}

/// A copy on disk. It is deleted when the last reference is dropped.
#[derive(Debug)]
pub(super) struct SnapshotFile {
    path: PathBuf,
    /// Shows other processes that the folder is in use.
    _lock: File,
    /// Counts the copy as a snapshot of the attempt.
    _place: Arc<()>,
}

/// A snapshot of the guest.
#[expect(unreachable_pub, reason = "the generated bindings are public and name it")]
pub struct Snapshot {
    access: Access,
    kept: Arc<SnapshotFile>,
    worker: Option<Worker>,
}

impl Sources {
    pub(crate) fn new(manifest: &Manifest, mounts: &[MountGrant], hard_links: bool, copies: CopyLimit) -> Self {
        let declared = &manifest.declares.capabilities;
        let asked = declared.sql.iter().any(|sql| sql.database == Database::Files);
        Self {
            plugin: manifest.name.clone(),
            folders: declared.files.iter().map(|files| files.folder.clone()).collect(),
            mounts: mounts.iter().filter(|_| asked).cloned().collect(),
            hard_links,
            copies,
            taken: Arc::default(),
        }
    }

    /// Takes a snapshot. `access` has the folder for the copies.
    pub(super) async fn take(
        &self,
        path: &str,
        access: Access,
        workers: Option<&Workers>,
        cancel: &Cancel,
    ) -> Result<Snapshot, generated::Error> {
        // One reference belongs to the attempt.
        if Arc::strong_count(&self.taken) > limits::SNAPSHOTS {
            let most = limits::SNAPSHOTS;
            let text = format!("{most} snapshots exist, which is the limit: drop one and its cursors");
            return Err(generated::Error::TooLarge(text));
        }
        let place = beneath::place(&self.plugin, &self.folders, &self.mounts, path).map_err(|why| match why {
            PathError::NotGranted(text) => generated::Error::Denied(text),
            PathError::Wrong(text) => generated::Error::Invalid(text),
        })?;
        let room = tokio::select! {
            Ok(room) = Arc::clone(&self.copies.0).acquire_owned() => room,
            () = cancel.asked() => return Err(ended()),
            () = tokio::time::sleep(limits::FILE_TIME) => return Err(took_too_long()),
        };
        let (folder, counted, hard_links) = (access.path.clone(), Arc::clone(&self.taken), self.hard_links);
        let copied = async {
            let found = blocking::blocking(|| (), move || find(&place, &folder, counted, hard_links)).await;
            let found = found.unwrap_or_else(|| Err(SnapshotError::Sql(broken_off())))?;
            Worker::copy(workers, &found.request()).await.map_err(SnapshotError::Sql)?;
            Ok(found.kept)
        };
        let kept = tokio::select! {
            copied = copied => copied,
            () = cancel.asked() => return Err(ended()),
            () = tokio::time::sleep(limits::FILE_TIME) => return Err(took_too_long()),
        };
        drop(room);
        let kept = Arc::new(kept.map_err(|why| self.to_guest_error(path, why))?);
        let access = Access { path: kept.path.clone(), ..access };
        Ok(Snapshot { access, kept, worker: None })
    }

    /// The error for the plugin, with the path that the plugin used.
    fn to_guest_error(&self, path: &str, why: SnapshotError) -> generated::Error {
        let path = quoted(path);
        match why {
            SnapshotError::Closed(OpenError::Refused(RefusalReason::Outside)) => {
                generated::Error::Invalid(format!("{path} is a link to a path outside of its folder"))
            }
            SnapshotError::Closed(OpenError::Refused(RefusalReason::HardLinks)) => generated::Error::Denied(format!(
                "{path} has several names (hard links): {}",
                grant_command(&self.plugin, &[Grant::HardLinks])
            )),
            SnapshotError::Closed(OpenError::Failed(error)) => generated::Error::Invalid(format!("{path}: {error}")),
            SnapshotError::NoFile(what) => generated::Error::Invalid(format!("{path}{what} is not a regular file")),
            SnapshotError::Sql(error) => of_file(match error {
                GuestError::Invalid(text) => GuestError::Invalid(format!("{path}: {text}")),
                GuestError::Damaged(text) => GuestError::Damaged(format!("{path}: {text}")),
                GuestError::Busy(text) => GuestError::Busy(format!("{path}: {text}")),
                GuestError::TooLarge(text) => GuestError::TooLarge(format!("{path}: {text}")),
                GuestError::Failed(text) => GuestError::Failed(format!("{path}: {text}")),
                other => other,
            }),
        }
    }
}

/// Why no copy is made.
enum SnapshotError {
    /// The file may not be opened, or does not exist.
    Closed(OpenError),
    /// The database, or the file beside it with this suffix, is not a regular file.
    NoFile(&'static str),
    Sql(GuestError),
}

impl From<OpenError> for SnapshotError {
    fn from(closed: OpenError) -> Self {
        Self::Closed(closed)
    }
}

/// A file that may be copied, and the empty file for its copy.
struct SnapshotTarget {
    from: PathBuf,
    identity: Identity,
    kept: SnapshotFile,
}

impl SnapshotTarget {
    fn request(&self) -> Request {
        let (device, inode) = self.identity.numbers();
        Request::Copy { from: self.from.clone(), to: self.kept.path.clone(), device, inode }
    }
}

/// Inspects the file at a path. Blocks.
fn find(
    place: &MountedFile,
    folder: &Path,
    counted: Arc<()>,
    hard_links: bool,
) -> Result<SnapshotTarget, SnapshotError> {
    let seen = place.metadata(hard_links)?;
    if !seen.is_file {
        return Err(SnapshotError::NoFile(""));
    }
    let real = place.resolved()?;
    let from = real.path();
    beside(&real, hard_links)?;
    if Identity::at(&from) != Some(seen.identity) {
        return Err(SnapshotError::Sql(GuestError::Invalid("the file was replaced in the meantime".to_owned())));
    }
    let kept = SnapshotFile::make(folder, counted).map_err(|error| {
        let folder = folder.display();
        SnapshotError::Sql(GuestError::Failed(format!("no copy can be made in {folder}: {error}")))
    })?;
    Ok(SnapshotTarget { from, identity: seen.identity, kept })
}

/// Checks that the files beside the database are regular files inside the folder.
fn beside(place: &MountedFile, hard_links: bool) -> Result<(), SnapshotError> {
    for ending in BESIDE {
        match place.beside(ending).metadata(hard_links) {
            Ok(seen) if seen.is_file => {}
            Ok(_) => return Err(SnapshotError::NoFile(ending)),
            Err(OpenError::Failed(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(closed) => return Err(closed.into()),
        }
    }
    Ok(())
}

impl SnapshotFile {
    /// Creates an empty file in `folder` that only the user can read.
    fn make(folder: &Path, place: Arc<()>) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        sweep(folder)?;
        let lock = lock(folder)?;
        lock.lock_shared()?;
        let folder = folder.canonicalize()?;
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{}-{number}.db", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(_) => return Ok(Self { path, _lock: lock, _place: place }),
                // The file is a leftover of an ended process with the same id.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for SnapshotFile {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

fn lock(folder: &Path) -> io::Result<File> {
    baton_files::open_or_create(&folder.join(LOCK))
}

/// Deletes the copies of killed processes in the folder of snapshots, unless a running process has a snapshot.
///
/// # Errors
/// When the folder cannot be read or changed.
pub fn sweep(folder: &Path) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let lock = lock(folder)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Ok(()),
        Err(fs::TryLockError::Error(error)) => return Err(error),
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() != LOCK {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

impl Snapshot {
    pub(super) fn access(&self) -> Access {
        self.access.clone()
    }

    /// A reference for a reader of the copy. The copy is not deleted while the reader holds it.
    pub(super) fn kept(&self) -> Arc<SnapshotFile> {
        Arc::clone(&self.kept)
    }

    /// Sends a request to the worker that has opened the copy. Starts the worker if there is none.
    pub(super) async fn ask(
        &mut self,
        workers: Option<&Workers>,
        request: Request,
    ) -> Result<Answer, generated::Error> {
        ask(workers, &mut self.worker, self.access.clone(), &request).await.map_err(of_file)
    }
}

/// Converts an error. A damaged file is not a fault of the host.
pub(super) fn of_file(error: GuestError) -> generated::Error {
    match error {
        GuestError::Damaged(text) => generated::Error::Invalid(text),
        other => other.into(),
    }
}

fn ended() -> generated::Error {
    generated::Error::Timeout("the task is ending".to_owned())
}

fn took_too_long() -> generated::Error {
    generated::Error::Timeout(format!("the copy took longer than {} s", limits::FILE_TIME.as_secs()))
}
