//! The arguments of all imports.

/// The arguments of all imports
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The agent that gets an item if the item's assignee is not an external agent of this workspace; an external agent
    #[arg(long, value_name = "AGENT")]
    pub(super) agent: Option<String>,
    /// The sender of the requests, which gets the RETURNs
    #[arg(long, value_name = "AGENT", default_value = "operator")]
    pub(super) from: String,
    /// Write the requests; without --apply, they are only listed. If the agent has a `command` in baton.toml, Baton starts
    /// that command at once
    #[arg(long)]
    pub(super) apply: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}
