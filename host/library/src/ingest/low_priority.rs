//! Background work runs on one thread. On systems where threads have separate priorities, the priority of this thread is low.

use rayon::ThreadPoolBuilder;

use crate::LibraryError;

/// The nice value of background work, from 0 (normal) to 19.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Runs `work`, and the rayon jobs that it starts, on one separate thread. Threads that it starts inherit the low priority.
pub(super) fn run_low_priority<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, LibraryError> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(1)
        .thread_name(|_| "ingest".to_owned())
        .start_handler(|_| lower_priority())
        .build()
        .map_err(|error| LibraryError::Jobs(error.to_string()))?;
    Ok(pool.install(work))
}

/// Lowers the priority of this thread, on Linux only: elsewhere the priority belongs to the whole process. If the system
/// refuses, the work runs with normal priority.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "cannot lower the priority; new audio is scanned with the normal one");
    }
}
