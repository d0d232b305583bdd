//! The actions that moved to the plugin music-files. In this plugin they fail, and the error has the command to run instead.

use baton_core::shell::quoted;
use baton_plugin_sdk::{Error, Task};

/// The actions that moved to music-files. `apply` and `undo` exist in both plugins: in music-files for files, in this plugin
/// for the account.
pub(crate) const MOVED: [&str; 2] = ["organise", "wanted"];

/// The error does not repeat arguments that are longer than this.
const MAX_ARGUMENT_BYTES: usize = 1_000;

/// The error of a task with a moved action. It has the command that runs the action of music-files with the same arguments.
pub(crate) fn error(task: &Task) -> Error {
    Error::Permanent(format!(
        "the action `{}` moved to the plugin music-files, with all its plans that spotify made. Run {}",
        task.action,
        command(task)
    ))
}

/// The command for the same action of music-files.
pub(crate) fn command(task: &Task) -> String {
    let action = &task.action;
    let args = match task.args.trim() {
        "" | "{}" => String::new(),
        args if args.len() > MAX_ARGUMENT_BYTES => " --args-json ARGUMENTS".to_owned(),
        args => format!(" --args-json {}", quoted(args)),
    };
    format!(
        "`baton run music-files {action}{args}` (if music-files is not installed: `baton plugin install shipped:music-files`)"
    )
}

#[cfg(test)]
mod tests {
    use baton_plugin_sdk::Cause;

    use super::*;

    fn message(args: &str) -> String {
        let task = Task {
            id: "t1".to_owned(),
            attempt: 1,
            action: "wanted".to_owned(),
            args: args.to_owned(),
            cause: Cause::Call,
            handoff: None,
            mounts: Vec::new(),
            answer: None,
            now: String::new(),
        };
        let Error::Permanent(text) = error(&task) else { panic!("not permanent") };
        text
    }

    #[test]
    fn the_command_has_the_arguments_of_the_task() {
        assert!(message("{}").contains("`baton run music-files wanted` (if"), "{}", message("{}"));
        let named = message(r#"{"plan":"it's friday"}"#);
        assert!(named.contains(r#"wanted --args-json '{"plan":"it'\''s friday"}'`"#), "{named}");
        assert!(message(&"x".repeat(1_001)).contains("--args-json ARGUMENTS`"));
    }

    #[test]
    fn the_moved_actions_are_those_that_both_plugins_declare() {
        let actions = |manifest: &str| -> Vec<String> {
            let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
            manifest["actions"].as_object().unwrap().keys().cloned().collect()
        };
        let old = actions(include_str!("../manifest.json"));
        let new = actions(include_str!("../../music-files/manifest.json"));
        let mut both: Vec<_> = old.into_iter().filter(|action| new.contains(action)).collect();
        both.retain(|action| !["apply", "undo"].contains(&action.as_str()));
        both.sort();
        assert_eq!(both, MOVED);
    }
}
