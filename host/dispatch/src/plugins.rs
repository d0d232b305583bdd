//! The plugins of a workspace at one moment. A daemon swaps the whole set when the operator changes it: what runs keeps
//! the revision that it began with, what begins afterwards gets the new one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::context::InstalledPlugin;

/// How the daemon learns that the operator changed the plugins.
#[derive(Clone)]
pub struct PluginRefresh {
    /// Looks for what was changed since the last look; `None` when it is nothing. Blocks: it reads files and compiles.
    pub look: Arc<dyn Fn() -> Option<Plugins> + Send + Sync>,
    /// A change of this file, or of a file in this folder, is a reason to look.
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
    /// Those that can run.
    pub usable: BTreeMap<String, Arc<InstalledPlugin>>,
    /// Those that cannot: their tasks wait.
    pub unusable: BTreeMap<String, UnusableReason>,
    /// The names of all, also of those that this process has not opened.
    pub names: Arc<BTreeSet<String>>,
}

/// Why a plugin that is installed does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnusableReason {
    /// The operator has not allowed it, or not any more. The text has the command that allows it.
    Held(String),
    /// It does not load. The text says why and what mends it.
    Broken(String),
}

impl UnusableReason {
    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Held(reason) | Self::Broken(reason) => reason,
        }
    }
}
