//! The methods of A2A for one agent of the workspace.

use std::sync::Arc;
use std::time::Duration;

use baton_dispatch::agent_work::{AgentSession, NewRequest, SentTask};
use baton_dispatch::{DecisionResult, DispatchError, Roster};
use baton_ledger::task::{SentFilter, Task};
use http::header::{CACHE_CONTROL, ETAG, HOST, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};
use hyper::body::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::artifact::Artifact;
use super::card::{CardPath, CardWriter};
use super::message::SendParams;
use super::rpc::{RpcCall, RpcError, null_as_default, success};
use super::stream;
use super::task_json;
use super::task_state::TaskState;
use super::unique::{UniqueMessages, WrittenContent};
use crate::limits;
use crate::parts::ServerParts;
use crate::reply::{self, Reply};

/// The name of the header, or of the query parameter, that has the version of the protocol.
const VERSION: &str = "a2a-version";

/// Parameters of methods about one task.
#[derive(Debug, Deserialize)]
struct TaskParams {
    #[serde(default, deserialize_with = "null_as_default")]
    tenant: String,
    id: String,
}

/// Parameters of `ListTasks`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListParams {
    #[serde(deserialize_with = "null_as_default")]
    tenant: String,
    #[serde(deserialize_with = "null_as_default")]
    context_id: String,
    #[serde(deserialize_with = "null_as_default")]
    status: String,
    page_size: Option<u32>,
    #[serde(deserialize_with = "null_as_default")]
    page_token: String,
    #[serde(deserialize_with = "null_as_default")]
    status_timestamp_after: String,
    #[serde(deserialize_with = "null_as_default")]
    include_artifacts: bool,
}

/// The A2A server of one agent.
#[derive(Clone)]
pub(crate) struct A2aServer {
    session: AgentSession,
    parts: Arc<ServerParts>,
    messages: UniqueMessages,
}

impl A2aServer {
    pub(crate) fn new(session: AgentSession, parts: Arc<ServerParts>) -> Self {
        Self { session, parts, messages: UniqueMessages::default() }
    }

    /// Answers a request to `/a2a` or to a card. `body` is the complete body.
    pub(crate) async fn answer(&self, head: &Parts, body: &Bytes) -> Reply {
        match (&head.method, CardPath::parse(head.uri.path())) {
            (&Method::GET, Some(card)) => self.card(head, &card).await,
            (&Method::POST, None) => self.methods(head, body).await,
            _ => reply::text(StatusCode::METHOD_NOT_ALLOWED, "GET an agent card, or POST a call to /a2a"),
        }
    }

