//! Captures a file: reads the file once, parses it, checks whether the file is recorded already, and stores its bytes and
//! its record in one transaction. All later steps start from this record.

mod answers;
mod arrival;
mod classify;
mod commands;
mod incoming;
pub(crate) mod outcome;
mod pending_returns;
mod read;
mod record;
mod refuse;
mod route;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_intake::DetectedBy;
use fail::fail_point;
use jiff::Timestamp;

pub(crate) use self::answers::{answered_before, final_state};
pub use self::incoming::ALL_AGENTS;
pub(crate) use self::pending_returns::{PendingReturn, pending_returns};
pub use self::record::ADOPTED_EVENT;
pub(crate) use self::refuse::{answer, by_baton, reason_name};

use self::arrival::ArrivalLog;
use self::incoming::IncomingFile;
use self::outcome::CaptureOutcome;
use self::read::{FileToRead, ReadOutcome};
use self::route::DropBoxFile;
use crate::context::Context;
use crate::settings::DROP_BOX;
use crate::{AgentKind, DispatchError};

/// Rejects a file without reading it, because the code that reads the file crashed repeatedly.
pub(crate) async fn reject_unreadable(
    context: &Arc<Context>,
    owner: &str,
    path: &Path,
) -> Result<CaptureOutcome, DispatchError> {
    let reason = format!(
        "reading the file crashed {} times, so Baton rejected it without another try",
        crate::limits::READER_CRASHES
    );
    let incoming = IncomingFile::of_broken(context, owner, context.shown(path), None, reason);
    let (inner, now, arrival) = (Arc::clone(context), Timestamp::now(), ArrivalLog::of(&incoming));
    let ledger = context.ledger.in_lane(owner);
    let taken = ledger.write(move |tx| record::record(tx, &inner, incoming, now)).await?;
    arrival.log(&taken);
    Ok(taken)
}

/// Reads the file at `path` in an inbox of `owner` (an agent, or the drop box) and records it.
pub(crate) async fn capture(
    context: &Arc<Context>,
    owner: &str,
    path: PathBuf,
    seen: DetectedBy,
    unfinished: bool,
) -> Result<CaptureOutcome, DispatchError> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
        return Ok(CaptureOutcome::Ignored("its name is not UTF-8; rename it".to_owned()));
    };
    let roster = context.roster();
    let agent = roster.get(owner);
    if agent.is_none() && owner != DROP_BOX {
        return Ok(CaptureOutcome::Missing);
    }
    let external = agent.is_some_and(|agent| agent.kind == AgentKind::External);
    if external && !read::is_handoff_name(&name) {
        return Ok(CaptureOutcome::Ignored("it is neither .json nor .md".to_owned()));
    }
    let file = context.shown(&path);
    let (inner, now, ledger) = (Arc::clone(context), Timestamp::now(), context.ledger.in_lane(owner));
    let size = path.symlink_metadata().map_or(0, |metadata| metadata.len());
    let _held = context.holding_budget(size).await;
    let to_read = FileToRead { path, name, size, external, seen, unfinished };
    let incoming = match read::read_file(context, to_read).await? {
        ReadOutcome::Handoff(captured, handoff) => match agent {
            Some(agent) => IncomingFile::of_handoff(context, agent, file, captured, *handoff),
            None => match route::route_drop_box(context, file, captured, *handoff) {
                DropBoxFile::One(incoming) => incoming,
                DropBoxFile::All { whole, copies } => {
                    let arrival = ArrivalLog::of(&whole);
                    let taken = ledger.write(move |tx| record::broadcast(tx, &inner, whole, copies, now)).await?;
                    fail_point!("broadcast.committed");
                    arrival.log(&taken);
                    return Ok(taken);
                }
            },
        },
        ReadOutcome::Broken(captured, reason) => IncomingFile::of_broken(context, owner, file, captured, reason),
        ReadOutcome::Later { pause, unfinished } => return Ok(CaptureOutcome::Later { pause, unfinished }),
        ReadOutcome::NotOurs(reason) => return Ok(CaptureOutcome::Ignored(reason)),
        ReadOutcome::Missing => return Ok(CaptureOutcome::Missing),
    };
    let arrival = ArrivalLog::of(&incoming);
    let taken = ledger.write(move |tx| record::record(tx, &inner, incoming, now)).await?;
    fail_point!("capture.committed");
    arrival.log(&taken);
    Ok(taken)
}
