//! Samples as the codec makes them: integers stay integers, so that they are resampled as `FFmpeg` resamples them.

use std::ops::Range;

use symphonia::core::audio::GenericAudioBufferRef as Decoded;

/// What samples are: those of the codec, whatever the decoder keeps them in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// From -1 to 1: what lossy codecs make.
    F32,
    /// Up to 16 bits.
    I16,
    /// More than 16 bits, filled up with zeros from below to 32.
    I32,
}

/// Samples of some frames: a slice for each channel, all of one length.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block<'a> {
    F32(Vec<&'a [f32]>),
    I16(Vec<&'a [i16]>),
    I32(Vec<&'a [i32]>),
}

/// Room for the samples of one packet, kept from packet to packet.
#[derive(Debug)]
pub(super) enum Samples {
    F32(Vec<Vec<f32>>),
    I16(Vec<Vec<i16>>),
    I32(Vec<Vec<i32>>),
}

impl Samples {
    /// For what a decoder makes; `bits` are those of the coded samples, as FLAC and ALAC know them.
    pub(super) fn like(decoded: &Decoded<'_>, bits: Option<u32>) -> Self {
        match decoded {
            Decoded::F32(_) | Decoded::F64(_) => Self::F32(Vec::new()),
            Decoded::U8(_) | Decoded::S8(_) | Decoded::U16(_) | Decoded::S16(_) => Self::I16(Vec::new()),
            Decoded::U32(_) | Decoded::S32(_) if bits.is_some_and(|bits| bits <= 16) => Self::I16(Vec::new()),
            Decoded::U24(_) | Decoded::S24(_) | Decoded::U32(_) | Decoded::S32(_) => Self::I32(Vec::new()),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::F32(_) => Kind::F32,
            Self::I16(_) => Kind::I16,
            Self::I32(_) => Kind::I32,
        }
    }

    /// Takes what was decoded.
    pub(super) fn take(&mut self, decoded: &Decoded<'_>) {
        match self {
            Self::F32(room) => decoded.copy_to_vecs_planar(room),
            Self::I16(room) => decoded.copy_to_vecs_planar(room),
            Self::I32(room) => decoded.copy_to_vecs_planar(room),
        }
    }

    /// The samples of those frames.
    pub(super) fn frames(&self, frames: &Range<usize>) -> Block<'_> {
        match self {
            Self::F32(room) => Block::F32(cut(room, frames)),
            Self::I16(room) => Block::I16(cut(room, frames)),
            Self::I32(room) => Block::I32(cut(room, frames)),
        }
    }
}

fn cut<'a, T>(room: &'a [Vec<T>], frames: &Range<usize>) -> Vec<&'a [T]> {
    room.iter().map(|channel| channel.get(frames.clone()).unwrap_or_default()).collect()
}
