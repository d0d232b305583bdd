//! Watched files: a change starts a task by the manifest's `watched` trigger. `wit/watch.wit` defines changes and limits.
//!
//! ```no_run
//! use baton_plugin_sdk::{Error, watch};
//!
//! fn watch_input(path: &str) -> Result<(), Error> {
//!     let metadata = std::fs::metadata(path).ok();
//!     Ok(watch::set("input", [watch::seen(path, metadata.as_ref())])?)
//! }
//! ```

use std::fs::Metadata;
use std::time::UNIX_EPOCH;

pub use crate::bindings::baton::plugin::watch::{Error, Seen};

use crate::bindings::baton::plugin::watch as generated;

/// Replaces the files under `key`; an empty list removes the key. Takes effect when the task ends with an outcome.
///
/// # Errors
/// As `set` in `wit/watch.wit`.
pub fn set(key: &str, files: impl IntoIterator<Item = Seen>) -> Result<(), Error> {
    let files: Vec<Seen> = files.into_iter().collect();
    generated::set(key, &files)
}

/// A file with its metadata; `None` for a missing file. For a link, pass the metadata of its target.
#[must_use]
pub fn seen(path: impl Into<String>, metadata: Option<&Metadata>) -> Seen {
    Seen { path: path.into(), stamp: metadata.map(stamp) }
}

/// Size and modification time in the form of `wit/watch.wit`. An unknown time becomes 1970.
#[must_use]
pub fn stamp(metadata: &Metadata) -> (u64, u64) {
    let since = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    (metadata.len(), u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// `permanent`: another attempt would fail in the same way.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(text) | Error::TooMany(text) => Self::Permanent(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_seen_with_size_and_time_and_a_missing_one_without() {
        let metadata = std::fs::metadata("Cargo.toml").unwrap();
        let (size, modified) = seen("/x/y", Some(&metadata)).stamp.unwrap();
        assert_eq!(size, metadata.len());
        assert!(modified > 1_500_000_000_000_000_000, "{modified}");
        assert_eq!(seen("/x/y", None).stamp, None);
    }
}
