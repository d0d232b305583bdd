//! Reading repositories; see `wit/git.wit`.
//!
//! Baton runs the machine's `git` as a process. The library `gix`, with the parts for `status`, would add about 160 crates.
//! `gix` also follows the repository's configuration, which may start programs (filters), and is a second implementation of
//! formats that `git` defines. A machine with a repository usually has `git`; without it, the plugin gets an error.
//!
//! The repository is untrusted: its configuration may name programs (`core.fsmonitor`, filters, textconv, pagers, aliases,
//! hooks). A list of settings to disable would never be complete, so `git` does not read that configuration. It works in a
//! separate git directory ([`shadow`]) that only uses the repository's objects, references and index, with a few harmless
//! settings that are copied by name. These parts must be in the repository itself ([`repository`]), so a program that can
//! write to the folder cannot make `git` read another repository. A guest's text reaches `git` only as a checked word on
//! standard input, never as an option ([`argument`]).
//!
//! The user's ignore file (`core.excludesFile`) has no effect either.

mod argument;
mod host;
mod parse;
mod process;
mod query;
mod repository;
mod shadow;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use baton_core::grants::{Grant, grant_command};
use baton_core::manifest::Manifest;

pub use shadow::{SHADOW_LOCK, SHADOW_PREFIX};

use super::blocking;
use crate::bindings::baton::plugin::git as generated;
use generated::Error;

/// A granted folder, whose repository a plugin may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryGrant {
    /// The folder's name in the manifest and in the grant.
    pub name: String,
    /// The folder itself.
    pub folder: PathBuf,
}

/// The capability's state in one attempt.
pub(crate) struct Git {
    plugin: String,
    declared: Vec<String>,
    granted: Vec<RepositoryGrant>,
}

impl Git {
    pub(crate) fn new(manifest: &Manifest, granted: &[RepositoryGrant]) -> Self {
        let declared = manifest.declares.capabilities.git.iter().map(|git| git.folder.clone()).collect();
        Self { plugin: manifest.name.clone(), declared, granted: granted.to_vec() }
    }

    /// The folder for `requested` (`NAME` or `NAME/NUMBER`), if it is declared and granted.
    fn folder(&self, requested: &str) -> Result<PathBuf, Error> {
        let plugin = &self.plugin;
        let (name, number) = requested.split_once('/').unwrap_or((requested, "0"));
        if !self.declared.iter().any(|declared| declared == name) {
            return Err(Error::Denied(format!(
                "the plugin `{plugin}` does not declare the repository of `{name}`: its author has to add it to \
                 capabilities.git of its manifest"
            )));
        }
        let of_name: Vec<_> = self.granted.iter().filter(|granted| granted.name == name).collect();
        if of_name.is_empty() {
            return Err(Error::Denied(format!(
                "the repository of `{name}` is not granted: {}",
                grant_command(plugin, &[Grant::Git(name.to_owned())])
            )));
        }
        let found = number.parse().ok().and_then(|number: usize| of_name.get(number));
        let count = of_name.len();
        let none = || Error::Invalid(format!("`{name}` has {count} folder(s), counted from {name}/0"));
        found.map(|granted| granted.folder.clone()).ok_or_else(none)
    }
}
