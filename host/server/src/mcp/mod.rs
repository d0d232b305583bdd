//! The MCP server of one agent: tools, resources and a prompt over its [`baton_dispatch::agent_work::AgentSession`].
//!
//! It serves both versions of the protocol: 2025-11-25 (`initialize`) and 2026-07-28 (stateless). Everything that a handoff
//! contains is data from another program: lists have only ids and titles, and the text comes from `read`, marked as
//! untrusted. A tool that would take too long returns early with an id or a cursor, and a later call continues from there.

mod guide;
mod handler;
mod present;
mod resources;
mod server;
mod tasks;
mod tools;

pub use server::McpServer;
