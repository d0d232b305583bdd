//! What every dispatch step needs: the workspace's folders, the ledger, the sandbox, the installed plugins with their grants, and
//! the agents.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use baton_core::budget::Budget;
use baton_core::quarantine;
use baton_core::retry::RetryPolicy;
use baton_intake::{IntakeError, Owner};
use baton_ledger::Ledger;
use baton_ledger::lock::LockTable;
use baton_process::owner;
use baton_sandbox::{Cancel, Sandbox};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::agent_folders::unmark_removed;
use crate::budget::BudgetAccounts;
use crate::plugins::{InstalledPlugin, PluginRefresh, Plugins};
use crate::settings::{EscalationPolicy, EvidenceRule, HANDOFFS, UNROUTED};
use crate::triggers::audio::{AudioScanQueue, AudioScanner, ScanTimeouts};
use crate::triggers::own_writes::OwnWrites;
use crate::work::running::RunningAttempts;
use crate::{Agent, AgentKind, AgentRules, DispatchError, Roster, limits};

/// The ownership marker of the inboxes that a daemon serves.
#[derive(Clone, Debug)]
pub struct InboxOwnership {
    /// The identity of this workspace.
    pub owner: Owner,
    /// True if this workspace takes over inboxes that have the marker of another workspace.
    pub over: bool,
}

/// The parts of a [`Context`].
pub struct ContextParts {
    /// The absolute path of the workspace, without symbolic links.
    pub root: PathBuf,
    /// The ledger.
    pub ledger: Ledger,
    /// The engine that runs the plugins.
    pub sandbox: Sandbox,
    /// The installed plugins.
    pub plugins: Plugins,
    /// Reloads the plugins that the operator changed. `None` if plugins never change.
    pub refresh: Option<PluginRefresh>,
    /// Scans folders for new audio. `None` if `baton.toml` names no such folder.
    pub scanner: Option<AudioScanner>,
    /// The operator's settings of the agents.
    pub rules: AgentRules,
    /// The folder in which other processes write wake-up files for the daemon.
    pub wake: Option<PathBuf>,
    /// When Baton reminds agents of overdue requests, and when it escalates them.
    pub escalation: EscalationPolicy,
    /// The identity of this workspace in the ownership markers of its inboxes. `None` if Baton writes no markers.
    pub ownership: Option<InboxOwnership>,
    /// The lease owner of this process. It is unique and has the kind of process as a prefix, for instance `up:` or `run:`.
    pub owner: String,
    /// The maximum number of tries to write an outcome; `u32::MAX` for a daemon.
    pub settle_tries: u32,
}

/// What every dispatch step needs. All jobs of a process share it.
pub struct Context {
    pub(crate) root: PathBuf,
    pub(crate) ledger: Ledger,
    pub(crate) sandbox: Sandbox,
    pub(crate) locks: LockTable,
    plugins: RwLock<Arc<Plugins>>,
    pub(crate) refresh: Option<PluginRefresh>,
    pub(crate) scanner: Option<AudioScanner>,
    pub(crate) scan_queue: AudioScanQueue,
    pub(crate) owner: String,
    pub(crate) settle_tries: u32,
    rules: AgentRules,
    roster: RwLock<Arc<Roster>>,
    /// The attempts that run in this process.
    pub(crate) running: RunningAttempts,
    /// The budgets of the plugins. They include the handoffs of running attempts, which the ledger does not count yet.
    pub(crate) budgets: BudgetAccounts,
    /// The files that running attempts write.
    pub(crate) own_writes: OwnWrites,
    /// Cancelled when the daemon does not wait any more for running attempts.
    pub(crate) cancel_attempts: Cancel,
    /// The folder in which other processes write wake-up files for the daemon.
    pub(crate) wake: Option<PathBuf>,
    pub(crate) escalation: EscalationPolicy,
    /// The identity of this workspace in the ownership markers of its inboxes.
    pub(crate) ownership: Option<InboxOwnership>,
    /// Limits how many kibibytes of files are read at the same time.
    reading: Semaphore,
    /// Limits how many kibibytes of files are held in memory until they are recorded.
    holding: Semaphore,
}

