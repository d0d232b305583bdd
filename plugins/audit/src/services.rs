//! What the host lends beside folders: repositories, databases, the ledger, the post, the watch over files.
//!
//! Each is a trait with two implementations: the host's own interfaces, which exist only inside a component (`host.rs`),
//! and real ones for tests (`git`, SQLite). Each may be missing, because it was not granted or is not there; then the
//! part that needs it says so in the report and the audit goes on.

use baton_plugin_sdk::sql::Value;

use crate::watch::Watch;

/// Everything that is lent. A part that is absent was not granted, or is not there.
pub struct HostServices<'a> {
    /// Progress and cancellation.
    pub watch: &'a dyn Watch,
    /// The repository of the audited folder.
    pub git: Option<&'a dyn Git>,
    /// The plugin's own database.
    pub memory: Option<&'a dyn Database>,
    /// The music catalog, for reading.
    pub catalog: Option<&'a dyn Database>,
    /// The ledger, for reading.
    pub ledger: Option<&'a dyn Ledger>,
    /// Handoffs to agents.
    pub post: Option<&'a dyn RequestSender>,
    /// Being told when a file changes.
    pub files: Option<&'a dyn FileWatch>,
}

impl<'a> HostServices<'a> {
    /// Nothing but somebody who watches.
    #[must_use]
    pub fn nothing(watch: &'a dyn Watch) -> Self {
        Self { watch, git: None, memory: None, catalog: None, ledger: None, post: None, files: None }
    }
}

/// Why something that is lent did not answer; the text is for a person and says what mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceError {
    /// Not granted; the text holds the command that grants it.
    NotGranted(String),
    /// It is not there, or failed.
    Unavailable(String),
}

impl ServiceError {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::NotGranted(text) | Self::Unavailable(text) => text,
        }
    }
}

/// A repository, for reading.
pub trait Git {
    /// The commit that a revision means; none when there is no such commit.
    fn commit(&self, revision: &str) -> Result<Option<Commit>, ServiceError>;

    /// At most `most` commits up to `to`, newest first, without `after` and its ancestors, only those that touch `path`.
    fn log(&self, to: &str, after: Option<&str>, path: Option<&str>, most: u32) -> Result<Vec<Commit>, ServiceError>;

    /// The bytes of a file as a commit has it.
    fn file(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, ServiceError>;
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its full id.
    pub id: String,
    /// The first line of its message.
    pub title: String,
    /// The whole message.
    pub message: String,
    /// The author's name.
    pub author: String,
    /// When it was committed, in seconds since 1970 UTC.
    pub at: i64,
}

/// An SQLite database; parameters are `?1`, `?2`, ….
pub trait Database {
    /// The rows of a query, at most 10,000.
    fn query(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, ServiceError>;

    /// Executes one statement for each row of parameters (once without parameters when there is one empty row).
    fn write(&self, statement: &str, rows: Vec<Vec<Value>>) -> Result<(), ServiceError>;
}

/// The ledger of the workspace, for reading.
pub trait Ledger {
    /// Tasks that were written down since a moment (RFC 3339) and before another, newest first, at most `most`.
    fn tasks(&self, since: Option<&str>, until: Option<&str>, most: u32) -> Result<Vec<Entry>, ServiceError>;

    /// Requests that external agents have not answered, oldest first.
    fn open_requests(&self, most: u32) -> Result<Vec<Entry>, ServiceError>;

    /// The bytes of the file that a task was captured from.
    fn input(&self, task: &str) -> Result<Option<Vec<u8>>, ServiceError>;
}

/// A task as the ledger has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// The agent that it is for.
    pub agent: String,
    /// Who asked.
    pub from: Option<String>,
    /// One line.
    pub title: String,
    /// `HANDOFF`, `RETURN` or another kind.
    pub kind: String,
    /// `handoff`, `trigger` or `call`.
    pub origin: String,
    /// The action.
    pub action: Option<String>,
    /// The state: `succeeded`, `delivered`, ….
    pub state: String,
    /// `done`, `partial` or `refused`, when the plugin told.
    pub outcome: Option<String>,
    /// Why.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was written down, RFC 3339.
    pub created_at: String,
    /// When it ended, RFC 3339.
    pub ended_at: Option<String>,
    /// When it has to be done, RFC 3339.
    pub deadline: Option<String>,
    /// Where its file is, relative to the workspace.
    pub file: Option<String>,
}

impl Entry {
    /// Whether the plugin ended it with an outcome, whatever was done: its reports, findings and handoffs count.
    #[must_use]
    pub fn has_outcome(&self) -> bool {
        self.state == "succeeded" || self.outcome.is_some()
    }
}

/// Handoffs to agents; they leave when the task has ended well.
pub trait RequestSender {
    /// Asks an agent for something.
    fn send(&self, draft: &Draft) -> Result<(), SendError>;

    /// Takes back what was sent under a key and is still open.
    fn withdraw(&self, dedupe_key: &str, reason: &str) -> Result<(), SendError>;
}

/// A handoff that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The agent's name, or another spelling of it.
    pub to: String,
    /// One line, at most 200 bytes.
    pub title: String,
    /// A JSON object.
    pub args: serde_json::Value,
    /// Markdown.
    pub body: String,
    /// Whether it is urgent.
    pub high: bool,
    /// Equal for equal requests, at most 200 bytes.
    pub dedupe_key: String,
}

/// Why a handoff was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// Not granted; the text holds the command that grants it.
    NotGranted(String),
    /// There is no such agent.
    UnknownAgent(String),
    /// Anything else.
    Other(String),
}

/// Being told when files change.
pub trait FileWatch {
    /// Has the host tell when one of these files is another one than was seen; replaces what was said under `key` before.
    fn set(&self, key: &str, files: Vec<SeenFile>) -> Result<(), ServiceError>;
}

/// A file as the audit saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenFile {
    /// Its path inside the sandbox.
    pub path: String,
    /// Size in bytes and time of change in nanoseconds since 1970; absent for a file that was not there.
    pub stamp: Option<(u64, u64)>,
}
