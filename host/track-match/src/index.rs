//! Finds the candidates for a track: the tracks that share a key with it.
//!
//! Keys are hashes of an id, an ISRC, a title, a title with an artist, an artist, an album, the start of a title, rare
//! words, a title in Latin letters, and a composer. They are in one list, sorted by key and length. At most `MAX_PER_KEY`
//! candidates of a key are used, the nearest in length. So a track is compared with a bounded number of candidates, even if
//! very many have the title "Intro". For n candidates with at most k = 60 keys each, building costs O(n · k · log(n · k)),
//! and a look-up costs O(k · (log(n · k) + `MAX_PER_KEY`)). A hash collision only causes an additional comparison.

use super::limits::{MAX_KEY_NAMES, MAX_KEY_WORDS, MAX_PER_KEY, RARE, START, TIGHT_MS};
use super::prepared::PreparedTrack;

/// A key of a candidate. Entries are sorted by key, then by length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u64,
    length_ms: u32,
    candidate: u32,
}

/// The keys of all candidates.
#[derive(Debug)]
pub(super) struct Index {
    entries: Vec<Entry>,
}

/// A key, and its kind.
struct Key {
    hash: u64,
    kind: KeyKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    /// A title with an artist.
    TitleAndArtist,
    /// A word, which is only used if few candidates have it.
    Word,
    /// An artist, an album or the start of a title, which are only used for candidates of the same length.
    SameLength,
    /// A key of another kind, without such a condition.
    Plain,
}

pub(super) struct ComparedTracks {
    /// The candidates that share a key, each once, in order.
    pub(super) candidates: Vec<u32>,
    /// The number of candidates with the same title and artist that are not compared: of too many candidates, only those
    /// nearest in length are compared.
    pub(super) left_out: usize,
}

impl Index {
    /// Builds the index from all readings of all candidates, each with the index of its candidate.
    pub(super) fn new<'a>(readings: impl Iterator<Item = (u32, &'a PreparedTrack)>) -> Self {
        let mut entries = Vec::new();
        for (candidate, prepared) in readings {
            let length_ms = stored_length(prepared.duration_ms);
            entries.extend(keys(prepared).into_iter().map(|key| Entry { key: key.hash, length_ms, candidate }));
        }
        entries.sort_unstable();
        entries.dedup();
        entries.shrink_to_fit();
        Self { entries }
    }

    /// The candidates to compare with a track.
    pub(super) fn near(&self, track: &PreparedTrack) -> ComparedTracks {
        let (mut candidates, mut left_out) = (Vec::new(), 0);
        for key in keys(track) {
            let start = self.entries.partition_point(|entry| entry.key < key.hash);
            let rest = self.entries.get(start..).unwrap_or_default();
            let mut same = rest.get(..rest.partition_point(|entry| entry.key == key.hash)).unwrap_or_default();
            if key.kind == KeyKind::SameLength {
                same = of_length(same, track.duration_ms);
            }
            if key.kind == KeyKind::Word && same.len() > RARE {
                continue;
            }
            candidates.extend(nearest(same, track.duration_ms).iter().map(|entry| entry.candidate));
            if key.kind == KeyKind::TitleAndArtist {
                left_out = left_out.max(same.len().saturating_sub(MAX_PER_KEY));
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        ComparedTracks { candidates, left_out }
    }
}

/// A length in the form of the entries, in 32 bits to save memory: 0 is an unknown length, and the maximum means 49 days or
/// more.
fn stored_length(length_ms: Option<u64>) -> u32 {
    u32::try_from(length_ms.unwrap_or_default()).unwrap_or(u32::MAX)
}

/// The entries whose length differs from `length_ms` by at most the difference of two measurements of one file. Returns no
/// entries for an unknown length.
fn of_length(same: &[Entry], length_ms: Option<u64>) -> &[Entry] {
    let (length_ms, tight_ms) = (stored_length(length_ms), stored_length(Some(TIGHT_MS)));
    if length_ms == 0 {
        return &[];
    }
    let start = same.partition_point(|entry| entry.length_ms < length_ms.saturating_sub(tight_ms));
    let end = same.partition_point(|entry| entry.length_ms <= length_ms.saturating_add(tight_ms));
    same.get(start..end).unwrap_or_default()
}

/// The entries that are nearest in length. For a track without a length: the first entries, because entries of unknown
/// length come first.
fn nearest(same: &[Entry], length_ms: Option<u64>) -> &[Entry] {
    let length_ms = stored_length(length_ms);
    let at = same.partition_point(|entry| entry.length_ms < length_ms);
    let start = at.saturating_sub(MAX_PER_KEY / 2).min(same.len().saturating_sub(MAX_PER_KEY));
    same.get(start..same.len().min(start + MAX_PER_KEY)).unwrap_or_default()
}

fn keys(track: &PreparedTrack) -> Vec<Key> {
    let mut keys = Vec::with_capacity(24);
    let mut push = |kind, parts: &[&str]| keys.push(Key { hash: hash(parts), kind });
    for id in track.ids.iter().take(MAX_KEY_NAMES) {
        push(KeyKind::Plain, &["id", &id.service, &id.id]);
    }
    for (kind, code) in [("isrc", &track.isrc), ("recording", &track.recording)] {
        if let Some(code) = code {
            push(KeyKind::Plain, &[kind, code]);
        }
    }
    if track.base.is_empty() {
        return keys;
    }
    let mut titles: Vec<&str> =
        [&track.spoken, &track.whole, &track.base, &track.sorted].into_iter().map(String::as_str).collect();
    titles.extend(track.letters.as_deref());
    for &title in &titles {
        push(KeyKind::Plain, &["title", title]);
    }
    if let Some(skeleton) = &track.skeleton {
        push(KeyKind::Plain, &["skeleton", &skeleton.text]);
        for spoken in &skeleton.spoken {
            push(KeyKind::Plain, &["skeleton", spoken]);
        }
        if let Some(artist) = track.credit.skeleton() {
            push(KeyKind::Plain, &["consonants", &skeleton.in_hebrew(), &artist.in_hebrew()]);
        }
    }
    if let Some(composer) = track.credit.composer().filter(|_| track.work.is_marked()) {
        push(KeyKind::Plain, &["composer", composer]);
    }
    let first: String = track.base.chars().take(1).collect();
    let start: String = track.base.chars().take(START).collect();
    push(KeyKind::SameLength, &["start", &start]);
    if !track.album.is_empty() {
        push(KeyKind::SameLength, &["album", &track.album]);
    }
    if let Some(artist) = track.credit.skeleton() {
        push(KeyKind::SameLength, &["artist in other letters", &artist.in_hebrew()]);
    }
    for artist in track.credit.names.iter().take(MAX_KEY_NAMES) {
        for &title in &titles {
            push(KeyKind::TitleAndArtist, &["both", title, &artist.compact]);
        }
        push(KeyKind::Plain, &["letter", &first, &artist.compact]);
        push(KeyKind::SameLength, &["artist", &artist.compact]);
    }
    let long = track.title.whole.iter().filter(|word| word.chars().count() >= 4).take(MAX_KEY_WORDS);
    for word in long {
        push(KeyKind::Word, &["word", word]);
    }
    keys
}

/// FNV-1a of 64 bits (draft-eastlake-fnv), with a separator after each part.
fn hash(parts: &[&str]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    parts.iter().fold(OFFSET, |hash, part| step(part.bytes().fold(hash, step), 0xff))
}
