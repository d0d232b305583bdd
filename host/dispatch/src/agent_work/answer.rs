//! The RETURN of an external agent: a delivery in the outbox, written as a file into the inbox of the requesting agent, and
//! captured by the daemon.

use std::time::Duration;

use baton_core::handoff::agent_return::{self, ReturnStatus, WorkEvidence};
use baton_core::text::{at_most, one_line};
use baton_core::{Evidence, State};
use baton_ledger::outbox::{self, DeliveryKind};
use baton_ledger::task;
use baton_ledger::{LedgerError, Tx, event, return_check};
use jiff::Timestamp;

use super::session::AgentSession;
use crate::{DispatchError, Roster, deliver};

/// The maximum number of entries in each list of a RETURN, and the maximum length of one entry in bytes.
const EVIDENCE: usize = 200;
const EVIDENCE_BYTES: usize = 1 << 10;

/// The maximum length of a summary, in bytes.
const SUMMARY_BYTES: usize = 64 << 10;

/// The maximum size of the file of a RETURN, in bytes.
const RETURN_BYTES: usize = 1 << 20;

/// How long the capture and the check of a RETURN may take while a daemon runs.
const CAPTURE: Duration = Duration::from_secs(5);

/// The content of a RETURN, as the agent reports it.
#[derive(Clone, Debug)]
pub struct AgentReturn {
    /// How the work ended.
    pub status: ReturnStatus,
    /// What was done, or why it was not done.
    pub summary: String,
    /// The evidence that others can check.
    pub evidence: WorkEvidence,
    /// What the requesting agent should do next.
    pub next_steps: Vec<String>,
}

/// The state of a request after its RETURN.
#[derive(Clone, Debug)]
pub struct ReturnReport {
    /// The id of the request's task.
    pub task: String,
    /// The file that was written, as in the ledger.
    pub file: String,
    /// The state of the request now. It is `delivered` until the daemon has captured the RETURN.
    pub state: State,
    /// The evidence for the reported work.
    pub evidence: Option<Evidence>,
    /// Why the request is in this state.
    pub reason: String,
}

/// A RETURN whose delivery is recorded.
struct WrittenReturn {
    /// The planned path of the RETURN's file. If the path is in use, the delivery uses another name.
    file: String,
    /// The number of the newest event before the RETURN was recorded.
    before: i64,
}

impl AgentReturn {
    /// Rejects a RETURN without a summary, and a RETURN with too many or too long texts.
    fn check(&self) -> Result<(), String> {
        let WorkEvidence { files, commits, commands } = &self.evidence;
        let texts = files.iter().chain(commits).chain(commands.iter().map(|run| &run.command)).chain(&self.next_steps);
        if self.summary.trim().is_empty() {
            return Err("`summary` is empty; say what was done, or why it was not".to_owned());
        }
        if self.summary.len() > SUMMARY_BYTES {
            return Err(format!(
                "`summary` has more than {SUMMARY_BYTES} bytes; write the details into a file and name it"
            ));
        }
        if [files.len(), commits.len(), commands.len(), self.next_steps.len()].iter().any(|count| *count > EVIDENCE) {
            return Err(format!(
                "`files`, `commits`, `commands` or `next_steps` has more than {EVIDENCE} entries; keep the most important ones"
            ));
        }
        if let Some(long) = texts.into_iter().find(|text| text.len() > EVIDENCE_BYTES || text.trim().is_empty()) {
            return Err(format!("`{}…` is empty or longer than {EVIDENCE_BYTES} bytes", at_most(&one_line(long), 40)));
        }
        Ok(())
    }
}

