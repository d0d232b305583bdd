//! Groups of duplicates: fingerprints that are connected by pairs, but not only through a chain.
//!
//! If A is similar to B and B to C, C is not necessarily a copy of A: a medley is similar to each of its songs. So two
//! groups are joined only if more than half of the pairs between samples of their members agree. If the search did not find
//! one of these pairs, its shift is computed from the other pairs, and its two fingerprints are compared at that shift. A
//! pair that does not join two groups is reported as a [bridge](Groups::bridges). The strongest pairs are processed first,
//! and the result does not depend on the order of the input.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::align::Alignment;
use super::duplicates::Pair;
use super::judge::at_shift;
use super::key::used_words;
use super::prints::Prints;

/// The number of members of each group that are compared before two groups are joined.
const SAMPLED_MEMBERS: usize = 4;

/// In a group with at most this many members, all pairs are compared: 496 pairs, about 10 ms.
const COMPLETED: usize = 32;

/// The number of rounds in which rejected pairs are tried again.
const ROUNDS: usize = 3;

/// Fingerprints that are copies of each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The fingerprints of the group in ascending order.
    pub members: Vec<u32>,
    /// The pairs that agree, in order.
    pub pairs: Vec<Pair>,
}

impl Group {
    /// True if every two members agree. In a group with more than 32 members not all pairs are compared.
    #[must_use]
    pub fn is_mutual(&self) -> bool {
        self.pairs.len() * 2 == self.members.len() * (self.members.len() - 1)
    }

    /// The pair with the lowest score.
    #[must_use]
    pub fn weakest(&self) -> Option<&Pair> {
        self.pairs.iter().min_by(|one, other| one.score.total_cmp(&other.score))
    }
}

/// The groups, and the pairs that did not join two groups.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Groups {
    /// The groups, in order of their first members.
    pub groups: Vec<Group>,
    /// Pairs between two groups (or a group and a single fingerprint) that most other pairs contradict. A person should
    /// check these pairs.
    pub bridges: Vec<Pair>,
}

/// Groups the pairs that [`duplicates`](fn@super::duplicates) found among `prints`.
#[must_use]
pub fn groups<P: Prints + ?Sized>(prints: &P, pairs: &[Pair]) -> Groups {
    let mut union = Union::new(prints, pairs);
    let mut strongest: Vec<_> = pairs.to_vec();
    strongest.sort_by(|one, other| {
        other.score.total_cmp(&one.score).then((one.first, one.second).cmp(&(other.first, other.second)))
    });
    for _ in 0..ROUNDS {
        if !union.round(&strongest) {
            break;
        }
    }
    let apart = |pair: &&Pair| union.of.get(&pair.first) != union.of.get(&pair.second);
    let mut bridges: Vec<_> = pairs.iter().filter(apart).copied().collect();
    bridges.sort_unstable_by_key(|pair| (pair.first, pair.second));
    Groups { groups: union.finish(), bridges }
}

/// The groups during construction.
struct Union<'a, P: Prints + ?Sized> {
    prints: &'a P,
    /// The index in `groups` of the group of each fingerprint.
    of: HashMap<u32, usize>,
    /// The members of each group, each with its offset to the first member.
    groups: Vec<Vec<(u32, i32)>>,
    /// The known comparisons of two fingerprints; `None` if they do not agree.
    known: HashMap<(u32, u32), Option<Pair>>,
}

impl<'a, P: Prints + ?Sized> Union<'a, P> {
    fn new(prints: &'a P, pairs: &[Pair]) -> Self {
        let known = pairs.iter().map(|pair| ((pair.first, pair.second), Some(*pair))).collect();
        let mut union = Self { prints, of: HashMap::new(), groups: Vec::new(), known };
        for id in pairs.iter().flat_map(|pair| [pair.first, pair.second]) {
            union.of.entry(id).or_insert_with(|| {
                union.groups.push(vec![(id, 0)]);
                union.groups.len() - 1
            });
        }
        union
    }

