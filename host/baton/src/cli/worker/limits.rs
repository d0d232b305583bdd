//! Limits that the system enforces on a worker. macOS has none on memory: there only its time is limited.

use baton_plugin_sql::limits::MEMORY_BYTES;
use baton_sandbox::limits;
use rustix::process::{Resource, Rlimit, setrlimit};

/// Address space of a worker that runs statements: its memory, the program, and what SQLite maps of a write-ahead log.
const SQL_ADDRESS_SPACE: u64 = 1 << 30;

/// Descriptors of a worker that runs statements.
const SQL_FILES: u64 = 128;

/// Descriptors of a worker that compiles: its pipes, and what the system lends its threads.
const COMPILE_FILES: u64 = 64;

/// Sets the limits of this process for statements. They cannot be raised again.
pub(super) fn for_sql() {
    limit([
        (Resource::Core, 0),
        (Resource::Data, MEMORY_BYTES),
        (Resource::As, SQL_ADDRESS_SPACE),
        (Resource::Nofile, SQL_FILES),
    ]);
}

/// Sets the limits of this process for compiling. They cannot be raised again.
pub(super) fn for_compiling() {
    limit([
        (Resource::Core, 0),
        (Resource::Data, limits::COMPILE_MEMORY_BYTES),
        (Resource::As, limits::COMPILE_ADDRESS_SPACE),
        (Resource::Nofile, COMPILE_FILES),
        (Resource::Fsize, limits::CODE_BYTES),
    ]);
    // At the first of both the system says why it ends the process.
    let seconds = limits::COMPILE_CPU.as_secs();
    let _ = setrlimit(Resource::Cpu, Rlimit { current: Some(seconds), maximum: Some(seconds + 5) });
}

fn limit<const N: usize>(most: [(Resource, u64); N]) {
    for (resource, most) in most {
        // A limit that is lower already cannot be raised and need not be.
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
}
