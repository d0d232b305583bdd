//! Changes one playlist by a plan, exactly once; see the parent module.

use std::time::SystemTime;

use baton_plugin_kit::host::Progress as Reporter;
use baton_plugin_kit::playlist_names::playlist_id;
use baton_plugin_sdk::Error;

use super::journal::{Change, Journal};
use super::remote::{self, RemotePlaylist};
use super::steps::{Progress, Step, between, possible_items, progress, with_changes_of_others};
use crate::account::playlist_list::AccountPlaylist;
use crate::account::web::{Api, Refusal, WriteError};
use crate::diff::changes;

/// The maximum number of comparisons of the present list with the plan. Each further comparison means that an answer did not
/// arrive or that another program changed the list.
const ROUNDS: u64 = 8;

/// The services that a run of a plan needs.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) api: &'a Api<'a>,
    pub(super) journal: &'a Journal<'a>,
    pub(super) plan: &'a str,
    pub(super) reporter: &'a dyn Reporter,
}

/// The result for a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ChangeResult {
    /// The playlist has its wanted items.
    Wanted,
    /// The change is not possible, with the reason; nothing was changed.
    Not(String),
    /// The change is not possible any more, with the reason; a part of it was made.
    Stopped(String),
    /// The task has no more requests.
    Later,
}

