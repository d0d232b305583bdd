//! `baton plugin disable` and `enable`: whether a plugin runs at all.

use super::Plugins;
use crate::exit::Code;
use crate::output;

/// Switch a plugin off; its tasks wait
#[derive(Debug, clap::Args)]
pub(super) struct Disable {
    /// The plugin
    name: String,
}

/// Switch a plugin on again; its tasks go on
#[derive(Debug, clap::Args)]
pub(super) struct Enable {
    /// The plugin
    name: String,
}

impl Disable {
    /// # Errors
    /// When there is no such plugin.
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        switch(plugins, &self.name, true)
    }
}

impl Enable {
    /// # Errors
    /// When there is no such plugin.
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        switch(plugins, &self.name, false)
    }
}

fn switch(plugins: &Plugins, name: &str, off: bool) -> anyhow::Result<Code> {
    let entry = plugins.register.set_disabled(name, off)?;
    let action = if off { "disabled" } else { "enabled" };
    plugins.done_to(&entry, action, String::new())?;
    output::print(&format!("{name} is {action}\n"));
    Ok(Code::Good)
}
