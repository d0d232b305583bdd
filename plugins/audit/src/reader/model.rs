//! Decides whether a path is promised: a linear model over features, with its weights in `weights.tsv`.
//!
//! One row per feature: its name, its weight for "the file is created or must exist" and its weight for "the file is
//! changed", both relative to "the file is only mentioned". `examples/fit.rs` computes the table. People can read it.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::features::Features;

const TABLE: &str = include_str!("weights.tsv");

/// The probabilities that a path is promised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PromiseProbability {
    /// The file is created or must exist.
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

/// The probabilities for a path with these features.
#[must_use]
pub(crate) fn likely(features: &Features) -> PromiseProbability {
    let weights = &weights().0;
    let bias = weights.get("bias").copied().unwrap_or_default();
    let sum = features
        .0
        .iter()
        .filter_map(|feature| weights.get(feature.as_str()))
        .fold(bias, |sum, weight| (sum.0 + weight.0, sum.1 + weight.1));
    // Clamped, so that the exponential cannot overflow.
    let odds = |sum: f64| sum.clamp(-100.0, 100.0).exp();
    let (made, changed) = (odds(sum.0), odds(sum.1));
    let all = 1.0 + made + changed;
    PromiseProbability { made: made / all, changed: changed / all }
}
