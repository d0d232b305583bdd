//! `baton plugin inspect`: shows a package and what it requests. The package is neither run nor compiled.

use anyhow::Context as _;
use baton_core::budget::Budget;
use baton_core::text::plugin_says;
use baton_registry::{Package, Signature};
use serde_json::json;

use super::inspect_target::{InspectTarget, InspectedPackage};
use super::{budget, list, requests};
use crate::cli::WorkspaceOptions;
use crate::exit::Code;
use crate::output::{self, one_line, shorten};

/// Show what a package is and what it asks for, without running it
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A plugin or a package
    #[arg(
        value_name = "NAME|FILE|REF",
        help = "The name of an installed plugin, shipped:NAME for a bundled one, a file, an https:// address, or \
                oci://HOST/REPOSITORY:TAG"
    )]
    package: InspectTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let subject = self.package.find(options)?;
        let package = Package::read(&subject.component).with_context(|| format!("{} is not a plugin", subject.from))?;
        let budget = budget::of_place(options, &package.manifest.name);
        if self.json {
            output::json(&as_json(&package, &subject, &budget)?);
        } else {
            output::print(&as_text(&package, &subject));
            output::print(&budget::as_text(&budget, None));
        }
        Ok(if matches!(subject.signature, Signature::Bad { .. }) { Code::Findings } else { Code::Good })
    }
}

fn as_json(package: &Package, subject: &InspectedPackage, budget: &Budget) -> anyhow::Result<serde_json::Value> {
    let InspectedPackage { from, signature, entry, .. } = subject;
    Ok(json!({
        "schema": 1,
        "name": package.manifest.name,
        "version": package.manifest.version,
        "from": from,
        "digest": format!("sha256:{}", package.digest),
        "size": package.size,
        "world": format!("baton:plugin@{}", package.world),
        "signature": { "state": signature.state(), "key": signature.key_id(), "says": signature.to_string() },
        "installed": entry.as_ref().map(list::as_json),
        "imports": package.imports,
        "budget": budget::as_json(budget, None),
        "declares": serde_json::to_value(&package.manifest.declares)?,
        "asks": requests::as_json(&package.manifest.declares),
    }))
}

fn as_text(package: &Package, subject: &InspectedPackage) -> String {
    let InspectedPackage { from, signature, entry, .. } = subject;
    let declares = &package.manifest.declares;
    let mut text = format!(
        "{} {}\n{}\n\nfrom       {}\ndigest     sha256:{}\nsize       {} bytes\nworld      baton:plugin@{}\nsignature  \
         {}\n",
        package.manifest.name,
        shorten(&one_line(&package.manifest.version), 60),
        described(&declares.description),
        one_line(from),
        package.digest,
        package.size,
        package.world,
        one_line(&signature.to_string())
    );
    if let Some(entry) = entry {
        let grants = entry.grants.specs();
        let may = if grants.is_empty() { "nothing".to_owned() } else { grants.join(" ") };
        text.push_str(&format!("state      {}\nmay        {}\n", list::state(entry), one_line(&may)));
    }
    text.push_str("\nactions\n");
    for (name, action) in &declares.actions {
        let default = if *name == declares.default_action { " (default)" } else { "" };
        let once =
            if action.idempotent { "" } else { "; an interrupted attempt is not repeated without your approval" };
        text.push_str(&format!("  {name}{default}{once}\n    {}\n", described(&action.description)));
    }
    text.push_str(&format!("\n{}", requests::all(declares)));
    text
}

/// A description by the plugin, marked as such.
fn described(description: &str) -> String {
    shorten(&plugin_says(description), 500)
}
