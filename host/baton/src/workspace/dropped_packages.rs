//! Finds new packages in `plugins/`. Each version of a file is read once, when the file has been unchanged for a
//! moment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use baton_core::Digest;
use baton_registry::fetch::read;
use baton_registry::signature::signature_path;
use baton_registry::{Candidate, DROPPED, Lock, PluginEntry, Source};

use super::Workspace;

/// A file that has been unchanged for this long is complete.
const QUIET: Duration = Duration::from_millis(500);

/// The maximum number of checks while a file is being written.
const MAX_CHECKS: u32 = 20;

/// The version of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileVersion {
    size: u64,
    modified: SystemTime,
}

/// The versions of a package and of the signature beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PackageVersion {
    package: FileVersion,
    signature: Option<FileVersion>,
}

/// A new package.
pub(super) struct NewPackage {
    pub(super) path: PathBuf,
    /// The path for display.
    pub(super) shown: String,
    pub(super) candidate: anyhow::Result<Candidate>,
}

/// The files that were read already.
#[derive(Debug, Default)]
pub(super) struct SeenPackages(BTreeMap<PathBuf, PackageVersion>);

impl SeenPackages {
    /// Forgets a file, so that it is read again.
    pub(super) fn forget(&mut self, path: &Path) {
        self.0.remove(path);
    }

    /// The packages that are new since the last call and not in `lock`.
    pub(super) fn find_new(&mut self, workspace: &Workspace, lock: &Lock) -> Vec<NewPackage> {
        let folder = workspace.root.join(DROPPED);
        let entries = fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_package(path)).collect();
        paths.sort();
        self.0.retain(|path, _| paths.contains(path));
        let mut new = Vec::new();
        for path in paths {
            let Some(package) = complete_version(&path) else { continue };
            let version = PackageVersion { package, signature: version_of(&signature_path(&path)) };
            if self.0.insert(path.clone(), version) == Some(version) {
                continue;
            }
            let source = path.strip_prefix(&workspace.root).unwrap_or(&path).to_owned();
            match read(&path) {
                Ok((component, signature)) if is_known(lock, &component, signature.is_some()) => {}
                Ok((component, signature)) => {
                    let trust = workspace.trust(&component, signature.as_deref());
                    let shown = source.display().to_string();
                    let source = Source::File(source);
                    let candidate = trust.map(|trust| Candidate { component, source, trust });
                    new.push(NewPackage { path, shown, candidate });
                }
                Err(error) => {
                    let shown = source.display().to_string();
                    new.push(NewPackage { path, shown, candidate: Err(error.into()) });
                }
            }
        }
        new
    }
}

/// True if the lock has these bytes. A revision that was rolled back counts as known, so that Baton does not install it
/// again automatically. A pending revision counts as new if it is `signed`.
fn is_known(lock: &Lock, component: &[u8], signed: bool) -> bool {
    let digest = format!("sha256:{}", Digest::of(component));
    let knows = |entry: &PluginEntry| {
        let waits = entry.pending.iter().map(|revision| &revision.digest).filter(|_| !signed);
        let runs = Some(&entry.digest).filter(|_| !(signed && entry.needs_approval));
        let previous = entry.previous.iter().map(|revision| &revision.digest);
        waits.chain(previous).chain(runs).any(|known| *known == digest)
    };
    lock.plugins.iter().any(knows)
}

fn is_package(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    path.extension().is_some_and(|extension| extension == "wasm") && !hidden
}

/// The version of a regular file.
fn version_of(path: &Path) -> Option<FileVersion> {
    let metadata = path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    Some(FileVersion { size: metadata.len(), modified: metadata.modified().ok()? })
}

/// The version of a regular file that is not being written; `None` for other kinds, and for a file that keeps changing.
fn complete_version(path: &Path) -> Option<FileVersion> {
    for _ in 0..MAX_CHECKS {
        let version = version_of(path)?;
        // A modification time in the future does not show when the file was written, so the file counts as complete.
        if version.modified.elapsed().map_or(true, |since| since >= QUIET) {
            return Some(version);
        }
        std::thread::sleep(QUIET / 2);
    }
    None
}
