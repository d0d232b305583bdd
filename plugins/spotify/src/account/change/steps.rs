//! The requests that change one list of items into another, and the lists in between. Pure.
//!
//! An item is represented by its URI. An item that is not available any more has no URI and is an empty text. The Web API
//! removes all occurrences of a URI at once, so an item that occurs too often is removed and added again.

use std::collections::{HashMap, HashSet};

use crate::diff::{Changes, changes};

/// URIs of one request; the API's maximum.
const BATCH: usize = 100;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Removes all occurrences of these URIs.
    Remove { uris: Vec<String> },
    /// Moves `length` items from `start` to the place before the item at `before`.
    Move { start: usize, length: usize, before: usize },
    /// Adds items, the first of them at `at`.
    Add { at: usize, uris: Vec<String> },
}

impl Step {
    /// Applies the request to a list.
    pub(super) fn apply(&self, list: &mut Vec<String>) {
        match self {
            Self::Remove { uris } => {
                let uris: HashSet<&String> = uris.iter().collect();
                list.retain(|item| !uris.contains(item));
            }
            Self::Move { start, length, before } => move_range(list, *start, *length, *before),
            Self::Add { at, uris } => {
                let at = (*at).min(list.len());
                list.splice(at..at, uris.iter().cloned());
            }
        }
    }
}

/// True if the API can add and remove the item. It has no requests for local files and for items that are not available.
pub(super) fn is_addressable(item: &str) -> bool {
    item.starts_with("spotify:track:") || item.starts_with("spotify:episode:")
}

/// The requests from one list to another. Both have the same items that are not addressable.
pub(super) fn between(old: &[String], new: &[String]) -> Vec<Step> {
    let (had, wanted) = (counts(old), counts(new));
    let too_often = |item: &String| had.get(item.as_str()) > Some(wanted.get(item.as_str()).unwrap_or(&0));
    let mut seen = HashSet::new();
    let removed: Vec<String> = old.iter().filter(|item| too_often(item) && seen.insert(*item)).cloned().collect();
    let left: Vec<String> = old.iter().filter(|item| !too_often(item)).cloned().collect();
    let changed = changes(&left, new);
    let mut steps: Vec<Step> = removed.chunks(BATCH).map(|uris| Step::Remove { uris: uris.to_vec() }).collect();
    steps.extend(moves(left.len(), new.len(), &changed));
    steps.extend(additions(new, &changed.added));
    steps
}

fn counts(list: &[String]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for item in list {
        *counts.entry(item.as_str()).or_default() += 1;
    }
    counts
}

/// The moves of the items that are in both lists. Each move places an item, or a sequence of items, behind the item that
/// comes before it in the new list.
fn moves(left: usize, new: usize, changed: &Changes) -> Vec<Step> {
    let to: HashMap<usize, usize> = changed.moved.iter().copied().collect();
    let taken: HashSet<usize> = changed.added.iter().copied().chain(to.values().copied()).collect();
    let mut free = (0..new).filter(|place| !taken.contains(place));
    // The position in the new list of each item, in the present order.
    let mut order: Vec<usize> = (0..left).filter_map(|place| to.get(&place).copied().or_else(|| free.next())).collect();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    let moved: Vec<usize> = changed.moved.iter().map(|(_, to)| *to).collect();
    let (mut steps, mut next) = (Vec::new(), 0);
    while let Some(first) = moved.get(next) {
        let rank = sorted.partition_point(|place| place < first);
        let place_of = |wanted: usize, order: &[usize]| order.iter().position(|place| *place == wanted).unwrap_or(0);
        let start = place_of(*first, &order);
        let is_next = |more: &usize| {
            let following = moved.get(next + more);
            following.is_some() && following == order.get(start + more) && following == sorted.get(rank + more)
        };
        let length = 1 + (1..left).take_while(is_next).count();
        let before = rank.checked_sub(1).and_then(|rank| sorted.get(rank)).map_or(0, |one| place_of(*one, &order) + 1);
        if before != start {
            move_range(&mut order, start, length, before);
            steps.push(Step::Move { start, length, before });
        }
        next += length;
    }
    steps
}

fn move_range<T>(list: &mut Vec<T>, start: usize, length: usize, before: usize) {
    let start = start.min(list.len());
    let end = start.saturating_add(length).min(list.len());
    let range: Vec<T> = list.drain(start..end).collect();
    let to = if before > start { before.saturating_sub(range.len()) } else { before }.min(list.len());
    list.splice(to..to, range);
}

/// The steps that add items. They go from the first position to the last, so that all items before a position are final.
fn additions(new: &[String], added: &[usize]) -> Vec<Step> {
    let runs = added.chunk_by(|one, next| one + 1 == *next).flat_map(|run| run.chunks(BATCH));
    let step = |run: &[usize]| {
        let uris = run.iter().filter_map(|place| new.get(*place)).cloned().collect();
        Some(Step::Add { at: *run.first()?, uris })
    };
    runs.filter_map(step).collect()
}

