//! Finds the new packages in `plugins/`. A file is looked at when it has been quiet for a moment, and once
//! for each form that it has.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use baton_core::Digest;
use baton_registry::fetch::read;
use baton_registry::signature::beside;
use baton_registry::{Candidate, DROPPED, Lock, PluginEntry, Source};

use super::Workspace;

/// How long a file has to be quiet before it counts as whole.
const QUIET: Duration = Duration::from_millis(500);

/// How long a look waits for a file that is being written.
const PATIENCE: u32 = 20;

/// Length and time of writing of a file, and of the signature beside it.
type FileVersion = ((u64, SystemTime), Option<(u64, SystemTime)>);

/// A new package: where it lies, how that is called, and what is to be installed.
type NewPackage = (PathBuf, String, anyhow::Result<Candidate>);

/// What was seen already.
#[derive(Debug, Default)]
pub(super) struct SeenPackages(BTreeMap<PathBuf, FileVersion>);

impl SeenPackages {
    /// A file is to be looked at again.
    pub(super) fn forget(&mut self, path: &Path) {
        self.0.remove(path);
    }

    /// The packages that are new since the last look and that `lock` does not know.
    pub(super) fn look(&mut self, workspace: &Workspace, lock: &Lock) -> Vec<NewPackage> {
        let folder = workspace.root.join(DROPPED);
        let entries = fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_package(path)).collect();
        paths.sort();
        self.0.retain(|path, _| paths.contains(path));
        let mut new = Vec::new();
        for path in paths {
            let Some(form) = quiet(&path) else { continue };
            let form = (form, form_of(&beside(&path)));
            if self.0.insert(path.clone(), form) == Some(form) {
                continue;
            }
            let source = path.strip_prefix(&workspace.root).unwrap_or(&path).to_owned();
            match read(&path) {
                Ok((component, signature)) if is_known(lock, &component, signature.is_some()) => {}
                Ok((component, signature)) => {
                    let trust = workspace.trust(&component, signature.as_deref());
                    let shown = source.display().to_string();
                    let source = Source::File(source);
                    new.push((path, shown, trust.map(|trust| Candidate { component, source, trust })));
                }
                Err(error) => new.push((path, source.display().to_string(), Err(error.into()))),
            }
        }
        new
    }
}

/// Whether the lock speaks of these bytes: also one that ran before and was taken back is not installed again by itself.
/// One that waits to be allowed is news when it is `signed`.
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

/// Length and time of writing of a regular file.
fn form_of(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    Some((metadata.len(), metadata.modified().ok()?))
}

/// Length and time of writing of a regular file that is not being written; `None` when it is no such file, or does not come
/// to rest.
fn quiet(path: &Path) -> Option<(u64, SystemTime)> {
    for _ in 0..PATIENCE {
        let form = form_of(path)?;
        // A time in the future says nothing about now.
        if form.1.elapsed().map_or(true, |since| since >= QUIET) {
            return Some(form);
        }
        std::thread::sleep(QUIET / 2);
    }
    None
}
