//! Finds problems in a handoff: its agents, action, arguments, dependencies and deadline must fit this workspace. `baton
//! lint` reports all problems; `baton send` and the MCP server check a request before they write its file.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_core::agents::is_everybody;
use baton_core::handoff::check::Problem;
use baton_core::handoff::{self, Handoff, Kind};
use baton_core::manifest::Manifest;
use baton_core::nearest::or_meant;
use baton_intake::{FolderEntryKind, scan};
use baton_ledger::{Reader, task};
use baton_sandbox::Arguments;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{Agent, AgentKind, Roster, with_defaults};

/// The maximum number of files in inboxes that are searched for an id or a title that the ledger does not have.
const SEARCHED: usize = 10_000;

/// The maximum length of a title in characters. Readers cut longer titles.
pub const TITLE_CHARACTERS: usize = 200;

/// Finds the manifest of an agent; `None` if it is not a plugin.
pub type ManifestSource = Arc<dyn Fn(&str) -> Option<Manifest> + Send + Sync>;

/// Checks handoffs against one workspace.
pub struct RequestCheck {
    roster: Arc<Roster>,
    manifests: ManifestSource,
    reader: Option<Reader>,
    /// The ids and titles of the requests in inboxes. The files are read when the first id or title is needed.
    waiting: OnceCell<BTreeSet<String>>,
}

impl RequestCheck {
    /// A check for these agents and plugins. Without `reader`, only the files in inboxes count as known requests.
    #[must_use]
    pub fn new(roster: Arc<Roster>, manifests: ManifestSource, reader: Option<Reader>) -> Self {
        Self { roster, manifests, reader, waiting: OnceCell::new() }
    }

    /// Checks the title of a request before it is written.
    ///
    /// # Errors
    /// When it is not one line of at most 200 characters.
    pub fn title(title: &str) -> Result<(), String> {
        if title.trim().is_empty() || title.contains('\n') || title.chars().count() > TITLE_CHARACTERS {
            return Err(format!("the title must be one line of text, of at most {TITLE_CHARACTERS} characters"));
        }
        Ok(())
    }

    /// The recipient of a request that is about to be written.
    ///
    /// # Errors
    /// When there is no such agent, or the inbox of an external agent is missing.
    pub fn recipient(&self, spelling: &str) -> Result<&Agent, String> {
        let agent = self.roster.resolve(spelling).ok_or_else(|| self.roster.unknown_agent(spelling))?;
        if agent.kind == AgentKind::External && !agent.inbox.is_dir() {
            return Err(format!("{} is missing; make it, or correct `inbox` in baton.toml", agent.inbox.display()));
        }
        Ok(agent)
    }

    /// The problems of the handoff in the file at `path`.
    #[must_use]
    pub fn problems(&self, path: &Path, handoff: &Handoff, now: Timestamp) -> Vec<Problem> {
        let owner = self.owner_of(path);
        let mut problems: Vec<Problem> = self.wrong_target(owner, handoff).into_iter().collect();
        problems.extend(self.wrong_sender(handoff));
        if handoff.kind == Kind::Return {
            return problems;
        }
        let named = handoff.to.as_deref().and_then(|to| self.roster.resolve(to));
        if let Some(agent) = owner.or(named) {
            problems.extend(self.call(agent, handoff.action.as_deref(), &handoff.args).err().map(Problem::error));
        }
        for id in &handoff.depends_on {
            problems.extend(self.wrong_dependency(handoff, id));
        }
        if handoff.deadline.is_some_and(|deadline| deadline < now) {
            problems.push(Problem::warning("`deadline` has passed: a plugin will not start the task"));
        }
        problems
    }

    /// The agent whose inbox contains a file.
    fn owner_of(&self, path: &Path) -> Option<&Agent> {
        let folder = path.canonicalize().ok()?.parent()?.to_owned();
        let is_it = |inbox: &Path| inbox.canonicalize().is_ok_and(|inbox| inbox == folder);
        self.roster.agents().find(|agent| agent.inboxes().any(is_it))
    }

    fn wrong_target(&self, owner: Option<&Agent>, handoff: &Handoff) -> Option<Problem> {
        let to = handoff.to.as_deref().filter(|to| !is_everybody(to))?;
        match (owner, self.roster.resolve(to)) {
            (Some(owner), Some(named)) if owner.name == named.name => None,
            (Some(owner), _) => Some(Problem::warning(format!(
                "the handoff names `{to}`, but the file is in the inbox of `{}`, which gets the task",
                owner.name
            ))),
            (None, None) if handoff.kind == Kind::Return => Some(Problem::warning(self.roster.unknown_agent(to))),
            (None, None) => Some(Problem::error(self.roster.unknown_agent(to))),
            (None, Some(_)) => None,
        }
    }

    fn wrong_sender(&self, handoff: &Handoff) -> Option<Problem> {
        match handoff.from.as_deref() {
            Some("baton") => None,
            None if handoff.kind == Kind::Return => Some(Problem::warning("it names no `executing_agent`")),
            None => Some(Problem::warning("it names no `source_agent`, so nobody gets the RETURN")),
            Some(from) if self.roster.resolve(from).is_some() => None,
            Some(from) if handoff.kind == Kind::Return => Some(Problem::warning(self.roster.unknown_agent(from))),
            Some(from) => {
                let nobody = self.roster.unknown_agent(from);
                Some(Problem::warning(format!("{nobody} Its RETURN will go to handoffs/_unrouted/")))
            }
        }
    }

