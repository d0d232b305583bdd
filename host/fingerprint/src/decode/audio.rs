//! The sound of an open file: packet after packet, decoded, cut, handed out.

use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use symphonia::core::audio::{Channels, GenericAudioBufferRef as Decoded};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder};
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::packet::Packet;

use super::bounds::FAILURES_AT_START;
use super::decoder;
use super::fault;
use super::frames;
use super::guard::guarded;
use super::packets::Packets;
use super::samples::{self, Block, Samples};
use super::source::Source;
use super::trim::Trim;
use crate::chroma::{self, Kind};
use crate::{Damage, Error, Reason, Tags};

/// What the samples are. All of it as decoded, whatever the container says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// Samples a second, in Hz.
    pub(crate) rate_hz: u32,
    pub(crate) channels: u16,
    /// Where they stand, as the bits of a `WAVE_FORMAT_EXTENSIBLE` channel mask, in their order; where that is known.
    pub(crate) positions: Option<u32>,
    pub(crate) kind: Kind,
    pub(crate) codec: &'static str,
    pub(crate) container: &'static str,
    /// Bits of a sample, where the codec keeps them all.
    pub(crate) bits: Option<u16>,
    /// Whether this is the core of HE-AAC, at half the rate.
    pub(crate) core_only: bool,
}

impl Spec {
    /// Of what was decoded first; the container is not known here.
    fn of(decoded: &Decoded<'_>, codec: &'static str, bits: Option<u32>) -> Result<Self, Error> {
        let (rate_hz, channels) = (decoded.spec().rate(), decoded.spec().channels());
        let positions = positions(channels);
        let channels = u16::try_from(channels.count()).unwrap_or(u16::MAX);
        chroma::accepted(rate_hz, channels)?;
        let any_depth = matches!(codec, "flac" | "alac");
        let kind = samples::kind(decoded, bits.filter(|_| any_depth));
        let kept = any_depth || codec.starts_with("pcm_");
        let bits = bits.filter(|bits| kept && *bits > 0).and_then(|bits| u16::try_from(bits).ok());
        Ok(Self { rate_hz, channels, positions, kind, codec, container: "", bits, core_only: false })
    }
}

/// An open file. Take blocks until there are none; then ask how long it is.
pub(crate) struct Audio {
    packets: Packets,
    decoder: Box<dyn AudioDecoder>,
    samples: Samples,
    /// Whether the last packet was parted into `samples` and not decoded.
    parted: bool,
    /// So many frames of what was decoded last are still to be handed out.
    ready: usize,
    /// Packets that were decoded, and that could not be.
    decoded: u32,
    failed: u32,
    /// Whether all packets so far went through a decoder that compares the checksum, and whether one was wrong.
    verify: Verify,
    /// Whether all of the file is to be checked.
    checked: bool,
    pub(super) spec: Spec,
    /// What is cut off the track, and what of that is still to come.
    cut: Trim,
    trim: Trim,
    pub(super) tags: Tags,
    /// The most frames that a file of this length can hold, where that is known: a header may say anything.
    pub(super) most_frames: Option<u64>,
    /// What is known to be cut off the end of the file: bytes of uncompressed sound, and whether anything is.
    pub(super) missing_bytes: u64,
    pub(super) is_cut_short: bool,
}

/// Whether samples are compared with the checksum that their stream states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Verify {
    /// It is wanted, and no packet was passed over.
    pub(super) on: bool,
    /// A stream that has ended had another one.
    wrong: bool,
}

/// Lengths that differ by less are not told as damage: encoders count a frame more or less.
const NOTICED: Duration = Duration::from_millis(100);

impl Audio {
    /// Decodes until there are samples, of which the rate and the channels are learnt. `bits` are those of a coded sample.
    pub(super) fn start(
        mut packets: Packets,
        mut decoder: Box<dyn AudioDecoder>,
        bits: Option<u32>,
        verify: bool,
        stop: &AtomicBool,
    ) -> Result<Self, Error> {
        let mut failed = 0;
        while let Some(packet) = packets.next(stop)? {
            if let Some(begun) = packets.take_begun() {
                decoder = decoder::decoder(&packets.track, &begun, verify)?;
            }
            let codec = decoder.codec_info().short_name;
            match decoder.decode(&packet) {
                Ok(decoded) if decoded.frames() == 0 => {}
                Ok(decoded) => {
                    let (spec, ready) = (Spec::of(&decoded, codec, bits)?, decoded.frames());
                    let (trim, tags, cut) = (Trim::default(), Tags::default(), Trim::default());
                    let (decoded, samples, most_frames) = (1, Samples::default(), None);
                    return Ok(Self {
                        packets,
                        decoder,
                        samples,
                        parted: false,
                        ready,
                        decoded,
                        failed,
                        verify: Verify { on: verify, wrong: false },
                        checked: false,
                        spec,
                        cut,
                        trim,
                        tags,
                        most_frames,
                        missing_bytes: 0,
                        is_cut_short: false,
                    });
                }
                Err(error @ Symphonia::Unsupported(_)) => return Err(fault::of_opening(error, "what its codec uses")),
                Err(error) => {
                    failed += 1;
                    if failed >= FAILURES_AT_START {
                        return Err(fault::of_decoding(error));
                    }
                }
            }
        }
        Err(fault::corrupt("it has no frame that can be decoded"))
    }

