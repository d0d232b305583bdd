//! `baton import`: the open work of other tools as requests. Each source reads its files into `model::Import`; `write` makes requests of
//! it. Nothing is written without `--apply`.
//!
//! | in the other tool | in Baton |
//! |---|---|
//! | beads `open`, `in_progress`, `blocked`; task `pending`, `in_progress`; message that asks for an acknowledgement | a request |
//! | beads `closed`, `tombstone`; task `completed`, `deleted` | not imported; what depends on it does not wait for it |
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

use clap::Subcommand;

use self::args::Args;
use super::WorkspaceOptions;
use crate::exit::Code;

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Import open issues of beads: the file .beads/issues.jsonl, or a folder with it
    Beads(Args),
    /// Import messages that ask for an acknowledgement: the archive of a project of MCP Agent Mail
    AgentMail(Args),
    /// Import open tasks of Claude Code: a folder of ~/.claude/tasks, or all its lists
    ClaudeTasks(Args),
}

impl Action {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let (import, args) = match self {
            Self::Beads(args) => (beads::read(&args.path)?, args),
            Self::AgentMail(args) => (agent_mail::read(&args.path)?, args),
            Self::ClaudeTasks(args) => (claude_tasks::read(&args.path)?, args),
        };
        write::run(&options.need()?, &import, &args)
    }
}
