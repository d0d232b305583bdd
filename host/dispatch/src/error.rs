//! Errors of dispatch that are not limited to one task. The ledger stores the errors of single tasks.

use baton_intake::IntakeError;
use baton_ledger::LedgerError;

/// An error of dispatch.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The decision is not possible in the task's state.
    #[error("{0}")]
    Refused(String),
    /// A folder cannot be read or written.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The plugin is not installed.
    #[error("there is no plugin `{name}`; installed: {installed}")]
    NoPlugin {
        /// The requested name.
        name: String,
        /// The installed plugins.
        installed: String,
    },
    /// The plugin is installed and cannot be used.
    #[error("the plugin `{name}` cannot be used: {}", why.reason())]
    Unusable {
        /// The plugin.
        name: String,
        /// The reason, with a fix.
        why: UnusableReason,
    },
    /// The plugin does not have the action.
    #[error("the plugin `{plugin}` has no action `{action}`; it has: {actions}")]
    NoAction {
        /// The plugin.
        plugin: String,
        /// The requested action.
        action: String,
        /// The plugin's actions.
        actions: String,
    },
}

/// Why an installed plugin does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnusableReason {
    /// The operator has not allowed the plugin, or has withdrawn the permission. The text has the command that allows the
    /// plugin.
    Held(String),
    /// The plugin does not load. The text has the cause and a fix.
    Broken(String),
}

impl UnusableReason {
    /// The reason as text.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Held(reason) | Self::Broken(reason) => reason,
        }
    }
}
