//! Samples as the codec makes them: integers stay integers, so that they are resampled as `FFmpeg` resamples them.
//!
//! They are handed out where the decoder keeps them. Only forms that nothing here computes with (bytes, 24 bits, without sign, 64
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

/// What samples are: those of the codec, whatever the decoder keeps them in. `bits` are those of the coded samples, as FLAC and
/// ALAC know them.
pub(super) fn kind(decoded: &Decoded<'_>, bits: Option<u32>) -> Kind {
    match decoded {
        Decoded::F32(_) | Decoded::F64(_) => Kind::Float,
        Decoded::U8(_) | Decoded::S8(_) | Decoded::U16(_) | Decoded::S16(_) => Kind::S16,
        Decoded::U32(_) | Decoded::S32(_) if bits.is_some_and(|bits| bits <= 16) => Kind::S16,
        Decoded::U24(_) | Decoded::S24(_) | Decoded::U32(_) | Decoded::S32(_) => Kind::S32,
    }
}

impl Samples {
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
