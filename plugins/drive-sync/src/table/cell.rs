//! Converts values of each type to the text of a cell, and cells to values. A value that is written and read again is the same
//! value.
//!
//! Several texts are written as `a, b` if that is unambiguous. They are written as a JSON list (`["a, b","c"]`) if a text is
//! empty, contains a comma, or begins or ends with a space, or if the first text begins with `[`.

use baton_plugin_kit::{beginning, time};
use serde_json::Value as Json;

use super::Kind;

/// The maximum number of characters of a cell in a message.
const SHOWN: usize = 40;

/// Separates the two ends of a date.
const ARROW: &str = " → ";

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Empty,
    /// A text that is not empty.
    Text(String),
    /// A number as it was written, with all digits.
    Number(String),
    /// Yes or no.
    Checkbox(bool),
    /// A day or a time, or a range of them.
    Date {
        /// The day or time, or the start.
        start: String,
        /// The end.
        end: Option<String>,
    },
    /// One or more texts.
    List(Vec<String>),
    /// JSON text, or an original text that is not JSON.
    Json(String),
}

/// The text of a value.
#[must_use]
pub fn format(value: &Value) -> String {
    match value {
        Value::Empty => String::new(),
        Value::Text(text) | Value::Number(text) | Value::Json(text) => text.clone(),
        Value::Checkbox(yes) => yes.to_string(),
        Value::Date { start, end: None } => start.clone(),
        Value::Date { start, end: Some(end) } => format!("{start}{ARROW}{end}"),
        Value::List(items) if is_plain(items) => items.join(", "),
        Value::List(items) => Json::from(items.clone()).to_string(),
    }
}

fn is_plain(items: &[String]) -> bool {
    let plain = |item: &String| !item.is_empty() && !item.contains(',') && item.trim() == item;
    items.iter().all(plain) && !items.first().is_some_and(|first| first.starts_with('['))
}

/// The value of a text.
///
/// # Errors
/// If the text is not valid for this type; names the valid form.
pub fn parse(kind: Kind, text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return Ok(Value::Empty);
    }
    match kind {
        Kind::Text => Ok(Value::Text(text.to_owned())),
        Kind::Json => Ok(Value::Json(text.to_owned())),
        Kind::List => Ok(list(text)),
        Kind::Checkbox => checkbox(text),
        Kind::Number => number(text),
        Kind::Date => date(text),
    }
}

/// Rewrites the text in the form that Baton writes. An invalid text is returned unchanged.
#[must_use]
pub fn canonical(kind: Kind, text: &str) -> String {
    parse(kind, text).map_or_else(|_| text.to_owned(), |value| format(&value))
}

/// True if two texts are the same value, for example `120.50` and `120.5`.
#[must_use]
pub fn same(kind: Kind, one: &str, other: &str) -> bool {
    let (one, other) = (canonical(kind, one), canonical(kind, other));
    one == other || kind == Kind::Number && decimal(&one).is_some_and(|number| decimal(&other) == Some(number))
}

/// Splits a number into the sign, the digits without leading and trailing zeros, and the power of ten of the last digit. No
/// digit is lost.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    number(text).ok()?;
    let (minus, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (digits, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let digits = format!("{whole}{part}");
    let kept = digits.trim_end_matches('0');
    let places = i64::try_from(digits.len() - kept.len()).ok()?.checked_sub(i64::try_from(part.len()).ok()?)?;
    let kept = kept.trim_start_matches('0').to_owned();
    if kept.is_empty() {
        Some((false, kept, 0))
    } else {
        Some((minus, kept, power.parse::<i64>().ok()?.checked_add(places)?))
    }
}

fn list(text: &str) -> Value {
    if text.starts_with('[')
        && let Ok(items) = serde_json::from_str::<Vec<String>>(text)
    {
        return if items.is_empty() { Value::Empty } else { Value::List(items) };
    }
    let items: Vec<_> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect();
    if items.is_empty() { Value::Empty } else { Value::List(items) }
}

fn checkbox(text: &str) -> Result<Value, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(Value::Checkbox(true)),
        "false" | "0" | "no" => Ok(Value::Checkbox(false)),
        _ => Err(format!("a checkbox is true or false (or 1, 0, yes, no), not `{}`", beginning(text, SHOWN))),
    }
}

fn number(text: &str) -> Result<Value, String> {
    let text = text.trim();
    let plain = matches!(serde_json::from_str::<Json>(text), Ok(Json::Number(_)));
    if plain {
        Ok(Value::Number(text.to_owned()))
    } else {
        Err(format!("`{}` is not a number", beginning(text, SHOWN)))
    }
}

