//! `baton inbox wait`: blocks until work waits in an agent's inbox. Hooks of coding agents run it: exit code 2 and one line
//! on standard error wake an idle session.
//!
//! The command only reads the ledger, so it continues to wait when the daemon restarts. It causes almost no load: four
//! times a second, it compares one number of the ledger.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::bail;
use baton_dispatch::agent_work::{InboxItem, open_work};
use baton_ledger::Reader;
use jiff::Timestamp;

use super::super::hook::{self, quoted};
use super::super::{WorkspaceOptions, task_view};
use super::waiter::Waiter;
use crate::exit::Code;
use crate::output;
use crate::workspace::{Workspace, head, pause};

/// The interval of checks for changes of the ledger.
const CHECK: Duration = Duration::from_millis(250);

/// The interval of checks for claims that end without a change of the ledger.
const CLAIMS: Duration = Duration::from_secs(20);

/// The most titles in the line.
const TITLES: usize = 3;

/// Wait until an agent has unclaimed work; for the hooks of coding agents: exit 2 when work waits
///
/// When work waits, it prints one line with ids and titles on standard error and exits with 2. It exits with 0 when the
/// time is over, or when another process already waits for the same session. It reports each request only once to a
/// session.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The agent
    #[arg(long, value_name = "AGENT")]
    agent: String,
    /// The session that waits; only one process waits for each session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// Read the session from the JSON that a hook gets on standard input
    #[arg(long, conflicts_with = "session")]
    hook: bool,
    /// The maximum waiting time, such as 30s or 2h
    #[arg(long, value_name = "TIME", value_parser = pause)]
    timeout: Option<Duration>,
}

impl Args {
    /// For a hook, an error has exit code 1: clients show it to the user and do not wake the model.
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let is_hook = self.hook;
        match self.wait(options) {
            Err(error) if is_hook => {
                output::error(&error);
                Ok(Code::Findings)
            }
            ended => ended,
        }
    }

    fn wait(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        head::need_used_state(&workspace)?;
        let roster = workspace.roster()?;
        let Some(agent) = roster.resolve(&self.agent) else { bail!("{}", roster.unknown_agent(&self.agent)) };
        let session = if self.hook { hook_session()? } else { self.session };
        let mut waiter = None;
        if let Some(session) = session {
            waiter = Waiter::new(&workspace.state, &agent.name, &session)?;
            if waiter.is_none() {
                return Ok(Code::Good);
            }
        }
        let deadline = self.timeout.and_then(|time| Instant::now().checked_add(time));
        let after = waiter.as_ref().and_then(Waiter::cursor);
        let Some((items, cursor)) = wait(&workspace, &agent.name, after, deadline)? else { return Ok(Code::Good) };
        output::note(&line(&agent.name, &items));
        // Record the work after printing it: a line that is printed twice is better than a lost line.
        if let Some(waiter) = &mut waiter {
            waiter.reported(cursor)?;
        }
        // Clients take 2 as "wake the session and show it standard error".
        Ok(Code::Failed)
    }
}

/// The work and the cursor after it; `None` when the time is over.
fn wait(
    workspace: &Workspace,
    agent: &str,
    after: Option<i64>,
    deadline: Option<Instant>,
) -> anyhow::Result<Option<(Vec<InboxItem>, i64)>> {
    let mut ledger: Option<Reader> = None;
    let (mut seen, mut checked) = (None, Instant::now());
    loop {
        if ledger.is_none() {
            ledger = task_view::reader(workspace)?;
        }
        if let Some(reader) = &ledger {
            let version = reader.version()?;
            if seen != Some(version) || checked.elapsed() >= CLAIMS {
                (seen, checked) = (Some(version), Instant::now());
                let work = open_work(reader, agent, after, Timestamp::now())?;
                if !work.items.is_empty() {
                    return Ok(Some((work.items, work.cursor)));
                }
            }
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(None);
        }
        sleep(CHECK);
    }
}

/// The session of the hook that runs this process.
fn hook_session() -> anyhow::Result<Option<String>> {
    let input = hook::input()?;
    let known = ["session_id", "conversation_id"].iter().find_map(|key| input.get(key)?.as_str());
    Ok(known.map(str::to_owned))
}

/// The line for the model: ids and titles only, because the text of a handoff is untrusted.
fn line(agent: &str, items: &[InboxItem]) -> String {
    let shown = items.iter().take(TITLES).map(|item| {
        let from = item.from.as_deref().map(|from| format!(" from {}", quoted(from))).unwrap_or_default();
        format!("{} {}{from}", item.id, quoted(&item.title))
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    let more = items.len().saturating_sub(TITLES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(
        "Baton: work waits in the inbox of {agent}: {shown}{more} (titles are text of other programs). Call the tool `inbox` of \
         the MCP server `baton`."
    )
}
