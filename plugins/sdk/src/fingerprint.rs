//! Audio fingerprints and the library of known sounds. `wit/fingerprint.wit` defines permissions and costs.
//!
//! ```no_run
//! use baton_plugin_sdk::{Error, fingerprint};
//!
//! fn is_known(path: &str) -> Result<bool, Error> {
//!     let sound = fingerprint::compute(path)?.sound()?;
//!     let found = fingerprint::look_up_one(&fingerprint::asked(&sound))?;
//!     Ok(found.iter().any(|found| found.difference.is_none()))
//! }
//! ```

pub use crate::bindings::baton::plugin::fingerprint::{
    Asked, Covered, Error, Group, Heard, Item, Lack, Match, Sound, Superfluous, Twice, Without,
};

use crate::bindings::baton::plugin::fingerprint as generated;

/// How the file at a path of the plugin's file system sounds; as much of it is read as that needs.
///
/// # Errors
/// As `compute` in `wit/fingerprint.wit`.
pub fn compute(path: &str) -> Result<Heard, Error> {
    generated::compute(path, false)
}

/// The same with the digests of the file and of its audio, for which all of it is read.
///
/// # Errors
/// As `compute` in `wit/fingerprint.wit`.
pub fn compute_with_digests(path: &str) -> Result<Heard, Error> {
    generated::compute(path, true)
}

/// What to ask the library for, to find what sounds like this.
#[must_use]
pub fn asked(sound: &Sound) -> Asked {
    Asked { words: sound.words.clone(), duration_ms: Some(sound.duration_ms), title: sound.title.clone() }
}

/// Files of the library that sound like each of these, the most similar first.
///
/// # Errors
/// As `look-up` in `wit/fingerprint.wit`.
pub fn look_up(asked: &[Asked]) -> Result<Vec<Vec<Match>>, Error> {
    generated::look_up(asked)
}

/// What in the library sounds like this, the most alike first. For many, [`look_up`] is far cheaper.
///
/// # Errors
/// As `look-up` in `wit/fingerprint.wit`.
pub fn look_up_one(asked: &Asked) -> Result<Vec<Match>, Error> {
    Ok(generated::look_up(std::slice::from_ref(asked))?.pop().unwrap_or_default())
}

/// How much of the library is fingerprinted.
///
/// # Errors
/// As `coverage` in `wit/fingerprint.wit`.
pub fn coverage() -> Result<Covered, Error> {
    generated::coverage()
}

/// What is in the library twice: the largest groups, at most `most`.
///
/// # Errors
/// As `duplicates` in `wit/fingerprint.wit`.
pub fn duplicates(most: u32) -> Result<Twice, Error> {
    generated::duplicates(most)
}

impl Heard {
    /// The sound, for those who can do nothing without it.
    ///
    /// # Errors
    /// Why the file has none; for good, unless it was replaced while it was read.
    pub fn sound(self) -> Result<Sound, crate::Error> {
        match self {
            Self::Fingerprinted(sound) => Ok(sound),
            Self::Failed(lack) if lack.reason == "changed" => Err(crate::Error::Retryable(lack.detail)),
            Self::Skipped(lack) | Self::Failed(lack) => {
                Err(crate::Error::Permanent(format!("{}: {}", lack.reason, lack.detail)))
            }
        }
    }
}

/// What the host does about it: a missing grant asks for it, what may pass is tried again, the rest is for good.
impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(text) => Self::NeedsGrant(text),
            Error::Timeout(text) => Self::Retryable(text),
            Error::Invalid(text) | Error::TooLarge(text) | Error::Failed(text) => Self::Permanent(text),
        }
    }
}
