//! What binds the rows that people read to the chain. Of each table the ledger keeps the number of rows and the sum of their
//! digests, SHA-256 modulo 2^256 (table `sums`), and from time to time an event of the chain has a digest over all of these.
//! A row that was changed, deleted or added by anything but Baton gives another sum; sums that were changed along with the
//! rows are not the ones that the event has.
//!
//! The sums are kept by temporary triggers, in the transaction of the change itself, so a rollback or a crash leaves rows and
//! sums that fit. They need no fixed order and no second reading: a change costs the digests of the row before and after.

mod digest;
mod event;
mod keep;
mod rows;
#[cfg(test)]
mod tests;

pub use event::{is_due, seal};
pub use keep::keep;
pub(crate) use keep::{after_migration, before_migration};
pub(crate) use rows::check;
pub use rows::{RowProblem, Rows};

/// The form of the ledger that brought the sums.
pub(crate) const FORM: i64 = 13;

/// The name under which the statements that make tables, indexes and triggers are summed.
const SCHEMA: &str = "sqlite_schema";
