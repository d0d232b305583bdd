//! Bytes to [`Handoff`]: decides between JSON and Markdown, finds the dialect, says what is wrong otherwise.

use serde_json::Value;

use super::model::{Handoff, Kind};
use super::{dialect, markdown, salvage};
use crate::file_name;

/// A handoff is a letter, not a parcel: larger files are quarantined unread.
pub const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Why a file is no handoff. Each says where and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing but white space.
    #[error("the file is empty; write the handoff and drop it again")]
    Empty,
    /// Not text.
    #[error("the file is not text (neither UTF-8 nor UTF-16) at byte {at}; save it as UTF-8 and drop it again")]
    NotText {
        /// From 1.
        at: usize,
    },
    /// JSON without its end: perhaps still being written.
    #[error("the JSON ends before its object is closed; write the file whole (to a hidden name, then rename it)")]
    EndsEarly,
    /// Not JSON.
    #[error("the file is not JSON: {message} at line {line} column {column}; mend it there and drop it again")]
    NotJson {
        /// What the parser expected.
        message: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// JSON, but a list, a number, a text.
    #[error("the file holds a JSON {0}, not an object; a handoff is an object")]
    NotObject(&'static str),
    /// An object that nobody can take for a handoff.
    #[error("the JSON object is no handoff: it has none of {0}; `baton send` writes one that is")]
    NotHandoff(String),
}

impl ParseError {
    pub(super) fn json(error: &serde_json::Error) -> Self {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        Self::NotJson { message, line: error.line(), column: error.column() }
    }

    /// Whether waiting may mend it, because the writer may not be done.
    #[must_use]
    pub fn may_be_unfinished(&self) -> bool {
        matches!(self, Self::EndsEarly | Self::Empty)
    }
}

/// Reads a handoff. `name` is the file's name without folders; it decides between Markdown and JSON and supplies title,
/// kind and time where the content has none.
///
/// # Errors
/// When the bytes are no handoff, see [`ParseError`].
pub fn parse(name: &str, bytes: &[u8]) -> Result<Handoff, ParseError> {
    let (text, mut mended) = salvage::text(bytes)?;
    if text.trim().is_empty() {
        return Err(ParseError::Empty);
    }
    let named = file_name::parse(name);
    if is_markdown(name) {
        let mut handoff = markdown::read(&text, &named);
        handoff.mended = mended;
        shorten(&mut handoff);
        return Ok(handoff);
    }
    let value = salvage::json(&text, &mut mended)?;
    let Value::Object(object) = value else {
        return Err(ParseError::NotObject(kind_of(&value)));
    };
    let mut handoff = dialect::read(object, &named)?;
    handoff.mended.splice(0..0, mended);
    shorten(&mut handoff);
    Ok(handoff)
}

/// Ids and names are short. A longer one is cut (no two files differ only beyond that), and said; control characters in
/// them are dropped.
const LONGEST: usize = 200;

fn shorten(handoff: &mut Handoff) {
    let mut cut = Vec::new();
    let fields = [
        ("id", &mut handoff.id),
        ("task id", &mut handoff.task_id),
        ("dedupe key", &mut handoff.dedupe_key),
        ("sender", &mut handoff.from),
        ("target", &mut handoff.to),
        ("action", &mut handoff.action),
        ("status", &mut handoff.status),
        ("id of what it follows", &mut handoff.follows),
    ];
    for (what, field) in fields {
        if let Some(text) = field {
            if text.chars().nth(LONGEST).is_some() {
                cut.push(format!("the {what} was cut to {LONGEST} characters"));
            }
            *text = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        }
    }
    let inner = handoff.original.iter_mut().flat_map(|original| {
        [&mut original.handoff_id, &mut original.file_name, &mut original.task_id, &mut original.token]
    });
    for text in inner.flatten() {
        *text = text.chars().filter(|c| !c.is_control()).take(2 * LONGEST).collect();
    }
    if let Kind::Request(word) = &mut handoff.kind {
        *word = word.chars().take(64).collect();
    }
    handoff.mended.append(&mut cut);
}

fn is_markdown(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with(".md") || lower.ends_with(".markdown")
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn says_where_json_breaks() {
        let error = parse("a.json", b"{\n  \"a\": nope\n}").unwrap_err();
        assert!(matches!(error, ParseError::NotJson { line: 2, .. }), "{error}");
    }

    #[test]
    fn errors_on_lists_blobs_and_nothing() {
        assert_eq!(parse("a.json", b"[1]"), Err(ParseError::NotObject("list")));
        assert_eq!(parse("a.json", b" \n"), Err(ParseError::Empty));
        assert_eq!(parse("a.json", &[0x80, 0x81]), Err(ParseError::NotText { at: 1 }));
        assert!(matches!(parse("a.json", b"{\"colour\": \"blue\"}"), Err(ParseError::NotHandoff(_))));
    }

    #[test]
    fn names_of_any_length_are_cut_and_said() {
        let text = format!(r#"{{"title": "x", "source_agent": "{}\u001b[2J"}}"#, "a".repeat(300));
        let handoff = parse("a.json", text.as_bytes()).unwrap();
        assert_eq!(handoff.from.unwrap().len(), LONGEST);
        assert_eq!(handoff.mended, ["the sender was cut to 200 characters"]);
    }

    const KEYS: [&str; 16] = [
        "action",
        "args",
        "chain_tracking",
        "context",
        "depends_on",
        "executing_agent",
        "handoff_id",
        "original_context",
        "original_handoff",
        "original_task",
        "priority",
        "required_actions",
        "status",
        "timestamp",
        "title",
        "type",
    ];

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), ".{0,20}".prop_map(Value::from)];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::hash_map("task_id|handoff_file|chain_phase|id", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse("a.json", &bytes);
            let _ = parse("a.md", &bytes);
        }

        #[test]
        fn any_object_of_known_keys_is_read_whatever_its_values_are(
            keys in proptest::collection::vec((proptest::sample::select(KEYS.as_slice()), value()), 1..8),
        ) {
            let object: serde_json::Map<_, _> = keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            let bytes = Value::Object(object).to_string();
            if let Ok(read) = parse("20260304T050607Z__HANDOFF__Pump__Claude-MM1.json", bytes.as_bytes()) {
                prop_assert!(!read.title.contains('\n') && read.title.chars().count() <= 200);
                prop_assert_eq!(read.original.is_some(), read.kind == Kind::Return);
                prop_assert!(read.raw.is_some_and(|raw| raw == serde_json::from_str::<Value>(&bytes).unwrap()));
            }
        }
    }
}
