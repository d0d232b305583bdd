//! What was found, held against what was put there.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::library::Planted;

/// Counts of pairs: those that were put there and were found, those that were missed, and those that nobody put there.
pub(crate) fn compare(planted: &Planted, found: &Value) -> Value {
    let groups: Vec<Vec<String>> = found["groups"].as_array().into_iter().flatten().map(members).collect();
    let piece = |id: &String| planted.pieces.get(id).copied();
    let (mut right, mut wrong) = (0_u64, Vec::new());
    for group in &groups {
        let (Some(kept), rest) = (group.first(), group.get(1..).unwrap_or_default()) else { continue };
        for other in rest {
            if piece(kept).is_some() && piece(kept) == piece(other) {
                right += 1;
            } else {
                wrong.push(json!([kept, other]));
            }
        }
    }
    let mut copies: BTreeMap<u64, u64> = BTreeMap::new();
    for piece in planted.pieces.values() {
        *copies.entry(*piece).or_default() += 1;
    }
    let planted: u64 = copies.values().map(|copies| copies - 1).sum();
    json!({
        "copies_planted": planted,
        "copies_found": right,
        "copies_missed": planted.saturating_sub(right),
        "found_and_not_planted": wrong.len(),
        "of_them": wrong.iter().take(5).collect::<Vec<_>>(),
        "groups": groups.len(),
        "versions": found["versions"].as_array().map_or(0, Vec::len),
        "likely_by_metadata": found["likely_by_metadata"].as_array().map_or(0, Vec::len),
    })
}

/// The ids of a group's items, the one that is kept first.
fn members(group: &Value) -> Vec<String> {
    let others = group["others"].as_array().into_iter().flatten();
    std::iter::once(&group["keep"]).chain(others).filter_map(|member| id(member["file"]["path"].as_str()?)).collect()
}

/// The id in `…/images/ID.info/name`.
fn id(path: &str) -> Option<String> {
    path.rsplit('/').nth(1)?.strip_suffix(".info").map(str::to_owned)
}
