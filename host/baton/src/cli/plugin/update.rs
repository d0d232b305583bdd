//! `baton plugin update`: fetches the newest packages from their sources.

use baton_registry::Package;

use super::install::{fetch, install};
use super::{Plugins, requests};
use crate::exit::Code;
use crate::output;
use crate::workspace::{PluginEntry, Source, short};

/// Get newer revisions of plugins from their sources
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The plugins to update [default: all]
    names: Vec<String>,
    /// Only show what would change
    #[arg(long)]
    check: bool,
}

impl Args {
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let lock = plugins.registry.read()?;
        for name in &self.names {
            anyhow::ensure!(lock.get(name).is_some(), "there is no plugin `{name}`; `baton plugin list` shows all");
        }
        let wanted = |entry: &&PluginEntry| self.names.is_empty() || self.names.contains(&entry.name);
        let mut worst = Code::Good;
        for entry in lock.plugins.iter().filter(wanted) {
            worst = match update(plugins, entry, self.check) {
                Ok(Code::Good) => worst,
                Ok(_) => Code::Findings,
                Err(error) => {
                    output::error(&error);
                    Code::Findings
                }
            };
        }
        Ok(worst)
    }
}

fn update(plugins: &Plugins, entry: &PluginEntry, check: bool) -> anyhow::Result<Code> {
    if entry.source == Source::Shipped {
        output::print(&format!("{} is bundled with this program\n", entry.name));
        return Ok(Code::Good);
    }
    let source = match &entry.source {
        Source::File(file) => plugins.workspace.root.join(file).display().to_string(),
        other => other.to_string(),
    };
    let candidate = fetch(plugins, &source.parse()?)?;
    let package = Package::read(&candidate.component)?;
    let (name, there) = (&entry.name, &package.manifest.name);
    anyhow::ensure!(there == name, "{source} now contains the plugin `{there}`, not `{name}`");
    if format!("sha256:{}", package.digest) == entry.digest {
        output::print(&format!("{} {} is the newest\n", entry.name, output::one_line(&entry.version)));
        return Ok(Code::Good);
    }
    output::print(&difference(plugins, entry, &package));
    if check {
        return Ok(Code::Findings);
    }
    // As with `install`, a missing approval is not a failure: the approval is the operator's next step.
    install(plugins, &candidate, &source)?;
    Ok(Code::Good)
}

/// The requests that the new revision adds and removes.
fn difference(plugins: &Plugins, entry: &PluginEntry, new: &Package) -> String {
    let head = format!(
        "{}: {} (sha256:{}) → {} (sha256:{})\n",
        entry.name,
        output::one_line(&entry.version),
        short(&entry.digest),
        output::one_line(&new.manifest.version),
        new.digest.short(16)
    );
    let after = &new.manifest.declares;
    match plugins.registry.declares(&entry.name) {
        Ok(before) => head + &requests::difference(&before, after),
        Err(error) => {
            format!("{head}  cannot read the requests of the old revision: {error}\n{}", requests::all(after))
        }
    }
}
