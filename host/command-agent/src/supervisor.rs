//! The supervisor: starts runs when requests wait, and ends them with the daemon.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use baton_dispatch::agent_work::AgentWork;
use baton_dispatch::{Context, DispatchError};
use baton_ledger::Tx;
use baton_ledger::command_run::{self, Run};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::limits;
use crate::process::end_left_over;
use crate::run::{End, FinishedRun, follow};
use crate::settings::{CommandAgent, McpCommand};
use crate::settle::settle;
use crate::start::{StartedRun, begin};
use crate::stream::StreamState;

/// Changes of the ledger within this time are handled together.
const SETTLING: Duration = Duration::from_millis(50);

/// The command agents of a workspace.
pub struct CommandAgents {
    work: Arc<AgentWork>,
    agents: Vec<CommandAgent>,
    mcp: McpCommand,
    /// The running processes, by agent.
    running: HashMap<String, BTreeSet<String>>,
    runs: JoinSet<(String, String, Result<(), DispatchError>)>,
}

impl CommandAgents {
    /// The agents, and how their processes reach Baton.
    #[must_use]
    pub fn new(work: Arc<AgentWork>, agents: Vec<CommandAgent>, mcp: McpCommand) -> Self {
        Self { work, agents, mcp, running: HashMap::new(), runs: JoinSet::new() }
    }

    /// Starts runs until `stop` is at least 1, and returns when the last run has ended. At 2 it ends the running processes.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn serve(mut self, mut stop: watch::Receiver<u8>) -> Result<(), DispatchError> {
        let mut changes = self.work.changes();
        self.recover().await?;
        loop {
            changes.mark_unchanged();
            let stopping = *stop.borrow_and_update() > 0;
            if stopping && self.runs.is_empty() {
                return Ok(());
            }
            if !stopping {
                self.start_all(&stop).await?;
            }
            tokio::select! {
                changed = changes.changed(), if !stopping => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    tokio::time::sleep(SETTLING).await;
                }
                Some(done) = self.runs.join_next() => self.on_end(done)?,
                Ok(()) = stop.changed() => {
                    let running = self.runs.len();
                    if running > 0 {
                        tracing::info!("{running} command agents work, waiting for their end (again to interrupt them)");
                    }
                }
                () = tokio::time::sleep(limits::SCAN) => {}
            }
        }
    }

    fn context(&self) -> &Arc<Context> {
        self.work.context()
    }

    fn on_end(
        &mut self,
        done: Result<(String, String, Result<(), DispatchError>), tokio::task::JoinError>,
    ) -> Result<(), DispatchError> {
        match done {
            Ok((agent, task, result)) => {
                self.running.entry(agent).or_default().remove(&task);
                result
            }
            Err(error) => {
                tracing::error!(%error, "the job of a command agent failed; its run is recovered at the next start");
                Ok(())
            }
        }
    }

    /// Ends the processes that a killed daemon has left, and settles their runs.
    async fn recover(&self) -> Result<(), DispatchError> {
        let left = self.context().ledger().write(command_run::open_in).await?;
        for run in left {
            let (process, mark) = (run.process.clone(), run.mark.clone());
            tracing::warn!(task = %run.task, agent = %run.agent, "a run of a killed daemon is left; its processes are ended");
            drop(tokio::task::spawn_blocking(move || end_left_over(process.as_deref(), &mark)).await);
            self.settle_left(run).await?;
        }
        Ok(())
    }

    async fn settle_left(&self, run: Run) -> Result<(), DispatchError> {
        let Some(agent) = self.agents.iter().find(|agent| agent.name == run.agent).cloned() else {
            return self.forget(run).await;
        };
        let stream = StreamState { session: run.session.clone(), ..StreamState::default() };
        let finished = FinishedRun { end: End::DaemonStopped, stream, output: run.output };
        let started = StartedRun {
            id: run.id,
            task: run.task,
            agent: run.agent,
            mark: run.mark,
            session: run.session,
            at: run.started_at,
        };
        settle(self.context(), &agent, &started, finished).await
    }

    /// Ends the record of a run whose agent is not a command agent any more. Its request stays open for the agent.
    async fn forget(&self, run: Run) -> Result<(), DispatchError> {
        let end = command_run::RunEnd {
            outcome: command_run::RunOutcome::Interrupted,
            reason: "its agent is not a command agent any more".to_owned(),
            resume_at: None,
            output: String::new(),
        };
        let job = move |tx: &Tx<'_>| command_run::end(tx, run.id, &end, Timestamp::now());
        Ok(self.context().ledger().write(job).await?)
    }

    async fn start_all(&mut self, stop: &watch::Receiver<u8>) -> Result<(), DispatchError> {
        for agent in self.agents.clone() {
            for item in self.work.open_requests(&agent.name).await? {
                let running = self.running.entry(agent.name.clone()).or_default();
                if running.len() >= agent.concurrency {
                    break;
                }
                if !running.contains(&item.id) {
                    self.start(&agent, item.id, stop.clone()).await?;
                }
            }
        }
        Ok(())
    }

    async fn start(
        &mut self,
        agent: &CommandAgent,
        id: String,
        stop: watch::Receiver<u8>,
    ) -> Result<(), DispatchError> {
        let (context, mcp) = (Arc::clone(self.context()), self.mcp.clone());
        let (owner, starting) = (context.owner().to_owned(), agent.clone());
        let job = move |tx: &Tx<'_>| begin(tx, &starting, &owner, &id, Timestamp::now());
        let Some(started) = context.ledger().write(job).await? else { return Ok(()) };
        self.running.entry(agent.name.clone()).or_default().insert(started.task.clone());
        tracing::info!(task = %started.task, agent = %agent.name, "starts {}", agent.client.name());
        let agent = agent.clone();
        self.runs.spawn(async move {
            let result = match follow(&context, &agent, &mcp, &started, stop).await {
                Ok(finished) => settle(&context, &agent, &started, finished).await,
                Err(error) => Err(error),
            };
            (started.agent, started.task, result)
        });
        Ok(())
    }
}
