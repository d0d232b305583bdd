//! The weight of each channel in the mono mix. libswresample computes these weights in `swr_build_matrix2` (`rematrix.c`),
//! in the row for the front centre.
//!
//! Channels are identified by the bits of a `WAVE_FORMAT_EXTENSIBLE` channel mask, which `FFmpeg` and symphonia use too.
//! libswresample rejects some layouts, so that `fpcalc` fails. This code mixes such a layout with equal weights, so that the
//! file has a fingerprint.

use std::f64::consts::FRAC_1_SQRT_2;

const FRONT_LEFT: u32 = 1;
const FRONT_RIGHT: u32 = 1 << 1;
const FRONT_CENTER: u32 = 1 << 2;
const LOW_FREQUENCY: u32 = 1 << 3;
const BACK_LEFT: u32 = 1 << 4;
const BACK_RIGHT: u32 = 1 << 5;
const FRONT_LEFT_OF_CENTER: u32 = 1 << 6;
const FRONT_RIGHT_OF_CENTER: u32 = 1 << 7;
const BACK_CENTER: u32 = 1 << 8;
const SIDE_LEFT: u32 = 1 << 9;
const SIDE_RIGHT: u32 = 1 << 10;
const STEREO: u32 = FRONT_LEFT | FRONT_RIGHT;

/// The layout that `FFmpeg` assumes for a number of channels if the file does not specify one
/// (`av_get_default_channel_layout`).
const DEFAULTS: [u32; 8] = [
    FRONT_CENTER,
    STEREO,
    STEREO | LOW_FREQUENCY,
    STEREO | FRONT_CENTER | BACK_CENTER,
    STEREO | FRONT_CENTER | BACK_LEFT | BACK_RIGHT,
    STEREO | FRONT_CENTER | LOW_FREQUENCY | BACK_LEFT | BACK_RIGHT,
    STEREO | FRONT_CENTER | LOW_FREQUENCY | BACK_CENTER | SIDE_LEFT | SIDE_RIGHT,
    STEREO | FRONT_CENTER | LOW_FREQUENCY | BACK_LEFT | BACK_RIGHT | SIDE_LEFT | SIDE_RIGHT,
];

/// The weight of each channel, in the order of the file. The weights add up to at most one. `mask` is used only if it has
/// `channels` bits.
pub(super) fn weights(channels: u16, mask: Option<u32>) -> Vec<f64> {
    let count = usize::from(channels);
    if count == 1 {
        return vec![1.0];
    }
    let named = mask.filter(|mask| mask.count_ones() == u32::from(channels));
    let default = count.checked_sub(1).and_then(|index| DEFAULTS.get(index).copied());
    match named.or(default).filter(|mask| is_sane(*mask)) {
        Some(mask) => normalised(mask),
        None => vec![1.0 / f64::from(channels); count],
    }
}

/// The condition of `sane_layout`: there is a front speaker, and no pair of speakers is incomplete.
fn is_sane(mask: u32) -> bool {
    let pairs = [STEREO, BACK_LEFT | BACK_RIGHT, SIDE_LEFT | SIDE_RIGHT, FRONT_LEFT_OF_CENTER | FRONT_RIGHT_OF_CENTER];
    mask & (STEREO | FRONT_CENTER) != 0 && pairs.iter().all(|pair| (mask & pair).count_ones() != 1)
}

fn normalised(mask: u32) -> Vec<f64> {
    let mut weights: Vec<f64> = (0..u32::BITS)
        .map(|bit| 1 << bit)
        .filter(|channel| mask & channel != 0)
        .map(|channel| share(channel, mask))
        .collect();
    let sum: f64 = weights.iter().sum();
    if sum > 1.0 {
        for weight in &mut weights {
            *weight /= sum;
        }
    }
    weights
}

/// The weight of one channel before normalisation. Low-frequency channels and ceiling channels have weight 0.
fn share(channel: u32, mask: u32) -> f64 {
    /// −3 dB, which libswresample keeps as a `float` (`clev` and `slev`).
    const LEVEL: f64 = 0.707_106_769_084_930_4;
    match channel {
        FRONT_CENTER if mask & STEREO == 0 => 1.0,
        FRONT_CENTER => LEVEL * std::f64::consts::SQRT_2,
        FRONT_LEFT | FRONT_RIGHT | FRONT_LEFT_OF_CENTER | FRONT_RIGHT_OF_CENTER => FRAC_1_SQRT_2,
        BACK_LEFT | BACK_RIGHT | BACK_CENTER | SIDE_LEFT | SIDE_RIGHT => LEVEL * FRAC_1_SQRT_2,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }

    #[test]
    fn mono_and_stereo_have_equal_weights() {
        close(&weights(1, None), &[1.0]);
        close(&weights(1, Some(FRONT_LEFT)), &[1.0]);
        close(&weights(2, None), &[0.5, 0.5]);
    }

    #[test]
    fn surround_is_weighed_without_the_low_frequency_channel() {
        let sum = 2.0 * FRAC_1_SQRT_2 + 2.0;
        let front = FRAC_1_SQRT_2 / sum;
        close(&weights(6, None), &[front, front, 1.0 / sum, 0.0, 0.5 / sum, 0.5 / sum]);
        close(&weights(6, Some(0x60F)), &weights(6, None));
    }

    #[test]
    fn a_mask_for_another_number_of_channels_is_ignored() {
        close(&weights(2, Some(0x3F)), &[0.5, 0.5]);
    }

    #[test]
    fn layouts_that_libswresample_rejects_have_equal_weights() {
        close(&weights(2, Some(FRONT_LEFT | BACK_LEFT)), &[0.5, 0.5]);
        close(&weights(12, None), &[1.0 / 12.0; 12]);
    }
}
