//! The output of a client as lines of JSON: its session, progress, cost, tokens, errors and usage limits. It reads the streams of
//! Claude Code, Codex and Cursor, whose messages have different types. Every text is untrusted.

use baton_core::text::{at_most, one_line};
use baton_ledger::command_run::RunUpdate;
use jiff::Timestamp;
use serde_json::Value;

use crate::client::is_session;
use crate::limits;

/// The facts in the output of a run so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct StreamState {
    /// The facts that are not in the ledger yet.
    pub(crate) update: RunUpdate,
    /// The client's session.
    pub(crate) session: Option<String>,
    /// The newest line is the client's result. Some clients do not exit after it.
    pub(crate) has_result: bool,
    /// The client has ended with an error.
    pub(crate) is_error: bool,
    /// The newest error or result.
    pub(crate) message: String,
    /// When the reached usage limit ends.
    pub(crate) resets_at: Option<Timestamp>,
    /// The client has reached a usage limit.
    pub(crate) is_limited: bool,
}

impl StreamState {
    /// Reads one line. A line that is not JSON is ignored here; `Tail` in `run.rs` keeps the last lines.
    pub(crate) fn read(&mut self, line: &str) {
        let Ok(message) = serde_json::from_str::<Value>(line) else { return };
        let text = |name: &str| message.get(name).and_then(Value::as_str);
        if let Some(session) = text("session_id").or_else(|| text("thread_id")).filter(|session| is_session(session))
            && self.session.as_deref() != Some(session)
        {
            self.session = Some(session.to_owned());
            self.update.session = Some(session.to_owned());
        }
        self.has_result = text("type") == Some("result");
        match text("type").unwrap_or_default() {
            "assistant" => self.assistant(&message),
            "result" => self.result(&message),
            "rate_limit_event" => self.rate_limit(&message),
            "item.started" | "item.completed" => self.item(message.get("item").unwrap_or(&Value::Null)),
            "turn.completed" => self.usage(message.get("usage")),
            "turn.failed" => {
                self.is_error = true;
                self.error(message.pointer("/error/message").and_then(Value::as_str).unwrap_or_default());
            }
            "error" => self.error(text("message").unwrap_or_default()),
            _ => {}
        }
    }

    fn progress(&mut self, text: &str) {
        let text = one_line(text);
        if !text.trim().is_empty() {
            self.update.progress = Some(at_most(text.trim(), limits::TEXT_BYTES).into_owned());
        }
    }

    fn error(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.message = at_most(&one_line(text), limits::TEXT_BYTES).into_owned();
        }
    }

    fn assistant(&mut self, message: &Value) {
        let blocks = message.pointer("/message/content").and_then(Value::as_array);
        for block in blocks.into_iter().flatten() {
            let text = |name: &str| block.get(name).and_then(Value::as_str);
            match (text("text"), text("name")) {
                (Some(text), _) => self.progress(text),
                (None, Some(tool)) => self.progress(&format!("calls {tool}")),
                (None, None) => {}
            }
        }
    }

    fn result(&mut self, message: &Value) {
        self.is_error = message.get("is_error").and_then(Value::as_bool).unwrap_or(false);
        let cost = message.get("total_cost_usd").and_then(Value::as_f64);
        self.update.cost_micros = cost.map(micros).or(self.update.cost_micros);
        self.usage(message.get("usage"));
        if let Some(text) = message.get("result").and_then(Value::as_str) {
            self.error(text);
        }
    }

    fn rate_limit(&mut self, message: &Value) {
        let info = message.get("rate_limit_info").unwrap_or(&Value::Null);
        if info.get("status").and_then(Value::as_str) == Some("rejected") {
            self.is_limited = true;
            let at = info.get("resetsAt").and_then(Value::as_i64).and_then(|at| Timestamp::from_second(at).ok());
            self.resets_at = at.or(self.resets_at);
        }
    }

    fn item(&mut self, item: &Value) {
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("type") {
            "agent_message" => self.progress(text("text")),
            "mcp_tool_call" => self.progress(&format!("calls {}.{}", text("server"), text("tool"))),
            "command_execution" => self.progress("runs a command"),
            _ => {}
        }
    }

    fn usage(&mut self, usage: Option<&Value>) {
        let count = |name: &str| usage.and_then(|usage| usage.get(name)).and_then(Value::as_i64);
        self.update.input_tokens = count("input_tokens").or(self.update.input_tokens);
        self.update.output_tokens = count("output_tokens").or(self.update.output_tokens);
    }
}

/// Millionths of a US dollar.
#[expect(clippy::cast_possible_truncation, reason = "a cost is far below 2^63 millionths, and a cast saturates")]
fn micros(usd: f64) -> i64 {
    (usd * 1e6).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(lines: &[&str]) -> StreamState {
        let mut state = StreamState::default();
        for line in lines {
            state.read(line);
        }
        state
    }

    #[test]
    fn the_stream_of_claude_code() {
        let state = state(&[
            r#"{"type":"system","subtype":"init","session_id":"s-1","mcp_servers":[]}"#,
            r#"{"type":"assistant","message":{"content":[{"type":"tool_use","name":"mcp__baton__claim"}]}}"#,
            r#"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1700000000}}"#,
            r#"{"type":"result","is_error":true,"result":"limit","total_cost_usd":0.25,"usage":{"input_tokens":7,"output_tokens":3}}"#,
        ]);
        assert_eq!(
            (state.session.as_deref(), state.update.progress.as_deref()),
            (Some("s-1"), Some("calls mcp__baton__claim"))
        );
        assert_eq!((state.update.cost_micros, state.update.input_tokens), (Some(250_000), Some(7)));
        assert!(state.is_error && state.is_limited);
        assert_eq!(state.resets_at, Timestamp::from_second(1_700_000_000).ok());
    }

    #[test]
    fn a_result_is_the_end_unless_another_message_follows() {
        let result = r#"{"type":"result","subtype":"success","is_error":false,"result":"ok","session_id":"s-1"}"#;
        assert!(state(&[result]).has_result);
        assert!(!state(&[result, r#"{"type":"assistant","message":{"content":[]}}"#]).has_result);
    }

    #[test]
    fn the_stream_of_codex_and_lines_that_are_not_messages() {
        let state = state(&[
            "not JSON",
            "[]",
            r#"{"type":"thread.started","thread_id":"t-1"}"#,
            r#"{"type":"thread.started","thread_id":"--bad"}"#,
            r#"{"type":"item.completed","item":{"type":"agent_message","text":"Two\nlines"}}"#,
            r#"{"type":"item.completed","item":{"type":"error","message":"a warning"}}"#,
            r#"{"type":"turn.failed","error":{"message":"usage limit"}}"#,
        ]);
        assert_eq!((state.session.as_deref(), state.message.as_str()), (Some("t-1"), "usage limit"));
        assert!(state.is_error && !state.is_limited);
    }
}
