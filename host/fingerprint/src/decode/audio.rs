//! The audio of an open file: reads packets, decodes them, trims them, and returns blocks of samples.

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

/// The format of the decoded samples. The container's statements about the format are not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SampleSpec {
    /// The sample rate, in Hz.
    pub(crate) rate_hz: u32,
    pub(crate) channels: u16,
    /// The positions of the channels, if known, as the bits of a `WAVE_FORMAT_EXTENSIBLE` channel mask.
    pub(crate) positions: Option<u32>,
    pub(crate) kind: Kind,
    pub(crate) codec: &'static str,
    pub(crate) container: &'static str,
    /// The bits of a sample, if the codec is lossless.
    pub(crate) bits: Option<u16>,
    /// True if only the core of an HE-AAC stream was decoded, at half the rate.
    pub(crate) core_only: bool,
}

impl SampleSpec {
    /// The format of the first decoded packet. The caller sets the container.
    fn from_decoded(decoded: &Decoded<'_>, codec: &'static str, bits: Option<u32>) -> Result<Self, Error> {
        let (rate_hz, channels) = (decoded.spec().rate(), decoded.spec().channels());
        let positions = positions(channels);
        let channels = u16::try_from(channels.count()).unwrap_or(u16::MAX);
        chroma::check_format(rate_hz, channels)?;
        let any_depth = matches!(codec, "flac" | "alac");
        let kind = samples::kind(decoded, bits.filter(|_| any_depth));
        let kept = any_depth || codec.starts_with("pcm_");
        let bits = bits.filter(|bits| kept && *bits > 0).and_then(|bits| u16::try_from(bits).ok());
        Ok(Self { rate_hz, channels, positions, kind, codec, container: "", bits, core_only: false })
    }
}

/// An open audio file. Its exact length is known only after the last block.
pub(crate) struct Audio {
    packets: Packets,
    decoder: Box<dyn AudioDecoder>,
    samples: Samples,
    /// True if the last packet was uncompressed and was split into `samples` without a decoder.
    was_split: bool,
    /// The number of decoded frames that the caller has not received yet.
    ready: usize,
    /// The number of packets that were decoded. `failed` is the number of packets that could not be decoded.
    decoded: u32,
    failed: u32,
    /// The state of the checksum comparison.
    verify: Verify,
    /// True if the whole file is decoded, to find damage.
    checked: bool,
    pub(super) spec: SampleSpec,
    /// The frames to trim.
    cut: Trim,
    trim: Trim,
    pub(super) tags: Tags,
    /// The maximum number of frames that a file of this length can contain, if known. A header cannot state more frames.
    pub(super) most_frames: Option<u64>,
    /// The number of missing bytes of uncompressed audio at the end. `is_cut_short` tells whether anything is missing.
    pub(super) missing_bytes: u64,
    pub(super) is_cut_short: bool,
}

/// The comparison of samples with the checksum in their stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Verify {
    /// True if the comparison is requested and no packet was skipped.
    pub(super) on: bool,
    /// True if the checksum of a finished stream was wrong.
    wrong: bool,
}

/// A smaller difference in length is not reported as damage, because an encoder may count one frame more or less.
const MIN_REPORTED: Duration = Duration::from_millis(100);