impl Run<'_> {
    /// Applies the plan to the playlist.
    pub(super) fn apply(&self, change: &mut Change) -> Result<ChangeResult, Error> {
        let mut has_begun = change.state == "begun";
        if !has_begun {
            "begun".clone_into(&mut change.state);
            self.journal.note(self.plan, change)?;
        }
        if change.playlist.is_empty() {
            match self.create(change, &mut has_begun) {
                Ok(id) => change.playlist = id,
                Err(refusal) => return self.refused(change, refusal, has_begun),
            }
            self.journal.note(self.plan, change)?;
        }
        let made = self.make(change, Direction::Apply, has_begun || change.is_new)?;
        if made == ChangeResult::Wanted && change.is_new {
            self.remove_copies(change)?;
        }
        Ok(made)
    }

    /// Restores the former items of the playlist, or removes the playlist if the plan created it.
    pub(super) fn undo(&self, change: &mut Change) -> Result<ChangeResult, Error> {
        if change.is_new {
            return self.remove(change).or_else(to_change_result);
        }
        if change.state != "undoing" {
            let present = match remote::read(self.api, &change.playlist) {
                Ok(present) => present,
                Err(refusal) => return to_change_result(refusal),
            };
            if !Self::is_of_plan(change, &present.items) {
                return Ok(ChangeResult::Not("the playlist was changed after the plan was applied".to_owned()));
            }
            (change.base, change.snapshot, change.done) = (present.items, present.snapshot, 0);
            "undoing".clone_into(&mut change.state);
            self.journal.put(self.plan, change)?;
        }
        self.make(change, Direction::Undo, true)
    }

    /// Gives the playlist its items after the plan or, for an undo, before the plan. `has_begun` is true if a request of
    /// the plan may already have taken effect.
    fn make(&self, change: &mut Change, direction: Direction, mut has_begun: bool) -> Result<ChangeResult, Error> {
        for round in 1..=ROUNDS {
            let steps = between(&change.base, direction.goal(change));
            match self.compare(change, &steps, has_begun, round) {
                Ok(RemoteComparison::Here) => {}
                Ok(RemoteComparison::Changed(present)) if has_begun => {
                    self.keep_changes_of_others(change, &steps, present)?;
                }
                Ok(RemoteComparison::Changed(_)) => {
                    return Ok(ChangeResult::Not("the playlist was changed after the plan was made".to_owned()));
                }
                Err(refusal) => return self.refused(change, refusal, has_begun),
            }
            let steps = between(&change.base, direction.goal(change));
            let sent = self.send(change, &steps);
            has_begun = has_begun || sent.is_ok() || change.done > 0;
            match sent {
                Ok(true) => {}
                Ok(false) => {
                    self.api.pause(round.min(5), "a request has no certain result").map_err(Error::from)?;
                    continue;
                }
                Err(refusal) => return self.refused(change, refusal, has_begun),
            }
            match remote::read(self.api, &change.playlist) {
                Ok(present) if present.items == *direction.goal(change) => return Ok(ChangeResult::Wanted),
                Ok(_) => change.snapshot.clear(),
                Err(refusal) => return self.refused(change, refusal, has_begun),
            }
        }
        Err(Error::Retryable(format!("{}: Spotify confirmed the change, but did not make it", change.name)))
    }

    /// The result of a refusal. If no request of the plan can have taken effect, the state of the change becomes `planned`
    /// again. The next `apply` then refuses a playlist that somebody else has changed, instead of merging the changes.
    fn refused(&self, change: &mut Change, refusal: Refusal, has_begun: bool) -> Result<ChangeResult, Error> {
        if !has_begun {
            "planned".clone_into(&mut change.state);
            self.journal.note(self.plan, change)?;
        }
        Ok(match to_change_result(refusal)? {
            ChangeResult::Not(why) if has_begun => ChangeResult::Stopped(why),
            other => other,
        })
    }

    /// Somebody else changed the playlist during the change. Changes the plan so that it keeps these changes too.
    fn keep_changes_of_others(
        &self,
        change: &mut Change,
        steps: &[Step],
        present: RemotePlaylist,
    ) -> Result<(), Error> {
        let mut states = vec![change.base.clone()];
        for step in steps.iter().take(change.done + 1) {
            let mut next = states.last().cloned().unwrap_or_default();
            step.apply(&mut next);
            states.push(next);
        }
        // It is not known whether the last request took effect.
        let likely = states.into_iter().skip(change.done);
        let distance = |list: &Vec<String>| {
            let differences = changes(list, &present.items);
            differences.added.len() + differences.removed.len()
        };
        let expected = likely.min_by_key(distance).unwrap_or_default();
        for list in [&mut change.before, &mut change.after] {
            *list = possible_items(&present.items, &with_changes_of_others(list, &expected, &present.items)).items;
        }
        (change.base, change.snapshot, change.done) = (present.items, present.snapshot, 0);
        change.note = Some("somebody else changed the playlist meanwhile; the plan keeps their changes".to_owned());
        self.journal.put(self.plan, change)
    }

    /// Compares the present list with the plan. If the snapshot is not the last known one, determines the number of
    /// completed steps.
    fn compare(
        &self,
        change: &mut Change,
        steps: &[Step],
        has_begun: bool,
        round: u64,
    ) -> Result<RemoteComparison, Refusal> {
        if !change.snapshot.is_empty() && remote::snapshot(self.api, &change.playlist)? == change.snapshot {
            return Ok(RemoteComparison::Here);
        }
        let mut present = remote::read(self.api, &change.playlist)?;
        let mut found = progress(&present.items, &change.base, steps);
        if found == Progress::Disordered && has_begun {
            // Another program that applies the same plan repairs the list too. The random pause makes it unlikely that both do so.
            self.api.pause(round.min(3) + any_seconds(4), "a request took effect twice")?;
            present = remote::read(self.api, &change.playlist)?;
            found = progress(&present.items, &change.base, steps);
        }
        let compared = match found {
            Progress::Done(done) => {
                change.done = done;
                change.snapshot = present.snapshot;
                self.journal.note(self.plan, change).map_err(Refusal::Failed)?;
                RemoteComparison::Here
            }
            Progress::Disordered if has_begun => {
                (change.base, change.snapshot, change.done) = (present.items, present.snapshot, 0);
                self.journal.put(self.plan, change).map_err(Refusal::Failed)?;
                RemoteComparison::Here
            }
            Progress::Disordered | Progress::Changed => RemoteComparison::Changed(present),
        };
        Ok(compared)
    }

    /// Sends the remaining steps. Returns false if the result of a step is not certain.
    fn send(&self, change: &mut Change, steps: &[Step]) -> Result<bool, Refusal> {
        let all = steps.len();
        while let Some(step) = steps.get(change.done) {
            let percent = u8::try_from(change.done * 100 / all.max(1)).unwrap_or(100);
            let message = format!("{}: {} of {all} requests", change.name, change.done);
            self.reporter.step(percent, &message).map_err(Refusal::Failed)?;
            match remote::send(self.api, &change.playlist, step, &change.snapshot) {
                Ok(snapshot) => change.snapshot = snapshot,
                Err(WriteError::Unknown(_)) => {
                    change.snapshot.clear();
                    return Ok(false);
                }
                Err(WriteError::Refused(refusal)) => return Err(refusal),
            }
            change.done += 1;
            self.journal.note(self.plan, change).map_err(Refusal::Failed)?;
            // After the last step, the whole list is read.
            if change.done < all && remote::snapshot(self.api, &change.playlist)? != change.snapshot {
                change.snapshot.clear();
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The text in the description that identifies a new playlist. It has only characters that Spotify does not escape.
    fn marker(&self, change: &Change) -> String {
        format!("Baton, plan {}, playlist {}", self.plan, change.number)
    }

    /// True if this plan created the playlist for the change. A plan may have the id of a deleted plan, so the name is compared too.
    fn is_created(&self, change: &Change, one: &AccountPlaylist) -> bool {
        let is_named = playlist_id(&one.name) == playlist_id(&change.name);
        one.is_own && is_named && one.description.as_deref() == Some(self.marker(change).as_str())
    }

    /// The playlists that this plan created for the change, those with items first.
    fn created(&self, change: &Change) -> Result<Vec<String>, Error> {
        let mut found = remote::all(self.api)?;
        found.retain(|one| self.is_created(change, one));
        found.sort_by_key(|one| (one.items == 0, one.id.clone()));
        Ok(found.into_iter().map(|one| one.id).collect())
    }

    /// Creates the playlist, or finds it if an earlier request created it. Sets `has_begun` if a request may have taken effect.
    fn create(&self, change: &Change, has_begun: &mut bool) -> Result<String, Refusal> {
        for round in 1..=ROUNDS {
            if let Some(id) = self.created(change).map_err(Refusal::Failed)?.into_iter().next() {
                *has_begun = true;
                return Ok(id);
            }
            let made = remote::create(self.api, &change.name, &self.marker(change));
            *has_begun = *has_begun || !matches!(made, Err(WriteError::Refused(_)));
            match made {
                Ok(id) => return self.choose(change, id),
                Err(WriteError::Refused(refusal)) => return Err(refusal),
                Err(WriteError::Unknown(why)) => self.api.pause(round.min(5), &why)?,
            }
        }
        Err(Refusal::Failed(Error::Retryable(format!("{} could not be created", change.name))))
    }

    /// Another program that applies the same plan may have created the playlist at the same time. Both programs continue with
    /// the first of these playlists. So this program removes its own playlist if it is not the first.
    fn choose(&self, change: &Change, own: String) -> Result<String, Refusal> {
        let first = self.created(change).map_err(Refusal::Failed)?.into_iter().next();
        let Some(first) = first.filter(|first| *first != own) else { return Ok(own) };
        match remote::remove(self.api, &own) {
            // If the playlist was not removed, it is empty, and is removed at the end.
            Ok(()) | Err(WriteError::Unknown(_) | WriteError::Refused(Refusal::Missing)) => Ok(first),
            Err(WriteError::Refused(refusal)) => Err(refusal),
        }
    }

    /// Removes empty playlists that exist because a request took effect twice.
    fn remove_copies(&self, change: &Change) -> Result<(), Error> {
        let copies: Vec<String> = self.created(change)?.into_iter().filter(|id| *id != change.playlist).collect();
        for id in copies {
            match remote::read(self.api, &id) {
                Ok(present) if present.items.is_empty() => {}
                // Another program that applies the same plan removed it.
                Ok(_) | Err(Refusal::Missing) => continue,
                Err(refusal) => return Err(refusal.into()),
            }
            match remote::remove(self.api, &id) {
                // If the playlist was not removed, it is empty, and the next run finds it.
                Ok(()) | Err(WriteError::Unknown(_) | WriteError::Refused(Refusal::Missing)) => {}
                Err(WriteError::Refused(refusal)) => return Err(refusal.into()),
            }
        }
        Ok(())
    }

    /// True if only the plan has changed the list. If the plan was not completed, some of its requests may have had no effect
    /// or taken effect twice.
    fn is_of_plan(change: &Change, present: &[String]) -> bool {
        let steps = between(&change.base, &change.after);
        let is_in_the_middle = ["begun", "stopped"].contains(&change.state.as_str());
        match progress(present, &change.base, &steps) {
            Progress::Done(done) => is_in_the_middle || done == 0 || done == steps.len(),
            Progress::Disordered => is_in_the_middle,
            Progress::Changed => false,
        }
    }

    /// Removes the playlist and its copies. Its id is unknown if the answer to its creation did not arrive.
    fn remove(&self, change: &Change) -> Result<ChangeResult, Refusal> {
        let is_it = |one: &AccountPlaylist| one.id == change.playlist || self.is_created(change, one);
        for round in 1..=ROUNDS {
            let (mut is_over, mut is_changed) = (true, false);
            for one in remote::all(self.api).map_err(Refusal::Failed)?.iter().filter(|one| is_it(one)) {
                match remote::read(self.api, &one.id) {
                    Ok(present) if Self::is_of_plan(change, &present.items) => is_over = false,
                    Ok(_) => {
                        is_changed = true;
                        continue;
                    }
                    // The playlist is missing, because an earlier request has taken effect in the meantime.
                    Err(Refusal::Missing) => continue,
                    Err(refusal) => return Err(refusal),
                }
                match remote::remove(self.api, &one.id) {
                    Ok(()) | Err(WriteError::Refused(Refusal::Missing)) => {}
                    Err(WriteError::Refused(refusal)) => return Err(refusal),
                    Err(WriteError::Unknown(why)) => self.api.pause(round.min(5), &why)?,
                }
            }
            match (is_over, is_changed) {
                (true, true) => {
                    return Ok(ChangeResult::Not("the playlist was changed after the plan was applied".to_owned()));
                }
                (true, false) => return Ok(ChangeResult::Wanted),
                (false, _) => {}
            }
        }
        Err(Refusal::Failed(Error::Retryable(format!("{} could not be removed", change.name))))
    }
}

/// The list that a playlist gets.
#[derive(Clone, Copy, Debug)]
enum Direction {
    Apply,
    Undo,
}

impl Direction {
    fn goal(self, change: &Change) -> &Vec<String> {
        match self {
            Self::Apply => &change.after,
            Self::Undo => &change.before,
        }
    }
}

/// The state of the present list.
enum RemoteComparison {
    /// The list after `done` steps.
    Here,
    /// Somebody else changed the list.
    Changed(RemotePlaylist),
}

/// A refusal as the result for one playlist, or as the end of the task.
fn to_change_result(refusal: Refusal) -> Result<ChangeResult, Error> {
    match refusal {
        Refusal::Forbidden => Ok(ChangeResult::Not(
            "Spotify does not allow the account to change the playlist (403), because the playlist belongs to others"
                .to_owned(),
        )),
        Refusal::Missing => Ok(ChangeResult::Not("the playlist does not exist any more".to_owned())),
        Refusal::Rejected(why) => Ok(ChangeResult::Not(why)),
        Refusal::NoMoreRequests => Ok(ChangeResult::Later),
        Refusal::Failed(error) => Err(error),
    }
}

/// A random number below `most`, so that two programs probably use different pauses.
fn any_seconds(most: u32) -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_micros() % most)
}
