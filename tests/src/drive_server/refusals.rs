//! Errors as Google answers them.

use serde_json::json;

use super::files::Drive;
use crate::fake_service::Answer;

/// An error as Drive answers it.
pub(super) fn error(status: &str, reason: &str, message: &str) -> Answer {
    let code: u16 = status.get(..3).and_then(|code| code.parse().ok()).unwrap_or(500);
    let body = json!({ "error": { "code": code, "message": message,
        "errors": [{ "domain": "global", "reason": reason, "message": message }] } });
    Answer::json(status, &body)
}

pub(super) fn not_found(id: &str) -> Answer {
    error("404 Not Found", "notFound", &format!("File not found: {id}."))
}

pub(super) fn wrong(drive: &mut Drive, what: &str) -> Answer {
    drive.problems.push(what.to_owned());
    error("400 Bad Request", "invalid", what)
}
