//! Samples as the codec makes them: integers stay integers, so that they are resampled as `FFmpeg` resamples them.
//!
//! They are handed out where the decoder keeps them; sound of 16 bits as nearly every WAV file has it needs no decoder and is but
//! parted into its channels, which takes a sixth of the time. Only forms that nothing here computes with (bytes, 24 bits, without sign, 64
//! bits of float) are copied.

use std::ops::Range;

use symphonia::core::audio::sample::Sample as AnySample;
use symphonia::core::audio::{Audio as _, AudioBuffer, GenericAudioBufferRef as Decoded};

use crate::chroma::Kind;

/// Samples of some frames: a slice for each channel, all of one length.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block<'a> {
    F32(Vec<&'a [f32]>),
    I16(Vec<&'a [i16]>),
    /// Of any depth, also of 16 bits: they are at the top.
    I32(Vec<&'a [i32]>),
}

/// Room for what has to be copied, kept from packet to packet.
#[derive(Debug, Default)]
pub(super) struct Samples {
    f32: Vec<Vec<f32>>,
    i16: Vec<Vec<i16>>,
    i32: Vec<Vec<i32>>,
}

/// What samples are: those of the codec, whatever the decoder keeps them in. `bits` are those of the coded samples of FLAC and ALAC, which
/// have one decoder for all depths. PCM is what its container makes of it: 16 bits that count in 32 are 32.
pub(super) fn kind(decoded: &Decoded<'_>, bits: Option<u32>) -> Kind {
    match decoded {
        Decoded::F32(_) | Decoded::F64(_) => Kind::Float,
        Decoded::U8(_) | Decoded::S8(_) | Decoded::U16(_) | Decoded::S16(_) => Kind::S16,
        Decoded::U32(_) | Decoded::S32(_) if bits.is_some_and(|bits| bits <= 16) => Kind::S16,
        Decoded::U24(_) | Decoded::S24(_) | Decoded::U32(_) | Decoded::S32(_) => Kind::S32,
    }
}

impl Samples {
    /// Parts 16-bit samples, the lower byte first, into their channels; says how many frames there were. What is left of a frame at
    /// the end is let go.
    pub(super) fn part(&mut self, bytes: &[u8], channels: usize) -> usize {
        let (samples, _) = bytes.as_chunks::<2>();
        let frames = samples.len().checked_div(channels).unwrap_or_default();
        self.i16.resize_with(channels, Vec::new);
        self.i16.iter_mut().for_each(Vec::clear);
        if let [left, right] = self.i16.as_mut_slice() {
            // Written out, because the compiler makes registers of it.
            let (frames, _) = bytes.as_chunks::<4>();
            left.extend(frames.iter().map(|[low, high, _, _]| i16::from_le_bytes([*low, *high])));
            right.extend(frames.iter().map(|[_, _, low, high]| i16::from_le_bytes([*low, *high])));
            return frames.len();
        }
        for (channel, room) in self.i16.iter_mut().enumerate() {
            let own = samples.iter().skip(channel).step_by(channels.max(1)).take(frames);
            room.extend(own.map(|sample| i16::from_le_bytes(*sample)));
        }
        frames
    }

    /// The samples of those frames of what was parted last.
    pub(super) fn parted(&self, frames: &Range<usize>) -> Block<'_> {
        Block::I16(cut(&self.i16, frames))
    }

    /// The samples of those frames of what was decoded.
    pub(super) fn frames<'a>(&'a mut self, decoded: &Decoded<'a>, frames: &Range<usize>) -> Block<'a> {
        match decoded {
            Decoded::F32(buffer) => Block::F32(planes(buffer, frames)),
            Decoded::S16(buffer) => Block::I16(planes(buffer, frames)),
            Decoded::S32(buffer) => Block::I32(planes(buffer, frames)),
            Decoded::F64(_) => {
                decoded.copy_to_vecs_planar(&mut self.f32);
                Block::F32(cut(&self.f32, frames))
            }
            Decoded::U8(_) | Decoded::S8(_) | Decoded::U16(_) => {
                decoded.copy_to_vecs_planar(&mut self.i16);
                Block::I16(cut(&self.i16, frames))
            }
            Decoded::U24(_) | Decoded::S24(_) | Decoded::U32(_) => {
                decoded.copy_to_vecs_planar(&mut self.i32);
                Block::I32(cut(&self.i32, frames))
            }
        }
    }
}

fn planes<'a, T: AnySample>(buffer: &'a AudioBuffer<T>, frames: &Range<usize>) -> Vec<&'a [T]> {
    buffer.iter_planes().map(|plane| plane.get(frames.clone()).unwrap_or_default()).collect()
}

fn cut<'a, T>(room: &'a [Vec<T>], frames: &Range<usize>) -> Vec<&'a [T]> {
    room.iter().map(|channel| channel.get(frames.clone()).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_parted_into_any_number_of_channels_and_what_is_left_over_goes() {
        let numbers: Vec<i16> = (-12..12).map(|number| number * 1_000).collect();
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).chain([7]).collect();
        let mut samples = Samples::default();
        for channels in [1, 2, 3, 5, 24, 25] {
            let frames = numbers.len() / channels;
            assert_eq!(samples.part(&bytes, channels), frames);
            let own = |channel: usize| -> Vec<i16> {
                numbers.iter().skip(channel).step_by(channels).take(frames).copied().collect()
            };
            let expected: Vec<Vec<i16>> = (0..channels).map(own).collect();
            let expected = expected.iter().map(Vec::as_slice).collect();
            assert_eq!(samples.parted(&(0..frames)), Block::I16(expected), "{channels}");
        }
        assert_eq!(samples.part(&bytes, 0), 0);
    }
}
