//! Reads, counts and digests the packets of one track. In an Ogg chain, it reads the packets of all links that have the same
//! codec.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::{FormatReader, Track};
use symphonia::core::packet::Packet;
use symphonia::core::units::{TimeBase, Timestamp};

use super::bounds::{PACKET_BYTES, packet_bytes};
use super::fault;
use super::source::Source;
use crate::Error;

/// After this many failed reads in a row, the track counts as ended. Otherwise reading a broken file could fail forever.
const MAX_LOST: u32 = 64;

pub(super) struct Packets {
    format: Box<dyn FormatReader>,
    source: Source,
    pub(super) track: Track,
    digest: Option<Sha256>,
    /// The number of packet bytes that may still be read.
    left: u64,
    bytes: u64,
    /// The sum of the lengths of the packets, in ticks of the track.
    ticks: u64,
    /// The end of the last packet, in ticks of the track.
    end: i64,
    ended: bool,
    /// True if the packets ended before the end that the container states.
    cut_short: bool,
    /// The number of gaps: places where the demuxer found no packet, although it found more packets later.
    lost: u32,
    /// The playing time of the previous links of a chain.
    before: Duration,
    /// True if the stream is known to be one of several links.
    pub(super) chained: bool,
    /// The parameters of a link that has started since the last call of `take_new_parameters`.
    new_parameters: Option<AudioCodecParameters>,
}

impl Packets {
    pub(super) fn new(format: Box<dyn FormatReader>, track: Track, source: Source, digest: Option<Sha256>) -> Self {
        let left = packet_bytes(source.length());
        let (before, chained, new_parameters) = (Duration::ZERO, false, None);
        Self {
            format,
            source,
            track,
            digest,
            left,
            bytes: 0,
            ticks: 0,
            end: 0,
            ended: false,
            cut_short: false,
            lost: 0,
            before,
            chained,
            new_parameters,
        }
    }

    /// The parameters of the last packet's link, if they are new since the last call. The caller then needs a new decoder.
    pub(super) fn take_new_parameters(&mut self) -> Option<AudioCodecParameters> {
        self.new_parameters.take()
    }

