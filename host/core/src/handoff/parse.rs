//! Converts bytes to [`Handoff`]: distinguishes JSON and Markdown, detects the dialect, and reports why a file is not a
//! handoff.

use serde_json::Value;

use super::error::ParseError;
use super::model::{Handoff, Kind};
use super::{dialect, markdown, salvage};
use crate::file_name::{self, FileName};

/// Larger files are rejected without being read.
pub const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Parses a handoff. `name` is the file's name without folders. It decides between Markdown and JSON, and supplies
/// title, kind and time if the content has none.
///
/// # Errors
/// When the bytes are not a handoff, see [`ParseError`].
pub fn parse(name: &str, bytes: &[u8]) -> Result<Handoff, ParseError> {
    let (text, mut repairs) = salvage::text(bytes)?;
    if text.trim().is_empty() {
        return Err(ParseError::Empty);
    }
    let named = file_name::parse(name);
    if is_markdown(name) {
        let mut handoff = match json_in_markdown(&text, &named)? {
            Some(handoff) => handoff,
            None => markdown::read(&text, &named),
        };
        handoff.repairs.splice(0..0, repairs);
        shorten(&mut handoff);
        return Ok(handoff);
    }
    let value = salvage::json(&text, &mut repairs)?;
    let Value::Object(object) = value else {
        return Err(ParseError::NotObject(kind_of(&value)));
    };
    let mut handoff = dialect::read(object, &named)?;
    handoff.repairs.splice(0..0, repairs);
    shorten(&mut handoff);
    Ok(handoff)
}

/// The handoff in a Markdown file that begins with a JSON object or a code fence with one. JSON further down belongs to
/// the text.
fn json_in_markdown(text: &str, named: &FileName) -> Result<Option<Handoff>, ParseError> {
    let mut repairs = vec!["the file has a Markdown name but begins with JSON; Baton read it as JSON".to_owned()];
    if !text.trim_start().starts_with(['{', '`', '~']) {
        return Ok(None);
    }
    let object = match salvage::json(text, &mut repairs) {
        Ok(Value::Object(object)) => object,
        Err(error @ ParseError::SecondObject { .. }) => return Err(error),
        _ => return Ok(None),
    };
    let Ok(mut handoff) = dialect::read(object, named) else { return Ok(None) };
    handoff.repairs.splice(0..0, repairs);
    Ok(Some(handoff))
}

/// The maximum length of an id or name, in characters. Baton cuts a longer text and reports this. Real ids differ within
/// this length. Control characters are dropped.
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
        ("id of the handoff that it follows", &mut handoff.follows),
        ("agent to reply to", &mut handoff.reply_to),
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
    handoff.repairs.append(&mut cut);
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

    use super::super::error::Position;
    use super::*;

    #[test]
    fn the_error_has_the_position_of_the_fault_in_the_json() {
        let error = parse("a.json", b"{\n  \"a\": nope\n}").unwrap_err();
        assert!(matches!(error, ParseError::NotJson { place: Position { line: 2, .. }, .. }), "{error}");
    }

    #[test]
    fn errors_on_lists_binary_data_and_empty_files() {
        assert_eq!(parse("a.json", b"[1]"), Err(ParseError::NotObject("list")));
        assert_eq!(parse("a.json", b" \n"), Err(ParseError::Empty));
        assert_eq!(
            parse("a.json", &[0x80, 0x81]),
            Err(ParseError::NotText { at: 1, place: Position { line: 1, column: 1 } })
        );
        assert!(matches!(parse("a.json", b"{\"colour\": \"blue\"}"), Err(ParseError::NotHandoff(_))));
    }

    #[test]
    fn long_names_are_cut_and_reported() {
        let text = format!(r#"{{"title": "x", "source_agent": "{}\u001b[2J"}}"#, "a".repeat(300));
        let handoff = parse("a.json", text.as_bytes()).unwrap();
        assert_eq!(handoff.from.unwrap().len(), LONGEST);
        assert_eq!(handoff.repairs, ["the sender was cut to 200 characters"]);
    }

    #[test]
    fn json_at_the_beginning_of_a_markdown_file_is_read() {
        let fenced = "\n```json\n{\"handoff_id\": \"h\", \"title\": \"Look\"}\n```\n";
        let handoff = parse("a.md", fenced.as_bytes()).unwrap();
        assert_eq!((handoff.id.as_deref(), handoff.title.as_str(), handoff.repairs.len()), (Some("h"), "Look", 2));
        for text in [format!("# HANDOFF: Look\n{fenced}"), "```sh\nls\n```\n".to_owned(), "{not: json}".to_owned()] {
            assert_eq!(parse("a.md", text.as_bytes()).unwrap().dialect, super::super::Dialect::Markdown, "{text}");
        }
        let two = "{\"title\": \"a\"}\n{\"title\": \"b\"}";
        let second = ParseError::SecondObject { place: Position { line: 2, column: 1 } };
        assert_eq!(parse("a.md", two.as_bytes()), Err(second));
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
        fn any_bytes_are_parsed_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse("a.json", &bytes);
            let _ = parse("a.md", &bytes);
        }

        #[test]
        fn an_object_in_a_fence_is_the_same_request_and_two_objects_are_never_one(title in "[^\u{0}]{0,30}", other in "[a-z]{1,5}") {
            let object = serde_json::json!({ "handoff_id": "h", "title": title, "args": { "a": [title] } });
            let bare = parse("a.json", object.to_string().as_bytes()).unwrap();
            for (before, after) in [("```json\n", "\n```\n"), ("Here it is:\n\n~~~\n", "\n~~~"), ("```\n", "")] {
                let fenced = parse("a.json", format!("{before}{object:#}{after}").as_bytes()).unwrap();
                prop_assert_eq!((&fenced.raw, &fenced.title), (&bare.raw, &bare.title));
                prop_assert_eq!(fenced.repairs.len(), bare.repairs.len() + 1);
            }
            let second = serde_json::json!({ "handoff_id": other });
            for between in ["", "\n", ",\n", "\n```\n\n```json\n"] {
                let read = parse("a.json", format!("{object}{between}{second}").as_bytes());
                let refused = matches!(read, Err(ParseError::SecondObject { .. }));
                prop_assert!(refused, "{:?}", read);
            }
        }

        #[test]
        fn text_with_faults_and_fences_is_parsed_without_a_panic(
            text in "(```json\n|```|~~~|\\{|\\}|\\[|\\]|\"title\": |\"|,|:|\\\\|\\\\u|d8|00|NaN|-Infinity|é|\n| ){0,60}",
        ) {
            let _ = parse("a.json", text.as_bytes());
            let _ = parse("a.md", text.as_bytes());
            let _ = super::super::sender_in(text.as_bytes());
        }

        #[test]
        fn any_object_of_known_keys_is_parsed_with_any_values(
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
