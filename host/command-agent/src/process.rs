//! The process of a run: its prompt, the lines that it prints, and its end. Blocking calls run on separate threads.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::process::{ChildStdin, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;

use baton_process::Program;
use tokio::sync::{mpsc, oneshot};

use crate::client::Invocation;
use crate::limits;

/// The kind of these processes in the ledger.
const KIND: &str = "run";

/// The maximum number of output lines that wait to be read. A process that prints faster must wait.
const LINES: usize = 64;

/// The process may run.
const RUN: u8 = 0;
/// The process must end: Baton sends INT, then TERM, then KILL.
const END: u8 = 1;
/// The process is killed at once.
const KILL: u8 = 2;

/// How the leader of a process group ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exit {
    pub(crate) success: bool,
    /// `exit status: 1` or `signal: 9 (SIGKILL)`.
    pub(crate) text: String,
}

/// A started process. Dropping it kills its group.
pub(crate) struct Process {
    /// Its name in the ledger.
    pub(crate) name: String,
    input: Option<ChildStdin>,
    /// The lines of standard output and standard error. The channel closes when both outputs are closed.
    pub(crate) lines: mpsc::Receiver<OutputLine>,
    /// Receives the exit of the group's leader. The message arrives when all processes of the group have ended.
    pub(crate) exit: oneshot::Receiver<Exit>,
    /// [`RUN`], [`END`] or [`KILL`].
    wish: Arc<AtomicU8>,
    keeper: Option<JoinHandle<()>>,
}

/// A line that the process has printed.
pub(crate) struct OutputLine {
    pub(crate) text: String,
    /// True for standard output, false for standard error.
    pub(crate) is_output: bool,
}

impl Process {
    /// Starts the process, which then waits for its prompt. This function blocks.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(crate) fn start(invocation: &Invocation, mark: &str) -> io::Result<Self> {
        let variables = invocation.variables.iter().map(String::as_str);
        let mut command = Program::command(&invocation.program, &invocation.folder, variables);
        command.args(&invocation.args).envs(invocation.env.iter().cloned());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut program = Program::start(&mut command, mark)?;
        let (send, lines) = mpsc::channel(LINES);
        read(program.child().stdout.take(), true, send.clone());
        read(program.child().stderr.take(), false, send);
        let (input, name) = (program.child().stdin.take(), program.name(KIND));
        let (wish, (ended, exit)) = (Arc::new(AtomicU8::new(RUN)), oneshot::channel());
        let keeper = keep(program, Arc::clone(&wish), ended);
        Ok(Self { name, input, lines, exit, wish, keeper: Some(keeper) })
    }

    /// Writes the prompt and closes the input, on a separate thread, because writing blocks while the program does not
    /// read its input.
    pub(crate) fn send(&mut self, prompt: String) {
        if let Some(mut input) = self.input.take() {
            std::thread::spawn(move || drop(input.write_all(prompt.as_bytes())));
        }
    }

    /// Ends the group: INT, then TERM, then KILL.
    pub(crate) async fn end(&mut self) {
        self.wish.fetch_max(END, Ordering::Relaxed);
        let _ = (&mut self.exit).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.wish.store(KILL, Ordering::Relaxed);
        // Wait for the thread that kills the process. The daemon may exit next, and the process must not outlive it.
        if let Some(keeper) = self.keeper.take() {
            drop(keeper.join());
        }
    }
}

/// Waits for the end of the program on a separate thread, and ends the program when `wish` requests it.
fn keep(program: Program, wish: Arc<AtomicU8>, ended: oneshot::Sender<Exit>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let wishes = |wanted: u8| wish.load(Ordering::Relaxed) >= wanted;
        let status = program.wait(|| wishes(END)).and_then(|_| program.end(|| wishes(KILL)));
        let exit = match status {
            Ok(status) => Exit { success: status.success(), text: status.to_string() },
            Err(error) => Exit { success: false, text: error.to_string() },
        };
        drop(ended.send(exit));
    })
}

/// Reads lines on a separate thread; the end of a long line is dropped.
fn read(pipe: Option<impl Read + Send + 'static>, is_output: bool, send: mpsc::Sender<OutputLine>) {
    let Some(pipe) = pipe else { return };
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        while let Ok(Some(line)) = next_line(&mut pipe) {
            let text = String::from_utf8_lossy(&line).into_owned();
            if send.blocking_send(OutputLine { text, is_output }).is_err() {
                // Nobody receives the lines any more. Read on nevertheless, so that the process does not block on a full pipe.
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
