//! The events and the report of a scan.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use baton_catalog::library::ItemState;

use super::Comparison;
use crate::source::{SourceKind, UnreadPart};

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A source is being listed; so many items were seen.
    Listing {
        /// Its folder.
        source: &'a Path,
        /// Items so far.
        items: u64,
    },
    /// A source was listed, or could not be.
    Listed(&'a Listing),
    /// Reading begins.
    Begin {
        /// Files that are going to be read.
        items: u64,
        /// Bytes that they have together.
        bytes: u64,
    },
    /// A file was read.
    Read {
        /// The file.
        path: &'a Path,
        /// Its size in bytes.
        size: u64,
        /// Its state after reading.
        state: ItemState,
        /// Why it has no fingerprint, or what is wrong with it although it has one (`damaged`): the word, and the sentence.
        why: Option<(&'a str, &'a str)>,
        /// How it compares with its previous reading.
        compared: Option<Comparison>,
    },
    /// A source, or a volume within it, cannot be reached any more; what is left of it waits.
    Lost {
        /// Its folder.
        source: &'a Path,
        /// The system's reason.
        why: &'a str,
    },
}

/// The result of listing a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its folder.
    pub source: PathBuf,
    /// What kind of place it is.
    pub kind: SourceKind,
    /// Audio items that are there.
    pub items: u64,
    /// Items that were not known.
    pub new: u64,
    /// Items that are other files than those that were read.
    pub changed: u64,
    /// Items that were known and never read.
    pub pending: u64,
    /// Items that are read again because that was asked for.
    pub again: u64,
    /// Items with which nothing is to be done.
    pub unchanged: u64,
    /// Items that are not there any more, since this listing.
    pub missing: u64,
    /// Items that were not seen and are as they were: their part could not be read, or their volume may not be there.
    pub kept: u64,
    /// Bytes of what is to be read.
    pub bytes: u64,
    /// Parts that could not be read.
    pub unread: Vec<UnreadPart>,
    /// What else a person should know.
    pub remarks: Vec<String>,
    /// Why the source cannot be reached.
    pub failure: Option<String>,
}

impl Listing {
    pub(super) fn of(source: &Path, kind: SourceKind) -> Self {
        Self {
            source: source.to_owned(),
            kind,
            items: 0,
            new: 0,
            changed: 0,
            pending: 0,
            again: 0,
            unchanged: 0,
            missing: 0,
            kept: 0,
            bytes: 0,
            unread: Vec::new(),
            remarks: Vec::new(),
            failure: None,
        }
    }

    /// Items that are to be read.
    #[must_use]
    pub const fn to_read(&self) -> u64 {
        self.new + self.changed + self.pending + self.again
    }
}

/// The result of reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Files that were read.
    pub items: u64,
    /// Bytes that they have together.
    pub bytes: u64,
    /// Milliseconds that the fingerprinted ones play.
    pub audio_ms: u64,
    /// Files that have a fingerprint now.
    pub fingerprinted: u64,
    /// Files of these that are damaged.
    pub damaged: u64,
    /// Files that can have none, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Files that failed, by reason.
    pub failed: BTreeMap<&'static str, u64>,
    /// Files that were compared and are as they were.
    pub same: u64,
    /// Files that were compared and are not as they were, though their size, time and inode are.
    pub differ: u64,
}

/// The result of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Each source.
    pub sources: Vec<Listing>,
    /// Reading.
    pub reads: Reads,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

impl Report {
    /// Whether the operator should check something: a source that was not reached, a file that failed or differs.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        let unreached = |listing: &Listing| listing.failure.is_some() || !listing.unread.is_empty();
        self.sources.iter().any(unreached) || !self.reads.failed.is_empty() || self.reads.differ > 0
    }
}
