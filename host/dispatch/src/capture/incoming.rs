//! The record of a file that was read and will be captured. This module drops the parsed JSON tree, because the tree is much
//! larger than the record.

use std::time::Duration;

use baton_core::agents::is_everybody;
use baton_core::handoff::agent_return::{self, CommandRun};
use baton_core::handoff::{self, Handoff, Kind};
use baton_core::{State, dedupe, file_name};
use baton_intake::CapturedFile;
use baton_ledger::task::{self, Origin};

use super::answers::AnsweredRequest;
use crate::context::Context;
use crate::{Agent, AgentKind};

/// A file that Baton has read and will write to the ledger.
pub(super) struct IncomingFile {
    pub(super) new: task::NewTask,
    /// Absent if the file was too large to be read.
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) what: IncomingKind,
    /// Present for a RETURN.
    pub(super) answers: Option<AnsweredRequest>,
    /// The commands that a RETURN names as evidence.
    pub(super) commands: Vec<CommandRun>,
    /// True if the agent of the file is external.
    pub(super) external: bool,
    /// True if the file is in an inbox that its agent reads itself.
    pub(super) read_there: bool,
    /// The ids of the handoffs on which the file's handoff depends.
    pub(super) depends_on: Vec<String>,
    /// The id of the handoff that the file's handoff follows up or reviews.
    pub(super) follows: Option<String>,
    /// For a file in the drop box: the inbox to which Baton moves it.
    pub(super) move_to: Option<String>,
    /// How long the same content counts as the same request. Absent if the handoff has an id.
    pub(super) repeats_within: Option<Duration>,
    /// The folder for the RETURN that Baton sends if it refuses the request.
    pub(super) answer_folder: Option<String>,
}

/// The copy of a broadcast for one agent, and the agent's inbox.
pub(super) struct BroadcastCopy {
    pub(super) incoming: IncomingFile,
    pub(super) inbox: String,
}

/// The kind of a file.
pub(super) enum IncomingKind {
    /// The file asks for work.
    Request,
    /// The file answers a request.
    Return,
    /// The file cannot be read as a handoff.
    Broken,
    /// The file is in the drop box and names an unknown agent. Contains the reason.
    Unrouted(String),
    /// A broadcast without an action that the inbox's plugin has. Contains the reason.
    Greeting(String),
}

impl IncomingFile {
    /// A handoff in an inbox of `agent`.
    pub(super) fn of_handoff(
        context: &Context,
        agent: &Agent,
        file: String,
        read: CapturedFile,
        handoff: Handoff,
    ) -> Self {
        let roster = context.roster();
        // A RETURN by Baton is in the inbox of the request's `reply_to`, and may name another agent as its recipient.
        let is_own = handoff.kind == Kind::Return && handoff.raw.as_ref().is_some_and(|raw| raw.get("baton").is_some());
        if let Some(to) = handoff.to.as_deref().filter(|to| !roster.same(to, &agent.name) && !is_everybody(to))
            && roster.resolve(to).is_none_or(|named| named.name != agent.name)
            && !is_own
        {
            tracing::warn!(%file, %to, agent = %agent.name, "the handoff names another agent; the agent of the folder gets it");
        }
        let external = agent.kind == AgentKind::External;
        let greets = is_broadcast(&handoff) && !concerns(context, agent, &handoff);
        let mut incoming = Self::for_agent(context, &agent.name, external, read, handoff);
        if greets && matches!(incoming.what, IncomingKind::Request) {
            incoming.what =
                IncomingKind::Greeting(format!("a broadcast without an action of `{}`: nothing to do", agent.name));
        }
        incoming.new.file = Some(file);
        incoming.read_there = external;
        incoming
    }

