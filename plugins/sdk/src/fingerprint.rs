//! Fingerprints of audio files, and searches in the music library. `wit/fingerprint.wit` defines permissions and costs.
//!
//! ```no_run
//! use baton_plugin_sdk::{Error, fingerprint};
//!
//! fn is_known(path: &str) -> Result<bool, Error> {
//!     let file = fingerprint::compute(path)?.fingerprinted()?;
//!     let found = fingerprint::look_up_one(&fingerprint::query(&file))?;
//!     Ok(found.iter().any(|found| found.difference.is_none()))
//! }
//! ```

pub use crate::bindings::baton::plugin::fingerprint::{
    AudioFile, DuplicateGroups, Error, FingerprintResult, Group, Item, LibraryCoverage, Match, MissingCount,
    NoFingerprint, Query, Superfluous,
};

use crate::bindings::baton::plugin::fingerprint as generated;

/// Computes the fingerprint of a file in the plugin's file system. The host reads only the first 120 s.
///
/// # Errors
/// As `compute` in `wit/fingerprint.wit`.
pub fn compute(path: &str) -> Result<FingerprintResult, Error> {
    generated::compute(path, false)
}

/// As [`compute`], with the digests of the file and of its audio. The host reads the whole file.
///
/// # Errors
/// As `compute` in `wit/fingerprint.wit`.
pub fn compute_with_digests(path: &str) -> Result<FingerprintResult, Error> {
    generated::compute(path, true)
}

/// A query for recordings that are similar to `file`.
#[must_use]
pub fn query(file: &AudioFile) -> Query {
    Query { words: file.words.clone(), duration_ms: Some(file.duration_ms), title: file.title.clone() }
}

/// Similar files of the library for each query, the most similar first.
///
/// # Errors
/// As `look-up` in `wit/fingerprint.wit`.
pub fn look_up(queries: &[Query]) -> Result<Vec<Vec<Match>>, Error> {
    generated::look_up(queries)
}

/// As [`look_up`] for one query. For many, [`look_up`] is far cheaper.
///
/// # Errors
/// As `look-up` in `wit/fingerprint.wit`.
pub fn look_up_one(query: &Query) -> Result<Vec<Match>, Error> {
    Ok(generated::look_up(std::slice::from_ref(query))?.pop().unwrap_or_default())
}

/// The share of the library that has fingerprints.
///
/// # Errors
/// As `coverage` in `wit/fingerprint.wit`.
pub fn coverage() -> Result<LibraryCoverage, Error> {
    generated::coverage()
}

/// Finds the duplicate groups of the library. Returns at most `most` groups, the largest first.
///
/// # Errors
/// As `duplicates` in `wit/fingerprint.wit`.
pub fn duplicates(most: u32) -> Result<DuplicateGroups, Error> {
    generated::duplicates(most)
}

impl FingerprintResult {
    /// Returns the file with its fingerprint, or an error if it has none.
    ///
    /// # Errors
    /// `retryable` if the file changed while it was read; else `permanent`.
    pub fn fingerprinted(self) -> Result<AudioFile, crate::Error> {
        match self {
            Self::Fingerprinted(file) => Ok(file),
            Self::Failed(none) if none.reason == "changed" => Err(crate::Error::Retryable(none.detail)),
            Self::Skipped(none) | Self::Failed(none) => {
                Err(crate::Error::Permanent(format!("{}: {}", none.reason, none.detail)))
            }
        }
    }
}

/// A missing grant is `needs-grant`, a temporary failure `retryable`, the rest `permanent`.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(text) => Self::NeedsGrant(text),
            Error::Timeout(text) => Self::Retryable(text),
            Error::Invalid(text) | Error::TooLarge(text) | Error::Failed(text) => Self::Permanent(text),
        }
    }
}
