//! `baton plugin install`: takes a package in.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use baton_dispatch::{Agent, AgentKind, unmark_removed};
use baton_registry::{Candidate, Change, GrantSet, InstallResult, Reference, ReferenceError, Source, Trust};

use super::Plugins;
use crate::cli::block_on;
use crate::exit::Code;
use crate::workspace::{Config, Workspace, act, said};
use crate::{output, shipped};

/// What the name of a plugin that is inside the program begins with.
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
    source: Place,
}

/// Where a plugin comes from.
#[derive(Clone, Debug)]
enum Place {
    /// It is inside this program.
    Shipped(String),
    Elsewhere(Reference),
}

impl FromStr for Place {
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
            Place::Shipped(name) => install_shipped(plugins, name),
            Place::Elsewhere(source) => Ok(code(&install(plugins, &fetch(plugins, source)?, &source.to_string())?)),
        }
    }
}

/// Installs a plugin that is inside the program; one that was not there is granted what `baton init` grants.
fn install_shipped(plugins: &Plugins, name: &str) -> anyhow::Result<Code> {
    let Some(component) = shipped::component(name) else {
        bail!("`{name}` is not inside this program; there are: {} (shipped:NAME)", shipped::names());
    };
    let new = plugins.register.read()?.get(name).is_none();
    let candidate = Candidate { component: component.to_vec(), source: Source::Shipped, trust: Trust::Shipped };
    let done = install(plugins, &candidate, &format!("{SHIPPED}{name}"))?;
    let words = GrantSet::least_of(&plugins.register.declares(name)?.capabilities, &Config::FOLDERS).words();
    let runs = plugins.register.read()?.get(name).is_some_and(|entry| entry.source == Source::Shipped);
    if new && runs && !words.is_empty() {
        let entry = plugins.grant(name, &words)?;
        plugins.done_to(&entry, "granted", words.join(" "))?;
        output::print(&format!("{} may: {}\n", entry.name, Plugins::may(&entry)));
    }
    Ok(code(&done))
}

/// A package that waits for its approval is installed as far as it can be, and the command for the next step was printed. One
/// that has the name of another plugin is not.
fn code(done: &InstallResult) -> Code {
    if done.change == Change::Held && done.holder.is_some() { Code::Findings } else { Code::Good }
}

/// Installs what was fetched from `from` and says what became of it.
pub(super) fn install(plugins: &Plugins, candidate: &Candidate, from: &str) -> anyhow::Result<InstallResult> {
    let done = plugins.register.install(candidate).with_context(|| format!("{from} was not installed"))?;
    if done.change == Change::Nothing {
        // Its package may be here again.
        plugins.workspace.state.wake_daemon();
    } else {
        plugins.done(act(&done, from))?;
        make_inbox(&plugins.workspace, &done.name)?;
    }
    output::print(&format!("{}\n", said(&done)));
    if done.change != Change::Nothing {
        plugins.warn_of_name(&done.name);
    }
    Ok(done)
}

/// Makes the plugin's inbox, if the plugin may run. An inbox that `baton.toml` places elsewhere is made by the operator.
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

/// Gets a package from where `source` says.
pub(super) fn fetch(plugins: &Plugins, source: &Reference) -> anyhow::Result<Candidate> {
    let fetched = block_on(async { Ok(baton_registry::fetch(source).await?) })?;
    let trust = plugins.workspace.trust(&fetched.component, fetched.signature.as_deref())?;
    // A tag is kept as a tag: `update` asks what it means then.
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
