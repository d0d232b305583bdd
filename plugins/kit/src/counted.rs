//! Numbers with their nouns, in texts for people.

/// A number with its noun: `1 entry`, `2 entries`; or with noun and verb: `1 list was`, `2 lists were`.
#[must_use]
pub fn counted(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}
