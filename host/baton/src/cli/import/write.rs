//! Converts imported items to requests: finds their agents, leaves out known items, and writes the files.

use std::collections::BTreeMap;

use anyhow::bail;
use baton_core::handoff::compose::Request;
use baton_dispatch::agent_work::{check_size, write_request};
use baton_dispatch::request_check::RequestCheck;
use baton_dispatch::{AgentKind, Roster};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::args::Args;
use super::model::{Import, ImportedItem, SkippedItem};
use crate::cli::library::units::counted;
use crate::cli::{send, task_view};
use crate::exit::Code;
use crate::output::{self, Table, one_line};
use crate::workspace::Workspace;

/// The plan of an import: the requests to write, and the items that are left out.
struct ImportPlan<'a> {
    requests: Vec<(&'a ImportedItem, Request)>,
    /// The items that are in the workspace already.
    known: Vec<&'a ImportedItem>,
    skipped: Vec<SkippedItem>,
}

impl ImportPlan<'_> {
    fn skip(&mut self, item: &ImportedItem, reason: impl Into<String>) {
        self.skipped.push(SkippedItem { origin: item.origin.clone(), reason: reason.into() });
    }
}

pub(super) fn run(workspace: &Workspace, import: &Import, args: &Args) -> anyhow::Result<Code> {
    let check = task_view::request_check(workspace)?;
    let default = args.agent.as_deref().map(|name| external(check.roster(), name)).transpose()?;
    send::note_unknown_sender(check.roster(), &args.from);
    let plan = plan(import, args, &check, default.as_deref());
    if args.apply {
        for (_, request) in &plan.requests {
            let Some(agent) = check.roster().get(&request.to) else { continue };
            write_request(&agent.inbox, request)?;
        }
        workspace.state.wake_daemon();
    }
    if args.json {
        output::json(&as_json(&plan, args.apply));
    } else {
        print(&plan, import, args);
    }
    Ok(Code::Good)
}

/// The external agent with this name. Fails for a plugin: it would run the request at once, although the text was not
/// written for a plugin.
fn external(roster: &Roster, name: &str) -> anyhow::Result<String> {
    match roster.resolve(name) {
        Some(agent) if agent.kind == AgentKind::External => Ok(agent.name.clone()),
        Some(agent) => bail!("--agent: `{}` is a plugin; choose an external agent", agent.name),
        None => bail!("--agent: {}", roster.unknown_agent(name)),
    }
}

fn plan<'a>(import: &'a Import, args: &Args, check: &RequestCheck, default: Option<&str>) -> ImportPlan<'a> {
    let mut plan = ImportPlan { requests: Vec::new(), known: Vec::new(), skipped: import.skipped.clone() };
    let mut imported = BTreeMap::new();
    for item in &import.items {
        let id = import.handoff_id(item);
        if imported.contains_key(item.origin.as_str()) {
            plan.skip(item, "an item before it has the same id");
            continue;
        }
        if check.is_known(&id) {
            plan.known.push(item);
        } else {
            match agent_of(check.roster(), item, default).and_then(|to| request(import, args, item, to, id.clone())) {
                Ok(request) => plan.requests.push((item, request)),
                Err(reason) => {
                    plan.skip(item, reason);
                    continue;
                }
            }
        }
        imported.insert(item.origin.as_str(), id);
    }
    resolve_dependencies(&mut plan, &imported);
    plan
}

/// Replaces the ids of the other tool in `depends_on` by the ids of requests, now that all requests are known.
fn resolve_dependencies(plan: &mut ImportPlan<'_>, imported: &BTreeMap<&str, String>) {
    for (item, request) in &mut plan.requests {
        for need in std::mem::take(&mut request.depends_on) {
            match imported.get(need.as_str()) {
                Some(id) => request.depends_on.push(id.clone()),
                None => plan.skipped.push(SkippedItem {
                    origin: item.origin.clone(),
                    reason: format!("its dependency on {need}, which is not imported"),
                }),
            }
        }
    }
}

fn agent_of(roster: &Roster, item: &ImportedItem, default: Option<&str>) -> Result<String, String> {
    let named = item.assignee.as_deref().and_then(|name| roster.resolve(name));
    match named.filter(|agent| agent.kind == AgentKind::External).map(|agent| agent.name.as_str()).or(default) {
        Some(agent) => Ok(agent.to_owned()),
        None => match &item.assignee {
            Some(name) => Err(format!("there is no external agent `{}`; pass --agent", one_line(name))),
            None => Err("the item names no agent; pass --agent".to_owned()),
        },
    }
}

/// The request of an item. Its `depends_on` has ids of the other tool, except the ids of items that are done in the other
/// tool.
fn request(import: &Import, args: &Args, item: &ImportedItem, to: String, id: String) -> Result<Request, String> {
    if item.title.is_empty() {
        return Err("it has no title".to_owned());
    }
    let request = Request {
        id,
        from: args.from.clone(),
        to,
        title: item.title.clone(),
        action: None,
        args: Map::new(),
        body: item.body.clone(),
        priority: item.priority,
        dedupe_key: None,
        chain: None,
        depends_on: item.depends_on.iter().filter(|need| !import.done.contains(*need)).cloned().collect(),
        deadline: None,
        reply_to: None,
        created_at: item.created_at.unwrap_or_else(Timestamp::now),
    };
    check_size(&request)?;
    Ok(request)
}

fn print(plan: &ImportPlan<'_>, import: &Import, args: &Args) {
    let mut table = Table::new(&["FROM", "TO", "PRIORITY", "AFTER", "TITLE"]);
    for (item, request) in &plan.requests {
        let after = if request.depends_on.is_empty() { String::new() } else { item.depends_on.join(" ") };
        table.row([
            output::shorten(&one_line(&item.origin), 40),
            request.to.clone(),
            request.priority.to_string(),
            output::shorten(&one_line(&after), 40),
            output::shorten(&one_line(&request.title), 60),
        ]);
    }
    if !plan.requests.is_empty() {
        output::print(&table.lines(|_, _, cell| cell));
    }
    if !plan.skipped.is_empty() {
        let mut table = Table::new(&["NOT IMPORTED", "WHY"]);
        for skipped in &plan.skipped {
            table.row([
                output::shorten(&one_line(&skipped.origin), 40),
                output::shorten(&one_line(&skipped.reason), 100),
            ]);
        }
        output::print(&format!("\n{}", table.lines(|_, _, cell| cell)));
    }
    let (known, done) = (plan.known.len(), import.done.len());
    let verb = if args.apply { "wrote" } else { "would write" };
    let requests = counted(plan.requests.len() as u64, "request");
    output::note(&format!("{verb} {requests}; imported before: {known}; done in the other tool: {done}"));
    if !args.apply && !plan.requests.is_empty() {
        output::note("nothing was written; --apply writes the requests");
    }
}

fn as_json(plan: &ImportPlan<'_>, applied: bool) -> Value {
    let requests = plan.requests.iter().map(|(item, request)| {
        json!({
            "origin": item.origin,
            "handoff_id": request.id,
            "to": request.to,
            "title": request.title,
            "priority": request.priority.as_str(),
            "depends_on": request.depends_on,
        })
    });
    let skipped = plan.skipped.iter().map(|item| json!({ "origin": item.origin, "reason": item.reason }));
    json!({
        "schema": 1,
        "applied": applied,
        "requests": requests.collect::<Vec<_>>(),
        "known": plan.known.iter().map(|item| &item.origin).collect::<Vec<_>>(),
        "skipped": skipped.collect::<Vec<_>>(),
    })
}
