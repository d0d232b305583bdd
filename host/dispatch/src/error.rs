//! Errors of dispatch as a whole. Errors of one task are in the ledger.

use baton_intake::IntakeError;
use baton_ledger::LedgerError;

/// An error of dispatch.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A decision that does not fit the state of the task.
    #[error("{0}")]
    Refused(String),
    /// A folder.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// A plugin that is not installed.
    #[error("there is no plugin `{name}`; installed: {installed}")]
    NoPlugin {
        /// The requested name.
        name: String,
        /// The installed plugins.
        installed: String,
    },
    /// A plugin that is installed and cannot be used.
    #[error("the plugin `{name}` cannot be used: {}", why.reason())]
    Unusable {
        /// The plugin.
        name: String,
        /// The reason, with a fix.
        why: UnusableReason,
    },
    /// An action that the plugin does not have.
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

/// Why a plugin that is installed does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnusableReason {
    /// The operator has not allowed it, or not any more. The text has the command that allows it.
    Held(String),
    /// It does not load. The text has the cause and a fix.
    Broken(String),
}

impl UnusableReason {
    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Held(reason) | Self::Broken(reason) => reason,
        }
    }
}
