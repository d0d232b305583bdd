//! The interface to the system's service manager.

use std::path::PathBuf;

/// A command of the system, as separate words.
pub(super) type CommandWords = Vec<String>;

/// The file of one service and the commands that control it.
pub(super) struct Manager {
    /// The path of the service's file.
    pub(super) path: PathBuf,
    /// The content of the file.
    pub(super) text: String,
    /// A text that every service file of this workspace contains.
    pub(super) mine: String,
    /// Succeeds if the service manager is available.
    pub(super) reach: CommandWords,
    /// Succeeds if the service is loaded already and needs no start.
    pub(super) loaded: Option<CommandWords>,
    /// Starts the service now and at each login.
    pub(super) start: Vec<CommandWords>,
    /// Restarts a running service with its new file.
    pub(super) renew: Vec<CommandWords>,
    /// Stops the service now and disables it at login.
    pub(super) stop: Vec<CommandWords>,
    /// Makes the system forget the deleted file.
    pub(super) forget: Vec<CommandWords>,
    /// Prints the state of the service.
    pub(super) ask: CommandWords,
    /// A hint for the operator after the installation.
    pub(super) hint: Option<&'static str>,
    /// The state folder must exist before the service starts.
    pub(super) needs_state: bool,
}

/// Words of a command from text without quotes.
pub(super) fn split_words(text: &str) -> CommandWords {
    text.split_whitespace().map(str::to_owned).collect()
}
