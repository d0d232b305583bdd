//! The packets of one track, counted and digested as they pass; in an Ogg file that is a chain of streams, those of all its links, as
//! long as they are of one codec.

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

/// How often in a row no packet is found before the track has ended: a demuxer that cannot go on would say it for ever.
const MOST_LOST: u32 = 64;

pub(super) struct Packets {
    format: Box<dyn FormatReader>,
    source: Source,
    pub(super) track: Track,
    digest: Option<Sha256>,
    /// What packets may still weigh, in bytes.
    left: u64,
    bytes: u64,
    /// How long they are together, in ticks of the track.
    ticks: u64,
    /// Where the last one ended, in ticks of the track.
    end: i64,
    ended: bool,
    /// Whether it ended before the container does.
    cut_short: bool,
    /// Places where a packet should have been and none was found.
    lost: u32,
    /// How long the links before this one play.
    before: Duration,
    /// Whether this is one of several links, as far as is known.
    pub(super) chained: bool,
    /// What the link is that began since somebody asked.
    begun: Option<AudioCodecParameters>,
}

impl Packets {
    pub(super) fn new(format: Box<dyn FormatReader>, track: Track, source: Source, digest: Option<Sha256>) -> Self {
        let left = packet_bytes(source.length());
        let (before, chained, begun) = (Duration::ZERO, false, None);
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
            begun,
        }
    }

    /// Of what form the packets are from the last one on, if they are of another than those before: a decoder of its own is needed.
    pub(super) fn take_begun(&mut self) -> Option<AudioCodecParameters> {
        self.begun.take()
    }

    /// The next packet of the track; none at the end. Where the demuxer finds none it is asked again, because most look for the
    /// next head; when it finds none [`MOST_LOST`] times, the track has ended.
    ///
    /// # Errors
    /// When the file cannot be read, or leads in circles, or `stop` is set.
    pub(super) fn next(&mut self, stop: &AtomicBool) -> Result<Option<Packet>, Error> {
        let mut in_a_row = 0;
        while !self.ended {
            // A film may go on for gigabytes between two packets of its sound.
            if stop.load(Ordering::Relaxed) {
                return Err(Error::stopped());
            }
            self.source.begin_step(PACKET_BYTES);
            let mut packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Err(Symphonia::IoError(failed)) if fault::is_of_the_file(&failed) => {
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
                    self.ended = in_a_row == MOST_LOST;
                    continue;
                }
            };
            // What follows to the end and is no packet is not missed.
            self.lost += u32::from(std::mem::take(&mut in_a_row) > 0);
            let weight = packet.data.len().max(1) as u64;
            self.left = self
                .left
                .checked_sub(weight)
                .ok_or_else(|| fault::corrupt("its tables name the same bytes again and again"))?;
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

    /// Where one stream of a chain has ended and another begins.
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
        (self.track, self.begun) = (track, Some(parameters));
        // Each has its own comments, of which nobody asks any more.
        while self.format.metadata().pop().is_some() {}
        Ok(())
    }

    /// Whether a packet reaches the end of the track. Symphonia also cuts at the end of every Ogg page whose granule position is
    /// lower than what is in it, which the files of some muxers have in their midst; players only cut at the end.
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

    /// Whether all packets were seen.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Whether the file ended before its container does.
    pub(super) fn is_cut_short(&self) -> bool {
        self.cut_short
    }

    /// How often no packet was found where one should have been.
    pub(super) fn lost(&self) -> u32 {
        self.lost
    }

    /// How much is missing between packets, by their times. Only where these come from the packets themselves.
    pub(super) fn missing_within(&self) -> Duration {
        let until = u64::try_from(self.end.saturating_sub(self.track.start_ts.get().max(0))).unwrap_or_default();
        let missing = until.saturating_sub(self.ticks);
        self.track.time_base.filter(|_| !self.chained).map(|base| in_time(base, missing)).unwrap_or_default()
    }

    /// How long the packets that were seen play, of all links, before anything is cut off.
    pub(super) fn seen(&self) -> Duration {
        // Some containers say when packets begin and not how long they are, others the other way round.
        let until = self.end.saturating_sub(self.track.start_ts.get().max(0));
        let ticks = self.ticks.max(u64::try_from(until).unwrap_or_default());
        self.before.saturating_add(self.track.time_base.map(|base| in_time(base, ticks)).unwrap_or_default())
    }

    /// How long the container says that the track plays; of a chain it does not.
    pub(super) fn stated(&self) -> Option<Duration> {
        if self.chained {
            return None;
        }
        let ticks = self.track.duration.map(symphonia::core::units::Duration::get).or(self.track.num_frames)?;
        let stated = in_time(self.track.time_base?, ticks);
        (!stated.is_zero()).then_some(stated)
    }

    /// Bits a second of the packets that were seen.
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

    /// The digest of all packets, if it was asked for and all were seen.
    pub(super) fn digest(&mut self) -> Option<[u8; 32]> {
        self.digest.take().filter(|_| self.ended).map(|digest| digest.finalize().into())
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }
}

/// Digests a codec's configuration, which decides what the packets mean.
pub(super) fn configure(digest: &mut Sha256, parameters: &AudioCodecParameters) {
    let configuration = parameters.extra_data.as_deref().unwrap_or_default();
    digest.update((configuration.len() as u64).to_le_bytes());
    digest.update(configuration);
}

/// Where in time so many ticks are.
fn in_time(base: TimeBase, ticks: u64) -> Duration {
    let time = base.calc_time_saturating(Timestamp::new(i64::try_from(ticks).unwrap_or(i64::MAX)));
    Duration::from_nanos(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