impl AgentSession {
    /// Answers a request: writes the RETURN and, while a daemon serves the workspace, waits until it is captured. The
    /// request then ends, its file is archived, and plugins check the RETURN. A disputed request can be answered again.
    ///
    /// # Errors
    /// When the request is not open for this session, the RETURN is empty or too large, or the file cannot be written.
    pub async fn give_return(&self, word: &str, answer: AgentReturn) -> Result<ReturnReport, DispatchError> {
        answer.check().map_err(DispatchError::Refused)?;
        let task = self.find(word).await?;
        let roster = self.work.roster().await?;
        let (session, id) = (self.clone(), task.id.clone());
        let job = move |tx: &Tx<'_>| session.record_return(tx, &id, &answer, &roster);
        let written = self.work.context.ledger.write(job).await?.map_err(DispatchError::Refused)?;
        deliver(&self.work.context, &task.id).await?;
        // The daemon may have captured the RETURN before this process recorded its delivery as done. Then the daemon could
        // not make the later deliveries of the request, such as the move to the archive. Wake it to make them now.
        self.work.context.wake();
        self.captured(&task.id, written.file, written.before).await
    }

    /// Claims the request and records the delivery of its RETURN in one transaction. So Baton writes the RETURN once,
    /// even if this process is killed, and no other session can answer meanwhile. `Err` contains the reason why the
    /// agent cannot answer.
    fn record_return(
        &self,
        tx: &Tx<'_>,
        id: &str,
        answer: &AgentReturn,
        roster: &Roster,
    ) -> Result<Result<WrittenReturn, String>, LedgerError> {
        let now = Timestamp::now();
        let request = match self.hold(tx, id, now)? {
            Ok((task, _)) => task,
            Err(reason) => return Ok(Err(reason)),
        };
        let asker = request.answer_to().unwrap_or_default();
        let inbox = roster.resolve(asker).map_or(roster.central(), |agent| &agent.inbox);
        let written = agent_return::AgentReturn {
            task: &request.id,
            executing: &self.agent,
            originating: asker,
            handoff_id: request.handoff_id.as_deref(),
            handoff_file: request.file.as_deref(),
            title: &request.title,
            status: answer.status,
            summary: &answer.summary,
            evidence: &answer.evidence,
            next_steps: &answer.next_steps,
            at: now,
        };
        let (bytes, name, folder) = (written.to_bytes(), written.file_name(), self.work.context.shown(inbox));
        if bytes.len() > RETURN_BYTES {
            return Ok(Err(format!(
                "the RETURN has more than {RETURN_BYTES} bytes; write the details into a file and name it"
            )));
        }
        let file = format!("{folder}/{name}");
        let before = event::newest_in(tx)?;
        outbox::add(tx, id, &outbox::NewDelivery::written(DeliveryKind::Handoff, folder, name, bytes))?;
        Ok(Ok(WrittenReturn { file, before }))
    }

    /// Waits until the daemon has captured the RETURN and the plugins have checked it, at most [`CAPTURE`].
    async fn captured(&self, id: &str, file: String, before: i64) -> Result<ReturnReport, DispatchError> {
        let mut changes = self.work.changes.clone();
        let deadline = tokio::time::Instant::now() + CAPTURE;
        loop {
            changes.mark_unchanged();
            let (report, is_settled) = self.return_report(id, file.clone(), before).await?;
            if is_settled || tokio::time::Instant::now() >= deadline {
                return Ok(report);
            }
            drop(tokio::time::timeout_at(deadline, changes.changed()).await);
        }
    }

    /// The report. The second value is `true` if the RETURN is captured and all its checks are done.
    async fn return_report(&self, id: &str, file: String, before: i64) -> Result<(ReturnReport, bool), DispatchError> {
        let (id, agent) = (id.to_owned(), self.agent.clone());
        self.work
            .read(move |reader| {
                let is_checked = !task::is_return_pending(reader, &id)? && !return_check::is_pending(reader, &id)?;
                let events = event::of_task(reader, &id)?;
                let is_newer = events.iter().any(|recorded| recorded.seq > before);
                let found =
                    task::matching(reader, &id)?.tasks.into_iter().find(|task| task.id == id && task.agent == agent);
                let task = found.ok_or(LedgerError::Closed)?;
                // A disputed request has no new event before its new RETURN is checked.
                let is_settled = task.state != State::Delivered && is_checked && is_newer;
                let report =
                    ReturnReport { task: id, file, state: task.state, evidence: task.evidence, reason: task.reason };
                Ok((report, is_settled))
            })
            .await
    }
}
