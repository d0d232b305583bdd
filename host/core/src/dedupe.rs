//! Decides whether two handoffs are the same request.
//!
//! The key consists of the agent, the type and an id: the first of `dedupe_key`, `handoff_id` and `task_id` (if it has more
//! than 16 characters). Without an id, the key has the content with its times instead. The key of a RETURN also has the
//! request that it answers. The key never has the token of the file name, because in real folders dozens of different tasks
//! have the same eight digits. Two handoffs with the same key and the same substance are one request. If only the keys are
//! the same, a person decides. The substance is the content without the time stamps and ids, which change when the same
//! request is written again. Without an id ([`has_id`]), the same content is the same request only for a limited time: a
//! question that is asked again next week is a new one.

use serde_json::Value;

use crate::Digest;
use crate::handoff::Handoff;

/// Keys of times and ids. A tool that writes the same request again gives it a new time and often a new id.
const NOT_SUBSTANCE: [&str; 7] =
    ["timestamp", "created_at", "updated_at", "created_date", "sent_at", "handoff_id", "return_handoff_id"];

/// Keys that are left out if the content serves as the id. A RETURN has a new id each time.
const NOT_CONTENT: [&str; 2] = ["handoff_id", "return_handoff_id"];

/// The id that identifies a request, and the name of its key.
fn id(handoff: &Handoff) -> Option<(&'static str, &str)> {
    let ids = [
        ("dedupe_key", handoff.dedupe_key.as_deref()),
        ("handoff_id", handoff.id.as_deref()),
        ("task_id", handoff.task_id.as_deref().filter(|id| is_full_id(id))),
    ];
    ids.into_iter().find_map(|(source, id)| Some((source, id?)))
}

/// True if the request has an id. If not, its content identifies it.
#[must_use]
pub fn has_id(handoff: &Handoff) -> bool {
    id(handoff).is_some()
}

/// The dedupe key of a request to one agent. `bytes` is the content of the file.
#[must_use]
pub fn key(agent: &str, handoff: &Handoff, bytes: &[u8]) -> Digest {
    let (source, id) = id(handoff).map_or_else(
        || ("content", content(handoff.raw.as_ref(), bytes, &NOT_CONTENT).to_string()),
        |(source, id)| (source, id.to_owned()),
    );
    let kind = handoff.kind.as_str();
    // Two requests can have the same task id. Their RETURNs then differ only in the request that they answer.
    let original = handoff.original.as_ref();
    let original = original.and_then(|original| original.handoff_id.as_deref().or(original.file_name.as_deref()));
    let parts = [agent, kind, source, &id, original.unwrap_or_default()];
    Digest::of_parts(&parts.map(str::as_bytes))
}

/// The SHA-256 of the content of a handoff without its times and ids. For Markdown, the SHA-256 of all `bytes`.
#[must_use]
pub fn substance(raw: Option<&Value>, bytes: &[u8]) -> Digest {
    content(raw, bytes, &NOT_SUBSTANCE)
}

/// The SHA-256 of the JSON in `raw` without the top-level keys in `without`. If there is no JSON, the SHA-256 of `bytes`.
fn content(raw: Option<&Value>, bytes: &[u8], without: &[&str]) -> Digest {
    match raw {
        None => Digest::of(bytes),
        Some(value) => {
            let mut out = Vec::new();
            write_canonical(value, without, &mut out);
            Digest::of(&out)
        }
    }
}

/// True if a task id is longer than a token, which has 8 or 16 digits.
fn is_full_id(id: &str) -> bool {
    id.len() > 16
}

/// Writes JSON with sorted keys and no white space. Leaves out the top-level keys in `without`.
fn write_canonical(value: &Value, without: &[&str], out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.iter().filter(|(key, _)| !without.contains(&key.as_str())).collect();
            keys.sort_by_key(|(key, _)| *key);
            out.push(b'{');
            for (key, item) in keys {
                out.extend_from_slice(Value::from(key.as_str()).to_string().as_bytes());
                out.push(b':');
                write_canonical(item, &[], out);
                out.push(b',');
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for item in items {
                write_canonical(item, &[], out);
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
    fn without_an_id_a_time_makes_another_request() {
        let key_of = |text: &str| {
            let handoff = crate::handoff::parse("x.json", text.as_bytes()).unwrap();
            (key("a", &handoff, text.as_bytes()), has_id(&handoff))
        };
        let text = |time: &str, id: &str| format!("{{\"title\": \"t\", \"source_agent\": \"B\"{time}{id}}}");
        let (one, two) = (", \"timestamp\": \"2026-01-01T00:00:00Z\"", ", \"timestamp\": \"2026-01-02T00:00:00Z\"");
        let id = ", \"handoff_id\": \"h-1\"";
        assert_ne!(key_of(&text(one, "")), key_of(&text(two, "")));
        assert_eq!(key_of(&text("", "")), key_of(&text("", "")));
        assert_eq!(key_of(&text(one, id)), key_of(&text(two, id)));
        assert_eq!((key_of(&text(one, "")).1, key_of(&text(one, id)).1), (false, true));
    }

    #[test]
    fn a_time_in_a_nested_object_is_substance() {
        let a = json!({"meeting": {"timestamp": "10:00"}});
        let b = json!({"meeting": {"timestamp": "11:00"}});
        assert_ne!(substance(Some(&a), b""), substance(Some(&b), b""));
    }
}
