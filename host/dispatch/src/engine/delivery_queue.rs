//! The tasks whose deliveries wait, and the tasks that are being delivered. This module does no input or output; the caller
//! passes the time. A task is never in two batches at the same time.
//!
//! Tasks are grouped by agent. A batch contains the tasks of one agent, and the agents take turns. So many deliveries
//! of one agent delay only that agent.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Instant;

use super::message::DeliveryTry;
use crate::limits;

/// The running batches of one agent.
#[derive(Clone, Copy, Debug)]
struct Busy {
    batches: usize,
    last_start: Instant,
}

impl Busy {
    /// When another batch of the agent may start although a batch is still running.
    fn next_at(&self) -> Option<Instant> {
        (self.batches < limits::DELIVERY_WORKERS_PER_AGENT).then(|| self.last_start + limits::DELIVERY_BATCH_SLOW)
    }
}

#[derive(Clone, Copy, Debug)]
enum TaskState {
    Waiting,
    /// The task is being delivered. Contains the number of the next try if one was requested in the meantime.
    Active(Option<u32>),
}

#[derive(Debug, Default)]
pub(super) struct DeliveryQueue {
    /// The waiting deliveries by agent, oldest first. An agent without waiting deliveries has no entry.
    waiting: BTreeMap<Arc<str>, VecDeque<DeliveryTry>>,
    /// Every task that waits or is being delivered.
    tasks: HashMap<String, TaskState>,
    /// The agents with a running batch.
    busy: HashMap<Arc<str>, Busy>,
    /// The agent that had the last turn.
    last: Option<Arc<str>>,
}

impl DeliveryQueue {
    /// Queues a task of `agent` that has something to deliver.
    pub(super) fn add(&mut self, task: String, tries: u32, agent: &str) {
        match self.tasks.get_mut(&task) {
            Some(TaskState::Active(again)) => *again = Some(tries),
            Some(TaskState::Waiting) => {}
            None => {
                self.tasks.insert(task.clone(), TaskState::Waiting);
                let agent =
                    self.waiting.get_key_value(agent).map_or_else(|| agent.into(), |(known, _)| Arc::clone(known));
                let attempt = DeliveryTry { task, tries, agent: Arc::clone(&agent) };
                self.waiting.entry(agent).or_default().push_back(attempt);
            }
        }
    }

