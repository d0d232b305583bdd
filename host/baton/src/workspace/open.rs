//! Opens a workspace for work: ledger, engine, and plugins with their grants, as one `Context` for `dispatch`.

use std::sync::Arc;

use baton_dispatch::{Context, ContextParts, InboxOwnership};
use baton_intake::Owner;
use baton_ledger::identity;

use super::plugins::Loader;
use super::{Workspace, audio, head, schedules};

/// The plugins to load.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PluginSelection<'a> {
    /// All plugins of `baton.lock`. An unusable plugin is left out with a warning. Baton then serves the inboxes. With
    /// `over`, it also serves inboxes with the ownership marker of another workspace.
    All { over: bool },
    /// Only this plugin. If it is unusable, opening fails.
    One(&'a str),
    /// No plugin.
    None,
}

/// Opens the context. `kind` names this process in its leases, for instance `up` or `run`. `settle_tries` is the number of
/// tries if the ledger cannot be written.
pub(crate) fn open(
    workspace: &Workspace,
    wanted: PluginSelection<'_>,
    kind: &str,
    settle_tries: u32,
) -> anyhow::Result<Arc<Context>> {
    let owner = baton_process::owner::name(kind);
    let ledger = head::open_ledger(workspace, &owner)?;
    let ledger_id = identity::current(&ledger.reader()?)?.map(|known| known.id).unwrap_or_default();
    let sandbox = workspace.sandbox()?;
    if let Err(error) = baton_sandbox::sweep_snapshots(&workspace.state.snapshots()) {
        tracing::warn!(%error, "cannot delete the leftover snapshots of a killed process");
    }
    baton_catalog::rank(&workspace.state.catalog(), workspace.config.ranks())?;
    let loader = Arc::new(Loader::new(workspace, sandbox.clone(), ledger.clone()));
    let plugins = match wanted {
        PluginSelection::All { .. } => loader.all()?,
        PluginSelection::One(name) => loader.load_only(name)?,
        PluginSelection::None => loader.none()?,
    };
    let serves = matches!(wanted, PluginSelection::All { .. });
    let mut rules = workspace.config.rules(&workspace.base);
    if serves {
        schedules::leave_out(workspace, &mut rules)?;
    }
    let context = Context::new(ContextParts {
        root: workspace.root.clone(),
        ledger,
        sandbox,
        plugins,
        refresh: serves.then(|| loader.refreshing()),
        scanner: if serves { audio::scanner(workspace) } else { None },
        rules,
        wake: Some(workspace.state.wake()?),
        escalation: workspace.config.escalation(),
        ownership: match wanted {
            PluginSelection::All { over } => Some(InboxOwnership { owner: owner_of(workspace, ledger_id)?, over }),
            PluginSelection::One(_) | PluginSelection::None => None,
        },
        owner,
        settle_tries,
    })?;
    Ok(context)
}

/// The identity of this workspace in ownership markers.
fn owner_of(workspace: &Workspace, ledger: String) -> anyhow::Result<Owner> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let shown = |path: &std::path::Path| path.display().to_string();
    let id = workspace.state.id()?;
    Ok(Owner { host, root: shown(&workspace.root), state: shown(workspace.state.folder()), id, ledger })
}
