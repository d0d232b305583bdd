//! What `baton service` needs of the system's service manager.

use std::path::PathBuf;

/// A command of the system, word by word.
pub(super) type CommandWords = Vec<String>;

/// The file of one service and the commands that control it.
pub(super) struct Manager {
    /// Where the service's file belongs.
    pub(super) path: PathBuf,
    /// What is in it.
    pub(super) text: String,
    /// What a file of this workspace's service has in it.
    pub(super) mine: String,
    /// Succeeds where the system can be reached.
    pub(super) reach: CommandWords,
    /// Succeeds where the service is loaded already and needs no start.
    pub(super) loaded: Option<CommandWords>,
    /// Starts the service now and at each login.
    pub(super) start: Vec<CommandWords>,
    /// Makes a service that runs follow its new file.
    pub(super) renew: Vec<CommandWords>,
    /// Ends the service now and at each login.
    pub(super) stop: Vec<CommandWords>,
    /// Makes the system forget the deleted file.
    pub(super) forget: Vec<CommandWords>,
    /// Prints how the service stands.
    pub(super) ask: CommandWords,
    /// Something that a person may want to know after the installation.
    pub(super) hint: Option<&'static str>,
    /// Whether the state folder has to be there before the service starts.
    pub(super) needs_state: bool,
}

/// Words of a command from text without quotes.
pub(super) fn words(text: &str) -> CommandWords {
    text.split_whitespace().map(str::to_owned).collect()
}
