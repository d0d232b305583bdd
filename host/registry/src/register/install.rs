//! Installing: a package becomes a revision of a plugin, which runs at once or waits.

use baton_core::manifest::{Capabilities, Manifest, Request};
use fail::fail_point;

use super::PluginRegister;
use super::model::{Candidate, Change, InstallResult, RegisterError, Trust};
use super::succession::{first, may_be_older, succeed};
use crate::granted::GrantSet;
use crate::lock::{Lock, Revision, Source};
use crate::package::Package;

/// The result of entering a revision into the lock.
struct PlacedRevision {
    change: Change,
    /// What it asks for beyond the revision before.
    beyond: Vec<String>,
    /// What it does beyond the revision before without being granted it: triggers, higher limits.
    does: Vec<String>,
    grants: Vec<String>,
}

impl PluginRegister {
    /// Installs a package. It is compiled only if it may run at once.
    ///
    /// # Errors
    /// When it is no package for this host, has the name of a plugin from elsewhere, does not compile, or cannot be written.
    pub fn install(&self, candidate: &Candidate) -> Result<InstallResult, RegisterError> {
        let package = Package::read(&candidate.component)?;
        self.prove_name(&package)?;
        let new = Revision {
            source: candidate.source.clone(),
            version: package.manifest.version.clone(),
            digest: format!("sha256:{}", package.digest),
            key: match &candidate.trust {
                Trust::Signed(key) => Some(key.clone()),
                Trust::Shipped | Trust::Nobody => None,
            },
            grants: GrantSet::default(),
        };
        if self.runs_at_once(&package, &new, &candidate.trust)? {
            self.prove_code(&package, &candidate.component)?;
        }
        self.change(|lock| {
            // In our turn, because `remove` deletes the packages that the lock does not mention.
            if candidate.trust != Trust::Shipped {
                self.keep(&candidate.component)?;
            }
            fail_point!("register.kept");
            let holder = self.holder(lock, &package, &new)?;
            let key = new.key.clone();
            let placed = self.place(lock, &package, new, &candidate.trust, holder.is_some());
            let PlacedRevision { change, beyond, does, grants } = placed;
            let destinations = destinations(&package.manifest.declares.capabilities, &beyond);
            let Manifest { name, version, .. } = package.manifest;
            let digest = package.digest;
            Ok(InstallResult { name, version, digest, change, beyond, destinations, does, grants, holder, key })
        })
    }

    /// Whether the revision may run at once. Tried on a copy of the lock, before our turn, because compiling takes a while.
    fn runs_at_once(&self, package: &Package, new: &Revision, trust: &Trust) -> Result<bool, RegisterError> {
        let mut copy = self.read()?;
        let stranger = self.holder(&copy, package, new)?.is_some();
        let placed = self.place(&mut copy, package, new.clone(), trust, stranger);
        Ok(matches!(placed.change, Change::Installed | Change::Updated))
    }

    /// Enters a new revision into the lock. One from a `stranger`, who does not hold the plugin's name, waits.
    fn place(
        &self,
        lock: &mut Lock,
        package: &Package,
        new: Revision,
        trust: &Trust,
        stranger: bool,
    ) -> PlacedRevision {
        let (name, asked) = (&package.manifest.name, &package.manifest.declares.capabilities);
        // A trusted key vouches for its packages, not for the names that they claim.
        let vouched = *trust != Trust::Nobody && !stranger;
        let Some(entry) = lock.plugins.iter_mut().find(|entry| entry.name == *name) else {
            lock.plugins.push(first(name, new, vouched));
            let change = if vouched { Change::Installed } else { Change::Held };
            return PlacedRevision { change, beyond: asked.as_grants(), does: Vec::new(), grants: Vec::new() };
        };
        if entry.digest == new.digest {
            let change = match (entry.needs_approval, vouched) {
                (true, true) => Change::Installed,
                (true, false) => Change::Held,
                (false, _) => Change::Nothing,
            };
            entry.needs_approval &= !vouched;
            entry.key = new.key.or(entry.key.take());
            return PlacedRevision { change, beyond: Vec::new(), does: Vec::new(), grants: entry.grants.words() };
        }
        let beyond = self.beyond(&entry.digest, &entry.source, asked);
        let does = self.does_beyond(&entry.digest, &entry.source, &package.manifest.declares);
        let same = match trust {
            Trust::Shipped => entry.source == Source::Shipped,
            Trust::Signed(key) => entry.key.as_ref() == Some(key),
            Trust::Nobody => false,
        };
        let older = may_be_older(&new.version, &entry.version);
        let change = succeed(entry, new, same && !stranger && beyond.is_empty() && does.is_empty() && !older);
        PlacedRevision { change, beyond, does, grants: entry.grants.words() }
    }
}

/// Where the secrets among these grants go, one line each.
fn destinations(asked: &Capabilities, grants: &[String]) -> Vec<String> {
    let line = |Request { grant, details, .. }: Request| details.map(|details| format!("{grant}: {details}"));
    asked.requests().into_iter().filter(|request| grants.contains(&request.grant)).filter_map(line).collect()
}
