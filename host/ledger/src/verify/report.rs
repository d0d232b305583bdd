//! The result of a check of the chain.

use std::path::PathBuf;

use baton_core::names;

use super::{ChainTip, HeadPosition};
use crate::seal::Rows;

/// The fault of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// The columns of the row do not match its hash.
    Edited,
    /// The numbers have a gap before this row, and the preceding row is missing.
    Missing,
    /// The row does not follow the row before it, or its number is not its position in the chain.
    Order,
    /// The numbers have no gap, but the preceding row is missing.
    Replaced,
    /// The ledger has a mark of a prune up to this row, but no event of the chain records that prune.
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
    /// The fault as a sentence for people.
    #[must_use]
    pub fn explained(self) -> &'static str {
        match self {
            Self::Edited => "it was edited: its columns do not match its hash",
            Self::Missing => "a row is missing before it",
            Self::Order => "it is out of order: rows were moved or given other numbers",
            Self::Replaced => {
                "the row that it names as the previous one is missing: that row was deleted, or it was edited and hashed again"
            }
            Self::Unrecorded => {
                "the ledger is marked as pruned up to this event, but no event records that prune: events were deleted"
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
    /// The number of the last pruned event. The first event of a chain has the number 1.
    pub last: i64,
    /// The hash of the last pruned event.
    pub hash: String,
    /// The archive of the last prune, as its event records it.
    pub archive: Option<String>,
}

/// The fault of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenArchive {
    pub file: PathBuf,
    /// The number of the line with the fault, from 1.
    pub line: u64,
    /// The fault as a sentence.
    pub why: &'static str,
}

/// The events of the given archives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedPart {
    /// The number of the first event; 1 if the archives contain the beginning of the chain.
    pub first: i64,
    /// The number of the last event of the sound chain in the archives.
    pub last: i64,
    /// The first event with a fault, or the first event that does not connect to the ledger.
    pub broken: Option<BrokenArchive>,
}

/// The result of the check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The end of the chain, even if the chain is broken.
    pub tip: ChainTip,
    /// The first event with a fault.
    pub broken: Option<BrokenRow>,
    /// The position of the expected head.
    pub found: Option<HeadPosition>,
    /// The pruned part; the ledger's own rows begin after it.
    pub pruned: Option<PrunedPart>,
    /// The events of the given archives; `None` if none were given.
    pub archived: Option<ArchivedPart>,
    /// The check of all rows against the seals.
    pub rows: Rows,
}

impl Report {
    /// True if the chain, the rows and the archives are sound and the expected head is in the chain.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.is_whole() && matches!(self.found, None | Some(HeadPosition::At(_)))
    }

    /// True if the chain, the rows and the archives are sound. The expected head is not considered.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.broken.is_none()
            && self.rows.problems.is_empty()
            && self.archived.as_ref().is_none_or(|archived| archived.broken.is_none())
    }
}
