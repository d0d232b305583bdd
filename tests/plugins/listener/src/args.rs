//! Arguments of a task.

use baton_plugin_sdk::{Error, Task};

pub(super) fn path(task: &Task) -> Result<String, Error> {
    task.arg_str("path")?.ok_or_else(|| Error::Permanent("there is no `path`".to_owned()))
}

pub(super) fn times(task: &Task, name: &str) -> u64 {
    let args: serde_json::Value = serde_json::from_str(&task.args).unwrap_or_default();
    args.get(name).and_then(serde_json::Value::as_u64).unwrap_or(1)
}
