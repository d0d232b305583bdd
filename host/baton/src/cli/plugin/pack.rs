//! `baton plugin pack COMPONENT`: adds a manifest to a component of a language that `baton plugin build` does not support.

use std::path::PathBuf;

use anyhow::Context as _;
use baton_registry::pack;

use crate::exit::Code;
use crate::output;

/// Add a manifest to a component that `baton plugin build` cannot build (Go, C#, C), so that it can be installed
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The component (.wasm)
    component: PathBuf,
    /// The manifest.json of the plugin; plugins/REFERENCE.md describes it
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// The name of the plugin
    #[arg(long)]
    name: String,
    /// The version of the plugin
    #[arg(long)]
    version: String,
    /// The file for the package
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<Code> {
        let unreadable = |file: &PathBuf| format!("failed to read {}", file.display());
        let component = std::fs::read(&self.component).with_context(|| unreadable(&self.component))?;
        let declares = std::fs::read_to_string(&self.manifest).with_context(|| unreadable(&self.manifest))?;
        let packed = pack(&component, &self.name, &self.version, &declares);
        let (bytes, package) = packed.with_context(|| format!("{} was not packed", self.component.display()))?;
        std::fs::write(&self.out, bytes).with_context(|| format!("failed to write {}", self.out.display()))?;
        output::note(&format!("{} {}: {} bytes, sha256:{}", self.name, self.version, package.size, package.digest));
        Ok(Code::Good)
    }
}
