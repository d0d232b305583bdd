//! The JSON output of duplicates.

use baton_core::Digest;
use baton_core::path_text;
use baton_library::coverage::FINGERPRINTED_MS;
use baton_library::duplicates::{
    Duplicates, Group, Item, LikelyPair, Lossless, Proof, QualityScore, SuperfluousFile, Versions,
};
use serde_json::{Value, json};

/// The whole report.
pub(super) fn whole(found: &Duplicates) -> Value {
    let (superfluous, bytes) = found.superfluous();
    json!({
        "schema": 1,
        "items": found.items.len(),
        "compared": found.fingerprinted(),
        "superfluous": { "files": superfluous, "bytes": bytes },
        "unreachable": unreachable(found),
        "groups": found.groups.iter().map(|group| as_json(found, group)).collect::<Vec<_>>(),
        "versions": pairs(found, false),
        "review": pairs(found, true),
        "likely_by_metadata": found.likely.iter().map(|two| likely(found, two)).collect::<Vec<_>>(),
        "likely_left_out": found.likely_left_out,
    })
}

/// One group: the file to keep, and the others with the reasons.
pub(super) fn as_json(found: &Duplicates, group: &Group) -> Value {
    json!({
        "keep": { "file": file(found, group.best), "points": points(group.points) },
        "others": group.others.iter().map(|file| superfluous(found, group.best, file)).collect::<Vec<_>>(),
    })
}

fn superfluous(found: &Duplicates, best: usize, other: &SuperfluousFile) -> Value {
    json!({
        "file": file(found, other.item),
        "points": points(other.points),
        "proof": proof(&other.proof, found.are_compared_in_part(best, other.item, &other.proof)),
        "reasons": other.reasons,
        "frees_bytes": other.frees,
        "hard_link": other.hard_link,
    })
}

/// The sources that cannot be reached.
pub(super) fn unreachable(found: &Duplicates) -> Vec<Value> {
    found
        .unreachable
        .iter()
        .map(|source| json!({ "path": path_text::to_text(&source.path), "why": source.why }))
        .collect()
}

fn points(points: QualityScore) -> Value {
    let QualityScore { intact, format, length, tags } = points;
    json!({ "sum": points.sum(), "intact": intact, "format": format, "length": length, "tags": tags })
}

/// The proof; `in_part` if only the beginnings were compared.
fn proof(proof: &Proof, in_part: bool) -> Value {
    match proof {
        Proof::SameAudio => json!({ "by": "same_audio", "score": proof.score() }),
        Proof::Sounds(similarity) => json!({
            "by": "sound",
            "score": proof.score(),
            "bit_error_rate": rounded(similarity.bit_error_rate),
            "overlap": rounded(similarity.overlap),
            "worst_10s_error_rate": rounded(similarity.windows.worst),
            "only_first_ms": in_part.then_some(FINGERPRINTED_MS),
        }),
    }
}

/// With `review`, the pairs that a person must check; otherwise the pairs that are different versions.
fn pairs(found: &Duplicates, review: bool) -> Vec<Value> {
    let wanted = found.versions.iter().filter(|pair| pair.difference.is_review() == review);
    wanted.map(|pair| versions(found, pair)).collect()
}

fn versions(found: &Duplicates, versions: &Versions) -> Value {
    let by = Proof::Sounds(versions.similarity);
    json!({
        "one": file(found, versions.one),
        "other": file(found, versions.other),
        "proof": proof(&by, found.are_compared_in_part(versions.one, versions.other, &by)),
        "difference": versions.difference.word(),
        "reason": versions.difference.text(),
    })
}

fn likely(found: &Duplicates, likely: &LikelyPair) -> Value {
    json!({
        "one": file(found, likely.one),
        "other": file(found, likely.other),
        "by": "metadata",
        "points": likely.score,
        "reasons": likely.reasons,
    })
}

/// A file, with the data that identify its compared content.
fn file(found: &Duplicates, at: usize) -> Value {
    found.items.get(at).map_or(Value::Null, |item| {
        json!({
            "path": path_text::to_text(&item.path),
            "name": item.name,
            "size": item.size,
            "reachable": !found.is_unreachable(item),
            "sha256": item.file_sha256.map(|digest| Digest::from(digest).to_string()),
            "codec": item.codec,
            "bits": bits(item),
            "bitrate": item.bitrate,
            "duration_ms": item.duration_ms,
            "title": item.title,
            "artist": item.artist,
            "album": item.album,
            "isrc": item.isrc,
            "damage": item.damage,
            "damage_checked": item.damage_checked,
        })
    })
}

fn bits(item: &Item) -> Option<u16> {
    match item.lossless {
        Lossless::Bits(bits) => Some(bits),
        Lossless::No => None,
    }
}

/// Rounds to four digits, because more depend on the machine.
fn rounded(share: f32) -> f64 {
    (f64::from(share) * 10_000.0).round() / 10_000.0
}
