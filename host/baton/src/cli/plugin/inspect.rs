//! `baton plugin inspect`: what a package is and asks for. Nothing of it is run or compiled.

use std::path::PathBuf;

use anyhow::Context as _;
use baton_registry::Package;
use serde_json::json;

use crate::exit::Code;
use crate::output;

/// Show what a package is and what it asks for, without running it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The component
    file: PathBuf,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// # Errors
    /// When it cannot be read or is no package.
    pub(super) fn run(self) -> anyhow::Result<Code> {
        let bytes = std::fs::read(&self.file).with_context(|| format!("failed to read {}", self.file.display()))?;
        let package = Package::read(&bytes).with_context(|| format!("{} is no plugin", self.file.display()))?;
        if self.json {
            output::json(&as_json(&package)?);
        } else {
            output::print(&output::clean(&as_text(&package)));
        }
        Ok(Code::Good)
    }
}

fn as_json(package: &Package) -> anyhow::Result<serde_json::Value> {
    Ok(json!({
        "schema": 1,
        "name": package.manifest.name,
        "version": package.manifest.version,
        "digest": format!("sha256:{}", package.digest),
        "size": package.size,
        "world": format!("baton:plugin@{}", package.world),
        "imports": package.imports,
        "declares": serde_json::to_value(&package.manifest.declares)?,
    }))
}

fn as_text(package: &Package) -> String {
    let declares = &package.manifest.declares;
    let mut text = format!(
        "{} {}: {}\n\ndigest   sha256:{}\nsize     {} bytes\nworld    baton:plugin@{}\n\nactions\n",
        package.manifest.name,
        package.manifest.version,
        declares.description,
        package.digest,
        package.size,
        package.world
    );
    for (name, action) in &declares.actions {
        let default = if *name == declares.default_action { " (default)" } else { "" };
        let once = if action.idempotent { "" } else { "; asks before it is done twice" };
        text.push_str(&format!("  {name}{default}: {}{once}\n", action.description));
    }
    let asked = declares.capabilities.as_grants();
    text.push_str(if asked.is_empty() { "\nasks for nothing\n" } else { "\nasks for\n" });
    for grant in asked {
        text.push_str(&format!("  {grant}\n"));
    }
    text
}
