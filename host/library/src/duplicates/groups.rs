//! Builds groups from similar pairs. Each group has one file to keep.
//!
//! A group is not a chain: every file in it was compared with the file to keep. If A is similar to B and B to C, but A and C
//! are not similar, then C is not in A's group.

use std::cmp::Reverse;

use super::classes::Classes;
use super::proof::Pair;
use super::quality::ScoredItem;
use super::{Item, Proof, QualityScore, quality};

/// Files of one recording, without versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The file to keep, as a position in the list of items.
    pub best: usize,
    /// Its score.
    pub points: QualityScore,
    /// The other files, the best first.
    pub others: Vec<SuperfluousFile>,
}

/// A file that a better one makes superfluous.
#[derive(Clone, Debug, PartialEq)]
pub struct SuperfluousFile {
    /// Its position in the list of items.
    pub item: usize,
    /// Its score.
    pub points: QualityScore,
    /// Why it is the same recording as the best file.
    pub proof: Proof,
    /// Why the best file is better.
    pub reasons: Vec<String>,
    /// The bytes that removing it frees.
    pub frees: u64,
    /// It is a hard link to the best file.
    pub hard_link: bool,
}

/// Groups connected pairs of representatives. The groups are sorted by size, then by the position of the best file.
pub(super) fn group(items: &[Item], classes: &Classes, pairs: &[Pair]) -> Vec<Group> {
    let near = ClassSimilarity::new(items.len(), classes, pairs);
    let mut seen = vec![false; items.len()];
    let mut groups = Vec::new();
    for start in 0..items.len() {
        let members = near.connected(start, &mut seen);
        if members.len() > 1 {
            split(items, &near, &members, &mut groups);
        }
    }
    groups.sort_by_key(|group| (Reverse(group.others.len()), group.best));
    groups
}

/// Divides connected items into groups: the best file with all files that were compared with it, then the same for the rest.
fn split(items: &[Item], near: &ClassSimilarity<'_>, members: &[usize], groups: &mut Vec<Group>) {
    let of = |at: &usize| items.get(*at);
    let longest = members.iter().filter_map(of).filter_map(|item| item.duration_ms).max().unwrap_or_default();
    let rated = members.iter().filter_map(|at| Some((*at, QualityScore::of(of(at)?, longest))));
    let mut rated: Vec<(usize, QualityScore)> = rated.collect();
    rated.sort_by_key(|(at, points)| (Reverse(points.sum()), *at));
    while let Some((best, points)) = rated.first().copied() {
        let (mut others, mut left) = (Vec::new(), Vec::new());
        for (at, its) in rated.into_iter().skip(1) {
            match (near.proof(best, at), of(&best), of(&at)) {
                (Some(proof), Some(kept), Some(item)) => {
                    let reasons = quality::reasons(ScoredItem { item: kept, points }, ScoredItem { item, points: its });
                    let (frees, hard_link) = (item.size, false);
                    others.push(SuperfluousFile { item: at, points: its, proof, reasons, frees, hard_link });
                }
                _ => left.push((at, its)),
            }
        }
        if !others.is_empty() {
            groups.push(Group { best, points, others });
        }
        rated = left;
    }
}

/// The similar pairs of each class.
struct ClassSimilarity<'a> {
    classes: &'a Classes,
    of: Vec<Vec<&'a Pair>>,
}

impl<'a> ClassSimilarity<'a> {
    fn new(items: usize, classes: &'a Classes, pairs: &'a [Pair]) -> Self {
        let mut of: Vec<Vec<&Pair>> = vec![Vec::new(); items];
        for pair in pairs {
            for at in [pair.one, pair.other] {
                if let Some(near) = of.get_mut(at) {
                    near.push(pair);
                }
            }
        }
        Self { classes, of }
    }

    fn pairs(&self, at: usize) -> impl Iterator<Item = &&'a Pair> {
        self.of.get(at).into_iter().flatten()
    }

    fn proof(&self, one: usize, other: usize) -> Option<Proof> {
        let (one, other) = (self.classes.first(one), self.classes.first(other));
        if one == other {
            return Some(Proof::SameAudio);
        }
        let key = (one.min(other), one.max(other));
        self.pairs(one).find(|pair| (pair.one, pair.other) == key).map(|pair| Proof::Sounds(pair.similarity))
    }

    /// All unseen items that are connected with `start`, including `start`.
    fn connected(&self, start: usize, seen: &mut [bool]) -> Vec<usize> {
        let (mut members, mut left) = (Vec::new(), vec![self.classes.first(start)]);
        while let Some(at) = left.pop() {
            if seen.get_mut(at).is_none_or(|seen| std::mem::replace(seen, true)) {
                continue;
            }
            members.extend_from_slice(self.classes.members(at));
            left.extend(self.pairs(at).map(|pair| if pair.one == at { pair.other } else { pair.one }));
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::super::proof::Similarity;
    use super::*;

    fn pair(one: usize, other: usize) -> Pair {
        Pair { one, other, similarity: Similarity::test() }
    }

    fn items(bitrates: &[u32]) -> Vec<Item> {
        let numbered = (1..).zip(bitrates);
        numbered.map(|(id, kbit)| Item { bitrate: Some(kbit * 1_000), ..Item::test(id, "a", 200) }).collect()
    }

    fn shape(items: &[Item], pairs: &[Pair]) -> Vec<(usize, Vec<usize>)> {
        let groups = group(items, &Classes::of(items), pairs);
        groups.iter().map(|group| (group.best, group.others.iter().map(|other| other.item).collect())).collect()
    }

    #[test]
    fn the_best_file_is_kept_and_the_first_one_wins_ties() {
        let items = items(&[128, 256, 192, 192, 256]);
        assert_eq!(shape(&items, &[pair(0, 1), pair(0, 2), pair(1, 2), pair(3, 4)]), [(1, vec![2, 0]), (4, vec![3])]);
        let same = [items[2].clone(), items[3].clone()];
        assert_eq!(shape(&same, &[pair(0, 1)]), [(0, vec![1])]);
    }

    #[test]
    fn a_chain_of_pairs_is_not_one_group() {
        // 0 – 1 – 2 – 3, best 0: 2 was never compared with it, so 2 and 3 are a separate group.
        let items = items(&[256, 192, 160, 128]);
        let pairs = [pair(0, 1), pair(1, 2), pair(2, 3)];
        assert_eq!(shape(&items, &pairs), [(0, vec![1]), (2, vec![3])]);
        assert_eq!(shape(&items[..3], &pairs[..2]), [(0, vec![1])]);
    }

    #[test]
    fn copies_of_similar_files_are_in_the_same_group() {
        let mut items = items(&[128, 128, 256, 256]);
        for (at, digest) in [(0, 7), (1, 7), (2, 9), (3, 9)] {
            items[at].audio_sha256 = Some([digest; 32]);
        }
        let groups = group(&items, &Classes::of(&items), &[pair(0, 2)]);
        let proofs: Vec<(usize, u8)> = groups[0].others.iter().map(|other| (other.item, other.proof.score())).collect();
        assert_eq!((groups.len(), groups[0].best, proofs), (1, 2, vec![(3, 100), (0, 95), (1, 95)]));
    }

    #[test]
    fn no_pairs_make_no_groups() {
        assert!(shape(&[], &[]).is_empty() && shape(&items(&[1, 2]), &[]).is_empty());
    }
}
