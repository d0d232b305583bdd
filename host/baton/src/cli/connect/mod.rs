//! `baton connect` registers an agent's MCP server, and the hooks that wake the agent, with a coding agent. `baton
//! disconnect` removes the server and the hooks.
//!
//! Each client is a list of edits of its configuration files ([`client`]). Before Baton writes a file, it shows the
//! changed lines and asks for confirmation. [`record`] stores the original files. If nobody has changed a file since
//! `connect`, `disconnect` restores every byte of the original; otherwise it removes only Baton's entries.

mod change;
mod client;
mod difference;
mod edit;
mod record;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_core::agents::is_name;
use baton_dispatch::AgentKind;

use self::change::{FileChange, read};
use self::client::{Client, Target};
use self::record::FileRecord;
use super::{WorkspaceOptions, from_here};
use crate::exit::Code;
use crate::output;
use crate::workspace::Workspace;

/// The arguments of both commands.
#[derive(Debug, clap::Args)]
struct Options {
    /// The coding agent
    #[arg(value_name = "CLIENT")]
    client: Client,
    /// The agent whose inbox the coding agent uses [default: Claude, Codex or Cursor]
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// The project in which the coding agent works [default: this folder]; codex has one configuration for all projects
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// Write without asking
    #[arg(long)]
    yes: bool,
    /// Show the changes and write nothing
    #[arg(long)]
    dry_run: bool,
}

impl Options {
    fn agent(&self) -> String {
        self.agent.clone().unwrap_or_else(|| self.client.usual_agent().to_owned())
    }

    fn target(&self, workspace: &Workspace) -> anyhow::Result<Target> {
        let project = match &self.project {
            Some(project) => project.canonicalize().with_context(|| format!("failed to find {}", project.display()))?,
            None => std::env::current_dir().context("failed to find the current folder")?,
        };
        let program = std::env::current_exe().context("failed to find the program of Baton")?;
        let (root, state) = (workspace.root.clone(), workspace.state.folder().to_owned());
        Ok(Target { project, program, workspace: root, state, agent: self.agent() })
    }
}

/// Let a coding agent work on the requests of an inbox: register Baton's MCP server, and hooks that wake the agent
///
/// Shows the changes of the coding agent's configuration and asks before it writes them. Makes the agent and its inbox.
/// `baton disconnect` removes these changes.
#[derive(Debug, clap::Args)]
pub(super) struct ConnectArgs {
    #[command(flatten)]
    options: Options,
}

/// Remove what `baton connect` wrote
#[derive(Debug, clap::Args)]
pub(super) struct DisconnectArgs {
    #[command(flatten)]
    options: Options,
}

impl ConnectArgs {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let target = self.options.target(&workspace)?;
        let inbox = inbox_to_make(&workspace, &target.agent)?;
        let client = self.options.client;
        let mut changes = Vec::new();
        for edited in client.files(&target)? {
            let before = read(&edited.path)?;
            let after = edited.connect(before.as_deref().unwrap_or_default())?;
            let without = before.as_deref().map(|text| edited.without_entries(text)).transpose()?;
            changes.push((FileChange { path: edited.path, before, after: Some(after) }, without));
        }
        if !self.options.confirm(changes.iter().map(|(change, _)| change), inbox.as_deref())? {
            return Ok(Code::Good);
        }
        if let Some(inbox) = inbox {
            std::fs::create_dir_all(&inbox).with_context(|| format!("failed to make {}", inbox.display()))?;
            workspace.state.wake_daemon();
        }
        for (change, without) in changes.into_iter().filter(|(change, _)| change.is_needed()) {
            FileRecord::keep(&workspace.state, &change, without)?;
            change.write()?;
        }
        output::print(&client.next_steps(&target));
        Ok(Code::Good)
    }
}

impl DisconnectArgs {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let target = self.options.target(&workspace)?;
        let mut changes = Vec::new();
        for edited in self.options.client.files(&target)? {
            let Some(before) = read(&edited.path)? else { continue };
            let without = edited.disconnect(&before)?;
            let record = FileRecord::of_unchanged(&workspace.state, &edited.path, &before)?;
            let after = record.map_or(Some(without), FileRecord::original);
            changes.push(FileChange { path: edited.path, before: Some(before), after });
        }
        if !self.options.confirm(changes.iter(), None)? {
            return Ok(Code::Good);
        }
        for change in changes.iter().filter(|change| change.is_needed()) {
            change.write()?;
            FileRecord::forget(&workspace.state, &change.path)?;
        }
        let agent = output::one_line(&target.agent);
        output::note(&format!("disconnected; the agent {agent} and its inbox stay (`baton agents` lists them)"));
        Ok(Code::Good)
    }
}

impl Options {
    /// Shows the changes, and asks for confirmation unless `--yes` was given. Returns whether to write the changes.
    fn confirm<'a>(&self, changes: impl Iterator<Item = &'a FileChange>, inbox: Option<&Path>) -> anyhow::Result<bool> {
        let needed: Vec<&FileChange> = changes.filter(|change| change.is_needed()).collect();
        for change in &needed {
            output::print(&difference::shown(
                &from_here(&change.path),
                change.before.as_deref(),
                change.after.as_deref(),
            ));
        }
        if let Some(inbox) = inbox {
            output::print(&format!("make {}\n", from_here(inbox)));
        }
        if needed.is_empty() && inbox.is_none() {
            output::note("nothing to change");
            return Ok(!self.dry_run);
        }
        if self.dry_run {
            output::note("--dry-run: nothing was written");
            return Ok(false);
        }
        if self.yes {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            bail!("nothing was written: there is no terminal to ask at; pass --yes to write these changes");
        }
        eprint_question()?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        let yes = matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes");
        if !yes {
            output::note("nothing was written");
        }
        Ok(yes)
    }
}

fn eprint_question() -> anyhow::Result<()> {
    let mut terminal = std::io::stderr().lock();
    write!(terminal, "Write these changes? [y/N] ")?;
    Ok(terminal.flush()?)
}

/// The inbox to make; `None` if the agent exists. Refuses names that an agent cannot have.
fn inbox_to_make(workspace: &Workspace, agent: &str) -> anyhow::Result<Option<PathBuf>> {
    let roster = workspace.roster()?;
    match roster.resolve(agent) {
        Some(found) if found.kind == AgentKind::Plugin => {
            bail!("`{}` is a plugin, so Baton does its work; choose another name with --agent", found.name)
        }
        Some(found) => Ok((!found.inbox.is_dir()).then(|| found.inbox.clone())),
        None if !is_name(agent) => bail!("`{agent}` cannot be the name of an agent; choose another one with --agent"),
        None => Ok(Some(workspace.root.join("handoffs").join(agent).join("01_inbox"))),
    }
}
