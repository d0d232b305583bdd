//! AAC with more than two channels (ISO/IEC 14496-3, 4.5.2.1): decodes each element separately.
//!
//! symphonia decodes one channel or a pair of channels. A packet of 5.1 is a sequence of such elements (centre, front pair,
//! rear pair, low frequencies). They are independent and have no length field. So this module searches for the end of each
//! element: the decoder fails if it gets too few bits, and succeeds if it gets all bits of the element. The search takes
//! about ten times as long as decoding, but such files are rare. The low-frequency channel stays silent, because `FFmpeg`
//! also ignores it when it mixes channels.

use symphonia::core::audio::{
    AsGenericAudioBufferRef as _, Audio as _, AudioBuffer, AudioMut as _, AudioSpec, Channels, GenericAudioBufferRef,
    Position,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult};
use symphonia::core::errors::{Error, Result};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};

/// The number of samples of each channel in a packet.
const FRAME: usize = 1024;
/// The length of an element's header in bits: its type has 3 bits and its number 4 bits.
const HEAD_BITS: usize = 7;
const SINGLE: u32 = 0;
const PAIR: u32 = 1;
const LOW: u32 = 3;
const DATA: u32 = 4;
const FILL: u32 = 6;
const END: u32 = 7;

/// The layout of an element: its type, and the positions of its channels in the channel order.
type ElementLayout = (u32, &'static [usize]);

/// The elements of each channel configuration (table 1.19), and the channel mask.
const CONFIGURATIONS: [(usize, &[ElementLayout], u32); 5] = [
    (3, &[(SINGLE, &[2]), (PAIR, &[0, 1])], 0x7),
    (4, &[(SINGLE, &[2]), (PAIR, &[0, 1]), (SINGLE, &[3])], 0x107),
    (5, &[(SINGLE, &[2]), (PAIR, &[0, 1]), (PAIR, &[3, 4])], 0x37),
    (6, &[(SINGLE, &[2]), (PAIR, &[0, 1]), (PAIR, &[4, 5]), (LOW, &[3])], 0x3f),
    (8, &[(SINGLE, &[2]), (PAIR, &[6, 7]), (PAIR, &[0, 1]), (PAIR, &[4, 5]), (LOW, &[3])], 0xff),
];

/// A decoder for AAC with more than two channels.
pub(super) struct Surround {
    parameters: AudioCodecParameters,
    elements: Vec<Element>,
    buffer: AudioBuffer<f32>,
}

struct Element {
    kind: u32,
    places: &'static [usize],
    decoder: Box<dyn AudioDecoder>,
    /// A second decoder, which decodes parts of packets to find the ends of elements. Its output is ignored.
    finder: Box<dyn AudioDecoder>,
    /// The length of the previous element of this kind, in bits.
    bits: usize,
}

impl Surround {
    /// A decoder for this number of channels and this rate; `None` if no channel configuration has this number.
    pub(super) fn new(parameters: &AudioCodecParameters, channels: usize, rate_hz: u32) -> Option<Self> {
        let (_, places, mask) = CONFIGURATIONS.iter().find(|(known, ..)| *known == channels)?;
        let element = |(kind, places): &ElementLayout| {
            let count = places.len();
            let (decoder, finder) = (stereo_or_mono(count, rate_hz)?, stereo_or_mono(count, rate_hz)?);
            Some(Element { kind: *kind, places, decoder, finder, bits: 0 })
        };
        let elements = places.iter().map(element).collect::<Option<_>>()?;
        let spec = AudioSpec::new(rate_hz, Channels::Positioned(Position::from_bits_truncate((*mask).into())));
        Some(Self { parameters: parameters.clone(), elements, buffer: AudioBuffer::new(spec, FRAME) })
    }

    fn decode_all(&mut self, packet: &[u8]) -> Result<()> {
        self.buffer.clear();
        self.buffer.render_silence(Some(FRAME));
        let mut at = 0;
        for element in &mut self.elements {
            at = skipped(packet, at);
            if bits(packet, at, 3) != Some(element.kind) {
                return Err(Error::DecodeError("aac: another element was expected"));
            }
            // The low-frequency element is ignored. It is the last element.
            if element.kind == LOW {
                break;
            }
            let length = element.length(packet, at).ok_or(Error::DecodeError("aac: an element is damaged"))?;
            let alone = alone(packet, at, length);
            if let GenericAudioBufferRef::F32(decoded) = element.decoder.decode_ref(&packet_of(&alone))? {
                for (from, to) in element.places.iter().enumerate() {
                    if let (Some(from), Some(to)) = (decoded.plane(from), self.buffer.plane_mut(*to)) {
                        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                    }
                }
            }
            element.bits = length;
            at += length;
        }
        Ok(())
    }
}

/// A decoder for one channel or two.
fn stereo_or_mono(channels: usize, rate_hz: u32) -> Option<Box<dyn AudioDecoder>> {
    let positions = if channels == 1 { 0x4 } else { 0x3 };
    let mut parameters = AudioCodecParameters::new();
    let channels = Channels::Positioned(Position::from_bits_truncate(positions));
    parameters.for_codec(CODEC_ID_AAC).with_sample_rate(rate_hz).with_channels(channels);
    symphonia::default::get_codecs().make_audio_decoder(&parameters, &AudioDecoderOptions::default()).ok()
}

impl Element {
    /// The length of the element at this position in bits; `None` if its end is not found.
    ///
    /// With fewer bits than the element has, the decoder runs out of bits. With all bits of the element and up to three more
    /// bits, it succeeds. With a part of the next header, it runs out of bits again. With the whole next header, it fails in
    /// another way, because it has no channel for the next element. So the search finds the length of the element, or
    /// [`HEAD_BITS`] more.
    fn length(&mut self, packet: &[u8], at: usize) -> Option<usize> {
        let (mut short, mut long) = (HEAD_BITS, packet.len() * 8 - at);
        // An element usually has about the length of the previous element.
        let near = self.bits + self.bits / 4 + 64;
        for guess in [near, self.bits * 3 / 4] {
            if self.bits > 0 && guess > short && guess < long {
                if self.is_whole(packet, at, guess) { long = guess } else { short = guess }
            }
        }
        if !self.is_whole(packet, at, long) {
            return None;
        }
        while long - short > 1 {
            let middle = short.midpoint(long);
            if self.is_whole(packet, at, middle) { long = middle } else { short = middle }
        }
        let before = long.checked_sub(HEAD_BITS).filter(|before| *before > HEAD_BITS);
        Some(before.filter(|before| self.is_whole(packet, at, *before)).unwrap_or(long))
    }

    fn is_whole(&mut self, packet: &[u8], at: usize, length: usize) -> bool {
        !matches!(self.finder.decode_ref(&packet_of(&cut(packet, at, length))), Err(Error::IoError(_)))
    }
}

fn packet_of(data: &[u8]) -> PacketRef<'_> {
    PacketRef::new(0, Timestamp::ZERO, Duration::new(FRAME as u64), data)
}

