//! Approves a pending revision.

use super::holder::{holder, name_taken, revision_of};
use super::model::{Approval, RegistryError};
use super::succession::replace;
use super::{Holder, PluginRegistry, entry, missing_package};
use crate::lock::{Lock, PluginEntry};
use crate::package::Package;

impl PluginRegistry {
    /// Approves the pending revision of a plugin. `digest` is the digest in `plugin list`, or its first digits. The revision gets
    /// the grants of the previous one only if `approval` allows it, or if the same key signed it and it asks for no additional
    /// grants. It is compiled now, for the first time.
    ///
    /// # Errors
    /// When no revision with this name and digest is pending, it does not compile, or another plugin owns the name and `approval`
    /// does not allow the replacement.
    pub fn approve(&self, name: &str, digest: &str, approval: Approval<'_>) -> Result<PluginEntry, RegistryError> {
        if let Some(other) = approval.replace.filter(|replace| *replace != name) {
            return Err(RegistryError::Refused(format!("--replace {other} does not name the plugin `{name}`")));
        }
        let wanted = digest.strip_prefix("sha256:").unwrap_or(digest);
        let fits =
            |known: &str| wanted.len() >= 8 && known.strip_prefix("sha256:").is_some_and(|d| d.starts_with(wanted));
        let none =
            |waits: &str| RegistryError::Refused(format!("no revision {digest} of `{name}` waits for approval{waits}"));
        let waiting = self.waiting(name, fits)?;
        let package_of = |digest: &str| {
            let package = waiting.as_ref().map(|(package, _)| package);
            package.filter(|package| format!("sha256:{}", package.digest) == digest)
        };
        let may_take = |holder: Option<Holder>| match holder {
            Some(holder) if approval.replace.is_none() => Err(name_taken(name, digest, &holder)),
            _ => Ok(()),
        };
        let allow = |lock: &mut Lock| {
            let entry = entry(lock, name)?;
            if let Some(mut new) = entry.pending.take() {
                let Some(package) = package_of(&new.digest) else {
                    return Err(none(&format!("; the pending revision is {}", new.digest)));
                };
                may_take(holder(entry, &new))?;
                let asked = &package.manifest.declares.capabilities;
                let beyond = self.beyond(&entry.digest, &entry.source, asked);
                let same = new.key.is_some() && new.key == entry.key && beyond.is_empty();
                if same || approval.keep_grants {
                    new.grants = entry.grants.clone();
                }
                replace(entry, new);
                return Ok(entry.clone());
            }
            if !entry.needs_approval {
                return Err(none(""));
            }
            if package_of(&entry.digest).is_none() {
                return Err(none(&format!("; the pending revision is {}", entry.digest)));
            }
            may_take(self.bundled_owner(name, &revision_of(entry)))?;
            entry.needs_approval = false;
            Ok(entry.clone())
        };
        // First try the approval on a copy of the lock, so that a refused revision is not compiled.
        allow(&mut self.read()?)?;
        if let Some((package, component)) = &waiting {
            self.check_name(package)?;
            self.check_code(package, component)?;
        }
        self.change(allow)
    }

    /// The package that waits for approval, if its digest `fits`.
    fn waiting(&self, name: &str, fits: impl Fn(&str) -> bool) -> Result<Option<(Package, Vec<u8>)>, RegistryError> {
        let lock = self.read()?;
        let Some(entry) = lock.get(name) else { return Ok(None) };
        let (digest, source) = match &entry.pending {
            Some(new) => (&new.digest, &new.source),
            None if entry.needs_approval => (&entry.digest, &entry.source),
            None => return Ok(None),
        };
        if !fits(digest) {
            return Ok(None);
        }
        let Some(component) = self.component(digest, source)? else {
            return Err(missing_package(name, digest, source));
        };
        Ok(Some((Package::read(&component)?, component)))
    }
}
