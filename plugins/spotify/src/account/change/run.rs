//! Changes one playlist as planned. See the module's documentation for how it is done exactly once.

use std::time::SystemTime;

use baton_plugin_kit::host::Progress as Reporter;
use baton_plugin_sdk::Error;

use super::journal::{Change, Journal};
use super::remote::{self, Present};
use super::steps::{Progress, Step, between, possible, progress, with_changes_of_others};
use crate::account::web::{Api, Refusal, WriteError};
use crate::diff::changes;

/// How often the present list is compared with the plan. Each time, an answer did not arrive or another program wrote.
const ROUNDS: u64 = 8;

/// What a run of a plan needs.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) api: &'a Api<'a>,
    pub(super) journal: &'a Journal<'a>,
    pub(super) plan: &'a str,
    pub(super) reporter: &'a dyn Reporter,
}

/// How far a playlist is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// It is as wanted.
    Wanted,
    /// Not possible, and why; nothing was changed.
    Not(String),
    /// Not possible any more, and why; some of it was changed.
    Stopped(String),
    /// The task has no more requests.
    Later,
}

impl Run<'_> {
    /// Makes the playlist as the plan says.
    pub(super) fn apply(&self, change: &mut Change) -> Result<Reached, Error> {
        if change.playlist.is_empty() {
            match self.create(change) {
                Ok(id) => change.playlist = id,
                Err(refusal) => return reached(refusal),
            }
            self.journal.note(self.plan, change)?;
        }
        let has_begun = change.state == "begun";
        if !has_begun {
            "begun".clone_into(&mut change.state);
            if change.is_new {
                // The snapshot of a new playlist is not known, so it is read.
                change.snapshot.clear();
            }
            self.journal.note(self.plan, change)?;
        }
        let made = self.make(change, Direction::Apply, has_begun || change.is_new)?;
        if made == Reached::Wanted && change.is_new {
            self.remove_copies(change)?;
        }
        Ok(made)
    }

    /// Gives the playlist its former items, or removes it if the plan created it.
    pub(super) fn undo(&self, change: &mut Change) -> Result<Reached, Error> {
        if change.is_new {
            return self.remove(change).or_else(reached);
        }
        if change.state != "undoing" {
            let present = match remote::read(self.api, &change.playlist) {
                Ok(present) => present,
                Err(refusal) => return reached(refusal),
            };
            if !Self::is_of_plan(change, &present.items) {
                return Ok(Reached::Not("it was changed after the plan".to_owned()));
            }
            (change.base, change.snapshot, change.done) = (present.items, present.snapshot, 0);
            "undoing".clone_into(&mut change.state);
            self.journal.put(self.plan, change)?;
        }
        self.make(change, Direction::Undo, true)
    }

    /// Makes the playlist as it is after or before the plan. `has_begun` says whether a request of the plan may have been sent before.
    fn make(&self, change: &mut Change, direction: Direction, mut has_begun: bool) -> Result<Reached, Error> {
        for round in 1..=ROUNDS {
            let steps = between(&change.base, direction.goal(change));
            match self.compare(change, &steps, has_begun, round) {
                Ok(Compared::Here) => {}
                Ok(Compared::Changed(present)) if has_begun => self.keep_changes_of_others(change, &steps, present)?,
                Ok(Compared::Changed(_)) => {
                    return Ok(Reached::Not("it was changed after the plan was made".to_owned()));
                }
                Err(refusal) => return Ok(stopped(reached(refusal)?, change.done)),
            }
            has_begun = true;
            let steps = between(&change.base, direction.goal(change));
            match self.send(change, &steps) {
                Ok(true) => {}
                Ok(false) => {
                    self.api.pause_after(round.min(5), "a request has no certain result").map_err(Error::from)?;
                    continue;
                }
                Err(refusal) => return Ok(stopped(reached(refusal)?, change.done)),
            }
            match remote::read(self.api, &change.playlist) {
                Ok(present) if present.items == *direction.goal(change) => return Ok(Reached::Wanted),
                Ok(_) => change.snapshot.clear(),
                Err(refusal) => return reached(refusal),
            }
        }
        Err(Error::Retryable(format!("{}: Spotify does not keep what it confirms", change.name)))
    }

    /// Somebody else changed the playlist while it is half done. The plan is made anew, so that it keeps their items too.
    fn keep_changes_of_others(&self, change: &mut Change, steps: &[Step], present: Present) -> Result<(), Error> {
        let mut states = vec![change.base.clone()];
        for step in steps.iter().take(change.done + 1) {
            let mut next = states.last().cloned().unwrap_or_default();
            step.apply(&mut next);
            states.push(next);
        }
        // The last request may have taken effect or not.
        let likely = states.into_iter().skip(change.done);
        let distance = |list: &Vec<String>| {
            let differences = changes(list, &present.items);
            differences.added.len() + differences.removed.len()
        };
        let expected = likely.min_by_key(distance).unwrap_or_default();
        for list in [&mut change.before, &mut change.after] {
            *list = possible(&present.items, &with_changes_of_others(list, &expected, &present.items)).items;
        }
        (change.base, change.snapshot, change.done) = (present.items, present.snapshot, 0);
        change.note = Some("somebody else changed it meanwhile; the plan keeps their changes".to_owned());
        self.journal.put(self.plan, change)
    }

    /// Finds out how much of the plan is done, if the snapshot does not say it.
    fn compare(&self, change: &mut Change, steps: &[Step], has_begun: bool, round: u64) -> Result<Compared, Refusal> {
        if !change.snapshot.is_empty() && remote::snapshot(self.api, &change.playlist)? == change.snapshot {
            return Ok(Compared::Here);
        }
        let mut present = remote::read(self.api, &change.playlist)?;
        let mut found = progress(&present.items, &change.base, steps);
        if found == Progress::Disordered && has_begun {
            // Another program that applies the same plan repairs it too: after different pauses, only one of them finds it so.
            self.api.pause_after(round.min(3) + any_seconds(4), "a request took effect twice")?;
            present = remote::read(self.api, &change.playlist)?;
            found = progress(&present.items, &change.base, steps);
        }
        let compared = match found {
            Progress::Done(done) => {
                change.done = done;
                change.snapshot = present.snapshot;
                self.journal.note(self.plan, change).map_err(Refusal::Failed)?;
                Compared::Here
            }
            Progress::Disordered if has_begun => {
                (change.base, change.snapshot, change.done) = (present.items, present.snapshot, 0);
                self.journal.put(self.plan, change).map_err(Refusal::Failed)?;
                Compared::Here
            }
            Progress::Disordered | Progress::Changed => Compared::Changed(present),
        };
        Ok(compared)
    }

    /// Sends the steps that are not done. Returns false if the result of one is not certain.
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

    /// The text in the description by which a new playlist is found again.
    fn marker(&self, change: &Change) -> String {
        format!("Baton, plan {}/{}", self.plan, change.number)
    }

    /// The playlists that this plan created for the change, those with items first.
    fn created(&self, change: &Change) -> Result<Vec<String>, Error> {
        let marker = self.marker(change);
        let is_it = |description: &Option<String>| description.as_deref() == Some(marker.as_str());
        let mut found = remote::all(self.api)?;
        found.retain(|one| one.is_own && is_it(&one.description));
        found.sort_by_key(|one| (one.items == 0, one.id.clone()));
        Ok(found.into_iter().map(|one| one.id).collect())
    }

    /// Creates the playlist, or finds it if an earlier request created it.
    fn create(&self, change: &Change) -> Result<String, Refusal> {
        for round in 1..=ROUNDS {
            if let Some(id) = self.created(change).map_err(Refusal::Failed)?.into_iter().next() {
                return Ok(id);
            }
            match remote::create(self.api, &change.name, &self.marker(change)) {
                Ok(id) => return Ok(id),
                Err(WriteError::Refused(refusal)) => return Err(refusal),
                Err(WriteError::Unknown(why)) => self.api.pause_after(round.min(5), &why)?,
            }
        }
        Err(Refusal::Failed(Error::Retryable(format!("{} could not be created", change.name))))
    }

    /// Removes empty playlists that a request created which took effect twice.
    fn remove_copies(&self, change: &Change) -> Result<(), Error> {
        let copies: Vec<String> = self.created(change)?.into_iter().filter(|id| *id != change.playlist).collect();
        for id in copies {
            if !remote::read(self.api, &id)?.items.is_empty() {
                continue;
            }
            match remote::remove(self.api, &id) {
                // What is left is empty, and found by the next run.
                Ok(()) | Err(WriteError::Unknown(_)) => {}
                Err(WriteError::Refused(refusal)) => return Err(refusal.into()),
            }
        }
        Ok(())
    }

    /// Whether only the plan has changed the list. In the middle of a plan, a request may have taken effect twice.
    fn is_of_plan(change: &Change, present: &[String]) -> bool {
        match progress(present, &change.base, &between(&change.base, &change.after)) {
            Progress::Done(_) => true,
            Progress::Disordered => change.state != "done",
            Progress::Changed => false,
        }
    }

    fn remove(&self, change: &mut Change) -> Result<Reached, Refusal> {
        for round in 1..=ROUNDS {
            let is_there = |one: &crate::account::listed::Listed| one.id == change.playlist;
            if !remote::all(self.api).map_err(Refusal::Failed)?.iter().any(is_there) {
                return Ok(Reached::Wanted);
            }
            match remote::read(self.api, &change.playlist) {
                Ok(present) if Self::is_of_plan(change, &present.items) => {}
                Ok(_) => return Ok(Reached::Not("it was changed after the plan".to_owned())),
                // An earlier request takes effect only now.
                Err(Refusal::Missing) => return Ok(Reached::Wanted),
                Err(refusal) => return Err(refusal),
            }
            match remote::remove(self.api, &change.playlist) {
                Ok(()) | Err(WriteError::Refused(Refusal::Missing)) => {}
                Err(WriteError::Refused(refusal)) => return Err(refusal),
                Err(WriteError::Unknown(why)) => self.api.pause_after(round.min(5), &why)?,
            }
        }
        Err(Refusal::Failed(Error::Retryable(format!("{} could not be removed", change.name))))
    }
}

/// Which list a playlist gets.
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

/// What the present list is.
enum Compared {
    /// As after `done` steps.
    Here,
    /// Somebody else changed it.
    Changed(Present),
}

/// A refusal as the result for one playlist, or as the end of the task.
fn reached(refusal: Refusal) -> Result<Reached, Error> {
    match refusal {
        Refusal::Forbidden => Ok(Reached::Not(
            "Spotify does not let the account change it (403), because it belongs to others".to_owned(),
        )),
        Refusal::Missing => Ok(Reached::Not("it does not exist any more".to_owned())),
        Refusal::NoMoreRequests => Ok(Reached::Later),
        Refusal::Failed(error) => Err(error),
    }
}

/// The result if some steps are done.
fn stopped(reached: Reached, done: usize) -> Reached {
    match reached {
        Reached::Not(why) if done > 0 => Reached::Stopped(why),
        other => other,
    }
}

/// A number below `most` that two programs do not choose together.
fn any_seconds(most: u32) -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_micros() % most)
}
