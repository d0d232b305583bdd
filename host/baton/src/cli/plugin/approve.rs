//! `baton plugin approve`: lets a package run that no trusted key vouches for.

use anyhow::bail;

use super::Plugins;
use crate::exit::Code;
use crate::output;

/// Let a plugin run that waits to be allowed
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// NAME@DIGEST: the digest that was looked at (`baton plugin inspect`), or its first 8 or more digits
    #[arg(value_name = "NAME@DIGEST")]
    revision: String,
    /// Let it have the grants of the revision before, although it asks for more or another key has signed it
    #[arg(long)]
    keep_grants: bool,
}

impl Args {
    /// # Errors
    /// When nothing of that name and digest waits.
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let Some((name, digest)) = self.revision.split_once('@') else {
            bail!(
                "`{}` names no digest: baton plugin approve NAME@DIGEST (`baton plugin list` shows both)",
                self.revision
            );
        };
        let entry = plugins.register.approve(name, digest, self.keep_grants)?;
        plugins.done_to(&entry, "approved", entry.version.clone())?;
        let (version, may) = (output::clean(&entry.version), Plugins::may(&entry));
        output::print(&format!("{name} {version} runs from now on; it may: {may}\n"));
        Ok(Code::Good)
    }
}
