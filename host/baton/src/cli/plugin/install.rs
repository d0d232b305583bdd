//! `baton plugin install`: installs a package.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use baton_core::grants::GrantSet;
use baton_dispatch::{Agent, AgentKind, unmark_removed};
use baton_registry::{Candidate, Change, InstallResult, Reference, ReferenceError, Source, Trust};

use super::Plugins;
use crate::cli::block_on;
use crate::exit::Code;
use crate::workspace::{Config, Workspace, describe, history_entry};
use crate::{output, shipped};

/// The prefix of the name of a bundled plugin.
pub(super) const SHIPPED: &str = "shipped:";

/// Install a plugin from a file, a web server or a registry, or a bundled one
///
/// A plugin without a trusted signature waits for `baton plugin approve`. A new plugin has no grants until `baton plugin grant`;
/// a bundled plugin gets the same grants as from `baton init`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A file, an address, or a package in a registry
    #[arg(
        value_name = "FILE|REF",
        help = "A file, an https:// address, oci://HOST/REPOSITORY:TAG, or shipped:NAME for a bundled plugin"
    )]
    source: PluginSource,
}

/// The source of a plugin.
#[derive(Clone, Debug)]
enum PluginSource {
    /// A bundled plugin.
    Shipped(String),
    Elsewhere(Reference),
}

impl FromStr for PluginSource {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        match text.strip_prefix(SHIPPED) {
            Some(name) => Ok(Self::Shipped(name.to_owned())),
            None => text.parse().map(Self::Elsewhere),
        }
    }
}

impl Args {
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        match &self.source {
            PluginSource::Shipped(name) => install_shipped(plugins, name),
            PluginSource::Elsewhere(source) => {
                Ok(code(&install(plugins, &fetch(plugins, source)?, &source.to_string())?))
            }
        }
    }
}

/// Installs a bundled plugin. A new one gets the same grants as from `baton init`.
fn install_shipped(plugins: &Plugins, name: &str) -> anyhow::Result<Code> {
    let Some(component) = shipped::component(name) else {
        bail!("`{name}` is not a bundled plugin; there are: {} (shipped:NAME)", shipped::names());
    };
    let new = plugins.registry.read()?.get(name).is_none();
    let candidate = Candidate { component: component.to_vec(), source: Source::Shipped, trust: Trust::Shipped };
    let done = install(plugins, &candidate, &format!("{SHIPPED}{name}"))?;
    let words = GrantSet::least_of(&plugins.registry.declares(name)?.capabilities, &Config::FOLDERS).specs();
    let runs = plugins.registry.read()?.get(name).is_some_and(|entry| entry.source == Source::Shipped);
    if new && runs && !words.is_empty() {
        let entry = plugins.grant(name, &words)?;
        plugins.record_change(&entry, "granted", words.join(" "))?;
        output::print(&format!("{} may: {}\n", entry.name, Plugins::may(&entry)));
    }
    Ok(code(&done))
}

/// The exit code. A package that waits for approval counts as installed, and the output has the next command. If the name
/// of the package belongs to another plugin, the package does not count as installed.
fn code(done: &InstallResult) -> Code {
    if done.change == Change::NeedsApproval && done.holder.is_some() { Code::Findings } else { Code::Good }
}

/// Installs a fetched package and prints the result. `from` is its source.
pub(super) fn install(plugins: &Plugins, candidate: &Candidate, from: &str) -> anyhow::Result<InstallResult> {
    let done = plugins.registry.install(candidate).with_context(|| format!("{from} was not installed"))?;
    if done.change == Change::Nothing {
        // The daemon may be waiting for this package.
        plugins.workspace.state.wake_daemon();
    } else {
        plugins.done(history_entry(&done, from))?;
        make_inbox(&plugins.workspace, &done.name)?;
    }
    output::print(&format!("{}\n", describe(&done)));
    if done.change != Change::Nothing {
        plugins.warn_of_name(&done.name);
    }
    Ok(done)
}

/// Makes the plugin's inbox, if the plugin may run. The operator makes an inbox that `baton.toml` places elsewhere.
pub(super) fn make_inbox(workspace: &Workspace, name: &str) -> anyhow::Result<()> {
    let roster = workspace.roster()?;
    let agent = roster.get(name).filter(|agent| agent.kind == AgentKind::Plugin);
    agent.into_iter().flat_map(Agent::homes).for_each(unmark_removed);
    let inbox = agent.map(|agent| agent.inbox.as_path());
    match inbox.filter(|inbox| inbox.starts_with(workspace.root.join("handoffs"))) {
        Some(inbox) => std::fs::create_dir_all(inbox).with_context(|| format!("failed to make {}", inbox.display())),
        None => Ok(()),
    }
}

/// Fetches a package from `source`.
pub(super) fn fetch(plugins: &Plugins, source: &Reference) -> anyhow::Result<Candidate> {
    let fetched = block_on(async { Ok(baton_registry::fetch(source).await?) })?;
    let trust = plugins.workspace.trust(&fetched.component, fetched.signature.as_deref())?;
    // A tag is stored as a tag: `update` resolves it again.
    let source = match source {
        Reference::File(path) => {
            let found = path.canonicalize()?;
            Source::File(found.strip_prefix(&plugins.workspace.root).map_or(found.clone(), PathBuf::from))
        }
        Reference::Web(url) => Source::Url(url.to_string()),
        Reference::Oci(reference) => Source::Oci(reference.to_string()),
    };
    Ok(Candidate { component: fetched.component, source, trust })
}
