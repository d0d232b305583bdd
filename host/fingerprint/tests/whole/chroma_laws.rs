//! Properties of words that must hold for any samples: the block size does not change the words, nothing panics, memory is
//! limited.

use std::time::Duration;

use baton_fingerprint::chroma::{Fingerprinter, Kind, Sample};
use baton_fingerprint::{Fingerprint, Reason};
use proptest::prelude::*;

const KINDS: [Kind; 3] = [Kind::Float, Kind::S16, Kind::S32];

/// Four seconds of two channels of chords over noise, which give about ten words.
fn music(rate_hz: u32, seed: u32) -> [Vec<f32>; 2] {
    let mut state = seed | 1;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 16) / 65_536.0 - 0.5
    };
    let tone = |n: u32, hz: f64| (f64::from(n) * hz * std::f64::consts::TAU / f64::from(rate_hz)).sin();
    let mut channel = |shift: f64| -> Vec<f32> {
        let chord = |n: u32| 220.0 * shift * f64::from(1 + n / (rate_hz / 2));
        #[expect(clippy::cast_possible_truncation, reason = "samples are floats")]
        (0..4 * rate_hz)
            .map(|n| (0.4 * tone(n, chord(n)) + 0.3 * tone(n, 1.5 * chord(n)) + 0.3 * noise()) as f32)
            .collect()
    };
    [channel(1.0), channel(1.26)]
}

/// The words of samples in blocks of the given sizes, which are repeated cyclically.
fn words<S: Sample>(mut fingerprinter: Fingerprinter, channels: &[Vec<S>], blocks: &[usize]) -> Fingerprint {
    let frames = channels[0].len();
    let mut from = 0;
    for size in blocks.iter().cycle() {
        let to = frames.min(from + size);
        let block: Vec<&[S]> = channels.iter().map(|channel| &channel[from..to]).collect();
        fingerprinter.push(&block);
        from = to;
        if from == frames {
            break;
        }
    }
    fingerprinter.finish()
}

fn stereo(rate_hz: u32, kind: Kind) -> Fingerprinter {
    Fingerprinter::new(rate_hz, 2, kind).expect("a usual form")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn blocks_of_any_sizes_give_the_same_words(
        rate_hz in prop::sample::select(vec![1_000_u32, 8_000, 11_025, 12_600, 22_050, 44_100, 48_000]),
        kind in prop::sample::select(KINDS.to_vec()),
        seed in any::<u32>(),
        blocks in prop::collection::vec(0_usize..6_000, 1..12),
    ) {
        let music = music(rate_hz, seed);
        let whole = words(stereo(rate_hz, kind), &music, &[usize::MAX / 2]);
        let blocks: Vec<_> = blocks.into_iter().chain([1]).collect();
        prop_assert!(whole.words().len() >= 9, "{}", whole.words().len());
        prop_assert_eq!(words(stereo(rate_hz, kind), &music, &blocks), whole);
    }

    #[test]
    fn any_samples_are_accepted(
        bits in prop::collection::vec(any::<u32>(), 1..300),
        kind in prop::sample::select(KINDS.to_vec()),
        rate_hz in 1_000_u32..50_000,
    ) {
        let odd: Vec<f32> = bits.iter().copied().map(f32::from_bits).cycle().take(4 * rate_hz as usize).collect();
        let whole = words(stereo(rate_hz, kind), &[odd.clone(), odd.clone()], &[usize::MAX / 2]);
        prop_assert_eq!(words(stereo(rate_hz, kind), &[odd.clone(), odd], &[777, 4096]), whole);
    }

    #[test]
    fn every_format_is_accepted_or_rejected(rate_hz in any::<u32>(), channels in any::<u16>(), mask in any::<Option<u32>>()) {
        match Fingerprinter::with_positions(rate_hz, channels, mask, Kind::S16) {
            Ok(mut fingerprinter) => fingerprinter.push(&[&[1_i16; 5000][..], &[2; 10]]),
            Err(error) => prop_assert_eq!(error.reason, Reason::Unsupported),
        }
    }
}

#[test]
fn every_accepted_format_accepts_a_full_block() {
    for rate_hz in [1_000, 1_001, 7_999, 11_025, 44_100, 767_999, 768_000] {
        for channels in [1, 2, 6, 8, 9, 64] {
            for kind in KINDS {
                let mut fingerprinter = Fingerprinter::new(rate_hz, channels, kind).expect("it is in the bounds");
                let plane = vec![0.25_f32; 10_000];
                let planes = vec![&plane[..]; usize::from(channels)];
                fingerprinter.push(&planes);
                fingerprinter.push(&planes[..1]);
                let _ = fingerprinter.finish();
            }
        }
    }
}

#[test]
fn nan_and_infinity_are_silence() {
    let silence = words(stereo(44_100, Kind::Float), &[vec![0.0_f32; 200_000], vec![0.0; 200_000]], &[4096]);
    assert_eq!(silence.words().first(), Some(&627_964_279), "the word that fpcalc has for silence");
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
        let found = words(stereo(44_100, Kind::Float), &[vec![odd; 200_000], vec![0.0; 200_000]], &[4096]);
        assert_eq!(found, silence, "{odd}");
    }
}

#[test]
fn a_length_limit_keeps_the_words_before_it() {
    let music = music(44_100, 7);
    let whole = words(stereo(44_100, Kind::S16), &music, &[4096]);
    let mut short = stereo(44_100, Kind::S16).limited_to(Duration::from_secs(3));
    for from in (0..music[0].len()).step_by(1000) {
        let full = short.is_full();
        assert_eq!(full, from > 3 * 44_100 + 39, "{from}");
        short.push(&[&music[0][from..from + 400], &music[1][from..from + 400]]);
        short.push(&[&music[0][from + 400..from + 1000], &music[1][from + 400..from + 1000]]);
        if full {
            break;
        }
    }
    let short = short.finish();
    assert_eq!(short.words(), &whole.words()[..3]);
}
