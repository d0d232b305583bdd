//! The reasons why a file has no fingerprint. Reports count and store the reason; the text is for people.

/// Why a file was not fingerprinted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The file does not exist.
    NotFound,
    /// Baton has no permission to read the file, or reading failed.
    Unreadable,
    /// The file contains no audio, or a codec that Baton does not decode. Includes HE-AAC that the configuration signals.
    Unsupported,
    /// The file is protected (DRM).
    Protected,
    /// The file claims to be audio, but cannot be decoded.
    Corrupt,
    /// The file is too short for one word (under about 3 s).
    TooShort,
    /// The file was replaced or changed while it was read.
    Changed,
    /// The caller cancelled the read.
    Stopped,
}

impl Reason {
    /// The name for storage and reports. It never changes.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Unreadable => "unreadable",
            Self::Unsupported => "unsupported",
            Self::Protected => "protected",
            Self::Corrupt => "corrupt",
            Self::TooShort => "too_short",
            Self::Changed => "changed",
            Self::Stopped => "stopped",
        }
    }

    /// True if a file is skipped because it cannot have a fingerprint. With any other reason the file counts as failed.
    #[must_use]
    pub const fn is_skipped(self) -> bool {
        match self {
            Self::Unsupported | Self::Protected | Self::TooShort => true,
            Self::NotFound | Self::Unreadable | Self::Corrupt | Self::Changed | Self::Stopped => false,
        }
    }
}

/// An error while audio is read: a reason, and the details.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Error {
    /// The kind of failure.
    pub reason: Reason,
    /// The details as a part of a sentence: `an AAC stream of 6 channels is not supported`.
    pub detail: String,
}

impl Error {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// The error when `stop` was set.
    pub(crate) fn stopped() -> Self {
        Self::new(Reason::Stopped, "the work was stopped")
    }
}
