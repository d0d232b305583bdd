//! Groups items with the same audio packets into classes. Only the representative of a class is compared, so a thousand
//! copies of one file are compared once.

use std::collections::HashMap;

use super::Item;

/// The class of each item.
#[derive(Debug)]
pub(super) struct Classes {
    /// For each item, the representative of its class: the first item.
    first: Vec<usize>,
    /// The members of each class, at the position of its representative; empty at all other positions.
    members: Vec<Vec<usize>>,
}

impl Classes {
    pub(super) fn of(items: &[Item]) -> Self {
        let mut known: HashMap<[u8; 32], usize> = HashMap::new();
        let mut classes = Self { first: Vec::with_capacity(items.len()), members: vec![Vec::new(); items.len()] };
        for (at, item) in items.iter().enumerate() {
            let first = item.audio_sha256.map_or(at, |audio| *known.entry(audio).or_insert(at));
            classes.first.push(first);
            if let Some(members) = classes.members.get_mut(first) {
                members.push(at);
            }
        }
        classes
    }

    /// The representative of the item at position `at`.
    pub(super) fn first(&self, at: usize) -> usize {
        self.first.get(at).copied().unwrap_or(at)
    }

    /// All members of the class of `first`, including itself; empty if `first` is not a representative.
    pub(super) fn members(&self, first: usize) -> &[usize] {
        self.members.get(first).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_with_equal_audio_are_one_class() {
        let with = |digest: Option<u8>| Item { audio_sha256: digest.map(|byte| [byte; 32]), ..Item::test(1, "a", 9) };
        let items = [with(None), with(Some(1)), with(Some(2)), with(Some(1)), with(None)];
        let classes = Classes::of(&items);
        let firsts: Vec<usize> = (0..5).map(|at| classes.first(at)).collect();
        assert_eq!(firsts, [0, 1, 2, 1, 4]);
        assert_eq!((classes.members(1), classes.members(3), classes.members(4)), (&[1, 3][..], &[][..], &[4][..]));
    }
}
