//! The plugins of the workspace, as all actions of `baton plugin` use them.

use baton_core::manifest::{HostCapability, Manifest};
use baton_ledger::Ledger;
use baton_registry::{GrantSet, Lock, PluginRegister, history};
use jiff::Timestamp;

use crate::cli::WorkspaceOptions;
use crate::output;
use crate::workspace::{PluginEntry, Workspace, check_grants, head};

/// The plugins of one workspace.
pub(super) struct Plugins {
    pub(super) workspace: Workspace,
    pub(super) register: PluginRegister,
}

impl Plugins {
    pub(super) fn of(options: &WorkspaceOptions) -> anyhow::Result<Self> {
        let workspace = options.need()?;
        Ok(Self { register: workspace.register(), workspace })
    }

    /// As `of`, for a command that changes something: the change is recorded, so the ledger is checked first.
    pub(super) fn to_change(options: &WorkspaceOptions) -> anyhow::Result<Self> {
        let plugins = Self::of(options)?;
        head::need_known(&plugins.workspace)?;
        Ok(plugins)
    }

    /// Records the change in the ledger and wakes the daemon.
    pub(super) fn done(&self, entry: history::HistoryEntry) -> anyhow::Result<()> {
        let ledger = self.ledger()?;
        let now = Timestamp::now();
        let written = ledger.write_blocking(move |tx| history::record(tx, &entry, "operator", now));
        self.workspace.state.wake_daemon();
        Ok(written?)
    }

    /// Grants what the words say, after a check of the folders.
    pub(super) fn grant(&self, name: &str, words: &[String]) -> anyhow::Result<PluginEntry> {
        let check = |manifest: &Manifest, lock: &mut Lock| check_grants(&self.workspace, manifest, words, lock);
        Ok(self.register.grant(name, words, check)?)
    }

    /// All that a plugin asks for, in words; folders that were granted by path keep it, and hosts keep their addresses.
    pub(super) fn all_of(&self, name: &str) -> anyhow::Result<Vec<String>> {
        let asked = self.register.declares(name)?.capabilities;
        let mut all = GrantSet::all_of(&asked);
        let known = self.register.read()?.get(name).map(|entry| entry.grants.clone()).unwrap_or_default();
        for folder in &mut all.files {
            let known = known.files.iter().find(|known| known.folder == folder.folder);
            folder.path = known.and_then(|known| known.path.clone());
        }
        all.hosts = known.hosts;
        all.hosts.retain(|name, _| asked.hosts.iter().any(|host| host.name == *name));
        // A host without an address is a word that is refused with the spelling, as a folder without a path is.
        let unset = asked.hosts.iter().filter(|host| !all.hosts.contains_key(&host.name));
        Ok(unset.map(HostCapability::as_grant).chain(all.words()).collect())
    }

    /// Warns if a person may take the plugin's name for that of an agent.
    pub(super) fn warn_of_name(&self, name: &str) {
        if let Some(warning) = self.workspace.confusable_name(name) {
            output::note(&output::one_line(&warning));
        }
    }

    /// The grants as the end of a sentence.
    pub(super) fn may(entry: &PluginEntry) -> String {
        let words = entry.grants.words();
        if words.is_empty() { "nothing".to_owned() } else { words.join(" ") }
    }

    pub(super) fn ledger(&self) -> anyhow::Result<Ledger> {
        head::open_ledger(&self.workspace, &baton_dispatch::owner::name("plugin"))
    }

    /// Records `action` for the current revision of a plugin.
    pub(super) fn done_to(&self, entry: &PluginEntry, action: &'static str, reason: String) -> anyhow::Result<()> {
        let (plugin, digest) = (entry.name.clone(), entry.digest.clone());
        self.done(history::HistoryEntry { plugin, action, reason, digest })
    }
}
