//! Reads a file: checks that it is complete, and parses its handoff.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use baton_core::file_name;
use baton_core::handoff::{self, Handoff, MAX_BYTES, ParseError};
use baton_intake::{CapturedFile, DetectedBy, IntakeError, Readiness, readiness, written};
use baton_ledger::LedgerError;
use fail::fail_point;

use crate::DispatchError;
use crate::context::Context;

/// The result of reading a file.
pub(super) enum ReadOutcome {
    /// The file is a handoff.
    Handoff(CapturedFile, Box<Handoff>),
    /// The file is not a handoff, or it is too large to be read.
    Broken(Option<CapturedFile>, String),
    /// The file is incomplete.
    Later { pause: Duration, unfinished: bool },
    /// The path is not a regular file, or the file is not for Baton.
    NotOurs(String),
    /// The file does not exist any more.
    Missing,
}

/// A file in an inbox.
pub(super) struct FileToRead {
    pub(super) path: PathBuf,
    pub(super) name: String,
    /// The size of the file in bytes.
    pub(super) size: u64,
    /// True if the file is in the inbox of an external agent.
    pub(super) external: bool,
    pub(super) seen: DetectedBy,
    /// An earlier read found that the content ends too early.
    pub(super) unfinished: bool,
}

/// True if the name has the extension of a handoff file.
pub(super) fn is_handoff_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".json", ".md", ".markdown"].iter().any(|ending| lower.ends_with(ending))
}

/// True if the name alone marks the file as a handoff. In the inbox of an external agent, Baton ignores a broken file
/// without such a name.
fn is_named_as_handoff(name: &str) -> bool {
    file_name::parse(name).kind.is_some()
}

/// Reads the file on a blocking thread. The context limits how many bytes are read at the same time, because a small
/// hostile file can become large when it is parsed.
pub(super) async fn read_file(context: &Context, file: FileToRead) -> Result<ReadOutcome, DispatchError> {
    let (root, is_optional) = (context.root.clone(), file.external && !is_named_as_handoff(&file.name));
    let _budget = context.reading_budget(file.size).await;
    let read = tokio::task::spawn_blocking(move || {
        let read = read_now(&file);
        // The path inside the workspace is sufficient for the operator.
        read.map_err(|error| (error.to_string().replace(&format!("{}/", root.display()), ""), error))
    });
    match read.await.map_err(|_| LedgerError::Closed)? {
        Ok(read) => Ok(read),
        Err((_, IntakeError::NotFound { .. })) => Ok(ReadOutcome::Missing),
        Err((text, IntakeError::NotAFile { .. })) => Ok(ReadOutcome::NotOurs(text)),
        Err((text, IntakeError::TooLarge { .. })) if is_optional => Ok(ReadOutcome::NotOurs(text)),
        Err((text, IntakeError::TooLarge { .. })) => Ok(ReadOutcome::Broken(None, text)),
        Err((_, error)) => Err(error.into()),
    }
}

fn read_now(file: &FileToRead) -> Result<ReadOutcome, IntakeError> {
    let FileToRead { path, name, external, seen, unfinished, .. } = file;
    let (external, seen, unfinished) = (*external, *seen, *unfinished);
    if seen == DetectedBy::Present || unfinished {
        let metadata = path.symlink_metadata().map_err(|_| IntakeError::NotFound { path: path.clone() })?;
        let now = SystemTime::now();
        // For an unfinished file, the waiting time is checked again after the read, because only a read detects that the
        // file was edited in the meantime.
        if let Readiness::In(pause) = readiness(seen, written(&metadata, now), false, now) {
            return Ok(ReadOutcome::Later { pause, unfinished });
        }
    }
    fail_point!("capture.before_read");
    let captured = baton_intake::capture(path, MAX_BYTES)?;
    fail_point!("capture.read");
    Ok(match handoff::parse(name, &captured.bytes) {
        Ok(handoff) => ReadOutcome::Handoff(captured, Box::new(handoff)),
        // In the inbox of an external agent, Baton ignores valid JSON that is not a handoff.
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
