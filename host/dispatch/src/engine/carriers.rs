//! Which tasks wait to have their deliveries carried, and which are being carried. Bookkeeping only: the present is handed
//! in. No task is ever in two batches.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use crate::limits;

/// A task and which try this is.
pub(super) type Asked = (String, u32);

#[derive(Debug, Default)]
pub(super) struct Carriers {
    waiting: VecDeque<Asked>,
    /// Every task that waits or is carried: whether it is carried, and what was asked for meanwhile.
    tasks: HashMap<String, (bool, Option<u32>)>,
    batches: usize,
    last_begun: Option<Instant>,
}

impl Carriers {
    /// A task has something to deliver.
    pub(super) fn ask(&mut self, task: String, tries: u32) {
        match self.tasks.get_mut(&task) {
            Some((true, again)) => *again = Some(tries),
            Some((false, _)) => {}
            None => {
                self.tasks.insert(task.clone(), (false, None));
                self.waiting.push_back((task, tries));
            }
        }
    }

    /// The next batch, if one may begin now.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Vec<Asked>> {
        if self.waiting.is_empty() || self.batches >= limits::CARRIERS || self.next_at().is_some_and(|at| now < at) {
            return None;
        }
        let batch: Vec<Asked> = self.waiting.drain(..self.waiting.len().min(limits::CARRY_TASKS)).collect();
        for (task, _) in &batch {
            self.tasks.insert(task.clone(), (true, None));
        }
        self.batches += 1;
        self.last_begun = Some(now);
        Some(batch)
    }

    /// A batch has ended, however it did.
    pub(super) fn ended(&mut self, batch: &[Asked]) {
        self.batches = self.batches.saturating_sub(1);
        for (task, _) in batch {
            if let Some((_, Some(tries))) = self.tasks.remove(task) {
                self.ask(task.clone(), tries);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(batch: Option<Vec<Asked>>) -> Vec<String> {
        batch.unwrap_or_default().into_iter().map(|(task, _)| task).collect()
    }

    #[test]
    fn who_waits_while_a_batch_is_under_way_goes_together_after_it() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        carriers.ask("a".to_owned(), 1);
        let first = carriers.begin(now).unwrap();
        carriers.ask("b".to_owned(), 1);
        carriers.ask("c".to_owned(), 1);
        carriers.ask("b".to_owned(), 1);
        assert_eq!(carriers.begin(now), None);
        carriers.ended(&first);
        assert_eq!(names(carriers.begin(now)), ["b", "c"]);
    }

    #[test]
    fn a_task_is_never_in_two_batches_and_is_carried_again_when_it_got_more() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        carriers.ask("a".to_owned(), 1);
        let first = carriers.begin(now).unwrap();
        carriers.ask("a".to_owned(), 1);
        assert_eq!(carriers.begin(now + limits::CARRIER_SLOW), None);
        carriers.ended(&first);
        assert_eq!(names(carriers.begin(now)), ["a"]);
    }

    #[test]
    fn a_slow_batch_does_not_hold_up_the_next_one_for_long() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        for number in 0..limits::CARRIERS {
            carriers.ask(number.to_string(), 1);
            let at = now + limits::CARRIER_SLOW * u32::try_from(number).unwrap();
            assert!(carriers.next_at().is_none_or(|next| next == at));
            assert_eq!(names(carriers.begin(at)), [number.to_string()]);
        }
        carriers.ask("one too many".to_owned(), 1);
        assert_eq!(carriers.begin(now + limits::CARRIER_SLOW * 100), None);
    }

    #[test]
    fn a_batch_has_a_limit() {
        let (mut carriers, now) = (Carriers::default(), Instant::now());
        (0..=limits::CARRY_TASKS).for_each(|number| carriers.ask(number.to_string(), 1));
        let first = carriers.begin(now).unwrap();
        assert_eq!(first.len(), limits::CARRY_TASKS);
        carriers.ended(&first);
        assert_eq!(names(carriers.begin(now)).len(), 1);
    }
}
