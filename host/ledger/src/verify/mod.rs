//! Checks the whole chain: every row is unchanged, none is missing, and each follows the right one.
//!
//! Rows stream by in the order of `seq`; none is kept, so a ledger of any length needs the same memory. What is read is
//! one moment of the ledger, whatever is written meanwhile. Nothing is trusted but the columns: each hash is made anew
//! by the rule in [`event`](crate::event).
//!
//! The chain alone cannot show that its end was cut off, or that all of it was written anew: what is left is sound. A
//! [`Head`] that was handed out earlier (every RETURN carries one) shows both: it has to be the hash of some event.
//!
//! Of a ledger that was pruned (see [`prune`](mod@crate::prune)) the rows begin after the last event that was taken. That
//! this was a prune and not a theft is known from the event that records it. The archives of what was taken can be
//! given too: then the chain is checked from wherever they begin.

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
