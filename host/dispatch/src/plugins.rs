//! The plugins of a workspace at one moment. A daemon replaces the whole set when the operator changes it. Running
//! attempts keep their revision; later attempts get the new one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_core::grants::{Grant, Recipients};
use baton_core::manifest::Action;
use baton_sandbox::{HostServices, Plugin};

use crate::error::{DispatchError, UnusableReason};

/// The way in which the daemon finds changes of the plugins by the operator.
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
    /// The names of all plugins, also of those that this process has not loaded.
    pub names: Arc<BTreeSet<String>>,
}

/// The effective grants of a plugin in this workspace: declared and granted.
#[derive(Clone, Debug, Default)]
pub struct PluginGrants {
    /// The services for its attempts.
    pub services: HostServices,
    /// The agents to which it may send handoffs. If there are any, it may also withdraw its requests.
    pub handoffs: Recipients,
    /// It lacks the grant `triggers`, so its triggers on files make no tasks.
    pub triggers_off: bool,
    /// The grants that it declares and does not have.
    pub missing: Vec<Grant>,
}

/// A plugin as it is installed here.
#[derive(Clone)]
pub struct InstalledPlugin {
    /// The component.
    pub plugin: Plugin,
    /// Its grants.
    pub grants: PluginGrants,
}

impl InstalledPlugin {
    /// The requested action, or the default one.
    ///
    /// # Errors
    /// When the plugin does not have it.
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

    /// Whether an interrupted attempt of the action may be repeated.
    pub(crate) fn is_idempotent(&self, asked: Option<&str>) -> bool {
        self.action(asked).is_ok_and(|(_, action)| action.idempotent)
    }
}
