//! The arguments, results and errors of the operations.

use std::fmt;
use std::io;
use std::path::PathBuf;

use baton_core::Digest;
use baton_core::text::one_line;

use crate::lock::{BrokenEntry, LockError, Source, short};
use crate::package::PackageError;

/// A package to install.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its bytes.
    pub component: Vec<u8>,
    /// The origin of the bytes.
    pub source: Source,
    /// The signer.
    pub trust: Trust,
}

/// The reason to trust a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The package is bundled.
    Shipped,
    /// A trusted key signed it. Contains the id of the key.
    Signed(String),
    /// No trusted key signed it.
    Untrusted,
}

/// The result of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallResult {
    /// The plugin.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its digest.
    pub digest: Digest,
    /// What the installation changed.
    pub change: Change,
    /// The grants that this revision asks for and the previous one does not; for a new plugin, all grants that it asks
    /// for.
    pub beyond: Vec<String>,
    /// The destinations of the secrets in `beyond`, one line each.
    pub destinations: Vec<String>,
    /// Triggers and higher limits that the previous revision does not have, one line each. They need no grant.
    pub does: Vec<String>,
    /// The grants that the plugin has now.
    pub grants: Vec<String>,
    /// The owner of the name, if the package comes from another source. The package gets the name only with
    /// [`Approval::replace`].
    pub holder: Option<Holder>,
    /// The id of the trusted key that signed the package.
    pub key: Option<String>,
}

/// The plugin that owns a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The origin of its bytes.
    pub source: Source,
    /// Its version.
    pub version: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// The id of the trusted key that signed it.
    pub key: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = short(&self.digest);
        let version = if self.version.is_empty() { String::new() } else { format!("{}, ", one_line(&self.version)) };
        match &self.source {
            Source::Shipped => write!(f, "the bundled plugin ({version}sha256:{digest})"),
            source => {
                let source = one_line(&source.to_string());
                write!(
                    f,
                    "the installed plugin ({version}sha256:{digest}, {}, from {source})",
                    signer(self.key.as_deref())
                )
            }
        }
    }
}

/// The signer of a package, as text.
#[must_use]
pub fn signer(key: Option<&str>) -> String {
    key.map_or_else(|| "not signed by a trusted key".to_owned(), |key| format!("signed by the trusted key {key}"))
}

/// The options of an approval.
#[derive(Clone, Copy, Debug, Default)]
pub struct Approval<'a> {
    /// The revision gets the grants of the previous one, although it asks for more or has another signer.
    pub keep_grants: bool,
    /// The name of the plugin that the package replaces, although the package comes from another source.
    pub replace: Option<&'a str>,
}

/// The effect of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing: these bytes were installed before.
    Nothing,
    /// The plugin is new and may run.
    Installed,
    /// The revision replaced the previous one and got its grants.
    Updated,
    /// The revision waits for approval.
    NeedsApproval,
}

/// An error of an operation on the plugins.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The bytes are not a package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The lock file cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store of packages cannot be used.
    #[error("{} cannot be used: {error}", path.display())]
    Store {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// There is no such plugin.
    #[error("there is no plugin `{name}`; there are: {known}")]
    Unknown {
        /// The name that was given.
        name: String,
        /// The names of the installed plugins.
        known: String,
    },
    /// The operation is not possible in the current state of the plugin.
    #[error("{0}")]
    Refused(String),
}

impl From<&BrokenEntry> for RegistryError {
    fn from(broken: &BrokenEntry) -> Self {
        Self::Refused(broken.to_string())
    }
}
