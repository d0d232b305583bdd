//! The fingerprint gate: how many of the catalog's files have a fingerprint, and how many more must have one.

use baton_plugin_kit::host::{ServiceError, Tables};
use baton_plugin_sdk::sql::Value;
use serde::Serialize;

use crate::options::Options;

/// Files that are there, and those of them that have a fingerprint, as the catalog reckons: a file that became another one and
/// was not read since has none, though that of the old one is kept.
const COUNTS: &str = "SELECT total, done FROM coverage";

/// How far the fingerprints are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateRow {
    /// How many files have a fingerprint.
    pub done: u64,
    /// How many files there are.
    pub total: u64,
    /// The share that is asked for, in per cent.
    pub gate_percent: u8,
    /// How many more files need a fingerprint until that share is reached.
    pub needed: u64,
    /// Where that is known from: `catalog`.
    pub source: &'static str,
}

impl GateRow {
    fn new(done: u64, total: u64, gate_percent: u8) -> Self {
        let wanted = (u128::from(total) * u128::from(gate_percent)).div_ceil(100);
        let needed = u64::try_from(wanted.saturating_sub(u128::from(done))).unwrap_or(u64::MAX);
        Self { done, total, gate_percent, needed, source: "catalog" }
    }

    /// Done of total in tenths of a per cent, rounded half up: 201 is 20.1 %.
    #[must_use]
    pub fn tenths(&self) -> u64 {
        let tenths = (u128::from(self.done) * 2000 + u128::from(self.total)).checked_div(u128::from(self.total) * 2);
        u64::try_from(tenths.unwrap_or(0)).unwrap_or(u64::MAX)
    }
}

/// Queries the catalog; `None` if it is not granted or has no file. An error of the catalog is returned separately.
#[must_use]
pub fn gate(catalog: Option<&dyn Tables>, options: &Options) -> (Option<GateRow>, Option<String>) {
    match catalog.map(|catalog| catalog.all(COUNTS, &[])) {
        None => (None, None),
        Some(Ok(rows)) => (counts(&rows).map(|(total, done)| GateRow::new(done, total, options.gate())), None),
        Some(Err(refused)) => (None, Some(ServiceError::from(refused).text().to_owned())),
    }
}

fn counts(rows: &[Vec<Value>]) -> Option<(u64, u64)> {
    match rows.first()?.as_slice() {
        [Value::Integer(total), Value::Integer(done)] if *total > 0 => {
            Some((u64::try_from(*total).ok()?, u64::try_from(*done).ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_reckoned_from_the_whole() {
        let of = |done, total| GateRow::new(done, total, 80);
        assert_eq!((of(4_244, 21_125).needed, of(4_249, 21_121).needed), (12_656, 12_648));
        assert_eq!((of(4_244, 21_125).tenths(), of(4_249, 21_121).tenths()), (201, 201));
        assert_eq!((of(80, 100).needed, of(79, 100).needed, of(0, 1).needed), (0, 1, 1));
        assert_eq!(of(u64::MAX, u64::MAX).needed, 0);
        assert_eq!(gate(None, &Options::default()), (None, None));
    }
}