/// Copies `length` bits of a packet into a separate packet. Empty fill elements of seven bits come first, so that the end is
/// aligned to a byte.
fn cut(packet: &[u8], at: usize, length: usize) -> Vec<u8> {
    let mut written = BitWriter::default();
    (0..length % 8).for_each(|_| written.put(FILL << 4, 7));
    written.copy(packet, at, length);
    written.bytes
}

/// A packet that contains only the element of this length.
fn alone(packet: &[u8], at: usize, length: usize) -> Vec<u8> {
    let mut written = BitWriter::default();
    written.copy(packet, at, length);
    written.put(END, 3);
    written.put(0, 8 - written.count);
    written.bytes
}

#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    rest: u32,
    count: usize,
}

impl BitWriter {
    fn copy(&mut self, packet: &[u8], at: usize, length: usize) {
        self.bytes.reserve(length / 8 + 8);
        let mut left = length;
        while left > 0 {
            let count = left.min(8);
            self.put(bits(packet, at + length - left, count).unwrap_or_default(), count);
            left -= count;
        }
    }

    fn put(&mut self, number: u32, count: usize) {
        self.rest = self.rest << count | number;
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let [.., byte] = (self.rest >> self.count).to_be_bytes();
            self.bytes.push(byte);
            self.rest &= (1 << self.count) - 1;
        }
    }
}

