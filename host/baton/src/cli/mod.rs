//! The command line: one file for each subcommand. The names of commands and options are public: scripts depend on them.

mod account;
mod agents;
mod answer;
mod args;
mod audit;
mod backup;
mod cancel;
mod catalog;
mod command_agents;
mod common;
mod completions;
mod connect;
mod decide;
mod doctor;
mod fingerprint;
mod hook;
mod import;
mod inbox;
mod init;
mod ledger;
mod library;
mod lint;
mod mcp;
mod obligations;
mod plugin;
mod prompt;
mod restore;
mod retry;
mod return_command;
mod run;
mod schema;
mod secret;
mod send;
mod sent;
mod service;
mod status;
mod task_selection;
mod task_selector;
mod task_view;
mod up;
mod why;
mod worker;

use std::path::PathBuf;

use clap::{CommandFactory as _, Parser, Subcommand};

use self::common::{WorkspaceOptions, block_on, from_here, has_descriptors};
pub(crate) use self::fingerprint::called_fpcalc;
use crate::exit::Code;

/// Pass tasks between agents as files, run them in sandboxed plugins, and answer them.
#[derive(Debug, Parser)]
#[command(name = "baton", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// The folder of the workspace [default: the nearest folder with baton.toml]
    #[arg(short, long, global = true, value_name = "DIR")]
    workspace: Option<PathBuf>,

    /// The folder of the workspace's state
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help = "The folder of the workspace's state [default: below $XDG_STATE_HOME/baton]"
    )]
    state: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Up(up::Args),
    Send(send::Args),
    Lint(lint::Args),
    Schema(schema::Args),
    Status(status::Args),
    Why(why::Args),
    Cancel(cancel::Args),
    Retry(retry::Args),
    Answer(answer::Args),
    Agents(agents::Args),
    Obligations(obligations::Args),
    /// Show the open work of an agent, or wait for it
    #[command(subcommand)]
    Inbox(inbox::Action),
    Mcp(mcp::Args),
    Return(return_command::Args),
    Connect(connect::ConnectArgs),
    Disconnect(connect::DisconnectArgs),
    /// Import the open work of another tool as requests
    #[command(subcommand)]
    Import(import::Action),
    Run(run::Args),
    Audit(audit::Args),
    /// Inspect, install, allow and update plugins
    #[command(subcommand)]
    Plugin(plugin::Action),
    /// Search the music catalog, show a track and its sources, review uncertain matches
    #[command(subcommand)]
    Catalog(catalog::Action),
    Fingerprint(fingerprint::Args),
    /// Scan the music library, show its fingerprint coverage, find duplicates
    #[command(subcommand)]
    Library(library::Action),
    /// Manage the secrets that the host adds to requests of plugins
    #[command(subcommand)]
    Secret(secret::Action),
    /// Connect accounts at online services, such as Spotify and GitHub
    #[command(subcommand)]
    Account(account::Action),
    /// Check the ledger's chain of events, export it, or archive its oldest part
    #[command(subcommand)]
    Ledger(ledger::Action),
    Backup(backup::Args),
    Restore(restore::Args),
    Doctor(doctor::Args),
    /// Start `baton up` at login, and restart it when it fails
    #[command(subcommand)]
    Service(service::Action),
    Completions(completions::Args),
    /// Works for another process of Baton
    #[command(subcommand, hide = true)]
    Worker(worker::WorkerKind),
}

impl Cli {
    /// Parses the command line. Exits on a usage error and after `--help` and `--version`.
    pub(crate) fn read() -> Self {
        Self::parse_from(fingerprint::with_two_dashes(std::env::args_os()))
    }

    /// The default log level: the daemon logs its work, other commands log only problems.
    pub(crate) fn default_log(&self) -> &'static str {
        if matches!(self.command, Command::Up(_)) { "info" } else { "warn" }
    }

    pub(crate) fn run(self) -> anyhow::Result<Code> {
        let options = WorkspaceOptions { workspace: self.workspace, state: self.state };
        match self.command {
            Command::Init(args) => args.run(&options),
            Command::Up(args) => args.run(&options),
            Command::Send(args) => args.run(&options),
            Command::Lint(args) => args.run(&options),
            Command::Schema(args) => args.run(),
            Command::Status(args) => args.run(&options),
            Command::Why(args) => args.run(&options),
            Command::Cancel(args) => args.run(&options),
            Command::Retry(args) => args.run(&options),
            Command::Answer(args) => args.run(&options),
            Command::Agents(args) => args.run(&options),
            Command::Obligations(args) => args.run(&options),
            Command::Inbox(action) => action.run(&options),
            Command::Mcp(args) => args.run(&options),
            Command::Return(args) => args.run(&options),
            Command::Import(action) => action.run(&options),
            Command::Connect(args) => args.run(&options),
            Command::Disconnect(args) => args.run(&options),
            Command::Run(args) => args.run(&options, Self::command),
            Command::Audit(args) => args.run(),
            Command::Plugin(action) => action.run(&options),
            Command::Catalog(action) => action.run(&options),
            Command::Fingerprint(args) => args.run(),
            Command::Library(action) => action.run(&options),
            Command::Secret(action) => action.run(&options),
            Command::Account(action) => action.run(&options),
            Command::Ledger(action) => action.run(&options),
            Command::Backup(args) => args.run(&options),
            Command::Restore(args) => args.run(&options),
            Command::Doctor(args) => args.run(&options),
            Command::Service(action) => action.run(&options),
            Command::Completions(args) => args.run(&mut Self::command()),
            Command::Worker(action) => action.run(),
        }
    }
}
