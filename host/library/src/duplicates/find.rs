//! The search for duplicates: finds groups, versions and likely pairs among the items of the catalog.

use std::collections::HashSet;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_fingerprint::Fingerprint;

use super::classes::Classes;
use super::groups::group;
use super::links::count_freed_bytes;
use super::metadata::likely;
use super::proof::Pair;
use super::unreachable::{UnreachableSource, unreachable_sources};
use super::versions::difference;
use super::whole_files::{WholePrintsFn, compare, exceeds_fingerprinted_part};
use super::{Difference, Group, Item, LikelyPair, Proof, Versions};

/// Finds similar pairs among many fingerprints: [`super::find_similar()`], or a substitute in tests.
pub type CompareFn<'a> = dyn Fn(&[Fingerprint]) -> CompareResult + 'a;

/// Similar pairs, by the positions of their fingerprints.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompareResult {
    /// Pairs that are copies of each other.
    pub pairs: Vec<Pair>,
    /// Similar pairs that are probably not copies, because other files are similar to only one file of the pair. Example: a
    /// medley and one of its songs.
    pub bridges: Vec<Pair>,
}

/// The number of pairs that are compared to their end in one step. The limit bounds the fingerprints in memory.
const PIECE: usize = 500;

/// The options of a search.
#[derive(Clone, Copy, Debug)]
pub struct DuplicateOptions {
    /// The minimum score (of 1,000) of a pair that is compared by its tags, name and length, because a file has no
    /// fingerprint. `None` disables this comparison.
    pub metadata: Option<u32>,
    /// The minimum similarity score of a reported pair, in per cent.
    pub min_score: u8,
}

/// The duplicates of a library.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Duplicates {
    /// All items that exist. Other fields contain positions in this list.
    pub items: Vec<Item>,
    /// Files of one recording.
    pub groups: Vec<Group>,
    /// Similar pairs that are not duplicates, or that a person must check.
    pub versions: Vec<Versions>,
    /// Pairs with similar names in which at least one file has no fingerprint.
    pub likely: Vec<LikelyPair>,
    /// An upper bound for the number of pairs that were not compared, because more than 64 items have the same name.
    pub likely_left_out: usize,
    /// Sources that cannot be reached now.
    pub unreachable: Vec<UnreachableSource>,
}

impl Duplicates {
    /// The number of items with a fingerprint.
    #[must_use]
    pub fn fingerprinted(&self) -> usize {
        self.items.iter().filter(|item| item.has_fingerprint).count()
    }

    /// True if only the fingerprinted parts of two items were compared, although one of them is longer.
    #[must_use]
    pub fn are_compared_in_part(&self, one: usize, other: usize, proof: &Proof) -> bool {
        self.items.get(one).zip(self.items.get(other)).is_some_and(|(one, other)| proof.is_of_part(one, other))
    }

    /// The number of superfluous files, and the bytes that removing them frees.
    #[must_use]
    pub fn superfluous(&self) -> (usize, u64) {
        let others = self.groups.iter().flat_map(|group| &group.others);
        others.fold((0, 0), |(files, bytes), other| (files + 1, bytes + other.frees))
    }

    /// True if an item is in a source that cannot be reached.
    #[must_use]
    pub fn is_unreachable(&self, item: &Item) -> bool {
        self.unreachable.iter().any(|source| source.source == item.source)
    }
}

