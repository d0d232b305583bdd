//! How audio sounds; see `wit/fingerprint.wit`. Decoding is `baton_fingerprint`'s, what the library knows `baton_library`'s;
//! here is decided whether the plugin may ask, and the work is kept away from the runtime ([`gate`]).
//!
//! The file that a plugin names is untrusted, and so is its path: it is opened beneath the granted folder itself, as wasmtime
//! opens what the plugin opens, so that no link and no race leads out of it ([`beneath`]). What is in it can do no more than
//! have no fingerprint.
//!
//! Of the library a plugin sees all or nothing: a part that follows from its folders would tell by what is missing from a
//! group what lies in others.

mod convert;
mod gate;
mod host;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use baton_core::manifest::{FingerprintScope, Manifest};

pub(crate) use gate::WorkGate;

use super::beneath::{self, MountedFile, PathError};
use super::files::MountGrant;
use crate::bindings::baton::plugin::fingerprint as generated;
use generated::Error;

/// What an operator lets a plugin know of how things sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FingerprintGrants {
    /// Whether files below its mounts are fingerprinted for it.
    pub files: bool,
    /// The catalog whose library it may ask.
    pub library: Option<PathBuf>,
}

/// The capability's state in one attempt.
pub(crate) struct FingerprintHost {
    plugin: String,
    declared: Vec<FingerprintScope>,
    granted: FingerprintGrants,
    /// The names of the folders that the plugin declares.
    folders: Vec<String>,
    /// Its folders, where it may have files of them read.
    mounts: Vec<MountGrant>,
    gate: WorkGate,
    /// Files that were asked for.
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

    /// Whether it may have files read: declared and granted.
    fn files(&self) -> Result<(), Error> {
        self.declares(FingerprintScope::Files)?;
        if self.granted.files {
            Ok(())
        } else {
            Err(self.not_granted("reading how files sound", FingerprintScope::Files))
        }
    }

    /// The catalog, where asking the library is declared and granted.
    fn library(&self) -> Result<PathBuf, Error> {
        self.declares(FingerprintScope::Library)?;
        let denied = || self.not_granted("asking the library", FingerprintScope::Library);
        self.granted.library.clone().ok_or_else(denied)
    }

    /// Where a path of the plugin's lies.
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
        Error::Denied(format!("{what} is not granted: baton plugin grant {} fingerprint={of}", self.plugin))
    }
}
