//! The plugins of the workspace, as all actions of `baton plugin` use them.

use baton_core::grants::{Grant, GrantedFolder, specs};
use baton_core::manifest::Manifest;
use baton_ledger::Ledger;
use baton_registry::{Lock, PluginRegistry, history};
use jiff::Timestamp;

use crate::cli::WorkspaceOptions;
use crate::output;
use crate::workspace::{PluginEntry, Workspace, check_grants, head};

/// The plugins of one workspace.
pub(super) struct Plugins {
    pub(super) workspace: Workspace,
    pub(super) registry: PluginRegistry,
}

impl Plugins {
    pub(super) fn of(options: &WorkspaceOptions) -> anyhow::Result<Self> {
        let workspace = options.need()?;
        Ok(Self { registry: workspace.registry(), workspace })
    }

    /// As `of`, for a command that changes something. The change is recorded in the ledger, so this function checks the
    /// ledger first.
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

    /// Adds the grants, after a check of the folders.
    pub(super) fn grant(&self, name: &str, specs: &[String]) -> anyhow::Result<PluginEntry> {
        let check = |manifest: &Manifest, added: &[Grant], lock: &mut Lock| {
            check_grants(&self.workspace, manifest, added, lock)
        };
        Ok(self.registry.grant(name, specs, check)?)
    }

    /// The grants for everything that a plugin requests. Folders and hosts that were granted before keep their path and
    /// address. A host without an address gets the spec `host=NAME=ADDRESS`, which [`Plugins::grant`] refuses.
    pub(super) fn all_of(&self, name: &str) -> anyhow::Result<Vec<String>> {
        let requested = self.registry.declares(name)?.capabilities.grants();
        let known = self.registry.read()?.get(name).map(|entry| entry.grants.grants()).unwrap_or_default();
        let with_known = |grant: Grant| match (known.iter().find(|known| known.replaces(&grant)), grant) {
            (Some(Grant::Files(known)), Grant::Files(grant)) => {
                Grant::Files(GrantedFolder { path: known.path.clone(), ..grant })
            }
            (Some(known @ Grant::Host(_)), _) => known.clone(),
            (_, grant) => grant,
        };
        Ok(specs(&requested.into_iter().map(with_known).collect::<Vec<_>>()))
    }

    /// Warns if a person may confuse the plugin's name with an agent's name.
    pub(super) fn warn_of_name(&self, name: &str) {
        if let Some(warning) = self.workspace.confusable_name(name) {
            output::note(&output::one_line(&warning));
        }
    }

    /// The grants as text after `NAME may: `, such as `files:ro=plans ledger` or `nothing`.
    pub(super) fn may(entry: &PluginEntry) -> String {
        let specs = entry.grants.specs();
        if specs.is_empty() { "nothing".to_owned() } else { specs.join(" ") }
    }

    pub(super) fn ledger(&self) -> anyhow::Result<Ledger> {
        head::open_ledger(&self.workspace, &baton_process::owner::name("plugin"))
    }

    /// Records `action` for the current revision of a plugin.
    pub(super) fn record_change(
        &self,
        entry: &PluginEntry,
        action: &'static str,
        reason: String,
    ) -> anyhow::Result<()> {
        let (plugin, digest) = (entry.name.clone(), entry.digest.clone());
        self.done(history::HistoryEntry { plugin, action, reason, digest })
    }
}
