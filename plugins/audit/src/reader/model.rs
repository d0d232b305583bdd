//! Whether a path is promised: a linear model over features, its weights in `weights.tsv`.
//!
//! One row a feature: its name, its weight for "the file is made, or said to be there" and its weight for "the file is
//! changed", both against "it is only spoken of". The table is fitted by `fit`; a person can read it.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::features::Features;

const TABLE: &str = include_str!("weights.tsv");

/// How likely a path is promised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Likely {
    /// The file is made, or said to be there.
    pub(crate) made: f64,
    /// The file is changed.
    pub(crate) changed: f64,
}

#[derive(Default)]
struct Weights(HashMap<&'static str, (f64, f64)>);

fn weights() -> &'static Weights {
    static WEIGHTS: OnceLock<Weights> = OnceLock::new();
    WEIGHTS.get_or_init(|| {
        let rows = TABLE.lines().filter_map(|row| {
            let mut cells = row.split('\t');
            let (name, made, changed) = (cells.next()?, cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
            Some((name, (made, changed)))
        });
        Weights(rows.collect())
    })
}

/// How likely a path with these features is promised.
#[must_use]
pub(crate) fn likely(features: &Features) -> Likely {
    let weights = &weights().0;
    let bias = weights.get("bias").copied().unwrap_or_default();
    let sum = features
        .0
        .iter()
        .filter_map(|feature| weights.get(feature.as_str()))
        .fold(bias, |sum, weight| (sum.0 + weight.0, sum.1 + weight.1));
    // Bounded, so that no sum is out of the range of numbers.
    let odds = |sum: f64| sum.clamp(-100.0, 100.0).exp();
    let (made, changed) = (odds(sum.0), odds(sum.1));
    let all = 1.0 + made + changed;
    Likely { made: made / all, changed: changed / all }
}
