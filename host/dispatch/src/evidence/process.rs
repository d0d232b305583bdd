//! Runs one command: without a shell, in a separate process group, with few environment variables, a deadline and bounded output. A
//! command that must end gets SIGINT, then SIGTERM, then SIGKILL, each for its whole group. The processes that a command leaves
//! in its group are ended with SIGKILL.

use std::io::{self, PipeReader, Read as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use baton_core::Digest;
use baton_ledger::LedgerError;
use baton_sandbox::Cancel;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use sha2::{Digest as _, Sha256};

use crate::settings::EvidenceRule;

/// The environment variables that every command gets, if they are set.
const ENVIRONMENT: [&str; 7] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"];

/// The most bytes of output. A test suite writes some megabytes.
const OUTPUT_BYTES: u64 = 256 << 20;

/// The interval of checks for the end of the run.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// How long a command may take to end after SIGINT, and after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

/// How long a background process may hold the output open after the command has ended.
const DRAIN: Duration = Duration::from_secs(1);

/// How a run ended.
#[derive(Debug)]
pub(super) enum RunEnd {
    /// With this exit code (128 and the signal, if a signal ended it) and this SHA-256 of its output.
    Exited { code: i32, output: String },
    /// The daemon stops.
    Interrupted,
    /// It was ended at its deadline.
    TimedOut,
    /// It could not be started or read, and why.
    Failed(String),
}

/// Runs the command. `started` gets its process id.
pub(super) fn run(
    rule: &EvidenceRule,
    closing: &Cancel,
    started: impl FnOnce(u32) -> Result<(), LedgerError>,
) -> RunEnd {
    let (mut child, output) = match start(rule) {
        Ok(running) => running,
        Err(error) => return RunEnd::Failed(format!("does not start in {}: {error}", rule.folder.display())),
    };
    if let Err(error) = started(child.id()) {
        end(&mut child);
        return RunEnd::Failed(error.to_string());
    }
    let deadline = Instant::now() + rule.timeout;
    loop {
        match has_ended(&child) {
            Ok(true) => return exited(&mut child, &output),
            Err(error) => {
                end(&mut child);
                return RunEnd::Failed(error.to_string());
            }
            Ok(false) if closing.is_cancelled() => {
                end(&mut child);
                return RunEnd::Interrupted;
            }
            Ok(false) if Instant::now() >= deadline => {
                end(&mut child);
                return RunEnd::TimedOut;
            }
            Ok(false) => std::thread::sleep(CHECK_INTERVAL),
        }
    }
}

fn start(rule: &EvidenceRule) -> io::Result<(Child, Receiver<Option<Digest>>)> {
    let (program, args) = rule.command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let (reader, writer) = io::pipe()?;
    let names = ENVIRONMENT.iter().copied().chain(rule.environment.iter().map(String::as_str));
    let variables = names.filter_map(|name| Some((name, std::env::var_os(name)?)));
    let mut command = Command::new(program);
    command.args(args).current_dir(&rule.folder).env_clear().envs(variables).process_group(0);
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let child = command.spawn()?;
    // The command keeps the only writers of the pipe.
    drop(command);
    Ok((child, read(reader)))
}

/// Reads on a separate thread: the digest of all output, or `None` if it was more than the limit.
fn read(mut pipe: PipeReader) -> Receiver<Option<Digest>> {
    let (done, digest) = channel();
    std::thread::spawn(move || {
        let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 64 << 10]);
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            bytes += read as u64;
            hasher.update(buffer.get(..read).unwrap_or_default());
            // Dropping the pipe ends a command that writes without end.
            if bytes > OUTPUT_BYTES {
                let _ = done.send(None);
                return;
            }
        }
        let _ = done.send(Some(Digest::from(<[u8; 32]>::from(hasher.finalize()))));
    });
    digest
}

