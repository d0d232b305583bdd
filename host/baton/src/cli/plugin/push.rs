//! `baton plugin push`: publishes a package in an OCI registry, with the signature beside it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use baton_core::manifest::Manifest;
use baton_core::shell::quoted;
use baton_registry::oci::{Access, OciReference, Publication, PublishedComponent, push};
use baton_registry::signature::verify;
use baton_registry::{Package, Signature, fetch};
use serde_json::json;

use crate::cli::{WorkspaceOptions, block_on, from_here};
use crate::exit::Code;
use crate::output;

/// Publish a package in an OCI registry
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The component; the signature FILE.minisig beside it is published too
    file: PathBuf,
    /// The destination
    #[arg(value_name = "REF", help = "The destination: oci://HOST[:PORT]/REPOSITORY[:TAG]")]
    to: OciReference,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let (component, signature) = fetch::read(&self.file)?;
        let package = Package::read(&component).with_context(|| format!("{} is not a plugin", self.file.display()))?;
        let verdict = verify(&component, signature.as_deref(), &options.trusted()?);
        if let Signature::Bad { reason } = &verdict {
            bail!("cannot publish the signature {}.minisig: {reason}", self.file.display());
        }
        let publication = Publication { annotations: annotations(&package.manifest), signature };
        let access = Access::find(self.to.registry())?;
        let pushed = block_on(async { Ok(push(&self.to, &component, &publication, &access).await?) });
        let pushed = pushed.with_context(|| format!("failed to publish {} as {}", self.file.display(), self.to))?;
        self.report(&package, &pushed, &verdict);
        Ok(Code::Good)
    }

    fn report(&self, package: &Package, pushed: &PublishedComponent, verdict: &Signature) {
        if self.json {
            output::json(&json!({
                "schema": 1,
                "reference": pushed.reference.to_string(),
                "manifest": pushed.digest,
                "digest": format!("sha256:{}", package.digest),
                "signature": verdict.state(),
            }));
        } else {
            output::print(&format!("{}\n", pushed.reference));
        }
        if *verdict == Signature::Unsigned {
            let file = quoted(&from_here(&self.file));
            output::note(&format!(
                "it is not signed, so its users must approve it; `minisign -Sm {file}` signs it, then push again"
            ));
        }
    }
}

/// The annotations for registries and other programs.
fn annotations(manifest: &Manifest) -> BTreeMap<String, String> {
    let entries =
        [("title", &manifest.name), ("version", &manifest.version), ("description", &manifest.declares.description)];
    entries.map(|(key, value)| (format!("org.opencontainers.image.{key}"), value.clone())).into()
}
