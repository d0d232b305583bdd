//! Converts a message to a request.

use baton_core::Digest;
use baton_core::handoff::{Chain, Priority};
use baton_dispatch::agent_work::NewRequest;
use baton_dispatch::request_check::TITLE_CHARACTERS;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::rpc::{RpcError, null_as_default};
use crate::limits;
use crate::text::line;

/// The parameters of `SendMessage` and `SendStreamingMessage`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendParams {
    /// The recipient.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) tenant: String,
    pub(super) message: Message,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) configuration: Configuration,
    #[serde(default, deserialize_with = "null_as_default")]
    metadata: Hints,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Configuration {
    #[serde(deserialize_with = "null_as_default")]
    pub(super) return_immediately: bool,
    task_push_notification_config: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    message_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    context_id: String,
    /// The task that the message continues.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) task_id: String,
    role: String,
    parts: Vec<Part>,
    #[serde(default, deserialize_with = "null_as_default")]
    metadata: Hints,
}

/// A part of a message. It has one of `text`, `data`, `raw` and `url`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    text: Option<String>,
    data: Option<Value>,
    #[serde(default, deserialize_with = "null_as_default")]
    media_type: String,
}

/// The keys of `metadata` that Baton reads.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Hints {
    /// The recipient, if there is no `tenant`.
    to: Option<String>,
    title: Option<String>,
    /// For a plugin: the action.
    action: Option<String>,
    priority: Option<String>,
}

impl SendParams {
    /// The request that the message asks for. `resolve` finds the name of the recipient.
    pub(super) fn into_request(
        self,
        sender: &str,
        resolve: impl Fn(&str) -> Result<String, RpcError>,
    ) -> Result<NewRequest, RpcError> {
        self.check()?;
        let Self { tenant, message, metadata, .. } = self;
        let hints = message.metadata.or(metadata);
        let to = Some(tenant).filter(|tenant| !tenant.is_empty()).or(hints.to);
        let to = to.ok_or_else(|| {
            invalid("the message names no recipient: use the card of an agent, or the skill's id as `metadata.to`")
        })?;
        let to = resolve(&to)?;
        let id = handoff_id(sender, &to, &message.message_id);
        let content = Content::of(message.parts)?;
        let title = hints.title.unwrap_or_else(|| content.title(hints.action.as_deref()));
        let chain = Some(message.context_id).filter(|context| !context.is_empty()).unwrap_or_else(|| id.clone());
        Ok(NewRequest {
            id: Some(id),
            to,
            title,
            action: hints.action,
            args: content.args,
            body: content.text,
            priority: priority(hints.priority.as_deref())?,
            chain: Some(Chain { id: Some(chain), phase: Some(1) }),
            ..NewRequest::default()
        })
    }

    fn check(&self) -> Result<(), RpcError> {
        let Message { message_id, context_id, role, .. } = &self.message;
        if self.configuration.task_push_notification_config.is_some() {
            return Err(RpcError::PushNotificationNotSupported);
        }
        if role != "ROLE_USER" {
            return Err(invalid("`message.role` must be ROLE_USER"));
        }
        if message_id.is_empty() || message_id.len() > limits::CLIENT_ID_BYTES {
            return Err(invalid(&format!("`message.messageId` needs 1 to {} bytes", limits::CLIENT_ID_BYTES)));
        }
        if context_id.len() > limits::CLIENT_ID_BYTES || context_id.chars().any(char::is_control) {
            return Err(invalid(&format!(
                "`message.contextId` has more than {} bytes or control characters",
                limits::CLIENT_ID_BYTES
            )));
        }
        Ok(())
    }
}

/// The `handoff_id` of a request. It depends only on sender, recipient and message id, so a message that is sent again
/// makes no second request.
fn handoff_id(sender: &str, recipient: &str, message: &str) -> String {
    let unique = Digest::of_parts(&[sender.as_bytes(), recipient.as_bytes(), message.as_bytes()]);
    format!("a2a-{}", unique.short(32))
}

impl Hints {
    /// Returns these hints. The hints of `other` replace missing values.
    fn or(self, other: Self) -> Self {
        Self {
            to: self.to.or(other.to),
            title: self.title.or(other.title),
            action: self.action.or(other.action),
            priority: self.priority.or(other.priority),
        }
    }
}

/// The parts of a message.
struct Content {
    text: String,
    args: Map<String, Value>,
}

impl Content {
    /// Joins the texts, and merges the objects into the arguments. Refuses files and addresses.
    fn of(parts: Vec<Part>) -> Result<Self, RpcError> {
        let mut texts = Vec::new();
        let mut args = Map::new();
        if parts.is_empty() {
            return Err(invalid("`message.parts` is empty"));
        }
        for part in parts {
            match part {
                Part { text: Some(text), data: None, media_type } if is_text(&media_type) => texts.push(text),
                Part { text: None, data: Some(Value::Object(data)), .. } => args.extend(data),
                Part { media_type, .. } => {
                    let what = if media_type.is_empty() { "a file, an address or a list" } else { &media_type };
                    let why = format!("a part is {}; send texts, and arguments as an object", line(what));
                    return Err(RpcError::ContentTypeNotSupported(why));
                }
            }
        }
        Ok(Self { text: texts.join("\n\n"), args })
    }

