//! Chromaprint's compressed form, as `fpcalc` prints it and `AcoustID` accepts it.
//!
//! The header has four bytes: the algorithm, then the number of words (big-endian). The body has the XOR of each word with
//! the previous word. An XOR is stored as the distances between its set bits. Each distance has three bits, and a zero ends
//! the list of distances. A distance of seven or more is stored as seven, and its remainder is stored with five bits after
//! all distances. Each byte is filled from its lowest bit. The result is URL-safe base64 without padding.
//! (`fingerprint_compressor.cpp`, `utils/pack_int3_array.h`, `utils/pack_int5_array.h`.)

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::algorithm::Algorithm;
use crate::Fingerprint;

/// Writes no padding, and accepts padding when decoding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The header: the algorithm, and the number of words in 24 bits.
const HEADER: usize = 4;
/// The maximum number of words that a header can state: 24 days of audio.
const MAX_WORDS: usize = (1 << 24) - 1;
/// The number of bits of a distance, and of its remainder.
const NORMAL: u32 = 3;
const EXCEPTION: u32 = 5;
/// A stored distance with this value has a remainder.
const ESCAPE: u8 = (1 << NORMAL) - 1;

/// Why a text is not a compressed fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodedError {
    /// The text has invalid characters or an invalid length.
    #[error("it is not URL-safe base64")]
    Base64,
    /// The text ends before it has as many words as its header declares.
    #[error("it has fewer words than its header declares")]
    Short,
    /// The text continues after the last word that its header declares.
    #[error("it has more text than its header declares")]
    Long,
    /// The distances of a word add up to more than 32 bits.
    #[error("a word has more than 32 bits")]
    Bit,
}

impl Fingerprint {
    /// The compressed form, as `fpcalc` prints it without `-raw`. Contains only the first 16,777,215 words (24 days),
    /// because the header cannot state more.
    #[must_use]
    pub fn encode(&self) -> String {
        self.encode_as(Algorithm::Two)
    }

    /// The compressed form with the number of another algorithm in its header.
    #[must_use]
    pub fn encode_as(&self, algorithm: Algorithm) -> String {
        BASE64.encode(compress(self.words(), algorithm))
    }

    /// Parses the compressed form. Returns the number of its algorithm (2 for `AcoustID`) and the words.
    ///
    /// Memory is bounded by the length of the text: 8 bytes for each character.
    pub fn decode(text: &str) -> Result<(u16, Self), EncodedError> {
        let bytes = BASE64.decode(text.trim()).map_err(|_| EncodedError::Base64)?;
        let (header, body) = bytes.split_first_chunk::<HEADER>().ok_or(EncodedError::Short)?;
        let [algorithm, high, middle, low] = *header;
        let count = u32::from_be_bytes([0, high, middle, low]) as usize;
        Ok((u16::from(algorithm) + 1, Self::new(decompress(body, count)?)))
    }
}

fn compress(words: &[u32], algorithm: Algorithm) -> Vec<u8> {
    let words = words.get(..MAX_WORDS).unwrap_or(words);
    let (mut normal, mut exceptions) = (Vec::with_capacity(8 * words.len()), Vec::new());
    let mut before = 0;
    for word in words {
        for distance in distances(word ^ before) {
            normal.push(distance.min(ESCAPE));
            exceptions.extend(distance.checked_sub(ESCAPE));
        }
        normal.push(0);
        before = *word;
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most 2^24 - 1")]
    let [_, high, middle, low] = (words.len() as u32).to_be_bytes();
    // The header counts algorithms from zero.
    let mut bytes = vec![algorithm.number() - 1, high, middle, low];
    pack(&normal, NORMAL, &mut bytes);
    pack(&exceptions, EXCEPTION, &mut bytes);
    bytes
}

/// The distance of each set bit from the previous set bit. The first distance is measured from bit −1.
fn distances(mut bits: u32) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let zeros = bits.trailing_zeros();
        // In two steps, because a shift by 32 overflows.
        bits = bits.checked_shr(zeros)? >> 1;
        u8::try_from(zeros + 1).ok()
    })
}

fn decompress(body: &[u8], count: usize) -> Result<Vec<u32>, EncodedError> {
    let (words, escapes) = count_distances(body, count).ok_or(EncodedError::Short)?;
    let (normal, exceptions) = body.split_at_checked(bytes(words, NORMAL)).ok_or(EncodedError::Short)?;
    match exceptions.len().cmp(&bytes(escapes, EXCEPTION)) {
        std::cmp::Ordering::Less => Err(EncodedError::Short),
        std::cmp::Ordering::Greater => Err(EncodedError::Long),
        std::cmp::Ordering::Equal => {
            decode_words(unpack(normal, NORMAL).take(words), unpack(exceptions, EXCEPTION), count)
        }
    }
}

