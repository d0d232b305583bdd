//! `baton answer ID TEXT`: answers the question of a task that waits for a person.

use anyhow::bail;

use super::task_selector::TaskSelector;
use super::{WorkspaceOptions, decide};
use crate::exit::Code;

/// Answer the question of a task; the task continues with the answer
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A task id (at least its first 6 characters), a handoff id, a file name, or a title; it must identify one task
    #[arg(value_name = "ID")]
    id: String,
    /// Select every task with this handoff id, file name or title, for example after a broadcast
    #[arg(long)]
    all: bool,
    /// The answer, as the plugin gets it
    #[arg(value_name = "TEXT")]
    text: String,
}

/// An answer is a few words or an instruction, not a file.
const LONGEST: usize = 64 * 1024;

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        if self.text.len() > LONGEST {
            bail!(
                "the answer has {} bytes; the maximum is {LONGEST}: write the text to a file and answer with its \
                   path",
                self.text.len()
            );
        }
        let text = self.text;
        let which = TaskSelector { word: &self.id, all: self.all, open_only: true };
        decide::decide(options, &which, async |context, id| baton_dispatch::answer(&context, &id, &text).await)
    }
}
