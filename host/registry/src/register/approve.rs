//! Approving a revision that waits.

use super::holder::{holder, is_held, revision_of};
use super::model::{Approval, RegisterError};
use super::succession::replace;
use super::{Holder, Register, entry, gone};
use crate::lock::Entry;
use crate::package::Package;

impl Register {
    /// Approves the revision of a plugin that waits: `digest` is what `plugin list` shows, or its beginning. It keeps the grants
    /// of the revision before only if the approval says so, or if the same key signed it and it asks for no more.
    ///
    /// # Errors
    /// When nothing of that name and digest waits, or it would take a name that somebody else holds and the approval does not
    /// allow that.
    pub fn approve(&self, name: &str, digest: &str, approval: Approval<'_>) -> Result<Entry, RegisterError> {
        if let Some(other) = approval.replace.filter(|replace| *replace != name) {
            return Err(RegisterError::Refused(format!("--replace {other} does not name the plugin `{name}`")));
        }
        let wanted = digest.strip_prefix("sha256:").unwrap_or(digest);
        let fits =
            |known: &str| wanted.len() >= 8 && known.strip_prefix("sha256:").is_some_and(|d| d.starts_with(wanted));
        let none = |waits: &str| {
            RegisterError::Refused(format!("no revision {digest} of `{name}` waits to be allowed{waits}"))
        };
        let proved = self.prove_pending(name, fits)?;
        let may_take = |holder: Option<Holder>| match holder {
            Some(holder) if approval.replace.is_none() => Err(is_held(name, digest, &holder)),
            _ => Ok(()),
        };
        self.change(|lock| {
            let entry = entry(lock, name)?;
            if let Some(mut new) = entry.pending.take() {
                let Some(package) = proved.filter(|package| format!("sha256:{}", package.digest) == new.digest) else {
                    return Err(none(&format!("; {} does", new.digest)));
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
            if !fits(&entry.digest) {
                return Err(none(&format!("; {} does", entry.digest)));
            }
            may_take(self.carried_as(name, &revision_of(entry)))?;
            entry.needs_approval = false;
            Ok(entry.clone())
        })
    }

    /// Proves the revision that waits, if its digest `fits`. Before our turn, because it compiles.
    fn prove_pending(&self, name: &str, fits: impl Fn(&str) -> bool) -> Result<Option<Package>, RegisterError> {
        let lock = self.read()?;
        let pending = lock.get(name).and_then(|entry| entry.pending.as_ref());
        let Some(new) = pending.filter(|new| fits(&new.digest)) else { return Ok(None) };
        let Some(component) = self.component(&new.digest, &new.source)? else {
            return Err(gone(name, &new.digest, &new.source));
        };
        let package = Package::read(&component)?;
        self.prove(&package, &component)?;
        Ok(Some(package))
    }
}
