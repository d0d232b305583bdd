//! Queues of jobs that wait for the writing thread. Each lane is one queue. The lanes take turns, so that many jobs in one
//! lane do not delay the other lanes. Within a lane, jobs run in the order in which they were added.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

/// The waiting jobs by lane, oldest first. A lane without waiting jobs is removed.
pub(crate) struct Lanes<T> {
    lanes: BTreeMap<Arc<str>, VecDeque<T>>,
    /// The lane that had the last turn.
    last: Option<Arc<str>>,
    waiting: usize,
}

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self { lanes: BTreeMap::new(), last: None, waiting: 0 }
    }
}

impl<T> Lanes<T> {
    pub(crate) fn add(&mut self, lane: Arc<str>, job: T) {
        self.waiting += 1;
        match self.lanes.get_mut(&lane) {
            Some(queue) => queue.push_back(job),
            None => drop(self.lanes.insert(lane, VecDeque::from([job]))),
        }
    }

    /// The oldest job of the next lane in turn.
    pub(crate) fn next(&mut self) -> Option<T> {
        let after = self.last.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let mut in_turn = self.lanes.range::<Arc<str>, _>((after, Bound::Unbounded)).chain(&self.lanes);
        let lane = in_turn.next().map(|(lane, _)| Arc::clone(lane))?;
        let queue = self.lanes.get_mut(&lane)?;
        let job = queue.pop_front();
        if queue.is_empty() {
            self.lanes.remove(&lane);
        }
        self.last = Some(lane);
        self.waiting = self.waiting.saturating_sub(1);
        job
    }

    /// The number of lanes with waiting jobs.
    pub(crate) fn count(&self) -> usize {
        self.lanes.len()
    }

    /// The number of waiting jobs.
    pub(crate) fn len(&self) -> usize {
        self.waiting
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_take_turns_and_keep_their_order() {
        let mut lanes = Lanes::default();
        for number in 1..=4 {
            lanes.add("flooded".into(), format!("flooded {number}"));
        }
        lanes.add("other".into(), "other 1".to_owned());
        lanes.add("third".into(), "third 1".to_owned());
        let first: Vec<String> = std::iter::from_fn(|| lanes.next()).take(3).collect();
        assert_eq!(first, ["flooded 1", "other 1", "third 1"]);
        lanes.add("other".into(), "other 2".to_owned());
        assert_eq!(lanes.len(), 4);
        let rest: Vec<String> = std::iter::from_fn(|| lanes.next()).collect();
        assert_eq!(rest, ["flooded 2", "other 2", "flooded 3", "flooded 4"]);
        assert!(lanes.is_empty());
    }
}
