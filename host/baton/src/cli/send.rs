//! `baton send`: writes a canonical handoff into an agent's inbox, or for a broadcast into the drop box, completely or
//! not at all. With `--wait` it waits for the RETURN (`sent.rs`).

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_core::handoff::Priority;
use baton_core::handoff::compose::Request;
use baton_dispatch::agent_work::{request_id, write_request};
use baton_dispatch::request_check::RequestCheck;
use baton_dispatch::{Agent, Roster};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::sent::SentHandoff;
use super::{WorkspaceOptions, args, task_view};
use crate::exit::Code;
use crate::{output, workspace};

/// The `target_agent` of a broadcast.
const EVERYBODY: &str = "all";

/// Write a handoff into an agent's inbox and print its id
///
/// Before it writes, it checks the agent, the action, the arguments against the action's JSON Schema, dependencies and
/// the deadline. Exit codes with --wait: 0 the task succeeded, 1 it ended in another state, 3 it did
/// not end before the deadline.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The agent that gets the request
    #[arg(long, value_name = "AGENT", required_unless_present = "broadcast", conflicts_with = "broadcast")]
    to: Option<String>,
    /// Send to every agent except the sender. A plugin gets the request only if it has the action of --action
    #[arg(long)]
    broadcast: bool,
    /// The sender, which gets the RETURN
    #[arg(long, value_name = "AGENT")]
    from: String,
    /// The agent that gets the RETURN instead of --from
    #[arg(long, value_name = "AGENT")]
    reply_to: Option<String>,
    /// The title, in one line
    #[arg(long)]
    title: String,
    /// The action [default: the agent's default action]
    #[arg(long)]
    action: Option<String>,
    #[command(flatten)]
    given: args::ActionArguments,
    /// A Markdown file with the request, or - for standard input
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// low, medium, high or critical
    #[arg(long, default_value = "medium", value_parser = priority)]
    priority: Priority,
    /// The id or title of a handoff that must succeed first. With `verified:ID`, a check must also verify the RETURN of
    /// that handoff. May be given several times
    #[arg(long, value_name = "ID")]
    depends_on: Vec<String>,
    /// The deadline: a time with its zone (2026-01-18T10:15:00Z), or a time span from now (90s, 5m, 2h, 7d)
    #[arg(long, value_name = "TIME")]
    deadline: Option<String>,
    /// Wait for the RETURN, or for the deadline
    #[arg(long)]
    wait: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let check = task_view::request_check(&workspace)?;
        let (roster, now) = (check.roster(), Timestamp::now());
        let (agent, args) = self.agent_and_args(&check)?;
        RequestCheck::title(&self.title).map_err(anyhow::Error::msg)?;
        let reply_to = self.reply_to.as_ref().map(|named| {
            let agent =
                roster.resolve(named).with_context(|| format!("--reply-to: {}", roster.unknown_agent(named)))?;
            anyhow::Ok(agent.name.clone())
        });
        let reply_to = reply_to.transpose()?;
        if reply_to.is_none() {
            note_unknown_sender(roster, &self.from);
        }
        for id in &self.depends_on {
            if !check.is_known(id) {
                bail!(
                    "--depends-on: no task and no file in an inbox has the id or title `{id}`; `baton status --json` lists the ids"
                );
            }
        }
        let deadline = self.deadline.as_deref().map(|text| moment(text, now)).transpose()?;
        let inbox = agent.map_or(roster.central(), |agent| &agent.inbox);
        let to = agent.map_or(EVERYBODY, |agent| &agent.name);
        let request = Request { reply_to, deadline, ..self.request(to, args, now)? };
        let file = write_request(inbox, &request)?;
        let sent = SentHandoff { id: request.id, to: to.to_owned(), file: super::from_here(&file), deadline };
        if !self.json {
            output::print(&format!("{}\n", sent.id));
            output::note(&format!("wrote {}", sent.file));
        }
        let outcome = self.wait.then(|| sent.wait(&workspace)).transpose()?;
        if self.json {
            output::json(&sent.as_json(outcome.as_ref()));
        }
        Ok(outcome.map_or(Code::Good, |outcome| outcome.code()))
    }

    /// The recipient (`None` for a broadcast) and the arguments, after all checks.
    fn agent_and_args<'a>(&self, check: &'a RequestCheck) -> anyhow::Result<(Option<&'a Agent>, Map<String, Value>)> {
        if self.given.reads_input() && self.body.as_deref() == Some(Path::new("-")) {
            bail!("--args-json - and --body - both read standard input; pass one of them as a file or as text");
        }
        let Some(to) = &self.to else {
            let Some(action) = &self.action else {
                output::note("note: a broadcast without --action reaches no plugin");
                return Ok((None, self.given.values(&Value::Bool(true))?));
            };
            let args = self.given.values(&check.broadcast_schema(action))?;
            check.broadcast(action, &args).map_err(anyhow::Error::msg)?;
            return Ok((None, args));
        };
        let agent = check.recipient(to).map_err(anyhow::Error::msg)?;
        let args = self.given.values(&check.schema(agent, self.action.as_deref()))?;
        check.call(agent, self.action.as_deref(), &args).map_err(anyhow::Error::msg)?;
        Ok((Some(agent), args))
    }

    fn request(&self, to: &str, args: Map<String, Value>, now: Timestamp) -> anyhow::Result<Request> {
        Ok(Request {
            id: request_id(&self.title, now),
            from: self.from.clone(),
            to: to.to_owned(),
            title: self.title.clone(),
            action: self.action.clone(),
            args,
            body: self.read_body()?,
            priority: self.priority,
            dedupe_key: None,
            chain: None,
            depends_on: self.depends_on.clone(),
            deadline: None,
            reply_to: None,
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

/// Prints a note if no agent has the name of the sender.
pub(super) fn note_unknown_sender(roster: &Roster, from: &str) {
    if roster.resolve(from).is_none() {
        output::note(&format!("note: {} Its RETURN will go to handoffs/_unrouted/", roster.unknown_agent(from)));
    }
}

fn priority(word: &str) -> Result<Priority, String> {
    Priority::read(word).ok_or_else(|| "the priorities are low, medium, high and critical".to_owned())
}

/// Parses a time in the future: a timestamp, or a time span from now. Handoffs have whole seconds.
fn moment(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    let at = match (text.parse::<Timestamp>(), workspace::pause(text)) {
        (Ok(at), _) => at,
        (_, Ok(pause)) => now.checked_add(pause).context("--deadline is too far in the future")?,
        _ => bail!(
            "--deadline: `{text}` is not a time; write 2026-01-18T10:15:00Z (with the zone), or 90s, 5m, 2h, 7d from now on"
        ),
    };
    if at <= now {
        bail!("--deadline: {at} has passed; a plugin would not start the task");
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_a_time_with_its_zone_or_a_time_span() {
        let now: Timestamp = "2026-01-18T10:15:00Z".parse().unwrap();
        for (text, at) in [
            ("2026-01-18T12:00:00+01:00", Some("2026-01-18T11:00:00Z")),
            ("90s", Some("2026-01-18T10:16:30Z")),
            ("7d", Some("2026-01-25T10:15:00Z")),
            ("2026-01-18T10:15:00Z", None),
            ("2026-01-19T10:15:00", None),
            ("tomorrow", None),
            ("0s", None),
            ("-5m", None),
            ("99999999999d", None),
        ] {
            assert_eq!(moment(text, now).ok(), at.map(|at| at.parse().unwrap()), "{text}");
        }
    }
}
