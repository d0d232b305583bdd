//! `baton inbox list`: the requests and RETURNs in an agent's inbox, and which of them a session has claimed.

use anyhow::bail;
use baton_dispatch::agent_work::{InboxItem, inbox_items};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{WorkspaceOptions, task_view};
use crate::exit::Code;
use crate::output::{self, Table, one_line};

/// Show the open requests and RETURNs of an agent, and which of them are claimed
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The agent
    #[arg(long, value_name = "AGENT")]
    agent: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let roster = workspace.roster()?;
        let Some(agent) = roster.resolve(&self.agent) else { bail!("{}", roster.unknown_agent(&self.agent)) };
        let items = match task_view::reader(&workspace)? {
            Some(reader) => inbox_items(&reader, &agent.name, Timestamp::now())?,
            None => Vec::new(),
        };
        if self.json {
            let items: Vec<Value> = items.iter().map(as_json).collect();
            output::json(&json!({ "schema": 1, "agent": agent.name, "items": items }));
        } else if items.is_empty() {
            output::note(&format!("the inbox of {} is empty", agent.name));
        } else {
            let mut table = Table::new(&["ID", "KIND", "FROM", "CLAIMED UNTIL", "TITLE"]);
            for item in &items {
                let claimed = item.claim.as_ref().map(|claim| task_view::time(claim.until)).unwrap_or_default();
                let from = item.from.as_deref().map(one_line).unwrap_or_default();
                table.row([item.id.clone(), one_line(&item.kind), from, claimed, one_line(&item.title)]);
            }
            output::print(&table.lines(|_, _, cell| cell));
        }
        Ok(Code::Good)
    }
}

fn as_json(item: &InboxItem) -> Value {
    json!({
        "id": item.id,
        "kind": item.kind,
        "state": item.state.as_str(),
        "title": item.title,
        "from": item.from,
        "priority": item.priority.as_str(),
        "since": task_view::time(item.since),
        "deadline": item.deadline.map(task_view::time),
        "claimed_by": item.claim.as_ref().map(|claim| claim.holder.clone()),
        "claimed_until": item.claim.as_ref().map(|claim| task_view::time(claim.until)),
    })
}
