//! The result of a request that has ended, as an artifact.

use baton_dispatch::agent_work::{AgentSession, SentTask};
use serde_json::{Value, json};

use super::task_state::TaskState;
use crate::text::beginning;

/// The artifact `return`.
pub(super) struct Artifact {
    text: String,
    is_whole: bool,
}

impl Artifact {
    /// Creates the artifact for an ended request. Its text is the text of the agent's RETURN or, without a RETURN, the
    /// reason why the request ended. `None` if the request has not ended.
    pub(super) async fn of(session: &AgentSession, sent: &SentTask) -> Option<Self> {
        if !TaskState::of(sent).is_terminal() {
            return None;
        }
        let text = match &sent.answer {
            Some(answer) => session.text(answer).await.unwrap_or_default(),
            None => sent.task.reason.clone(),
        };
        let (text, is_whole) = beginning(&text);
        (!text.trim().is_empty()).then_some(Self { text, is_whole })
    }

    pub(super) fn into_json(self) -> Value {
        json!({
            "artifactId": "return",
            "name": "RETURN",
            "parts": [{ "text": self.text, "mediaType": "text/plain" }],
            "metadata": { "truncated": !self.is_whole },
        })
    }
}
