//! The plugins of a workspace at one moment. A daemon replaces the whole set when the operator changes it. A running attempt
//! keeps the revision of its plugin; later attempts get the new revision.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_core::grants::{Grant, Recipients};
use baton_core::manifest::Action;
use baton_sandbox::{HostServices, Plugin};

use crate::error::{DispatchError, UnusableReason};

/// How the daemon notices that the operator has changed the plugins.
#[derive(Clone)]
pub struct PluginRefresh {
    /// Loads the plugins if they have changed since the last call. Blocks: it reads files and compiles.
    pub load: Arc<dyn Fn() -> Option<Plugins> + Send + Sync>,
    /// Files and folders whose changes require loading the plugins again.
    pub at: Vec<PathBuf>,
}

impl PluginRefresh {
    pub(crate) fn concerns(&self, path: &Path) -> bool {
        self.at.iter().any(|at| path == at || path.parent() == Some(at))
    }
}

/// Every plugin of the workspace, by name.
#[derive(Clone, Default)]
pub struct Plugins {
    /// The plugins that can run.
    pub usable: BTreeMap<String, Arc<InstalledPlugin>>,
    /// The plugins that cannot run; their tasks wait.
    pub unusable: BTreeMap<String, UnusableReason>,
    /// The names of all plugins, including plugins that this process has not loaded.
    pub names: Arc<BTreeSet<String>>,
}

/// The effective grants of a plugin in this workspace: declared and granted.
#[derive(Clone, Debug, Default)]
pub struct PluginGrants {
    /// The host services for the plugin's attempts.
    pub services: HostServices,
    /// The agents to which the plugin may send handoffs. If it may send handoffs, it may also withdraw its requests.
    pub handoffs: Recipients,
    /// True if the plugin lacks the grant `triggers`. Its triggers on files then make no tasks.
    pub triggers_off: bool,
    /// The grants that the plugin declares and does not have.
    pub missing: Vec<Grant>,
}

/// A plugin that is installed in this workspace.
#[derive(Clone)]
pub struct InstalledPlugin {
    /// The component.
    pub plugin: Plugin,
    /// The effective grants of the plugin.
    pub grants: PluginGrants,
}

impl InstalledPlugin {
    /// The action `asked`, or the default action if `asked` is `None`.
    ///
    /// # Errors
    /// When the plugin does not have the action.
    pub fn action(&self, asked: Option<&str>) -> Result<(&str, &Action), DispatchError> {
        let manifest = self.plugin.manifest();
        let asked = asked.unwrap_or(&manifest.declares.default_action);
        let found = manifest.declares.actions.get_key_value(asked);
        found.map(|(name, action)| (name.as_str(), action)).ok_or_else(|| DispatchError::NoAction {
            plugin: manifest.name.clone(),
            action: asked.to_owned(),
            actions: manifest.declares.actions.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    /// True if an interrupted attempt of the action may be repeated.
    pub(crate) fn is_idempotent(&self, asked: Option<&str>) -> bool {
        self.action(asked).is_ok_and(|(_, action)| action.idempotent)
    }
}
