//! The packages of revisions, and their manifests.

use std::io;

use baton_core::Digest;
use baton_core::grants::Grant;
use baton_core::manifest::{Capabilities, Manifest, SourceManifest};
use baton_sandbox::read_manifest;

use super::{PluginRegistry, RegistryError, entry, missing_package};
use crate::fetch;
use crate::lock::{PluginEntry, Source};

impl PluginRegistry {
    /// The package with this digest: from the store, else the bundled package or the file at its source.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub fn component(&self, digest: &str, source: &Source) -> Result<Option<Vec<u8>>, RegistryError> {
        let wanted: Digest = digest.parse().map_err(RegistryError::Refused)?;
        if let Some(component) = self.store.get(wanted).map_err(|error| self.store_error(error))? {
            return Ok(Some(component));
        }
        if let Source::Shipped = source {
            let found = self.bundled.iter().find(|(_, component)| Digest::of(component) == wanted);
            return Ok(found.map(|(_, component)| component.to_vec()));
        }
        let Source::File(file) = source else { return Ok(None) };
        match fetch::read(&self.root.join(file)) {
            Ok((bytes, _)) if Digest::of(&bytes) == wanted => {
                self.keep(&bytes)?;
                Ok(Some(bytes))
            }
            _ => Ok(None),
        }
    }

    /// Adds a package to the store, so that it is available after its file was replaced.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub fn keep(&self, component: &[u8]) -> Result<Digest, RegistryError> {
        self.store.put(component).map_err(|error| self.store_error(error))
    }

    /// The manifest of a revision, if its package is available.
    fn declared(&self, digest: &str, source: &Source) -> Option<Manifest> {
        let component = self.component(digest, source).ok().flatten()?;
        read_manifest(&component).ok()
    }

    /// The manifest of a plugin's current revision, which runs or waits.
    pub(super) fn manifest_of(&self, entry: &PluginEntry) -> Result<Manifest, RegistryError> {
        let manifest = self.declared(&entry.digest, &entry.source);
        manifest.ok_or_else(|| missing_package(&entry.name, &entry.digest, &entry.source))
    }

    /// The manifest of a plugin's current revision, if the plugin is installed and its package is available.
    #[must_use]
    pub fn manifest(&self, name: &str) -> Option<Manifest> {
        self.manifest_of(self.read().ok()?.get(name)?).ok()
    }

    /// The declarations of a plugin's current revision.
    ///
    /// # Errors
    /// When there is no such plugin, or its package is not available.
    pub fn declares(&self, name: &str) -> Result<SourceManifest, RegistryError> {
        Ok(self.manifest_of(entry(&mut self.read()?, name)?)?.declares)
    }

    /// The grants in `asked` that the revision with this digest does not ask for; all grants in `asked` if the package of
    /// that revision is not available.
    pub(super) fn beyond(&self, digest: &str, source: &Source, asked: &Capabilities) -> Vec<Grant> {
        let before = self.declared(digest, source).map(|manifest| manifest.declares.capabilities);
        asked.additions_over(&before.unwrap_or_default())
    }

    /// Triggers and higher limits that the revision with this digest does not have.
    pub(super) fn does_beyond(&self, digest: &str, source: &Source, declares: &SourceManifest) -> Vec<String> {
        let before = self.declared(digest, source);
        before.map(|before| declares.does_beyond(&before.declares)).unwrap_or_default()
    }

    pub(super) fn store_error(&self, error: io::Error) -> RegistryError {
        RegistryError::Store { path: self.store.folder().to_owned(), error }
    }
}
