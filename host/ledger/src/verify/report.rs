//! The result of a check of the chain.

use std::path::PathBuf;

use baton_core::names;

use super::{ChainTip, HeadPosition};
use crate::seal::Rows;

/// The fault of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// Its columns do not give its hash.
    Edited,
    /// The numbers have a gap before it, and the row that it followed is missing.
    Missing,
    /// It follows another row than the one before it, or its number is not its place.
    Order,
    /// The numbers have no gap, but the row that it followed is missing.
    Replaced,
    /// The ledger says that it was pruned up to here, and no event of the chain records that.
    Unrecorded,
}

names!(
    RowFault,
    "fault of a row",
    Edited = "edited",
    Missing = "missing",
    Order = "order",
    Replaced = "replaced",
    Unrecorded = "unrecorded",
);

impl RowFault {
    /// A sentence about the row, for people.
    #[must_use]
    pub fn explained(self) -> &'static str {
        match self {
            Self::Edited => "it was edited: its columns do not give its hash",
            Self::Missing => "a row is missing before it",
            Self::Order => "it is out of order: rows were moved or given other numbers",
            Self::Replaced => {
                "the row before it is missing: it was edited and hashed again, or deleted and the later rows renumbered"
            }
            Self::Unrecorded => {
                "the ledger says that it was pruned up to here, but no event records that prune: events were deleted"
            }
        }
    }
}

/// The first row at which the chain breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRow {
    pub seq: i64,
    /// The task that the row names.
    pub task: String,
    pub wrong: RowFault,
}

/// The beginning of the chain that is not in the ledger any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrunedPart {
    /// The number of its last event; the first is 1.
    pub last: i64,
    /// The hash of that event.
    pub hash: String,
    /// The archive of the last prune, as its event names it.
    pub archive: Option<String>,
}

/// The fault of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenArchive {
    pub file: PathBuf,
    /// From 1.
    pub line: u64,
    /// A sentence.
    pub why: &'static str,
}

/// The events of the given archives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedPart {
    /// The first event in them; 1 when nothing of the chain is missing.
    pub first: i64,
    /// The last event up to which they are one chain.
    pub last: i64,
    /// The first event that is wrong, or that does not lead into the ledger.
    pub broken: Option<BrokenArchive>,
}

/// The result of the check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The end of the chain, whether it is sound or not.
    pub tip: ChainTip,
    /// The first event that is wrong.
    pub broken: Option<BrokenRow>,
    /// The position of the expected head.
    pub found: Option<HeadPosition>,
    /// The pruned part; the ledger's own rows begin after it.
    pub pruned: Option<PrunedPart>,
    /// The events of the archives, where some were given.
    pub archived: Option<ArchivedPart>,
    /// The check of all rows against the seals.
    pub rows: Rows,
}

impl Report {
    /// Whether the chain, the rows and the archives are sound and the expected head is in the chain.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.is_whole() && matches!(self.found, None | Some(HeadPosition::At(_)))
    }

    /// Whether the chain, the rows and the archives are sound, with or without the expected head.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.broken.is_none()
            && self.rows.problems.is_empty()
            && self.archived.as_ref().is_none_or(|archived| archived.broken.is_none())
    }
}
