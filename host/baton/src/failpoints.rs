//! Named points at which a test kills this process, as `kill -9` would. Compiled only with the feature `failpoints`,
//! which no release build may have.
//!
//! `FAILPOINTS="delivery.renamed=2*off->panic"` arms a point: it is passed twice and kills the third time. What `fail` does
//! there is a panic; the hook sees it before anything is unwound and sends SIGKILL, so no destructor runs, no lock is let
//! go and nothing that waits in memory is written. Every point's name stands in `tests/e2e/failpoints/points.rs`.

use std::panic::PanicHookInfo;

use rustix::process::{Signal, getpid, kill_process};

#[cfg(not(debug_assertions))]
compile_error!("a release build has no failpoints: leave out `--features failpoints`");

/// Arms what `FAILPOINTS` names, for as long as the process lives.
pub(crate) fn arm() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if is_point(panic) {
            let _killed = kill_process(getpid(), Signal::KILL);
        }
        usual(panic);
    }));
    // Dropping it would disarm all points.
    std::mem::forget(fail::FailScenario::setup());
}

/// Whether `fail` made the panic, and not a fault of the program.
fn is_point(panic: &PanicHookInfo<'_>) -> bool {
    panic.payload_as_str().is_some_and(|text| text.starts_with("failpoint "))
}
