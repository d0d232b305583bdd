//! Runs one command to its end, with a deadline and a limit for its output.

use std::io::{self, PipeReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use baton_core::Digest;
use baton_ledger::LedgerError;
use baton_process::Program;
use baton_sandbox::Cancel;
use sha2::{Digest as _, Sha256};

use crate::settings::EvidenceRule;

/// The kind of a running command in the ledger.
const KIND: &str = "command";

/// The maximum size of the command's output in bytes. The output of a test suite may have some megabytes.
const OUTPUT_BYTES: u64 = 256 << 20;

/// How long Baton waits for the end of the output after the command has ended: a background process may keep the output
/// open.
const DRAIN: Duration = Duration::from_secs(1);

/// How the run of a command ended.
#[derive(Debug)]
pub(super) enum RunEnd {
    /// The command ended with this exit code. If a signal ended it, `code` is 128 plus the signal number. `output` is the
    /// SHA-256 of its output.
    Exited { code: i32, output: String },
    /// The command was stopped because the daemon stops.
    Interrupted,
    /// The command was stopped at its deadline.
    TimedOut,
    /// The command could not be started, or its output could not be read; with the reason.
    Failed(String),
}

/// Runs the command. `started` gets the name of its process in the ledger.
pub(super) fn run(
    rule: &EvidenceRule,
    mark: &str,
    closing: &Cancel,
    started: impl FnOnce(String) -> Result<(), LedgerError>,
) -> RunEnd {
    let (program, output) = match start(rule, mark) {
        Ok(running) => running,
        Err(error) => return RunEnd::Failed(format!("does not start in {}: {error}", rule.folder.display())),
    };
    if let Err(error) = started(program.name(KIND)) {
        return RunEnd::Failed(error.to_string());
    }
    let deadline = Instant::now() + rule.timeout;
    match program.wait(|| closing.is_cancelled() || Instant::now() >= deadline) {
        Ok(true) => exited(program, &output),
        Ok(false) => {
            let end = if closing.is_cancelled() { RunEnd::Interrupted } else { RunEnd::TimedOut };
            drop(program.end(|| false));
            end
        }
        Err(error) => RunEnd::Failed(error.to_string()),
    }
}

fn start(rule: &EvidenceRule, mark: &str) -> io::Result<(Program, Receiver<Option<Digest>>)> {
    let (program, args) = rule.command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let (reader, writer) = io::pipe()?;
    let mut command = Program::command(program, &rule.folder, rule.environment.iter().map(String::as_str));
    command.args(args).stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let program = Program::start(&mut command, mark)?;
    // Close this process's write ends of the pipe, so that reading ends when the program closes its write end.
    drop(command);
    Ok((program, read(reader)))
}

/// Reads all output on a separate thread. Returns its digest, or `None` if the output exceeds the limit.
fn read(mut pipe: PipeReader) -> Receiver<Option<Digest>> {
    let (done, digest) = channel();
    std::thread::spawn(move || {
        let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 64 << 10]);
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            bytes += read as u64;
            hasher.update(buffer.get(..read).unwrap_or_default());
            // Dropping the pipe stops a command whose output never ends.
            if bytes > OUTPUT_BYTES {
                let _ = done.send(None);
                return;
            }
        }
        let _ = done.send(Some(Digest::from(<[u8; 32]>::from(hasher.finalize()))));
    });
    digest
}

/// Returns the exit code of a command that has ended, and stops its remaining processes.
fn exited(program: Program, output: &Receiver<Option<Digest>>) -> RunEnd {
    let digest = output.recv_timeout(DRAIN);
    let status = match program.end(|| false) {
        Ok(status) => status,
        Err(error) => return RunEnd::Failed(error.to_string()),
    };
    match digest.or_else(|_| output.recv_timeout(DRAIN)) {
        Ok(Some(digest)) => {
            let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(-1);
            RunEnd::Exited { code, output: digest.to_string() }
        }
        Ok(None) => RunEnd::Failed(format!("writes more than {} MiB", OUTPUT_BYTES >> 20)),
        Err(_) => RunEnd::Failed("leaves a process that keeps its output open".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(script: &str, timeout: Duration) -> EvidenceRule {
        EvidenceRule {
            command: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
            agents: Vec::new(),
            folder: std::env::temp_dir(),
            timeout,
            environment: Vec::new(),
        }
    }

    fn run_rule(rule: &EvidenceRule) -> RunEnd {
        let mark = tempfile::tempdir().unwrap().path().display().to_string();
        run(rule, &mark, &Cancel::default(), |_| Ok(()))
    }

    fn sh(script: &str) -> RunEnd {
        run_rule(&rule(script, Duration::from_mins(1)))
    }

    #[test]
    fn the_exit_code_and_the_digest_of_both_outputs_are_the_result() {
        let RunEnd::Exited { code, output } = sh("echo out; echo err >&2; exit 3") else { panic!("it has ended") };
        assert_eq!((code, output), (3, Digest::of(b"out\nerr\n").to_string()));
        assert!(matches!(sh("kill -9 $$"), RunEnd::Exited { code: 137, .. }));
    }

    #[test]
    fn a_command_gets_no_input() {
        assert!(matches!(sh("! read line"), RunEnd::Exited { code: 0, .. }));
    }

    #[test]
    fn a_background_process_is_ended_and_does_not_hold_the_output_open() {
        let end = sh("sleep 60 & exit 3");
        assert!(matches!(end, RunEnd::Exited { code: 3, .. }), "{end:?}");
        assert!(matches!(run_rule(&rule("sleep 60", Duration::from_millis(200))), RunEnd::TimedOut));
    }

    #[test]
    fn a_command_that_does_not_start_or_writes_without_end_fails() {
        let missing = EvidenceRule { command: vec!["/nowhere/x".to_owned()], ..rule("", Duration::from_mins(1)) };
        let end = run_rule(&missing);
        assert!(matches!(&end, RunEnd::Failed(why) if why.contains("does not start")), "{end:?}");
        let end = sh("exec cat /dev/zero");
        assert!(matches!(&end, RunEnd::Failed(why) if why.contains("more than")), "{end:?}");
    }
}
