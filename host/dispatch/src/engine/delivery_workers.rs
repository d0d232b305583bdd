//! The tasks whose deliveries wait, and those that are being delivered. Bookkeeping only: the caller passes the time.
//! No task is ever in two batches.
//!
//! Tasks wait by agent, a batch has the tasks of one agent, and the agents take turns: a flood for one agent delays only its
//! own deliveries.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Instant;

use crate::limits;

/// A task that has something to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeliveryTry {
    pub(super) task: String,
    /// Which try this is.
    pub(super) tries: u32,
    /// Whose task it is.
    pub(super) agent: Arc<str>,
}

/// The batches of one agent that are under way.
#[derive(Clone, Copy, Debug)]
struct Busy {
    batches: usize,
    last_begun: Instant,
}

impl Busy {
    /// When the next batch may begin although none has ended.
    fn next_at(&self) -> Option<Instant> {
        (self.batches < limits::DELIVERY_WORKERS_PER_AGENT).then(|| self.last_begun + limits::DELIVERY_BATCH_SLOW)
    }
}

#[derive(Debug, Default)]
pub(super) struct DeliveryWorkers {
    /// Tasks by agent, oldest first. No queue is empty.
    waiting: BTreeMap<Arc<str>, VecDeque<DeliveryTry>>,
    /// Every task that waits or is being delivered: whether it is being delivered, and the try that was requested meanwhile.
    tasks: HashMap<String, (bool, Option<u32>)>,
    /// The agents that have a batch under way.
    busy: HashMap<Arc<str>, Busy>,
    /// The agent that had its turn last.
    last: Option<Arc<str>>,
}

impl DeliveryWorkers {
    /// A task of `agent` has something to deliver.
    pub(super) fn ask(&mut self, task: String, tries: u32, agent: &str) {
        match self.tasks.get_mut(&task) {
            Some((true, again)) => *again = Some(tries),
            Some((false, _)) => {}
            None => {
                self.tasks.insert(task.clone(), (false, None));
                let agent =
                    self.waiting.get_key_value(agent).map_or_else(|| agent.into(), |(known, _)| Arc::clone(known));
                let attempt = DeliveryTry { task, tries, agent: Arc::clone(&agent) };
                self.waiting.entry(agent).or_default().push_back(attempt);
            }
        }
    }

