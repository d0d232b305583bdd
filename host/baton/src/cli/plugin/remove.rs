//! `baton plugin remove`: removes a plugin from the workspace.

use std::path::{Path, PathBuf};

use baton_dispatch::{Agent, AgentKind, mark_removed, unmark_removed};

use super::Plugins;
use crate::exit::Code;
use crate::output;

/// Remove a plugin from the workspace
///
/// Its inbox, its files and its tasks stay; Baton does not read the inbox until the plugin is installed again. Its packages
/// in `plugins/` and their signatures are deleted.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The plugin
    name: String,
}

impl Args {
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        // The mark must exist before the daemon notices that the plugin was removed.
        let mark = |is_removed: bool| {
            let homes = homes(plugins, &self.name);
            if is_removed {
                homes.iter().try_for_each(|home| mark_removed(home))
            } else {
                for home in &homes {
                    unmark_removed(home);
                }
                Ok(())
            }
        };
        let entry = plugins.registry.remove(&self.name, mark)?;
        plugins.record_change(&entry, "removed", entry.source.to_string())?;
        output::print(&format!("{} is removed\n", output::one_line(&entry.name)));
        Ok(Code::Good)
    }
}

/// The existing folders of the plugin. After the removal, an unmarked folder would count as the folder of an external
/// agent: Baton would copy broadcasts into it, and requests in it would become overdue.
fn homes(plugins: &Plugins, name: &str) -> Vec<PathBuf> {
    let Ok(roster) = plugins.workspace.roster() else { return Vec::new() };
    let agent = roster.get(name).filter(|agent| agent.kind == AgentKind::Plugin);
    let homes = agent.into_iter().flat_map(Agent::homes).filter(|home| home.is_dir());
    homes.map(Path::to_owned).collect()
}
