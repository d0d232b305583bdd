//! The package to inspect: a file, an address, a package in a registry, an installed plugin by its name, or a bundled plugin.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use baton_core::nearest::or_meant;
use baton_core::plugin_name;
use baton_registry::signature::verify;
use baton_registry::{PublicKey, Reference, ReferenceError, RegistryError, Signature, fetch};

use super::install::SHIPPED;
use crate::cli::{WorkspaceOptions, block_on};
use crate::output::one_line;
use crate::shipped;
use crate::workspace::PluginEntry;

/// The argument of the command.
#[derive(Clone, Debug)]
pub(super) enum InspectTarget {
    /// A bundled plugin.
    Shipped(String),
    /// A file or an address; if there is no such file, the name of an installed plugin.
    Package(Reference),
}

impl FromStr for InspectTarget {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        match text.strip_prefix(SHIPPED) {
            Some(name) => Ok(Self::Shipped(name.to_owned())),
            None => text.parse().map(Self::Package),
        }
    }
}

/// A package that was found.
pub(super) struct InspectedPackage {
    pub(super) component: Vec<u8>,
    pub(super) from: String,
    pub(super) signature: Signature,
    /// Its entry in the lock file, if it is the installed revision.
    pub(super) entry: Option<PluginEntry>,
}

impl InspectTarget {
    pub(super) fn find(&self, options: &WorkspaceOptions) -> anyhow::Result<InspectedPackage> {
        match self {
            Self::Shipped(name) => bundled(name),
            Self::Package(Reference::File(path)) if !path.is_file() && is_name(path) => {
                installed(options, &path.to_string_lossy())
            }
            Self::Package(reference) => {
                let fetched = block_on(async { Ok(fetch(reference).await?) })?;
                let signature = verify(&fetched.component, fetched.signature.as_deref(), &options.trusted()?);
                Ok(InspectedPackage {
                    component: fetched.component,
                    from: fetched.from.to_string(),
                    signature,
                    entry: None,
                })
            }
        }
    }
}

fn is_name(path: &Path) -> bool {
    path.to_str().is_some_and(|name| plugin_name::check(name).is_ok())
}

/// The plugin with this name: the installed one, else the bundled one.
fn installed(options: &WorkspaceOptions, name: &str) -> anyhow::Result<InspectedPackage> {
    let Some(workspace) = options.find()? else { return bundled(name) };
    let registry = workspace.registry();
    let lock = registry.read()?;
    let Some(entry) = lock.get(name) else {
        if shipped::component(name).is_some() {
            return bundled(name);
        }
        let known: Vec<&str> = lock.plugins.iter().map(|entry| entry.name.as_str()).collect();
        let all = format!("installed: {}; bundled: {}", known.join(", "), shipped::names());
        let names = known.iter().copied().chain(shipped::SHIPPED.iter().map(|(name, _)| *name));
        bail!("there is no file and no plugin `{}` here; {}", one_line(name), or_meant(name, names, &all));
    };
    let component = registry.component(&entry.digest, &entry.source)?.ok_or_else(|| {
        RegistryError::Refused(format!(
            "the package {} of `{name}` is missing: `baton plugin install {}`",
            entry.digest, entry.source
        ))
    })?;
    let signature = signed(entry, &options.trusted()?);
    Ok(InspectedPackage { component, from: entry.source.to_string(), signature, entry: Some(entry.clone()) })
}

/// The signature in the lock file, which was checked at the installation.
fn signed(entry: &PluginEntry, trusted: &[PublicKey]) -> Signature {
    match &entry.key {
        None => Signature::Unsigned,
        Some(key) if trusted.iter().any(|trusted| trusted.id() == *key) => Signature::Good { key_id: key.clone() },
        Some(key) => Signature::Unknown { key_id: key.clone() },
    }
}

fn bundled(name: &str) -> anyhow::Result<InspectedPackage> {
    let component = shipped::component(name).with_context(|| {
        let all = format!("there are: {}", shipped::names());
        let names = shipped::SHIPPED.iter().map(|(name, _)| *name);
        format!("there is no bundled plugin `{}`; {}", one_line(name), or_meant(name, names, &all))
    })?;
    let from = format!("{SHIPPED}{name}");
    Ok(InspectedPackage { component: component.to_vec(), from, signature: Signature::Unsigned, entry: None })
}