    /// The next batch, if one may begin now.
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
            self.tasks.insert(attempt.task.clone(), (true, None));
        }
        let busy = self.busy.entry(Arc::clone(&agent)).or_insert(Busy { batches: 0, last_begun: now });
        (busy.batches, busy.last_begun) = (busy.batches + 1, now);
        self.last = Some(agent);
        Some(batch)
    }

    /// A batch has ended, however it did.
    pub(super) fn ended(&mut self, batch: &[DeliveryTry]) {
        if let Some(agent) = batch.first().map(|attempt| &attempt.agent)
            && let Some(busy) = self.busy.get_mut(agent)
        {
            busy.batches = busy.batches.saturating_sub(1);
            if busy.batches == 0 {
                self.busy.remove(agent);
            }
        }
        for attempt in batch {
            if let Some((_, Some(tries))) = self.tasks.remove(&attempt.task) {
                self.ask(attempt.task.clone(), tries, &attempt.agent);
            }
        }
    }

    /// Whether nothing waits and nothing is being delivered.
    pub(super) fn is_idle(&self) -> bool {
        self.tasks.is_empty()
    }

    /// When a waiting task may start although a batch of the same agent is running.
    pub(super) fn next_at(&self) -> Option<Instant> {
        let room = self.batches() < limits::DELIVERY_WORKERS;
        self.waiting.keys().filter(|_| room).filter_map(|agent| self.busy.get(agent)?.next_at()).min()
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
    fn who_waits_while_a_batch_is_under_way_goes_together_after_it() {
        let (mut delivery_workers, now) = (DeliveryWorkers::default(), Instant::now());
        delivery_workers.ask("a".to_owned(), 1, "x");
        let first = delivery_workers.begin(now).unwrap();
        delivery_workers.ask("b".to_owned(), 1, "x");
        delivery_workers.ask("c".to_owned(), 1, "x");
        delivery_workers.ask("b".to_owned(), 1, "x");
        assert_eq!(delivery_workers.begin(now), None);
        delivery_workers.ended(&first);
        assert_eq!(names(delivery_workers.begin(now)), ["b", "c"]);
    }

    #[test]
    fn a_task_is_never_in_two_batches_and_is_carried_again_when_it_got_more() {
        let (mut delivery_workers, now) = (DeliveryWorkers::default(), Instant::now());
        delivery_workers.ask("a".to_owned(), 1, "x");
        let first = delivery_workers.begin(now).unwrap();
        delivery_workers.ask("a".to_owned(), 1, "x");
        assert_eq!(delivery_workers.begin(now + limits::DELIVERY_BATCH_SLOW), None);
        delivery_workers.ended(&first);
        assert_eq!(names(delivery_workers.begin(now)), ["a"]);
    }

    #[test]
    fn a_slow_batch_holds_up_the_next_one_of_its_agent_not_for_long_and_those_of_others_not_at_all() {
        let (mut delivery_workers, now) = (DeliveryWorkers::default(), Instant::now());
        for number in 0..limits::DELIVERY_WORKERS_PER_AGENT {
            delivery_workers.ask(number.to_string(), 1, "slow");
            let at = now + limits::DELIVERY_BATCH_SLOW * u32::try_from(number).unwrap();
            assert!(delivery_workers.next_at().is_none_or(|next| next == at));
            assert_eq!(names(delivery_workers.begin(at)), [number.to_string()]);
        }
        delivery_workers.ask("one too many".to_owned(), 1, "slow");
        let later = now + limits::DELIVERY_BATCH_SLOW * 100;
        assert_eq!((delivery_workers.begin(later), delivery_workers.next_at()), (None, None));
        delivery_workers.ask("of another".to_owned(), 1, "other");
        assert_eq!(names(delivery_workers.begin(later)), ["of another"]);
    }

    #[test]
    fn a_batch_has_a_limit() {
        let (mut delivery_workers, now) = (DeliveryWorkers::default(), Instant::now());
        (0..=limits::DELIVERY_BATCH_TASKS).for_each(|number| delivery_workers.ask(number.to_string(), 1, "x"));
        let first = delivery_workers.begin(now).unwrap();
        assert_eq!(first.len(), limits::DELIVERY_BATCH_TASKS);
        delivery_workers.ended(&first);
        assert_eq!(names(delivery_workers.begin(now)).len(), 1);
    }

    #[test]
    fn a_flood_for_one_agent_holds_up_no_other_agent() {
        let (mut delivery_workers, now) = (DeliveryWorkers::default(), Instant::now());
        (0..3 * limits::DELIVERY_BATCH_TASKS)
            .for_each(|number| delivery_workers.ask(format!("flood-{number}"), 1, "flooded"));
        let large = delivery_workers.begin(now).unwrap();
        assert_eq!(large.len(), limits::DELIVERY_BATCH_TASKS);
        assert_eq!(delivery_workers.begin(now), None, "the flood waits for its own batch");
        // Whoever comes meanwhile does not wait for it.
        delivery_workers.ask("urgent".to_owned(), 1, "other");
        assert_eq!(names(delivery_workers.begin(now)), ["urgent"]);
        delivery_workers.ask("more".to_owned(), 1, "other");
        assert_eq!(delivery_workers.begin(now), None, "its agent has a batch under way");
    }

    #[test]
    fn all_agents_get_their_turn() {
        let (mut delivery_workers, now) = (DeliveryWorkers::default(), Instant::now());
        let agents = ["a", "b", "c", "d", "e", "f"];
        for agent in agents {
            (0..2).for_each(|number| delivery_workers.ask(format!("{agent}-{number}"), 1, agent));
        }
        let mut under_way: VecDeque<Vec<DeliveryTry>> = std::iter::from_fn(|| delivery_workers.begin(now)).collect();
        assert_eq!(under_way.len(), limits::DELIVERY_WORKERS);
        let mut turns: Vec<Arc<str>> = under_way.iter().map(|batch| Arc::clone(&batch[0].agent)).collect();
        while let Some(batch) = under_way.pop_front() {
            delivery_workers.ended(&batch);
            // It always has more to deliver; the others get their turn all the same.
            delivery_workers.ask(batch[0].task.clone(), 1, &batch[0].agent);
            let next = delivery_workers.begin(now).unwrap();
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
