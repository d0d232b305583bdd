//! What of a fingerprint is looked for: the upper bits of its words, each run of equal ones once.

/// How many words of a fingerprint are looked at, from its start: 67 minutes. What is longer is a set or a book; two of those
/// that agree for an hour are known by that hour, and memory and time stay bounded whatever the file.
pub(crate) const LONGEST: usize = 32_768;

/// The 28 bits that two words must share to be a hit.
///
/// Measured (bench `fingerprint`, part `quality`): all 32 lose a fifth of the hits between an original and its equalised copy,
/// while 24 bring unrelated pieces several times as many hits.
const KEY: u32 = 0xffff_fff0;

/// The part of a fingerprint that is looked at.
pub(crate) fn looked_at(words: &[u32]) -> &[u32] {
    words.get(..LONGEST).unwrap_or(words)
}

/// The keys of a fingerprint, each with the place of its word. Of a run of equal keys (silence, a held tone) only the first
/// counts: a long tone is one fact and not a hundred.
pub(crate) fn keys(words: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    let mut last = None;
    looked_at(words).iter().zip(0..).filter_map(move |(word, place)| {
        let key = word & KEY;
        (last.replace(key) != Some(key)).then_some((key, place))
    })
}
