//! Runs one `git` process with limits of time and output. Kills the process if its caller is dropped.

use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::generated::Error;

/// The timeout of a call, including all its processes.
const TIME: Duration = Duration::from_secs(10);

/// The bytes of output that are read: more than the largest file.
pub(super) const STDOUT_BYTES: usize = (4 << 20) + 4096;

/// The bytes of standard error that are kept.
const STDERR_BYTES: usize = 1 << 10;

/// Time between two checks whether the call has to end.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Decides when a call must end. Clones belong to the same call.
#[derive(Clone, Debug)]
pub(super) struct CallEnd {
    asked: Arc<AtomicBool>,
    at: Instant,
}

impl Default for CallEnd {
    fn default() -> Self {
        Self { asked: Arc::default(), at: Instant::now() + TIME }
    }
}

impl CallEnd {
    /// Ends the call now.
    pub(super) fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    fn is_due(&self) -> bool {
        self.asked.load(Ordering::Relaxed) || Instant::now() >= self.at
    }
}

/// The output of a process.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) succeeded: bool,
    /// The standard output, cut after [`STDOUT_BYTES`].
    pub(super) bytes: Vec<u8>,
    /// The beginning of its standard error, as one line.
    pub(super) stderr: String,
}

/// Runs a command to its end. `input` must be small.
pub(super) fn output(mut command: Command, input: &[u8], end: &CallEnd) -> Result<Output, Error> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| {
        let hint = if error.kind() == io::ErrorKind::NotFound { "; install git" } else { "" };
        Error::Unavailable(format!("`git` does not start: {error}{hint}"))
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // If a process does not read its input, its standard error has the reason.
        drop(stdin.write_all(input));
    }
    let stdout_bytes = read(child.stdout.take(), STDOUT_BYTES, false);
    let stderr_bytes = read(child.stderr.take(), STDERR_BYTES, true);
    let (Some(bytes), Some(stderr)) = (wait(&stdout_bytes, end), wait(&stderr_bytes, end)) else {
        stop(&mut child);
        return Err(too_long());
    };
    let Some(status) = reap(&mut child, end) else {
        stop(&mut child);
        return Err(too_long());
    };
    let stderr = String::from_utf8_lossy(&stderr).lines().next().unwrap_or_default().to_owned();
    Ok(Output { succeeded: status.success(), bytes, stderr })
}

/// Reads on a separate thread, and keeps `most` bytes. With `drain`, further bytes are read and dropped; otherwise the
/// pipe is closed, which ends a process that writes more.
fn read(pipe: Option<impl Read + Send + 'static>, most: usize, drain: bool) -> Receiver<Vec<u8>> {
    let (done, read) = channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut pipe) = pipe {
            drop(pipe.by_ref().take(most as u64).read_to_end(&mut kept));
            if drain {
                drop(io::copy(&mut pipe, &mut io::sink()));
            }
        }
        drop(done.send(kept));
    });
    read
}

fn wait(read: &Receiver<Vec<u8>>, end: &CallEnd) -> Option<Vec<u8>> {
    loop {
        match read.recv_timeout(POLL_INTERVAL) {
            Ok(bytes) => return Some(bytes),
            Err(RecvTimeoutError::Disconnected) => return Some(Vec::new()),
            Err(RecvTimeoutError::Timeout) if end.is_due() => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Waits for the exit status of the child, which has closed its pipes.
fn reap(child: &mut Child, end: &CallEnd) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if !end.is_due() => std::thread::sleep(Duration::from_micros(200)),
            Ok(None) | Err(_) => return None,
        }
    }
}

/// Kills the child with all its child processes.
fn stop(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // This fails only if the processes have ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
    drop(child.wait());
}

fn too_long() -> Error {
    Error::Timeout(format!("git took longer than {} s, or the task is ending", TIME.as_secs()))
}
