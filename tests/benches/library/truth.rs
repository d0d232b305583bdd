//! Compares the found duplicates with the generated ones.

use std::collections::BTreeMap;

use baton_tests::music::Music;
use serde_json::{Value, json};

use super::library::GeneratedContent;

/// Counts the generated copies that are in one group with their piece, the copies that are not, and the pieces that are in
/// one group with another piece. Also counts how many pieces of the last kind share music with that other piece, as excerpts
/// of one recording do.
pub(crate) fn compare(planted: &GeneratedContent, music: &Music, found: &Value) -> Value {
    let groups: Vec<Vec<String>> = found["groups"].as_array().into_iter().flatten().map(members).collect();
    let mut copies: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for (id, piece) in &planted.pieces {
        copies.entry(*piece).or_default().push(id);
    }
    let mut group_of: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut strangers, mut akin, mut other) = (0_u64, 0_u64, Vec::new());
    for (number, group) in groups.iter().enumerate() {
        group_of.extend(group.iter().map(|id| (id.as_str(), number)));
        let mut pieces: Vec<_> = group.iter().filter_map(|id| planted.pieces.get(id).copied()).collect();
        let Some(kept) = pieces.first().copied() else { continue };
        pieces.sort_unstable();
        pieces.dedup();
        for piece in pieces.into_iter().filter(|piece| *piece != kept) {
            strangers += 1;
            if music.are_akin(kept, piece) { akin += 1 } else { other.push(json!([kept, piece])) }
        }
    }
    let (mut all, mut missed) = (0_u64, Vec::new());
    for (piece, ids) in &copies {
        let mut in_groups: Vec<_> = ids.iter().map(|id| group_of.get(id)).collect();
        all += ids.len() as u64 - 1;
        in_groups.sort_unstable();
        let alone = in_groups.iter().filter(|group| group.is_none()).count();
        in_groups.dedup();
        let apart = in_groups.iter().flatten().count() + alone - 1;
        missed.extend(std::iter::repeat_n(json!({ "piece": piece, "files": ids }), apart));
    }
    let right = all - missed.len() as u64;
    json!({
        "copies_planted": all,
        "copies_found": right,
        "copies_missed": missed.len(),
        "missed": missed.iter().take(5).collect::<Vec<_>>(),
        "grouped_with_another_piece": strangers,
        "of_them_with_shared_music": akin,
        "without": other.iter().take(5).collect::<Vec<_>>(),
        "groups": groups.len(),
        "versions": found["versions"].as_array().map_or(0, Vec::len),
        "likely_by_metadata": found["likely_by_metadata"].as_array().map_or(0, Vec::len),
    })
}

/// The ids of a group's items, the one to keep first.
fn members(group: &Value) -> Vec<String> {
    let others = group["others"].as_array().into_iter().flatten();
    std::iter::once(&group["keep"]).chain(others).filter_map(|member| id(member["file"]["path"].as_str()?)).collect()
}

/// The id of an item, from the path `…/images/ID.info/name`.
fn id(path: &str) -> Option<String> {
    path.rsplit('/').nth(1)?.strip_suffix(".info").map(str::to_owned)
}
