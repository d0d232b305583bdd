//! Why a file has no fingerprint. The reason is what is counted and stored, the text is for people.

/// Why a file was not fingerprinted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// There is no such file (any more).
    NotFound,
    /// It may not be read, or reading failed.
    Unreadable,
    /// No audio, or a codec that Baton does not decode; also signalled HE-AAC.
    Unsupported,
    /// It is protected (DRM).
    Protected,
    /// It says that it is audio and cannot be decoded.
    Corrupt,
    /// It is too short for one word (under about 3 s).
    TooShort,
    /// It was replaced or changed while it was read.
    Changed,
    /// The work was stopped.
    Stopped,
}

impl Reason {
    /// The word that is stored and shown.
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

    /// Whether such a file can have no fingerprint, so that it is skipped; else it should have one and failed.
    #[must_use]
    pub const fn is_skipped(self) -> bool {
        match self {
            Self::Unsupported | Self::Protected | Self::TooShort => true,
            Self::NotFound | Self::Unreadable | Self::Corrupt | Self::Changed | Self::Stopped => false,
        }
    }
}

/// An error of the audio core: a reason, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Error {
    /// What kind of failure it is.
    pub reason: Reason,
    /// What was found, as a fragment: `an AAC stream of 6 channels is not decoded`.
    pub detail: String,
}

impl Error {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// `stop` was set.
    pub(crate) fn stopped() -> Self {
        Self::new(Reason::Stopped, "the work was stopped")
    }
}