/// The number of distances for `count` words, including the zeros that end the words, and the number of remainders.
fn count_distances(body: &[u8], count: usize) -> Option<(usize, usize)> {
    let (mut taken, mut found, mut escapes) = (0, 0, 0);
    let mut distances = unpack(body, NORMAL);
    while found < count {
        let distance = distances.next()?;
        taken += 1;
        found += usize::from(distance == 0);
        escapes += usize::from(distance == ESCAPE);
    }
    Some((taken, escapes))
}

fn decode_words(
    distances: impl Iterator<Item = u8>,
    mut exceptions: impl Iterator<Item = u8>,
    count: usize,
) -> Result<Vec<u32>, EncodedError> {
    let mut words = Vec::with_capacity(count);
    let (mut word, mut place) = (0_u32, 0_u32);
    for distance in distances {
        if distance == 0 {
            words.push(word);
            place = 0;
            continue;
        }
        let more = if distance == ESCAPE { exceptions.next().ok_or(EncodedError::Short)? } else { 0 };
        place += u32::from(distance) + u32::from(more);
        word ^= 1_u32.checked_shl(place - 1).ok_or(EncodedError::Bit)?;
    }
    Ok(words)
}

/// The number of bytes for `count` numbers of `bits` bits.
fn bytes(count: usize, bits: u32) -> usize {
    (count * bits as usize).div_ceil(8)
}

/// Packs numbers of `bits` bits, starting at the lowest bit of the first byte.
fn pack(values: &[u8], bits: u32, to: &mut Vec<u8>) {
    let (mut held, mut width) = (0_u32, 0);
    for value in values {
        held |= u32::from(*value) << width;
        width += bits;
        while width >= 8 {
            to.extend(held.to_le_bytes().first());
            held >>= 8;
            width -= 8;
        }
    }
    if width > 0 {
        to.extend(held.to_le_bytes().first());
    }
}

/// Unpacks the numbers of `bits` bits. An incomplete number at the end is ignored.
fn unpack(bytes: &[u8], bits: u32) -> impl Iterator<Item = u8> {
    let mut bytes = bytes.iter();
    let (mut held, mut width) = (0_u32, 0);
    std::iter::from_fn(move || {
        while width < bits {
            held |= u32::from(*bytes.next()?) << width;
            width += 8;
        }
        let value = held & ((1 << bits) - 1);
        held >>= bits;
        width -= bits;
        u8::try_from(value).ok()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(words: &[u32]) -> Vec<u8> {
        compress(words, Algorithm::Two).split_off(HEADER)
    }

    #[test]
    fn words_are_packed_as_chromaprint_packs_them() {
        // The examples of Chromaprint's own tests (`test_fingerprint_compressor.cpp`).
        assert_eq!(compress(&[1], Algorithm::Two), [1, 0, 0, 1, 1]);
        assert_eq!(body(&[7]), [73, 0]);
        assert_eq!(body(&[1 << 6]), [7, 0]);
        assert_eq!(body(&[1 << 8]), [7, 2]);
        assert_eq!(body(&[1, 0]), [65, 0]);
        assert_eq!(body(&[1, 1]), [1, 0]);
    }

    #[test]
    fn wrong_lengths_and_overflows_are_rejected() {
        let decode = |bytes: &[u8]| Fingerprint::decode(&BASE64.encode(bytes)).map(|(_, fingerprint)| fingerprint);
        assert_eq!(Fingerprint::decode("?"), Err(EncodedError::Base64));
        assert_eq!(decode(&[1, 0, 0]), Err(EncodedError::Short));
        assert_eq!(decode(&[1, 0xFF, 0xFF, 0xFF, 0, 0]), Err(EncodedError::Short));
        assert_eq!(decode(&[1, 0, 0, 1, 7]), Err(EncodedError::Short));
        assert_eq!(decode(&[1, 0, 0, 1, 1, 9]), Err(EncodedError::Long));
        // 7 + 31 is bit 37.
        assert_eq!(decode(&[1, 0, 0, 1, 7, 31]), Err(EncodedError::Bit));
        assert_eq!(decode(&[1, 0, 0, 0]), Ok(Fingerprint::default()));
    }

    proptest! {
        #[test]
        fn decoding_reverses_encoding(words in prop::collection::vec(any::<u32>(), 0..200)) {
            let fingerprint = Fingerprint::new(words);
            prop_assert_eq!(Fingerprint::decode(&fingerprint.encode()), Ok((2, fingerprint)));
        }

        #[test]
        fn any_text_is_decoded_in_bounded_memory(text in "[A-Za-z0-9_=-]{0,200}") {
            if let Ok((_, fingerprint)) = Fingerprint::decode(&text) {
                prop_assert!(fingerprint.words().len() <= text.len() * 2);
            }
        }

        #[test]
        fn any_bytes_are_decoded_to_the_stated_number_of_words(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0..80_u8) {
            let text = BASE64.encode([vec![1, 0, 0, count], bytes].concat());
            if let Ok((algorithm, fingerprint)) = Fingerprint::decode(&text) {
                prop_assert_eq!((algorithm, fingerprint.words().len()), (2, usize::from(count)));
            }
        }
    }
}
