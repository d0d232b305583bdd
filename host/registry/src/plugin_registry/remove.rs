//! Removes a plugin, with its packages and its dropped files.

use std::{fs, io};

use baton_core::Digest;
use baton_sandbox::read_manifest;
use fail::fail_point;

use super::{DROPPED, PluginRegistry, RegistryError, entry};
use crate::fetch;
use crate::lock::{Lock, PluginEntry, Source};
use crate::signature::signature_path;

impl PluginRegistry {
    /// Removes a plugin, its packages, and its dropped files in `plugins/`. `mark(true)` marks its folders as unused before
    /// anything is removed; `mark(false)` removes the marks if the removal fails. The lock for changes is held until the
    /// end, so that no other process installs or removes the plugin meanwhile.
    ///
    /// # Errors
    /// When there is no such plugin, its folders cannot be marked, or its file cannot be removed.
    pub fn remove(&self, name: &str, mark: impl Fn(bool) -> io::Result<()>) -> Result<PluginEntry, RegistryError> {
        self.change(|lock| {
            let is_broken = lock.broken.iter().any(|broken| broken.name == name);
            if !is_broken {
                entry(lock, name)?;
            }
            let removed = mark(true)
                .map_err(|error| RegistryError::Store { path: self.root.clone(), error })
                .and_then(|()| self.remove_from(lock, name, is_broken));
            if removed.is_err() {
                drop(mark(false));
            }
            removed
        })
    }

    fn remove_from(&self, lock: &mut Lock, name: &str, is_broken: bool) -> Result<PluginEntry, RegistryError> {
        if is_broken {
            lock.broken.retain(|broken| broken.name != name);
            // The package of a broken entry is unknown, so nothing is deleted from the store.
            return Ok(PluginEntry::new(name, Source::Shipped, String::new()));
        }
        let entry = entry(lock, name)?.clone();
        // Remove the files first, because a remaining file would be installed again.
        self.remove_dropped(name)?;
        fail_point!("register.file_removed");
        lock.plugins.retain(|known| known.name != name);
        let kept = lock.plugins.iter().flat_map(digests).collect::<Vec<_>>();
        self.store.keep_only(&kept).map_err(|error| self.store_error(error))?;
        Ok(entry)
    }

    /// Removes all packages with this name from `plugins/`, with their signatures.
    fn remove_dropped(&self, name: &str) -> Result<(), RegistryError> {
        let entries = fs::read_dir(self.root.join(DROPPED)).into_iter().flatten().filter_map(Result::ok);
        let packages = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "wasm"));
        for path in packages.filter(|path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())) {
            let Ok((component, _)) = fetch::read(&path) else { continue };
            if read_manifest(&component).is_ok_and(|manifest| manifest.name == name) {
                drop(fs::remove_file(signature_path(&path)));
                fs::remove_file(&path).map_err(|error| RegistryError::Store { path, error })?;
            }
        }
        Ok(())
    }
}

fn digests(entry: &PluginEntry) -> impl Iterator<Item = Digest> {
    let revisions = entry.pending.iter().chain(&entry.previous).map(|revision| &revision.digest);
    revisions.chain([&entry.digest]).filter_map(|digest| digest.parse().ok())
}
