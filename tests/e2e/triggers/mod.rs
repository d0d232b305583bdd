//! Work that nobody asked for: of files, of audio, of RETURNs, of the clock.

mod audio;
mod files;
mod returns;
mod schedule;
mod watched;

use baton_tests::{Task, Workspace};

/// The tasks that triggers made for `watcher` and that are done, oldest first.
fn fired(workspace: &Workspace) -> Vec<Task> {
    let mut fired = workspace.tasks_of("watcher");
    // A refusal comes from Baton too.
    let made = |task: &Task| task.from.as_deref() == Some("baton") && !task.title.starts_with("RETURN");
    fired.retain(|task| made(task) && task.is_final());
    fired.reverse();
    fired
}

/// What these tasks came to.
fn told(workspace: &Workspace) -> Vec<String> {
    fired(workspace).into_iter().map(|task| task.reason).collect()
}
