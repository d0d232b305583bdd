//! Checks the whole chain: every row is unchanged, no row is missing, and each row follows the correct previous row.
//!
//! Rows are read one at a time in the order of `seq`, so the memory is independent of the length of the ledger. One
//! read transaction shows a consistent state. Each hash is computed again by the rule in [`event`](crate::event).
//!
//! The chain alone cannot show that its end was cut off or that all of it was rewritten, because the events that remain
//! form a sound chain. A [`Head`] from an earlier time (every RETURN has one) shows both faults: the head must be the hash
//! of an event.
//!
//! The rows of a pruned ledger (see [`prune`](mod@crate::prune)) begin after the last deleted event. An event records
//! the prune, so deleted rows without such an event are a fault. With the archives, the chain is checked from their
//! first event.

mod archive;
mod head;
mod report;
mod row;
mod rows;
#[cfg(test)]
mod tests;
mod walk;

pub use head::{Head, HeadParseError, HeadPosition};
pub use report::{ArchivedPart, BrokenArchive, BrokenRow, PrunedPart, Report, RowFault};
pub(crate) use row::lossy;
pub use row::{ChainTip, Row};
pub use rows::each;
pub(crate) use rows::each_up_to;
pub(crate) use walk::tip;
pub use walk::{verify, verify_with};
