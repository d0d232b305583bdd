//! All of it together: what the catalog knows becomes groups, versions and questions.

use std::collections::HashSet;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_fingerprint::Fingerprint;

use super::classes::Classes;
use super::groups::group;
use super::links::weigh;
use super::metadata::likely;
use super::proof::Pair;
use super::unreachable::{UnreachableSource, away};
use super::versions::difference;
use super::whole::{WholePrintsFn, compare, play_on};
use super::{Difference, Group, Item, LikelyPair, Proof, Versions};

/// What finds among many fingerprints those that sound alike: [`super::listen()`], or what a test puts in its place.
pub type CompareFn<'a> = dyn Fn(&[Fingerprint]) -> CompareResult + 'a;

/// What was found to sound alike, by the places of the fingerprints.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompareResult {
    /// Pairs that are copies of each other.
    pub pairs: Vec<Pair>,
    /// Pairs that sound alike, while what else sounds like the one does not sound like the other: a medley and its songs.
    pub bridges: Vec<Pair>,
}

/// Pairs that are compared to their end together, so that few prints are in memory at once.
const PIECE: usize = 500;

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct DuplicateOptions {
    /// Points, of 1,000, from which files without a fingerprint are asked about by their titles; none for not at all.
    pub metadata: Option<u32>,
    /// The score, in per cent, that a pair needs to be told of.
    pub min_score: u8,
}

/// The duplicates of a library.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Duplicates {
    /// All items that are there; the rest speaks of their places in this list.
    pub items: Vec<Item>,
    /// Files of one recording.
    pub groups: Vec<Group>,
    /// Pairs that sound alike and are not duplicates, or may not be.
    pub versions: Vec<Versions>,
    /// Pairs with similar names of which one has no fingerprint.
    pub likely: Vec<LikelyPair>,
    /// An upper bound of the pairs of equal names that were not compared: of names that more than 64 items have.
    pub likely_left_out: usize,
    /// Sources that cannot be reached now.
    pub away: Vec<UnreachableSource>,
}

impl Duplicates {
    /// How many items have a fingerprint.
    #[must_use]
    pub fn heard(&self) -> usize {
        self.items.iter().filter(|item| item.heard).count()
    }

    /// Whether of two items only the beginning was compared, because one plays on.
    #[must_use]
    pub fn are_heard_in_part(&self, one: usize, other: usize, proof: &Proof) -> bool {
        self.items.get(one).zip(self.items.get(other)).is_some_and(|(one, other)| proof.is_of_part(one, other))
    }

    /// Files that a better one makes superfluous, and the bytes that taking them away frees.
    #[must_use]
    pub fn superfluous(&self) -> (usize, u64) {
        let others = self.groups.iter().flat_map(|group| &group.others);
        others.fold((0, 0), |(files, bytes), other| (files + 1, bytes + other.frees))
    }

    /// Whether an item is in a source that cannot be reached.
    #[must_use]
    pub fn is_away(&self, item: &Item) -> bool {
        self.away.iter().any(|away| away.source == item.source)
    }
}

/// Finds what is there twice among all items of the catalog that are there. Pairs that agree in the first two minutes and play on
/// are compared by what `whole` has of them.
pub fn find(
    catalog: &Catalog,
    ear: &CompareFn<'_>,
    whole: &WholePrintsFn<'_>,
    wanted: DuplicateOptions,
) -> Result<Duplicates, CatalogError> {
    let items = items(catalog)?;
    let classes = Classes::of(&items);
    let (places, prints) = fingerprints(catalog, &items, &classes)?;
    let heard = ear(&prints);
    drop(prints);
    let as_items = |pair: &Pair| Some(Pair { one: *places.get(pair.one)?, other: *places.get(pair.other)?, ..*pair });
    let is_wanted = |pair: &Pair| pair.alike.score >= wanted.min_score;
    let pairs = heard.pairs.iter().filter_map(as_items).filter(is_wanted).collect();
    let JudgedPairs { alike, mut versions } = judge(&items, pairs, whole)?;
    let bridges = heard.bridges.iter().filter_map(as_items).filter(is_wanted);
    versions.extend(bridges.map(|pair| Versions::of(pair, Difference::Bridge)));
    versions.sort_by_key(|versions| (versions.one, versions.other));
    let mut groups = group(&items, &classes, &alike);
    weigh(&items, &mut groups);
    let (likely, likely_left_out) = wanted.metadata.map(|threshold| likely(&items, threshold)).unwrap_or_default();
    Ok(Duplicates { items, groups, versions, likely, likely_left_out, away: away(catalog)? })
}

/// Pairs of which it is known what they are.
#[derive(Default)]
struct JudgedPairs {
    alike: Vec<Pair>,
    versions: Vec<Versions>,
}

impl JudgedPairs {
    fn put(&mut self, pair: Pair, difference: Option<Difference>) {
        match difference {
            None => self.alike.push(pair),
            Some(difference) => self.versions.push(Versions::of(pair, difference)),
        }
    }
}

/// Tells copies from versions; those that play on by the whole of them, some hundred at a time.
fn judge(items: &[Item], pairs: Vec<Pair>, whole: &WholePrintsFn<'_>) -> Result<JudgedPairs, CatalogError> {
    let (mut judged, mut long) = (JudgedPairs::default(), Vec::new());
    for pair in pairs {
        let is_long = items.get(pair.one).zip(items.get(pair.other)).is_some_and(|(one, other)| play_on(one, other));
        match difference(items, &pair) {
            None if is_long => long.push(pair),
            difference => judged.put(pair, difference),
        }
    }
    for piece in long.chunks(PIECE) {
        let mut places: Vec<usize> = piece.iter().flat_map(|pair| [pair.one, pair.other]).collect();
        places.sort_unstable();
        places.dedup();
        let asked: Vec<&Item> = places.iter().filter_map(|at| items.get(*at)).collect();
        let prints = whole(&asked)?;
        let print = |at: usize| prints.get(&items.get(at)?.id);
        for pair in piece {
            let mut pair = *pair;
            let difference = compare(&mut pair.alike, print(pair.one), print(pair.other));
            judged.put(pair, difference);
        }
    }
    Ok(judged)
}

/// All items that are there. A file is no duplicate of itself: of items with one path there is one.
fn items(catalog: &Catalog) -> Result<Vec<Item>, CatalogError> {
    let (mut items, mut paths) = (Vec::new(), HashSet::new());
    catalog.library_entries(|entry| {
        if paths.insert(entry.path.clone()) {
            items.push(Item::from(entry));
        }
    })?;
    Ok(items)
}

/// The fingerprints of the items that stand for their classes, with their places in the list of items.
fn fingerprints(
    catalog: &Catalog,
    items: &[Item],
    classes: &Classes,
) -> Result<(Vec<usize>, Vec<Fingerprint>), CatalogError> {
    let (mut places, mut prints) = (Vec::new(), Vec::new());
    catalog.library_fingerprints(Fingerprint::ALGORITHM, |id, bytes| {
        let Ok(at) = items.binary_search_by_key(&id, |item| item.id) else {
            return;
        };
        if classes.first(at) == at
            && let Some(print) = Fingerprint::from_bytes(bytes)
        {
            places.push(at);
            prints.push(print);
        }
    })?;
    Ok((places, prints))
}
