//! The life of a handoff: dropped, captured, run, answered, archived. Also the recipient of the RETURN, repetitions, and the inbox of an
//! external agent.

mod answered;
mod captured;
mod external;
mod repeated;
mod whole;

use baton_tests::handoff_with;
use serde_json::{Value, json};

/// A handoff from `from` to `noop` with this id.
fn from(from: Option<&str>, id: &str) -> Value {
    let mut value = handoff_with("noop", id, json!({ "handoff_id": id }));
    match from {
        Some(from) => value["source_agent"] = json!(from),
        None => drop(value.as_object_mut().unwrap().remove("source_agent")),
    }
    value
}