    /// The first line of the text, shortened. If there is no text, the title is the action.
    fn title(&self, action: Option<&str>) -> String {
        let first = self.text.lines().map(line).find(|line| !line.trim().is_empty());
        let title = first.or_else(|| action.map(line)).unwrap_or_else(|| "A2A message".to_owned());
        title.trim().chars().take(TITLE_CHARACTERS).collect()
    }
}

fn is_text(media_type: &str) -> bool {
    media_type.is_empty() || media_type.starts_with("text/")
}

fn priority(word: Option<&str>) -> Result<Priority, RpcError> {
    let Some(word) = word else { return Ok(Priority::default()) };
    Priority::read(word).ok_or_else(|| invalid(&format!("`{word}` is not a priority: low, medium, high, critical")))
}

fn invalid(why: &str) -> RpcError {
    RpcError::InvalidParams(why.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(message: &Value, metadata: &Value) -> Result<NewRequest, RpcError> {
        let params = json!({ "tenant": "audit", "message": message, "metadata": metadata });
        serde_json::from_value::<SendParams>(params).unwrap().into_request("Claude", |to| Ok(to.to_owned()))
    }

    #[test]
    fn the_id_depends_on_the_recipient_and_null_is_an_absent_field() {
        assert_ne!(handoff_id("Claude", "a", "m"), handoff_id("Claude", "b", "m"));
        let parts = json!([{ "text": "x", "data": null, "mediaType": null }]);
        let message = json!({
            "messageId": "m", "contextId": null, "taskId": null, "role": "ROLE_USER", "parts": parts, "metadata": null,
        });
        let request = read(&message, &Value::Null).unwrap();
        assert_eq!(request.chain.unwrap().id, request.id);
        let params = json!({ "tenant": null, "message": message, "configuration": null });
        let nobody = serde_json::from_value::<SendParams>(params).unwrap();
        assert!(matches!(nobody.into_request("Claude", |to| Ok(to.to_owned())), Err(RpcError::InvalidParams(_))));
    }

    #[test]
    fn texts_are_the_body_and_objects_the_arguments() {
        let parts = json!([{ "text": "\nCheck\tit\u{1b}[2J\nnow" }, { "data": { "depth": 2 } }, { "text": "Please." }]);
        let message =
            json!({ "messageId": "m1", "role": "ROLE_USER", "parts": parts, "metadata": { "action": "audit" } });
        let request = read(&message, &json!({ "priority": "high", "action": "other" })).unwrap();
        assert_eq!((request.to.as_str(), request.action.as_deref()), ("audit", Some("audit")));
        assert!(request.title.starts_with("Check") && !request.title.contains('\u{1b}'), "{}", request.title);
        assert_eq!(request.args, *json!({ "depth": 2 }).as_object().unwrap());
        assert!(request.body.ends_with("now\n\nPlease."), "{}", request.body);
        assert_eq!(request.priority, Priority::High);
        assert_eq!(request.id, read(&message, &json!({})).unwrap().id, "the same message is the same request");
    }

    #[test]
    fn files_addresses_and_wrong_fields_are_refused() {
        let with = |parts: Value| json!({ "messageId": "m", "role": "ROLE_USER", "parts": parts });
        for parts in [
            json!([{ "raw": "AAAA", "mediaType": "image/png" }]),
            json!([{ "url": "file:///etc/passwd" }]),
            json!([{ "text": "x", "mediaType": "application/pdf" }]),
            json!([{ "data": [1] }]),
            json!([{}]),
        ] {
            let refused = read(&with(parts.clone()), &json!({}));
            assert!(matches!(refused, Err(RpcError::ContentTypeNotSupported(_))), "{parts}");
        }
        let long = "m".repeat(limits::CLIENT_ID_BYTES + 1);
        let text = json!([{ "text": "x" }]);
        for message in [
            with(json!([])),
            json!({ "messageId": "", "role": "ROLE_USER", "parts": text }),
            json!({ "messageId": long, "role": "ROLE_USER", "parts": text }),
            json!({ "messageId": "m", "role": "ROLE_AGENT", "parts": text }),
            json!({ "messageId": "m", "role": "ROLE_USER", "parts": text, "contextId": "a\nb" }),
            json!({ "messageId": "m", "role": "ROLE_USER", "parts": text, "metadata": { "priority": "now" } }),
        ] {
            assert!(matches!(read(&message, &json!({})), Err(RpcError::InvalidParams(_))), "{message}");
        }
    }
}
