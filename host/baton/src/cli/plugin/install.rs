//! `baton plugin install`: takes a package in.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use baton_registry::{Candidate, Change, Source};

use super::{Plugins, act, said};
use crate::exit::Code;
use crate::output;

/// Install a plugin from a file, a web server or a registry
///
/// One that no trusted key has signed waits until it is allowed (`baton plugin approve`). It may do nothing until that is
/// granted (`baton plugin grant`).
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file, `https://URL` or `oci://HOST/NAME:TAG`
    #[arg(value_name = "SOURCE")]
    source: String,
}

impl Args {
    /// # Errors
    /// When it cannot be fetched, or is no plugin for this host.
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let candidate = fetch(plugins, &self.source)?;
        install(plugins, &candidate, &self.source)
    }
}

/// Installs what was fetched from `from` and says what became of it.
///
/// # Errors
/// When it is no plugin for this host, or cannot be written.
pub(super) fn install(plugins: &Plugins, candidate: &Candidate, from: &str) -> anyhow::Result<Code> {
    let done = plugins.register.install(candidate).with_context(|| format!("{from} was not installed"))?;
    if done.change != Change::Nothing {
        plugins.done(act(&done, from))?;
    }
    output::print(&output::clean(&format!("{}\n", said(&done))));
    Ok(if done.change == Change::Held { Code::Findings } else { Code::Good })
}

/// Gets a package from where `source` says.
///
/// # Errors
/// When it is not there, or its signature is not of these bytes.
pub(super) fn fetch(plugins: &Plugins, source: &str) -> anyhow::Result<Candidate> {
    let path = Path::new(source);
    let component = std::fs::read(path).with_context(|| format!("failed to read {source}"))?;
    let trust = plugins.workspace.trust(&component, path)?;
    let found = path.canonicalize()?;
    let shown = found.strip_prefix(&plugins.workspace.root).map_or(found.clone(), PathBuf::from);
    Ok(Candidate { component, source: Source::File(shown), trust })
}
