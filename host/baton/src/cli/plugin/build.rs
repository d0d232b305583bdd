//! `baton plugin build DIR`: builds a plugin's folder into one installable file.

use std::path::PathBuf;

use crate::author::{BuiltPlugin, Project, build};
use crate::cli::from_here;
use crate::exit::Code;
use crate::output;

/// Build the plugin in a folder into one installable .wasm with its manifest
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<Code> {
        let built = build(&Project::read(&self.dir)?)?;
        output::print(&format!("{}\n", from_here(&built.file)));
        output::note(&describe(&built));
        Ok(Code::Good)
    }
}

/// The result in one line.
pub(super) fn describe(built: &BuiltPlugin) -> String {
    let (manifest, version) = (&built.package.manifest, output::one_line(&built.package.manifest.version));
    format!("{} {version}: {} bytes, sha256:{}", manifest.name, built.package.size, built.package.digest)
}
