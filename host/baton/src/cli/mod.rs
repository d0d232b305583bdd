//! The command line: one file a subcommand. The names are public; later work and scripts build on them.

mod agents;
mod answer;
mod args;
mod audit;
mod backup;
mod cancel;
mod catalog;
mod completions;
mod decide;
mod doctor;
mod fingerprint;
mod handoff_check;
mod init;
mod ledger;
mod library;
mod lint;
mod obligations;
mod plugin;
mod restore;
mod retry;
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

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_registry::PublicKey;
use clap::{Parser, Subcommand};

pub(crate) use fingerprint::called_fpcalc;

use crate::exit::Code;
use crate::workspace::{self, Workspace};

/// Passes work between agents by files, runs it in sandboxed plugins, and answers.
#[derive(Debug, Parser)]
#[command(name = "baton", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// The workspace [default: the nearest folder with baton.toml]
    #[arg(short, long, global = true, value_name = "DIR")]
    workspace: Option<PathBuf>,

    /// Where the workspace's state is
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help = "Where the workspace's state is [default: below $XDG_STATE_HOME/baton]"
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
    Run(run::Args),
    Audit(audit::Args),
    Plugin(plugin::Args),
    Catalog(catalog::Args),
    Fingerprint(fingerprint::Args),
    Library(library::Args),
    Secret(secret::Args),
    Ledger(ledger::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Doctor(doctor::Args),
    Service(service::Args),
    Completions(completions::Args),
    #[command(hide = true)]
    Worker(worker::Args),
}

impl Cli {
    /// What was asked on the command line. Ends the program when that is not understood, or asks for help.
    pub(crate) fn read() -> Self {
        Self::parse_from(fingerprint::with_two_dashes(std::env::args_os()))
    }

    /// How much is logged unless `BATON_LOG` says otherwise: the daemon tells what it does, the rest only what is wrong.
    pub(crate) fn default_log(&self) -> &'static str {
        if matches!(self.command, Command::Up(_)) { "info" } else { "warn" }
    }

    /// Does what was asked.
    pub(crate) fn run(self) -> anyhow::Result<Code> {
        let place = WorkspaceOptions { workspace: self.workspace, state: self.state };
        match self.command {
            Command::Init(args) => args.run(place.state.as_deref()),
            Command::Up(args) => args.run(&place),
            Command::Send(args) => args.run(&place),
            Command::Lint(args) => args.run(&place),
            Command::Schema(args) => args.run(),
            Command::Status(args) => args.run(&place),
            Command::Why(args) => args.run(&place),
            Command::Cancel(args) => args.run(&place),
            Command::Retry(args) => args.run(&place),
            Command::Answer(args) => args.run(&place),
            Command::Agents(args) => args.run(&place),
            Command::Obligations(args) => args.run(&place),
            Command::Run(args) => args.run(&place),
            Command::Audit(args) => args.run(),
            Command::Plugin(args) => args.run(&place),
            Command::Catalog(args) => args.run(&place),
            Command::Fingerprint(args) => args.run(),
            Command::Library(args) => args.run(&place),
            Command::Secret(args) => args.run(&place),
            Command::Ledger(args) => args.run(&place),
            Command::Backup(args) => args.run(&place),
            Command::Restore(args) => args.run(&place),
            Command::Doctor(args) => args.run(&place),
            Command::Service(args) => args.run(&place),
            Command::Completions(args) => args.run(),
            Command::Worker(args) => args.run(),
        }
    }
}

/// The options that every subcommand shares.
#[derive(Debug)]
struct WorkspaceOptions {
    workspace: Option<PathBuf>,
    state: Option<PathBuf>,
}

impl WorkspaceOptions {
    /// The workspace that is meant, if there is one.
    fn find(&self) -> anyhow::Result<Option<Workspace>> {
        let found = workspace::find(self.workspace.as_deref())?;
        found.map(|root| Workspace::at(&root, self.state.as_deref())).transpose()
    }

    /// Whose signatures count in the workspace that is meant; nobody's where there is none.
    ///
    /// # Errors
    /// When its `baton.toml` does not parse.
    fn trusted(&self) -> anyhow::Result<Vec<PublicKey>> {
        let root = workspace::find(self.workspace.as_deref())?;
        let config = root.map(|root| workspace::Config::read(&root.join(workspace::CONFIG_FILE))).transpose()?;
        Ok(config.map(|config| config.trusted().to_vec()).unwrap_or_default())
    }

    /// The workspace that is meant.
    fn need(&self) -> anyhow::Result<Workspace> {
        match self.find()? {
            Some(workspace) => Ok(workspace),
            None => bail!("there is no baton.toml here or above; `baton init DIR` makes a workspace, -w DIR names one"),
        }
    }
}

/// Does what runs plugins. A thread that is stuck in the file system (a plugin opened a pipe) keeps nobody from ending.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    has_descriptors().context("too few files may be open at once: raise `ulimit -n`")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    done
}

/// Whether there is room for the descriptors that a runtime opens. It panics where there is none.
fn has_descriptors() -> std::io::Result<()> {
    let pair = || std::os::unix::net::UnixStream::pair();
    // Two for the signals, three for the loop of events, and a few for what other threads open meanwhile.
    let (_signals, _events, _spare) = (pair()?, pair()?, pair()?);
    Ok(())
}

/// `path` as a person would write it from here.
fn from_here(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here.as_deref().and_then(|here| path.strip_prefix(here).ok());
    match short {
        Some(short) if short.as_os_str().is_empty() => ".".to_owned(),
        _ => short.unwrap_or(path).display().to_string(),
    }
}
