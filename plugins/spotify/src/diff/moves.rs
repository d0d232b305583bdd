//! The changes from one list to another: removed entries, added entries, and the fewest moves.
//!
//! The entries that stay are a longest common subsequence, found as the longest increasing sequence of matching places (Hunt
//! and Szymanski). An entry has moved if it does not stay and both lists still have an entry with its name: the first of these
//! entries in the old list becomes the first in the new list, and so on. If very many names are equal, an entry can stay only
//! if its name occurs equally often before it in both lists. This rule can report more moves than needed, but every reported
//! move is correct.

use std::collections::HashMap;

/// Maximum number of pairs of equal names. A million pairs need about 30 MB.
const MOST_PAIRS: usize = 1_000_000;

/// The changes, by places counted from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Places in the old list, in order.
    pub removed: Vec<usize>,
    /// Places in the new list, in order.
    pub added: Vec<usize>,
    /// Places in the old list and in the new list, in the order of the new list.
    pub moved: Vec<(usize, usize)>,
}

impl Changes {
    /// True if nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty() && self.moved.is_empty()
    }
}

/// The changes from one list to another.
#[must_use]
pub fn changes(old: &[String], new: &[String]) -> Changes {
    let kept = kept(old, new);
    let (mut old_left, mut new_left) = (vec![true; old.len()], vec![true; new.len()]);
    for (from, to) in kept {
        old_left.get_mut(from).into_iter().for_each(|left| *left = false);
        new_left.get_mut(to).into_iter().for_each(|left| *left = false);
    }
    let left = |flags: Vec<bool>| flags.into_iter().enumerate().filter_map(|(at, left)| left.then_some(at));
    let mut waiting: HashMap<&str, std::collections::VecDeque<usize>> = HashMap::new();
    for from in left(old_left) {
        old.get(from).into_iter().for_each(|name| waiting.entry(name).or_default().push_back(from));
    }
    let mut changes = Changes::default();
    for to in left(new_left) {
        let from =
            new.get(to).and_then(|name| waiting.get_mut(name.as_str())).and_then(std::collections::VecDeque::pop_front);
        match from {
            Some(from) => changes.moved.push((from, to)),
            None => changes.added.push(to),
        }
    }
    changes.removed = waiting.into_values().flatten().collect();
    changes.removed.sort_unstable();
    changes
}

/// Places of the entries that stay, in order.
fn kept(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    new.iter().enumerate().for_each(|(at, name)| places.entry(name).or_default().push(at));
    let count = |name: &String| places.get(name.as_str()).map_or(0, Vec::len);
    let pairs: usize = old.iter().map(count).fold(0, usize::saturating_add);
    let mut times: HashMap<&str, usize> = HashMap::new();
    let mut sequence = IncreasingSequence::default();
    for (from, name) in old.iter().enumerate() {
        let Some(places) = places.get(name.as_str()) else { continue };
        if pairs > MOST_PAIRS {
            let time = times.entry(name).or_insert(0);
            places.get(*time).into_iter().for_each(|to| sequence.add(from, *to));
            *time += 1;
        } else {
            // In reverse order, so that no sequence has an old place twice.
            places.iter().rev().for_each(|to| sequence.add(from, *to));
        }
    }
    sequence.longest()
}

/// Finds the longest increasing sequence of places, by patience sorting.
#[derive(Debug, Default)]
struct IncreasingSequence {
    /// Old place, new place, and the index of the node before this one.
    nodes: Vec<(usize, usize, Option<usize>)>,
    /// For each length of a sequence, the last node of the sequence with the smallest end.
    ends: Vec<usize>,
}

impl IncreasingSequence {
    fn add(&mut self, from: usize, to: usize) {
        let end = |node: &usize| self.nodes.get(*node).is_some_and(|(_, known, _)| *known < to);
        let length = self.ends.partition_point(end);
        let before = length.checked_sub(1).and_then(|at| self.ends.get(at)).copied();
        let node = self.nodes.len();
        self.nodes.push((from, to, before));
        match self.ends.get_mut(length) {
            Some(end) => *end = node,
            None => self.ends.push(node),
        }
    }

    fn longest(&self) -> Vec<(usize, usize)> {
        let mut path = Vec::new();
        let mut at = self.ends.last().copied();
        while let Some((from, to, before)) = at.and_then(|at| self.nodes.get(at)) {
            path.push((*from, *to));
            at = *before;
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(text: &str) -> Vec<String> {
        text.chars().map(String::from).collect()
    }

    /// The old list with the changes made.
    fn apply(old: &[String], changes: &Changes, new: &[String]) -> Vec<String> {
        let mut made: Vec<Option<String>> = vec![None; old.len() - changes.removed.len() + changes.added.len()];
        changes.added.iter().for_each(|to| made[*to] = Some(new[*to].clone()));
        changes.moved.iter().for_each(|(from, to)| made[*to] = Some(old[*from].clone()));
        let leaves = |at: &usize| changes.removed.contains(at) || changes.moved.iter().any(|(from, _)| from == at);
        let mut stays = (0..old.len()).filter(|at| !leaves(at)).map(|at| old[at].clone());
        made.into_iter().map(|place| place.unwrap_or_else(|| stays.next().unwrap())).collect()
    }

    #[test]
    fn the_fewest_moves_are_reported() {
        for (old, new, removed, added, moved) in [
            ("abcd", "abcd", &[][..], &[][..], &[][..]),
            ("abcd", "bcda", &[], &[], &[(0, 3)]),
            ("abcd", "dabc", &[], &[], &[(3, 0)]),
            ("abc", "axc", &[1], &[1], &[]),
            ("", "ab", &[], &[0, 1], &[]),
            ("aba", "ba", &[0], &[], &[]),
            ("aab", "aba", &[], &[], &[(0, 2)]),
            ("aa", "aaa", &[], &[2], &[]),
        ] {
            let found = changes(&list(old), &list(new));
            assert_eq!((found.removed.as_slice(), found.moved.as_slice()), (removed, moved), "{old} {new}");
            assert_eq!(found.added.len(), added.len(), "{old} {new}: {found:?}");
        }
    }

    #[test]
    fn ten_thousand_equal_names_do_not_take_quadratic_time() {
        let (old, new) = (vec!["a".to_owned(); 10_000], vec!["a".to_owned(); 9_999]);
        let found = changes(&old, &new);
        assert_eq!((found.removed.len(), found.added.len(), found.moved.len()), (1, 0, 0));
    }

    proptest! {
        #[test]
        fn changes_applied_to_the_old_give_the_new(old in "[a-f]{0,14}", new in "[a-f]{0,14}") {
            let (old, new) = (list(&old), list(&new));
            let found = changes(&old, &new);
            prop_assert_eq!(apply(&old, &found, &new), new.clone());
            // No entry is both removed and added, and the reverse has as many changes.
            prop_assert!(found.removed.iter().all(|at| found.added.iter().all(|to| old[*at] != new[*to])));
            let back = changes(&new, &old);
            prop_assert_eq!((back.added.len(), back.removed.len(), back.moved.len()),
                (found.removed.len(), found.added.len(), found.moved.len()));
        }

        #[test]
        fn a_shuffle_consists_of_moves(list in Just((0..12).map(|n: u32| n.to_string()).collect::<Vec<_>>()).prop_shuffle()) {
            let sorted: Vec<_> = (0..12).map(|n: u32| n.to_string()).collect();
            let found = changes(&sorted, &list);
            prop_assert!(found.removed.is_empty() && found.added.is_empty() && found.moved.len() < 12);
            prop_assert_eq!(apply(&sorted, &found, &list), list);
        }
    }
}
