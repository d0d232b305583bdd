//! From a file in an inbox to a row in the ledger: read it once, understand it, find out whether it is news, and write
//! bytes and record down in one transaction. Nothing else happens before that.

mod ahead;
mod answers;
mod arrival;
mod classify;
mod incoming;
mod read;
mod record;
mod refuse;
mod route;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baton_core::State;
use baton_intake::Seen;
use fail::fail_point;
use jiff::Timestamp;

pub(crate) use self::ahead::{Ahead, returns_ahead};
pub(crate) use self::answers::{answered_before, ended};
pub use self::record::ADOPTED;
pub(crate) use self::refuse::{answer, by_baton, reason_name};
pub use self::route::EVERYBODY;

use self::arrival::Arrival;
use self::incoming::Incoming;
use self::read::Looked;
use self::route::Dropped;
use crate::house::House;
use crate::roster::CENTRAL;
use crate::{AgentKind, DispatchError};

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is a task of this agent now (or a new revision of one); it waits for its turn.
    Queued {
        /// The agent that has work now.
        agent: String,
    },
    /// It is written down, and files are on their way into inboxes.
    Moving {
        /// Tasks for which there is something to deliver or to move.
        carry: Vec<String>,
        /// Other tasks may begin.
        released: bool,
    },
    /// It is written down in this state.
    Settled {
        /// The state.
        state: State,
        /// Tasks for which there is something to deliver or to move.
        carry: Vec<String>,
        /// Tasks that waited for it may begin.
        released: bool,
    },
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

impl Taken {
    /// Others may begin by it too, if `released`.
    fn releasing(mut self, also: bool) -> Self {
        if let Self::Settled { released, .. } | Self::Moving { released, .. } = &mut self {
            *released |= also;
        }
        self
    }
}

/// Puts a file away unread: whoever read it broke off, again and again.
///
/// # Errors
/// When the ledger fails.
pub(crate) async fn put_away(house: &Arc<House>, owner: &str, path: &Path) -> Result<Taken, DispatchError> {
    let reason = format!("reading it broke off {} times; it was put away unread", crate::limits::BREAKS);
    let incoming = Incoming::of_broken(house, owner, house.shown(path), None, reason);
    let (inner, now, arrival) = (Arc::clone(house), Timestamp::now(), Arrival::of(&incoming));
    let ledger = house.ledger.in_lane(owner);
    let taken = ledger.write(move |tx| record::record(tx, &inner, incoming, now)).await?;
    arrival.log(&taken);
    Ok(taken)
}

/// Reads the file at `path` in an inbox of `owner` (an agent, or the drop box) and writes it down.
///
/// # Errors
/// When the ledger fails or the file cannot be read for a reason that may pass.
pub(crate) async fn capture(
    house: &Arc<House>,
    owner: &str,
    path: PathBuf,
    seen: Seen,
    unfinished: bool,
) -> Result<Taken, DispatchError> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
        return Ok(Taken::Ignored("its name is not UTF-8; rename it".to_owned()));
    };
    let roster = house.roster();
    let agent = roster.get(owner);
    if agent.is_none() && owner != CENTRAL {
        return Ok(Taken::Gone);
    }
    let external = agent.is_some_and(|agent| agent.kind == AgentKind::External);
    if external && !read::is_handoff_name(&name) {
        return Ok(Taken::Ignored("it is neither .json nor .md and stays where it is".to_owned()));
    }
    let file = house.shown(&path);
    let (inner, now, ledger) = (Arc::clone(house), Timestamp::now(), house.ledger.in_lane(owner));
    let size = path.symlink_metadata().map_or(0, |metadata| metadata.len());
    let _held = house.holding_budget(size).await;
    let incoming = match read::look(house, path, size, name.clone(), external, (seen, unfinished)).await? {
        Looked::Handoff(captured, handoff) => match agent {
            Some(agent) => Incoming::of_handoff(house, agent, file, captured, *handoff),
            None => match route::dropped(house, file, captured, *handoff) {
                Dropped::One(incoming) => incoming,
                Dropped::All(whole, copies) => {
                    let arrival = Arrival::of(&whole);
                    let taken = ledger.write(move |tx| record::broadcast(tx, &inner, whole, copies, now)).await?;
                    fail_point!("broadcast.committed");
                    arrival.log(&taken);
                    return Ok(taken);
                }
            },
        },
        Looked::Broken(captured, reason) => Incoming::of_broken(house, owner, file, captured, reason),
        Looked::Later { pause, unfinished } => return Ok(Taken::Later { pause, unfinished }),
        Looked::NotOurs(reason) => return Ok(Taken::Ignored(reason)),
        Looked::Gone => return Ok(Taken::Gone),
    };
    let arrival = Arrival::of(&incoming);
    let taken = ledger.write(move |tx| record::record(tx, &inner, incoming, now)).await?;
    fail_point!("capture.committed");
    arrival.log(&taken);
    Ok(taken)
}
