//! A file that was read, as it is to be written down. What had to be held of the parsed tree is dropped here: what goes to
//! the ledger is small.

use baton_core::handoff::{Handoff, Kind, Original, Priority};
use baton_core::{State, dedupe, file_name};
use baton_intake::Captured;
use baton_ledger::task;

use crate::house::House;
use crate::{Agent, AgentKind};

/// A file on its way into the ledger.
pub(super) struct Incoming {
    pub(super) new: task::New,
    /// Absent when it was too large to be read.
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) what: What,
    /// Whether the inbox belongs to an agent that reads it itself.
    pub(super) external: bool,
}

/// What it is.
pub(super) enum What {
    /// Somebody asks for something.
    Request,
    /// Somebody answers.
    Return(Answers),
    /// It is no handoff.
    Broken,
}

/// What a RETURN answers, and which agents of this workspace its signature means: they answer for themselves only, because
/// ids and file names are not unique. An empty list is a signature that means no agent here.
pub(super) struct Answers {
    pub(super) original: Original,
    pub(super) by: Vec<String>,
}

impl Incoming {
    pub(super) fn of_handoff(house: &House, agent: &Agent, file: String, read: Captured, handoff: Handoff) -> Self {
        let roster = house.roster();
        let canonical = |spelling: &str| roster.resolve(spelling).map_or(spelling, |agent| &agent.name).to_owned();
        if let Some(to) =
            handoff.to.as_deref().filter(|to| !roster.same(to, &agent.name) && canonical(to) != agent.name)
        {
            tracing::warn!(%file, %to, agent = %agent.name, "the handoff names another agent; the folder decides");
        }
        let substance = dedupe::substance(handoff.raw.as_ref(), &read.bytes);
        let key = dedupe::key(&agent.name, &handoff, &substance);
        let sender = handoff.from.as_deref().map(canonical);
        let what = match &handoff.kind {
            Kind::Request(_) => What::Request,
            Kind::Return => {
                let signed =
                    |agent: &&Agent| handoff.from.as_deref().is_some_and(|from| roster.same(&agent.name, from));
                let by = roster.agents().filter(signed).map(|agent| agent.name.clone()).collect();
                What::Return(Answers { original: handoff.original.unwrap_or_default(), by })
            }
        };
        let new = task::New {
            agent: agent.name.clone(),
            origin: task::Origin::Handoff,
            kind: handoff.kind.as_str().to_owned(),
            handoff_id: handoff.id,
            sender: sender.clone(),
            title: handoff.title,
            action: handoff.action,
            args: serde_json::Value::Object(handoff.args).to_string(),
            body: handoff.body,
            made_at: handoff.created_at,
            paths: Vec::new(),
            priority: handoff.priority,
            state: State::Captured,
            reason: handoff.mended.join("; "),
            file: Some(file),
            input: Some(read.hash.to_string()),
            dedupe_key: Some(key.to_string()),
            substance: Some(substance.to_string()),
            actor: sender.unwrap_or_else(|| "baton".to_owned()),
        };
        Self { new, bytes: Some(read.bytes), what, external: agent.kind == AgentKind::External }
    }

    pub(super) fn of_broken(agent: &Agent, file: String, name: &str, read: Option<Captured>, reason: String) -> Self {
        let named = file_name::parse(name);
        tracing::warn!(%file, "quarantined: {reason}");
        let new = task::New {
            agent: agent.name.clone(),
            origin: task::Origin::Handoff,
            kind: named.kind.unwrap_or_else(|| "HANDOFF".to_owned()),
            handoff_id: None,
            sender: None,
            title: named.title.unwrap_or_else(|| name.to_owned()),
            action: None,
            args: "{}".to_owned(),
            body: String::new(),
            made_at: named.made_at,
            paths: Vec::new(),
            priority: Priority::default(),
            state: State::Captured,
            reason,
            file: Some(file),
            input: read.as_ref().map(|read| read.hash.to_string()),
            dedupe_key: None,
            substance: None,
            actor: "baton".to_owned(),
        };
        let bytes = read.map(|read| read.bytes);
        Self { new, bytes, what: What::Broken, external: agent.kind == AgentKind::External }
    }
}
