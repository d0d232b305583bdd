//! Reads a file: whether it is complete, its handoff, its errors.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use baton_core::file_name;
use baton_core::handoff::{self, Handoff, MAX_BYTES, ParseError};
use baton_intake::{Captured, DetectedBy, IntakeError, Readiness, readiness, written};
use baton_ledger::LedgerError;
use fail::fail_point;

use crate::DispatchError;
use crate::context::Context;

/// The result of reading a file.
pub(super) enum ReadOutcome {
    /// It is a handoff.
    Handoff(Captured, Box<Handoff>),
    /// It is none, or was too large to be read.
    Broken(Option<Captured>, String),
    /// It is not whole.
    Later { pause: Duration, unfinished: bool },
    /// It is not a regular file, or not a file for Baton.
    NotOurs(String),
    /// It does not exist any more.
    Gone,
}

/// Whether the name is one that handoffs have.
pub(super) fn is_handoff_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".json", ".md", ".markdown"].iter().any(|ending| lower.ends_with(ending))
}

/// Whether the name alone says that it is meant as a handoff. In the folder of an agent that reads it itself, a broken file
/// without such a name is the agent's own business.
fn is_named_as_handoff(name: &str) -> bool {
    file_name::parse(name).kind.is_some()
}

/// Reads the file on a blocking thread, within the context's limit of bytes being read: a small hostile file can be large when
/// parsed.
pub(super) async fn read_file(
    context: &Context,
    path: PathBuf,
    size: u64,
    name: String,
    external: bool,
    (seen, unfinished): (DetectedBy, bool),
) -> Result<ReadOutcome, DispatchError> {
    let (root, file) = (context.root.clone(), name.clone());
    let _budget = context.reading_budget(size).await;
    let looked = tokio::task::spawn_blocking(move || {
        let looked = look_now(&path, &file, external, seen, unfinished);
        // The operator knows the workspace; the path inside it is enough.
        looked.map_err(|error| (error.to_string().replace(&format!("{}/", root.display()), ""), error))
    });
    match looked.await.map_err(|_| LedgerError::Closed)? {
        Ok(looked) => Ok(looked),
        Err((_, IntakeError::Gone { .. })) => Ok(ReadOutcome::Gone),
        Err((text, IntakeError::NotAFile { .. })) => Ok(ReadOutcome::NotOurs(text)),
        Err((text, IntakeError::TooLarge { .. })) if external && !is_named_as_handoff(&name) => {
            Ok(ReadOutcome::NotOurs(text))
        }
        Err((text, IntakeError::TooLarge { .. })) => Ok(ReadOutcome::Broken(None, text)),
        Err((_, error)) => Err(error.into()),
    }
}

fn look_now(
    path: &Path,
    name: &str,
    external: bool,
    seen: DetectedBy,
    unfinished: bool,
) -> Result<ReadOutcome, IntakeError> {
    if seen == DetectedBy::Present || unfinished {
        let metadata = path.symlink_metadata().map_err(|_| IntakeError::Gone { path: path.to_owned() })?;
        let now = SystemTime::now();
        // The minute for what ends too early is asked for after reading, where an edit in between is noticed.
        if let Readiness::In(pause) = readiness(seen, written(&metadata, now), false, now) {
            return Ok(ReadOutcome::Later { pause, unfinished });
        }
    }
    fail_point!("capture.before_read");
    let captured = baton_intake::capture(path, MAX_BYTES)?;
    fail_point!("capture.read");
    Ok(match handoff::parse(name, &captured.bytes) {
        Ok(handoff) => ReadOutcome::Handoff(captured, Box::new(handoff)),
        // Sound JSON of another kind in its own folder is the agent's business.
        Err(error @ (ParseError::NotHandoff(_) | ParseError::NotObject(_))) if external => {
            ReadOutcome::NotOurs(error.to_string())
        }
        Err(error) => {
            match readiness(DetectedBy::Complete, captured.written, error.may_be_unfinished(), SystemTime::now()) {
                Readiness::In(pause) => ReadOutcome::Later { pause, unfinished: true },
                Readiness::Now if external && !is_named_as_handoff(name) => ReadOutcome::NotOurs(error.to_string()),
                Readiness::Now => ReadOutcome::Broken(Some(captured), error.to_string()),
            }
        }
    })
}
