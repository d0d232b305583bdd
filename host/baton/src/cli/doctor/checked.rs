//! What `doctor` remembers of a long ledger, so that it need not read the whole of it each time: up to which event the chain was
//! found sound, and when everything was checked. It is the one file that `doctor` writes, in the state folder.
//!
//! A file that does not fit the ledger, or is not as it was written, only means that everything is checked again.

use std::fs;
use std::path::PathBuf;

use baton_ledger::verify::Sound;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::workspace::State;

/// After this time everything is checked again: until then, a row that was checked and edited afterwards is not found.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// What was found sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checked {
    /// The part of the chain.
    pub(super) sound: Sound,
    /// When all events and all rows were checked, in milliseconds since 1970 in UTC.
    whole_at: i64,
}

impl Checked {
    /// All events and all rows are sound at `now`.
    pub(super) fn whole(sound: Sound, now: Timestamp) -> Self {
        Self { sound, whole_at: now.as_millisecond() }
    }

    /// The chain is sound up to there, too.
    pub(super) fn further(&self, sound: Sound) -> Self {
        Self { sound, whole_at: self.whole_at }
    }

    /// When everything was checked, if that was not too long ago.
    pub(super) fn whole_at(&self, now: Timestamp) -> Option<Timestamp> {
        let at = Timestamp::from_millisecond(self.whole_at).ok()?;
        (at <= now && now.duration_since(at) < AGAIN).then_some(at)
    }

    /// What is remembered.
    pub(super) fn read(state: &State) -> Option<Self> {
        serde_json::from_slice(&fs::read(file(state)).ok()?).ok()
    }

    /// Remembers it. Where that fails, everything is checked again the next time.
    pub(super) fn write(&self, state: &State) {
        let file = file(state);
        let temporary = file.with_extension(format!("{}.tmp", std::process::id()));
        let written = serde_json::to_vec(self).map_err(std::io::Error::from);
        let written =
            written.and_then(|bytes| fs::write(&temporary, bytes)).and_then(|()| fs::rename(&temporary, &file));
        if written.is_err() {
            drop(fs::remove_file(&temporary));
        }
    }

    /// Forgets it, because something is wrong.
    pub(super) fn forget(state: &State) {
        drop(fs::remove_file(file(state)));
    }
}

fn file(state: &State) -> PathBuf {
    state.folder().join("checked.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_counts_for_a_day_and_never_from_the_future() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let sound = Sound { events: 7, head: "ab".to_owned(), pruned: 0 };
        let checked = Checked::whole(sound.clone(), now);
        let after = |seconds: i64| checked.whole_at(Timestamp::from_second(1_700_000_000 + seconds).unwrap());
        assert_eq!((after(0), after(86_399)), (Some(now), Some(now)));
        assert_eq!((after(86_400), after(-1)), (None, None));
        let further = checked.further(Sound { events: 9, ..sound });
        assert_eq!((further.whole_at(now), further.sound.events), (Some(now), 9));
    }
}
