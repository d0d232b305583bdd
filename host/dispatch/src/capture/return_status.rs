//! The state in which a RETURN ends its request.

use baton_core::State;
use baton_core::handoff::Handoff;

/// How agents write that it was not done, folded: the beginnings of the status of a RETURN.
const NOT_DONE: [&str; 10] =
    ["fail", "error", "block", "partial", "incomplete", "reject", "refus", "cancel", "abort", "not done"];

/// The state in which a RETURN ends its request: whoever waits for that must not begin when it was not done.
pub(crate) fn ended(answer: &Handoff) -> State {
    let status = answer.status.as_deref().unwrap_or_default();
    let status = status.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if NOT_DONE.iter().any(|word| status.starts_with(word)) { State::Failed } else { State::Succeeded }
}
