//! `--arg k=v`: arguments of an action, shared by `send` and `run`.

use serde_json::{Map, Value};

/// Reads `k=v`. The value is JSON where it is a JSON list, object, number, true, false or null; otherwise text.
///
/// # Errors
/// When there is no `=` or no name before it.
pub(super) fn read(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form name=value"))?;
    if name.is_empty() {
        return Err(format!("`{text}` has no name before the `=`"));
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((name.to_owned(), value))
}

/// The pairs as one object; the last of a name counts.
pub(super) fn object(pairs: Vec<(String, Value)>) -> Map<String, Value> {
    pairs.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_json_where_it_can_be_and_text_otherwise() {
        assert_eq!(read("n=3"), Ok(("n".to_owned(), json!(3))));
        assert_eq!(read("p=[\"a\"]"), Ok(("p".to_owned(), json!(["a"]))));
        assert_eq!(read("p=plans/a.md"), Ok(("p".to_owned(), json!("plans/a.md"))));
        assert_eq!(read("e=a=b"), Ok(("e".to_owned(), json!("a=b"))));
        assert!(read("no").is_err() && read("=v").is_err());
    }
}
