//! The supervisor: starts runs when requests wait, and ends them with the daemon.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use baton_dispatch::agent_work::AgentWork;
use baton_dispatch::{Context, DispatchError};
use baton_ledger::Tx;
use baton_ledger::command_run::{self, Run};
use baton_process::end_left_over;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use crate::limits;
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
    /// The requests of the running jobs.
    running: HashMap<Id, RunningRequest>,
    /// Each job follows one run to its end and settles it.
    runs: JoinSet<Result<(), DispatchError>>,
    /// The ledger may list runs without a job as running: runs of a killed daemon, or of a failed job.
    needs_recovery: bool,
}

struct RunningRequest {
    agent: String,
    task: String,
}

impl CommandAgents {
    /// The agents, and how their processes reach Baton.
    #[must_use]
    pub fn new(work: Arc<AgentWork>, agents: Vec<CommandAgent>, mcp: McpCommand) -> Self {
        Self { work, agents, mcp, running: HashMap::new(), runs: JoinSet::new(), needs_recovery: true }
    }

    /// Starts runs until `stop` is at least 1, and returns when the last run has ended. If `stop` is 2, the running
    /// processes are ended. An error is logged and does not affect other runs. At the next change, the supervisor tries
    /// the work again.
    pub async fn serve(mut self, mut stop: watch::Receiver<u8>) {
        let mut changes = self.work.changes();
        loop {
            changes.mark_unchanged();
            let stopping = *stop.borrow_and_update() > 0;
            if stopping && self.runs.is_empty() {
                return;
            }
            if !stopping && let Err(error) = self.work_once(&stop).await {
                tracing::error!(%error, "command agents cannot start now");
            }
            tokio::select! {
                changed = changes.changed(), if !stopping => {
                    if changed.is_err() {
                        return;
                    }
                    tokio::time::sleep(SETTLING).await;
                }
                Some(ended) = self.runs.join_next_with_id() => self.on_end(ended),
                Ok(()) = stop.changed() => {
                    let running = self.runs.len();
                    if running > 0 {
                        tracing::info!(
                            "running command agents: {running}; waiting for the end (send the signal again to interrupt them)"
                        );
                    }
                }
                () = tokio::time::sleep(limits::SCAN) => {}
            }
        }
    }

    fn context(&self) -> &Arc<Context> {
        self.work.context()
    }

    /// Recovers runs and starts new ones.
    async fn work_once(&mut self, stop: &watch::Receiver<u8>) -> Result<(), DispatchError> {
        if self.needs_recovery {
            self.recover().await?;
            self.needs_recovery = false;
        }
        self.start_all(stop).await
    }

    fn on_end(&mut self, ended: Result<(Id, Result<(), DispatchError>), JoinError>) {
        let (id, error) = match ended {
            Ok((id, result)) => (id, result.err().map(|error| error.to_string())),
            Err(error) => (error.id(), Some(error.to_string())),
        };
        let request = self.running.remove(&id);
        if let (Some(error), Some(RunningRequest { agent, task })) = (error, request) {
            tracing::error!(%task, %agent, "the end of a run could not be recorded: {error}");
            self.needs_recovery = true;
        }
    }

    fn is_running(&self, task: &str) -> bool {
        self.running.values().any(|running| running.task == task)
    }

    /// The number of running processes of an agent.
    fn running_of(&self, agent: &str) -> usize {
        self.running.values().filter(|running| running.agent == agent).count()
    }

    /// Ends the processes of runs without a job, and settles these runs.
    async fn recover(&self) -> Result<(), DispatchError> {
        let open = self.context().ledger().write(command_run::open_in).await?;
        for run in open.into_iter().filter(|run| !self.is_running(&run.task)) {
            let (process, mark) = (run.process.clone(), run.mark.clone());
            tracing::warn!(task = %run.task, agent = %run.agent, "an earlier run was not settled; Baton ends its processes now");
            drop(tokio::task::spawn_blocking(move || end_left_over(process.as_deref(), &mark)).await);
            self.settle_lost_run(run).await?;
        }
        Ok(())
    }

    async fn settle_lost_run(&self, run: Run) -> Result<(), DispatchError> {
        let Some(agent) = self.agents.iter().find(|agent| agent.name == run.agent).cloned() else {
            return self.forget(run).await;
        };
        let stream = StreamState { session: run.session.clone(), ..StreamState::default() };
        let finished = FinishedRun { end: End::DaemonStopped, stream, output: run.output };
        let started =
            StartedRun { id: run.id, task: run.task, mark: run.mark, session: run.session, at: run.started_at };
        settle(self.context(), &agent, &started, finished).await
    }

    /// Ends the record of a run if Baton does not start its agent any more. The request stays open for the agent.
    async fn forget(&self, run: Run) -> Result<(), DispatchError> {
        let end = command_run::RunEnd {
            outcome: command_run::RunOutcome::Interrupted,
            reason: "the agent is not a command agent any more, or its preflight fails".to_owned(),
            resume_at: None,
            output: String::new(),
        };
        let job = move |tx: &Tx<'_>| command_run::end(tx, run.id, &end, Timestamp::now());
        Ok(self.context().ledger().write(job).await?)
    }

    async fn start_all(&mut self, stop: &watch::Receiver<u8>) -> Result<(), DispatchError> {
        for agent in self.agents.clone() {
            for item in self.work.open_requests(&agent.name).await? {
                if self.running_of(&agent.name) >= agent.concurrency {
                    break;
                }
                if !self.is_running(&item.id) {
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
        let request = RunningRequest { agent: agent.name.clone(), task: started.task.clone() };
        tracing::info!(task = %started.task, agent = %agent.name, "starts {}", agent.client.name());
        let agent = agent.clone();
        let job = self.runs.spawn(async move {
            let finished = follow(&context, &agent, &mcp, &started, stop).await?;
            settle(&context, &agent, &started, finished).await
        });
        self.running.insert(job.id(), request);
        Ok(())
    }
}