/// Finds the duplicates among all items of the catalog that exist. `whole` provides the fingerprints of whole files. They
/// are needed for a pair that is similar in the first two minutes if one of its files is longer.
pub fn find(
    catalog: &Catalog,
    compare: &CompareFn<'_>,
    whole: &WholePrintsFn<'_>,
    wanted: DuplicateOptions,
) -> Result<Duplicates, CatalogError> {
    let items = items(catalog)?;
    let classes = Classes::of(&items);
    let (positions, prints) = fingerprints(catalog, &items, &classes)?;
    let compared = compare(&prints);
    drop(prints);
    let as_items =
        |pair: &Pair| Some(Pair { one: *positions.get(pair.one)?, other: *positions.get(pair.other)?, ..*pair });
    let is_wanted = |pair: &Pair| pair.similarity.score >= wanted.min_score;
    let pairs = compared.pairs.iter().filter_map(as_items).filter(is_wanted).collect();
    let JudgedPairs { copies, mut versions } = separate_versions(&items, pairs, whole)?;
    let bridges = compared.bridges.iter().filter_map(as_items).filter(is_wanted);
    versions.extend(bridges.map(|pair| Versions::new(pair, Difference::Bridge)));
    versions.sort_by_key(|versions| (versions.one, versions.other));
    let mut groups = group(&items, &classes, &copies);
    count_freed_bytes(&items, &mut groups);
    let (likely, likely_left_out) = wanted.metadata.map(|threshold| likely(&items, threshold)).unwrap_or_default();
    Ok(Duplicates { items, groups, versions, likely, likely_left_out, unreachable: unreachable_sources(catalog)? })
}

/// Pairs with a decision.
#[derive(Default)]
struct JudgedPairs {
    copies: Vec<Pair>,
    versions: Vec<Versions>,
}

impl JudgedPairs {
    fn add(&mut self, pair: Pair, difference: Option<Difference>) {
        match difference {
            None => self.copies.push(pair),
            Some(difference) => self.versions.push(Versions::new(pair, difference)),
        }
    }
}

/// Separates copies from versions. Files that are longer than the fingerprinted part are compared to their end, some hundred
/// pairs at a time.
fn separate_versions(items: &[Item], pairs: Vec<Pair>, whole: &WholePrintsFn<'_>) -> Result<JudgedPairs, CatalogError> {
    let (mut judged, mut long) = (JudgedPairs::default(), Vec::new());
    for pair in pairs {
        let is_long = items
            .get(pair.one)
            .zip(items.get(pair.other))
            .is_some_and(|(one, other)| exceeds_fingerprinted_part(one, other));
        match difference(items, &pair) {
            None if is_long => long.push(pair),
            difference => judged.add(pair, difference),
        }
    }
    for piece in long.chunks(PIECE) {
        let mut positions: Vec<usize> = piece.iter().flat_map(|pair| [pair.one, pair.other]).collect();
        positions.sort_unstable();
        positions.dedup();
        let queried: Vec<&Item> = positions.iter().filter_map(|at| items.get(*at)).collect();
        let prints = whole(&queried)?;
        let print = |at: usize| prints.get(&items.get(at)?.id);
        for pair in piece {
            let mut pair = *pair;
            let difference = compare(&mut pair.similarity, print(pair.one), print(pair.other));
            judged.add(pair, difference);
        }
    }
    Ok(judged)
}

/// All items that exist, each path once.
fn items(catalog: &Catalog) -> Result<Vec<Item>, CatalogError> {
    let (mut items, mut paths) = (Vec::new(), HashSet::new());
    catalog.library_entries(|entry| {
        if paths.insert(entry.path.clone()) {
            items.push(Item::from(entry));
        }
    })?;
    Ok(items)
}

/// The fingerprints of the representatives, with their positions in the list of items.
fn fingerprints(
    catalog: &Catalog,
    items: &[Item],
    classes: &Classes,
) -> Result<(Vec<usize>, Vec<Fingerprint>), CatalogError> {
    let (mut positions, mut prints) = (Vec::new(), Vec::new());
    catalog.library_fingerprints(Fingerprint::ALGORITHM, |id, bytes| {
        let Ok(at) = items.binary_search_by_key(&id, |item| item.id) else {
            return;
        };
        if classes.first(at) == at
            && let Some(print) = Fingerprint::from_bytes(bytes)
        {
            positions.push(at);
            prints.push(print);
        }
    })?;
    Ok((positions, prints))
}
