//! Connects the rows of all tables with the chain. For each table the ledger stores the number of rows and the sum of
//! their SHA-256 digests modulo 2^256 (table `sums`). From time to time Baton appends an event with a digest of all
//! sums.
//!
//! If another program changes, deletes or adds a row, the rows do not match their sum any more. If the program also changes
//! the sums, the sums do not match the event any more.
//!
//! Temporary triggers update the sums in the transaction of the change, so rows and sums match after a rollback or a crash.
//! A sum does not depend on the order of rows. So a change of a row only needs the old and the new digest of this row.

mod digest;
mod event;
mod rows;
mod sums;
#[cfg(test)]
mod tests;

pub use event::{is_due, seal};
pub(crate) use rows::check;
pub use rows::{RowProblem, Rows};
pub use sums::keep;
pub(crate) use sums::{after_migration, before_migration};

/// The first format of the ledger with sums.
pub(crate) const FORM: i64 = 13;

/// The name in `sums` for the statements that define tables, indexes and triggers.
const SCHEMA: &str = "sqlite_schema";