    pub(super) fn cut(&mut self, cut: Trim) {
        (self.cut, self.trim) = (cut.clone(), cut);
    }

    /// What the samples are.
    pub(crate) fn spec(&self) -> &Spec {
        &self.spec
    }

    /// What the file says of itself.
    pub(crate) fn tags(&self) -> &Tags {
        &self.tags
    }

    /// The next samples; none at the end.
    pub(crate) fn next_block(&mut self, stop: &AtomicBool) -> Result<Option<Block<'_>>, Error> {
        let Some(range) = self.next_range(stop)? else { return Ok(None) };
        if self.parted {
            return Ok(Some(self.samples.parted(&range)));
        }
        Ok(Some(self.samples.frames(&self.decoder.last_decoded(), &range)))
    }

    /// Passes a packet over without decoding it; false at the end.
    pub(crate) fn skip_packet(&mut self, stop: &AtomicBool) -> Result<bool, Error> {
        let more = self.packets.next(stop)?.is_some();
        self.verify.on &= !more;
        Ok(more)
    }

    /// Decodes all that is left, only to see whether it can be. Uncompressed sound always can.
    pub(crate) fn check_rest(&mut self, stop: &AtomicBool) -> Result<(), Error> {
        self.checked = true;
        // Nor is sound of several channels checked whose elements have to be searched for: that would take too long.
        let is_searched = self.spec.codec == "aac" && self.spec.channels > 2;
        let mut checks = !self.spec.codec.starts_with("pcm_") && !is_searched;
        while let Some(packet) = self.packets.next(stop)? {
            if !checks {
                self.verify.on = false;
                continue;
            }
            // What cannot be decoded so late changes nothing of the fingerprint: a panic is damage, a link of another form is not.
            if let Err(error) = guarded(|| self.decode(&packet)) {
                self.failed += u32::from(error.reason == Reason::Corrupt);
                checks = false;
            }
        }
        Ok(())
    }

    fn next_range(&mut self, stop: &AtomicBool) -> Result<Option<Range<usize>>, Error> {
        loop {
            let range = self.trim.next(std::mem::take(&mut self.ready));
            if !range.is_empty() {
                return Ok(Some(range));
            }
            if !self.decode_next(stop)? {
                return self.intact().map(|()| None);
            }
        }
    }

    /// Decodes a packet. One that cannot be is left out, as players do.
    fn decode_next(&mut self, stop: &AtomicBool) -> Result<bool, Error> {
        let Some(packet) = self.packets.next(stop)? else { return Ok(false) };
        self.decode(&packet)?;
        Ok(true)
    }

    fn decode(&mut self, packet: &Packet) -> Result<(), Error> {
        if let Some(begun) = self.packets.take_begun() {
            self.end_stream();
            self.decoder = decoder::decoder(&self.packets.track, &begun, self.verify.on)?;
            let channels = begun.channels.as_ref().map_or(0, Channels::count);
            if !same(&self.spec, begun.sample_rate.unwrap_or_default(), channels) {
                return Err(fault::unsupported("a chain of Ogg streams of several rates or numbers of channels"));
            }
        }
        let cut = packet.trim_start.get() > 0 || packet.trim_end.get() > 0;
        self.parted = self.spec.codec == "pcm_s16le" && fills(self.decoder.codec_params(), 16) && !cut;
        if self.parted {
            self.ready = self.samples.part(&packet.data, usize::from(self.spec.channels));
            self.decoded += 1;
            return Ok(());
        }
        match self.decoder.decode(packet) {
            Ok(decoded) if same(&self.spec, decoded.spec().rate(), decoded.spec().channels().count()) => {
                self.ready = decoded.frames();
                self.decoded += 1;
            }
            // FFmpeg would mix this in; a change in the middle of a piece is damage or a jingle.
            Ok(decoded) if decoded.frames() > 0 => self.failed += 1,
            Ok(_) => {}
            // Of whatever kind the error is: a decoder reads the packet, which is in memory.
            Err(_) => self.failed += 1,
        }
        Ok(())
    }

    /// The stream of this decoder has ended: its samples are compared with their checksum, where it has one.
    fn end_stream(&mut self) {
        self.verify.wrong |= self.verify.on && self.decoder.finalize().verify_ok == Some(false);
    }

    /// What was found to be damaged so far.
    pub(crate) fn damage(&mut self) -> Damage {
        let is_row = matches!(self.spec.container, "mp1" | "mp2" | "mp3" | "adts") && self.checked;
        let gaps = if is_row { frames::gaps(self.packets.source()) } else { 0 };
        let failed_frames = self.failed.saturating_add(gaps.max(self.packets.lost()));
        let frames = self.decoded.saturating_add(failed_frames);
        let mut damage = Damage { failed_frames, frames, is_cut_short: self.is_cut_short, ..Damage::default() };
        if self.packets.ended() {
            self.end_stream();
            damage.wrong_checksum = self.verify.wrong;
            let ends_itself = matches!(self.spec.container, "ogg" | "mp4" | "flac");
            damage.is_cut_short |= ends_itself && self.packets.is_cut_short();
            damage.missing_end = self.missing_end();
        }
        if matches!(self.spec.container, "ogg" | "flac") {
            damage.missing_within = noticed(self.packets.missing_within());
        }
        damage
    }

    /// How much less was seen than the container says.
    fn missing_end(&self) -> Duration {
        if self.missing_bytes > 0 && self.spec.codec.starts_with("pcm_") {
            let bytes = u64::from(self.spec.bits.unwrap_or(8).div_ceil(8)) * u64::from(self.spec.channels);
            return frames_long(self.missing_bytes.checked_div(bytes).unwrap_or_default(), self.spec.rate_hz);
        }
        let is_counted = self.tells_length() && self.most_frames.is_none();
        self.stated()
            .filter(|_| is_counted)
            .map_or(Duration::ZERO, |stated| noticed(stated.saturating_sub(self.seen())))
    }

    /// Whether at least half of what was seen could be decoded.
    pub(crate) fn intact(&self) -> Result<(), Error> {
        if self.failed <= self.decoded {
            return Ok(());
        }
        let (failed, all) = (self.failed, u64::from(self.failed) + u64::from(self.decoded));
        Err(fault::corrupt(&format!("{failed} of its {all} frames are damaged")))
    }

    /// Whether the container tells how long it plays. Where it does not, all packets have to be seen.
    pub(crate) fn tells_length(&self) -> bool {
        // A stream of MPEG frames has only a guess from the first of them, unless a LAME header stands there.
        let guessed =
            matches!(self.spec.container, "adts" | "mp1" | "mp2" | "mp3") && self.packets.track.delay.is_none();
        !guessed && self.stated().is_some()
    }

    fn stated(&self) -> Option<Duration> {
        let rate_hz = self.spec.rate_hz;
        let cut = |length: Duration| length.saturating_sub(frames_long(self.cut.dropped(), rate_hz));
        let most = self.most_frames.map(|frames| frames_long(frames, rate_hz));
        let kept = self.cut.kept().map(|frames| frames_long(frames, rate_hz));
        let stated = kept.or_else(|| self.packets.stated().map(cut));
        stated.map(|stated| most.map_or(stated, |most| stated.min(most))).or(most)
    }

    /// How long it plays: what the container says, else what was seen; that also where all was seen and is less.
    pub(crate) fn duration(&self) -> Duration {
        let seen = self.seen();
        let Some(stated) = self.stated() else { return seen };
        // A file that was cut off says more than it has.
        let is_cut = seen + Duration::from_secs(1) < stated;
        if self.packets.ended() && (is_cut || !self.tells_length()) { seen } else { stated }
    }

    fn seen(&self) -> Duration {
        let rate_hz = self.spec.rate_hz;
        let seen = self.packets.seen().saturating_sub(frames_long(self.cut.dropped(), rate_hz));
        self.cut.kept().map_or(seen, |frames| seen.min(frames_long(frames, rate_hz)))
    }

    /// Bits a second, on average of what was seen.
    pub(crate) fn bitrate(&self) -> Option<u32> {
        self.packets.bitrate()
    }

    /// The SHA-256 of the audio, if it was asked for and all packets were seen.
    pub(crate) fn digest(&mut self) -> Option<[u8; 32]> {
        self.packets.digest()
    }

    /// The file.
    pub(crate) fn source(&self) -> &Source {
        self.packets.source()
    }
}

fn positions(channels: &Channels) -> Option<u32> {
    // The first 18 positions are those of the mask (mmreg.h).
    match channels {
        Channels::Positioned(positions) => u32::try_from(positions.bits()).ok().filter(|mask| *mask < 1 << 18),
        _ => None,
    }
}

/// Whether samples have so many bits, as coded and as decoded: others are shifted by the decoder.
fn fills(parameters: &AudioCodecParameters, bits: u32) -> bool {
    [parameters.bits_per_sample, parameters.bits_per_coded_sample]
        .iter()
        .all(|told| told.is_none_or(|told| told == bits))
}

/// What is long enough to be told.
fn noticed(length: Duration) -> Duration {
    if length < NOTICED { Duration::ZERO } else { length }
}

fn same(spec: &Spec, rate_hz: u32, channels: usize) -> bool {
    spec.rate_hz == rate_hz && usize::from(spec.channels) == channels
}

fn frames_long(frames: u64, rate_hz: u32) -> Duration {
    let nanos = u128::from(frames) * 1_000_000_000 / u128::from(rate_hz.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
