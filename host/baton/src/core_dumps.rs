//! Turns core dumps off, because a core dump would contain the tokens and secrets that Baton inserts into requests.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Turns off core dumps of this process. Programs that this process starts can raise the limit again.
pub(crate) fn turn_off() {
    let maximum = getrlimit(Resource::Core).maximum;
    // This is an additional protection. If the system refuses the call, Baton continues without it.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
}

/// Protects the memory of a process that is about to hold a secret. On Linux, other programs of the user then cannot read
/// the memory, and the kernel sends no dump to a program that collects dumps ([`turn_off`] does not prevent that). Do not
/// call this in every process: Baton finds the processes of an agent by their environment, and cannot read the environment
/// of a protected process.
pub(crate) fn protect_memory() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
