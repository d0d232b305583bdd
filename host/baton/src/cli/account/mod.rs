//! `baton account`: commands about accounts at online services, one file for each command. No command shows a token.

mod add;
mod list;
mod pasted;
mod remove;
mod service;
mod test;

use super::WorkspaceOptions;
use crate::exit::Code;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    Add(add::Args),
    List(list::Args),
    Test(test::Args),
    Remove(remove::Args),
}

impl Action {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self {
            Self::Add(args) => args.run(options),
            Self::List(args) => args.run(options),
            Self::Test(args) => args.run(options),
            Self::Remove(args) => args.run(options),
        }
    }
}