    /// A handoff for `agent`, in any inbox or in the drop box.
    pub(super) fn for_agent(
        context: &Context,
        agent: &str,
        external: bool,
        read: CapturedFile,
        handoff: Handoff,
    ) -> Self {
        let roster = context.roster();
        let canonical = |spelling: &str| roster.resolve(spelling).map_or(spelling, |agent| &agent.name).to_owned();
        let substance = dedupe::substance(handoff.raw.as_ref(), &read.bytes);
        let key = dedupe::key(agent, &handoff, &read.bytes);
        let repeats_within = (!dedupe::has_id(&handoff)).then(|| context.repeat_after(agent));
        let sender = handoff.from.as_deref().map(canonical);
        let answers = AnsweredRequest::of(&roster, &handoff);
        let what = if answers.is_some() { IncomingKind::Return } else { IncomingKind::Request };
        let chain = handoff.chain.unwrap_or_default();
        let asks = answers.is_none();
        let commands = handoff.raw.as_ref().filter(|_| !asks).map(agent_return::commands).unwrap_or_default();
        let reply_to = handoff.reply_to.as_deref().map(canonical);
        let answered = sender.clone().filter(|sender| asks && sender != "baton");
        let answered = answered.map(|sender| reply_to.clone().unwrap_or(sender));
        let new = task::NewTask {
            kind: handoff.kind.as_str().to_owned(),
            handoff_id: handoff.id,
            task_id: handoff.task_id,
            title: handoff.title,
            action: handoff.action,
            args: serde_json::Value::Object(handoff.args).to_string(),
            body: handoff.body,
            made_at: handoff.created_at,
            deadline: handoff.deadline,
            chain_id: chain.id,
            chain_phase: chain.phase,
            priority: handoff.priority,
            reason: handoff.repairs.join("; "),
            input: Some(read.hash.to_string()),
            dedupe_key: Some(key.to_string()),
            substance: Some(substance.to_string()),
            actor: captured_by(sender.as_deref()),
            sender,
            reply_to,
            ..task::NewTask::blank(agent, Origin::Handoff, State::Captured)
        };
        Self {
            new,
            bytes: Some(read.bytes),
            what,
            answers,
            commands,
            external,
            read_there: false,
            depends_on: handoff.depends_on,
            follows: handoff.follows,
            move_to: None,
            repeats_within,
            answer_folder: answered.map(|to| context.answers_for(&to)),
        }
    }

    /// A file in an inbox of `owner` that cannot be read. If its text names its sender, the sender gets a RETURN.
    pub(super) fn of_broken(
        context: &Context,
        owner: &str,
        file: String,
        read: Option<CapturedFile>,
        reason: String,
    ) -> Self {
        let name = file.rsplit('/').next().unwrap_or(&file);
        let named = file_name::parse(name);
        tracing::warn!(%file, "rejected: {reason}");
        let answers = named.kind.as_deref().is_some_and(|word| Kind::of(word) == Kind::Return);
        let written = read.as_ref().filter(|_| !answers).and_then(|read| handoff::sender_in(&read.bytes));
        let roster = context.roster();
        let sender = written.and_then(|sender| roster.resolve(&sender).map(|agent| agent.name.clone()));
        let new = task::NewTask {
            kind: named.kind.unwrap_or_else(|| "HANDOFF".to_owned()),
            title: named.title.unwrap_or_else(|| name.to_owned()),
            made_at: named.made_at,
            reason,
            sender: sender.clone(),
            file: Some(file),
            input: read.as_ref().map(|read| read.hash.to_string()),
            ..task::NewTask::blank(owner, Origin::Handoff, State::Captured)
        };
        Self {
            new,
            bytes: read.map(|read| read.bytes),
            what: IncomingKind::Broken,
            answers: None,
            commands: Vec::new(),
            external: false,
            read_there: false,
            depends_on: Vec::new(),
            follows: None,
            move_to: None,
            repeats_within: None,
            answer_folder: sender.map(|sender| context.answers_for(&sender)),
        }
    }
}

/// The actor in the event of a capture: the sender that the file names, but never Baton or the operator.
fn captured_by(sender: Option<&str>) -> String {
    let allowed = |sender: &&str| !["baton", "operator"].iter().any(|name| sender.eq_ignore_ascii_case(name));
    sender.filter(allowed).unwrap_or("baton").to_owned()
}

/// The agent name of a broadcast in the ledger.
pub const ALL_AGENTS: &str = "*";

/// True if a handoff is for all agents.
pub(super) fn is_broadcast(handoff: &Handoff) -> bool {
    handoff.to.as_deref().is_some_and(is_everybody) || handoff.kind == Kind::Request("BROADCAST".to_owned())
}

/// True if an agent gets a copy of a broadcast. A plugin gets one only if it has the action in the broadcast.
pub(super) fn concerns(context: &Context, agent: &Agent, handoff: &Handoff) -> bool {
    let has = |action: &str| context.plugin(&agent.name).is_ok_and(|plugin| plugin.action(Some(action)).is_ok());
    agent.kind == AgentKind::External || handoff.action.as_deref().is_some_and(has)
}
