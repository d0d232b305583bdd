//! `baton plugin inspect`: what a package is and asks for. Nothing of it is run or compiled.

use anyhow::Context as _;
use baton_core::budget::Budget;
use baton_core::text::plugin_says;
use baton_registry::signature::judge;
use baton_registry::{Package, Reference, Signature, fetch};
use serde_json::json;

use super::{asks, budget};
use crate::cli::{Place, block_on};
use crate::exit::Code;
use crate::output::{self, one_line, shorten};

/// Show what a package is and what it asks for, without running it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file, an address, or a package in a registry
    #[arg(value_name = "FILE|REF", help = "A file, an https:// address, or oci://HOST/REPOSITORY:TAG")]
    package: Reference,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// # Errors
    /// When it cannot be fetched or is no package, or the workspace's configuration does not parse.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        let trusted = place.trusted()?;
        let fetched = block_on(async { Ok(fetch(&self.package).await?) })?;
        let package = Package::read(&fetched.component).with_context(|| format!("{} is no plugin", self.package))?;
        let budget = budget::of_place(place, &package.manifest.name);
        let signature = judge(&fetched.component, fetched.signature.as_deref(), &trusted);
        if self.json {
            output::json(&as_json(&package, &fetched.from, &signature, &budget)?);
        } else {
            output::print(&as_text(&package, &fetched.from, &signature));
            output::print(&budget::as_text(&budget));
        }
        Ok(if matches!(signature, Signature::Bad { .. }) { Code::Findings } else { Code::Good })
    }
}

fn as_json(
    package: &Package,
    from: &Reference,
    signature: &Signature,
    budget: &Budget,
) -> anyhow::Result<serde_json::Value> {
    Ok(json!({
        "schema": 1,
        "name": package.manifest.name,
        "version": package.manifest.version,
        "from": from.to_string(),
        "digest": format!("sha256:{}", package.digest),
        "size": package.size,
        "world": format!("baton:plugin@{}", package.world),
        "signature": { "state": signature.state(), "key": signature.key_id(), "says": signature.to_string() },
        "imports": package.imports,
        "budget": budget::as_json(budget),
        "declares": serde_json::to_value(&package.manifest.declares)?,
        "asks": asks::as_json(&package.manifest.declares),
    }))
}

fn as_text(package: &Package, from: &Reference, signature: &Signature) -> String {
    let declares = &package.manifest.declares;
    let mut text = format!(
        "{} {}\n{}\n\nfrom       {}\ndigest     sha256:{}\nsize       {} bytes\nworld      baton:plugin@{}\nsignature  \
         {}\n\nactions\n",
        package.manifest.name,
        shorten(&one_line(&package.manifest.version), 60),
        described(&declares.description),
        one_line(&from.to_string()),
        package.digest,
        package.size,
        package.world,
        one_line(&signature.to_string())
    );
    for (name, action) in &declares.actions {
        let default = if *name == declares.default_action { " (default)" } else { "" };
        let once = if action.idempotent { "" } else { "; asks before it is done twice" };
        text.push_str(&format!("  {name}{default}{once}\n    {}\n", described(&action.description)));
    }
    text.push_str(&format!("\n{}", asks::all(declares)));
    text
}

/// What the plugin says about itself or an action.
fn described(description: &str) -> String {
    shorten(&plugin_says(description), 500)
}