    /// The next batch, if one may start now.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Vec<DeliveryTry>> {
        if self.batches() >= limits::DELIVERY_WORKERS {
            return None;
        }
        let after = self.last.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let mut in_turn = self.waiting.range::<Arc<str>, _>((after, Bound::Unbounded)).chain(&self.waiting);
        let may_begin =
            |agent: &str| self.busy.get(agent).is_none_or(|busy| busy.next_at().is_some_and(|at| at <= now));
        let agent = in_turn.find(|(agent, _)| may_begin(agent)).map(|(agent, _)| Arc::clone(agent))?;
        let queue = self.waiting.get_mut(&agent)?;
        let batch: Vec<DeliveryTry> = queue.drain(..queue.len().min(limits::DELIVERY_BATCH_TASKS)).collect();
        if queue.is_empty() {
            self.waiting.remove(&agent);
        }
        for attempt in &batch {
            self.tasks.insert(attempt.task.clone(), TaskState::Active(None));
        }
        let busy = self.busy.entry(Arc::clone(&agent)).or_insert(Busy { batches: 0, last_start: now });
        (busy.batches, busy.last_start) = (busy.batches + 1, now);
        self.last = Some(agent);
        Some(batch)
    }

    /// Removes a batch that has ended or failed.
    pub(super) fn end(&mut self, batch: &[DeliveryTry]) {
        if let Some(agent) = batch.first().map(|attempt| &attempt.agent)
            && let Some(busy) = self.busy.get_mut(agent)
        {
            busy.batches = busy.batches.saturating_sub(1);
            if busy.batches == 0 {
                self.busy.remove(agent);
            }
        }
        for attempt in batch {
            if let Some(TaskState::Active(Some(tries))) = self.tasks.remove(&attempt.task) {
                self.add(attempt.task.clone(), tries, &attempt.agent);
            }
        }
    }

    /// Whether no task waits or is being delivered.
    pub(super) fn is_idle(&self) -> bool {
        self.tasks.is_empty()
    }

    /// When a waiting task may start although a batch of its agent is still running.
    pub(super) fn next_at(&self) -> Option<Instant> {
        let has_room = self.batches() < limits::DELIVERY_WORKERS;
        self.waiting.keys().filter(|_| has_room).filter_map(|agent| self.busy.get(agent)?.next_at()).min()
    }

    fn batches(&self) -> usize {
        self.busy.values().map(|busy| busy.batches).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(batch: Option<Vec<DeliveryTry>>) -> Vec<String> {
        batch.unwrap_or_default().into_iter().map(|attempt| attempt.task).collect()
    }

    #[test]
    fn tasks_that_wait_for_a_batch_are_delivered_together_after_it() {
        let (mut queue, now) = (DeliveryQueue::default(), Instant::now());
        queue.add("a".to_owned(), 1, "x");
        let first = queue.begin(now).unwrap();
        queue.add("b".to_owned(), 1, "x");
        queue.add("c".to_owned(), 1, "x");
        queue.add("b".to_owned(), 1, "x");
        assert_eq!(queue.begin(now), None);
        queue.end(&first);
        assert_eq!(names(queue.begin(now)), ["b", "c"]);
    }

    #[test]
    fn a_task_is_never_in_two_batches_and_later_deliveries_follow_in_the_next() {
        let (mut queue, now) = (DeliveryQueue::default(), Instant::now());
        queue.add("a".to_owned(), 1, "x");
        let first = queue.begin(now).unwrap();
        queue.add("a".to_owned(), 1, "x");
        assert_eq!(queue.begin(now + limits::DELIVERY_BATCH_SLOW), None);
        queue.end(&first);
        assert_eq!(names(queue.begin(now)), ["a"]);
    }

    #[test]
    fn a_slow_batch_delays_only_batches_of_the_same_agent() {
        let (mut queue, now) = (DeliveryQueue::default(), Instant::now());
        for number in 0..limits::DELIVERY_WORKERS_PER_AGENT {
            queue.add(number.to_string(), 1, "slow");
            let at = now + limits::DELIVERY_BATCH_SLOW * u32::try_from(number).unwrap();
            assert!(queue.next_at().is_none_or(|next| next == at));
            assert_eq!(names(queue.begin(at)), [number.to_string()]);
        }
        queue.add("one too many".to_owned(), 1, "slow");
        let later = now + limits::DELIVERY_BATCH_SLOW * 100;
        assert_eq!((queue.begin(later), queue.next_at()), (None, None));
        queue.add("of another".to_owned(), 1, "other");
        assert_eq!(names(queue.begin(later)), ["of another"]);
    }

    #[test]
    fn a_batch_has_a_limit() {
        let (mut queue, now) = (DeliveryQueue::default(), Instant::now());
        (0..=limits::DELIVERY_BATCH_TASKS).for_each(|number| queue.add(number.to_string(), 1, "x"));
        let first = queue.begin(now).unwrap();
        assert_eq!(first.len(), limits::DELIVERY_BATCH_TASKS);
        queue.end(&first);
        assert_eq!(names(queue.begin(now)).len(), 1);
    }

    #[test]
    fn a_flood_for_one_agent_delays_no_other_agent() {
        let (mut queue, now) = (DeliveryQueue::default(), Instant::now());
        (0..3 * limits::DELIVERY_BATCH_TASKS).for_each(|number| queue.add(format!("flood-{number}"), 1, "flooded"));
        let large = queue.begin(now).unwrap();
        assert_eq!(large.len(), limits::DELIVERY_BATCH_TASKS);
        assert_eq!(queue.begin(now), None, "the flood waits for its own batch");
        // Tasks of other agents do not wait for this batch.
        queue.add("urgent".to_owned(), 1, "other");
        assert_eq!(names(queue.begin(now)), ["urgent"]);
        queue.add("more".to_owned(), 1, "other");
        assert_eq!(queue.begin(now), None, "its agent has a running batch");
    }

    #[test]
    fn all_agents_get_their_turn() {
        let (mut queue, now) = (DeliveryQueue::default(), Instant::now());
        let agents = ["a", "b", "c", "d", "e", "f"];
        for agent in agents {
            (0..2).for_each(|number| queue.add(format!("{agent}-{number}"), 1, agent));
        }
        let mut under_way: VecDeque<Vec<DeliveryTry>> = std::iter::from_fn(|| queue.begin(now)).collect();
        assert_eq!(under_way.len(), limits::DELIVERY_WORKERS);
        let mut turns: Vec<Arc<str>> = under_way.iter().map(|batch| Arc::clone(&batch[0].agent)).collect();
        while let Some(batch) = under_way.pop_front() {
            queue.end(&batch);
            // The busy agent always has more to deliver. The other agents still get their turn.
            queue.add(batch[0].task.clone(), 1, &batch[0].agent);
            let next = queue.begin(now).unwrap();
            turns.push(Arc::clone(&next[0].agent));
            under_way.push_back(next);
            if turns.len() == 2 * agents.len() {
                break;
            }
        }
        let turns: Vec<&str> = turns.iter().map(|agent| &**agent).collect();
        assert_eq!(turns, [agents, agents].concat());
    }
}
