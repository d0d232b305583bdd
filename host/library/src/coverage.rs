//! Coverage: how many audio items have a fingerprint, why the others have none, and how many more are needed for the
//! required share.
//!
//! Every audio item counts, even if it cannot have a fingerprint: otherwise files without a fingerprint would not lower
//! the coverage. The audit reads the same figures, from the view `coverage` of the catalog.

use std::path::PathBuf;

use baton_catalog::Catalog;
use baton_catalog::CatalogError;
use baton_catalog::library::{Count, ItemState, MissingPerSource, Source};

/// The default for the required coverage, in per cent.
pub const REQUIRED_PERCENT: u8 = 80;

/// The fingerprinted part of a file, in milliseconds: [`crate::scan::Options::LENGTH`].
pub const FINGERPRINTED_MS: u64 = crate::scan::Options::LENGTH.as_secs() * 1_000;

/// Coverage of a whole library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The required coverage, in per cent.
    pub gate_percent: u8,
    /// Fingerprinted items that are longer than [`FINGERPRINTED_MS`].
    pub partly_fingerprinted: u64,
    /// The sum of all sources.
    pub total: CoveragePart,
    /// Each source.
    pub sources: Vec<SourceCoverage>,
}

/// Coverage of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCoverage {
    /// Its folder.
    pub path: PathBuf,
    /// Why the last scan could not reach it.
    pub failure: Option<String>,
    /// Its items.
    pub part: CoveragePart,
}

/// Counts of items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoveragePart {
    /// Audio items that exist.
    pub items: u64,
    /// Items with a fingerprint.
    pub fingerprinted: u64,
    /// Items that wait to be read.
    pub pending: u64,
    /// Items whose reading failed.
    pub failed: u64,
    /// Items that cannot have a fingerprint.
    pub skipped: u64,
    /// Items that the last scan did not find. They are excluded from the required share.
    pub missing: u64,
    /// Why items have no fingerprint, the most frequent first.
    pub reasons: Vec<MissingCount>,
    /// How many more items need a fingerprint for the required share.
    pub needed: u64,
}

/// Items that have no fingerprint for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingCount {
    /// The state of the items.
    pub state: ItemState,
    /// The reason code; `not_read` for pending items.
    pub reason: String,
    /// The number of items.
    pub items: u64,
}

