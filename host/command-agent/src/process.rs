//! A process in its own group: started without a shell and with a cleared environment, and ended with everything that it
//! started.
//!
//! Baton ends the group. A process that left its group is found by the mark in its environment, on systems with `/proc`.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use baton_dispatch::owner;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use tokio::sync::{mpsc, oneshot};

use crate::client::Invocation;
use crate::limits;

/// The kind of these processes in the ledger.
const KIND: &str = "run";

/// How many lines of output may wait to be read. A process that prints faster waits.
const LINES: usize = 64;

/// How the leader of a group ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exit {
    pub(crate) success: bool,
    /// `exit status: 1` or `signal: 9 (SIGKILL)`.
    pub(crate) text: String,
}

/// A started process. Dropping it kills the group.
pub(crate) struct Process {
    group: Group,
    input: Option<ChildStdin>,
    /// The lines of both outputs. Closed when both are.
    pub(crate) lines: mpsc::Receiver<OutputLine>,
    /// How the leader ended.
    pub(crate) exit: oneshot::Receiver<Exit>,
}

/// A line that the process has printed.
pub(crate) struct OutputLine {
    pub(crate) text: String,
    /// On standard output, not on standard error.
    pub(crate) is_output: bool,
}

impl Process {
    /// Starts the process. It waits for its prompt.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(crate) fn start(invocation: &Invocation, mark: &str) -> io::Result<Self> {
        let mut command = Command::new(&invocation.program);
        command.args(&invocation.args).env_clear().envs(invocation.env.iter().cloned());
        command.current_dir(&invocation.folder).process_group(0);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (send, lines) = mpsc::channel(LINES);
        read(child.stdout.take(), true, send.clone());
        read(child.stderr.take(), false, send);
        let group = Group { leader: child.id(), mark: mark.to_owned(), is_over: false };
        let input = child.stdin.take();
        Ok(Self { exit: wait(child), group, input, lines })
    }

    /// The name of the process in the ledger.
    pub(crate) fn name(&self) -> String {
        owner::name_of(KIND, self.group.leader)
    }

    /// Writes the prompt and closes the input. A program that does not read it blocks nothing here.
    pub(crate) fn send(&mut self, prompt: String) {
        if let Some(mut input) = self.input.take() {
            std::thread::spawn(move || drop(input.write_all(prompt.as_bytes())));
        }
    }

    /// Ends the group: INT, then TERM, then KILL. Returns how the leader ended.
    pub(crate) async fn end(&mut self) -> Option<Exit> {
        if let Ok(exit) = self.exit.try_recv() {
            self.finish();
            return Some(exit);
        }
        for signal in [Signal::INT, Signal::TERM] {
            self.group.signal(signal);
            if let Ok(exit) = tokio::time::timeout(limits::GRACE, &mut self.exit).await {
                self.finish();
                return exit.ok();
            }
        }
        self.group.signal(Signal::KILL);
        let exit = tokio::time::timeout(limits::GRACE, &mut self.exit).await.ok();
        self.finish();
        exit?.ok()
    }

    /// Kills what has left the group, after its leader has ended. The group itself was killed before the leader was reaped.
    pub(crate) fn finish(&mut self) {
        kill_marked(&self.group.mark);
        self.group.is_over = true;
    }
}

/// A process group with the mark of a run. Dropping it kills the group.
struct Group {
    leader: u32,
    mark: String,
    is_over: bool,
}

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(group) = pid(self.leader) {
            // Fails only if every process has ended.
            let _ = kill_process_group(group, signal);
        }
    }

    fn kill(&self) {
        self.signal(Signal::KILL);
        kill_marked(&self.mark);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_over {
            self.kill();
        }
    }
}

/// Ends the processes of a run that a daemon has left behind. Blocks for at most some seconds.
pub(crate) fn end_left_over(process: Option<&str>, mark: &str) {
    // Without a start time the number may belong to another process now.
    let is_same = |name: &&str| owner::has_start(name) && !owner::is_gone(name, false);
    let leader = process.filter(is_same).and_then(owner::process_of);
    if let Some(leader) = leader {
        let group = Group { leader, mark: mark.to_owned(), is_over: true };
        for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
            group.signal(signal);
            let begun = Instant::now();
            while begun.elapsed() < limits::GRACE && process.is_some_and(|name| !owner::is_gone(name, false)) {
                std::thread::sleep(Duration::from_millis(20));
            }
            if process.is_none_or(|name| owner::is_gone(name, false)) {
                break;
            }
        }
        group.signal(Signal::KILL);
    }
    kill_marked(mark);
}

fn pid(process: u32) -> Option<Pid> {
    i32::try_from(process).ok().filter(|process| *process > 1).and_then(Pid::from_raw)
}

/// Kills every process of this user that has inherited the mark of a run.
fn kill_marked(mark: &str) {
    let wanted = format!("BATON_RUN={mark}");
    let own = std::process::id();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        let is_marked = environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes());
        if let Some(process) = pid(process).filter(|_| is_marked && process != own) {
            let _ = kill_process(process, Signal::KILL);
        }
    }
}

/// Reads lines on a separate thread; the end of a long line is dropped.
fn read(pipe: Option<impl Read + Send + 'static>, is_output: bool, send: mpsc::Sender<OutputLine>) {
    let Some(pipe) = pipe else { return };
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        while let Ok(Some(line)) = next_line(&mut pipe) {
            let text = String::from_utf8_lossy(&line).into_owned();
            if send.blocking_send(OutputLine { text, is_output }).is_err() {
                // Nobody reads any more; the process must not block on a full pipe.
                drop(io::copy(&mut pipe, &mut io::sink()));
                return;
            }
        }
    });
}

/// The next line without its end, at most [`limits::LINE_BYTES`] of it.
fn next_line(pipe: &mut impl io::BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let most = limits::LINE_BYTES as u64;
    if pipe.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let mut is_complete = line.last() == Some(&b'\n');
    while !is_complete {
        let buffer = pipe.fill_buf()?;
        let (used, ended) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        pipe.consume(used);
        is_complete = ended;
    }
    Ok(Some(line.trim_ascii_end().to_vec()))
}

/// Waits for the leader on a separate thread. It is reaped after its group was killed, so that its number is not given to
/// another process meanwhile.
fn wait(mut child: Child) -> oneshot::Receiver<Exit> {
    let (send, exit) = oneshot::channel();
    std::thread::spawn(move || {
        if let Some(leader) = pid(child.id()) {
            // Returns when the leader has ended, and leaves it as a zombie.
            let _ = waitid(WaitId::Pid(leader), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            let _ = kill_process_group(leader, Signal::KILL);
        }
        let exit = match child.wait() {
            Ok(status) => Exit { success: status.success(), text: status.to_string() },
            Err(error) => Exit { success: false, text: error.to_string() },
        };
        drop(send.send(exit));
    });
    exit
}
