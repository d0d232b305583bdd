//! Opening a workspace for work: ledger, engine, plugins with their grants, as one house for `dispatch`.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use baton_core::Digest;
use baton_dispatch::{Claims, House, Installed, Setup};
use baton_intake::Owner;
use baton_ledger::Ledger;
use baton_sandbox::Sandbox;

use super::{Entry, LOCK_FILE, Lock, Source, Workspace, grants};
use crate::shipped;

/// Which plugins are loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted<'a> {
    /// Every one of `baton.lock`; one that cannot be used is left out with a warning. The inboxes are served, also (`over`)
    /// those that another workspace has marked.
    All { over: bool },
    /// This one; an error when it cannot be used.
    One(&'a str),
    /// None: nothing is run.
    None,
}

/// Opens the house. `kind` says what this process is, for its leases: `up` or `run`; `settle_tries` how patient it is with
/// a ledger that cannot write.
///
/// # Errors
/// When the ledger, the engine or a wanted plugin cannot be opened.
pub(crate) fn open(
    workspace: &Workspace,
    wanted: Wanted<'_>,
    kind: &str,
    settle_tries: u32,
) -> anyhow::Result<Arc<House>> {
    let owner = baton_dispatch::owner::name(kind);
    let ledger = Ledger::open(&workspace.state.ledger(), &owner)?;
    let sandbox = Sandbox::new(Some(workspace.state.code()))?;
    let lock = Lock::read(&workspace.root.join(LOCK_FILE))?;
    let (mut installed, mut unusable) = (BTreeMap::new(), BTreeMap::new());
    for entry in &lock.plugins {
        match wanted {
            Wanted::None => {}
            Wanted::One(name) if name != entry.name => {}
            Wanted::One(_) => drop(installed.insert(entry.name.clone(), load(workspace, &sandbox, entry)?)),
            Wanted::All { .. } => match load(workspace, &sandbox, entry) {
                Ok(plugin) => drop(installed.insert(entry.name.clone(), plugin)),
                Err(error) => {
                    tracing::error!(plugin = %entry.name, "cannot be used: {error:#}");
                    unusable.insert(entry.name.clone(), format!("{error:#}"));
                }
            },
        }
    }
    if let Wanted::One(name) = wanted
        && installed.is_empty()
    {
        let names: Vec<_> = lock.plugins.iter().map(|entry| entry.name.as_str()).collect();
        bail!("there is no plugin `{name}` in baton.lock; there are: {}", names.join(", "));
    }
    let root = workspace.root.clone();
    let house = House::new(Setup {
        root,
        ledger,
        sandbox,
        installed,
        unusable,
        plugins: lock.plugins.iter().map(|entry| entry.name.clone()).collect(),
        rules: workspace.config.rules(&workspace.base),
        wake: Some(workspace.state.wake()?),
        patience: workspace.config.patience(),
        owns: match wanted {
            Wanted::All { over } => Some(Claims { owner: owner_of(workspace)?, over }),
            Wanted::One(_) | Wanted::None => None,
        },
        owner,
        settle_tries,
    })?;
    Ok(house)
}

fn load(workspace: &Workspace, sandbox: &Sandbox, entry: &Entry) -> anyhow::Result<Installed> {
    let component = component(workspace, entry)?;
    let plugin = sandbox.load(&component).with_context(|| format!("failed to load the plugin `{}`", entry.name))?;
    if plugin.manifest().name != entry.name {
        bail!("baton.lock calls it `{}`, its manifest `{}`; correct baton.lock", entry.name, plugin.manifest().name);
    }
    let grants = grants::effective(workspace, plugin.manifest(), &entry.grants)?;
    Ok(Installed { plugin, grants })
}

/// How other workspaces know this one.
fn owner_of(workspace: &Workspace) -> anyhow::Result<Owner> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let shown = |path: &std::path::Path| path.display().to_string();
    let id = workspace.state.id()?;
    Ok(Owner { host, root: shown(&workspace.root), state: shown(workspace.state.folder()), id })
}

/// The bytes, which for a file must be those that were pinned.
fn component(workspace: &Workspace, entry: &Entry) -> anyhow::Result<Vec<u8>> {
    match &entry.source {
        Source::Shipped => match shipped::component(&entry.name) {
            Some(component) => Ok(component.to_vec()),
            None => bail!("this baton does not carry the plugin `{}`; take it out of baton.lock", entry.name),
        },
        Source::File(file) => {
            let path = workspace.root.join(file);
            let bytes = std::fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
            let found = format!("sha256:{}", Digest::of(&bytes));
            if found != entry.digest {
                bail!(
                    "{} has digest {found}, baton.lock pins {}: put the old file back, or pin the new one there",
                    path.display(),
                    entry.digest
                );
            }
            Ok(bytes)
        }
    }
}
