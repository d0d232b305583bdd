//! Fingerprints of files and of the library; see `wit/fingerprint.wit`. `baton_fingerprint` decodes files,
//! `baton_library` searches the library. This module checks the grants, and runs the work on separate threads
//! ([`gate`]).
//!
//! The file and its path are untrusted. The file is opened below the granted folder, as wasmtime opens files for a
//! plugin, so no link and no race can lead out of it ([`beneath`]). The worst effect of hostile content is that the
//! file has no fingerprint.
//!
//! A plugin may search the whole library or nothing. If it saw only the files of its folders, a gap in a group of
//! duplicates would reveal files of other folders.

mod convert;
mod gate;
mod host;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use baton_core::grants::{FingerprintScope, Grant, grant_command};
use baton_core::manifest::Manifest;

pub(crate) use gate::WorkGate;

use super::beneath::{self, MountedFile, PathError};
use super::files::MountGrant;
use crate::bindings::baton::plugin::fingerprint as generated;
use generated::Error;

/// The fingerprints that a plugin may get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FingerprintGrants {
    /// True if the host decodes files in the mounts of the plugin.
    pub files: bool,
    /// The catalog with the library. Absent if the plugin may not search the library.
    pub library: Option<PathBuf>,
}

/// The capability's state in one attempt.
pub(crate) struct FingerprintHost {
    plugin: String,
    declared: Vec<FingerprintScope>,
    granted: FingerprintGrants,
    /// The names of the folders that the plugin declares.
    folders: Vec<String>,
    /// Its mounted folders. Empty if fingerprints of files are not granted.
    mounts: Vec<MountGrant>,
    gate: WorkGate,
    /// The number of decoded files.
    read: u64,
}

impl FingerprintHost {
    pub(crate) fn new(manifest: &Manifest, granted: &FingerprintGrants, mounts: &[MountGrant], gate: WorkGate) -> Self {
        let capabilities = &manifest.declares.capabilities;
        Self {
            plugin: manifest.name.clone(),
            declared: capabilities.fingerprint.iter().map(|asked| asked.of).collect(),
            granted: granted.clone(),
            folders: capabilities.files.iter().map(|files| files.folder.clone()).collect(),
            mounts: mounts.iter().filter(|_| granted.files).cloned().collect(),
            gate,
            read: 0,
        }
    }

    /// Checks that decoding files is declared and granted.
    fn files(&self) -> Result<(), Error> {
        self.declares(FingerprintScope::Files)?;
        if self.granted.files { Ok(()) } else { Err(self.not_granted("fingerprinting files", FingerprintScope::Files)) }
    }

    /// The catalog, if searching the library is declared and granted.
    fn library(&self) -> Result<PathBuf, Error> {
        self.declares(FingerprintScope::Library)?;
        let denied = || self.not_granted("searching the library", FingerprintScope::Library);
        self.granted.library.clone().ok_or_else(denied)
    }

    /// Finds the host path for a path of the plugin.
    fn place(&self, path: &str) -> Result<MountedFile, Error> {
        beneath::place(&self.plugin, &self.folders, &self.mounts, path).map_err(|why| match why {
            PathError::NotGranted(text) => Error::Denied(text),
            PathError::Wrong(text) => Error::Invalid(text),
        })
    }

    fn declares(&self, of: FingerprintScope) -> Result<(), Error> {
        if self.declared.contains(&of) {
            return Ok(());
        }
        Err(Error::Denied(format!(
            "the plugin `{}` does not declare fingerprints of {of}: its author has to add them to \
             capabilities.fingerprint of its manifest",
            self.plugin
        )))
    }

    fn not_granted(&self, what: &str, of: FingerprintScope) -> Error {
        let command = grant_command(&self.plugin, &[Grant::Fingerprint(of)]);
        Error::Denied(format!("{what} is not granted: {command}"))
    }
}
