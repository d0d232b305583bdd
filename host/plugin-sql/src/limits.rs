//! All limits of a plugin's statements, each with its reason. `wit/sql.wit` documents the numbers.

use std::time::Duration;

use baton_core::grants::Database;

/// The time limit of one statement or one page of a cursor.
pub const STATEMENT: Duration = Duration::from_secs(10);

/// How long a statement waits for another connection. A batch of 10,000 rows locks a database for less time.
pub const BUSY: Duration = Duration::from_secs(2);

/// Bytes of one statement's text.
pub const STATEMENT_BYTES: usize = 64 << 10;

/// Parameters of one statement.
pub const PARAMETERS: usize = 999;

/// Rows of one result, and of one batch.
pub const ROWS: usize = 10_000;

/// Statements of one transaction.
pub const STATEMENTS: usize = 1_000;

/// Bytes of the values of one result: this number fits into the memory of a plugin.
pub const RESULT_BYTES: usize = 4 << 20;

/// Bytes of the values of one batch.
pub const BATCH_BYTES: usize = 16 << 20;

/// The time after [`STATEMENT`] until the process of a statement is killed. SQLite ends a statement between two
/// instructions, and cannot interrupt a single instruction (`instr`, `replace`). The grace time is longer than a commit on a
/// slow disk, so that the reply to a commit still arrives.
pub const STATEMENT_GRACE: Duration = Duration::from_secs(2);

/// The time limit of opening a database, including a migration of the catalog.
pub const OPENING: Duration = Duration::from_mins(1);

/// Memory of one process for a plugin's statements, including a cache of 16 MiB. The operating system enforces it.
pub const MEMORY_BYTES: u64 = 128 << 20;

/// Total size of the temporary files of one process, for sorting, grouping and rolling back.
pub const TEMPORARY_BYTES: u64 = 512 << 20;

/// Bytes of one value or row. The time of the slowest instructions (`instr`, `replace`) grows with the square of this: some
/// seconds at 1 MiB, half an hour at 16 MiB.
pub const VALUE_BYTES: usize = 1 << 20;

/// The cost of a value in a result beside its bytes: its position and its type.
pub const VALUE_OVERHEAD: usize = 16;

/// Cursors that one task may have open: each needs a connection and a thread.
pub const CURSORS: usize = 4;

/// Bytes of a page: SQLite's default.
pub const PAGE_BYTES: u64 = 4096;

/// The quota of a plugin's own database.
const OWN_BYTES: u64 = 256 << 20;

/// The quota of the catalog: a million tracks with fingerprints take about half of it.
const CATALOG_BYTES: u64 = 8 << 30;

/// The maximum size of a copied file of another program.
pub const FILE_BYTES: u64 = 1 << 30;

/// How long a copy waits for a program that has locked the file.
pub const FILE_BUSY: Duration = Duration::from_secs(10);

/// The time limit of a copy.
pub const FILE_TIME: Duration = Duration::from_mins(1);

/// Snapshots of one task: each is a copy on the host's disk.
pub const SNAPSHOTS: usize = 2;

/// Copies that run at the same time, for all attempts together.
pub const COPIES_AT_ONCE: usize = 2;

/// The maximum size of a database in bytes.
#[must_use]
pub fn quota(database: Database) -> u64 {
    match database {
        Database::Own => OWN_BYTES,
        Database::Catalog => CATALOG_BYTES,
        Database::Files => FILE_BYTES,
    }
}

/// The maximum size of a database's write-ahead log, in bytes. Above it writes are refused. While a cursor is open, SQLite
/// cannot empty the log.
#[must_use]
pub fn log_quota(database: Database) -> u64 {
    quota(database).min(1 << 30)
}

/// Instructions between two checks of the time: some ten microseconds.
pub(super) const STEPS: i32 = 1_000;
