//! Handoffs to drop, and SHA-256.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A handoff of `Claude-MM1` to `to`; its id is made from the title.
#[must_use]
pub fn handoff(to: &str, title: &str) -> Value {
    json!({
        "handoff_id": format!("id-{}", title.to_lowercase().replace(' ', "-")),
        "timestamp": "2026-01-18T10:15:00Z",
        "source_agent": "Claude-MM1",
        "target_agent": to,
        "priority": "Medium",
        "title": title,
    })
}

/// As [`handoff`], with more or other fields.
///
/// # Panics
/// When `fields` is not an object.
#[must_use]
pub fn handoff_with(to: &str, title: &str, fields: Value) -> Value {
    let (Value::Object(mut all), Value::Object(fields)) = (handoff(to, title), fields) else {
        panic!("fields are an object");
    };
    all.extend(fields);
    Value::Object(all)
}

/// A RETURN of `agent` to `Claude-MM1` for the handoff `id`.
#[must_use]
pub fn answer(agent: &str, id: &str) -> Value {
    json!({
        "type": "RETURN_HANDOFF",
        "timestamp": "2026-01-18T12:00:00Z",
        "executing_agent": agent,
        "originating_agent": "Claude-MM1",
        "original_handoff": { "handoff_id": id },
        "execution_summary": { "work_completed": ["It is done."] },
    })
}

/// The bytes of a file with this JSON.
#[must_use]
pub fn text(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

/// SHA-256, in hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