impl Audio {
    /// Decodes packets until there are samples, which determine the rate and the number of channels. `bits` is the number of
    /// bits of a coded sample.
    pub(super) fn start(
        mut packets: Packets,
        mut decoder: Box<dyn AudioDecoder>,
        bits: Option<u32>,
        verify: bool,
        stop: &AtomicBool,
    ) -> Result<Self, Error> {
        let mut failed = 0;
        while let Some(packet) = packets.next(stop)? {
            if let Some(new_parameters) = packets.take_new_parameters() {
                decoder = decoder::decoder(&packets.track, &new_parameters, verify)?;
            }
            let codec = decoder.codec_info().short_name;
            match decoder.decode(&packet) {
                Ok(decoded) if decoded.frames() == 0 => {}
                Ok(decoded) => {
                    let (spec, ready) = (SampleSpec::from_decoded(&decoded, codec, bits)?, decoded.frames());
                    let (trim, tags, cut) = (Trim::default(), Tags::default(), Trim::default());
                    let (decoded, samples, most_frames) = (1, Samples::default(), None);
                    return Ok(Self {
                        packets,
                        decoder,
                        samples,
                        was_split: false,
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
                Err(error @ Symphonia::Unsupported(_)) => {
                    return Err(fault::from_opening(error, "a feature of its codec"));
                }
                Err(error) => {
                    failed += 1;
                    if failed >= FAILURES_AT_START {
                        return Err(fault::from_decoding(error));
                    }
                }
            }
        }
        Err(fault::corrupt("it has no decodable frame"))
    }

    pub(super) fn cut(&mut self, cut: Trim) {
        (self.cut, self.trim) = (cut.clone(), cut);
    }

    /// The format of the samples.
    pub(crate) fn spec(&self) -> &SampleSpec {
        &self.spec
    }

    /// The tags of the file.
    pub(crate) fn tags(&self) -> &Tags {
        &self.tags
    }

    /// The next samples; `None` at the end.
    pub(crate) fn next_block(&mut self, stop: &AtomicBool) -> Result<Option<Block<'_>>, Error> {
        let Some(range) = self.next_range(stop)? else { return Ok(None) };
        if self.was_split {
            return Ok(Some(self.samples.split_frames(&range)));
        }
        Ok(Some(self.samples.frames(&self.decoder.last_decoded(), &range)))
    }

    /// Skips a packet without decoding it. Returns false at the end.
    pub(crate) fn skip_packet(&mut self, stop: &AtomicBool) -> Result<bool, Error> {
        let more = self.packets.next(stop)?.is_some();
        self.verify.on &= !more;
        Ok(more)
    }

    /// Decodes the rest of the file, to find damage. Uncompressed audio cannot be damaged.
    pub(crate) fn check_rest(&mut self, stop: &AtomicBool) -> Result<(), Error> {
        self.checked = true;
        // AAC with more than two channels is not checked, because the search for the ends of its elements takes too long.
        let is_searched = self.spec.codec == "aac" && self.spec.channels > 2;
        let mut checks = !self.spec.codec.starts_with("pcm_") && !is_searched;
        while let Some(packet) = self.packets.next(stop)? {
            if !checks {
                self.verify.on = false;
                continue;
            }
            // A failure after the fingerprinted part does not affect the fingerprint. A panic counts as damage. A link of an
            // Ogg chain with another format does not count as damage.
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
                return self.check_intact().map(|()| None);
            }
        }
    }

    /// Decodes a packet. Skips a packet that cannot be decoded, as players do.
    fn decode_next(&mut self, stop: &AtomicBool) -> Result<bool, Error> {
        let Some(packet) = self.packets.next(stop)? else { return Ok(false) };
        self.decode(&packet)?;
        Ok(true)
    }

    fn decode(&mut self, packet: &Packet) -> Result<(), Error> {
        if let Some(new_parameters) = self.packets.take_new_parameters() {
            self.end_stream();
            self.decoder = decoder::decoder(&self.packets.track, &new_parameters, self.verify.on)?;
            let channels = new_parameters.channels.as_ref().map_or(0, Channels::count);
            if !same(&self.spec, new_parameters.sample_rate.unwrap_or_default(), channels) {
                return Err(fault::unsupported("a chain of Ogg streams of several rates or numbers of channels"));
            }
        }
        let cut = packet.trim_start.get() > 0 || packet.trim_end.get() > 0;
        self.was_split = self.spec.codec == "pcm_s16le" && fills(self.decoder.codec_params(), 16) && !cut;
        if self.was_split {
            self.ready = self.samples.split_channels(&packet.data, usize::from(self.spec.channels));
            self.decoded += 1;
            return Ok(());
        }
        match self.decoder.decode(packet) {
            Ok(decoded) if same(&self.spec, decoded.spec().rate(), decoded.spec().channels().count()) => {
                self.ready = decoded.frames();
                self.decoded += 1;
            }
            // FFmpeg would convert these samples. Here, a change of format in the middle of a file counts as damage.
            Ok(decoded) if decoded.frames() > 0 => self.failed += 1,
            Ok(_) => {}
            // Every error means damage, because the decoder reads from memory.
            Err(_) => self.failed += 1,
        }
        Ok(())
    }

    /// Ends the stream of the current decoder: compares the stream's samples with the checksum, if the stream has one.
    fn end_stream(&mut self) {
        self.verify.wrong |= self.verify.on && self.decoder.finalize().verify_ok == Some(false);
    }

    /// The damage that was found so far.
    pub(crate) fn damage(&mut self) -> Damage {
        let is_frame_sequence = matches!(self.spec.container, "mp1" | "mp2" | "mp3" | "adts") && self.checked;
        let gaps = if is_frame_sequence { frames::gaps(self.packets.source()) } else { 0 };
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
            damage.missing_within = if_reportable(self.packets.missing_within());
        }
        damage
    }