/// The position of the present list among the lists that the steps produce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The list after this number of steps.
    Done(usize),
    /// The list differs only in what the steps can cause: the number of occurrences of added items and, if there are moves, the
    /// order. So a request took effect twice, or another program applies the same plan.
    Disordered,
    /// Somebody else changed the list.
    Changed,
}

/// Finds the present list among the lists between `old` and the end of `steps`.
pub(super) fn progress(present: &[String], old: &[String], steps: &[Step]) -> Progress {
    let others = OtherItems::new(present, steps);
    let mut list = old.to_vec();
    let (mut found, mut is_alike) = ((list == present).then_some(0), others.are_in(&list));
    for (number, step) in steps.iter().enumerate() {
        step.apply(&mut list);
        if list == present {
            found = Some(number + 1);
        }
        // Only a removal changes the set of items that no step adds.
        if matches!(step, Step::Remove { .. }) {
            is_alike = is_alike || others.are_in(&list);
        }
    }
    match found {
        Some(done) => Progress::Done(done),
        None if is_alike => Progress::Disordered,
        None => Progress::Changed,
    }
}

/// The items of a list that no step adds.
struct OtherItems<'a> {
    added: HashSet<&'a str>,
    items: Vec<&'a str>,
    /// True if a step moves items. The order of the items is then ignored.
    is_moved: bool,
}

impl<'a> OtherItems<'a> {
    fn new(list: &'a [String], steps: &'a [Step]) -> Self {
        let uris = |step: &'a Step| if let Step::Add { uris, .. } = step { uris.as_slice() } else { &[] };
        let added: HashSet<&str> = steps.iter().flat_map(uris).map(String::as_str).collect();
        let is_moved = steps.iter().any(|step| matches!(step, Step::Move { .. }));
        let mut items: Vec<&str> = list.iter().map(String::as_str).filter(|item| !added.contains(item)).collect();
        if is_moved {
            items.sort_unstable();
        }
        Self { added, items, is_moved }
    }

    fn are_in(&self, list: &[String]) -> bool {
        let mut items: Vec<&str> = list.iter().map(String::as_str).filter(|item| !self.added.contains(item)).collect();
        if self.is_moved {
            items.sort_unstable();
        }
        items == self.items
    }
}

/// Applies to `list` the additions and removals that somebody else made between `expected` and `present`.
pub(super) fn with_changes_of_others(list: &[String], expected: &[String], present: &[String]) -> Vec<String> {
    let theirs = changes(expected, present);
    let mut made = list.to_vec();
    for item in theirs.removed.iter().filter_map(|place| expected.get(*place)) {
        if let Some(place) = made.iter().rposition(|own| own == item) {
            made.remove(place);
        }
    }
    for place in &theirs.added {
        let before = place.checked_sub(1).and_then(|before| present.get(before));
        let behind = before.and_then(|before| made.iter().position(|own| own == before)).map(|at| at + 1);
        let at = behind.unwrap_or(if before.is_some() { made.len() } else { 0 });
        made.splice(at..at, present.get(*place).cloned());
    }
    made
}

/// The wanted items that the API can produce: items that it cannot add are omitted, and items that it cannot remove are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PossibleItems {
    /// The items.
    pub(super) items: Vec<String>,
    /// The number of omitted items.
    pub(super) left_out: usize,
    /// The number of unwanted items that stay at the end, because the API cannot remove them.
    pub(super) stay: usize,
}

