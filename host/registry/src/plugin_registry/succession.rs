//! Replaces one revision of a plugin by another in its entry. The caller decides whether that is allowed.

use crate::lock::{PluginEntry, Revision};

use super::model::Change;

/// The number of former revisions that are kept for a rollback.
const KEPT: usize = 3;

/// The entry of a plugin that was not there.
pub(super) fn first(name: &str, new: Revision, vouched: bool) -> PluginEntry {
    PluginEntry {
        version: new.version,
        key: new.key,
        needs_approval: !vouched,
        ..PluginEntry::new(name, new.source, new.digest)
    }
}

/// Adds a new revision. With `at_once` it replaces the old one and gets its grants.
pub(super) fn succeed(entry: &mut PluginEntry, mut new: Revision, at_once: bool) -> Change {
    if entry.needs_approval {
        // The old one was never approved, so nothing is lost with it.
        *entry = PluginEntry {
            disabled: entry.disabled,
            previous: entry.previous.clone(),
            ..first(&entry.name, new, at_once)
        };
        return if at_once { Change::Installed } else { Change::Held };
    }
    if !at_once {
        entry.pending = Some(new);
        return Change::Held;
    }
    new.grants = entry.grants.clone();
    replace(entry, new);
    Change::Updated
}

/// `new` may be an older version: it is lower, compared number by number, or one of both is not a version.
pub(super) fn may_be_older(new: &str, old: &str) -> bool {
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let plain = version.split(['-', '+']).next().unwrap_or_default();
        plain.split('.').map(|part| part.parse().ok()).collect()
    };
    numbers(new).zip(numbers(old)).is_none_or(|(new, old)| new < old)
}

/// `new` runs from now on; what ran is kept.
pub(super) fn replace(entry: &mut PluginEntry, new: Revision) {
    entry.previous.retain(|known| known.digest != new.digest && known.digest != entry.digest);
    entry.previous.push(Revision {
        source: std::mem::replace(&mut entry.source, new.source),
        version: std::mem::replace(&mut entry.version, new.version),
        digest: std::mem::replace(&mut entry.digest, new.digest),
        key: std::mem::replace(&mut entry.key, new.key),
        grants: std::mem::replace(&mut entry.grants, new.grants),
    });
    let too_many = entry.previous.len().saturating_sub(KEPT);
    entry.previous.drain(..too_many);
    entry.pending = None;
    entry.needs_approval = false;
}
