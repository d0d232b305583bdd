//! `baton answer ID TEXT`: answers the question of a task that waits for a person.

use anyhow::bail;

use super::{Place, decide};
use crate::exit::Code;

/// Answer a task that asks a person something; it goes on with the answer
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A task id or the beginning of one, a handoff id, or a file name
    #[arg(value_name = "ID")]
    id: String,
    /// The answer, as the plugin gets it
    #[arg(value_name = "TEXT")]
    text: String,
}

/// An answer is a few words or an instruction, not a file.
const LONGEST: usize = 64 * 1024;

impl Args {
    /// # Errors
    /// When there is no such task or it asks nothing.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        if self.text.len() > LONGEST {
            bail!("the answer has {} bytes; at most {LONGEST} are handed on: name a file instead", self.text.len());
        }
        let text = self.text;
        decide::decide(place, &self.id, |house, id| async move { baton_dispatch::answer(&house, &id, &text).await })
    }
}
