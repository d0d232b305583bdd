//! `baton agents`: the agents with their activity and their number of waiting tasks.

use std::collections::BTreeMap;
use std::path::Path;

use baton_dispatch::agent_work::activities;
use baton_dispatch::{Agent, AgentKind, Roster, Schedule};
use baton_ledger::supervision::{self, FailingPlugin};
use baton_ledger::task;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{WorkspaceOptions, command_agents, task_view};
use crate::exit::Code;
use crate::output::{self, Table};
use crate::workspace::adoption;

/// Show the agents, and how many tasks wait for each agent
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show what Baton does with each folder of handoffs/ and of the adopted folders, and why
    #[arg(long)]
    folders: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        if self.folders {
            let folders = workspace.agent_folders()?;
            if self.json {
                output::json(&json!({ "schema": 1, "folders": adoption::as_json(&folders) }));
            } else {
                output::print(&adoption::as_table(&folders, &workspace.root));
            }
            return Ok(Code::Good);
        }
        let roster = workspace.roster()?;
        let (open, held): (BTreeMap<String, u64>, Vec<FailingPlugin>) = match task_view::reader(&workspace)? {
            Some(reader) => (
                task::open_by_agent(&reader)?.into_iter().collect(),
                supervision::quarantined_plugins(&reader, Timestamp::now())?,
            ),
            None => Default::default(),
        };
        let now = Timestamp::now();
        let activities = match task_view::reader(&workspace)? {
            Some(reader) => activities(&reader, &external(&roster), now)?,
            None => BTreeMap::new(),
        };
        let commands = workspace.config.command_agents();
        let command_of = |name: &str| commands.iter().find(|command| command.name == name);
        let held_of = |name: &str| held.iter().find(|held| held.agent == name);
        let inbox = |agent: &Agent| {
            let shown = |inbox: &Path| inbox.strip_prefix(&workspace.root).unwrap_or(inbox).display().to_string();
            agent.inboxes().map(shown).collect::<Vec<_>>()
        };
        let rows = roster.agents().map(|agent| (agent, open.get(&agent.name).copied().unwrap_or(0), inbox(agent)));
        if self.json {
            let agents: Vec<Value> = rows
                .map(|(agent, open, inbox)| {
                    json!({
                        "name": agent.name, "kind": agent.kind.as_str(), "open": open,
                        "inbox": inbox.first(), "also": inbox.get(1..).unwrap_or_default(),
                        "schedules": schedules(agent, now),
                        "command": command_of(&agent.name).map(|command| command.client.name()),
                        "activity": activities.get(&agent.name).map(command_agents::activity_json),
                        "quarantine": held_of(&agent.name).map(task_view::held_json),
                    })
                })
                .collect();
            output::json(&json!({ "schema": 1, "agents": agents }));
        } else {
            let mut table = Table::new(&["AGENT", "KIND", "OPEN", "ACTIVITY", "INBOX"]);
            for (agent, open, inbox) in rows {
                let activity = activities.get(&agent.name);
                let activity = activity.map_or("-".to_owned(), |known| command_agents::activity_text(known, now));
                let kind = command_of(&agent.name).map_or(agent.kind.as_str(), |command| command.client.name());
                table.row([agent.name.clone(), kind.to_owned(), open.to_string(), activity, inbox.join(", ")]);
            }
            output::print(&table.lines(|_, _, cell| cell));
            for held in &held {
                output::note(&task_view::held_text(held));
            }
        }
        Ok(Code::Good)
    }
}

/// The names of the external agents.
fn external(roster: &Roster) -> Vec<&str> {
    let external = roster.agents().filter(|agent| agent.kind == AgentKind::External);
    external.map(|agent| agent.name.as_str()).collect()
}

/// The schedules of a plugin with their next times. Only plugins have schedules.
fn schedules(agent: &Agent, now: Timestamp) -> Vec<Value> {
    let schedules = agent.settings.schedules.iter().filter(|_| agent.kind == AgentKind::Plugin);
    let shown = |schedule: &Schedule| {
        let next = schedule.next(now).map(task_view::time);
        json!({ "cron": schedule.cron(), "action": schedule.action(), "next": next })
    };
    schedules.map(shown).collect()
}
