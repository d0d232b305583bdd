//! The dot products of a filter, in integers and in floats. The order of additions is that of libswresample's assembler
//! (`x86/resample.asm`).
//!
//! They use registers of eight floats or sixteen integers, and are compiled for each processor level; the level is selected
//! at run time. All levels give the same bits: multiplication and addition are never fused, and additions have the order of
//! eight lanes, even if a register has only four lanes. A dot product must not be inside a closure, because the compiler
//! would compile the closure for the lowest level.

#![expect(
    clippy::inline_always,
    reason = "a function that is not inlined is not compiled for the current processor level"
)]

use fearless_simd::prelude::*;
use fearless_simd::{Simd, f32x4, f32x8, i16x16, i32x4, i32x8};

/// The number of sums that run in parallel. Parallel sums hide the latency of additions, and the lanes of all four sums are
/// added in one step.
pub(super) const FOUR: usize = 4;

/// A sample type, `i16` or `f32`, with its arithmetic. Taps and window have the same length, which is a multiple of
/// [`Self::LANES`].
pub(super) trait Element: Copy + Default {
    /// The number of taps in one step of the inner loop.
    const LANES: usize;
    /// Converts the tap of a filter with unit gain to this sample type.
    fn tap(value: f64) -> Self;
    /// The filtered sample at an exact phase.
    fn filtered<S: Simd>(simd: S, taps: &[Self], window: &[Self]) -> Self;
    /// Computes [`FOUR`] filtered samples, in half the time that four single calls need.
    fn filtered_four<S: Simd>(simd: S, taps: [&[Self]; FOUR], windows: [&[Self]; FOUR]) -> [Self; FOUR];
    /// The filtered sample at the position `fraction` between two phases, from the taps of both phases.
    fn interpolated<S: Simd>(simd: S, taps: [&[Self]; 2], window: &[Self], fraction: Fraction) -> Self;
}

/// A position between two phases: `part` of `whole`.
#[derive(Clone, Copy)]
pub(super) struct Fraction {
    pub(super) part: u32,
    pub(super) whole: u32,
}

