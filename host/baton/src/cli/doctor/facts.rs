//! The data that the checks share: paths, configuration, agents, the ledger, the state of the daemon, and the time.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_core::shell::quoted;
use baton_dispatch::budget::{ExhaustedBudget, reached};
use baton_dispatch::{Agent, AgentKind, Roster};
use baton_ledger::{LedgerError, Reader};
use jiff::Timestamp;

use super::super::{WorkspaceOptions, from_here, task_view};
use super::finding::Finding;
use crate::workspace::{self, CONFIG_FILE, Config, LOCK_FILE, Lock, ServingProcess, State};

pub(super) struct Facts {
    /// The workspace, resolved.
    pub(super) root: PathBuf,
    /// `baton.toml`.
    pub(super) config: anyhow::Result<Config>,
    /// `baton.lock`.
    pub(super) lock: anyhow::Result<Lock>,
    /// The state folder; if it does not exist yet, its planned path.
    pub(super) state: anyhow::Result<State>,
    /// The agents; without plugins when `baton.lock` cannot be read.
    pub(super) agents: Vec<Agent>,
    /// The ledger; `None` if there is none yet.
    pub(super) ledger: Result<Option<Reader>, LedgerError>,
    pub(super) serving: io::Result<ServingProcess>,
    pub(super) now: Timestamp,
    /// The program with the options that name this workspace.
    command: String,
}

impl Facts {
    /// Collects the data without changing anything.
    pub(super) fn gather(options: &WorkspaceOptions) -> anyhow::Result<Self> {
        let Some(root) = workspace::find(options.workspace.as_deref())? else {
            bail!("there is no {CONFIG_FILE} here or above; `baton init DIR` makes a workspace, -w DIR names one");
        };
        let root = root.canonicalize().with_context(|| format!("failed to find the folder {}", root.display()))?;
        let lock = Lock::read(&root.join(LOCK_FILE)).map_err(anyhow::Error::from);
        let config = Config::read(&root.join(CONFIG_FILE));
        let state = State::locate(&root, options.state.as_deref());
        Ok(Self {
            agents: agents(&root, lock.as_ref().ok(), config.as_ref().ok()),
            config,
            ledger: state.as_ref().map_or(Ok(None), |state| task_view::open(&state.ledger())),
            serving: state.as_ref().map_or(Ok(ServingProcess::Never), ServingProcess::read),
            now: Timestamp::now(),
            command: command(options),
            root,
            lock,
            state,
        })
    }

    /// A `baton` command with the options for this workspace, ready to be typed.
    pub(super) fn baton(&self, words: &str) -> String {
        format!("{} {words}", self.command)
    }

    /// A path for messages and JSON. A path inside the workspace is relative to the workspace.
    pub(super) fn display(&self, path: &Path) -> String {
        match path.strip_prefix(&self.root) {
            Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
            Ok(inside) => inside.display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }

    /// The absolute path of a file in the ledger.
    pub(super) fn real(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// The agents that are plugins.
    pub(super) fn plugins(&self) -> impl Iterator<Item = &Agent> {
        self.agents.iter().filter(|agent| agent.kind == AgentKind::Plugin)
    }

    /// The budgets that plugins have used up.
    pub(super) fn budgets_reached(&self, reader: &Reader) -> Result<Vec<ExhaustedBudget>, LedgerError> {
        let rules = self.config.as_ref().map(|config| config.rules(&self.root)).unwrap_or_default();
        reached(reader, &rules.budgets, self.now)
    }

    pub(super) fn is_served(&self) -> bool {
        self.serving.as_ref().is_ok_and(|serving| serving.is_on())
    }

    /// The ledger, if it exists and has the format of this build.
    pub(super) fn readable(&self) -> Option<&Reader> {
        let reader = self.ledger.as_ref().ok()?.as_ref()?;
        let form = baton_ledger::inspect::form(reader).ok()?;
        (form.found == form.known).then_some(reader)
    }
}

/// A path as a quoted word of a shell command.
pub(super) fn shell_word(path: &Path) -> String {
    quoted(&from_here(path))
}

/// The findings, or one finding with the error of the check.
pub(super) fn or_finding(
    check: &'static str,
    place: String,
    done: Result<Vec<Finding>, LedgerError>,
    fix: &str,
) -> Vec<Finding> {
    done.unwrap_or_else(|error| vec![Finding::fail(check, place, format!("the check failed: {error}"), fix)])
}

fn agents(root: &Path, lock: Option<&Lock>, config: Option<&Config>) -> Vec<Agent> {
    let plugins: Vec<String> = lock.into_iter().flat_map(Lock::names).map(str::to_owned).collect();
    let rules = config.map(|config| config.rules(root)).unwrap_or_default();
    let roster = Roster::load(&root.join("handoffs"), plugins.iter(), &rules).unwrap_or_default();
    roster.agents().cloned().collect()
}

fn command(options: &WorkspaceOptions) -> String {
    let option = |name: &str, path: &Option<PathBuf>| {
        path.as_ref().map(|path| format!(" {name} {}", quoted(&path.display().to_string()))).unwrap_or_default()
    };
    format!("baton{}{}", option("-w", &options.workspace), option("--state", &options.state))
}