impl Context {
    /// Opens the workspace.
    ///
    /// # Errors
    /// When a folder of agents cannot be read.
    pub fn new(setup: ContextParts) -> Result<Arc<Self>, DispatchError> {
        let daemon = owner::is_daemon(&setup.owner);
        let is_gone = Arc::new(move |owner: &str| owner::is_gone(owner, daemon));
        let context = Self {
            locks: LockTable::new(setup.ledger.clone(), is_gone),
            root: setup.root,
            ledger: setup.ledger,
            sandbox: setup.sandbox,
            plugins: RwLock::new(Arc::new(setup.plugins)),
            refresh: setup.refresh,
            scanner: setup.scanner,
            scan_queue: AudioScanQueue::new(ScanTimeouts::default()),
            owner: setup.owner,
            settle_tries: setup.settle_tries,
            rules: setup.rules,
            roster: RwLock::default(),
            running: RunningAttempts::default(),
            budgets: BudgetAccounts::default(),
            own_writes: OwnWrites::default(),
            cancel_attempts: Cancel::default(),
            wake: setup.wake,
            escalation: setup.escalation,
            ownership: setup.ownership,
            reading: Semaphore::new(limits::READING_KIB as usize),
            holding: Semaphore::new(limits::HOLDING_KIB as usize),
        };
        context.refresh_roster()?;
        Ok(Arc::new(context))
    }

    /// A context in an empty folder, for tests.
    #[cfg(test)]
    pub(crate) fn in_folder(root: &Path) -> Arc<Self> {
        Self::new(ContextParts {
            root: root.to_owned(),
            ledger: Ledger::open(&root.join("ledger.db"), "test").unwrap(),
            sandbox: Sandbox::new(None).unwrap(),
            plugins: Plugins::default(),
            refresh: None,
            scanner: None,
            rules: AgentRules::default(),
            wake: None,
            escalation: EscalationPolicy::default(),
            ownership: None,
            owner: "up:test".to_owned(),
            settle_tries: 1,
        })
        .unwrap()
    }

    /// The agents, as of the last refresh.
    #[must_use]
    pub fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.roster.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the folders of the agents again.
    pub(crate) fn refresh_roster(&self) -> Result<(), DispatchError> {
        let roster = self.load_roster()?;
        *self.roster.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(roster);
        Ok(())
    }

    /// The agents, as their folders are now.
    pub(crate) fn load_roster(&self) -> Result<Roster, DispatchError> {
        let handoffs = self.handoffs();
        // If a folder with known agents is missing (its drive is not mounted), return an error. A refresh then keeps these
        // agents.
        let known = self.roster();
        let missing = |root: &&PathBuf| !root.is_dir() && known.inboxes().any(|inbox| inbox.folder.starts_with(root));
        if let Some(root) = self.rules.adopted.iter().find(missing) {
            return Err(IntakeError::io(root, "read", ErrorKind::NotFound.into()).into());
        }
        Roster::load(&handoffs, self.plugins().names.iter(), &self.rules)
            .map_err(|error| IntakeError::io(&handoffs, "read", error).into())
    }