/// The operands of one step: the next lanes of each row of taps, and of each window.
#[inline(always)]
fn chunks<'a, T, const N: usize>(
    taps: [&'a [T]; FOUR],
    windows: [&'a [T]; FOUR],
) -> impl Iterator<Item = ([&'a [T; N]; FOUR], [&'a [T; N]; FOUR])> {
    let [t0, t1, t2, t3] = taps.map(|taps| taps.as_chunks::<N>().0.iter());
    let [w0, w1, w2, w3] = windows.map(|window| window.as_chunks::<N>().0.iter());
    let four = t0.zip(w0).zip(t1.zip(w1)).zip(t2.zip(w2)).zip(t3.zip(w3));
    four.map(|((((t0, w0), (t1, w1)), (t2, w2)), (t3, w3))| ([t0, t1, t2, t3], [w0, w1, w2, w3]))
}

/// 16-bit integers: taps have 15 fractional bits, and sums have 32 bits (wrapping, in any order). A sum is rounded and
/// clipped once.
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
    fn filtered_four<S: Simd>(simd: S, taps: [&[Self]; FOUR], windows: [&[Self]; FOUR]) -> [Self; FOUR] {
        let mut sums = [i32x8::splat(simd, 0); FOUR];
        for (t, w) in chunks::<_, { <i16 as Element>::LANES }>(taps, windows) {
            sums[0] += i16x16::simd_from(simd, *t[0]).pairwise_dot_product(i16x16::simd_from(simd, *w[0]));
            sums[1] += i16x16::simd_from(simd, *t[1]).pairwise_dot_product(i16x16::simd_from(simd, *w[1]));
            sums[2] += i16x16::simd_from(simd, *t[2]).pairwise_dot_product(i16x16::simd_from(simd, *w[2]));
            sums[3] += i16x16::simd_from(simd, *t[3]).pairwise_dot_product(i16x16::simd_from(simd, *w[3]));
        }
        let [a, b, c, d] = sums;
        let [a, b, c, d] = [half_i16(simd, a), half_i16(simd, b), half_i16(simd, c), half_i16(simd, d)];
        let sums: [i32; FOUR] = pairs(simd, pairs(simd, a, b), pairs(simd, c, d)).into();
        sums.map(narrowed)
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the fraction is below one, so that the product fits again")]
    fn interpolated<S: Simd>(simd: S, taps: [&[Self]; 2], window: &[Self], fraction: Fraction) -> Self {
        let [here, there] = [sum_i16(simd, taps[0], window), sum_i16(simd, taps[1], window)];
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
fn half_i16<S: Simd>(simd: S, sums: i32x8<S>) -> i32x4<S> {
    let (low, high) = simd.split_i32x8(sums);
    low + high
}

/// The sums of neighbouring elements: first the sums of `a`, then the sums of `b`.
#[inline(always)]
fn pairs<S: Simd>(simd: S, a: i32x4<S>, b: i32x4<S>) -> i32x4<S> {
    let (even, odd) = simd.deinterleave_i32x4(a, b);
    even + odd
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn narrowed(sum: i32) -> i16 {
    (sum.wrapping_add(1 << 14) >> 15).clamp(-32_768, 32_767) as i16
}

/// Floats: eight sums run in parallel, as in one register of the assembler, and are then added in the assembler's order.
impl Element for f32 {
    const LANES: usize = 8;

    #[expect(clippy::cast_possible_truncation, reason = "the taps of floats are `float`s")]
    fn tap(value: f64) -> Self {
        value as Self
    }

    #[inline(always)]
    fn filtered<S: Simd>(simd: S, taps: &[Self], window: &[Self]) -> Self {
        total(lanes_f32(simd, taps, window).into())
    }

    #[inline(always)]
    fn filtered_four<S: Simd>(simd: S, taps: [&[Self]; FOUR], windows: [&[Self]; FOUR]) -> [Self; FOUR] {
        let mut sums = [f32x8::splat(simd, 0.0); FOUR];
        for (t, w) in chunks::<_, { <f32 as Element>::LANES }>(taps, windows) {
            sums[0] += f32x8::simd_from(simd, *t[0]) * f32x8::simd_from(simd, *w[0]);
            sums[1] += f32x8::simd_from(simd, *t[1]) * f32x8::simd_from(simd, *w[1]);
            sums[2] += f32x8::simd_from(simd, *t[2]) * f32x8::simd_from(simd, *w[2]);
            sums[3] += f32x8::simd_from(simd, *t[3]) * f32x8::simd_from(simd, *w[3]);
        }
        let [a, b, c, d] = sums;
        let [a, b, c, d] = [half_f32(simd, a), half_f32(simd, b), half_f32(simd, c), half_f32(simd, d)];
        let (ab_even, ab_odd) = simd.deinterleave_f32x4(a, b);
        let (cd_even, cd_odd) = simd.deinterleave_f32x4(c, d);
        let (first, third) = simd.deinterleave_f32x4(ab_even, cd_even);
        let (second, fourth) = simd.deinterleave_f32x4(ab_odd, cd_odd);
        // The same order of additions as in `total`.
        ((first + third) + (second + fourth)).into()
    }

    #[inline(always)]
    #[expect(clippy::cast_precision_loss, reason = "as libswresample does, whose numbers are below 2^24 too")]
    fn interpolated<S: Simd>(simd: S, taps: [&[Self]; 2], window: &[Self], fraction: Fraction) -> Self {
        let [here, there] = [lanes_f32(simd, taps[0], window), lanes_f32(simd, taps[1], window)];
        let part = fraction.part as Self * (1.0 / fraction.whole as Self);
        total((here + (there - here) * part).into())
    }
}

/// Four partial sums.
#[inline(always)]
fn lanes_f32<S: Simd>(simd: S, taps: &[f32], window: &[f32]) -> f32x4<S> {
    let (taps, _) = taps.as_chunks::<{ <f32 as Element>::LANES }>();
    let (window, _) = window.as_chunks::<{ <f32 as Element>::LANES }>();
    let mut sums = f32x8::splat(simd, 0.0);
    for (taps, window) in taps.iter().zip(window) {
        sums += f32x8::simd_from(simd, *taps) * f32x8::simd_from(simd, *window);
    }
    half_f32(simd, sums)
}

#[inline(always)]
fn half_f32<S: Simd>(simd: S, sums: f32x8<S>) -> f32x4<S> {
    let (low, high) = simd.split_f32x8(sums);
    low + high
}

#[inline(always)]
fn total(sums: [f32; 4]) -> f32 {
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}
