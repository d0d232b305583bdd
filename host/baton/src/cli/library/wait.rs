//! Waits for the library's lock if another process holds it, and prints a message. Ingest holds the lock for some seconds
//! at a time. A scan of a library may hold it for hours, so the wait has a time limit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baton_library::LibraryError;

use crate::output;

/// The maximum waiting time: six times a run of ingest.
const MAX_WAIT: Duration = Duration::from_mins(1);

/// The pause between two tries: shorter than the pause between two runs of ingest.
const PAUSE: Duration = Duration::from_millis(100);

/// Runs `work`, and repeats it while another process holds the lock. `stop` ends the waiting. Fails with
/// [`LibraryError::Busy`] after the maximum time.
pub(super) fn wait_for_lock<T>(
    stop: &AtomicBool,
    mut work: impl FnMut() -> Result<T, LibraryError>,
) -> Result<T, LibraryError> {
    let begun = Instant::now();
    let mut is_said = false;
    loop {
        match work() {
            Err(LibraryError::Busy) if begun.elapsed() < MAX_WAIT && !stop.load(Ordering::Relaxed) => {
                if !std::mem::replace(&mut is_said, true) {
                    let seconds = MAX_WAIT.as_secs();
                    output::note(&format!(
                        "waiting up to {seconds} s until another scan, or the automatic scan of new audio, ends"
                    ));
                }
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}
