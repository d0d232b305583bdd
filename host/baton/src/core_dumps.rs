//! Turns core dumps off, because a core dump would contain the tokens and secrets that Baton inserts into requests.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Turns core dumps of this process off. Programs that it starts can raise the limit again.
pub(crate) fn turn_off() {
    let maximum = getrlimit(Resource::Core).maximum;
    // The call only makes the process stricter. If the system refuses it, Baton works as before.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
}

/// Protects the memory of a process that is about to hold a secret: on Linux other programs of the user cannot read it,
/// and no dump is sent to a program that collects dumps, which the size limit alone would allow. Do not use it for
/// every process: Baton finds the processes of an agent by their environment, which then cannot be read either.
pub(crate) fn protect_memory() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
