//! Reads samples without a container (`-format s16le -rate 44100 -channels 2` of `fpcalc`), also from a pipe while another
//! program records them.

use std::io::{ErrorKind, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::chroma::{BLOCK, Chunk, ChunkOptions, Chunks, Kind, MonoResampler, Sample, check_format};
use crate::{Error, LONGEST, Reason};

/// The format of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pcm {
    /// The sample rate, in Hz.
    pub rate_hz: u32,
    /// The number of channels. The samples of the channels are interleaved.
    pub channels: u16,
    /// The format of a sample.
    pub form: Form,
}

/// The format of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    bytes: usize,
    big_endian: bool,
    numbers: Numbers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    Signed,
    Unsigned,
    Float,
}

impl Pcm {
    /// The playing time of `bytes` bytes.
    #[must_use]
    pub fn duration(&self, bytes: u64) -> Duration {
        let second = self.form.bytes as u64 * u64::from(self.channels) * u64::from(self.rate_hz);
        let ms = u128::from(bytes) * 1_000 / u128::from(second.max(1));
        Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
    }
}

impl Form {
    /// The format with this name of `FFmpeg`: `s16le`, `f32be`, `u8`, …; `None` for any other name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let (numbers, rest) = match name.split_at_checked(1)? {
            ("s", rest) => (Numbers::Signed, rest),
            ("u", rest) => (Numbers::Unsigned, rest),
            ("f", rest) => (Numbers::Float, rest),
            _ => return None,
        };
        let (bits, big_endian) = match rest.strip_suffix("be") {
            Some(bits) => (bits, true),
            None => (rest.strip_suffix("le").unwrap_or(rest), false),
        };
        let bytes = match (numbers, bits) {
            (Numbers::Signed | Numbers::Unsigned, "8") if rest == "8" => 1,
            (Numbers::Signed | Numbers::Unsigned, "16") if rest != bits => 2,
            (Numbers::Signed | Numbers::Unsigned, "24") if rest != bits => 3,
            (_, "32") if rest != bits => 4,
            (Numbers::Float, "64") if rest != bits => 8,
            _ => return None,
        };
        Some(Self { bytes, big_endian, numbers })
    }

    const fn kind(self) -> Kind {
        match (self.numbers, self.bytes) {
            (Numbers::Float, _) => Kind::Float,
            (_, 1 | 2) => Kind::S16,
            _ => Kind::S32,
        }
    }

    /// The bytes of a sample as a number in the upper bits of a 64-bit integer.
    fn bits(self, bytes: &[u8]) -> u64 {
        let mut top = [0; 8];
        let in_order = top.iter_mut().zip(bytes);
        if self.big_endian {
            in_order.for_each(|(to, byte)| *to = *byte);
        } else {
            top.iter_mut().zip(bytes.iter().rev()).for_each(|(to, byte)| *to = *byte);
        }
        let bits = u64::from_be_bytes(top);
        if self.numbers == Numbers::Unsigned { bits ^ (1 << 63) } else { bits }
    }

    fn integer(self, bytes: &[u8]) -> i32 {
        ((self.bits(bytes) >> 32) as u32).cast_signed()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lost bits are below the 16 bits that are used")]
    fn float(self, bytes: &[u8]) -> f32 {
        let bits = self.bits(bytes);
        if self.bytes == 8 { f64::from_bits(bits) as f32 } else { f32::from_bits((bits >> 32) as u32) }
    }
}

