//! `baton plugin approve`: approves a package without a trusted signature.

use anyhow::bail;
use baton_registry::Approval;

use super::Plugins;
use super::install::make_inbox;
use crate::exit::Code;
use crate::output;

/// Approve a pending plugin
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// NAME@DIGEST: the digest that `baton plugin inspect` shows, or its first 8 or more digits
    #[arg(value_name = "NAME@DIGEST")]
    revision: String,
    /// Give the new revision the grants of the previous revision, even if the new revision asks for more, or is signed with
    /// another key
    #[arg(long)]
    keep_grants: bool,
    /// Replace the installed plugin NAME by this package, even if the package has another publisher
    #[arg(long, value_name = "NAME")]
    replace: Option<String>,
}

impl Args {
    /// Fails if no revision of that name and digest waits, or if it would replace another plugin without `--replace`.
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let Some((name, digest)) = self.revision.split_once('@') else {
            bail!(
                "`{}` has no digest: baton plugin approve NAME@DIGEST (`baton plugin list` shows both)",
                self.revision
            );
        };
        let approval = Approval { keep_grants: self.keep_grants, replace: self.replace.as_deref() };
        let entry = plugins.registry.approve(name, digest, approval)?;
        plugins.record_change(&entry, "approved", entry.version.clone())?;
        make_inbox(&plugins.workspace, name)?;
        let (version, may) = (output::one_line(&entry.version), Plugins::may(&entry));
        output::print(&format!("{name} {version} runs from now on; it may: {may}\n"));
        plugins.warn_of_name(name);
        Ok(Code::Good)
    }
}
