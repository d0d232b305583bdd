//! Opening a workspace for work: ledger, engine, plugins with their grants, as one house for `dispatch`.

use std::sync::Arc;

use baton_dispatch::{Context, ContextParts, InboxOwnership};
use baton_intake::Owner;

use super::plugins::Loader;
use super::{Workspace, audio, head};

/// Which plugins are loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PluginSelection<'a> {
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
pub(crate) fn open(
    workspace: &Workspace,
    wanted: PluginSelection<'_>,
    kind: &str,
    settle_tries: u32,
) -> anyhow::Result<Arc<Context>> {
    let owner = baton_dispatch::owner::name(kind);
    let ledger = head::open_ledger(workspace, &owner)?;
    let sandbox = workspace.sandbox()?;
    if let Err(error) = baton_sandbox::sweep_snapshots(&workspace.state.snapshots()) {
        tracing::warn!(%error, "what a killed process left of its snapshots cannot be removed");
    }
    baton_catalog::rank(&workspace.state.catalog(), workspace.config.ranks())?;
    let loader = Arc::new(Loader::new(workspace, sandbox.clone(), ledger.clone()));
    let plugins = match wanted {
        PluginSelection::All { .. } => loader.all()?,
        PluginSelection::One(name) => loader.one(name)?,
        PluginSelection::None => loader.none()?,
    };
    let serves = matches!(wanted, PluginSelection::All { .. });
    let house = Context::new(ContextParts {
        root: workspace.root.clone(),
        ledger,
        sandbox,
        plugins,
        refresh: serves.then(|| loader.refreshing()),
        scanner: if serves { audio::scanner(workspace) } else { None },
        rules: workspace.config.rules(&workspace.base),
        wake: Some(workspace.state.wake()?),
        escalation: workspace.config.escalation(),
        owns: match wanted {
            PluginSelection::All { over } => Some(InboxOwnership { owner: owner_of(workspace)?, over }),
            PluginSelection::One(_) | PluginSelection::None => None,
        },
        owner,
        settle_tries,
    })?;
    Ok(house)
}

/// How other workspaces know this one.
fn owner_of(workspace: &Workspace) -> anyhow::Result<Owner> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let shown = |path: &std::path::Path| path.display().to_string();
    let id = workspace.state.id()?;
    Ok(Owner { host, root: shown(&workspace.root), state: shown(workspace.state.folder()), id })
}
