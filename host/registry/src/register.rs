//! The operations on the plugins of a workspace: install, approve, grant, roll back, switch off, remove.
//!
//! Each is one change of `baton.lock`, which is replaced as a whole: a crash leaves the old file or the new one. A package is in
//! the store before the lock mentions it. Two processes take turns.
//!
//! No package runs without approval. The signature of a trusted key is an approval; any other package waits for `approve`. A new
//! revision runs at once, with the grants of the old one, only if the same key has signed it and it asks for no more. Otherwise
//! it waits while the old one runs, and begins without grants.
//!
//! A plugin holds its name once it is approved. The plugins inside the program hold theirs, installed or not. A package from
//! somebody else takes such a name only by [`Approval::replace`].

mod approve;
mod holder;
mod install;
mod model;
mod packages;
mod remove;
mod succession;
mod turn;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_core::manifest::Manifest;

use crate::grant_spec::GrantSpec;
use crate::granted::GrantSet;
use crate::lock::{Lock, PluginEntry, Source};
use crate::package::Package;
use crate::store::Store;

pub use model::{Approval, Candidate, Change, Holder, InstallResult, RegisterError, Trust, signer};
use succession::replace;

/// The folder of a workspace into which packages are dropped.
pub const DROPPED: &str = "plugins";

/// A check; the text says what fails.
pub type Check<T> = Arc<dyn Fn(&T) -> Result<(), String> + Send + Sync>;

/// Checks whether a package can run here.
#[derive(Clone)]
pub struct Proof {
    /// Whether its name is free. Every package is checked.
    pub name: Check<Package>,
    /// Whether it compiles and links. Only an approved package is compiled.
    pub code: Check<[u8]>,
}

/// The plugins of one workspace.
#[derive(Clone)]
pub struct PluginRegister {
    lock: PathBuf,
    turn: PathBuf,
    root: PathBuf,
    store: Store,
    carried: &'static [(&'static str, &'static [u8])],
    proof: Option<Proof>,
}

impl PluginRegister {
    /// The register of the workspace at `root`, which takes turns in `state` and has its packages in
    /// `packages`.
    #[must_use]
    pub fn new(root: &Path, state: &Path, packages: PathBuf) -> Self {
        Self {
            lock: root.join(crate::lock::FILE),
            turn: state.join("register.lock"),
            root: root.to_owned(),
            store: Store::new(packages),
            carried: &[],
            proof: None,
        }
    }

    /// The same; it installs nothing that `proof` refuses.
    #[must_use]
    pub fn proving(self, proof: Proof) -> Self {
        Self { proof: Some(proof), ..self }
    }

    fn prove_name(&self, package: &Package) -> Result<(), RegisterError> {
        let Some(proof) = &self.proof else { return Ok(()) };
        (proof.name)(package).map_err(|reason| unproved(package, &reason))
    }

    fn prove_code(&self, package: &Package, component: &[u8]) -> Result<(), RegisterError> {
        let Some(proof) = &self.proof else { return Ok(()) };
        (proof.code)(component).map_err(|reason| unproved(package, &reason))
    }

    /// The same, with the packages that the program carries inside, by name.
    #[must_use]
    pub fn carrying(self, carried: &'static [(&'static str, &'static [u8])]) -> Self {
        Self { carried, ..self }
    }

    /// The lock as it is now.
    ///
    /// # Errors
    /// When it does not read.
    pub fn read(&self) -> Result<Lock, RegisterError> {
        Ok(Lock::read(&self.lock)?)
    }

    /// Revokes what the words say; without any, everything.
    ///
    /// # Errors
    /// When a word is none, or was not granted.
    pub fn revoke(&self, name: &str, words: &[String]) -> Result<PluginEntry, RegisterError> {
        self.change(|lock| {
            let entry = entry(lock, name)?;
            if words.is_empty() {
                entry.grants = GrantSet::default();
            }
            for word in words {
                // Also what it does not ask for any more.
                if !entry.grants.take_back(word) {
                    let has = entry.grants.words().join(" ");
                    return Err(RegisterError::Refused(format!("`{name}` was not granted `{word}`; it was: {has}")));
                }
            }
            Ok(entry.clone())
        })
    }

    /// Grants what the words say, all of it or nothing. `check` gets the plugin's manifest and the new lock, may correct the
    /// lock, and returns the reason for a refusal. The file is written even when nothing in it changes, so that a daemon opens
    /// the granted folders again.
    ///
    /// # Errors
    /// When a word is none, the plugin does not ask for it, or `check` refuses it.
    pub fn grant(
        &self,
        name: &str,
        words: &[String],
        check: impl FnOnce(&Manifest, &mut Lock) -> Result<(), String>,
    ) -> Result<PluginEntry, RegisterError> {
        let refused = |reason| RegisterError::Refused(format!("`{name}`: {reason}"));
        let grant = |lock: &mut Lock| {
            let entry = entry(lock, name)?;
            let manifest = self.manifest_of(entry)?;
            for word in words {
                let word = GrantSpec::parse(word, &manifest.declares.capabilities).map_err(refused)?;
                word.grant(&mut entry.grants);
            }
            entry.grants.bind_secrets().map_err(refused)?;
            check(&manifest, lock).map_err(refused)?;
            Ok(self::entry(lock, name)?.clone())
        };
        self.write(true, grant)
    }

    /// Returns to the previous revision, with the grants that it had. Another call undoes it.
    ///
    /// # Errors
    /// When there is none.
    pub fn roll_back(&self, name: &str) -> Result<PluginEntry, RegisterError> {
        self.change(|lock| {
            let entry = entry(lock, name)?;
            let Some(before) = entry.previous.pop() else {
                return Err(RegisterError::Refused(format!("no revision of `{name}` ran before this one")));
            };
            if self.component(&before.digest, &before.source)?.is_none() {
                return Err(gone(name, &before.digest, &before.source));
            }
            replace(entry, before);
            Ok(entry.clone())
        })
    }

    /// Switches a plugin off or on. Its tasks wait while it is off.
    ///
    /// # Errors
    /// When there is no such plugin.
    pub fn set_disabled(&self, name: &str, disabled: bool) -> Result<PluginEntry, RegisterError> {
        self.change(|lock| {
            let entry = entry(lock, name)?;
            entry.disabled = disabled;
            Ok(entry.clone())
        })
    }
}

fn entry<'a>(lock: &'a mut Lock, name: &str) -> Result<&'a mut PluginEntry, RegisterError> {
    let known = lock.plugins.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ");
    let broken = lock.broken.iter().find(|broken| broken.name == name).map(RegisterError::from);
    let found = lock.plugins.iter_mut().find(|entry| entry.name == name);
    found.ok_or_else(|| broken.unwrap_or_else(|| RegisterError::Unknown { name: name.to_owned(), known }))
}

fn unproved(package: &Package, reason: &str) -> RegisterError {
    RegisterError::Refused(format!("`{}`: {reason}", package.manifest.name))
}

fn gone(name: &str, digest: &str, source: &Source) -> RegisterError {
    RegisterError::Refused(format!("the package {digest} of `{name}` is missing: `baton plugin install {source}`"))
}

#[cfg(test)]
mod tests;
