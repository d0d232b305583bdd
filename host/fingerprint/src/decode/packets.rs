//! The packets of one track, counted and digested as they pass.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::{FormatReader, Track};
use symphonia::core::packet::Packet;
use symphonia::core::units::{TimeBase, Timestamp};

use super::bounds::{PACKET_BYTES, packet_bytes};
use super::fault;
use super::source::Source;
use crate::Error;

/// The packets of the audio track.
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
    /// Whether another stream begins where this one ended, as in a chained Ogg file.
    goes_on: bool,
}

impl Packets {
    pub(super) fn new(format: Box<dyn FormatReader>, track: Track, source: Source, digest: Option<Sha256>) -> Self {
        let left = packet_bytes(source.length());
        Self { format, source, track, digest, left, bytes: 0, ticks: 0, end: 0, ended: false, goes_on: false }
    }

    /// The next packet of the track; none at the end. What is damaged ends it too: nothing after can be found.
    ///
    /// # Errors
    /// When the file cannot be read, or leads in circles, or `stop` is set.
    pub(super) fn next(&mut self, stop: &AtomicBool) -> Result<Option<Packet>, Error> {
        while !self.ended {
            // A film may go on for gigabytes between two packets of its sound.
            if stop.load(Ordering::Relaxed) {
                return Err(Error::stopped());
            }
            self.source.begin_step(PACKET_BYTES);
            let mut packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Err(Symphonia::IoError(failed)) if failed.kind() != std::io::ErrorKind::UnexpectedEof => {
                    return Err(fault::unreadable(&failed));
                }
                end @ (Ok(None) | Err(_)) => {
                    self.ended = true;
                    self.goes_on = matches!(end, Err(Symphonia::ResetRequired));
                    break;
                }
            };
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

    /// How long the packets that were seen play, before anything is cut off.
    pub(super) fn seen(&self) -> Duration {
        // Some containers say when packets begin and not how long they are, others the other way round.
        let until = self.end.saturating_sub(self.track.start_ts.get().max(0));
        let ticks = self.ticks.max(u64::try_from(until).unwrap_or_default());
        self.track.time_base.map(|base| in_time(base, ticks)).unwrap_or_default()
    }

    /// How long the container says that the track plays.
    pub(super) fn stated(&self) -> Option<Duration> {
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

    /// The digest of all packets, if it was asked for and all were seen; none where another stream goes on.
    pub(super) fn digest(&mut self) -> Option<[u8; 32]> {
        let ended = self.ended && !self.goes_on;
        self.digest.take().filter(|_| ended).map(|digest| digest.finalize().into())
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }
}

/// Where in time so many ticks are.
fn in_time(base: TimeBase, ticks: u64) -> Duration {
    let time = base.calc_time_saturating(Timestamp::new(i64::try_from(ticks).unwrap_or(i64::MAX)));
    Duration::from_nanos(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
