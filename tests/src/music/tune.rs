//! Synthesises a piece: four voices, each with one note after the other, on a random scale.

use std::f64::consts::TAU;
use std::sync::OnceLock;

use super::wav::RATE_HZ;

/// The binary logarithm of the number of samples in a period.
const PERIOD_BITS: u32 = 11;

const VOICES: u64 = 4;

/// One period of a tone with five harmonics.
fn period() -> &'static [i16] {
    static PERIOD: OnceLock<Vec<i16>> = OnceLock::new();
    PERIOD.get_or_init(|| {
        let harmonic = |at: f64, number: u32| (TAU * at * f64::from(number)).sin() / f64::from(number);
        let entries = 0..1_u32 << PERIOD_BITS;
        let level = |entry: u32| (1..=5).map(|number| harmonic(f64::from(entry) / 2_048.0, number)).sum::<f64>();
        #[expect(clippy::cast_possible_truncation, reason = "at most 2.3 times 3,000")]
        entries.map(|entry| (level(entry) * 3_000.0) as i16).collect()
    })
}

/// A piece of this length at [`RATE_HZ`]. The same number gives the same piece.
#[must_use]
pub fn tune(number: u64, seconds: u32) -> Vec<i16> {
    let mut samples = vec![0_i16; (seconds * RATE_HZ) as usize];
    let seed = scatter(number);
    for voice in 0..VOICES {
        sing(&mut samples, seed, voice);
    }
    samples
}

fn sing(samples: &mut [i16], seed: u64, voice: u64) {
    let (mut at, mut note) = (0, 0);
    while at < samples.len() {
        let chance = scatter(seed ^ (voice << 56) ^ (note << 32));
        let length = (RATE_HZ / 8 + RATE_HZ / 16 * u32::try_from(chance >> 8 & 7).unwrap_or(0)) as usize;
        let end = (at + length).min(samples.len());
        if let Some(part) = samples.get_mut(at..end) {
            tone(part, pitch(seed, voice, chance));
        }
        (at, note) = (end, note + 1);
    }
}

/// A pitch in Hz: at most 24 semitones above the voice's lowest pitch, on the piece's scale of seven notes.
fn pitch(seed: u64, voice: u64, chance: u64) -> f64 {
    const SCALE: [u8; 7] = [0, 2, 3, 5, 7, 8, 11];
    let degree = usize::try_from(chance & 0xff).unwrap_or(0) % 14;
    let semitone = SCALE.get(degree % 7).copied().unwrap_or(0);
    let octave = u32::from(degree >= 7) + u32::try_from(voice / 2).unwrap_or(0);
    let root = u32::try_from(seed % 12).unwrap_or(0);
    110.0 * (f64::from(u32::from(semitone) + root) / 12.0).exp2() * f64::from(1 << octave)
}

fn tone(part: &mut [i16], hz: f64) {
    let period = period();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a step is less than a period")]
    let step = (hz / f64::from(RATE_HZ) * f64::from(1_u32 << 31) * 2.0) as u32;
    let (mut phase, length) = (0_u32, i32::try_from(part.len()).unwrap_or(i32::MAX).max(1));
    for (left, sample) in (0..length).rev().zip(part) {
        let level = period.get((phase >> (32 - PERIOD_BITS)) as usize).copied().unwrap_or(0);
        let faded = i32::from(level) * left / length;
        *sample = sample.saturating_add(i16::try_from(faded).unwrap_or(0));
        phase = phase.wrapping_add(step);
    }
}

/// A pseudorandom number (`splitmix64`) that depends only on `seed`.
fn scatter(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