    async fn card(&self, head: &Parts, path: &CardPath) -> Reply {
        let roster = match self.session.work().roster().await {
            Ok(roster) => roster,
            Err(error) => return reply::text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        };
        let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let Some(card) = CardWriter { roster, parts: &self.parts, host }.card(path) else {
            return reply::text(
                StatusCode::NOT_FOUND,
                "there is no such agent; the card of the workspace lists the agents",
            );
        };
        let tag = baton_core::Digest::of(card.to_string().as_bytes()).short(16);
        let mut card = reply::json(&card);
        card.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=60"));
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
            card.headers_mut().insert(ETAG, tag);
        }
        card
    }

    async fn methods(&self, head: &Parts, body: &Bytes) -> Reply {
        let call = match RpcCall::parse(body) {
            Ok(call) => call,
            Err(error) => return reply::json(&error.response(&Value::Null)),
        };
        match self.call(head, &call).await {
            Ok(reply) => reply,
            Err(error) => reply::json(&error.response(&call.id)),
        }
    }

    async fn call(&self, head: &Parts, call: &RpcCall) -> Result<Reply, RpcError> {
        check_version(head)?;
        let result = match call.method.as_str() {
            "SendMessage" => self.send_message(call.params()?).await?,
            "GetTask" => self.get_task(&call.params()?).await?,
            "ListTasks" => self.list_tasks(call.params()?).await?,
            "CancelTask" => self.cancel_task(&call.params()?).await?,
            "SendStreamingMessage" => {
                let sent = self.send(call.params()?).await?;
                return Ok(stream::follow(self.session.clone(), call.id.clone(), sent));
            }
            "SubscribeToTask" => return self.subscribe(call).await,
            "CreateTaskPushNotificationConfig"
            | "GetTaskPushNotificationConfig"
            | "ListTaskPushNotificationConfigs"
            | "DeleteTaskPushNotificationConfig" => return Err(RpcError::PushNotificationNotSupported),
            "GetExtendedAgentCard" => {
                let why = "there is no extended card: the agent card is complete";
                return Err(RpcError::UnsupportedOperation(why.to_owned()));
            }
            other => return Err(RpcError::MethodNotFound(other.to_owned())),
        };
        Ok(reply::json(&success(&call.id, &result)))
    }

    async fn send_message(&self, params: SendParams) -> Result<Value, RpcError> {
        let returns_immediately = params.configuration.return_immediately;
        let mut sent = self.send(params).await?;
        if !returns_immediately {
            let id = sent.task.id.clone();
            sent = self.when(&id, limits::LONGEST_WAIT, has_stopped).await?;
        }
        let artifact = Artifact::of(&self.session, &sent).await;
        Ok(json!({ "task": task_json::task(&sent, artifact) }))
    }

    /// Sends the message as a request, only once, and waits until the ledger has its task.
    async fn send(&self, params: SendParams) -> Result<SentTask, RpcError> {
        if !params.message.task_id.is_empty() {
            return Err(self.refuse_follow_up(&params.message.task_id).await);
        }
        let agent = self.session.agent();
        self.parts.count_send(agent).map_err(RpcError::RateLimited)?;
        let roster = self.session.work().roster().await?;
        let request = params.into_request(agent, |to| recipient(&roster, to))?;
        // A separate task sends the request completely, even if the client closes its connection.
        let server = self.clone();
        let sent = tokio::spawn(async move { server.send_unique(request).await }).await;
        sent.map_err(|error| RpcError::Internal(error.to_string()))?
    }

    /// Sends the request, unless a message with the same id was sent before.
    async fn send_unique(&self, request: NewRequest) -> Result<SentTask, RpcError> {
        let id = request.id.clone().unwrap_or_default();
        let lock = self.messages.lock_of(&id);
        let mut written = lock.lock().await;
        let sent = self.send_in_turn(&id, request, &mut written).await;
        let is_waiting = written.is_some() && sent.is_err();
        drop(written);
        if !is_waiting {
            self.messages.forget(&id, lock);
        }
        sent
    }

    async fn send_in_turn(
        &self,
        id: &str,
        request: NewRequest,
        written: &mut WrittenContent,
    ) -> Result<SentTask, RpcError> {
        if let Some(task) = self.session.captured_as(id, Duration::ZERO).await? {
            *written = None;
            return self.sent_before(&request, &task).await;
        }
        let content = request.content(self.session.agent());
        match written {
            Some(other) if *other != content => {
                let why = "another message with this `messageId` was just sent; send this one with a new `messageId`";
                return Err(RpcError::InvalidParams(why.to_owned()));
            }
            Some(_) => {}
            None => {
                self.session.send(request.clone(), self.parts.manifests.clone()).await.map_err(refused)?;
                *written = Some(content);
            }
        }
        match self.session.captured_as(id, limits::CAPTURE).await? {
            Some(task) => {
                *written = None;
                self.sent_before(&request, &task).await
            }
            None => Err(RpcError::Internal(format!(
                "the request is written to the inbox of {} and not captured yet; send the same message again later",
                request.to
            ))),
        }
    }

    /// Returns the task of an earlier message. If that message had other content than `request`, returns an error.
    async fn sent_before(&self, request: &NewRequest, task: &Task) -> Result<SentTask, RpcError> {
        if !request.has_content_of(self.session.agent(), task) {
            return Err(RpcError::InvalidParams(format!(
                "another message with this `messageId` is the task {}; send this one with a new `messageId`",
                task.id
            )));
        }
        self.sent(&task.id).await
    }

    /// The error for a message to an existing task. A message cannot continue a task: a person answers its questions with
    /// `baton answer`.
    async fn refuse_follow_up(&self, id: &str) -> RpcError {
        match self.sent(id).await {
            Err(error) => error,
            Ok(sent) if TaskState::of(&sent).is_terminal() => {
                RpcError::UnsupportedOperation(format!("{id} has ended; send a message without `taskId`"))
            }
            Ok(sent) => RpcError::UnsupportedOperation(format!(
                "{id} is {} and accepts no message; if it has a question, a person answers with `baton answer {id}`",
                sent.task.state
            )),
        }
    }

    async fn get_task(&self, params: &TaskParams) -> Result<Value, RpcError> {
        let sent = self.one(params).await?;
        let artifact = Artifact::of(&self.session, &sent).await;
        Ok(task_json::task(&sent, artifact))
    }

    async fn list_tasks(&self, params: ListParams) -> Result<Value, RpcError> {
        let size = params.page_size.unwrap_or(limits::USUAL_PAGE);
        if !(1..=limits::PAGE).contains(&size) {
            return Err(RpcError::InvalidParams(format!("`pageSize` must be 1 to {}", limits::PAGE)));
        }
        let (after, with_artifacts) = (cursor(&params.page_token)?, params.include_artifacts);
        let page = self.session.sent_page(self.filter(params).await?, after, size).await?;
        let mut tasks = Vec::new();
        for sent in &page.requests {
            let artifact = if with_artifacts { Artifact::of(&self.session, sent).await } else { None };
            tasks.push(task_json::task(sent, artifact));
        }
        let next = page.next.map(|next| next.to_string()).unwrap_or_default();
        Ok(json!({ "tasks": tasks, "nextPageToken": next, "pageSize": size, "totalSize": page.total }))
    }

    async fn filter(&self, params: ListParams) -> Result<SentFilter, RpcError> {
        let states = match params.status.as_str() {
            "" | "TASK_STATE_UNSPECIFIED" => Vec::new(),
            word => {
                let wrong = || RpcError::InvalidParams(format!("`status` {word} is not a state of a task"));
                word.parse::<TaskState>().map_err(|_| wrong())?.in_ledger()
            }
        };
        let since = Some(params.status_timestamp_after).filter(|text| !text.is_empty()).map(|text| {
            let wrong = || RpcError::InvalidParams(format!("`statusTimestampAfter` {text} is not a time"));
            text.parse::<Timestamp>().map_err(|_| wrong())
        });
        let agent = self.recipient(&params.tenant).await?;
        let chain = Some(params.context_id).filter(|context| !context.is_empty());
        Ok(SentFilter { agent, chain, states, since: since.transpose()?, ..SentFilter::default() })
    }

    async fn cancel_task(&self, params: &TaskParams) -> Result<Value, RpcError> {
        let sent = self.one(params).await?;
        let id = &sent.task.id;
        if TaskState::of(&sent) == TaskState::Canceled {
            return Ok(task_json::task(&sent, Artifact::of(&self.session, &sent).await));
        }
        self.parts.count_change(self.session.agent()).map_err(RpcError::RateLimited)?;
        let decision = self.session.withdraw(id).await.map_err(|error| match error {
            DispatchError::Refused(why) => RpcError::TaskNotCancelable(why),
            other => other.into(),
        })?;
        let sent = match decision {
            // The process that runs the request ends soon.
            DecisionResult::Asked => self.when(id, limits::USUAL_WAIT, has_stopped).await?,
            _ => self.sent(id).await?,
        };
        Ok(task_json::task(&sent, Artifact::of(&self.session, &sent).await))
    }

    async fn subscribe(&self, call: &RpcCall) -> Result<Reply, RpcError> {
        let sent = self.one(&call.params()?).await?;
        if TaskState::of(&sent).is_terminal() {
            let why = format!("{} has ended; `GetTask` shows it", sent.task.id);
            return Err(RpcError::UnsupportedOperation(why));
        }
        Ok(stream::follow(self.session.clone(), call.id.clone(), sent))
    }

    /// The task that the parameters name. If they have a tenant, the task must be a request to that agent.
    async fn one(&self, params: &TaskParams) -> Result<SentTask, RpcError> {
        let agent = self.recipient(&params.tenant).await?;
        let sent = self.sent(&params.id).await?;
        match agent {
            Some(agent) if agent != sent.task.agent => Err(RpcError::TaskNotFound(params.id.clone())),
            _ => Ok(sent),
        }
    }

    /// The agent that a tenant names; `None` without a tenant.
    async fn recipient(&self, tenant: &str) -> Result<Option<String>, RpcError> {
        if tenant.is_empty() {
            return Ok(None);
        }
        let roster = self.session.work().roster().await?;
        recipient(&roster, tenant).map(Some)
    }

    async fn sent(&self, id: &str) -> Result<SentTask, RpcError> {
        let sent = self.session.sent(id).await?;
        sent.ok_or_else(|| RpcError::TaskNotFound(id.to_owned()))
    }

    async fn when(
        &self,
        id: &str,
        time: Duration,
        is_enough: impl Fn(&SentTask) -> bool,
    ) -> Result<SentTask, RpcError> {
        let sent = self.session.sent_when(id, time, is_enough).await?;
        sent.ok_or_else(|| RpcError::TaskNotFound(id.to_owned()))
    }
}

