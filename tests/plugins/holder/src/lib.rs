//! A plugin that holds locks and reads databases of other programs. The tests of `locks` and `snapshot-of` run it.
//!
//! It reports every successful attack with a line that begins with `OPEN`.

mod args;
mod names;
mod snapshots;

use baton_plugin_sdk::{Error, Outcome, Plugin, Task};

/// The plugin.
pub struct Holder;

impl Plugin for Holder {
    fn run(task: Task) -> Result<Outcome, Error> {
        match task.action.as_str() {
            "hold" => names::hold(&task),
            "trap" => names::trap(&task),
            "names" => names::names(),
            "count" => snapshots::count(&task),
            "attack" => snapshots::attack(&task),
            "where" => Ok(Outcome::new(
                task.mounts("music").map(|mount| mount.host_path.clone()).collect::<Vec<_>>().join(" "),
            )),
            _ => names::alone(&task),
        }
    }
}

baton_plugin_sdk::plugin!(Holder, "../manifest.json");
