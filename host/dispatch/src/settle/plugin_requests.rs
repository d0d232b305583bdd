//! Requests that plugins send to agents and withdraw, in the transaction that settles their tasks.
//!
//! A plugin gives each request a key. A request is open from the transaction that sends it until its task has ended, or
//! until its file is deleted before the capture. While a request is open, Baton sends no other request with the same key.
//! After the request has ended, a request with the same key is sent as a new request. The file of the new request has a new
//! `dedupe_key`, because the old `dedupe_key` identifies the answered request.
//!
//! A withdrawn request ends as `cancelled` in the same transaction, and its file is moved to the archive. If Baton has not
//! captured the file yet, it marks the request, and the capture ends the request ([`refused_file`]). Baton does not withdraw
//! a request that a plugin is running, or whose RETURN is in the inbox of the sending plugin: the capture of the RETURN ends
//! the request as answered.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_core::State;
use baton_core::handoff::Chain;
use baton_core::handoff::compose::Request;
use baton_ledger::event::Event;
use baton_ledger::outbox::{self, DeliveryKind, DeliveryProgress};
use baton_ledger::plugin_requests::{self, PluginRequest};
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx};
use baton_sandbox as sandbox;
use fail::fail_point;
use jiff::Timestamp;

use super::dependencies;
use crate::capture::{PendingReturn, pending_returns};
use crate::context::Context;
use crate::delivery::archive::to_archive;
use crate::limits;
use crate::presence::is_not_there;

/// The requests and withdrawals of one task.
pub(crate) struct PluginRequests {
    /// The folder of the workspace.
    root: PathBuf,
    /// The plugin that sends the requests.
    sender: String,
    /// The requests and withdrawals, in the order of the plugin's calls.
    items: Vec<RequestItem>,
    /// RETURNs that are in the plugin's inbox and not captured yet.
    ahead: Arc<[PendingReturn]>,
}

enum RequestItem {
    Send {
        key: String,
        /// The request that the plugin sent with its first call for this key.
        request: Box<Request>,
        folder: String,
    },
    Withdraw(sandbox::Withdrawal),
}

/// The effects on other tasks.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestEffects {
    /// Requests whose files must be moved to the archive.
    pub(crate) to_deliver: Vec<String>,
    /// Tasks that depended on an ended request may start.
    pub(crate) released: bool,
}

impl PluginRequests {
    /// The requests and withdrawals of `task`.
    pub(crate) fn of(context: &Context, task: &Task, items: Vec<sandbox::PluginRequest>, now: Timestamp) -> Self {
        let item = |(number, item)| match item {
            sandbox::PluginRequest::Send(draft) => send(context, task, number, draft, now),
            sandbox::PluginRequest::Withdraw(withdrawal) => RequestItem::Withdraw(withdrawal),
        };
        let items = items.into_iter().enumerate().map(item).collect();
        Self { root: context.root.clone(), sender: task.agent.clone(), items, ahead: Arc::default() }
    }

    fn has_withdrawals(&self) -> bool {
        self.items.iter().any(|item| matches!(item, RequestItem::Withdraw(_)))
    }

    /// Adds the requests to the outbox, and ends the withdrawn requests.
    pub(crate) fn record(&self, tx: &Tx<'_>, task: &Task, now: Timestamp) -> Result<RequestEffects, LedgerError> {
        let (mut effects, answered) = (RequestEffects::default(), self.answered(tx)?);
        for item in &self.items {
            match item {
                RequestItem::Send { key, request, folder } => self.send(tx, task, key, request, folder)?,
                RequestItem::Withdraw(withdrawal) => {
                    for request in self.withdrawn(tx, withdrawal, &answered)? {
                        effects.released |= end(tx, &request, &self.sender, &withdrawal.reason, now)?;
                        effects.to_deliver.push(request.id);
                        fail_point!("request.withdrawn");
                    }
                }
            }
        }
        Ok(effects)
    }

    /// Sends a request, unless another request with its key is open.
    fn send(&self, tx: &Tx<'_>, task: &Task, key: &str, request: &Request, folder: &str) -> Result<(), LedgerError> {
        let before = plugin_requests::newest(tx, &self.sender, key)?;
        if let Some(before) = &before
            && self.state_of(tx, before)?.is_open()
        {
            return Ok(());
        }
        let times = before.map_or(1, |before| before.times.saturating_add(1));
        let request = Request { dedupe_key: Some(dedupe_key(&self.sender, key, times)), ..request.clone() };
        let (name, bytes) = (request.file_name(), request.to_bytes());
        let delivery = outbox::add(
            tx,
            &task.id,
            &outbox::NewDelivery::written(DeliveryKind::Handoff, folder.to_owned(), name, bytes),
        )?;
        let (sender, key) = (self.sender.clone(), key.to_owned());
        plugin_requests::add(
            tx,
            &PluginRequest { handoff_id: request.id, sender, key, times, delivery, taken_back: None },
        )
    }

