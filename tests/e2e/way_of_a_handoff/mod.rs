//! The way of a handoff: dropped, captured, run, answered, archived; who gets the RETURN; what is a repetition; what
//! happens in the inbox of an agent that does its own work.

mod answered;
mod captured;
mod external;
mod repeated;
mod whole;

use baton_tests::handoff_with;
use serde_json::{Value, json};

/// A handoff to `noop` under a fixed id, from `from`.
fn from(from: Option<&str>, id: &str) -> Value {
    let mut value = handoff_with("noop", id, json!({ "handoff_id": id }));
    match from {
        Some(from) => value["source_agent"] = json!(from),
        None => drop(value.as_object_mut().unwrap().remove("source_agent")),
    }
    value
}