impl CoveragePart {
    fn from_counts<'a>(counts: impl Iterator<Item = &'a Count>, missing: u64, gate_percent: u8) -> Self {
        let mut part = Self { missing, ..Self::default() };
        for count in counts {
            part.items += count.items;
            let of_state = match count.state {
                ItemState::Fingerprinted => &mut part.fingerprinted,
                ItemState::Pending => &mut part.pending,
                ItemState::Failed => &mut part.failed,
                ItemState::Skipped => &mut part.skipped,
            };
            *of_state += count.items;
            if count.state != ItemState::Fingerprinted {
                part.count_reason(count);
            }
        }
        part.reasons.sort_by(|a, b| b.items.cmp(&a.items).then_with(|| a.reason.cmp(&b.reason)));
        let wanted = (u128::from(part.items) * u128::from(gate_percent)).div_ceil(100);
        part.needed = u64::try_from(wanted.saturating_sub(u128::from(part.fingerprinted))).unwrap_or(u64::MAX);
        part
    }

    fn count_reason(&mut self, count: &Count) {
        let reason = count.reason.as_deref().unwrap_or("not_read");
        match self
            .reasons
            .iter_mut()
            .find(|missing_count| missing_count.reason == reason && missing_count.state == count.state)
        {
            Some(missing_count) => missing_count.items += count.items,
            None => {
                self.reasons.push(MissingCount { state: count.state, reason: reason.to_owned(), items: count.items });
            }
        }
    }

    /// The share that has a fingerprint, in tenths of a per cent, rounded half up: 201 is 20.1 %.
    #[must_use]
    pub fn tenths(&self) -> u64 {
        let (done, items) = (u128::from(self.fingerprinted), u128::from(self.items));
        u64::try_from((done * 2000 + items).checked_div(items * 2).unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// True if the required share is reached. A library without items does not reach it.
    #[must_use]
    pub const fn is_reached(&self) -> bool {
        self.items > 0 && self.needed == 0
    }

    /// True if reading all pending and failed items could reach the required share.
    #[must_use]
    pub const fn is_reachable(&self) -> bool {
        self.needed <= self.pending + self.failed
    }
}

impl Coverage {
    /// The coverage of a library without scans.
    #[must_use]
    pub fn empty(gate_percent: u8) -> Self {
        Self::from(&[], &[], &[], gate_percent)
    }

    /// Computes the coverage of a catalog.
    pub fn load(catalog: &Catalog, gate_percent: u8) -> Result<Self, CatalogError> {
        let counts = catalog.library_counts()?;
        let missing = catalog.library_missing()?;
        let partly_fingerprinted = catalog.count_items_longer_than(FINGERPRINTED_MS)?;
        Ok(Self { partly_fingerprinted, ..Self::from(&catalog.library_sources()?, &counts, &missing, gate_percent) })
    }

    fn from(sources: &[Source], counts: &[Count], missing: &[MissingPerSource], gate_percent: u8) -> Self {
        let one = |source: &Source| {
            let counts = counts.iter().filter(|count| count.source == source.id);
            let missing = missing.iter().find(|count| count.source == source.id).map_or(0, |count| count.items);
            let part = CoveragePart::from_counts(counts, missing, gate_percent);
            SourceCoverage { path: source.path.clone(), failure: source.failure.clone(), part }
        };
        let missing = missing.iter().map(|count| count.items).sum();
        let total = CoveragePart::from_counts(counts.iter(), missing, gate_percent);
        Self { gate_percent, partly_fingerprinted: 0, total, sources: sources.iter().map(one).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(source: i64, state: ItemState, reason: Option<&str>, items: u64) -> Count {
        Count { source, state, reason: reason.map(str::to_owned), items }
    }

    #[test]
    fn the_needed_number_counts_all_items() {
        let counts = [
            count(1, ItemState::Fingerprinted, None, 4_000),
            count(1, ItemState::Pending, None, 16_000),
            count(2, ItemState::Fingerprinted, None, 244),
            count(2, ItemState::Failed, Some("corrupt"), 500),
            count(2, ItemState::Skipped, Some("unsupported"), 381),
        ];
        let coverage = Coverage::from(&[], &counts, &[MissingPerSource { source: 2, items: 7 }], REQUIRED_PERCENT);
        let total = &coverage.total;
        assert_eq!((total.items, total.fingerprinted, total.needed, total.tenths()), (21_125, 4_244, 12_656, 201));
        assert_eq!((total.missing, total.is_reached(), total.is_reachable()), (7, false, true));
        let reasons: Vec<_> =
            total.reasons.iter().map(|missing_count| (missing_count.reason.as_str(), missing_count.items)).collect();
        assert_eq!(reasons, [("not_read", 16_000), ("corrupt", 500), ("unsupported", 381)]);
    }

    #[test]
    fn the_gate_is_reached_at_its_share_but_not_by_an_empty_library() {
        let at = |done, skipped| {
            let counts = [
                count(1, ItemState::Fingerprinted, None, done),
                count(1, ItemState::Skipped, Some("protected"), skipped),
            ];
            Coverage::from(&[], &counts, &[], REQUIRED_PERCENT).total
        };
        assert!(at(80, 20).is_reached() && !at(79, 21).is_reached() && !at(79, 21).is_reachable());
        let empty = Coverage::empty(REQUIRED_PERCENT);
        assert_eq!((empty.gate_percent, empty.total.is_reached(), empty.total.tenths()), (REQUIRED_PERCENT, false, 0));
    }
}
