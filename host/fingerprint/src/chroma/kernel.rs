//! The sums of a filter: taps times samples, in integers and in floats, as the assembler of libswresample adds them
//! (`x86/resample.asm`).
//!
//! They are written in registers of eight floats or sixteen integers, and compiled for each kind of processor; which of them runs is
//! decided when the program does. All give the same bits: multiplication and addition are never fused, and the order of additions is
//! that of eight lanes, also where a register holds but four.

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the processor at hand")]

use fearless_simd::prelude::*;
use fearless_simd::{Simd, f32x8, i16x16, i32x8};

/// What is filtered: `i16` or `f32`, with its own arithmetic. Taps and window are of one length, a multiple of the lanes.
pub(super) trait Element: Copy + Default {
    /// How many taps the inner loop takes at a time.
    const LANES: usize;
    /// A tap of a filter of unit gain.
    fn tap(value: f64) -> Self;
    /// The filtered sample at an exact phase.
    fn filtered<S: Simd>(simd: S, taps: &[Self], window: &[Self]) -> Self;
    /// Two filtered samples, which is quicker than one after the other.
    fn filtered_twice<S: Simd>(simd: S, taps: [&[Self]; 2], windows: [&[Self]; 2]) -> [Self; 2];
    /// The filtered sample `fraction` of the way from one phase to the next, whose taps are given both.
    fn interpolated<S: Simd>(simd: S, taps: [&[Self]; 2], window: &[Self], fraction: Fraction) -> Self;
}

/// A part of the way between two phases: `part` of `whole`.
#[derive(Clone, Copy)]
pub(super) struct Fraction {
    pub(super) part: u32,
    pub(super) whole: u32,
}

/// 16-bit integers: taps of 15 fractional bits, sums of 32 bits (in any order: whole numbers wrap), rounded and clipped once.
impl Element for i16 {
    const LANES: usize = 16;

    #[expect(clippy::cast_possible_truncation, reason = "clamped; libswresample rounds the `float`, too")]
    fn tap(value: f64) -> Self {
        ((value * 32_768.0) as f32).round_ties_even().clamp(-32_768.0, 32_767.0) as Self
    }

    #[inline(always)]
    fn filtered<S: Simd>(simd: S, taps: &[Self], window: &[Self]) -> Self {
        narrowed(sum_i16(simd, taps, window))
    }

    #[inline(always)]
    fn filtered_twice<S: Simd>(simd: S, taps: [&[Self]; 2], windows: [&[Self]; 2]) -> [Self; 2] {
        [Self::filtered(simd, taps[0], windows[0]), Self::filtered(simd, taps[1], windows[1])]
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the fraction is below one, so that the product fits again")]
    fn interpolated<S: Simd>(simd: S, taps: [&[Self]; 2], window: &[Self], fraction: Fraction) -> Self {
        let [here, there] = taps.map(|taps| sum_i16(simd, taps, window));
        let difference = i64::from(there.wrapping_sub(here));
        let part = difference * i64::from(fraction.part) / i64::from(fraction.whole);
        narrowed(here.wrapping_add(part as i32))
    }
}

#[inline(always)]
fn sum_i16<S: Simd>(simd: S, taps: &[i16], window: &[i16]) -> i32 {
    let (taps, _) = taps.as_chunks::<{ <i16 as Element>::LANES }>();
    let (window, _) = window.as_chunks::<{ <i16 as Element>::LANES }>();
    let mut sums = i32x8::splat(simd, 0);
    for (taps, window) in taps.iter().zip(window) {
        sums += i16x16::simd_from(simd, *taps).pairwise_dot_product(i16x16::simd_from(simd, *window));
    }
    sums.reduce_sum()
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn narrowed(sum: i32) -> i16 {
    (sum.wrapping_add(1 << 14) >> 15).clamp(-32_768, 32_767) as i16
}

/// Floats: eight sums side by side, as one register of the assembler holds them, added in its order.
impl Element for f32 {
    const LANES: usize = 8;

    #[expect(clippy::cast_possible_truncation, reason = "the taps of floats are `float`s")]
    fn tap(value: f64) -> Self {
        value as Self
    }

    #[inline(always)]
    fn filtered<S: Simd>(simd: S, taps: &[Self], window: &[Self]) -> Self {
        let [sample, _] = Self::filtered_twice(simd, [taps, taps], [window, window]);
        sample
    }

    #[inline(always)]
    fn filtered_twice<S: Simd>(simd: S, taps: [&[Self]; 2], windows: [&[Self]; 2]) -> [Self; 2] {
        sums_f32(simd, taps, windows).map(total)
    }

    #[inline(always)]
    #[expect(clippy::cast_precision_loss, reason = "as libswresample does, whose numbers are below 2^24 too")]
    fn interpolated<S: Simd>(simd: S, taps: [&[Self]; 2], window: &[Self], fraction: Fraction) -> Self {
        let [here, there] = sums_f32(simd, taps, [window, window]);
        let part = fraction.part as Self * (1.0 / fraction.whole as Self);
        total(std::array::from_fn(|lane| here[lane] + (there[lane] - here[lane]) * part))
    }
}

/// The sums of two filters, four each, of which the last additions remain. Two at a time hide how long an addition takes.
#[inline(always)]
fn sums_f32<S: Simd>(simd: S, taps: [&[f32]; 2], windows: [&[f32]; 2]) -> [[f32; 4]; 2] {
    let [taps, others] = taps.map(|taps| taps.as_chunks::<{ <f32 as Element>::LANES }>().0);
    let [window, other_window] = windows.map(|window| window.as_chunks::<{ <f32 as Element>::LANES }>().0);
    let mut sums = [f32x8::splat(simd, 0.0); 2];
    for (((taps, window), others), other_window) in taps.iter().zip(window).zip(others).zip(other_window) {
        sums[0] += f32x8::simd_from(simd, *taps) * f32x8::simd_from(simd, *window);
        sums[1] += f32x8::simd_from(simd, *others) * f32x8::simd_from(simd, *other_window);
    }
    sums.map(|sums| {
        let (low, high) = simd.split_f32x8(sums);
        (low + high).into()
    })
}

#[inline(always)]
fn total(sums: [f32; 4]) -> f32 {
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}
