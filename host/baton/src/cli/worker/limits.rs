//! Limits that the system enforces on a worker. macOS has none on memory: there only the time of a statement is limited.

use baton_ledger::guest::limits::MEMORY_BYTES;
use rustix::process::{Resource, Rlimit, setrlimit};

/// Address space of a worker that runs statements: its memory, the program, and what SQLite maps of a write-ahead log.
const SQL_ADDRESS_SPACE: u64 = 1 << 30;

/// Descriptors of a worker that runs statements.
const SQL_FILES: u64 = 128;

/// Sets the limits of this process. They cannot be raised again.
pub(super) fn for_sql() {
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::Data, MEMORY_BYTES),
        (Resource::As, SQL_ADDRESS_SPACE),
        (Resource::Nofile, SQL_FILES),
    ] {
        // A limit that is lower already cannot be raised and need not be.
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
}
