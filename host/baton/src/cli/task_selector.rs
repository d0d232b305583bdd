//! Finds the task that an argument of the command line names. If the argument matches several tasks, the command fails
//! and lists them: a command acts only on tasks that the operator named unambiguously.

use anyhow::{anyhow, bail};
use baton_ledger::Reader;
use baton_ledger::task::{self, Task, TaskMatches};

use crate::output::{Table, one_line, shorten};

/// The minimum length of an id prefix for commands that change tasks: a shorter one is more likely a typing error.
const PREFIX_TO_ACT: usize = 6;

/// The maximum number of tasks in an error.
const LISTED: usize = 20;

/// A reference to one or more tasks.
pub(super) struct TaskSelector<'a> {
    /// The word as typed.
    pub(super) word: &'a str,
    /// Allow several tasks: every task with this handoff id, file name or title.
    pub(super) all: bool,
    /// Prefer open tasks. If there are none, ended tasks are used.
    pub(super) open_only: bool,
}

/// The one task that `word` means, and the ledger. For commands that show a task.
pub(super) fn to_show(reader: Option<Reader>, word: &str) -> anyhow::Result<(Reader, Task)> {
    let Some(reader) = reader else { return Err(unknown(word)) };
    let task = only_task(word, find_tasks(&reader, word)?.tasks, "")?;
    Ok((reader, task))
}

/// The tasks to change: one, or several with [`TaskSelector::all`]. Fails if there is none, if there are several
/// without [`TaskSelector::all`], or if the argument is too short.
pub(super) fn to_act(reader: Option<&Reader>, which: &TaskSelector<'_>) -> anyhow::Result<Vec<Task>> {
    let TaskSelector { word, all, open_only } = *which;
    let Some(reader) = reader else { return Err(unknown(word)) };
    let TaskMatches { mut tasks, by_prefix, more } = find_tasks(reader, word)?;
    if by_prefix && word.len() < PREFIX_TO_ACT {
        bail!("`{word}` is too short to act on: give at least {PREFIX_TO_ACT} characters of the id\n{}", list(&tasks));
    }
    if all && more {
        let (word, count) = (one_line(word), tasks.len());
        bail!(
            "`{word}` matches at least {count} tasks, too many to act on at once; `baton status --json` lists their \
             ids"
        );
    }
    if open_only && tasks.iter().any(|task| !task.state.is_final()) {
        tasks.retain(|task| !task.state.is_final());
    }
    if all && by_prefix && tasks.len() > 1 {
        bail!("--all takes a handoff id, a file name or a title, not the beginning of an id\n{}", list(&tasks));
    }
    if all { Ok(tasks) } else { Ok(vec![only_task(word, tasks, ", or all of them with --all")?]) }
}

fn find_tasks(reader: &Reader, word: &str) -> anyhow::Result<TaskMatches> {
    let matches = task::matching(reader, word)?;
    if matches.tasks.is_empty() { Err(unknown(word)) } else { Ok(matches) }
}

fn unknown(word: &str) -> anyhow::Error {
    anyhow!("there is no task `{}`; `baton status` lists the tasks", one_line(word))
}

fn only_task(word: &str, tasks: Vec<Task>, or: &str) -> anyhow::Result<Task> {
    match <[Task; 1]>::try_from(tasks) {
        Ok([task]) => Ok(task),
        Err(tasks) => {
            let (word, count) = (one_line(word), tasks.len());
            bail!("`{word}` matches {count} tasks: name one of them by its id{or}\n{}", list(&tasks).trim_end());
        }
    }
}

fn list(tasks: &[Task]) -> String {
    let mut table = Table::new(&["TASK", "AGENT", "STATE", "TITLE"]);
    for task in tasks.iter().take(LISTED) {
        table.row([task.id.clone(), task.agent.clone(), task.status().to_owned(), shorten(&task.title, 60)]);
    }
    let more = tasks.len().saturating_sub(LISTED);
    let more = if more > 0 { format!("and {more} more\n") } else { String::new() };
    table.lines(|_, _, cell| cell) + &more
}
