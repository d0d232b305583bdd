//! `baton plugin rollback`: runs the previous revision again.

use super::Plugins;
use crate::exit::Code;
use crate::output;

/// Restore the previous revision of a plugin, with the grants that it had
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The plugin
    name: String,
}

impl Args {
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let entry = plugins.registry.roll_back(&self.name)?;
        plugins.record_change(&entry, "rolled_back", entry.version.clone())?;
        let (version, digest) = (output::one_line(&entry.version), &entry.digest);
        output::print(&format!("{} is {version} ({digest}) again\n", entry.name));
        Ok(Code::Good)
    }
}