    /// Joins groups where possible. Returns whether any groups were joined.
    fn round(&mut self, pairs: &[Pair]) -> bool {
        let (mut joined, mut refused) = (false, HashSet::new());
        for pair in pairs {
            let (Some(&left), Some(&right)) = (self.of.get(&pair.first), self.of.get(&pair.second)) else { continue };
            let sizes = (self.members(left).len(), self.members(right).len());
            if left == right || refused.contains(&(left, right, sizes)) {
                continue;
            }
            let by = self.place(left, pair.first) + pair.alignment.offset_frames - self.place(right, pair.second);
            if self.mutual(left, right, by) {
                self.join(left, right, by);
                joined = true;
            } else {
                refused.insert((left, right, sizes));
            }
        }
        joined
    }

    /// True if more than half of the pairs between samples of two groups agree.
    fn mutual(&mut self, left: usize, right: usize, by: i32) -> bool {
        let (left, right) = (some(self.members(left)), some(self.members(right)));
        let (mut tried, mut agree) = (0, 0);
        for (one, one_place) in &left {
            for (other, other_place) in &right {
                tried += 1;
                agree += usize::from(self.pair(*one, *other, other_place + by - one_place).is_some());
            }
        }
        agree * 2 > tried
    }

    fn join(&mut self, left: usize, right: usize, by: i32) {
        // Move the smaller group.
        let (to, from, by) =
            if self.members(left).len() < self.members(right).len() { (right, left, -by) } else { (left, right, by) };
        let moved = self.groups.get_mut(from).map(std::mem::take).unwrap_or_default();
        for (id, _) in &moved {
            self.of.insert(*id, to);
        }
        if let Some(group) = self.groups.get_mut(to) {
            group.extend(moved.into_iter().map(|(id, place)| (id, place + by)));
        }
    }

    /// The comparison of two fingerprints, from the cache or computed now. `shift` is the position in `other` that matches
    /// the start of `one`.
    fn pair(&mut self, one: u32, other: u32, shift: i32) -> Option<Pair> {
        let ((first, second), shift) = if one < other { ((one, other), shift) } else { ((other, one), -shift) };
        let prints = self.prints;
        *self.known.entry((first, second)).or_insert_with(|| {
            let (mut left, mut right) = (Vec::new(), Vec::new());
            prints.read(first, &mut left);
            prints.read(second, &mut right);
            let alignment: Alignment = at_shift(used_words(&left), used_words(&right), shift)?;
            Some(Pair { first, second, score: alignment.contrast(), alignment })
        })
    }

    fn members(&self, group: usize) -> &[(u32, i32)] {
        self.groups.get(group).map(Vec::as_slice).unwrap_or_default()
    }

    fn place(&self, group: usize, id: u32) -> i32 {
        self.members(group).iter().find(|(member, _)| *member == id).map_or(0, |(_, place)| *place)
    }

    fn finish(mut self) -> Vec<Group> {
        let groups = std::mem::take(&mut self.groups);
        let small = groups.iter().filter(|group| group.len() <= COMPLETED);
        for group in small {
            for (number, (one, one_place)) in group.iter().enumerate() {
                for (other, other_place) in group.iter().skip(number + 1) {
                    self.pair(*one, *other, other_place - one_place);
                }
            }
        }
        let mut found: BTreeMap<usize, Vec<Pair>> = BTreeMap::new();
        for pair in self.known.values().flatten() {
            let (left, right) = (self.of.get(&pair.first), self.of.get(&pair.second));
            if let Some(group) = left.filter(|_| left == right) {
                found.entry(*group).or_default().push(*pair);
            }
        }
        let mut made: Vec<_> = found
            .into_iter()
            .filter_map(|(number, mut pairs)| {
                let mut members: Vec<_> = groups.get(number)?.iter().map(|(id, _)| *id).collect();
                members.sort_unstable();
                pairs.sort_unstable_by_key(|pair| (pair.first, pair.second));
                Some(Group { members, pairs })
            })
            .collect();
        made.sort_by(|one, other| one.members.cmp(&other.members));
        made
    }
}

