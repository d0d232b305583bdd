//! `baton import`: imports the open work of other tools as requests. The module of each tool reads the files into a
//! `model::Import`; `write` turns its items into requests. Nothing is written without `--apply`.
//!
//! | in the other tool | in Baton |
//! |---|---|
//! | beads `open`, `in_progress`, `blocked`; task `pending`, `in_progress`; message that asks for an acknowledgement | a request |
//! | beads `closed`, `tombstone`; task `completed`, `deleted` | not imported; items that depend on it do not wait |
//! | beads dependency `blocks`; `blockedBy` and `blocks` of a task | `depends_on` |
//! | beads priority 0 to 4; importance `urgent` to `low` | priority |
//! | assignee, owner, recipient | the agent of that name, else `--agent` |
//! | everything else | listed, not imported |

mod agent_mail;
mod args;
mod beads;
mod claude_tasks;
mod files;
mod model;
mod write;

use std::path::PathBuf;

use clap::Subcommand;

use self::args::Args;
use super::WorkspaceOptions;
use crate::exit::Code;

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Import open issues of beads: the file .beads/issues.jsonl, or a folder with it
    Beads {
        /// The project, its .beads, or the file; it is only read
        #[arg(value_name = "PATH")]
        path: PathBuf,
        #[command(flatten)]
        args: Args,
    },
    /// Import the messages that ask for an acknowledgement from the archive of a project of MCP Agent Mail
    AgentMail {
        /// The folder of the project in the archive, or its folder `messages`; it is only read
        #[arg(value_name = "PATH")]
        path: PathBuf,
        #[command(flatten)]
        args: Args,
    },
    /// Import open tasks of Claude Code, from one list or from all lists in ~/.claude/tasks
    ClaudeTasks {
        /// The folder of a list, or a folder with several lists; it is only read
        #[arg(value_name = "PATH")]
        path: PathBuf,
        #[command(flatten)]
        args: Args,
    },
}

impl Action {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let (import, args) = match self {
            Self::Beads { path, args } => (beads::read(&path)?, args),
            Self::AgentMail { path, args } => (agent_mail::read(&path)?, args),
            Self::ClaudeTasks { path, args } => (claude_tasks::read(&path)?, args),
        };
        write::run(&options.need()?, &import, &args)
    }
}
