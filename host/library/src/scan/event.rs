//! The events and the report of a scan.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use baton_catalog::library::ItemState;

use super::Comparison;
use crate::source::{SourceKind, UnreadPart};

/// The progress of a scan.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A source is being listed.
    Listing {
        /// Its folder.
        source: &'a Path,
        /// Items that were found so far.
        items: u64,
    },
    /// The listing of a source ended, or failed.
    Listed(&'a Listing),
    /// Reading starts.
    Begin {
        /// Files to read.
        items: u64,
        /// The sum of their sizes.
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
        /// The reason code and a sentence: the reason why the file has no fingerprint, or (`damaged`) its damage.
        why: Option<(&'a str, &'a str)>,
        /// The comparison with its previous reading.
        compared: Option<Comparison>,
    },
    /// A source, or a volume within it, cannot be reached any more. The rest of its files stay pending.
    Unreachable {
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
    /// Folder or Eagle library.
    pub kind: SourceKind,
    /// Audio items that exist.
    pub items: u64,
    /// Items that were not in the catalog.
    pub new: u64,
    /// Items whose file has changed since it was read.
    pub changed: u64,
    /// Known items that were never read.
    pub pending: u64,
    /// Unchanged items that are read again because of an option.
    pub again: u64,
    /// Items that need no reading.
    pub unchanged: u64,
    /// Items that this listing marked as missing.
    pub missing: u64,
    /// Items that were not found but are not marked as missing, because their folder could not be read or their volume may
    /// be unmounted.
    pub kept: u64,
    /// The sum of the sizes of the files to read.
    pub bytes: u64,
    /// Folders and files that could not be read.
    pub unread: Vec<UnreadPart>,
    /// Warnings for the operator.
    pub remarks: Vec<String>,
    /// Why the source cannot be reached.
    pub failure: Option<String>,
}

impl Listing {
    pub(super) fn new(source: &Path, kind: SourceKind) -> Self {
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

    /// Items to read.
    #[must_use]
    pub const fn to_read(&self) -> u64 {
        self.new + self.changed + self.pending + self.again
    }
}

/// The result of reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Files.
    pub items: u64,
    /// The sum of their sizes.
    pub bytes: u64,
    /// The total playing time of the fingerprinted files, in milliseconds.
    pub audio_ms: u64,
    /// Files that have a fingerprint now.
    pub fingerprinted: u64,
    /// Fingerprinted files that are damaged.
    pub damaged: u64,
    /// Files that cannot have a fingerprint, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Files that failed, by reason.
    pub failed: BTreeMap<&'static str, u64>,
    /// Verified files without a difference.
    pub same: u64,
    /// Verified files with another content, although size, time and inode are equal.
    pub differ: u64,
}

/// The result of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One listing for each source.
    pub sources: Vec<Listing>,
    /// The result of reading.
    pub reads: Reads,
    /// The scan was stopped early.
    pub stopped: bool,
}

impl Report {
    /// Whether the operator should check something: an unreachable source, a file that failed or differs.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        let unreached = |listing: &Listing| listing.failure.is_some() || !listing.unread.is_empty();
        self.sources.iter().any(unreached) || !self.reads.failed.is_empty() || self.reads.differ > 0
    }
}
