//! Limits the number of notices a minute, and selects which waiting notice is sent next. Pure logic: the current time is an
//! argument.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use baton_dispatch::notices::{Notice, NoticeBatch};

/// The period of the limit.
const WINDOW: Duration = Duration::from_mins(1);

/// The times of the last notices.
#[derive(Debug)]
pub(super) struct Rate {
    most: usize,
    given: VecDeque<Instant>,
}

impl Rate {
    pub(super) fn new(per_minute: u32) -> Self {
        Self { most: usize::try_from(per_minute).unwrap_or(usize::MAX), given: VecDeque::new() }
    }

    /// The number of notices that may be sent now.
    pub(super) fn room(&mut self, now: Instant) -> usize {
        while self.given.front().is_some_and(|at| now.duration_since(*at) >= WINDOW) {
            self.given.pop_front();
        }
        self.most.saturating_sub(self.given.len())
    }

    /// The time of the next possible notice, if the limit is reached.
    pub(super) fn next(&self, now: Instant) -> Instant {
        self.given.front().map_or(now, |at| *at + WINDOW)
    }

    pub(super) fn record_notice(&mut self, now: Instant) {
        self.given.push_back(now);
    }
}

/// The input of one run of the receivers: a notice, and others that were merged into it.
#[derive(Clone, Debug)]
pub(super) struct NoticeGroup {
    pub(super) first: Notice,
    pub(super) others: Vec<Notice>,
    /// The number of merged notices.
    pub(super) more: u64,
    /// The number of an event. When the group is sent, all events up to this event are reported.
    pub(super) up_to: i64,
}

/// The waiting notices.
#[derive(Debug, Default)]
pub(super) struct Queue {
    notices: VecDeque<Notice>,
    more: u64,
    pub(super) read: i64,
}

impl Queue {
    /// A queue for events after `seq`.
    pub(super) fn after(seq: i64) -> Self {
        Self { read: seq, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.notices.is_empty()
    }

    /// Adds notices. Keeps at most `most` notices in full and only counts the others.
    pub(super) fn add(&mut self, batch: NoticeBatch, most: usize) {
        self.read = batch.up_to;
        for notice in batch.notices {
            if self.notices.len() < most && self.more == 0 {
                self.notices.push_back(notice);
            } else {
                self.more += 1;
            }
        }
        self.more += batch.more;
    }

    /// The next notice, if `room` notices may be sent now. If `room` is 1, or if no other notice is kept in full, all
    /// remaining notices are merged into it.
    pub(super) fn take(&mut self, room: usize) -> Option<NoticeGroup> {
        let first = self.notices.pop_front()?;
        let last = self.notices.is_empty();
        if !last && room > 1 {
            return Some(NoticeGroup { up_to: first.seq, first, others: Vec::new(), more: 0 });
        }
        let others: Vec<Notice> = std::mem::take(&mut self.notices).into();
        let more = std::mem::take(&mut self.more) + others.len() as u64;
        Some(NoticeGroup { first, others, more, up_to: self.read })
    }
}

#[cfg(test)]
mod tests {
    use baton_core::State;
    use baton_dispatch::notices::NoticeCause;
    use baton_ledger::task::{NewTask, Origin, Task, TaskSummary, insert};
    use baton_ledger::{Ledger, Tx};
    use jiff::Timestamp;

    use super::*;

    fn notice(seq: i64) -> Notice {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let make = move |tx: &Tx<'_>| {
            let id = insert(tx, &NewTask::blank("a", Origin::Handoff, State::Failed), None, at)?;
            baton_ledger::task::get_in(tx, &id)
        };
        let task: Task = ledger.write_blocking(make).unwrap();
        let (state, cause) = (State::Failed, NoticeCause::Failed);
        Notice { id: seq.to_string(), seq, cause, at, state, reason: String::new(), task: TaskSummary::from(task) }
    }

    fn batch(from: i64, to: i64, more: u64, up_to: i64) -> NoticeBatch {
        NoticeBatch { notices: (from..=to).map(notice).collect(), more, up_to }
    }

    #[test]
    fn notices_are_sent_one_by_one_and_the_last_one_contains_the_rest() {
        let (mut queue, mut rate, now) = (Queue::after(0), Rate::new(3), Instant::now());
        queue.add(batch(1, 5, 0, 9), 10);
        let mut sent = Vec::new();
        while rate.room(now) > 0 {
            let Some(group) = queue.take(rate.room(now)) else { break };
            rate.record_notice(now);
            sent.push((group.first.seq, group.others.len(), group.more, group.up_to));
        }
        assert_eq!(sent, [(1, 0, 0, 1), (2, 0, 0, 2), (3, 2, 2, 9)]);
        assert_eq!((rate.room(now), rate.next(now)), (0, now + WINDOW));
        assert_eq!(rate.room(now + WINDOW), 3);
    }

    #[test]
    fn left_out_notices_are_counted_and_the_order_is_kept() {
        let mut queue = Queue::after(0);
        queue.add(batch(1, 2, 3, 5), 2);
        queue.add(batch(6, 7, 0, 8), 2);
        let group = queue.take(1).unwrap();
        assert_eq!((group.first.seq, group.others.len(), group.more, group.up_to), (1, 1, 6, 8));
        assert!(queue.is_empty() && queue.take(1).is_none());
    }

    #[test]
    fn counted_notices_are_sent_with_the_last_one_that_is_kept() {
        let mut queue = Queue::after(0);
        queue.add(batch(1, 2, 3, 5), 2);
        let letters = [queue.take(60).unwrap(), queue.take(60).unwrap()];
        assert_eq!(letters.map(|group| (group.first.seq, group.more, group.up_to)), [(1, 0, 1), (2, 3, 5)]);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_single_waiting_notice_is_sent_unmerged() {
        let mut queue = Queue::after(0);
        queue.add(batch(4, 4, 0, 6), 2);
        let group = queue.take(1).unwrap();
        assert_eq!((group.more, group.up_to), (0, 6));
    }
}
