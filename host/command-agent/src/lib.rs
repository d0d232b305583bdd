//! Command agents: coding agents that Baton starts as processes, one for each open request of the agent.
//!
//! [`CommandAgents`] is the supervisor in the daemon. It starts a process when an unclaimed request is in the inbox of a
//! command agent. The process gets a prompt with the id of the request, and works through Baton's MCP server: it claims,
//! reads and answers the request as any other session of the agent. Only its RETURN makes the request succeed; an exit
//! code does not.
//!
//! No text of a handoff reaches an argument, a shell or a configuration file: the process reads the request through MCP.
//! Each process has a cleared environment, a process group and a deadline. Its output is bounded, and parsed into progress,
//! session, cost and tokens (`stream`). This crate decides only about requests that have a run, and does not read
//! `baton.toml`.

mod client;
mod limits;
mod process;
mod prompt;
mod quota;
mod run;
mod settings;
mod settle;
mod start;
mod stream;
mod supervisor;
mod watch;

pub use settings::{Client, CommandAgent, McpCommand};
pub use supervisor::CommandAgents;
