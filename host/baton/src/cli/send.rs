//! `baton send`: writes a canonical handoff into an agent's inbox, whole or not at all.

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use baton_core::Digest;
use baton_core::handoff::Priority;
use baton_core::handoff::compose::Request;
use baton_dispatch::{Agent, AgentKind};
use baton_intake::{publish, stage};
use baton_sandbox::Arguments;
use jiff::Timestamp;
use serde_json::Value;

use super::{Place, args};
use crate::exit::Code;
use crate::output;
use crate::workspace::Workspace;

/// Write a handoff into an agent's inbox
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Who is asked
    #[arg(long, value_name = "AGENT")]
    to: String,
    /// Who asks, and gets the RETURN
    #[arg(long, value_name = "AGENT")]
    from: String,
    /// One line
    #[arg(long)]
    title: String,
    /// What to do [default: the agent's default action]
    #[arg(long)]
    action: Option<String>,
    /// An argument of the action; JSON where the value is JSON, else text
    #[arg(long = "arg", value_name = "NAME=VALUE", value_parser = args::read)]
    args: Vec<(String, Value)>,
    /// A Markdown file with the request, or - for standard input
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// low, medium, high or critical
    #[arg(long, default_value = "medium", value_parser = priority)]
    priority: Priority,
}

impl Args {
    /// # Errors
    /// When there is no such agent or the file cannot be written.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        let workspace = place.need()?;
        let roster = workspace.roster()?;
        let Some(agent) = roster.resolve(&self.to) else {
            bail!("{}", roster.nobody(&self.to));
        };
        if self.title.trim().is_empty() || self.title.contains('\n') {
            bail!("the title must be one line that says something");
        }
        if roster.resolve(&self.from).is_none() {
            output::note(&format!(
                "note: there is no agent `{}`: its RETURN will go to handoffs/_unrouted/",
                self.from
            ));
        }
        if agent.kind == AgentKind::External && !agent.inbox.is_dir() {
            bail!("{} is missing; make it, or correct `inbox` in baton.toml", agent.inbox.display());
        }
        self.check_args(&workspace, agent)?;
        let request = self.request(&agent.name, Timestamp::now())?;
        let staged = stage(&agent.inbox, &request.id, &request.to_bytes())?;
        let name = publish(&staged, &request.file_name())?;
        output::print(&format!("{}\n", super::from_here(&agent.inbox.join(name))));
        Ok(Code::Good)
    }

    /// Arguments that a plugin would not be given are not sent to it.
    fn check_args(&self, workspace: &Workspace, agent: &Agent) -> anyhow::Result<()> {
        let Some(manifest) = workspace.register().manifest(&agent.name) else { return Ok(()) };
        let action = self.action.as_deref().unwrap_or(&manifest.declares.default_action);
        let mut args = args::object(self.args.clone());
        for (name, value) in agent.settings.defaults.get(action).into_iter().flatten() {
            args.entry(name).or_insert_with(|| value.clone());
        }
        let arguments = Arguments::of(&manifest).map_err(anyhow::Error::msg)?;
        arguments.check(action, &Value::Object(args).to_string()).map_err(anyhow::Error::msg)
    }

    fn request(&self, to: &str, now: Timestamp) -> anyhow::Result<Request> {
        let unique = format!("{}\0{}\0{}", now.as_nanosecond(), std::process::id(), self.title);
        Ok(Request {
            id: format!("h-{}", Digest::of(unique.as_bytes()).short(16)),
            from: self.from.clone(),
            to: to.to_owned(),
            title: self.title.clone(),
            action: self.action.clone(),
            args: args::object(self.args.clone()),
            body: self.read_body()?,
            priority: self.priority,
            dedupe_key: None,
            chain: None,
            created_at: now,
        })
    }

    fn read_body(&self) -> anyhow::Result<String> {
        let Some(path) = &self.body else {
            return Ok(String::new());
        };
        if path.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("failed to read standard input")?;
            return Ok(text);
        }
        std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))
    }
}

fn priority(word: &str) -> Result<Priority, String> {
    Priority::read(word).ok_or_else(|| "low, medium, high and critical are priorities".to_owned())
}
