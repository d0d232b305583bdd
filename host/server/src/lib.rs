//! Servers for programs that talk to a running workspace instead of dropping files: the MCP server for coding agents, and
//! the A2A server for agents of other systems.
//!
//! This crate translates between a protocol and [`baton_dispatch::agent_work`], which decides what an agent may do. It keeps
//! no state that must survive: claims, requests and RETURNs are in the ledger, so client, server and daemon may be killed at
//! any time.

mod a2a;
mod http;
mod limits;
mod mcp;
mod parts;
mod rate;
mod reply;
mod stdio;
mod text;

pub use a2a::CARD_PATH;
pub use http::{AllowedHosts, HttpServer, HttpSettings, PATH, TokenStore};
pub use limits::PROCESS_CLAIM;
pub use mcp::McpServer;
pub use parts::ServerParts;
pub use stdio::serve_stdio;