/// The next `count` bits (at most 16) from this position; `None` if the packet ends before the last bit.
fn bits(packet: &[u8], at: usize, count: usize) -> Option<u32> {
    (packet.len() * 8 >= at + count).then(|| {
        let byte = |place: usize| u32::from(packet.get(place).copied().unwrap_or_default());
        let window = byte(at / 8) << 16 | byte(at / 8 + 1) << 8 | byte(at / 8 + 2);
        window >> (24 - at % 8 - count) & ((1 << count) - 1)
    })
}

/// The position after all elements without audio (fill and data elements) that start at `at`.
fn skipped(packet: &[u8], mut at: usize) -> usize {
    let length = |at: usize, count: usize, most: u32, less: u32| {
        let length = bits(packet, at, count)?;
        if length < most {
            return Some((length, at + count));
        }
        Some((length + bits(packet, at + count, 8)? - less, at + count + 8))
    };
    loop {
        let next = match bits(packet, at, 3) {
            Some(FILL) => length(at + 3, 4, 15, 1),
            Some(DATA) => length(at + 8, 8, 255, 0).map(|(bytes, from)| {
                let is_aligned = bits(packet, at + 7, 1) == Some(1);
                (bytes, if is_aligned { from.next_multiple_of(8) } else { from })
            }),
            _ => None,
        };
        match next {
            Some((bytes, from)) => at = from + 8 * bytes as usize,
            None => return at,
        }
    }
}

impl AudioDecoder for Surround {
    fn reset(&mut self) {
        self.elements.iter_mut().for_each(|element| element.decoder.reset());
    }

    fn codec_info(&self) -> &CodecInfo {
        // Every configuration has at least one element.
        #[expect(clippy::indexing_slicing, reason = "the first of a list that is never empty")]
        self.elements[0].decoder.codec_info()
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.parameters
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        if let Err(error) = self.decode_all(packet.data) {
            self.buffer.clear();
            return Err(error);
        }
        Ok(self.buffer.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.buffer.as_generic_audio_buffer_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fill_element_with_an_escaped_short_length_is_skipped() {
        // The count 15 means that eight more bits follow. The length in these bits is too high by one, so 0 means 14 bytes.
        let mut packet = vec![u8::try_from(FILL << 5 | 0b1_1110).unwrap(), 0];
        packet.extend([0xff; 15]);
        assert_eq!(skipped(&packet, 0), 3 + 4 + 8 + 14 * 8);
    }

    #[test]
    fn bits_are_copied_from_any_offset() {
        let packet: Vec<u8> =
            (0..60_u32).map(|at| u8::try_from(at.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
        for at in 0..20 {
            for length in 8..100 {
                let (fills, cut, alone) = (length % 8, cut(&packet, at, length), alone(&packet, at, length));
                assert_eq!(cut.len() * 8, 7 * fills + length);
                for bit in 0..length {
                    let expected = bits(&packet, at + bit, 1);
                    assert_eq!(bits(&cut, 7 * fills + bit, 1), expected, "{at} {length} {bit}");
                    assert_eq!(bits(&alone, bit, 1), expected, "{at} {length} {bit}");
                }
                assert_eq!(bits(&alone, length, 3), Some(END));
            }
        }
    }

    #[test]
    fn elements_without_audio_are_skipped() {
        // A fill element without bytes (7 bits), a fill element with one byte (15 bits), then a pair.
        let mut written = BitWriter::default();
        for (number, count) in [(FILL, 3), (0, 4), (FILL, 3), (1, 4), (0xab, 8), (PAIR, 3), (0, 8), (0, 8)] {
            written.put(number, count);
        }
        assert_eq!(skipped(&written.bytes, 0), 22);
        assert_eq!(bits(&written.bytes, 22, 3), Some(PAIR));
    }
}
