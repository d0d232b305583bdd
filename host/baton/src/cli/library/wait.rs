//! Somebody else has the library's lock: that is waited for, with a word. Whoever hears new audio has it for some seconds at a
//! time; a scan of a library for hours, so the waiting ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baton_library::LibraryError;

use crate::output;

/// How long is waited: a piece of new audio takes a sixth of this.
const PATIENCE: Duration = Duration::from_mins(1);

/// The pause between two tries: shorter than the one between two pieces of new audio.
const PAUSE: Duration = Duration::from_millis(100);

/// Does `work`, again where somebody else had the lock. `stop` ends the waiting.
///
/// # Errors
/// Those of `work`; [`LibraryError::Busy`] when it was waited for in vain.
pub(super) fn patiently<T>(
    stop: &AtomicBool,
    mut work: impl FnMut() -> Result<T, LibraryError>,
) -> Result<T, LibraryError> {
    let begun = Instant::now();
    let mut is_said = false;
    loop {
        match work() {
            Err(LibraryError::Busy) if begun.elapsed() < PATIENCE && !stop.load(Ordering::Relaxed) => {
                if !std::mem::replace(&mut is_said, true) {
                    let seconds = PATIENCE.as_secs();
                    output::note(&format!(
                        "waiting up to {seconds} s for another scan, or for new audio that is being read"
                    ));
                }
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}
