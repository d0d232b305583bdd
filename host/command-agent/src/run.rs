//! One run: a process from its start to its end. Its output is recorded in the ledger meanwhile.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use baton_dispatch::{Context, DispatchError};
use baton_ledger::command_run;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::client::{RunRequest, invocation};
use crate::limits;
use crate::process::{Exit, OutputLine, Process};
use crate::settings::{CommandAgent, McpCommand};
use crate::start::StartedRun;
use crate::stream::StreamState;
use crate::watch::Watch;

/// Why a run is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The process ended.
    Exited(Exit),
    /// It could not start.
    NotStarted(String),
    /// It was ended at its deadline.
    Deadline,
    /// It was ended because its request has ended or was withdrawn.
    RequestOver,
    /// The daemon stops, or was killed.
    DaemonStopped,
}

/// The facts about an ended run.
pub(crate) struct FinishedRun {
    pub(crate) end: End,
    pub(crate) stream: StreamState,
    /// The end of the output.
    pub(crate) output: String,
}

/// The end of the output, in lines.
#[derive(Default)]
struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Tail {
    fn add(&mut self, line: &str) {
        let line = baton_core::text::at_most(line, limits::OUTPUT_BYTES / 4).into_owned();
        self.bytes += line.len() + 1;
        self.lines.push_back(line);
        while self.bytes > limits::OUTPUT_BYTES {
            let Some(first) = self.lines.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(first.len() + 1);
        }
    }

    fn text(self) -> String {
        Vec::from(self.lines).join("\n")
    }
}

/// Starts the process of a run and follows it to its end. `stop` is 2 when the daemon does not wait any more.
pub(crate) async fn follow(
    context: &Arc<Context>,
    agent: &CommandAgent,
    mcp: &McpCommand,
    started: &StartedRun,
    stop: watch::Receiver<u8>,
) -> Result<FinishedRun, DispatchError> {
    let (starting, mcp, run) = (agent.clone(), mcp.clone(), started.clone());
    let process = tokio::task::spawn_blocking(move || start(&starting, &mcp, &run)).await;
    let (mut process, prompt) = match process.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(started) => started,
        Err(why) => {
            let (stream, output) = (StreamState::default(), String::new());
            return Ok(FinishedRun { end: End::NotStarted(why), stream, output });
        }
    };
    let (id, name) = (started.id, process.name.clone());
    context.ledger().write(move |tx| command_run::set_process(tx, id, &name)).await?;
    process.send(prompt);
    let (stream, tail) = (StreamState::default(), Tail::default());
    Follower { context, run: started, stop, stream, tail, printed: false, result_at: None }
        .follow(process, Instant::now() + agent.deadline)
        .await
}

/// Starts the process of a run. Returns it with its prompt, or why it does not start.
fn start(agent: &CommandAgent, mcp: &McpCommand, run: &StartedRun) -> Result<(Process, String), String> {
    let request = RunRequest { task: &run.task, mark: &run.mark, session: run.session.as_deref() };
    let invocation =
        invocation(agent, mcp, request).map_err(|error| format!("its MCP configuration cannot be written: {error}"))?;
    let process = Process::start(&invocation, &run.mark).map_err(|error| {
        format!("`{}` does not start in {}: {error}", agent.program.display(), agent.folder.display())
    })?;
    Ok((process, invocation.prompt))
}

struct Follower<'a> {
    context: &'a Arc<Context>,
    run: &'a StartedRun,
    stop: watch::Receiver<u8>,
    stream: StreamState,
    tail: Tail,
    /// The process has printed something since the last update.
    printed: bool,
    /// When the process printed its result as its last line.
    result_at: Option<Instant>,
}

impl Follower<'_> {
    async fn follow(mut self, mut process: Process, deadline: Instant) -> Result<FinishedRun, DispatchError> {
        let (mut updated, mut watch) = (Instant::now(), Watch::default());
        let (mut open, mut has_session) = (true, false);
        let end = loop {
            tokio::select! {
                line = process.lines.recv(), if open => match line {
                    Some(line) => self.on_line(&line),
                    None => open = false,
                },
                exit = &mut process.exit => {
                    let exit = exit.unwrap_or(Exit { success: false, text: "its exit status is unknown".to_owned() });
                    break End::Exited(exit);
                }
                () = tokio::time::sleep(limits::CHECK) => {}
            }
            let is_first = !has_session && self.stream.session.is_some();
            if updated.elapsed() >= limits::UPDATE || is_first {
                has_session |= is_first;
                self.update().await?;
                updated = Instant::now();
                if watch.is_over(self.context, self.run).await? {
                    break self.end(&mut process, End::RequestOver).await;
                }
            }
            if self.result_at.is_some_and(|at| at.elapsed() >= limits::AFTER_RESULT) {
                let text = "Baton ended it, because it did not exit after its result".to_owned();
                break self.end(&mut process, End::Exited(Exit { success: true, text })).await;
            }
            if Instant::now() >= deadline {
                break self.end(&mut process, End::Deadline).await;
            }
            if *self.stop.borrow() >= 2 {
                break self.end(&mut process, End::DaemonStopped).await;
            }
        };
        self.drain(&mut process).await;
        self.update().await?;
        Ok(FinishedRun { end, stream: self.stream, output: self.tail.text() })
    }

    async fn end(&mut self, process: &mut Process, end: End) -> End {
        // The output of the process is read in the meantime, so that the process can print its last message.
        let mut lines = std::mem::replace(&mut process.lines, mpsc::channel(1).1);
        let mut ended = Box::pin(process.end());
        loop {
            tokio::select! {
                () = &mut ended => break,
                Some(line) = lines.recv() => self.on_line(&line),
            }
        }
        drop(ended);
        process.lines = lines;
        end
    }

    /// Reads the rest of the output after the end of the process. A process outside of its group may hold the pipes open.
    async fn drain(&mut self, process: &mut Process) {
        let until = tokio::time::Instant::now() + limits::DRAIN;
        while let Ok(Some(line)) = tokio::time::timeout_at(until, process.lines.recv()).await {
            self.on_line(&line);
        }
    }

    fn on_line(&mut self, line: &OutputLine) {
        self.printed = true;
        self.tail.add(&line.text);
        if line.is_output {
            self.stream.read(&line.text);
            // A line that is not a message does not change `has_result`.
            self.result_at = self.stream.has_result.then(|| self.result_at.unwrap_or_else(Instant::now));
        }
    }

    async fn update(&mut self) -> Result<(), DispatchError> {
        if !std::mem::take(&mut self.printed) {
            return Ok(());
        }
        let (id, update) = (self.run.id, std::mem::take(&mut self.stream.update));
        let job = move |tx: &baton_ledger::Tx<'_>| command_run::update(tx, id, &update, Timestamp::now());
        Ok(self.context.ledger().write(job).await?)
    }
}
