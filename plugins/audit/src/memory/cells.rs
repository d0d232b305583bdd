//! Converts the cells of database rows to Rust values, and back. A conversion never fails: a cell of an unexpected type
//! counts as NULL.

use baton_plugin_sdk::sql::Value;

/// The integer in a cell; 0 for anything else.
pub(super) fn integer(row: &[Value], at: usize) -> i64 {
    row.get(at).and_then(Value::as_integer).unwrap_or_default()
}

/// The integer in a cell; `None` if it is negative or not an integer.
pub(super) fn count(row: &[Value], at: usize) -> Option<u64> {
    u64::try_from(row.get(at).and_then(Value::as_integer)?).ok()
}

/// The text in a cell; `None` for another type.
pub(super) fn text(row: &[Value], at: usize) -> Option<String> {
    row.get(at).and_then(Value::as_text).map(str::to_owned)
}

/// The text in a cell; empty for anything else.
pub(super) fn text_or_empty(row: &[Value], at: usize) -> String {
    text(row, at).unwrap_or_default()
}

/// A number as a value. Values above `i64::MAX` are clamped to it.
pub(super) fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A number, or NULL.
pub(super) fn optional_number(value: Option<u64>) -> Value {
    value.map_or(Value::Null, number)
}

/// A text as a value.
pub(super) fn text_value(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A text, or NULL.
pub(super) fn optional_text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, text_value)
}

/// A boolean as 0 or 1.
pub(super) fn boolean(flag: bool) -> Value {
    Value::Integer(i64::from(flag))
}
