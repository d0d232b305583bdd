//! The baseline of the search: two fingerprints match if they share enough words at any positions. A table with one row for
//! each word and a `GROUP BY` does the same, and `AcoustID` selects candidates in a similar way.

use std::collections::HashMap;

/// For each pair of prints with common keys: the number of common keys, divided by the number of keys of the smaller print. A
/// key is the upper 28 bits of a word; repeated keys count once.
#[expect(clippy::cast_precision_loss, reason = "some hundreds")]
pub(crate) fn shares(prints: &[&[u32]]) -> HashMap<(u32, u32), f64> {
    let mut by_key: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut sizes = Vec::new();
    for (number, words) in (0_u32..).zip(prints) {
        let mut keys: Vec<_> = words.iter().map(|word| word >> 4).collect();
        keys.sort_unstable();
        keys.dedup();
        sizes.push(keys.len());
        for key in keys {
            by_key.entry(key).or_default().push(number);
        }
    }
    let mut common: HashMap<(u32, u32), u32> = HashMap::new();
    for numbers in by_key.values() {
        for (at, second) in numbers.iter().enumerate() {
            for first in numbers.iter().take(at) {
                *common.entry((*first, *second)).or_default() += 1;
            }
        }
    }
    let size = |number: u32| sizes.get(number as usize).copied().unwrap_or_default();
    let share =
        |((first, second), count)| ((first, second), f64::from(count) / size(first).min(size(second)).max(1) as f64);
    common.into_iter().map(share).collect()
}
