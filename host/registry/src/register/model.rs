//! The arguments and results of the register: packages and who vouches for them, what was changed, errors.

use std::fmt;
use std::io;
use std::path::PathBuf;

use baton_core::Digest;
use baton_core::text::one_line;

use crate::lock::{BrokenEntry, LockError, Source, short};
use crate::package::PackageError;

/// A package that is to be installed.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its bytes.
    pub component: Vec<u8>,
    /// Where they came from.
    pub source: Source,
    /// Who vouches for it.
    pub trust: Trust,
}

/// Who vouches for a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It came inside the program.
    Shipped,
    /// A trusted key, by its id.
    Signed(String),
    /// No trusted key.
    Nobody,
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
    /// What was changed.
    pub change: Change,
    /// What it asks for beyond the revision before; of a new plugin, all.
    pub beyond: Vec<String>,
    /// Where the secrets in `beyond` go, one line each.
    pub destinations: Vec<String>,
    /// What it does beyond the revision before without being granted it, one line each: triggers, higher limits.
    pub does: Vec<String>,
    /// The grants that it has now.
    pub grants: Vec<String>,
    /// Who holds the name, if the package comes from somebody else. It takes the name only by [`Approval::replace`].
    pub holder: Option<Holder>,
    /// The id of the trusted key that signed the package.
    pub key: Option<String>,
}

/// The plugin that holds a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Where its bytes came from.
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
            Source::Shipped => write!(f, "the plugin inside this program ({version}sha256:{digest})"),
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

/// Who signed a package, in words.
#[must_use]
pub fn signer(key: Option<&str>) -> String {
    key.map_or_else(|| "signed by no trusted key".to_owned(), |key| format!("signed by the trusted key {key}"))
}

/// How the operator approves a revision that waits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Approval<'a> {
    /// It keeps the grants of the revision before, although it asks for more or somebody else has signed it.
    pub keep_grants: bool,
    /// The plugin whose name it takes, although it comes from somebody else.
    pub replace: Option<&'a str>,
}

/// What an installation changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing: these bytes are installed.
    Nothing,
    /// It is new and may run.
    Installed,
    /// It took the place of the revision before, with its grants.
    Updated,
    /// It waits for approval.
    Held,
}

/// Why a plugin could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The bytes are not a package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The lock.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store of packages.
    #[error("{} cannot be used: {error}", path.display())]
    Store {
        /// Which file or folder.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// There is no such plugin.
    #[error("there is no plugin `{name}`; there are: {known}")]
    Unknown {
        /// As asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// It does not fit the plugin as it stands.
    #[error("{0}")]
    Refused(String),
}

impl From<&BrokenEntry> for RegisterError {
    fn from(broken: &BrokenEntry) -> Self {
        Self::Refused(broken.to_string())
    }
}
