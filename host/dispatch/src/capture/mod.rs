//! From a file in an inbox to a row in the ledger: read it once, understand it, find out whether it is news, and write
//! bytes and record down in one transaction. Nothing else happens before that.

mod incoming;
mod read;
mod record;

use std::path::PathBuf;
use std::time::Duration;

use baton_core::State;
use baton_intake::Seen;
use jiff::Timestamp;

use self::incoming::Incoming;
use self::read::Looked;
use crate::house::House;
use crate::{Agent, AgentKind, DispatchError};

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is a task of this agent now (or a new revision of one); it waits for its turn.
    Queued {
        /// The agent that has work now.
        agent: String,
    },
    /// It is written down in this state; there is something to deliver or to move for these tasks, if any.
    Settled(State, Vec<String>),
    /// It is known; nothing to do.
    Known,
    /// It is not whole; look again after this long.
    Later {
        /// How long.
        pause: Duration,
        /// It was read and ends too early.
        unfinished: bool,
    },
    /// It is not for Baton (a directory, a link); said once.
    Ignored(String),
    /// It is gone.
    Gone,
}

/// Reads the file at `path` in the inbox of `agent` and writes it down.
///
/// # Errors
/// When the ledger fails or the file cannot be read for a reason that may pass.
pub(crate) async fn capture(
    house: &House,
    agent: &Agent,
    path: PathBuf,
    seen: Seen,
    unfinished: bool,
) -> Result<Taken, DispatchError> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
        return Ok(Taken::Ignored("its name is not UTF-8; rename it".to_owned()));
    };
    let external = agent.kind == AgentKind::External;
    if external && !read::is_handoff_name(&name) {
        return Ok(Taken::Ignored("it is neither .json nor .md and stays where it is".to_owned()));
    }
    let file = house.shown(&path);
    let looked = read::look(house, path, name.clone(), external, seen, unfinished).await?;
    let incoming = match looked {
        Looked::Handoff(captured, handoff) => Incoming::of_handoff(house, agent, file, captured, *handoff),
        Looked::Broken(captured, reason) => Incoming::of_broken(agent, file, &name, captured, reason),
        Looked::Later { pause, unfinished } => return Ok(Taken::Later { pause, unfinished }),
        Looked::NotOurs(reason) => return Ok(Taken::Ignored(reason)),
        Looked::Gone => return Ok(Taken::Gone),
    };
    let now = Timestamp::now();
    Ok(house.ledger.write(move |tx| record::record(tx, incoming, now)).await?)
}
