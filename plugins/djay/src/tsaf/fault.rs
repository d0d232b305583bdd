//! The reason why a blob cannot be decoded, and the position.

use std::fmt;

/// A fault with its position and tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The position in bytes from the start of the blob.
    pub offset: usize,
    /// The tag of the value; `None` in the header and after the last value.
    pub tag: Option<u8>,
    /// The reason.
    pub why: FaultKind,
}

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The blob does not begin with `TSAF`.
    NoTsaf,
    /// The header has another version.
    Version {
        /// The first number of the version; 3 is supported.
        first: u16,
        /// The second number; 3 is supported.
        second: u16,
    },
    /// A field of the header is not 0. In all known blobs it is 0.
    Reserved,
    /// The blob ends early.
    Cut,
    /// The tag is unknown, and so is the end of its value.
    UnknownTag,
    /// A byte of padding is not 0.
    Padding,
    /// A string is not UTF-8.
    NoUtf8,
    /// A string is expected: a class, a key, an address.
    NoString,
    /// The base of an address is not an address.
    NoBase,
    /// A reference to an object that does not begin before the reference.
    NoObject {
        /// The number of the reference.
        number: usize,
        /// The number of objects so far.
        known: usize,
    },
    /// A reference to a string that does not come before the reference.
    NoSuchString {
        /// The number of the reference.
        number: usize,
        /// The number of strings so far.
        known: usize,
    },
    /// A value declares more items than bytes remain.
    TooMany {
        /// The number of items.
        count: usize,
        /// The remaining bytes.
        left: usize,
    },
    /// Values are nested deeper than 64 levels.
    TooDeep,
    /// Bytes follow the last value.
    Left,
    /// The number of objects, arrays, dates and data differs from the number in the header.
    Objects {
        /// The number in the header.
        declared: usize,
        /// The real number.
        found: usize,
    },
    /// The number of strings differs from the number in the header.
    Strings {
        /// The number in the header.
        declared: usize,
        /// The real number.
        found: usize,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}", self.offset)?;
        if let Some(tag) = self.tag {
            write!(f, " (tag {tag:02X})")?;
        }
        write!(f, ": {}", self.why)
    }
}

impl Fault {
    /// The fault without its position, so that one cause in many blobs is reported once.
    #[must_use]
    pub fn cause(&self) -> String {
        match (self.why, self.tag) {
            (FaultKind::UnknownTag, Some(tag)) => format!("the tag {tag:02X} is unknown"),
            (FaultKind::NoObject { .. }, _) => "a reference to an object that does not exist".to_owned(),
            (FaultKind::NoSuchString { .. }, _) => "a reference to a string that does not exist".to_owned(),
            (FaultKind::TooMany { .. }, _) => "more items are declared than exist".to_owned(),
            (FaultKind::Objects { .. } | FaultKind::Strings { .. }, _) => "the header's counts are wrong".to_owned(),
            (why, _) => why.to_string(),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTsaf => f.write_str("it does not begin with TSAF"),
            Self::Version { first, second } => {
                write!(f, "the header has the version {first}.{second}; only 3.3 is supported")
            }
            Self::Reserved => f.write_str("a field of the header that must be 0 is not 0"),
            Self::Cut => f.write_str("the blob ends too early"),
            Self::UnknownTag => f.write_str("the tag is unknown"),
            Self::Padding => f.write_str("padding is not 0"),
            Self::NoUtf8 => f.write_str("a string is not UTF-8"),
            Self::NoString => f.write_str("a string is expected here"),
            Self::NoBase => f.write_str("the base of an address is not an address"),
            Self::NoObject { number, known } => write!(f, "it refers to object {number}, but only {known} exist"),
            Self::NoSuchString { number, known } => write!(f, "it refers to string {number}, but only {known} exist"),
            Self::TooMany { count, left } => write!(f, "{count} items are declared, but only {left} bytes are left"),
            Self::TooDeep => f.write_str("values are nested too deep"),
            Self::Left => f.write_str("there are bytes after the last value"),
            Self::Objects { declared, found } => {
                write!(f, "the header declares {declared} objects, but the blob has {found}")
            }
            Self::Strings { declared, found } => {
                write!(f, "the header declares {declared} strings, but the blob has {found}")
            }
        }
    }
}