    /// The tasks of the key's open request that can be withdrawn: no attempt of the task is running, and no RETURN answers
    /// it. If the file of the request is not captured yet, marks the request instead.
    fn withdrawn(
        &self,
        tx: &Tx<'_>,
        withdrawal: &sandbox::Withdrawal,
        answered: &BTreeSet<String>,
    ) -> Result<Vec<Task>, LedgerError> {
        let Some(newest) = plugin_requests::newest(tx, &self.sender, &withdrawal.dedupe_key)? else {
            return Ok(Vec::new());
        };
        match self.state_of(tx, &newest)? {
            LastRequestState::Ended => Ok(Vec::new()),
            LastRequestState::NotCaptured => {
                plugin_requests::mark_rejected(tx, &newest.handoff_id, &withdrawal.reason).map(|()| Vec::new())
            }
            LastRequestState::Open(mut requests) => {
                requests.retain(|request| request.state != State::Running && !answered.contains(&request.id));
                Ok(requests)
            }
        }
    }

    /// The requests that an uncaptured RETURN in an inbox will end.
    fn answered(&self, tx: &Tx<'_>) -> Result<BTreeSet<String>, LedgerError> {
        self.ahead.iter().filter_map(|ahead| ahead.ends(tx).transpose()).collect()
    }

    fn state_of(&self, tx: &Tx<'_>, sent: &PluginRequest) -> Result<LastRequestState, LedgerError> {
        let mut requests = task::requests_with_id(tx, &sent.sender, &sent.handoff_id)?;
        let is_captured = !requests.is_empty();
        requests.retain(|request| !request.state.is_final());
        Ok(match is_captured {
            true if requests.is_empty() => LastRequestState::Ended,
            true => LastRequestState::Open(requests),
            false if sent.taken_back.is_some() => LastRequestState::Ended,
            false => match outbox::progress(tx, sent.delivery)? {
                DeliveryProgress::Open => LastRequestState::NotCaptured,
                DeliveryProgress::Done { folder, name } if !is_deleted(&self.root, &folder, &name) => {
                    LastRequestState::NotCaptured
                }
                DeliveryProgress::Done { .. } | DeliveryProgress::Gone => LastRequestState::Ended,
            },
        })
    }
}

/// If one of `requests` withdraws a request, reads the RETURNs in the inboxes of the plugin. All `requests` belong to tasks
/// of one plugin. An agent writes its result first and the RETURN afterwards, so the function waits a short time for the
/// RETURN. It waits once for all tasks, because one task may withdraw a request that another task sends.
pub(crate) async fn accept_pending_returns(
    context: &Arc<Context>,
    requests: impl Iterator<Item = &mut PluginRequests>,
) {
    let withdrawing: Vec<_> = requests.filter(|requests| requests.has_withdrawals()).collect();
    let Some(sender) = withdrawing.first().map(|requests| requests.sender.clone()) else { return };
    tokio::time::sleep(limits::GRACE).await;
    let ahead = Arc::from(pending_returns(context, &sender).await);
    for requests in withdrawing {
        requests.ahead = Arc::clone(&ahead);
    }
}

/// The state of the last request with a key.
enum LastRequestState {
    /// The tasks of the request that have not ended.
    Open(Vec<Task>),
    /// The file of the request is not captured yet.
    NotCaptured,
    /// The request has ended, or its file was deleted before the capture.
    Ended,
}

impl LastRequestState {
    fn is_open(&self) -> bool {
        !matches!(self, Self::Ended)
    }
}

/// True if the file was deleted before its capture. `false` if the file's folder cannot be read.
fn is_deleted(root: &Path, folder: &str, name: &str) -> bool {
    is_not_there(&root.join(folder).join(name))
}

fn send(context: &Context, task: &Task, number: usize, draft: sandbox::Draft, now: Timestamp) -> RequestItem {
    let folder = context.answers_for(&draft.to);
    let request = Request {
        id: format!("{}-{}", task.id, number + 1),
        from: task.agent.clone(),
        to: draft.to,
        title: draft.title,
        action: draft.action,
        args: draft.args,
        body: draft.body,
        priority: draft.priority,
        dedupe_key: None,
        chain: Some(Chain {
            id: Some(task.chain_id.clone().unwrap_or_else(|| task.id.clone())),
            phase: Some(task.chain_phase.unwrap_or(1).saturating_add(1)),
        }),
        depends_on: Vec::new(),
        deadline: None,
        reply_to: None,
        created_at: now,
    };
    RequestItem::Send { key: draft.dedupe_key, request: Box::new(request), folder }
}

