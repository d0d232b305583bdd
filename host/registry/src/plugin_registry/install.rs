//! Installs a package as a revision of a plugin, which runs at once or waits for approval.

use baton_core::grants::{Grant, GrantSet, specs};
use baton_core::manifest::Manifest;
use fail::fail_point;

use super::PluginRegistry;
use super::model::{Candidate, Change, InstallResult, RegistryError, Trust};
use super::succession::{add_revision, may_be_older, new_entry};
use crate::lock::{Lock, Revision, Source};
use crate::package::Package;

/// The result of adding a revision to the lock.
struct PlacedRevision {
    change: Change,
    /// The grants that the previous revision does not ask for.
    beyond: Vec<Grant>,
    /// Triggers and higher limits that the previous revision does not have. They need no grant.
    does: Vec<String>,
    grants: Vec<String>,
}

impl PluginRegistry {
    /// Installs a package. It is compiled only if it may run at once.
    ///
    /// # Errors
    /// When it is not a package for this host, its name is not free, it does not compile, or it cannot be written.
    pub fn install(&self, candidate: &Candidate) -> Result<InstallResult, RegistryError> {
        let package = Package::read(&candidate.component)?;
        self.check_name(&package)?;
        let new = Revision {
            source: candidate.source.clone(),
            version: package.manifest.version.clone(),
            digest: format!("sha256:{}", package.digest),
            key: match &candidate.trust {
                Trust::Signed(key) => Some(key.clone()),
                Trust::Shipped | Trust::Untrusted => None,
            },
            grants: GrantSet::default(),
        };
        if self.runs_at_once(&package, &new, &candidate.trust)? {
            self.check_code(&package, &candidate.component)?;
        }
        self.change(|lock| {
            // Store the package while no other process can change the lock, because `remove` deletes packages that the lock does
            // not mention.
            if candidate.trust != Trust::Shipped {
                self.keep(&candidate.component)?;
            }
            fail_point!("register.kept");
            let holder = self.holder(lock, &package, &new)?;
            let key = new.key.clone();
            let placed = self.place(lock, &package, new, &candidate.trust, holder.is_some());
            let PlacedRevision { change, beyond, does, grants } = placed;
            let (destinations, beyond) = (destinations(&beyond), specs(&beyond));
            let Manifest { name, version, .. } = package.manifest;
            let digest = package.digest;
            Ok(InstallResult { name, version, digest, change, beyond, destinations, does, grants, holder, key })
        })
    }

    /// Whether the revision may run at once. Baton decides this with a copy of the lock, so that other processes do not wait
    /// while the package is compiled.
    fn runs_at_once(&self, package: &Package, new: &Revision, trust: &Trust) -> Result<bool, RegistryError> {
        let mut copy = self.read()?;
        let is_other_source = self.holder(&copy, package, new)?.is_some();
        let placed = self.place(&mut copy, package, new.clone(), trust, is_other_source);
        Ok(matches!(placed.change, Change::Installed | Change::Updated))
    }

    /// Adds a new revision to the lock. A revision from another source than the owner of the name waits for approval.
    fn place(
        &self,
        lock: &mut Lock,
        package: &Package,
        new: Revision,
        trust: &Trust,
        is_other_source: bool,
    ) -> PlacedRevision {
        let (name, asked) = (&package.manifest.name, &package.manifest.declares.capabilities);
        // The signature of a trusted key approves a package, but does not give it the name of another plugin.
        let is_trusted = *trust != Trust::Untrusted && !is_other_source;
        let Some(entry) = lock.plugins.iter_mut().find(|entry| entry.name == *name) else {
            lock.plugins.push(new_entry(name, new, is_trusted));
            let change = if is_trusted { Change::Installed } else { Change::NeedsApproval };
            return PlacedRevision { change, beyond: asked.grants(), does: Vec::new(), grants: Vec::new() };
        };
        if entry.digest == new.digest {
            let change = match (entry.needs_approval, is_trusted) {
                (true, true) => Change::Installed,
                (true, false) => Change::NeedsApproval,
                (false, _) => Change::Nothing,
            };
            entry.needs_approval &= !is_trusted;
            entry.key = new.key.or(entry.key.take());
            return PlacedRevision { change, beyond: Vec::new(), does: Vec::new(), grants: entry.grants.specs() };
        }
        let beyond = self.beyond(&entry.digest, &entry.source, asked);
        let does = self.does_beyond(&entry.digest, &entry.source, &package.manifest.declares);
        let same = match trust {
            Trust::Shipped => entry.source == Source::Shipped,
            Trust::Signed(key) => entry.key.as_ref() == Some(key),
            Trust::Untrusted => false,
        };
        let older = may_be_older(&new.version, &entry.version);
        let change =
            add_revision(entry, new, same && !is_other_source && beyond.is_empty() && does.is_empty() && !older);
        PlacedRevision { change, beyond, does, grants: entry.grants.specs() }
    }
}

/// The destinations of the secrets among these grants, one line each.
fn destinations(grants: &[Grant]) -> Vec<String> {
    let line = |grant: &Grant| match grant {
        Grant::Secret(secret) => Some(format!("{grant}: {}", secret.destinations())),
        _ => None,
    };
    grants.iter().filter_map(line).collect()
}