/// See [`PossibleItems`].
pub(super) fn possible_items(old: &[String], wanted: &[String]) -> PossibleItems {
    let mut fixed: HashMap<&str, usize> = counts(old).into_iter().filter(|(item, _)| !is_addressable(item)).collect();
    let mut made = PossibleItems::default();
    for item in wanted {
        if is_addressable(item) {
            made.items.push(item.clone());
        } else if let Some(count) = fixed.get_mut(item.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            made.items.push(item.clone());
        } else {
            made.left_out += 1;
        }
    }
    let mut staying = Vec::new();
    for item in old.iter().rev() {
        if let Some(count) = fixed.get_mut(item.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            staying.push(item.clone());
        }
    }
    made.stay = staying.len();
    made.items.extend(staying.into_iter().rev());
    made
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Capital letters are tracks, lower-case letters local files, and a blank is an item that is not available any more.
    fn list(text: &str) -> Vec<String> {
        let item = |c: char| match c {
            ' ' => String::new(),
            c if c.is_lowercase() => format!("spotify:local:{c}"),
            c => format!("spotify:track:{c}"),
        };
        text.chars().map(item).collect()
    }

    fn made(old: &[String], steps: &[Step]) -> Vec<String> {
        let mut list = old.to_vec();
        for step in steps {
            step.apply(&mut list);
        }
        list
    }

    #[test]
    fn few_requests_are_made() {
        for (old, new, count) in [
            ("ABCD", "ABCD", 0),
            ("ABCD", "BCDA", 1),
            ("ABCDEF", "EFABCD", 1),
            ("ABC", "", 1),
            ("", "ABC", 1),
            ("ABAB", "AB", 2),
            ("A a B", "B a A", 2),
        ] {
            let (old, new) = (list(old), list(new));
            let steps = between(&old, &new);
            assert_eq!((made(&old, &steps), steps.len()), (new, count), "{steps:?}");
        }
        let many: Vec<String> = (0..250).map(|number| format!("spotify:track:{number}")).collect();
        let steps = between(&[], &many);
        assert!(matches!(steps.as_slice(), [.., Step::Add { at: 200, uris }] if uris.len() == 50), "{}", steps.len());
        assert_eq!(steps.len(), 3);
    }

    #[test]
    fn a_repeated_request_is_distinguished_from_another_change() {
        let (old, new) = (list("ABC"), list("ABCDE"));
        let steps = between(&old, &new);
        for (present, expected) in [
            ("ABC", Progress::Done(0)),
            ("ABCDE", Progress::Done(1)),
            ("ABCDEDE", Progress::Disordered),
            ("ABCE", Progress::Disordered),
            ("ABX", Progress::Changed),
            ("ABCX", Progress::Changed),
            ("AB", Progress::Changed),
            ("BACDE", Progress::Changed),
            ("ABDC", Progress::Disordered),
        ] {
            assert_eq!(progress(&list(present), &old, &steps), expected, "{present}");
        }
        let (old, new) = (list("ABCD"), list("BCDA"));
        let steps = between(&old, &new);
        assert_eq!(progress(&list("CDAB"), &old, &steps), Progress::Disordered);
        assert_eq!(progress(&list("DCBA"), &old, &steps), Progress::Disordered, "the plan decides about the order");
        assert_eq!(progress(&list("DCBX"), &old, &steps), Progress::Changed);
    }

    #[test]
    fn items_that_cannot_be_added_or_removed_are_not_changed() {
        let made = possible_items(&list("A b C"), &list("Cxb D"));
        assert_eq!(made, PossibleItems { items: list("Cb D "), left_out: 1, stay: 1 });
        assert_eq!(possible_items(&list("a bA"), &[]).items, list("a b"));
    }

    #[test]
    fn changes_of_others_are_kept() {
        let with = |list_: &str, expected: &str, present: &str| {
            with_changes_of_others(&list(list_), &list(expected), &list(present))
        };
        assert_eq!(with("ABCDE", "ABC", "ABXC"), list("ABXCDE"), "behind the same item");
        assert_eq!(with("ABCDE", "ABC", "XBC"), list("XBCDE"), "one removed, one added at the beginning");
        assert_eq!(with("DE", "ABC", "ABCX"), list("DEX"), "the item before it is missing");
        assert_eq!(with("DE", "ABC", "AB"), list("DE"), "both removed it");
    }

    proptest! {
        #[test]
        fn the_steps_lead_to_the_new_list_and_each_place_is_found(
            old in "[A-F]{0,9}[a ]{0,2}[A-F]{0,9}",
            new in "[A-H]{0,9}[ab ]{0,2}[A-F]{0,9}",
        ) {
            let old = list(&old);
            let new = possible_items(&old, &list(&new)).items;
            let steps = between(&old, &new);
            prop_assert_eq!(made(&old, &steps), new.clone());
            for done in 0..=steps.len() {
                let present = made(&old, &steps[..done]);
                let found = progress(&present, &old, &steps);
                let same = matches!(&found, Progress::Done(found) if made(&old, &steps[..*found]) == present);
                prop_assert!(same, "{:?}", found);
                // From each list in between, there are steps to the new list, and steps back to the old list.
                prop_assert_eq!(made(&present, &between(&present, &new)), new.clone());
                prop_assert_eq!(made(&present, &between(&present, &old)), old.clone());
            }
        }

        #[test]
        fn requests_that_take_effect_twice_are_recognised(new in "[A-K]{1,9}", until in 0_usize..9, twice in 0_usize..9) {
            let (old, new) = (list("ABC"), list(&new));
            let steps = between(&old, &new);
            for (number, step) in steps.iter().enumerate() {
                let mut present = made(&old, &steps[..=number]);
                step.apply(&mut present);
                // Further requests take effect before the plugin notices that one took effect twice.
                steps.iter().skip(number + 1).take(until).for_each(|step| step.apply(&mut present));
                steps.iter().skip(number + 1).take(until.min(twice)).for_each(|step| step.apply(&mut present));
                prop_assert!(progress(&present, &old, &steps) != Progress::Changed, "{:?}", step);
            }
        }
    }
}