fn date(text: &str) -> Result<Value, String> {
    let (start, end) = match text.split_once('→') {
        Some((start, end)) => (start.trim(), Some(end.trim())),
        None => (text.trim(), None),
    };
    let wrong = |part: &str| {
        format!("`{}` is neither a day (2026-01-18) nor a time (2026-01-18T10:15:00Z)", beginning(part, SHOWN))
    };
    for part in std::iter::once(start).chain(end) {
        time::parse(part).ok_or_else(|| wrong(part))?;
    }
    Ok(Value::Date { start: start.to_owned(), end: end.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = (Kind, Value)> {
        let day = "20[0-9]{2}-0[1-9]-[012][1-8]";
        let dates = (day, prop::option::of(day)).prop_map(|(start, end)| (Kind::Date, Value::Date { start, end }));
        let items = prop::collection::vec(prop_oneof![".*", "[a-z]{1,5}", "[\\[,\" \r\n]{0,4}"], 1..5);
        prop_oneof![
            Just((Kind::List, Value::Empty)),
            Just((Kind::Checkbox, Value::Empty)),
            "(?s).+".prop_map(|text| (Kind::Text, Value::Text(text))),
            any::<bool>().prop_map(|yes| (Kind::Checkbox, Value::Checkbox(yes))),
            "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,9})?".prop_map(|text| (Kind::Number, Value::Number(text))),
            items.prop_map(|items| (Kind::List, Value::List(items))),
            ".*".prop_map(|text| (Kind::Json, Value::Json(Json::from(text).to_string()))),
            dates,
        ]
    }

    proptest! {
        #[test]
        fn written_values_are_read_again((kind, value) in values()) {
            prop_assert_eq!(parse(kind, &format(&value)), Ok(value));
        }

        #[test]
        fn the_canonical_form_is_stable(text in "(?s).*") {
            for kind in [Kind::Text, Kind::Number, Kind::Checkbox, Kind::Date, Kind::List, Kind::Json] {
                let once = canonical(kind, &text);
                prop_assert_eq!(canonical(kind, &once), once);
            }
        }
    }

    #[test]
    fn a_checkbox_is_read_exactly() {
        for (text, yes) in [("true", true), ("YES", true), ("1", true), ("False", false), ("no", false), ("0", false)] {
            assert_eq!(parse(Kind::Checkbox, text), Ok(Value::Checkbox(yes)), "{text}");
        }
        for none in ["11", "true-ish", "oyes", "x", "truefalse", "ja"] {
            assert!(parse(Kind::Checkbox, none).is_err(), "{none}");
        }
    }

    #[test]
    fn lists_are_plain_text_unless_they_are_ambiguous() {
        let list = |items: &[&str]| Value::List(items.iter().map(|item| (*item).to_owned()).collect());
        for (items, text) in [
            (list(&["House", "Deep House"]), "House, Deep House"),
            (list(&["Earth, Wind & Fire", "Chic"]), r#"["Earth, Wind & Fire","Chic"]"#),
            (list(&["[live]"]), r#"["[live]"]"#),
            (list(&["a", "[b]"]), "a, [b]"),
            (list(&["a "]), r#"["a "]"#),
        ] {
            assert_eq!(format(&items), text);
            assert_eq!(parse(Kind::List, text), Ok(items));
        }
        assert_eq!(parse(Kind::List, "a,b ,, c"), Ok(list(&["a", "b", "c"])));
        assert_eq!(parse(Kind::List, "[a, b]"), Ok(list(&["[a", "b]"])));
    }

    #[test]
    fn all_forms_of_a_number_are_equal() {
        for (one, other) in
            [("120.50", "120.5"), ("1e3", "1000"), ("0.10E1", "1"), ("-0", "0.00"), (" 7", "7.0"), ("12e-1", "1.2")]
        {
            assert!(same(Kind::Number, one, other), "{one} {other}");
        }
        for (one, other) in
            [("120.5", "120.51"), ("1", "-1"), ("", "0"), ("9007199254740993", "9007199254740992"), ("1", "10")]
        {
            assert!(!same(Kind::Number, one, other), "{one} {other}");
        }
        assert!(!same(Kind::Text, "1.0", "1") && same(Kind::Checkbox, "1", "true"));
    }

    #[test]
    fn dates_have_a_start_and_an_optional_end() {
        let value = parse(Kind::Date, "2026-01-18T10:15:00.000+00:00 → 2026-01-19").unwrap();
        assert_eq!(format(&value), "2026-01-18T10:15:00.000+00:00 → 2026-01-19");
        for none in ["yesterday", "2026-01-18 →", "→ 2026-01-18", "18.01.2026"] {
            assert!(parse(Kind::Date, none).is_err(), "{none}");
        }
        assert!(parse(Kind::Number, "1,5").is_err() && parse(Kind::Number, "NaN").is_err());
    }
}
