//! Which tasks wait to have their deliveries carried, and which are being carried. Bookkeeping only: the present is handed
//! in. No task is ever in two batches.
//!
//! Tasks wait by agent. As long as little waits, all of it is one batch. When one agent has much, the tasks of the others go
//! first, and a large batch does not hold up those of agents that are not in it: a flood for one agent delays only its own.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Instant;

use crate::limits;

/// A task that has something to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) task: String,
    /// Which try this is.
    pub(super) tries: u32,
    /// Whose task it is.
    pub(super) agent: Arc<str>,
}

#[derive(Debug, Default)]
pub(super) struct Carriers {
    /// Tasks by agent, oldest first. No queue is empty.
    waiting: BTreeMap<Arc<str>, VecDeque<Asked>>,
    /// Every task that waits or is carried: whether it is carried, and what was asked for meanwhile.
    tasks: HashMap<String, (bool, Option<u32>)>,
    /// How many batches under way have tasks of an agent.
    busy: HashMap<Arc<str>, usize>,
    batches: usize,
    /// How many of these have more than [`limits::CARRY_FEW`] tasks.
    large: usize,
    last_begun: Option<Instant>,
    /// The agent that had a large batch last.
    last: Option<Arc<str>>,
}

impl Carriers {
    /// A task of `agent` has something to deliver.
    pub(super) fn ask(&mut self, task: String, tries: u32, agent: &str) {
        match self.tasks.get_mut(&task) {
            Some((true, again)) => *again = Some(tries),
            Some((false, _)) => {}
            None => {
                self.tasks.insert(task.clone(), (false, None));
                let agent =
                    self.waiting.get_key_value(agent).map_or_else(|| agent.into(), |(known, _)| Arc::clone(known));
                let asked = Asked { task, tries, agent: Arc::clone(&agent) };
                self.waiting.entry(agent).or_default().push_back(asked);
            }
        }
    }

    /// The next batch, if one may begin now.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Vec<Asked>> {
        if self.waiting.is_empty() || self.batches >= limits::CARRIERS {
            return None;
        }
        let may_all = self.next_at().is_none_or(|at| at <= now);
        if !may_all && self.large == 0 {
            return None;
        }
        let batch = self.take(|agent, busy| may_all || !busy.contains_key(agent));
        if batch.is_empty() {
            return None;
        }
        for agent in agents(&batch) {
            *self.busy.entry(agent).or_default() += 1;
        }
        for asked in &batch {
            self.tasks.insert(asked.task.clone(), (true, None));
        }
        self.batches += 1;
        self.large += usize::from(is_large(&batch));
        self.last_begun = Some(now);
        Some(batch)
    }

    /// Takes tasks of the agents that `may` go: everything that waits for agents with few tasks, else the tasks of one agent.
    fn take(&mut self, may: impl Fn(&Arc<str>, &HashMap<Arc<str>, usize>) -> bool) -> Vec<Asked> {
        let few =
            |(agent, queue): &(&Arc<str>, &VecDeque<Asked>)| queue.len() <= limits::CARRY_FEW && may(agent, &self.busy);
        let mut chosen: Vec<Arc<str>> = self.waiting.iter().filter(few).map(|(agent, _)| Arc::clone(agent)).collect();
        if chosen.is_empty() {
            let after = self.last.clone().map_or(Bound::Unbounded, Bound::Excluded);
            let in_turn = self.waiting.range::<Arc<str>, _>((after, Bound::Unbounded)).chain(&self.waiting);
            chosen.extend(in_turn.map(|(agent, _)| agent).find(|agent| may(agent, &self.busy)).cloned());
            self.last = chosen.first().or(self.last.as_ref()).cloned();
        }
        let mut batch = Vec::new();
        for agent in chosen {
            let Some(queue) = self.waiting.get_mut(&agent) else { continue };
            let room = limits::CARRY_TASKS.saturating_sub(batch.len()).min(queue.len());
            batch.extend(queue.drain(..room));
            if queue.is_empty() {
                self.waiting.remove(&agent);
            }
        }
        batch
    }

    /// A batch has ended, however it did.
    pub(super) fn ended(&mut self, batch: &[Asked]) {
        self.batches = self.batches.saturating_sub(1);
        self.large = self.large.saturating_sub(usize::from(is_large(batch)));
        for agent in agents(batch) {
            if let Some(count) = self.busy.get_mut(&agent) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.busy.remove(&agent);
                }
            }
        }
        for asked in batch {
            if let Some((_, Some(tries))) = self.tasks.remove(&asked.task) {
                self.ask(asked.task.clone(), tries, &asked.agent);
            }
        }
    }

    /// Whether nobody waits and nothing is carried.
    pub(super) fn is_idle(&self) -> bool {
        self.tasks.is_empty()
    }

    /// When somebody who waits may go although a batch is under way.
    pub(super) fn next_at(&self) -> Option<Instant> {
        let behind = !self.waiting.is_empty() && (1..limits::CARRIERS).contains(&self.batches);
        self.last_begun.filter(|_| behind).map(|begun| begun + limits::CARRIER_SLOW)
    }
}

