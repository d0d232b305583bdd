//! `baton plugin`: plugins as packages, and writing them. One file an action.
//!
//! Each change is one of `baton.lock` ([`PluginRegister`]) and one event of the ledger; a daemon that runs takes it up at once,
//! and tasks that waited for it go on.

mod approve;
mod budget;
mod build;
mod grant;
pub(super) mod grant_rows;
mod inspect;
mod inspect_target;
mod install;
pub(super) mod list;
pub(super) mod log;
mod new;
mod pack;
mod push;
mod remove;
mod requests;
mod rollback;
mod switch;
mod test;
mod types;
mod update;

use baton_core::manifest::{HostCapability, Manifest};
use baton_ledger::Ledger;
use baton_registry::{GrantSet, Lock, PluginRegister, history};
use jiff::Timestamp;

use super::WorkspaceOptions;
use crate::exit::Code;
use crate::output;
use crate::workspace::{PluginEntry, Workspace, check_grants, head};

/// Look at, install, allow and update plugins
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Inspect(inspect::Args),
    Install(install::Args),
    List(list::Args),
    Log(log::Args),
    Approve(approve::Args),
    Grant(grant::Grant),
    Revoke(grant::Revoke),
    Grants(grant::Show),
    Update(update::Args),
    Rollback(rollback::Args),
    Disable(switch::Disable),
    Enable(switch::Enable),
    Remove(remove::Args),
    Push(push::Args),
    New(new::Args),
    Build(build::Args),
    Test(test::Args),
    Types(types::Args),
    Pack(pack::Args),
}

impl Args {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        let here = || Plugins::of(place);
        let to_change = || Plugins::to_change(place);
        match self.action {
            Action::Inspect(args) => args.run(place),
            Action::Push(args) => args.run(place),
            Action::Install(args) => args.run(&to_change()?),
            Action::List(args) => args.run(&here()?),
            Action::Log(args) => args.run(&here()?),
            Action::Approve(args) => args.run(&to_change()?),
            Action::Grant(args) => args.run(&to_change()?),
            Action::Revoke(args) => args.run(&to_change()?),
            Action::Grants(args) => args.run(&here()?),
            Action::Update(args) => args.run(&to_change()?),
            Action::Rollback(args) => args.run(&to_change()?),
            Action::Disable(args) => args.run(&to_change()?),
            Action::Enable(args) => args.run(&to_change()?),
            Action::Remove(args) => args.run(&to_change()?),
            Action::New(args) => args.run(),
            Action::Build(args) => args.run(),
            Action::Test(args) => args.run(),
            Action::Types(args) => args.run(),
            Action::Pack(args) => args.run(),
        }
    }
}

/// The plugins of the workspace that is meant.
struct Plugins {
    workspace: Workspace,
    register: PluginRegister,
}

/// Grants a plugin what the words say, before an action of it is run; says what it may do now.
///
/// # Errors
/// As `baton plugin grant`.
pub(super) fn grant_first(place: &WorkspaceOptions, name: &str, words: &[String]) -> anyhow::Result<String> {
    grant::give(&Plugins::to_change(place)?, name, words)
}

impl Plugins {
    fn of(place: &WorkspaceOptions) -> anyhow::Result<Self> {
        let workspace = place.need()?;
        Ok(Self { register: workspace.register(), workspace })
    }

    /// The same for a change. It is recorded in the ledger, so the ledger is checked before anything is changed.
    fn to_change(place: &WorkspaceOptions) -> anyhow::Result<Self> {
        let plugins = Self::of(place)?;
        head::need_known(&plugins.workspace)?;
        Ok(plugins)
    }

    /// Writes down what was done, and tells the daemon.
    fn done(&self, act: history::HistoryEntry) -> anyhow::Result<()> {
        let ledger = self.ledger()?;
        let now = Timestamp::now();
        let written = ledger.write_blocking(move |tx| history::record(tx, &act, "operator", now));
        self.workspace.state.wake_daemon();
        Ok(written?)
    }

    /// Grants what the words say, after a check of the folders.
    fn grant(&self, name: &str, words: &[String]) -> anyhow::Result<PluginEntry> {
        let check = |manifest: &Manifest, lock: &mut Lock| check_grants(&self.workspace, manifest, words, lock);
        Ok(self.register.grant(name, words, check)?)
    }

    /// All that a plugin asks for, in words; folders that were granted by path keep it, and hosts keep their addresses.
    fn all_of(&self, name: &str) -> anyhow::Result<Vec<String>> {
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
    fn warn_of_name(&self, name: &str) {
        if let Some(warning) = self.workspace.confusable_name(name) {
            output::note(&output::one_line(&warning));
        }
    }

    /// What it may do, in a sentence's end.
    fn may(entry: &PluginEntry) -> String {
        let words = entry.grants.words();
        if words.is_empty() { "nothing".to_owned() } else { words.join(" ") }
    }

    fn ledger(&self) -> anyhow::Result<Ledger> {
        head::open_ledger(&self.workspace, &baton_dispatch::owner::name("plugin"))
    }

    /// The same, of a plugin as it stands now.
    fn done_to(&self, entry: &PluginEntry, action: &'static str, reason: String) -> anyhow::Result<()> {
        let (plugin, digest) = (entry.name.clone(), entry.digest.clone());
        self.done(history::HistoryEntry { plugin, action, reason, digest })
    }
}
