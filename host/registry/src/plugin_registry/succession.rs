//! Replaces one revision of a plugin by another in its entry. The caller decides whether this is allowed.

use crate::lock::{PluginEntry, Revision};

use super::model::Change;

/// The number of former revisions that are kept for a rollback.
const KEPT: usize = 3;

/// The entry of a new plugin.
pub(super) fn new_entry(name: &str, new: Revision, is_trusted: bool) -> PluginEntry {
    PluginEntry {
        version: new.version,
        key: new.key,
        needs_approval: !is_trusted,
        ..PluginEntry::new(name, new.source, new.digest)
    }
}

/// Adds a new revision. With `at_once` the new revision replaces the old revision and gets its grants.
pub(super) fn add_revision(entry: &mut PluginEntry, mut new: Revision, at_once: bool) -> Change {
    if entry.needs_approval {
        // The old revision was never approved, so it is not kept.
        *entry = PluginEntry {
            disabled: entry.disabled,
            previous: entry.previous.clone(),
            ..new_entry(&entry.name, new, at_once)
        };
        return if at_once { Change::Installed } else { Change::NeedsApproval };
    }
    if !at_once {
        entry.pending = Some(new);
        return Change::NeedsApproval;
    }
    new.grants = entry.grants.clone();
    replace(entry, new);
    Change::Updated
}

/// True if `new` is lower than `old`, compared number by number, or if one of the two is not a version.
pub(super) fn may_be_older(new: &str, old: &str) -> bool {
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let plain = version.split(['-', '+']).next().unwrap_or_default();
        plain.split('.').map(|part| part.parse().ok()).collect()
    };
    numbers(new).zip(numbers(old)).is_none_or(|(new, old)| new < old)
}

/// Makes `new` the current revision, and keeps the old one for a rollback.
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
