//! The rows of all tables are bound to the chain. For each table the ledger keeps the number of rows and the sum of their
//! SHA-256 digests modulo 2^256 (table `sums`). From time to time an event of the chain holds a digest of all sums.
//!
//! If anything but Baton changes, deletes or adds a row, the rows no longer match their sum. If the sums are changed too, they
//! no longer match the event.
//!
//! Temporary triggers keep the sums in the transaction of the change itself, so rows and sums match after a rollback or a
//! crash. A sum does not depend on the order of rows: a change costs the digests of the row before and after it.

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

/// The first form of the ledger with sums.
pub(crate) const FORM: i64 = 13;

/// The name in `sums` for the statements that define tables, indexes and triggers.
const SCHEMA: &str = "sqlite_schema";
