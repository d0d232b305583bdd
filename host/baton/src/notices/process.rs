//! Runs a program of `[notify]` once: without a shell, in a separate process group, with a time limit. At the limit the
//! whole group is killed. The beginning of the program's output is kept.

use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// The number of bytes that are kept of each output stream.
const KEPT: u64 = 2 << 10;

/// The interval of checks for the end of the run.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// The deadline of a run.
#[derive(Clone, Debug)]
pub(super) struct Deadline {
    /// The latest time for the end of the run.
    pub(super) at: Instant,
    /// If set, the run ends at once.
    pub(super) now: Arc<AtomicBool>,
}

impl Deadline {
    fn is_due(&self) -> bool {
        self.now.load(Ordering::Relaxed) || Instant::now() >= self.at
    }
}

/// Runs a command with `input` on its standard input. Returns its output.
pub(super) fn run(mut command: Command, input: Vec<u8>, end: &Deadline) -> Result<String, String> {
    let begun = Instant::now();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| format!("it does not start: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // Write on a separate thread, because a program that does not read its input must not block this function.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let (out, err) = (read(child.stdout.take()), read(child.stderr.take()));
    let status = wait(&mut child, end);
    // A background process of the program may hold the pipes open.
    let (out, err) = (printed(&out, end), printed(&err, end));
    let output = [out.as_deref(), err.as_deref()].into_iter().flatten().filter(|text| !text.is_empty());
    let output = output.collect::<Vec<_>>().join(" ");
    let stopped = status.is_none() || out.is_none() || err.is_none();
    if stopped {
        stop(&mut child);
    }
    let with = if output.is_empty() { String::new() } else { format!("; it printed: {output}") };
    match status {
        Some(status) if status.success() => Ok(output),
        Some(status) => Err(format!("it ended with an error ({status}){with}")),
        None => Err(format!("it was killed after {} s{with}", begun.elapsed().as_secs())),
    }
}

/// Reads on a separate thread; bytes after the limit are dropped.
fn read(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (done, read) = channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut pipe) = pipe {
            drop(pipe.by_ref().take(KEPT).read_to_end(&mut kept));
            drop(io::copy(&mut pipe, &mut io::sink()));
        }
        drop(done.send(kept));
    });
    read
}

/// The output; `None` if the pipe is still open at the deadline.
fn printed(read: &Receiver<Vec<u8>>, end: &Deadline) -> Option<String> {
    loop {
        match read.recv_timeout(CHECK_INTERVAL) {
            Ok(bytes) => return Some(String::from_utf8_lossy(&bytes).trim().to_owned()),
            Err(RecvTimeoutError::Disconnected) => return Some(String::new()),
            Err(RecvTimeoutError::Timeout) if end.is_due() => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn wait(child: &mut Child, end: &Deadline) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if !end.is_due() => std::thread::sleep(CHECK_INTERVAL),
            Ok(None) | Err(_) => return None,
        }
    }
}

/// Kills the program and its child processes.
fn stop(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // The call fails only if all processes have already ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
    drop(child.wait());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, limit: Duration) -> Result<String, String> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        run(command, b"notice".to_vec(), &Deadline { at: Instant::now() + limit, now: Arc::default() })
    }

    #[test]
    fn a_program_gets_its_input_and_its_output_is_kept_up_to_a_limit() {
        assert_eq!(sh("cat; echo ' read' >&2", Duration::from_secs(20)), Ok("notice read".to_owned()));
        let long = sh("head -c 1000000 /dev/zero | tr '\\0' x", Duration::from_secs(20)).unwrap();
        assert_eq!(long.len() as u64, KEPT);
        assert_eq!(sh("exit 0 </dev/null", Duration::from_secs(20)), Ok(String::new()));
    }

    #[test]
    fn an_error_has_the_output_of_the_program() {
        let error = sh("echo no route; exit 3", Duration::from_secs(20)).unwrap_err();
        assert_eq!(error, "it ended with an error (exit status: 3); it printed: no route");
    }

    #[test]
    fn at_its_limit_it_is_killed_with_everything_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let late = folder.path().join("late");
        let script = format!("(sleep 1; touch {}) & sleep 60", late.display());
        let begun = Instant::now();
        let error = sh(&script, Duration::from_millis(200)).unwrap_err();
        assert!(error.starts_with("it was killed after 0 s"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(1_500));
        assert!(!late.exists(), "a process of the group survived");
    }
}
