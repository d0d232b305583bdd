//! Helpers of the end-to-end tests: a workspace in a temporary folder, the real program, a daemon that ends with its test, and the
//! ledger as `status --json` and `why --json` show it.
//!
//! Most tests see only what a user or a script sees. `databases` opens the databases directly, and `host_services` calls the host's
//! code for native tests of plugins. Tests wait by polling with a long time limit, so that a slow machine does not make them fail.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of tests ends the test when something that it needs is missing"
)]

pub mod connect_proxy;
mod daemon;
mod databases;
mod devices;
pub mod djay_library;
mod done_once;
pub mod drive_folder;
pub mod drive_server;
mod eagle;
pub mod fake_service;
mod files;
pub mod forward;
mod handoff;
pub mod host_services;
mod hosts;
mod judge;
mod mcp_client;
mod mount;
pub mod music;
pub mod notion_server;
pub mod oauth_server;
mod oci_registry;
mod output;
mod places;
pub mod plugin_examples;
pub mod scripted_web;
mod server;
pub mod spotify_exports;
pub mod spotify_server;
mod task;
pub mod tracker_proxy;
mod workspace;

pub use baton_judges::{Skipped, corpora, missing, or_skip, real, recordings, repository, skip, tool, tools};
pub use daemon::Daemon;
pub use devices::make_devices;
pub use done_once::DroppedHandoffs;
pub use eagle::{Eagle, Offset, ResponseFault, SaveBehaviour, ServerBehaviour};
pub use files::{contents_below, files_below, files_with, names_in};
pub use handoff::{answer, handoff, handoff_with, sha256, text};
pub use judge::{Counts, Expectations};
pub use mcp_client::{McpClient, McpEra};
pub use mount::Mount;
pub use oci_registry::OciRegistry;
pub use output::Output;
pub use places::{baton, fixture};
pub use server::{ReceivedRequest, Server};
pub use task::{Check, Event, Finding, Flag, LimitUsage, Task, TaskDetails};
pub use workspace::Workspace;

/// How long a test waits for anything. Usually nothing takes a tenth of it.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_mins(1);
