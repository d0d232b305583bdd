//! `baton plugin remove`: takes a plugin out of the workspace.

use super::Plugins;
use crate::exit::Code;
use crate::output;

/// Take a plugin out of the workspace
///
/// Its inbox and what lies there stay, and so does what it has done. Its packages in `plugins/`
/// go, with their signatures.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The plugin
    name: String,
}

impl Args {
    /// # Errors
    /// When there is no such plugin, or its file cannot be removed.
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let entry = plugins.register.remove(&self.name)?;
        plugins.done_to(&entry, "removed", entry.source.to_string())?;
        output::print(&format!("{} is removed\n", output::one_line(&entry.name)));
        Ok(Code::Good)
    }
}
