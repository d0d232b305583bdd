//! The arguments of a task.

use baton_plugin_sdk::{Error, Task};

pub(super) fn text(task: &Task, name: &str) -> Result<String, Error> {
    task.arg_str(name)?.ok_or_else(|| Error::Permanent(format!("the argument `{name}` is missing")))
}

/// The folder in which the plugin writes its marks.
pub(super) fn folder(task: &Task) -> Result<String, Error> {
    let mount = task.mounts("music").next();
    mount.map(|mount| mount.path.clone()).ok_or_else(|| {
        Error::NeedsGrant("the folder is not granted: baton plugin grant holder files:rw=music=PATH".to_owned())
    })
}
