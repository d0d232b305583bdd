//! A plugin that does nothing and succeeds. Benches measure the cost of a call with it.

use baton_plugin_sdk::{Error, Outcome, Plugin, Task};

/// The plugin.
pub struct Noop;

impl Plugin for Noop {
    fn run(_task: Task) -> Result<Outcome, Error> {
        Ok(Outcome::new("Did nothing."))
    }
}

baton_plugin_sdk::plugin!(Noop, "../manifest.json");
