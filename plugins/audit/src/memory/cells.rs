//! Values of rows, and rows of values: small conversions that never fail. A cell of another kind is nothing.

use baton_plugin_sdk::sql::Value;

/// The whole number in a cell; 0 for anything else.
pub(super) fn integer(row: &[Value], at: usize) -> i64 {
    row.get(at).and_then(Value::as_integer).unwrap_or_default()
}

/// The whole number in a cell, if it is one that is not negative.
pub(super) fn count(row: &[Value], at: usize) -> Option<u64> {
    u64::try_from(row.get(at).and_then(Value::as_integer)?).ok()
}

/// The text in a cell, if it is one.
pub(super) fn text(row: &[Value], at: usize) -> Option<String> {
    row.get(at).and_then(Value::as_text).map(str::to_owned)
}

/// The text in a cell; empty for anything else.
pub(super) fn words(row: &[Value], at: usize) -> String {
    text(row, at).unwrap_or_default()
}

/// A number as a value. Larger ones than SQLite holds are its largest.
pub(super) fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A number that may be absent.
pub(super) fn maybe_number(value: Option<u64>) -> Value {
    value.map_or(Value::Null, number)
}

/// A text as a value.
pub(super) fn string(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// A text that may be absent.
pub(super) fn maybe_string(text: Option<&str>) -> Value {
    text.map_or(Value::Null, string)
}

/// Yes or no.
pub(super) fn flag(flag: bool) -> Value {
    Value::Integer(i64::from(flag))
}
