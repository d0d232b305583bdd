//! Why a blob cannot be read, and where.

use std::fmt;

/// Where reading ended, at what, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The place in the blob, in bytes from its beginning.
    pub offset: usize,
    /// The tag of the value that was being read; none in the header and after the last value.
    pub tag: Option<u8>,
    /// Why.
    pub why: FaultKind,
}

/// Why reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It does not begin with `TSAF`.
    NoTsaf,
    /// The header is of another version.
    Version {
        /// The first number of the version; 3 is read.
        first: u16,
        /// The second; 3 is read.
        second: u16,
    },
    /// A field of the header that is 0 in all that is known is not.
    Reserved,
    /// The blob ends here.
    Cut,
    /// No such tag is known, so where the value ends is not either.
    UnknownTag,
    /// A byte that pads is not 0.
    Padding,
    /// A string is not UTF-8.
    NoUtf8,
    /// A string belongs here: a class, a key, an address.
    NoString,
    /// The base of an address is no address.
    NoBase,
    /// It refers to an object that has not begun before it.
    NoObject {
        /// The number that is referred to.
        asked: usize,
        /// How many there are so far.
        known: usize,
    },
    /// It refers to a string that was not there before.
    NoSuchString {
        /// The number that is referred to.
        asked: usize,
        /// How many there are so far.
        known: usize,
    },
    /// More items are announced than bytes are left.
    TooMany {
        /// How many are announced.
        count: usize,
        /// How many bytes are left.
        left: usize,
    },
    /// Values lie deeper in each other than 64.
    TooDeep,
    /// There are bytes after the last value.
    Left,
    /// The header counts other objects, arrays, dates and data than there are.
    Objects {
        /// What the header says.
        said: usize,
        /// What is there.
        found: usize,
    },
    /// The header counts other strings than there are.
    Strings {
        /// What the header says.
        said: usize,
        /// What is there.
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
    /// What it is without its place, so that one cause in many blobs is told once.
    #[must_use]
    pub fn cause(&self) -> String {
        match (self.why, self.tag) {
            (FaultKind::UnknownTag, Some(tag)) => format!("the tag {tag:02X} is unknown"),
            (FaultKind::NoObject { .. }, _) => "a reference to an object that is not there".to_owned(),
            (FaultKind::NoSuchString { .. }, _) => "a reference to a string that is not there".to_owned(),
            (FaultKind::TooMany { .. }, _) => "more items are announced than there are".to_owned(),
            (FaultKind::Objects { .. } | FaultKind::Strings { .. }, _) => {
                "the header's counts do not come out".to_owned()
            }
            (why, _) => why.to_string(),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTsaf => f.write_str("it does not begin with TSAF"),
            Self::Version { first, second } => write!(f, "the header is of version {first}.{second} and 3.3 is read"),
            Self::Reserved => f.write_str("the header has a number where 0 belongs"),
            Self::Cut => f.write_str("the blob ends too early"),
            Self::UnknownTag => f.write_str("the tag is unknown"),
            Self::Padding => f.write_str("padding is not 0"),
            Self::NoUtf8 => f.write_str("a string is not UTF-8"),
            Self::NoString => f.write_str("a string belongs here"),
            Self::NoBase => f.write_str("the base of an address is no address"),
            Self::NoObject { asked, known } => write!(f, "it refers to object {asked} and there are {known}"),
            Self::NoSuchString { asked, known } => write!(f, "it refers to string {asked} and there are {known}"),
            Self::TooMany { count, left } => write!(f, "{count} items are announced and {left} bytes are left"),
            Self::TooDeep => f.write_str("values lie too deep in each other"),
            Self::Left => f.write_str("there are bytes after the last value"),
            Self::Objects { said, found } => write!(f, "the header counts {said} objects and there are {found}"),
            Self::Strings { said, found } => write!(f, "the header counts {said} strings and there are {found}"),
        }
    }
}
