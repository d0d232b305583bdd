//! `baton plugin`: commands about plugins, one file for each.
//!
//! A command that changes something writes `baton.lock` ([`PluginRegistry`](baton_registry::PluginRegistry)) and records one event
//! in the ledger. A running daemon applies the change at once, and tasks that waited for it continue.

mod approve;
mod budget;
mod build;
mod grant;
pub(super) mod grant_rows;
mod inspect;
mod inspect_target;
mod install;
pub(super) mod list;
pub(super) mod log;
mod new;
mod pack;
mod plugins;
mod push;
mod remove;
mod requests;
mod rollback;
mod switch;
mod test;
mod types;
mod update;

use self::plugins::Plugins;
use super::WorkspaceOptions;
use crate::exit::Code;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    Inspect(inspect::Args),
    Install(install::Args),
    List(list::Args),
    Log(log::Args),
    Approve(approve::Args),
    Grant(grant::Grant),
    Revoke(grant::Revoke),
    Grants(grant::Show),
    Update(update::Args),
    Rollback(rollback::Args),
    Disable(switch::Disable),
    Enable(switch::Enable),
    Remove(remove::Args),
    Push(push::Args),
    New(new::Args),
    Build(build::Args),
    Test(test::Args),
    Types(types::Args),
    Pack(pack::Args),
}

impl Action {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let here = || Plugins::of(options);
        let to_change = || Plugins::to_change(options);
        match self {
            Self::Inspect(args) => args.run(options),
            Self::Push(args) => args.run(options),
            Self::Install(args) => args.run(&to_change()?),
            Self::List(args) => args.run(&here()?),
            Self::Log(args) => args.run(&here()?),
            Self::Approve(args) => args.run(&to_change()?),
            Self::Grant(args) => args.run(&to_change()?),
            Self::Revoke(args) => args.run(&to_change()?),
            Self::Grants(args) => args.run(&here()?),
            Self::Update(args) => args.run(&to_change()?),
            Self::Rollback(args) => args.run(&to_change()?),
            Self::Disable(args) => args.run(&to_change()?),
            Self::Enable(args) => args.run(&to_change()?),
            Self::Remove(args) => args.run(&to_change()?),
            Self::New(args) => args.run(),
            Self::Build(args) => args.run(),
            Self::Test(args) => args.run(),
            Self::Types(args) => args.run(),
            Self::Pack(args) => args.run(),
        }
    }
}

/// Grants a plugin the specs in `words`, before `baton run` runs the plugin. Prints the new grants. Fails as `baton plugin
/// grant` does.
pub(super) fn grant_first(options: &WorkspaceOptions, name: &str, words: &[String]) -> anyhow::Result<String> {
    grant::add_grants(&Plugins::to_change(options)?, name, words)
}