/// Reads samples to their end or up to the requested length, and passes each completed chunk to `take`. Fails if the rate or
/// the number of channels is not supported, or if reading fails.
pub fn read_pcm(
    from: &mut dyn Read,
    pcm: Pcm,
    cut: &ChunkOptions,
    take: &mut dyn FnMut(Chunk),
    stop: &AtomicBool,
) -> Result<(), Error> {
    check_format(pcm.rate_hz, pcm.channels)?;
    // With chunks, the words are passed to the caller, so the length is unlimited. Without chunks, all words stay in memory,
    // so the length is limited.
    let most = if cut.chunk.is_some() { cut.length } else { Some(cut.length.unwrap_or(LONGEST).min(LONGEST)) };
    let cut = &ChunkOptions { length: most, ..*cut };
    let kind = pcm.form.kind();
    let mut sink =
        Sink { resampler: MonoResampler::new(pcm.rate_hz, pcm.channels, None, kind), chunks: Chunks::new(cut) };
    let frame = pcm.form.bytes * usize::from(pcm.channels);
    let mut block = vec![0; BLOCK * frame];
    let mut filled = 0;
    while !sink.chunks.is_full() && !stop.load(Ordering::Relaxed) {
        let read = match from.read(block.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::new(Reason::Unreadable, format!("cannot read it: {error}"))),
        };
        filled += read;
        let whole = filled - filled % frame;
        let bytes = block.get(..whole).unwrap_or_default();
        if kind == Kind::Float {
            sink.push(&planes(bytes, pcm, |bytes| pcm.form.float(bytes)), take);
        } else {
            sink.push(&planes(bytes, pcm, |bytes| pcm.form.integer(bytes)), take);
        }
        block.copy_within(whole..filled, 0);
        filled -= whole;
    }
    sink.chunks.finish().into_iter().for_each(take);
    Ok(())
}

/// Converts samples to chunks.
struct Sink {
    resampler: MonoResampler,
    chunks: Chunks,
}

impl Sink {
    fn push<S: Sample>(&mut self, planes: &[Vec<S>], take: &mut dyn FnMut(Chunk)) {
        let channels: Vec<&[S]> = planes.iter().map(Vec::as_slice).collect();
        let frames = channels.first().map_or(0, |channel| channel.len());
        self.chunks.push(self.resampler.push(&channels, 0..frames), take);
    }
}

/// The samples of each channel.
fn planes<S>(bytes: &[u8], pcm: Pcm, sample: impl Fn(&[u8]) -> S) -> Vec<Vec<S>> {
    let channels = usize::from(pcm.channels);
    let samples = || bytes.chunks_exact(pcm.form.bytes);
    (0..channels).map(|channel| samples().skip(channel).step_by(channels).map(&sample).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_names_are_the_names_in_ffmpeg() {
        for name in ["s16le", "s16be", "s8", "u8", "s24le", "u24be", "s32le", "f32le", "f32be", "f64le", "u16le"] {
            assert!(Form::from_name(name).is_some(), "{name}");
        }
        for name in ["s16", "f16le", "s8le", "f64", "", "wav", "mp3", "s64le", "é"] {
            assert!(Form::from_name(name).is_none(), "{name}");
        }
    }

    #[test]
    fn samples_keep_their_value_in_every_form() {
        let form = |name| Form::from_name(name).unwrap();
        assert_eq!(form("s16le").integer(&[0x34, 0x12]), 0x1234_0000);
        assert_eq!(form("s16be").integer(&[0x12, 0x34]), 0x1234_0000);
        assert_eq!(form("s24le").integer(&[0x56, 0x34, 0x92]), 0x9234_5600_u32.cast_signed());
        assert_eq!((form("u8").integer(&[0x80]), form("u8").integer(&[0])), (0, i32::MIN));
        for (name, bytes) in [
            ("f32le", 0.5_f32.to_le_bytes().to_vec()),
            ("f32be", 0.5_f32.to_be_bytes().to_vec()),
            ("f64le", 0.5_f64.to_le_bytes().to_vec()),
        ] {
            assert!((form(name).float(&bytes) - 0.5).abs() < f32::EPSILON, "{name}");
        }
    }

    #[test]
    fn a_frame_that_arrives_in_two_parts_is_joined() {
        struct SlowReader(Vec<u8>);
        impl Read for SlowReader {
            fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
                let count = to.len().min(self.0.len()).min(777);
                let rest = self.0.split_off(count);
                to[..count].copy_from_slice(&self.0);
                self.0 = rest;
                Ok(count)
            }
        }
        let bytes: Vec<u8> = (0..400_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let pcm = Pcm { rate_hz: 11_025, channels: 2, form: Form::from_name("s16le").unwrap() };
        let read = |from: &mut dyn Read| {
            let mut all = Vec::new();
            read_pcm(from, pcm, &ChunkOptions::default(), &mut |chunk| all.push(chunk), &AtomicBool::new(false))
                .unwrap();
            all
        };
        let whole = read(&mut bytes.as_slice());
        assert!(!whole[0].fingerprint.words().is_empty());
        assert_eq!(read(&mut SlowReader(bytes.clone())), whole);
    }
}