/// The agents of a batch, each once.
fn agents(batch: &[Asked]) -> HashSet<Arc<str>> {
    batch.iter().map(|asked| Arc::clone(&asked.agent)).collect()
}

fn is_large(batch: &[Asked]) -> bool {
    batch.len() > limits::CARRY_FEW
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(batch: Option<Vec<Asked>>) -> Vec<String> {
        batch.unwrap_or_default().into_iter().map(|asked| asked.task).collect()
    }

    #[test]
    fn who_waits_while_a_batch_is_under_way_goes_together_after_it() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        carriers.ask("a".to_owned(), 1, "x");
        let first = carriers.begin(now).unwrap();
        carriers.ask("b".to_owned(), 1, "x");
        carriers.ask("c".to_owned(), 1, "x");
        carriers.ask("b".to_owned(), 1, "x");
        assert_eq!(carriers.begin(now), None);
        carriers.ended(&first);
        assert_eq!(names(carriers.begin(now)), ["b", "c"]);
    }

    #[test]
    fn a_task_is_never_in_two_batches_and_is_carried_again_when_it_got_more() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        carriers.ask("a".to_owned(), 1, "x");
        let first = carriers.begin(now).unwrap();
        carriers.ask("a".to_owned(), 1, "x");
        assert_eq!(carriers.begin(now + limits::CARRIER_SLOW), None);
        carriers.ended(&first);
        assert_eq!(names(carriers.begin(now)), ["a"]);
    }

    #[test]
    fn a_slow_batch_does_not_hold_up_the_next_one_for_long() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        for number in 0..limits::CARRIERS {
            carriers.ask(number.to_string(), 1, "x");
            let at = now + limits::CARRIER_SLOW * u32::try_from(number).unwrap();
            assert!(carriers.next_at().is_none_or(|next| next == at));
            assert_eq!(names(carriers.begin(at)), [number.to_string()]);
        }
        carriers.ask("one too many".to_owned(), 1, "x");
        assert_eq!(carriers.begin(now + limits::CARRIER_SLOW * 100), None);
    }

    #[test]
    fn a_batch_has_a_limit() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        (0..=limits::CARRY_TASKS).for_each(|number| carriers.ask(number.to_string(), 1, "x"));
        let first = carriers.begin(now).unwrap();
        assert_eq!(first.len(), limits::CARRY_TASKS);
        carriers.ended(&first);
        assert_eq!(names(carriers.begin(now)).len(), 1);
    }

    #[test]
    fn a_flood_for_one_agent_holds_up_no_other_agent() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        let flood = 3 * limits::CARRY_TASKS;
        (0..flood).for_each(|number| carriers.ask(format!("flood-{number}"), 1, "flooded"));
        carriers.ask("urgent-1".to_owned(), 1, "other");
        // What is little goes first, and the flood beside it.
        assert_eq!(names(carriers.begin(now)), ["urgent-1"]);
        assert_eq!(carriers.begin(now), None, "a small batch ends soon");
        let first = Asked { task: "urgent-1".to_owned(), tries: 1, agent: "other".into() };
        carriers.ended(&[first]);
        let large = carriers.begin(now).unwrap();
        assert!(large.len() == limits::CARRY_TASKS && large.iter().all(|asked| &*asked.agent == "flooded"));
        assert_eq!(carriers.begin(now), None, "the flood waits for its own batch");
        // Whoever comes meanwhile does not wait for it.
        carriers.ask("urgent-2".to_owned(), 1, "other");
        carriers.ask("urgent-3".to_owned(), 1, "third");
        assert_eq!(names(carriers.begin(now)), ["urgent-2", "urgent-3"]);
        carriers.ask("urgent-4".to_owned(), 1, "other");
        assert_eq!(carriers.begin(now), None, "its agent has a batch under way");
    }

    #[test]
    fn two_floods_take_turns() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        for agent in ["a", "b"] {
            (0..2 * limits::CARRY_TASKS).for_each(|number| carriers.ask(format!("{agent}-{number}"), 1, agent));
        }
        let [first, second] = [carriers.begin(now).unwrap(), carriers.begin(now).unwrap()];
        assert_eq!((&*first[0].agent, &*second[0].agent), ("a", "b"));
        assert_eq!(carriers.begin(now), None);
        carriers.ended(&first);
        assert_eq!(&*carriers.begin(now).unwrap()[0].agent, "a", "the other one's batch is under way");
    }
}
