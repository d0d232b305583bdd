//! Core dumps of Baton contain the tokens and secrets that it inserts into requests, so that the system writes none.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Turns core dumps of this process off. On Linux, other programs of the user cannot read its memory either, and no dump is sent to a
/// program that collects them, which the limit alone would allow. Programs that it starts can raise the limit again.
pub(crate) fn turn_off() {
    let maximum = getrlimit(Resource::Core).maximum;
    // Both calls only make the process stricter. If the system refuses one, Baton works as before.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
