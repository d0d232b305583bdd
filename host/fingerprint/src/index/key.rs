//! The keys of a fingerprint: the upper bits of its words. A run of equal keys counts once.

/// The maximum number of words of a fingerprint that are used: 67 minutes. Longer files are sets or audio books, and two
/// copies of such a file already agree in this part. The limit bounds memory and time for any file.
pub(crate) const LONGEST: usize = 32_768;

/// The number of bits of a word that form a key.
///
/// Measured on 248 real pieces: two unrelated pieces share 0.04 keys of all 32 bits, 0.11 keys of the upper 28 bits and 0.41
/// keys of the upper 24 bits. A copy with another equaliser shares 7, 12 and 18 keys. So 28 bits have the best ratio of
/// benefit to cost.
pub(crate) const KEY_BITS: u32 = 28;

/// The part of a fingerprint that is used.
pub(crate) fn used_words(words: &[u32]) -> &[u32] {
    words.get(..LONGEST).unwrap_or(words)
}

/// The mixed keys of a fingerprint, each with the position of its word. In a run of equal keys (silence, a held tone), only
/// the first key counts.
pub(crate) fn keys(words: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    let mut last = None;
    used_words(words).iter().zip(0..).filter_map(move |(word, place)| {
        let key = word >> (32 - KEY_BITS);
        (last.replace(key) != Some(key)).then(|| (mixed(key), place))
    })
}

/// Spreads a key over its 28 bits, so that the upper bits depend on all bits: multiplicative hashing (Knuth, The Art of
/// Computer Programming, 6.4). The factor is odd, so different keys stay different.
const fn mixed(key: u32) -> u32 {
    key.wrapping_mul(0x9e37_79b1) & ((1 << KEY_BITS) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_equal_words_is_one_key() {
        let places: Vec<_> = keys(&[16, 16, 17, 16, 32, 32, 16]).map(|(_, place)| place).collect();
        assert_eq!(places, [0, 4, 6]);
    }

    #[test]
    fn different_words_have_different_keys() {
        let words: Vec<u32> = (0..4096_u32).map(|number| number << 4).collect();
        let mut mixed: Vec<_> = keys(&words).map(|(key, _)| key).collect();
        mixed.sort_unstable();
        mixed.dedup();
        assert_eq!(mixed.len(), words.len());
    }

    #[test]
    fn words_after_the_maximum_length_are_ignored() {
        let words: Vec<u32> = (0..40_000_u32).map(|number| number << 4).collect();
        assert_eq!(keys(&words).count(), LONGEST);
    }
}