/// The name of the agent with this spelling.
fn recipient(roster: &Roster, spelling: &str) -> Result<String, RpcError> {
    let agent = roster.resolve(spelling).ok_or_else(|| RpcError::InvalidParams(roster.unknown_agent(spelling)))?;
    Ok(agent.name.clone())
}

/// Whether the request has ended, or waits for somebody other than its agent.
fn has_stopped(sent: &SentTask) -> bool {
    let state = TaskState::of(sent);
    state.is_terminal() || state.is_interrupted()
}

fn check_version(head: &Parts) -> Result<(), RpcError> {
    let header = head.headers.get(VERSION).and_then(|version| version.to_str().ok());
    let parameter = || {
        let parameters = head.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        parameters.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(VERSION)).map(|(_, version)| version)
    };
    match header.or_else(parameter).map(str::trim) {
        Some("1.0") => Ok(()),
        Some(version) if !version.is_empty() => Err(RpcError::VersionNotSupported(version.to_owned())),
        // By the specification, a request without a version has version 0.3.
        _ => Err(RpcError::VersionNotSupported("0.3".to_owned())),
    }
}

fn cursor(token: &str) -> Result<Option<i64>, RpcError> {
    let wrong = |_| RpcError::InvalidParams("`pageToken` is not the `nextPageToken` of a page".to_owned());
    Some(token).filter(|token| !token.is_empty()).map(|token| token.parse().map_err(wrong)).transpose()
}

fn refused(error: DispatchError) -> RpcError {
    match error {
        DispatchError::Refused(why) => RpcError::InvalidParams(why),
        other => other.into(),
    }
}