    fn wrong_dependency(&self, handoff: &Handoff, id: &str) -> Option<Problem> {
        let own = [&handoff.id, &handoff.task_id].into_iter().flatten().any(|own| own == task::dependency_name(id));
        if own {
            return Some(Problem::error(format!("`depends_on` names its own id `{id}`: it would never start")));
        }
        (!self.is_known(id)).then(|| {
            Problem::warning(format!("`depends_on` names `{id}`: no task and no file in an inbox has that id or title"))
        })
    }

    /// Whether a task, or a file that waits in an inbox, has this id or title.
    #[must_use]
    pub fn is_known(&self, id: &str) -> bool {
        let task = self.reader.as_ref().and_then(|reader| task::is_named(reader, id).ok());
        task == Some(true) || self.waiting().contains(task::dependency_name(id))
    }

    fn waiting(&self) -> &BTreeSet<String> {
        self.waiting.get_or_init(|| self.waiting_files().flat_map(|path| names_in(&path)).collect())
    }

    fn waiting_files(&self) -> impl Iterator<Item = PathBuf> {
        let inboxes = self.roster.agents().flat_map(Agent::inboxes).chain([self.roster.central()]);
        let found = inboxes.flat_map(|inbox| scan(inbox).unwrap_or_default());
        found.filter(|found| found.kind == FolderEntryKind::File).map(|found| found.path).take(SEARCHED)
    }

    /// Checks the action and the arguments of a request to one agent. An agent that is not a plugin accepts any action.
    ///
    /// # Errors
    /// When the plugin has no such action, or its schema refuses the arguments.
    pub fn call(&self, agent: &Agent, action: Option<&str>, args: &Map<String, Value>) -> Result<(), String> {
        match self.manifest(agent) {
            Some(manifest) => check_call(agent, &manifest, action, args),
            None => Ok(()),
        }
    }

    /// Checks the arguments of a broadcast for every plugin that has the action, because only these plugins get the
    /// broadcast.
    ///
    /// # Errors
    /// When the schema of one of these plugins refuses the arguments.
    pub fn broadcast(&self, action: &str, args: &Map<String, Value>) -> Result<(), String> {
        for agent in self.roster.agents() {
            let manifest = self.manifest(agent).filter(|manifest| manifest.declares.actions.contains_key(action));
            if let Some(manifest) = manifest {
                check_call(agent, &manifest, Some(action), args).map_err(|why| format!("{}: {why}", agent.name))?;
            }
        }
        Ok(())
    }

    /// The schema of the action's arguments. If the agent has no such action, a schema that accepts all arguments.
    #[must_use]
    pub fn schema(&self, agent: &Agent, action: Option<&str>) -> Value {
        self.schema_of(agent, action).unwrap_or(Value::Bool(true))
    }

    /// As [`RequestCheck::schema`], for a broadcast: the schema of the first plugin with the action.
    #[must_use]
    pub fn broadcast_schema(&self, action: &str) -> Value {
        let found = self.roster.agents().find_map(|agent| self.schema_of(agent, Some(action)));
        found.unwrap_or(Value::Bool(true))
    }

    fn schema_of(&self, agent: &Agent, action: Option<&str>) -> Option<Value> {
        let mut declares = self.manifest(agent)?.declares;
        let action = action.unwrap_or(&declares.default_action).to_owned();
        declares.actions.remove(&action).map(|action| action.args)
    }

    /// The manifest of an agent, if it is a plugin.
    fn manifest(&self, agent: &Agent) -> Option<Manifest> {
        (self.manifests)(&agent.name)
    }

    /// The agents of the workspace.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }
}

/// Checks that the plugin has the action, and that the arguments, with the defaults of `baton.toml`, match the action's schema.
fn check_call(
    agent: &Agent,
    manifest: &Manifest,
    action: Option<&str>,
    args: &Map<String, Value>,
) -> Result<(), String> {
    let action = action.unwrap_or(&manifest.declares.default_action);
    let actions = &manifest.declares.actions;
    if !actions.contains_key(action) {
        let names = actions.keys().map(String::as_str);
        let all = format!("it has: {}", names.clone().collect::<Vec<_>>().join(", "));
        return Err(format!("`{}` has no action `{action}`; {}", agent.name, or_meant(action, names, &all)));
    }
    let args = with_defaults(&Value::Object(args.clone()).to_string(), agent.settings.defaults.get(action));
    Arguments::of(manifest)?.check(action, &args)
}

/// The ids and the title of the request in a file; empty if it is not a request.
fn names_in(path: &Path) -> Vec<String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let read = baton_intake::capture(path, handoff::MAX_BYTES).ok();
    let read = read.and_then(|read| handoff::parse(&name, &read.bytes).ok()).filter(|read| read.kind != Kind::Return);
    read.map(|read| [Some(read.title), read.id, read.task_id].into_iter().flatten().collect()).unwrap_or_default()
}
