//! Opening a workspace for work: ledger, engine, plugins with their grants, as one house for `dispatch`.

use std::sync::Arc;

use baton_dispatch::{Claims, House, Setup};
use baton_intake::Owner;

use super::plugins::Loader;
use super::{Workspace, audio, head};

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
/// When the ledger is not the one that the workspace knows, or it, the engine or a wanted plugin cannot be opened.
pub(crate) fn open(
    workspace: &Workspace,
    wanted: Wanted<'_>,
    kind: &str,
    settle_tries: u32,
) -> anyhow::Result<Arc<House>> {
    let owner = baton_dispatch::owner::name(kind);
    let ledger = head::open_ledger(workspace, &owner)?;
    let sandbox = workspace.sandbox()?;
    if let Err(error) = baton_sandbox::sweep_snapshots(&workspace.state.snapshots()) {
        tracing::warn!(%error, "what a killed process left of its snapshots cannot be removed");
    }
    baton_ledger::catalog::rank(&workspace.state.catalog(), workspace.config.ranks())?;
    let loader = Arc::new(Loader::new(workspace, sandbox.clone(), ledger.clone()));
    let plugins = match wanted {
        Wanted::All { .. } => loader.all()?,
        Wanted::One(name) => loader.one(name)?,
        Wanted::None => loader.none()?,
    };
    let serves = matches!(wanted, Wanted::All { .. });
    let house = House::new(Setup {
        root: workspace.root.clone(),
        ledger,
        sandbox,
        plugins,
        refresh: serves.then(|| loader.refreshing()),
        ears: if serves { audio::ears(workspace) } else { None },
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

/// How other workspaces know this one.
fn owner_of(workspace: &Workspace) -> anyhow::Result<Owner> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let shown = |path: &std::path::Path| path.display().to_string();
    let id = workspace.state.id()?;
    Ok(Owner { host, root: shown(&workspace.root), state: shown(workspace.state.folder()), id })
}