/// The command has ended: ends what it left in its group, and takes its exit code.
fn exited(child: &mut Child, output: &Receiver<Option<Digest>>) -> RunEnd {
    let digest = output.recv_timeout(DRAIN);
    signal(child, Signal::KILL);
    let digest = digest.or_else(|_| output.recv_timeout(DRAIN));
    let status = match child.wait() {
        Ok(status) => status,
        Err(error) => return RunEnd::Failed(error.to_string()),
    };
    match digest {
        Ok(Some(digest)) => {
            let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(-1);
            RunEnd::Exited { code, output: digest.to_string() }
        }
        Ok(None) => RunEnd::Failed(format!("writes more than {} MiB", OUTPUT_BYTES >> 20)),
        Err(_) => RunEnd::Failed("leaves a process that keeps its output open".to_owned()),
    }
}

/// Ends the command and its child processes.
fn end(child: &mut Child) {
    for kind in [Signal::INT, Signal::TERM] {
        signal(child, kind);
        let until = Instant::now() + GRACE;
        while Instant::now() < until && matches!(has_ended(child), Ok(false)) {
            std::thread::sleep(CHECK_INTERVAL);
        }
    }
    signal(child, Signal::KILL);
    drop(child.wait());
}

/// Whether the command has ended. It stays a zombie, so no other process gets the number of its group before the last signal.
fn has_ended(child: &Child) -> io::Result<bool> {
    let leader = pid(child).ok_or(io::ErrorKind::NotFound)?;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    Ok(waitid(WaitId::Pid(leader), options)?.is_some())
}

fn signal(child: &Child, kind: Signal) {
    if let Some(group) = pid(child) {
        // Fails only if all processes have ended.
        let _ = kill_process_group(group, kind);
    }
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
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

    fn sh(script: &str) -> RunEnd {
        run(&rule(script, Duration::from_mins(1)), &Cancel::default(), |_| Ok(()))
    }

    #[test]
    fn the_exit_code_and_the_digest_of_both_outputs_are_the_result() {
        let RunEnd::Exited { code, output } = sh("echo out; echo err >&2; exit 3") else { panic!("it has ended") };
        assert_eq!((code, output), (3, Digest::of(b"out\nerr\n").to_string()));
        assert!(matches!(sh("kill -9 $$"), RunEnd::Exited { code: 137, .. }));
    }

    #[test]
    fn it_gets_few_variables_and_no_input() {
        let printed = "test -z \"$CARGO_MANIFEST_DIR\" && test -n \"$PATH\" && ! read line";
        assert!(matches!(sh(printed), RunEnd::Exited { code: 0, .. }));
    }

    #[test]
    fn at_its_deadline_it_ends_with_everything_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let late = folder.path().join("late");
        let script = format!("(sleep 2; touch {}) & sleep 60", late.display());
        let end = run(&rule(&script, Duration::from_millis(200)), &Cancel::default(), |_| Ok(()));
        assert!(matches!(end, RunEnd::TimedOut));
        std::thread::sleep(Duration::from_millis(2_500));
        assert!(!late.exists(), "a process of the group survived");
    }

    #[test]
    fn what_a_command_leaves_running_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let late = folder.path().join("late");
        let end = sh(&format!("(sleep 2; touch {}) >/dev/null 2>&1 & exit 3", late.display()));
        assert!(matches!(end, RunEnd::Exited { code: 3, .. }), "{end:?}");
        std::thread::sleep(Duration::from_millis(2_500));
        assert!(!late.exists(), "a process of the group survived");
    }

    #[test]
    fn what_does_not_start_or_writes_without_end_fails() {
        let missing = EvidenceRule { command: vec!["/nowhere/x".to_owned()], ..rule("", Duration::from_mins(1)) };
        let end = run(&missing, &Cancel::default(), |_| Ok(()));
        assert!(matches!(&end, RunEnd::Failed(why) if why.contains("does not start")), "{end:?}");
        let end = sh("exec cat /dev/zero");
        assert!(matches!(&end, RunEnd::Failed(why) if why.contains("more than")), "{end:?}");
    }
}