    /// The difference between the stated length and the packets that were read.
    fn missing_end(&self) -> Duration {
        if self.missing_bytes > 0 && self.spec.codec.starts_with("pcm_") {
            let bytes = u64::from(self.spec.bits.unwrap_or(8).div_ceil(8)) * u64::from(self.spec.channels);
            return frames_long(self.missing_bytes.checked_div(bytes).unwrap_or_default(), self.spec.rate_hz);
        }
        let is_counted = self.states_length() && self.most_frames.is_none();
        self.stated()
            .filter(|_| is_counted)
            .map_or(Duration::ZERO, |stated| if_reportable(stated.saturating_sub(self.seen())))
    }

    /// Checks that at least half of the frames could be decoded.
    pub(crate) fn check_intact(&self) -> Result<(), Error> {
        if self.failed <= self.decoded {
            return Ok(());
        }
        let (failed, all) = (self.failed, u64::from(self.failed) + u64::from(self.decoded));
        Err(fault::corrupt(&format!("{failed} of its {all} frames are damaged")))
    }

    /// True if the container states the length of the audio. If not, all packets must be read to find the length.
    pub(crate) fn states_length(&self) -> bool {
        // For a stream of MPEG frames without a LAME header, symphonia only estimates the length from the first frame.
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

    /// The playing time that the container states, or else the playing time of the packets. If all packets were read, the
    /// playing time of the packets is also used in two cases: the stated time is only an estimate, or it is more than a
    /// second longer.
    pub(crate) fn duration(&self) -> Duration {
        let seen = self.seen();
        let Some(stated) = self.stated() else { return seen };
        // The container of a truncated file states a longer time than the file contains.
        let is_cut = seen + Duration::from_secs(1) < stated;
        if self.packets.ended() && (is_cut || !self.states_length()) { seen } else { stated }
    }

    fn seen(&self) -> Duration {
        let rate_hz = self.spec.rate_hz;
        let seen = self.packets.seen().saturating_sub(frames_long(self.cut.dropped(), rate_hz));
        self.cut.kept().map_or(seen, |frames| seen.min(frames_long(frames, rate_hz)))
    }

    /// The average bitrate of the packets that were read, in bits a second.
    pub(crate) fn bitrate(&self) -> Option<u32> {
        self.packets.bitrate()
    }

    /// The SHA-256 of the audio packets, if requested and if all packets were read.
    pub(crate) fn digest(&mut self) -> Option<[u8; 32]> {
        self.packets.digest()
    }

    /// The file.
    pub(crate) fn source(&self) -> &Source {
        self.packets.source()
    }
}

fn positions(channels: &Channels) -> Option<u32> {
    // The first 18 positions have the same bits as the channel mask (mmreg.h).
    match channels {
        Channels::Positioned(positions) => u32::try_from(positions.bits()).ok().filter(|mask| *mask < 1 << 18),
        _ => None,
    }
}

/// True if coded and decoded samples both have this many bits. Otherwise the decoder shifts them.
fn fills(parameters: &AudioCodecParameters, bits: u32) -> bool {
    [parameters.bits_per_sample, parameters.bits_per_coded_sample]
        .iter()
        .all(|stated| stated.is_none_or(|stated| stated == bits))
}

/// Zero for a length that is too short to report.
fn if_reportable(length: Duration) -> Duration {
    if length < MIN_REPORTED { Duration::ZERO } else { length }
}

fn same(spec: &SampleSpec, rate_hz: u32, channels: usize) -> bool {
    spec.rate_hz == rate_hz && usize::from(spec.channels) == channels
}

fn frames_long(frames: u64, rate_hz: u32) -> Duration {
    let nanos = u128::from(frames) * 1_000_000_000 / u128::from(rate_hz.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
