//! The parts of grants that have a fixed set of values.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Access to a folder or a database. Ordered: `Ro < Rw`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Reading.
    Ro,
    /// Reading and writing.
    Rw,
}

/// A database of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Database {
    /// The plugin's own tables; no other plugin sees them.
    Own,
    /// The music catalog, which all plugins share.
    Catalog,
    /// SQLite files of other programs in the plugin's folders, as snapshots for reading.
    Files,
}

/// The audio of which a plugin may get fingerprints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FingerprintScope {
    /// Files in its folders, which the host decodes for the plugin.
    Files,
    /// The whole library, including names and paths of its files.
    Library,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Rw { "rw" } else { "ro" })
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "own",
            Self::Catalog => "catalog",
            Self::Files => "files",
        })
    }
}

impl fmt::Display for FingerprintScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Files { "files" } else { "library" })
    }
}
