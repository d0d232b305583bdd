//! Reads values of an untrusted object: the first of several keys, as text, as lines, as a time, as a priority.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::model::Priority;

pub(super) type Object = Map<String, Value>;

/// The maximum length of a list.
const MOST_LINES: usize = 1000;

/// A value as text: trimmed, not empty.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The text of the first key in `keys` that has text.
pub(super) fn text_of(object: &Object, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(object.get(*key)))
}

/// The text under `path`.
pub(super) fn text_at(object: &Object, path: &[&str]) -> Option<String> {
    text(value_at(object, path))
}

/// The value under `path`.
pub(super) fn value_at<'a>(object: &'a Object, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(object.get(*first)?, |value, key| value.get(*key))
}

/// The first line of `text`, at most 200 characters of it.
pub(super) fn one_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect()
}

/// A text or a list as lines. For the same key, some agents write a text and others a list.
pub(super) fn lines(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => items.iter().take(MOST_LINES).map(brief).filter(|line| !line.is_empty()).collect(),
        other => text(other).into_iter().collect(),
    }
}

/// A short form of a value: a text unchanged, an object by its most important field.
pub(super) fn brief(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Object(map) => {
            let about = ["action", "title", "task_title", "step", "description", "name", "id", "task_id"];
            text_of(map, &about).unwrap_or_else(|| value.to_string())
        }
        other => other.to_string(),
    }
}

/// The first of `keys` with a time: RFC 3339, the compact form of file names, seconds or milliseconds since 1970. A
/// time without a zone is not accepted.
pub(super) fn time_of(object: &Object, keys: &[&str]) -> Option<Timestamp> {
    keys.iter().find_map(|key| time(&text(object.get(*key))?))
}

/// A time in one of the forms that agents write.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| crate::file_name::epoch(text))
}

/// The deadline in one of the texts in `written`. A text that is not a time is reported in `repairs`.
pub(super) fn deadline(written: &[String], repairs: &mut Vec<String>) -> Option<Timestamp> {
    let found = written.iter().find_map(|text| time(text));
    if let Some(text) = written.first().filter(|_| found.is_none()) {
        let text: String = one_line(text).chars().take(40).collect();
        repairs.push(format!(
            "the deadline `{text}` is not a time with its zone (2026-01-18T10:15:00Z); Baton ignores it, so there is no deadline"
        ));
    }
    found
}

/// The priority, and the original text if it is not a known priority.
pub(super) fn priority_of(object: &Object) -> (Priority, Option<String>) {
    let written: Vec<String> = ["priority", "urgency"].iter().filter_map(|key| text(object.get(*key))).collect();
    match written.iter().find_map(|word| Priority::read(word)) {
        Some(priority) => (priority, None),
        None => (Priority::default(), written.into_iter().next()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_and_lists_are_lines() {
        assert_eq!(lines(Some(&json!(" one "))), ["one"]);
        assert_eq!(
            lines(Some(&json!(["one", "", 2, {"title": "three"}, {"x": 1}]))),
            ["one", "2", "three", r#"{"x":1}"#]
        );
        assert!(lines(None).is_empty() && lines(Some(&json!(null))).is_empty() && lines(Some(&json!({}))).is_empty());
    }

    #[test]
    fn times_in_each_form_but_not_without_a_zone() {
        let moment: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for text in ["2026-01-01T01:00:00.000000+01:00", "20260101T000000Z", "1767225600", "1767225600000"] {
            assert_eq!(time(text), Some(moment), "{text}");
        }
        for text in ["2026-01-01", "2026-01-01T00:00:00", "yesterday", "17672256"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
