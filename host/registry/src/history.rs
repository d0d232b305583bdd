//! Records the operations on plugins in the ledger: one event for each.

use baton_core::State;
use baton_ledger::event::{self, Event};
use baton_ledger::{LedgerError, Tx};
use jiff::Timestamp;

/// An operation on a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The plugin.
    pub plugin: String,
    /// `installed`, `held`, `approved`, `granted`, `revoked`, `updated`, `rolled_back`, `disabled`, `enabled`, `removed`.
    pub action: &'static str,
    /// The grant specs, the source or the version.
    pub reason: String,
    /// The package, as in `baton.lock`.
    pub digest: String,
}

/// Records an operation. `actor` is `operator`, or `baton` for automatic operations of the daemon.
pub fn record(tx: &Tx<'_>, entry: &HistoryEntry, actor: &str, now: Timestamp) -> Result<(), LedgerError> {
    let task = format!("plugin {}", entry.plugin);
    let event = Event {
        plugin_digest: Some(entry.digest.trim_start_matches("sha256:").to_owned()),
        ..Event::new(task, actor, entry.action, entry.reason.clone(), State::Succeeded, now)
    };
    event::append(tx, &event).map(drop)
}
