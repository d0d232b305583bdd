//! The samples of a decoder, and the two formats in which they are filtered.
//!
//! The conversions are those of libswresample's `audioconvert.c`, with one exception: NaN and values that are too large for
//! audio become 0, which `fpcalc` does not guarantee.

/// The sample format of a codec. `fpcalc` computes in a different way for each format, so the value must describe the codec,
/// not the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Floats from −1 to 1: MP3, AAC, Vorbis, Opus, float PCM.
    Float,
    /// Integers of at most 16 bits: PCM, FLAC, ALAC of 8 or 16 bits, A-law, µ-law.
    S16,
    /// Integers of more than 16 bits, in the upper bits of an `i32`: PCM, FLAC, ALAC of 20, 24 or 32 bits.
    S32,
}

/// A decoded sample: `i16`, `i32` (in the upper bits, for every depth) or `f32` (−1 to 1).
pub trait Sample: Copy + sealed::Sealed {
    /// The sample as a 16-bit integer.
    fn to_i16(self) -> i16;
    /// The sample as a float, from −1 to 1 unless it clips; 0 for NaN and for values beyond 10³⁰.
    fn to_f32(self) -> f32;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for i16 {}
    impl Sealed for i32 {}
    impl Sealed for f32 {}
}

impl Sample for i16 {
    fn to_i16(self) -> i16 {
        self
    }

    fn to_f32(self) -> f32 {
        f32::from(self) * (1.0 / 32_768.0)
    }
}

impl Sample for i32 {
    fn to_i16(self) -> i16 {
        (self >> 16) as i16
    }

    #[expect(clippy::cast_precision_loss, reason = "24 bits fit; the rest is rounded, as libswresample does")]
    fn to_f32(self) -> f32 {
        self as f32 * (1.0 / 2_147_483_648.0)
    }
}

impl Sample for f32 {
    fn to_i16(self) -> i16 {
        quantise(self)
    }

    fn to_f32(self) -> f32 {
        /// A larger value counts as 0. A sum of smaller values never overflows a float.
        const ABSURD: f32 = 1e30;
        if self.abs() < ABSURD { self } else { 0.0 }
    }
}

/// Converts a value from −1 to 1 to 16 bits: clipped, rounded to the nearest integer, ties to even. NaN becomes 0.
///
/// Adding and subtracting 1.5 · 2²³ rounds in hardware; `round_ties_even` would be a function call on processors without SSE
/// 4.1.
pub(super) fn quantise(value: f32) -> i16 {
    const ROUND: f32 = 12_582_912.0;
    let rounded = ((value * 32_768.0).clamp(-32_768.0, 32_767.0) + ROUND) - ROUND;
    #[expect(clippy::cast_possible_truncation, reason = "clamped above; no number becomes 0")]
    let quantised = rounded as i16;
    quantised
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_to_even_and_loud_samples_are_clipped() {
        let lsb = 1.0 / 32_768.0;
        for (value, expected) in
            [(0.5, 0), (1.5, 2), (-0.5, 0), (-1.5, -2), (2.4, 2), (-2.6, -3), (40_000.0, 32_767), (-40_000.0, -32_768)]
        {
            assert_eq!(quantise(value * lsb), expected, "{value}");
        }
    }

    #[test]
    fn nan_is_silence() {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
            assert!(value.to_f32().abs() < f32::MIN_POSITIVE);
        }
        assert_eq!(quantise(f32::NAN), 0);
        assert_eq!(quantise(f32::MAX), 32_767);
    }

    #[test]
    fn integers_keep_their_upper_bits() {
        assert_eq!(0x1234_5678_i32.to_i16(), 0x1234);
        assert_eq!((-1_i32).to_i16(), -1);
        assert!((i32::MIN.to_f32() + 1.0).abs() < f32::EPSILON);
    }
}