    /// Creates missing inboxes of agents, and the drop box. In an adopted folder, creates an inbox only if the agent's
    /// folder exists. Never creates an inbox whose path the configuration sets.
    pub(crate) fn make_inboxes(&self) {
        let (roster, handoffs) = (self.roster(), self.handoffs());
        let plugins = roster.agents().filter(|agent| agent.kind == AgentKind::Plugin);
        plugins.flat_map(Agent::homes).for_each(unmark_removed);
        let is_adopted = |folder: &Path| {
            let home_exists = folder.parent().is_some_and(Path::is_dir);
            home_exists && self.rules.adopted.iter().any(|root| folder.starts_with(root))
        };
        for inbox in roster.inboxes().filter(|inbox| inbox.folder.starts_with(&handoffs) || is_adopted(inbox.folder)) {
            if let Err(error) = std::fs::create_dir_all(inbox.folder) {
                tracing::warn!(agent = %inbox.owner, %error, "its inbox cannot be created");
            }
        }
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The name of this process in leases and claims.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// True if the agent is a plugin.
    pub(crate) fn is_plugin(&self, agent: &str) -> bool {
        self.plugins().names.contains(agent)
    }

    /// The retry policy of an agent's tasks.
    pub(crate) fn retry(&self, agent: &str) -> RetryPolicy {
        self.roster().get(agent).map_or_else(RetryPolicy::default, |agent| agent.settings.retry)
    }

    /// How long a second handoff with the same content and without an id counts as the same request.
    pub(crate) fn repeat_after(&self, agent: &str) -> Duration {
        self.roster().get(agent).map_or(limits::REPEAT_AFTER, |agent| agent.settings.repeat_after)
    }

    /// How long a task of an agent waits for an unknown dependency before a person is asked.
    pub(crate) fn ask_after(&self, agent: &str) -> Duration {
        self.roster().get(agent).map_or(limits::ASK_AFTER, |agent| agent.settings.ask_after)
    }

    /// The budget of a plugin.
    pub(crate) fn budget(&self, plugin: &str) -> Budget {
        self.rules.budgets.get(plugin).cloned().unwrap_or_default()
    }

    /// The rule that allows this command line in a RETURN of the agent.
    pub(crate) fn evidence_rule(&self, agent: &str, line: &str) -> Option<&EvidenceRule> {
        self.rules.evidence_rule(agent, line)
    }

    /// True if commands may be run to check RETURNs.
    pub(crate) fn runs_commands(&self) -> bool {
        !self.rules.evidence.is_empty()
    }

    /// The quarantine policy of a plugin.
    pub(crate) fn quarantine(&self, agent: &str) -> quarantine::QuarantinePolicy {
        self.roster().get(agent).map_or_else(quarantine::QuarantinePolicy::default, |agent| agent.settings.quarantine)
    }

    /// The folder for RETURNs to `sender`, as a path in the ledger. [`UNROUTED`] if no agent has this name.
    pub(crate) fn answers_for(&self, sender: &str) -> String {
        let roster = self.roster();
        roster.resolve(sender).map_or_else(|| UNROUTED.to_owned(), |agent| self.shown(&agent.inbox))
    }

    /// Reserves memory for a file of `bytes`, and waits until there is enough. Hold the permit until the file is recorded.
    /// The maximum is 4 MiB, because Baton reads no more of a file.
    pub(crate) async fn holding_budget(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX).min(limits::HOLDING_KIB / 16);
        self.holding.acquire_many(kib).await.ok()
    }

    /// Waits until a file of `bytes` may be read. Hold the permit until the file is parsed.
    pub(crate) async fn reading_budget(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let least = limits::READING_KIB / limits::READS_AT_ONCE;
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX).clamp(least, limits::READING_KIB);
        self.reading.acquire_many(kib).await.ok()
    }

    /// The installed plugin of an agent.
    ///
    /// # Errors
    /// When no such plugin is installed, or it cannot be used.
    pub fn plugin(&self, name: &str) -> Result<Arc<InstalledPlugin>, DispatchError> {
        let plugins = self.plugins();
        if let Some(why) = plugins.unusable.get(name) {
            return Err(DispatchError::Unusable { name: name.to_owned(), why: why.clone() });
        }
        plugins.usable.get(name).cloned().ok_or_else(|| DispatchError::NoPlugin {
            name: name.to_owned(),
            installed: plugins.usable.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    pub(crate) fn plugins(&self) -> Arc<Plugins> {
        Arc::clone(&self.plugins.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the installed plugins.
    pub(crate) fn swap(&self, plugins: Plugins) {
        *self.plugins.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(plugins);
    }

    /// The folders that contain agent folders.
    pub(crate) fn places(&self) -> Vec<PathBuf> {
        self.rules.places(&self.handoffs())
    }

    pub(crate) fn handoffs(&self) -> PathBuf {
        self.root.join(HANDOFFS)
    }

    pub(crate) fn reports(&self) -> PathBuf {
        self.root.join("reports")
    }

    /// A path as stored in the ledger: relative to the workspace if it is inside it, else absolute.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// Makes the daemon check for tasks that are due.
    pub fn wake(&self) {
        if let Some(folder) = &self.wake {
            drop(baton_files::touch(&folder.join("now")));
        }
    }

    /// True if the process with this lease owner has ended.
    pub(crate) fn is_gone(&self, owner: &str) -> bool {
        owner != self.owner && owner::is_gone(owner, owner::is_daemon(&self.owner))
    }

    /// The absolute path of a path in the ledger.
    pub(crate) fn real(&self, shown: &str) -> PathBuf {
        self.root.join(shown)
    }
}
