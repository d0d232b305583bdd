//! Work that nobody waits for: on one thread, with a low priority where a thread can have one of its own.

use rayon::ThreadPoolBuilder;

use crate::LibraryError;

/// How much less this counts than what somebody waits for, from 0 to 19.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Does `work` on a thread of its own, and all that it has rayon do too. Threads that it starts are as modest as itself.
pub(super) fn run_low_priority<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, LibraryError> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(1)
        .thread_name(|_| "arrivals".to_owned())
        .start_handler(|_| step_back())
        .build()
        .map_err(|error| LibraryError::Jobs(error.to_string()))?;
    Ok(pool.install(work))
}

/// On Linux the priority is the thread's, elsewhere the whole process's. Where it is refused nothing is lost.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "new audio is heard with the usual priority");
    }
}
