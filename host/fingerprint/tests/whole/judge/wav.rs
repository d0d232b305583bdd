//! A small reader of WAV files, independent of the crate's decoder, and the fingerprints of its samples.

use std::path::Path;

use baton_fingerprint::Fingerprint;
use baton_fingerprint::chroma::{Fingerprinter, Kind};

pub(crate) struct Wav {
    pub(crate) rate_hz: u32,
    pub(crate) mask: Option<u32>,
    pub(crate) planes: Planes,
}

/// The samples, one list for each channel.
pub(crate) enum Planes {
    S16(Vec<Vec<i16>>),
    S32(Vec<Vec<i32>>),
    Float(Vec<Vec<f32>>),
}

impl Wav {
    pub(crate) fn read(file: &Path) -> Self {
        let bytes = std::fs::read(file).expect("the WAV file is there");
        let (format, data) = (chunk(&bytes, *b"fmt "), chunk(&bytes, *b"data"));
        let short = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
        let (tag, channels, bits) = (short(0), usize::from(short(2)), short(14));
        let (tag, mask) = match tag {
            0xFFFE => (short(24), Some(u32::from(short(20)))),
            _ => (tag, None),
        };
        let planes = match (tag, bits) {
            (1, 8) => Planes::S16(planar(data, channels, |[byte]: [u8; 1]| (i16::from(byte) - 128) << 8)),
            (1, 16) => Planes::S16(planar(data, channels, i16::from_le_bytes)),
            (1, 24) => Planes::S32(planar(data, channels, |[a, b, c]: [u8; 3]| i32::from_le_bytes([0, a, b, c]))),
            (3, 32) => Planes::Float(planar(data, channels, f32::from_le_bytes)),
            other => panic!("WAV {other:?} is not read here"),
        };
        Self { rate_hz: u32::from_le_bytes([format[4], format[5], format[6], format[7]]), mask, planes }
    }

    /// The fingerprint of the samples, computed in blocks of `block` samples.
    pub(crate) fn fingerprint(&self, block: usize) -> Fingerprint {
        self.limited(block, |fingerprinter| fingerprinter)
    }

    /// The fingerprint of the samples. `limit` may change the fingerprinter first.
    pub(crate) fn limited(&self, block: usize, limit: impl Fn(Fingerprinter) -> Fingerprinter) -> Fingerprint {
        let new = |channels: usize, kind| {
            let channels = u16::try_from(channels).expect("few channels");
            limit(Fingerprinter::with_positions(self.rate_hz, channels, self.mask, kind).expect("a usual form"))
        };
        match &self.planes {
            Planes::S16(planes) => pushed(new(planes.len(), Kind::S16), planes, block),
            Planes::S32(planes) => pushed(new(planes.len(), Kind::S32), planes, block),
            Planes::Float(planes) => pushed(new(planes.len(), Kind::Float), planes, block),
        }
    }
}

fn pushed<S: baton_fingerprint::chroma::Sample>(
    mut fingerprinter: Fingerprinter,
    planes: &[Vec<S>],
    block: usize,
) -> Fingerprint {
    let length = planes[0].len();
    for from in (0..length).step_by(block) {
        let to = length.min(from + block);
        let block: Vec<&[S]> = planes.iter().map(|plane| &plane[from..to]).collect();
        fingerprinter.push(&block);
    }
    fingerprinter.finish()
}

fn chunk(bytes: &[u8], name: [u8; 4]) -> &[u8] {
    let mut rest = &bytes[12..];
    loop {
        let length = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
        let end = rest.len().min(8 + length);
        if rest[..4] == name {
            return &rest[8..end];
        }
        rest = &rest[(end + length % 2).min(rest.len())..];
    }
}

fn planar<const N: usize, S>(data: &[u8], channels: usize, sample: impl Fn([u8; N]) -> S) -> Vec<Vec<S>> {
    let (samples, _) = data.as_chunks::<N>();
    (0..channels)
        .map(|channel| samples.iter().skip(channel).step_by(channels).map(|bytes| sample(*bytes)).collect())
        .collect()
}
