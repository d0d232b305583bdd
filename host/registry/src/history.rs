//! The ledger's account of what was done to the plugins: one event each, in the chain with all others.

use baton_core::State;
use baton_ledger::event::{self, Event};
use baton_ledger::{LedgerError, Tx};
use jiff::Timestamp;

/// Something that was done to a plugin.
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

/// Writes it down. `actor` is `operator`, or `baton` for what the daemon did automatically.
pub fn record(tx: &Tx<'_>, act: &HistoryEntry, actor: &str, now: Timestamp) -> Result<(), LedgerError> {
    let task = format!("plugin {}", act.plugin);
    let event = Event {
        plugin_digest: Some(act.digest.trim_start_matches("sha256:").to_owned()),
        ..Event::new(task, actor, act.action, act.reason.clone(), State::Succeeded, now)
    };
    event::append(tx, &event).map(drop)
}
