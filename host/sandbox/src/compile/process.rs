//! The host's end of `baton worker compile`: passes the component, waits, and interprets the exit status and the error
//! output.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};

use super::worker::{self, DOES_NOT_COMPILE};
use crate::limits;
use crate::workers::Workers;

/// If compiling takes longer than this, a log line reports it.
const NOTICE: Duration = Duration::from_secs(1);

/// Time between two checks of the process.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The number of bytes of the process's output that are kept.
const STDERR_BYTES: u64 = 4 << 10;

const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

/// The result of compiling a component.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CompileOutcome {
    /// The code is in the file.
    Compiled,
    /// The component does not compile within the limits, and another try would fail too.
    Failed(String),
    /// Another cause prevented the compilation.
    Stopped(String),
}

/// Compiles a component into `code`. Calls `notice` if the compilation takes long. Returns when the process has ended.
pub(super) fn run(
    workers: &Workers,
    component: &[u8],
    pooled: bool,
    code: &File,
    notice: impl FnOnce(),
) -> io::Result<CompileOutcome> {
    let mut child = KillOnDrop(workers.start_compiler(code.try_clone()?)?);
    let (input, errors) = (child.0.stdin.take(), child.0.stderr.take());
    let (Some(input), Some(errors)) = (input, errors) else { return Err(ErrorKind::BrokenPipe.into()) };
    thread::scope(|scope| {
        // The process ends when its input is closed, so keep the input open until it has ended.
        let sender = scope.spawn(move || send_component(input, component, pooled));
        let reader = scope.spawn(move || {
            let mut stderr = Vec::new();
            let mut errors = errors;
            drop(errors.by_ref().take(STDERR_BYTES).read_to_end(&mut stderr));
            // Read the rest too, so that the process does not block on a full pipe.
            drop(io::copy(&mut errors, &mut io::sink()));
            String::from_utf8_lossy(&stderr).into_owned()
        });
        let status = wait(&mut child.0, notice);
        drop(sender.join());
        let stderr = reader.join().unwrap_or_default();
        status.map(|status| {
            status.map_or_else(|| CompileOutcome::Failed(too_slow()), |status| outcome_of_exit(status, &stderr))
        })
    })
}

/// Kills the process when the value is dropped.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn send_component(mut input: ChildStdin, component: &[u8], pooled: bool) -> Option<ChildStdin> {
    input.write_all(&worker::head(component, pooled)).and_then(|()| input.write_all(component)).ok()?;
    Some(input)
}

/// Waits for the end of the process. `None` if it took too long and was killed.
fn wait(child: &mut Child, notice: impl FnOnce()) -> io::Result<Option<ExitStatus>> {
    let (begun, mut notice) = (Instant::now(), Some(notice));
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() >= NOTICE
            && let Some(notice) = notice.take()
        {
            notice();
        }
        if begun.elapsed() >= limits::COMPILE_WALL {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL_INTERVAL);
    }
}

fn too_slow() -> String {
    format!(
        "compiling it takes longer than {} s; the plugin's author must make it smaller",
        limits::COMPILE_WALL.as_secs()
    )
}

/// The outcome for the exit status of the process.
fn outcome_of_exit(status: ExitStatus, stderr: &str) -> CompileOutcome {
    let stderr = stderr.trim();
    match (status.code(), status.signal()) {
        (Some(0), _) => CompileOutcome::Compiled,
        (Some(DOES_NOT_COMPILE), _) => CompileOutcome::Failed(stderr.to_owned()),
        (_, Some(SIGXCPU)) => CompileOutcome::Failed(format!(
            "compiling it takes more than {} s of processor time; the plugin's author must make it smaller",
            limits::COMPILE_CPU.as_secs()
        )),
        _ if is_memory(stderr) && is_scarce() => CompileOutcome::Stopped(
            "compiling needs more memory than this process may have; raise `ulimit -v` and `ulimit -d`".to_owned(),
        ),
        _ if is_memory(stderr) => CompileOutcome::Failed(format!(
            "compiling it needs more than {} MiB of memory; the plugin's author must make it smaller",
            limits::COMPILE_MEMORY_BYTES >> 20
        )),
        (_, Some(SIGKILL)) => CompileOutcome::Failed(
            "the system killed the compiler, probably because there was no more memory".to_owned(),
        ),
        (Some(worker::ABANDONED), _) => {
            CompileOutcome::Stopped("the process that compiles plugins was ended".to_owned())
        }
        (Some(code), _) => CompileOutcome::Failed(format!("the compiler ended with {code}: {stderr}")),
        (None, Some(signal)) if is_crash(signal) => {
            CompileOutcome::Failed(format!("the compiler crashed (signal {signal}): {stderr}"))
        }
        (None, _) => CompileOutcome::Stopped(format!("the process that compiles plugins was ended: {status}")),
    }
}

/// Whether the output contains a message of the standard library or the system about exhausted memory.
fn is_memory(stderr: &str) -> bool {
    ["memory allocation of", "Cannot allocate memory", "out of memory", "OutOfMemory"]
        .iter()
        .any(|word| stderr.contains(word))
}

/// True if this process, and so the compiler, has less memory than a compiler needs.
fn is_scarce() -> bool {
    let less = |resource, most| getrlimit(resource).current.is_some_and(|limit| limit < most);
    less(Resource::Data, limits::COMPILE_MEMORY_BYTES) || less(Resource::As, limits::COMPILE_ADDRESS_SPACE)
}

/// True for a signal that means that the process itself crashed: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV,
/// SIGXFSZ.
fn is_crash(signal: i32) -> bool {
    [4, 5, 6, 7, 8, 10, 11, 25].contains(&signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_exit_status_has_its_reason() {
        let signal = |signal| ExitStatus::from_raw(signal);
        let words = |ended: CompileOutcome| match ended {
            CompileOutcome::Failed(reason) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(outcome_of_exit(signal(0), ""), CompileOutcome::Compiled);
        assert_eq!(words(outcome_of_exit(ExitStatus::from_raw(DOES_NOT_COMPILE << 8), "why\n")), "why");
        assert!(words(outcome_of_exit(signal(SIGXCPU), "")).contains("processor time"));
        assert!(words(outcome_of_exit(signal(6), "memory allocation of 12 bytes failed")).contains("MiB of memory"));
        assert!(words(outcome_of_exit(signal(11), "")).contains("crashed"));
        assert!(words(outcome_of_exit(signal(SIGKILL), "")).contains("killed"));
        assert!(
            matches!(outcome_of_exit(signal(15), ""), CompileOutcome::Stopped(_)),
            "the signal is for the daemon and its child processes"
        );
    }
}
