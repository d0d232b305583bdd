//! Cutting off what encoders add: the frames to drop at the start, and how many may follow.
//!
//! What `FFmpeg` (and so `fpcalc`) does, and who does it here:
//! - MP3: the delay and padding of the LAME header (symphonia, packet by packet); nothing without such a header.
//! - Vorbis in Ogg: the end by the last granule position (symphonia).
//! - MP4: the first edit that shows something, else iTunes' `iTunSMPB` (here: symphonia 0.6 reads neither).
//! - ADTS has no place to say it: nothing.

use std::ops::Range;

use super::mp4::{Movie, Track};

/// What is left to be cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trim {
    /// Frames to drop before the first that counts.
    pub(super) drop: u64,
    /// Frames that count; none for all.
    pub(super) keep: Option<u64>,
}

impl Trim {
    /// As the edits of an MP4 track say, at the rate of the decoder; where there are none, as iTunes' tag says.
    pub(super) fn of_movie(movie: &Movie, track: &Track, rate_hz: u32, smpb: Option<&str>) -> Self {
        let by_tag = || smpb.and_then(of_smpb).unwrap_or_default();
        let scale = |ticks: u64, per_second: u32| rescale(ticks, u64::from(rate_hz), u64::from(per_second));
        match track.edits.as_slice() {
            [] => by_tag(),
            [edit] if edit.from == 0 => Self { drop: by_tag().drop, keep: None },
            [edit] => Self {
                drop: scale(edit.from, track.timescale).unwrap_or_default(),
                keep: scale(edit.length, movie.timescale).filter(|frames| *frames > 0),
            },
            [first, ..] => Self { drop: scale(first.from, track.timescale).unwrap_or_default(), keep: None },
        }
    }

    /// What counts of the next so many frames.
    pub(super) fn next(&mut self, frames: usize) -> Range<usize> {
        let dropped = usize::try_from(self.drop).unwrap_or(usize::MAX).min(frames);
        self.drop -= dropped as u64;
        let mut kept = frames - dropped;
        if let Some(keep) = &mut self.keep {
            kept = kept.min(usize::try_from(*keep).unwrap_or(usize::MAX));
            *keep -= kept as u64;
        }
        dropped..dropped + kept
    }
}

fn rescale(value: u64, by: u64, of: u64) -> Option<u64> {
    let scaled = (u128::from(value) * u128::from(by) + u128::from(of / 2)).checked_div(u128::from(of))?;
    u64::try_from(scaled).ok()
}

/// iTunes' own: zero, then delay, padding and length in frames, all hexadecimal.
fn of_smpb(text: &str) -> Option<Trim> {
    let mut numbers = text.split_ascii_whitespace().map(|word| u64::from_str_radix(word, 16).ok());
    let (_, drop, _, keep) = (numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??);
    // FFmpeg's own bound of what is believed.
    (drop < 16_384).then_some(Trim { drop, keep: Some(keep).filter(|keep| *keep > 0) })
}

#[cfg(test)]
mod tests {
    use super::super::mp4::Edit;
    use super::*;

    #[test]
    fn an_edit_drops_the_start_and_the_end() {
        let movie = Movie { timescale: 1000, ..Movie::default() };
        let track = Track { timescale: 44_100, edits: vec![Edit { length: 500, from: 1024 }], ..Track::default() };
        let mut trim = Trim::of_movie(&movie, &track, 44_100, None);
        assert_eq!(trim, Trim { drop: 1024, keep: Some(22_050) });
        assert_eq!(trim.next(1000), 1000..1000);
        assert_eq!(trim.next(1000), 24..1000);
        assert_eq!(trim.next(30_000), 0..21_074);
        assert_eq!(trim.next(1024), 0..0);
        // The core of implicit HE-AAC runs at half the rate of the track.
        assert_eq!(Trim::of_movie(&movie, &track, 22_050, None), Trim { drop: 512, keep: Some(11_025) });
    }

    #[test]
    fn the_tag_of_itunes_counts_where_there_is_no_edit() {
        let text = " 00000000 00000840 000001C0 00000000000CDC00 00000000 00000000";
        let trim = Trim::of_movie(&Movie::default(), &Track::default(), 44_100, Some(text));
        assert_eq!(trim, Trim { drop: 0x840, keep: Some(0xc_dc00) });
        assert_eq!(Trim::of_movie(&Movie::default(), &Track::default(), 44_100, Some("nonsense")), Trim::default());
    }
}
