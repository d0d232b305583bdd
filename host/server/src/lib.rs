//! Doors for programs that talk to a running workspace instead of dropping files: the MCP server for coding agents.
//!
//! This crate translates between a protocol and [`baton_dispatch::agent_work`], which decides what an agent may do. It
//! keeps no state that matters: claims, requests and RETURNs are in the ledger, so client, server and daemon may be
//! killed at any time.

mod http;
mod limits;
mod mcp;
mod rate;
mod stdio;

pub use http::{AllowedHosts, HttpServer, PATH, TokenStore};
pub use limits::PROCESS_CLAIM;
pub use mcp::{McpServer, ServerParts};
pub use stdio::serve_stdio;
