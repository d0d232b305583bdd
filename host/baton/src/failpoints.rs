//! Named points at which a test kills this process, like `kill -9`. Compiled only with the feature `failpoints`, which a
//! release build must not have.
//!
//! `FAILPOINTS="delivery.renamed=2*off->panic"` arms a point: the process passes it twice and is killed the third time.
//! `fail` panics there. The panic hook sends SIGKILL before unwinding, so no destructor runs, no lock is released
//! explicitly and no buffer is written. `tests/e2e/failpoints/points.rs` lists all names.

use std::panic::PanicHookInfo;

use rustix::process::{Signal, getpid, kill_process};

#[cfg(not(debug_assertions))]
compile_error!("a release build has no failpoints: leave out `--features failpoints`");

/// Arms the points in `FAILPOINTS` until the process ends.
pub(crate) fn arm() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if is_point(panic) {
            let _killed = kill_process(getpid(), Signal::KILL);
        }
        usual(panic);
    }));
    // Dropping the scenario would disarm all points.
    std::mem::forget(fail::FailScenario::setup());
}

/// True if `fail` caused the panic.
fn is_point(panic: &PanicHookInfo<'_>) -> bool {
    panic.payload_as_str().is_some_and(|text| text.starts_with("failpoint "))
}
