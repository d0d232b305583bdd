//! Which candidates a track is compared with: those that share a key with it.
//!
//! Keys are hashes of an id, an ISRC, a title, a title with an artist, an artist with a title's first letter, and of rare
//! words. All of them stand in one sorted list, those of one key by length, and at most `MAX_PER_KEY` of a key are taken:
//! those nearest in length. So a track is compared with a bounded number of candidates, however many are called "Intro":
//! building costs O(n · k · log(n · k)) for n candidates with at most k = 44 keys each, looking up O(k · (log(n · k) +
//! `MAX_PER_KEY`)). Two texts with one hash only cost a comparison.

use super::limits::{MAX_KEY_NAMES, MAX_KEY_WORDS, MAX_PER_KEY, RARE};
use super::name;
use super::prepared::Prepared;

/// A key of a candidate. Sorted, so that the candidates of one key lie together, by length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u64,
    length_ms: u64,
    candidate: u32,
}

/// The keys of all candidates.
#[derive(Debug)]
pub(super) struct Index {
    entries: Vec<Entry>,
}

/// A key and whether it only counts while few candidates have it.
struct Key {
    hash: u64,
    rare: bool,
}

impl Index {
    pub(super) fn new(candidates: &[Prepared]) -> Self {
        let mut entries = Vec::new();
        for (candidate, prepared) in (0_u32..).zip(candidates) {
            let length_ms = prepared.duration_ms.unwrap_or_default();
            entries.extend(keys(prepared).into_iter().map(|key| Entry { key: key.hash, length_ms, candidate }));
        }
        entries.sort_unstable();
        entries.dedup();
        entries.shrink_to_fit();
        Self { entries }
    }

    /// The candidates that share a key, each once, in their order.
    pub(super) fn near(&self, track: &Prepared) -> Vec<u32> {
        let mut found = Vec::new();
        for key in keys(track) {
            let start = self.entries.partition_point(|entry| entry.key < key.hash);
            let rest = self.entries.get(start..).unwrap_or_default();
            let same = rest.get(..rest.partition_point(|entry| entry.key == key.hash)).unwrap_or_default();
            if !(key.rare && same.len() > RARE) {
                found.extend(nearest(same, track.duration_ms).iter().map(|entry| entry.candidate));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The entries nearest in length: a window around where the length would stand. Without a length, the first ones, among
/// which those of unknown length are.
fn nearest(same: &[Entry], length_ms: Option<u64>) -> &[Entry] {
    let length_ms = length_ms.unwrap_or_default();
    let at = same.partition_point(|entry| entry.length_ms < length_ms);
    let start = at.saturating_sub(MAX_PER_KEY / 2).min(same.len().saturating_sub(MAX_PER_KEY));
    same.get(start..same.len().min(start + MAX_PER_KEY)).unwrap_or_default()
}

fn keys(track: &Prepared) -> Vec<Key> {
    let mut keys = Vec::with_capacity(24);
    let mut push = |rare, parts: &[&str]| keys.push(Key { hash: hash(parts), rare });
    for id in track.ids.iter().take(MAX_KEY_NAMES) {
        push(false, &["id", &id.service, &id.id]);
    }
    for (kind, code) in [("isrc", &track.isrc), ("recording", &track.recording)] {
        code.iter().for_each(|code| push(false, &[kind, code]));
    }
    if track.base.is_empty() {
        return keys;
    }
    let sorted = name::sorted(&track.title.whole);
    let titles = [&track.spoken, &track.whole, &track.base, &sorted];
    titles.iter().for_each(|title| push(false, &["title", title]));
    let first = track.base.chars().next().map(String::from).unwrap_or_default();
    for artist in track.credit.names.iter().take(MAX_KEY_NAMES) {
        titles.iter().for_each(|title| push(false, &["both", title, &artist.compact]));
        push(false, &["letter", &first, &artist.compact]);
    }
    let long = track.title.whole.iter().filter(|word| word.chars().count() >= 4).take(MAX_KEY_WORDS);
    long.for_each(|word| push(true, &["word", word]));
    keys
}

/// FNV-1a of 64 bits (draft-eastlake-fnv), with an end after each part.
fn hash(parts: &[&str]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    parts.iter().fold(OFFSET, |hash, part| step(part.bytes().fold(hash, step), 0xff))
}
