//! The options that choose tasks by state, agent or plugin, shared by `status` and `cancel`.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::bail;
use baton_core::{OutcomeKind, State, UnknownName};
use baton_dispatch::AgentKind;
use baton_ledger::task::TaskFilter;

use super::WorkspaceOptions;
use crate::output::one_line;
use crate::workspace::Workspace;

/// A selection of tasks.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct TaskSelection {
    /// Only tasks in one of these states (separated by commas), or with the outcome `partial` or `refused`. `--state NAME`
    /// has the same effect if NAME is the name of a task state. If a state folder has such a name, write it as ./NAME
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = parse_state)]
    in_state: Vec<StateFilter>,
    /// Only tasks of this agent, in any of its spellings
    #[arg(long, value_name = "AGENT", conflicts_with = "plugin")]
    agent: Option<String>,
    /// Only tasks of this plugin
    #[arg(long, value_name = "PLUGIN")]
    plugin: Option<String>,
}

/// A state or an outcome in `--in-state`.
#[derive(Clone, Copy, Debug)]
enum StateFilter {
    State(State),
    Outcome(OutcomeKind),
}

impl FromStr for StateFilter {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        name.parse().map(Self::Outcome).or_else(|_| name.parse().map(Self::State))
    }
}

/// Parses the name of a state or an outcome.
fn parse_state(name: &str) -> Result<StateFilter, String> {
    let names = State::ALL.map(State::as_str).join(", ");
    let outcomes = OutcomeKind::ALL.map(OutcomeKind::as_str).join(", ");
    name.trim().parse().map_err(|error| format!("{error}; the states are {names}; the outcomes are {outcomes}"))
}

impl TaskSelection {
    /// Moves task states in `--state` to `--in-state`. Returns the other options.
    pub(super) fn states_of(&mut self, options: &WorkspaceOptions) -> WorkspaceOptions {
        let named =
            options.state.as_ref().and_then(|named| named.to_str()).map(|named| named.split(',').map(str::parse));
        let states: Option<Vec<StateFilter>> = named.and_then(|states| states.collect::<Result<_, _>>().ok());
        let folder: Option<PathBuf> = options.state.clone().filter(|_| states.is_none());
        self.in_state.extend(states.unwrap_or_default());
        WorkspaceOptions { workspace: options.workspace.clone(), state: folder }
    }

    /// True if no option was given, which selects every task.
    pub(super) fn is_empty(&self) -> bool {
        self.in_state.is_empty() && self.agent.is_none() && self.plugin.is_none()
    }

    /// The filter of these options.
    pub(super) fn filter(&self, workspace: &Workspace) -> anyhow::Result<TaskFilter> {
        let of_state = |filter: &StateFilter| if let StateFilter::State(state) = filter { Some(*state) } else { None };
        let of_outcome =
            |filter: &StateFilter| if let StateFilter::Outcome(kind) = filter { Some(*kind) } else { None };
        let states = self.in_state.iter().filter_map(of_state).collect();
        let outcomes = self.in_state.iter().filter_map(of_outcome).collect();
        let Some(name) = self.agent.as_ref().or(self.plugin.as_ref()) else {
            return Ok(TaskFilter { states, outcomes, ..TaskFilter::default() });
        };
        let roster = workspace.roster()?;
        let found = roster.resolve(name);
        if self.plugin.is_some() && found.is_none_or(|agent| agent.kind != AgentKind::Plugin) {
            bail!("there is no plugin `{}` here; `baton plugin list` shows all", one_line(name));
        }
        // A removed agent may have left tasks.
        let agent = found.map_or_else(|| name.clone(), |agent| agent.name.clone());
        Ok(TaskFilter { states, outcomes, agent: Some(agent), since: None })
    }
}