/// Some members of a group, evenly spaced.
fn some(members: &[(u32, i32)]) -> Vec<(u32, i32)> {
    let step = members.len().div_ceil(SAMPLED_MEMBERS).max(1);
    members.iter().step_by(step).copied().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use proptest::prelude::*;

    use super::super::duplicates::duplicates;
    use super::super::test_data;
    use super::*;

    fn grouped(prints: &[Vec<u32>]) -> Groups {
        groups(prints, &duplicates(prints, &AtomicBool::new(false)))
    }

    fn members(groups: &Groups) -> Vec<Vec<u32>> {
        groups.groups.iter().map(|group| group.members.clone()).collect()
    }

    #[test]
    fn copies_of_one_piece_are_one_group_with_all_its_pairs() {
        let mut prints = test_data::library(10, 600, 41);
        prints.extend((0..3).map(|seed| test_data::distort(&prints[2], 0.04, seed)).collect::<Vec<_>>());
        prints.push(test_data::distort(&prints[5][40..], 0.04, 9));
        let found = grouped(&prints);
        assert_eq!(members(&found), [vec![2, 10, 11, 12], vec![5, 13]]);
        assert!(found.groups.iter().all(Group::is_mutual) && found.bridges.is_empty());
        assert!(found.groups[0].weakest().unwrap().score > 0.5);
    }

    #[test]
    fn a_medley_does_not_make_its_songs_one_group() {
        let songs = test_data::library(2, 500, 51);
        // The medley (2) has half of each song: 0 and 1 are similar to 2, but 0 is not similar to 1.
        let pair = |first: u32, second: u32, score: f32| {
            let alignment = Alignment { offset_frames: 0, ..Alignment::default() };
            Pair { first, second, score, alignment }
        };
        let medley: Vec<_> = songs[0][..250].iter().chain(&songs[1][250..]).copied().collect();
        let prints = [songs[0].clone(), songs[1].clone(), medley];
        let found = groups(&prints[..], &[pair(0, 2, 0.5), pair(1, 2, 0.45)]);
        assert_eq!(members(&found), [vec![0, 2]]);
        assert_eq!(found.bridges.iter().map(|pair| (pair.first, pair.second)).collect::<Vec<_>>(), [(1, 2)]);
    }

    #[test]
    fn a_missing_pair_is_compared_at_the_shift_of_the_others() {
        let one = test_data::piece(600, 0.9, 1);
        let prints = [one.clone(), test_data::distort(&one[30..], 0.03, 1), test_data::distort(&one[70..], 0.03, 2)];
        let pairs = duplicates(&prints[..], &AtomicBool::new(false));
        let without: Vec<_> = pairs.iter().filter(|pair| (pair.first, pair.second) != (1, 2)).copied().collect();
        assert_eq!(without.len(), 2);
        let found = groups(&prints[..], &without);
        assert_eq!(members(&found), [vec![0, 1, 2]]);
        assert!(found.groups[0].is_mutual());
        assert_eq!(found.groups[0].pairs[2].alignment.offset_frames, -40);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_order_of_pairs_does_not_matter(seed in 0_u64..1000) {
            let mut prints = test_data::library(4, 400, seed);
            prints.extend((0..6).map(|copy| test_data::distort(&prints[copy % 3], 0.05, seed + copy as u64)).collect::<Vec<_>>());
            let mut pairs = duplicates(&prints[..], &AtomicBool::new(false));
            let one = groups(&prints[..], &pairs);
            pairs.reverse();
            prop_assert_eq!(one, groups(&prints[..], &pairs));
        }
    }
}