    /// The next packet of the track; `None` at the end. If the demuxer finds no packet, this function calls it again,
    /// because most demuxers search for the next header. After [`MAX_LOST`] failures in a row, the track has ended.
    ///
    /// # Errors
    /// When the file cannot be read, its tables refer to the same bytes repeatedly, or `stop` is set.
    pub(super) fn next(&mut self, stop: &AtomicBool) -> Result<Option<Packet>, Error> {
        let mut in_a_row = 0;
        while !self.ended {
            // Check `stop` for each packet, because a film may have gigabytes between two audio packets.
            if stop.load(Ordering::Relaxed) {
                return Err(Error::stopped());
            }
            self.source.begin_step(PACKET_BYTES);
            let mut packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Err(Symphonia::IoError(failed)) if fault::is_read_failure(&failed) => {
                    return Err(fault::unreadable(&failed));
                }
                Err(Symphonia::ResetRequired) => {
                    self.begin_link()?;
                    continue;
                }
                Ok(None) => {
                    self.ended = true;
                    break;
                }
                Err(Symphonia::IoError(failed)) if failed.kind() == std::io::ErrorKind::UnexpectedEof => {
                    (self.ended, self.cut_short) = (true, true);
                    break;
                }
                Err(_) => {
                    in_a_row += 1;
                    self.ended = in_a_row == MAX_LOST;
                    continue;
                }
            };
            // Failed reads count as a gap only if another packet follows.
            self.lost += u32::from(std::mem::take(&mut in_a_row) > 0);
            let weight = packet.data.len().max(1) as u64;
            self.left = self
                .left
                .checked_sub(weight)
                .ok_or_else(|| fault::corrupt("its tables refer to the same bytes repeatedly"))?;
            if packet.track_id == self.track.id {
                if !self.is_last(&packet) {
                    packet.trim_end = symphonia::core::units::Duration::ZERO;
                }
                self.count(&packet);
                return Ok(Some(packet));
            }
        }
        Ok(None)
    }

    /// Starts the next stream of a chain.
    fn begin_link(&mut self) -> Result<(), Error> {
        let codec = |track: &Track| Some(track.codec_params.as_ref()?.audio()?.codec);
        let own = codec(&self.track);
        let Some(track) = self.format.tracks().iter().find(|track| codec(track).is_some() && codec(track) == own)
        else {
            return Err(fault::unsupported("a chain of Ogg streams of several codecs"));
        };
        let (seen, track) = (self.seen(), track.clone());
        let parameters = track.codec_params.as_ref().and_then(|known| known.audio()).cloned().unwrap_or_default();
        if let Some(digest) = &mut self.digest {
            configure(digest, &parameters);
        }
        (self.before, self.ticks, self.end, self.chained) = (seen, 0, 0, true);
        (self.track, self.new_parameters) = (track, Some(parameters));
        // The tags of later links are not used.
        while self.format.metadata().pop().is_some() {}
        Ok(())
    }

    /// True if a packet reaches the end of the track. symphonia also trims at the end of every Ogg page whose granule
    /// position is too low. Some muxers write such pages in the middle of a file, and players trim only at the end of the
    /// file.
    fn is_last(&self, packet: &Packet) -> bool {
        let end = self.track.duration.and_then(|duration| Timestamp::ZERO.checked_add(duration));
        let reached = packet.pts.saturating_add(packet.block_dur());
        end.is_some_and(|end| reached >= end)
    }

    fn count(&mut self, packet: &Packet) {
        if let Some(digest) = &mut self.digest {
            digest.update(&packet.data);
        }
        self.bytes += packet.data.len() as u64;
        self.ticks = self.ticks.saturating_add(packet.dur.get());
        self.end = self.end.max(packet.pts.saturating_add(packet.block_dur()).get());
        self.end = self.end.saturating_sub(i64::try_from(packet.trim_end.get()).unwrap_or_default());
    }

    /// True if all packets were read.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// True if the packets ended before the end that the container states.
    pub(super) fn is_cut_short(&self) -> bool {
        self.cut_short
    }

    /// The number of gaps: places where the demuxer found no packet, although it found more packets later.
    pub(super) fn lost(&self) -> u32 {
        self.lost
    }

    /// The length of the gaps between packets; zero if the packets have no timestamps.
    pub(super) fn missing_within(&self) -> Duration {
        let until = u64::try_from(self.end.saturating_sub(self.track.start_ts.get().max(0))).unwrap_or_default();
        let missing = until.saturating_sub(self.ticks);
        self.track.time_base.filter(|_| !self.chained).map(|base| in_time(base, missing)).unwrap_or_default()
    }

    /// The playing time of the packets that were read, in all links, without trimming.
    pub(super) fn seen(&self) -> Duration {
        // Some containers state only the start of each packet, others only its length.
        let until = self.end.saturating_sub(self.track.start_ts.get().max(0));
        let ticks = self.ticks.max(u64::try_from(until).unwrap_or_default());
        self.before.saturating_add(self.track.time_base.map(|base| in_time(base, ticks)).unwrap_or_default())
    }

    /// The playing time that the container states; `None` for a chain.
    pub(super) fn stated(&self) -> Option<Duration> {
        if self.chained {
            return None;
        }
        let ticks = self.track.duration.map(symphonia::core::units::Duration::get).or(self.track.num_frames)?;
        let stated = in_time(self.track.time_base?, ticks);
        (!stated.is_zero()).then_some(stated)
    }

    /// The bitrate of the packets that were read, in bits a second.
    pub(super) fn bitrate(&self) -> Option<u32> {
        let seconds = self.seen().as_secs_f64();
        let bits = self.bytes.saturating_mul(8);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rate, clamped"
        )]
        let rate = (bits as f64 / seconds).clamp(0.0, f64::from(u32::MAX)) as u32;
        (seconds > 0.0).then_some(rate)
    }

    /// The digest of all packets, if it was requested and all packets were read.
    pub(super) fn digest(&mut self) -> Option<[u8; 32]> {
        self.digest.take().filter(|_| self.ended).map(|digest| digest.finalize().into())
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }
}

/// Adds a codec's configuration to the digest, because it decides the meaning of the packets.
pub(super) fn configure(digest: &mut Sha256, parameters: &AudioCodecParameters) {
    let configuration = parameters.extra_data.as_deref().unwrap_or_default();
    digest.update((configuration.len() as u64).to_le_bytes());
    digest.update(configuration);
}

/// The duration of a number of ticks.
fn in_time(base: TimeBase, ticks: u64) -> Duration {
    let time = base.calc_time_saturating(Timestamp::new(i64::try_from(ticks).unwrap_or(i64::MAX)));
    Duration::from_nanos(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
