//! The limits that the system enforces on a worker. macOS has no memory limit, so only the time is limited there.

use baton_plugin_sql::limits::MEMORY_BYTES;
use baton_sandbox::limits;
use rustix::process::{Resource, Rlimit, setrlimit};

/// The address space of a worker for SQL: its memory, the program, and SQLite's mapping of a write-ahead log.
const SQL_ADDRESS_SPACE: u64 = 1 << 30;

/// The file descriptors of a worker for SQL.
const SQL_FILES: u64 = 128;

/// The file descriptors of a worker for compilation: its pipes, and those of system threads.
const COMPILE_FILES: u64 = 64;

/// Sets the limits of this process for SQL. They cannot be raised again.
pub(super) fn for_sql() {
    limit([
        (Resource::Core, 0),
        (Resource::Data, MEMORY_BYTES),
        (Resource::As, SQL_ADDRESS_SPACE),
        (Resource::Nofile, SQL_FILES),
    ]);
}

/// Sets the limits of this process for compilation. They cannot be raised again.
pub(super) fn for_compiling() {
    limit([
        (Resource::Core, 0),
        (Resource::Data, limits::COMPILE_MEMORY_BYTES),
        (Resource::As, limits::COMPILE_ADDRESS_SPACE),
        (Resource::Nofile, COMPILE_FILES),
        (Resource::Fsize, limits::CODE_BYTES),
    ]);
    // At the soft limit the system sends SIGXCPU, at the hard limit SIGKILL. Both limits are equal, so the exit status
    // shows the reason.
    let seconds = limits::COMPILE_CPU.as_secs();
    let _ = setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum: Some(seconds + 5) });
}

fn limit<const N: usize>(most: [(Resource, u64); N]) {
    for (resource, most) in most {
        // If a lower limit is already set, this call fails and the lower limit stays in force, which is sufficient.
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
}
