//! The arguments of all imports.

use std::path::PathBuf;

/// What all imports need
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The file or folder of the other tool; it is only read
    #[arg(value_name = "PATH")]
    pub(super) path: PathBuf,
    /// The external agent that gets what no agent of this workspace is named for
    #[arg(long, value_name = "AGENT")]
    pub(super) agent: Option<String>,
    /// The sender of the requests, which gets the RETURNs
    #[arg(long, value_name = "AGENT", default_value = "operator")]
    pub(super) from: String,
    /// Write the requests; without it, they are only listed
    #[arg(long)]
    pub(super) apply: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}