/// The `dedupe_key` in the request's file. It is different for each request with this key, so that a new request does not
/// count as a repetition of an answered request.
fn dedupe_key(sender: &str, key: &str, times: u32) -> String {
    if times == 1 { format!("{sender}:{key}") } else { format!("{sender}:{key}#{times}") }
}

/// Ends a withdrawn request without a RETURN. Returns whether other tasks may start.
fn end(tx: &Tx<'_>, request: &Task, sender: &str, reason: &str, now: Timestamp) -> Result<bool, LedgerError> {
    let state = State::Cancelled;
    task::transition(tx, &Event::of(request, sender, "taken_back", reason.to_owned(), state, now))?;
    outbox::cancel_into_inbox(tx, &request.id)?;
    if let Some(file) = &request.file {
        outbox::add(tx, &request.id, &to_archive(file, request.input.clone(), state))?;
    }
    dependencies::settled(tx, request, state, now)
}

/// The reason to refuse a file: its request was withdrawn before the capture. `None` if the request was not withdrawn.
pub(crate) fn refused_file(tx: &Tx<'_>, new: &task::NewTask) -> Result<Option<String>, LedgerError> {
    match (&new.sender, &new.handoff_id) {
        (Some(sender), Some(id)) => plugin_requests::take_rejection(tx, sender, id),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use baton_core::handoff::Priority;
    use baton_ledger::task::Origin;

    use super::*;

    fn draft(key: &str) -> sandbox::PluginRequest {
        sandbox::PluginRequest::Send(sandbox::Draft {
            to: "B".to_owned(),
            title: "Look".to_owned(),
            action: None,
            args: serde_json::Map::new(),
            body: String::new(),
            priority: Priority::Medium,
            dedupe_key: key.to_owned(),
        })
    }

    fn withdrawal_of(key: &str) -> sandbox::PluginRequest {
        sandbox::PluginRequest::Withdraw(sandbox::Withdrawal {
            dedupe_key: key.to_owned(),
            reason: "it is there".to_owned(),
        })
    }

    /// Settles a task of the plugin `p` with these requests. Returns the contents of the task's deliveries.
    async fn settled(context: &Arc<Context>, items: Vec<sandbox::PluginRequest>) -> Vec<String> {
        let inner = Arc::clone(context);
        let job = move |tx: &Tx<'_>| {
            let now = Timestamp::UNIX_EPOCH;
            let id = task::insert(tx, &task::NewTask::blank("p", Origin::Call, State::Running), None, now)?;
            let task = task::get_in(tx, &id)?;
            PluginRequests::of(&inner, &task, items, now).record(tx, &task, now)?;
            outbox::open_of(tx, &id, |_| false)
        };
        let open = context.ledger.write(job).await.unwrap();
        open.into_iter().map(|delivery| String::from_utf8(delivery.bytes.unwrap()).unwrap()).collect()
    }

    #[tokio::test]
    async fn an_uncaptured_request_is_open_and_is_refused_after_a_withdrawal() {
        let folder = tempfile::tempdir().unwrap();
        let context = Context::in_folder(folder.path());
        let first = settled(&context, vec![draft("k"), draft("l")]).await;
        assert!(first[0].contains(r#""dedupe_key": "p:k""#) && first.len() == 2, "{first:?}");
        assert!(settled(&context, vec![draft("k")]).await.is_empty(), "the request is not delivered yet");

        let again = settled(&context, vec![withdrawal_of("k"), draft("k"), withdrawal_of("never sent")]).await;
        assert!(again[0].contains(r#""dedupe_key": "p:k#2""#) && again.len() == 1, "{again:?}");
        let id = |text: &str| {
            serde_json::from_str::<serde_json::Value>(text).unwrap()["handoff_id"].as_str().unwrap().to_owned()
        };
        let ids = [&first[0], &first[1], &again[0]].map(|text| id(text));
        let away = move |tx: &Tx<'_>| {
            let new = |id: String| task::NewTask {
                sender: Some("p".to_owned()),
                handoff_id: Some(id),
                ..task::NewTask::blank("B", Origin::Handoff, State::Captured)
            };
            ids.map(|id| refused_file(tx, &new(id))).into_iter().collect::<Result<Vec<_>, _>>()
        };
        let away = context.ledger.write(away).await.unwrap();
        assert_eq!(away, [Some("it is there".to_owned()), None, None]);
    }
}
