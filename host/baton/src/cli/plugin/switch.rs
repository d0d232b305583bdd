//! `baton plugin disable` and `enable`: switches a plugin off and on.

use baton_dispatch::supervise::release;

use super::Plugins;
use crate::cli::block_on;
use crate::exit::Code;
use crate::output;

/// Switch a plugin off; its tasks wait
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Disable {
    /// The plugin
    name: String,
}

/// Switch a plugin on again, or end its quarantine; its tasks continue
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Enable {
    /// The plugin
    name: String,
}

impl Disable {
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        switch(plugins, &self.name, true)
    }
}

impl Enable {
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let done = switch(plugins, &self.name, false)?;
        let ledger = plugins.ledger()?;
        if block_on(async { Ok(release(&ledger, &self.name).await?) })? {
            output::print("its quarantine has ended\n");
        }
        plugins.workspace.state.wake_daemon();
        Ok(done)
    }
}

fn switch(plugins: &Plugins, name: &str, off: bool) -> anyhow::Result<Code> {
    let entry = plugins.registry.set_disabled(name, off)?;
    let action = if off { "disabled" } else { "enabled" };
    plugins.record_change(&entry, action, String::new())?;
    output::print(&format!("{name} is {action}\n"));
    Ok(Code::Good)
}
