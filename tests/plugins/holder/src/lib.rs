//! A plugin that holds names and reads databases of other programs: what the tests of `claims` and `snapshot-of` run.
//!
//! It never hides what it got away with: an attack that works is a line that begins with `OPEN`.

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

fn text(task: &Task, name: &str) -> Result<String, Error> {
    task.arg_str(name)?.ok_or_else(|| Error::Permanent(format!("the argument `{name}` is missing")))
}

/// The folder in which it leaves word.
fn folder(task: &Task) -> Result<String, Error> {
    let mount = task.mounts("music").next();
    mount.map(|mount| mount.path.clone()).ok_or_else(|| {
        Error::NeedsGrant("the folder is not granted: baton plugin grant holder files:rw=music=PATH".to_owned())
    })
}

baton_plugin_sdk::plugin!(Holder, "../manifest.json");
