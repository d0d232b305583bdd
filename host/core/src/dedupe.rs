//! When two handoffs are the same request.
//!
//! The key is (agent, type, the first of `dedupe_key`, `handoff_id`, full task id, else the content): never a token of
//! the file name, whose eight digits cover dozens of different tasks in real folders. Equal keys with equal substance are
//! one request; equal keys with other substance are a question for a person. The substance is the content without what
//! changes when the same thing is written again: time stamps and ids.

use serde_json::Value;

use crate::Digest;
use crate::handoff::Handoff;

/// Keys that say when something was written or under which id, not what: a tool that writes the same request again gives
/// it a new time and often a new id.
const NOT_SUBSTANCE: [&str; 7] =
    ["timestamp", "created_at", "updated_at", "created_date", "sent_at", "handoff_id", "return_handoff_id"];

/// What identifies a request to one agent.
#[must_use]
pub fn key(agent: &str, handoff: &Handoff, substance: &Digest) -> Digest {
    let (source, id) = [
        ("dedupe_key", handoff.dedupe_key.as_deref()),
        ("handoff_id", handoff.id.as_deref()),
        ("task_id", handoff.task_id.as_deref().filter(|id| is_full_id(id))),
    ]
    .into_iter()
    .find_map(|(source, id)| id.map(|id| (source, id.to_owned())))
    .unwrap_or_else(|| ("content", substance.to_string()));
    let kind = handoff.kind.as_str();
    // Answers to two requests of one task are two answers.
    let original = handoff.original.as_ref();
    let original = original.and_then(|original| original.handoff_id.as_deref().or(original.file_name.as_deref()));
    let parts = [agent, kind, source, &id, original.unwrap_or_default()];
    Digest::of_parts(&parts.map(str::as_bytes))
}

/// What a handoff says, without when it was said.
#[must_use]
pub fn substance(raw: Option<&Value>, bytes: &[u8]) -> Digest {
    match raw {
        None => Digest::of(bytes),
        Some(value) => {
            let mut out = Vec::new();
            write_canonical(value, true, &mut out);
            Digest::of(&out)
        }
    }
}

/// A task id is full when it has the digits of a UUID; eight hexadecimal digits are a token.
fn is_full_id(id: &str) -> bool {
    id.len() > 16
}

/// JSON with sorted keys and no white space; at the top, times and ids are left out.
fn write_canonical(value: &Value, top: bool, out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> =
                map.iter().filter(|(key, _)| !(top && NOT_SUBSTANCE.contains(&key.as_str()))).collect();
            keys.sort_by_key(|(key, _)| *key);
            out.push(b'{');
            for (key, item) in keys {
                out.extend_from_slice(Value::from(key.as_str()).to_string().as_bytes());
                out.push(b':');
                write_canonical(item, false, out);
                out.push(b',');
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for item in items {
                write_canonical(item, false, out);
                out.push(b',');
            }
            out.push(b']');
        }
        scalar => out.extend_from_slice(scalar.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn key_order_and_the_time_of_writing_do_not_change_the_substance() {
        let a = json!({"a": 1, "b": {"x": [1, 2]}, "timestamp": "2026-01-01T00:00:00Z"});
        let b = json!({"timestamp": "2026-01-02T00:00:00Z", "b": {"x": [1, 2]}, "a": 1});
        assert_eq!(substance(Some(&a), b""), substance(Some(&b), b""));
    }

    #[test]
    fn a_time_deeper_down_is_substance() {
        let a = json!({"meeting": {"timestamp": "10:00"}});
        let b = json!({"meeting": {"timestamp": "11:00"}});
        assert_ne!(substance(Some(&a), b""), substance(Some(&b), b""));
    }
}
