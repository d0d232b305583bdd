//! The operations on the plugins of a workspace: install, approve, grant, roll back, disable, remove.
//!
//! Each operation is one change of `baton.lock`. The file is replaced as a whole, so after a crash it has its complete old
//! or complete new content. A package is in the store before the lock file refers to it. Only one process at a time changes
//! the lock file.
//!
//! No package runs without approval. The signature of a trusted key is an approval; any other package waits for `approve`.
//! A new revision runs at once, with the grants of the old revision, only if the same key signed it and it asks for no
//! additional grants. Otherwise the new revision waits for approval while the old revision runs. It starts without grants,
//! unless the approval keeps the grants of the old revision.
//!
//! An approved plugin owns its name. The bundled plugins own their names even if they are not installed. A package from
//! another source can get an owned name only with [`Approval::replace`].

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
use baton_core::shell::quoted;

use crate::lock::{Lock, PluginEntry, Source};
use crate::package::Package;
use crate::store::Store;

pub use model::{Approval, Candidate, Change, Holder, InstallResult, RegistryError, Trust, signer};
use succession::replace;

/// The folder of a workspace for dropped packages.
pub const DROPPED: &str = "plugins";

/// A check; its error is the reason of a refusal.
pub type Check<T> = Arc<dyn Fn(&T) -> Result<(), String> + Send + Sync>;

/// Checks whether a package can run here.
#[derive(Clone)]
pub struct PackageChecks {
    /// Checks that the name of the package is free. Baton checks the name of every package.
    pub name: Check<Package>,
    /// Checks that the component compiles and links. Baton compiles only approved packages.
    pub code: Check<[u8]>,
}

/// The plugins of one workspace.
#[derive(Clone)]
pub struct PluginRegistry {
    lock: PathBuf,
    turn: PathBuf,
    root: PathBuf,
    store: Store,
    bundled: &'static [(&'static str, &'static [u8])],
    checks: Option<PackageChecks>,
}

impl PluginRegistry {
    /// The plugins of the workspace at `root`. The folder `state` contains the file whose lock serialises changes; the
    /// folder `packages` contains the packages.
    #[must_use]
    pub fn new(root: &Path, state: &Path, packages: PathBuf) -> Self {
        Self {
            lock: root.join(crate::lock::FILE),
            turn: state.join("register.lock"),
            root: root.to_owned(),
            store: Store::new(packages),
            bundled: &[],
            checks: None,
        }
    }

    /// Adds checks for packages before their installation.
    #[must_use]
    pub fn with_checks(self, checks: PackageChecks) -> Self {
        Self { checks: Some(checks), ..self }
    }

    fn check_name(&self, package: &Package) -> Result<(), RegistryError> {
        let Some(checks) = &self.checks else { return Ok(()) };
        (checks.name)(package).map_err(|reason| rejected(package, &reason))
    }

    fn check_code(&self, package: &Package, component: &[u8]) -> Result<(), RegistryError> {
        let Some(checks) = &self.checks else { return Ok(()) };
        (checks.code)(component).map_err(|reason| rejected(package, &reason))
    }

    /// Adds the bundled packages, by name.
    #[must_use]
    pub fn with_bundled(self, bundled: &'static [(&'static str, &'static [u8])]) -> Self {
        Self { bundled, ..self }
    }

    /// Reads the lock file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self) -> Result<Lock, RegistryError> {
        Ok(Lock::read(&self.lock)?)
    }

    /// Revokes these grants; if `specs` is empty, all grants.
    ///
    /// # Errors
    /// When one of the specs was not granted.
    pub fn revoke(&self, name: &str, specs: &[String]) -> Result<PluginEntry, RegistryError> {
        self.change(|lock| {
            let entry = entry(lock, name)?;
            if specs.is_empty() {
                entry.grants = GrantSet::default();
            }
            for spec in specs {
                // Grants that the plugin does not ask for any more can be revoked too.
                if !entry.grants.revoke(spec) {
                    let has = entry.grants.specs().join(" ");
                    return Err(RegistryError::Refused(format!(
                        "`{name}` was not granted `{spec}`; its grants are: {has}"
                    )));
                }
            }
            Ok(entry.clone())
        })
    }

    /// Adds all of the grants or none. `check` gets the plugin's manifest, these grants and the new lock; it may correct the
    /// lock, and returns the reason for a refusal. The file is written even if it does not change, so that a daemon opens the
    /// granted folders again.
    ///
    /// # Errors
    /// When a spec is not a grant, the plugin does not ask for it, or `check` refuses it.
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
            entry.grants.set_defaults(&manifest.declares.capabilities);
            entry.grants.bind_secrets().map_err(refused)?;
            check(&manifest, &grants, lock).map_err(refused)?;
            Ok(self::entry(lock, name)?.clone())
        };
        self.write(true, grant)
    }

    /// Returns to the previous revision with its grants. A second call undoes the first call.
    ///
    /// # Errors
    /// When there is no previous revision, or its package is missing.
    pub fn roll_back(&self, name: &str) -> Result<PluginEntry, RegistryError> {
        self.change(|lock| {
            let entry = entry(lock, name)?;
            let Some(before) = entry.previous.pop() else {
                return Err(RegistryError::Refused(format!("`{name}` has no previous revision")));
            };
            if self.component(&before.digest, &before.source)?.is_none() {
                return Err(missing_package(name, &before.digest, &before.source));
            }
            replace(entry, before);
            Ok(entry.clone())
        })
    }

    /// Disables or enables a plugin. The tasks of a disabled plugin wait.
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

fn rejected(package: &Package, reason: &str) -> RegistryError {
    RegistryError::Refused(format!("`{}`: {reason}", package.manifest.name))
}

fn missing_package(name: &str, digest: &str, source: &Source) -> RegistryError {
    RegistryError::Refused(format!(
        "the package {digest} of `{name}` is missing; install it again: baton plugin install {}",
        quoted(&source.to_string())
    ))
}

#[cfg(test)]
mod tests;
