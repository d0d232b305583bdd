//! The settings of a command agent.

use std::path::PathBuf;
use std::time::Duration;

/// The program of a command agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Client {
    /// Claude Code.
    Claude,
    /// Codex of `OpenAI`.
    Codex,
    /// The command line of Cursor.
    Cursor,
    /// Another program; the arguments after its name.
    Program(Vec<String>),
}

impl Client {
    /// The name in the ledger and in messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Cursor => "cursor",
            Self::Program(_) => "program",
        }
    }

    /// True if a run without a known session may have started to work. `has_prompt` is true if the ledger has the process
    /// of the run, because Baton sends the prompt only after it has recorded the process.
    pub(crate) fn may_have_worked(&self, has_prompt: bool) -> bool {
        match self {
            // These clients print their session before they start to work.
            Self::Claude | Self::Codex => false,
            // Cursor gets the prompt as an argument, so it starts to work before its process is recorded.
            Self::Cursor => true,
            Self::Program(_) => has_prompt,
        }
    }
}

/// An agent whose work Baton does by starting a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandAgent {
    /// The agent's name.
    pub name: String,
    /// The client to start.
    pub client: Client,
    /// The path of the program.
    pub program: PathBuf,
    /// How many processes may run at once.
    pub concurrency: usize,
    /// How long one process may run.
    pub deadline: Duration,
    /// The most that one process may cost, in US dollars. Only Claude Code has this limit.
    pub budget_usd: Option<u32>,
    /// The working folder.
    pub folder: PathBuf,
    /// The client's permission mode.
    pub permission: Option<String>,
    /// The client's tools that are allowed beside Baton's. Only Claude Code has this list.
    pub tools: Vec<String>,
    /// The names of more variables that the process gets from the environment of the daemon.
    pub env: Vec<String>,
    /// How long to wait after a usage limit that states no end; `None` turns waiting off.
    pub quota_wait: Option<Duration>,
}

/// The command that serves Baton's MCP tools to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpCommand {
    /// The program of Baton.
    pub program: PathBuf,
    /// Its arguments before `mcp --agent NAME`.
    pub args: Vec<String>,
    /// The folder for the generated configuration files of clients.
    pub folder: PathBuf,
}

impl McpCommand {
    /// The arguments that serve `agent`.
    pub(crate) fn args_of(&self, agent: &str) -> Vec<String> {
        let more = ["mcp", "--agent", agent].map(str::to_owned);
        self.args.iter().cloned().chain(more).collect()
    }
}
