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
//! another source takes such a name only by [`Approval::replace`].

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

use baton_core::grants::{Grant, GrantSet};
use baton_core::manifest::Manifest;

use crate::lock::{Lock, PluginEntry, Source};
use crate::package::Package;
use crate::store::Store;

pub use model::{Approval, Candidate, Change, Holder, InstallResult, RegistryError, Trust, signer};
use succession::replace;

/// The folder of a workspace into which packages are dropped.
pub const DROPPED: &str = "plugins";

/// A check; its error is the reason of a refusal.
pub type Check<T> = Arc<dyn Fn(&T) -> Result<(), String> + Send + Sync>;

/// Checks whether a package can run here.
#[derive(Clone)]
pub struct Proof {
    /// Its name is free. Every package is checked.
    pub name: Check<Package>,
    /// It compiles and links. Only an approved package is compiled.
    pub code: Check<[u8]>,
}

/// The plugins of one workspace.
#[derive(Clone)]
pub struct PluginRegistry {
    lock: PathBuf,
    turn: PathBuf,
    root: PathBuf,
    store: Store,
    carried: &'static [(&'static str, &'static [u8])],
    proof: Option<Proof>,
}

impl PluginRegistry {
    /// The plugins of the workspace at `root`, which takes turns in `state` and has its packages in
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

    /// Adds checks: nothing is installed that `proof` refuses.
    #[must_use]
    pub fn proving(self, proof: Proof) -> Self {
        Self { proof: Some(proof), ..self }
    }

    fn prove_name(&self, package: &Package) -> Result<(), RegistryError> {
        let Some(proof) = &self.proof else { return Ok(()) };
        (proof.name)(package).map_err(|reason| unproved(package, &reason))
    }

    fn prove_code(&self, package: &Package, component: &[u8]) -> Result<(), RegistryError> {
        let Some(proof) = &self.proof else { return Ok(()) };
        (proof.code)(component).map_err(|reason| unproved(package, &reason))
    }

    /// Adds the packages that are inside the program, by name.
    #[must_use]
    pub fn carrying(self, carried: &'static [(&'static str, &'static [u8])]) -> Self {
        Self { carried, ..self }
    }

    /// The lock as it is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self) -> Result<Lock, RegistryError> {
        Ok(Lock::read(&self.lock)?)
    }

    /// Revokes these grants; without any, all.
    ///
    /// # Errors
    /// When one was not granted.
    pub fn revoke(&self, name: &str, specs: &[String]) -> Result<PluginEntry, RegistryError> {
        self.change(|lock| {
            let entry = entry(lock, name)?;
            if specs.is_empty() {
                entry.grants = GrantSet::default();
            }
            for spec in specs {
                // Also what it does not ask for any more.
                if !entry.grants.revoke(spec) {
                    let has = entry.grants.specs().join(" ");
                    return Err(RegistryError::Refused(format!("`{name}` was not granted `{spec}`; it was: {has}")));
                }
            }
            Ok(entry.clone())
        })
    }

    /// Adds the grants, all of them or none. `check` gets the plugin's manifest, these grants and the new lock, may correct the
    /// lock, and returns the reason for a refusal. The file is written even when nothing in it changes, so that a daemon opens
    /// the granted folders again.
    ///
    /// # Errors
    /// When one is not a grant, the plugin does not ask for it, or `check` refuses it.
    pub fn grant(
        &self,
        name: &str,
        specs: &[String],
        check: impl FnOnce(&Manifest, &[Grant], &mut Lock) -> Result<(), String>,
    ) -> Result<PluginEntry, RegistryError> {
        let refused = |reason| RegistryError::Refused(format!("`{name}`: {reason}"));
        let grant = |lock: &mut Lock| {
            let entry = entry(lock, name)?;
            let manifest = self.manifest_of(entry)?;
            let parse = |spec: &String| Grant::parse(spec, &manifest.declares.capabilities).map_err(refused);
            let grants = specs.iter().map(parse).collect::<Result<Vec<Grant>, _>>()?;
            for grant in &grants {
                entry.grants.add(grant.clone());
            }
            entry.grants.bind_secrets().map_err(refused)?;
            check(&manifest, &grants, lock).map_err(refused)?;
            Ok(self::entry(lock, name)?.clone())
        };
        self.write(true, grant)
    }

    /// Returns to the previous revision, with the grants that it had. Another call undoes it.
    ///
    /// # Errors
    /// When no revision ran before this one.
    pub fn roll_back(&self, name: &str) -> Result<PluginEntry, RegistryError> {
        self.change(|lock| {
            let entry = entry(lock, name)?;
            let Some(before) = entry.previous.pop() else {
                return Err(RegistryError::Refused(format!("no revision of `{name}` ran before this one")));
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
    pub fn set_disabled(&self, name: &str, disabled: bool) -> Result<PluginEntry, RegistryError> {
        self.change(|lock| {
            let entry = entry(lock, name)?;
            entry.disabled = disabled;
            Ok(entry.clone())
        })
    }
}

fn entry<'a>(lock: &'a mut Lock, name: &str) -> Result<&'a mut PluginEntry, RegistryError> {
    let known = lock.plugins.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ");
    let broken = lock.broken.iter().find(|broken| broken.name == name).map(RegistryError::from);
    let found = lock.plugins.iter_mut().find(|entry| entry.name == name);
    found.ok_or_else(|| broken.unwrap_or_else(|| RegistryError::Unknown { name: name.to_owned(), known }))
}

fn unproved(package: &Package, reason: &str) -> RegistryError {
    RegistryError::Refused(format!("`{}`: {reason}", package.manifest.name))
}

fn gone(name: &str, digest: &str, source: &Source) -> RegistryError {
    RegistryError::Refused(format!("the package {digest} of `{name}` is missing: `baton plugin install {source}`"))
}

#[cfg(test)]
mod tests;
