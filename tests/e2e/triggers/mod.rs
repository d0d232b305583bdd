//! Triggers: tasks that files, audio, RETURNs or schedules start.

mod audio;
mod files;
mod returns;
mod schedule;
mod watched;

use baton_tests::{Task, Workspace};

/// The finished tasks of triggers for `watcher`, oldest first.
fn fired(workspace: &Workspace) -> Vec<Task> {
    let mut fired = workspace.tasks_of("watcher");
    // Baton also sends the plugin a RETURN for each of the plugin's requests that Baton refused.
    let made = |task: &Task| task.from.as_deref() == Some("baton") && !task.title.starts_with("RETURN");
    fired.retain(|task| made(task) && task.is_final());
    fired.reverse();
    fired
}

/// The summaries of the tasks of [`fired`].
fn told(workspace: &Workspace) -> Vec<String> {
    fired(workspace).into_iter().map(|task| task.reason).collect()
}
