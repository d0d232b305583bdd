//! Server-sent events: a stream begins with the task, has an event for each change in the ledger, and ends with one event
//! for the end of the task. Streams of the same task have the same events in the same order, because all come from the
//! ledger.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use baton_dispatch::agent_work::{AgentSession, SentTask};
use http::{Response, header};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::artifact::Artifact;
use super::rpc::{RpcError, success};
use super::task_json::{artifact_update, status_update, task};
use super::task_state::TaskState;
use crate::limits;
use crate::reply::Reply;

/// The body of a stream. It ends when the sender is dropped.
struct EventBody(mpsc::Receiver<Bytes>);

impl Body for EventBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// Follows a request for one client.
struct Follower {
    session: AgentSession,
    rpc: Value,
    events: mpsc::Sender<Bytes>,
    /// The number of the newest event that the client has.
    seen: i64,
}

/// The client has closed the stream.
struct StreamClosed;

/// The stream of a request, for the call with the id `rpc`.
pub(super) fn follow(session: AgentSession, rpc: Value, sent: SentTask) -> Reply {
    let (events, received) = mpsc::channel(limits::WAITING_EVENTS);
    let closed = events.clone();
    let mut follower = Follower { session, rpc, events, seen: sent.newest_event() };
    tokio::spawn(async move {
        tokio::select! {
            _ = follower.run(sent) => {}
            () = closed.closed() => {}
        }
    });
    let mut reply = Response::new(EventBody(received).boxed());
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    reply
}

impl Follower {
    async fn run(&mut self, first: SentTask) -> Result<(), StreamClosed> {
        let id = first.task.id.clone();
        if TaskState::of(&first).is_terminal() {
            let artifact = Artifact::of(&self.session, &first).await;
            return self.send(&json!({ "task": task(&first, artifact) })).await;
        }
        self.send(&json!({ "task": task(&first, None) })).await?;
        loop {
            let seen = self.seen;
            let is_news = |sent: &SentTask| sent.newest_event() > seen || TaskState::of(sent).is_terminal();
            match self.session.sent_when(&id, limits::PROGRESS, is_news).await {
                Ok(Some(sent)) => {
                    self.report(&sent).await?;
                    if TaskState::of(&sent).is_terminal() {
                        return self.finish(&sent).await;
                    }
                }
                Ok(None) => return self.fail(&RpcError::TaskNotFound(id)).await,
                Err(error) => return self.fail(&RpcError::Internal(error.to_string())).await,
            }
        }
    }

    /// Sends the events since the last report. If there are none, sends a comment, which keeps the connection open.
    async fn report(&mut self, sent: &SentTask) -> Result<(), StreamClosed> {
        let mut is_quiet = true;
        for recorded in sent.events.iter().filter(|recorded| recorded.seq > self.seen) {
            let state = TaskState::from(recorded.event.state);
            // A final state is not reported here: a check may still change it. `finish` reports the end once.
            if !state.is_terminal() {
                self.send(&status_update(sent, Some(recorded), state)).await?;
                is_quiet = false;
            }
        }
        self.seen = sent.newest_event();
        if is_quiet && !TaskState::of(sent).is_terminal() {
            return self.write(Bytes::from_static(b": waiting\n\n")).await;
        }
        Ok(())
    }

    async fn finish(&self, sent: &SentTask) -> Result<(), StreamClosed> {
        if let Some(artifact) = Artifact::of(&self.session, sent).await {
            self.send(&artifact_update(sent, artifact)).await?;
        }
        self.send(&status_update(sent, sent.events.last(), TaskState::of(sent))).await
    }

    async fn fail(&self, error: &RpcError) -> Result<(), StreamClosed> {
        self.write(event(&error.response(&self.rpc))).await
    }

    async fn send(&self, result: &Value) -> Result<(), StreamClosed> {
        self.write(event(&success(&self.rpc, result))).await
    }

    async fn write(&self, bytes: Bytes) -> Result<(), StreamClosed> {
        self.events.send(bytes).await.map_err(|_| StreamClosed)
    }
}

/// Formats an event. One line is enough: JSON escapes the line feeds of texts.
fn event(data: &Value) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}
