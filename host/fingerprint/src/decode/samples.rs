//! Samples in the format of the codec: integers stay integers, so that they are resampled as `FFmpeg` resamples them.
//!
//! Samples are returned from the decoder's buffer without a copy. 16-bit PCM, which most WAV files contain, needs no
//! decoder: it is only split into channels, in a sixth of the time. Only formats that the fingerprinter does not support (8
//! bits, 24 bits, unsigned, 64-bit floats) are converted into a copy.

use std::ops::Range;

use symphonia::core::audio::sample::Sample as AnySample;
use symphonia::core::audio::{Audio as _, AudioBuffer, GenericAudioBufferRef as Decoded};

use crate::chroma::Kind;

/// The samples of some frames: a slice for each channel, all of equal length.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block<'a> {
    F32(Vec<&'a [f32]>),
    I16(Vec<&'a [i16]>),
    /// Integers of any depth, including 16 bits, in the upper bits.
    I32(Vec<&'a [i32]>),
}

/// Buffers for converted samples, which are reused for each packet.
#[derive(Debug, Default)]
pub(super) struct Samples {
    f32: Vec<Vec<f32>>,
    i16: Vec<Vec<i16>>,
    i32: Vec<Vec<i32>>,
}

/// The sample format of the codec, independent of the buffer type of the decoder. `bits` is the depth of coded samples of
/// FLAC and ALAC, because their decoders use one type for all depths. For PCM, the type in the container decides: 16-bit
/// samples in a 32-bit type count as 32 bits.
pub(super) fn kind(decoded: &Decoded<'_>, bits: Option<u32>) -> Kind {
    match decoded {
        Decoded::F32(_) | Decoded::F64(_) => Kind::Float,
        Decoded::U8(_) | Decoded::S8(_) | Decoded::U16(_) | Decoded::S16(_) => Kind::S16,
        Decoded::U32(_) | Decoded::S32(_) if bits.is_some_and(|bits| bits <= 16) => Kind::S16,
        Decoded::U24(_) | Decoded::S24(_) | Decoded::U32(_) | Decoded::S32(_) => Kind::S32,
    }
}

impl Samples {
    /// Splits 16-bit little-endian samples into their channels. Returns the number of frames; drops an incomplete frame at
    /// the end.
    pub(super) fn split_channels(&mut self, bytes: &[u8], channels: usize) -> usize {
        let (samples, _) = bytes.as_chunks::<2>();
        let frames = samples.len().checked_div(channels).unwrap_or_default();
        self.i16.resize_with(channels, Vec::new);
        self.i16.iter_mut().for_each(Vec::clear);
        if let [left, right] = self.i16.as_mut_slice() {
            // The compiler can vectorise a loop of this form.
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

    /// The frames `frames` of the samples that were split last.
    pub(super) fn split_frames(&self, frames: &Range<usize>) -> Block<'_> {
        Block::I16(cut(&self.i16, frames))
    }

    /// The frames `frames` of the decoded samples.
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
    fn samples_are_split_into_channels_and_an_incomplete_frame_is_dropped() {
        let numbers: Vec<i16> = (-12..12).map(|number| number * 1_000).collect();
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).chain([7]).collect();
        let mut samples = Samples::default();
        for channels in [1, 2, 3, 5, 24, 25] {
            let frames = numbers.len() / channels;
            assert_eq!(samples.split_channels(&bytes, channels), frames);
            let own = |channel: usize| -> Vec<i16> {
                numbers.iter().skip(channel).step_by(channels).take(frames).copied().collect()
            };
            let expected: Vec<Vec<i16>> = (0..channels).map(own).collect();
            let expected = expected.iter().map(Vec::as_slice).collect();
            assert_eq!(samples.split_frames(&(0..frames)), Block::I16(expected), "{channels}");
        }
        assert_eq!(samples.split_channels(&bytes, 0), 0);
    }
}
