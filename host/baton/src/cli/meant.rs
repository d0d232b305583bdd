//! Which task a word on the command line means. A word that means several is refused with their list: a command acts on what
//! the operator named and on nothing else.

use anyhow::bail;
use baton_ledger::Reader;
use baton_ledger::task::{self, Meant, Task};

use crate::output::{Table, one_line, shorten};

/// A shorter beginning of an id is a slip of the hand sooner than a choice.
const PREFIX_TO_ACT: usize = 6;

/// Tasks that a refusal lists.
const LISTED: usize = 20;

/// The one task that `word` means, to be shown.
///
/// # Errors
/// When there is none or several, or the ledger fails.
pub(super) fn to_show(reader: Option<&Reader>, word: &str) -> anyhow::Result<Task> {
    one(word, look(reader, word)?.tasks, "")
}

/// The tasks that `word` means, to be acted on: one, or with `all` every one that has this handoff id, file name or title.
/// Of several, those that have ended do not count where `open_only` says so.
///
/// # Errors
/// When there is none, when there are several and `all` was not said, when the word is too short, or the ledger fails.
pub(super) fn to_act(reader: Option<&Reader>, word: &str, all: bool, open_only: bool) -> anyhow::Result<Vec<Task>> {
    let Meant { mut tasks, by_prefix } = look(reader, word)?;
    if by_prefix && word.len() < PREFIX_TO_ACT {
        bail!("`{word}` is too short to act on: give at least {PREFIX_TO_ACT} characters of the id\n{}", list(&tasks));
    }
    if open_only && tasks.iter().any(|task| !task.state.is_final()) {
        tasks.retain(|task| !task.state.is_final());
    }
    if all && by_prefix && tasks.len() > 1 {
        bail!("--all takes a handoff id, a file name or a title, not the beginning of an id\n{}", list(&tasks));
    }
    if all { Ok(tasks) } else { Ok(vec![one(word, tasks, ", or all of them with --all")?]) }
}

fn look(reader: Option<&Reader>, word: &str) -> anyhow::Result<Meant> {
    let meant = reader.map(|reader| task::meant(reader, word)).transpose()?;
    match meant.filter(|meant| !meant.tasks.is_empty()) {
        Some(meant) => Ok(meant),
        None => bail!("there is no task `{}`; `baton status` lists them", one_line(word)),
    }
}

fn one(word: &str, mut tasks: Vec<Task>, or: &str) -> anyhow::Result<Task> {
    match (tasks.pop(), tasks.is_empty()) {
        (Some(task), true) => Ok(task),
        (last, _) => {
            tasks.extend(last);
            let (word, count) = (one_line(word), tasks.len());
            bail!("`{word}` means {count} tasks: name one of them by its id{or}\n{}", list(&tasks).trim_end());
        }
    }
}

fn list(tasks: &[Task]) -> String {
    let mut table = Table::new(&["TASK", "AGENT", "STATE", "TITLE"]);
    for task in tasks.iter().take(LISTED) {
        table.row([task.id.clone(), task.agent.clone(), task.state.to_string(), shorten(&task.title, 60)]);
    }
    let more = tasks.len().saturating_sub(LISTED);
    let more = if more > 0 { format!("and {more} more\n") } else { String::new() };
    table.lines(|_, _, cell| cell) + &more
}
