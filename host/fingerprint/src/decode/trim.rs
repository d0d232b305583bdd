//! Trims the frames that encoders add at the start and at the end, and keeps only the parts of a track that are played.
//!
//! The behaviour is that of `FFmpeg`, and therefore that of `fpcalc`. The parentheses name where each rule is implemented.
//! - MP3: the delay and padding of the LAME header (symphonia, for each packet); without such a header nothing is trimmed.
//! - Vorbis in Ogg: the end by the last granule position (symphonia).
//! - MP4: the edits with content, else iTunes' `iTunSMPB` (here; symphonia 0.6 reads neither). As in `FFmpeg`'s
//!   `mov_fix_index`, the first edit starts at an exact sample, and a later edit at the first packet that starts within it.
//!   Every edit ends at the end of a packet. Edits that overlap or have pauses between them are refused, because `FFmpeg`
//!   reads such files in another order.
//! - ADTS: nothing is trimmed, because ADTS has no data about delay or padding.

use std::ops::Range;

use super::mp4::{Movie, Track};

/// The parts of a track to keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Trim {
    /// The spans to keep; empty for the whole track.
    spans: Vec<Span>,
    /// The start of the next packet, in frames of the track.
    at: u64,
    /// The index of the current span.
    number: usize,
}

/// A part of a track, in frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: u64,
    /// The end of the span; `None` for the rest of the track.
    until: Option<u64>,
}

impl Trim {
    /// The trim for an MP4 track, from its edits at the rate of the decoder. Without edits, from iTunes' tag. `None` if the
    /// edits are not supported.
    pub(super) fn from_movie(movie: &Movie, track: &Track, rate_hz: u32, smpb: Option<&str>) -> Option<Self> {
        let by_tag = smpb.and_then(parse_smpb);
        let scale = |ticks: u64, per_second: u32| rescale(ticks, u64::from(rate_hz), u64::from(per_second));
        let span = |edit: &super::mp4::Edit| {
            let from = scale(edit.from, track.timescale).unwrap_or_default();
            let length = scale(edit.length, movie.timescale).filter(|length| *length > 0);
            Span { from, until: length.map(|length| from.saturating_add(length)) }
        };
        let mut spans: Vec<Span> = track.edits.iter().map(span).collect();
        let forward = |pair: &[Span]| pair.first().and_then(|one| one.until) <= pair.last().map(|next| next.from);
        let open = spans.iter().rev().skip(1).any(|span| span.until.is_none());
        if track.paused || open || !spans.windows(2).all(forward) {
            return None;
        }
        match (spans.as_mut_slice(), by_tag) {
            ([], by_tag) => spans.extend(by_tag),
            // FFmpeg applies the tag after the edits.
            ([first], Some(by_tag)) if first.from == 0 => first.from = by_tag.from,
            _ => {}
        }
        Some(Self { spans, at: 0, number: 0 })
    }

    /// The number of frames that are trimmed before the first span.
    pub(super) fn dropped(&self) -> u64 {
        self.spans.first().map_or(0, |span| span.from)
    }

    /// The number of frames to keep; `None` if unknown.
    pub(super) fn kept(&self) -> Option<u64> {
        let lengths = self.spans.iter().map(|span| Some(span.until?.saturating_sub(span.from)));
        lengths.sum::<Option<u64>>().filter(|_| !self.spans.is_empty())
    }

    /// The range of frames to keep in the next packet, which has `frames` frames.
    pub(super) fn next(&mut self, frames: usize) -> Range<usize> {
        let start = self.at;
        self.at = start.saturating_add(frames as u64);
        if self.spans.is_empty() {
            return 0..frames;
        }
        while self.spans.get(self.number).is_some_and(|span| span.until.is_some_and(|until| until <= start)) {
            self.number += 1;
        }
        let Some(span) = self.spans.get(self.number) else { return 0..0 };
        let before = usize::try_from(span.from.saturating_sub(start)).unwrap_or(usize::MAX);
        match before {
            0 => 0..frames,
            before if before < frames && self.number == 0 => before..frames,
            _ => 0..0,
        }
    }
}

fn rescale(value: u64, by: u64, of: u64) -> Option<u64> {
    let scaled = (u128::from(value) * u128::from(by) + u128::from(of / 2)).checked_div(u128::from(of))?;
    u64::try_from(scaled).ok()
}

/// Parses iTunes' format: a zero, then delay, padding and length in frames, all hexadecimal.
fn parse_smpb(text: &str) -> Option<Span> {
    let mut numbers = text.split_ascii_whitespace().map(|word| u64::from_str_radix(word, 16).ok());
    let (_, drop, _, keep) = (numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??);
    // FFmpeg's limit for plausible values.
    let until = Some(drop.saturating_add(keep)).filter(|_| keep > 0);
    (drop < 16_384).then_some(Span { from: drop, until })
}

#[cfg(test)]
mod tests {
    use super::super::mp4::Edit;
    use super::*;

    fn edited(edits: &[(u64, u64)], rate_hz: u32, smpb: Option<&str>) -> Option<Trim> {
        let movie = Movie { timescale: 1000, ..Movie::default() };
        let edits = edits.iter().map(|(length, from)| Edit { length: *length, from: *from }).collect();
        Trim::from_movie(&movie, &Track { timescale: 44_100, edits, ..Track::default() }, rate_hz, smpb)
    }

    #[test]
    fn an_edit_drops_the_start_to_the_sample_and_the_end_to_the_packet() {
        let mut trim = edited(&[(500, 1024)], 44_100, None).unwrap();
        assert_eq!((trim.dropped(), trim.kept()), (1024, Some(22_050)));
        assert_eq!(trim.next(1000), 0..0);
        assert_eq!(trim.next(1000), 24..1000);
        assert_eq!(trim.next(21_000), 0..21_000);
        assert_eq!(trim.next(1024), 0..1024);
        assert_eq!(trim.next(1024), 0..0);
        // The core of HE-AAC runs at half the rate of the track.
        let trim = edited(&[(500, 1024)], 22_050, None).unwrap();
        assert_eq!((trim.dropped(), trim.kept()), (512, Some(11_025)));
    }

    #[test]
    fn later_edits_begin_with_a_packet() {
        let mut trim = edited(&[(100, 0), (100, 44_100)], 44_100, None).unwrap();
        assert_eq!(trim.kept(), Some(8820));
        assert_eq!([trim.next(4000), trim.next(4000), trim.next(4000)], [0..4000, 0..4000, 0..0]);
        assert_eq!([trim.next(32_000), trim.next(4000), trim.next(4000)], [0..0, 0..0, 0..4000]);
        assert_eq!(trim.next(4000), 0..0);
    }

    #[test]
    fn edits_that_go_back_or_pause_are_rejected() {
        assert_eq!(edited(&[(100, 44_100), (100, 0)], 44_100, None), None);
        assert_eq!(edited(&[(100, 0), (100, 0)], 44_100, None), None);
        assert_eq!(edited(&[(0, 0), (100, 44_100)], 44_100, None), None);
        let track = Track { paused: true, ..Track::default() };
        assert_eq!(Trim::from_movie(&Movie::default(), &track, 44_100, None), None);
    }

    #[test]
    fn the_itunes_tag_is_used_without_edits() {
        let text = " 00000000 00000840 000001C0 00000000000CDC00 00000000 00000000";
        let trim = edited(&[], 44_100, Some(text)).unwrap();
        assert_eq!((trim.dropped(), trim.kept()), (0x840, Some(0xc_dc00)));
        assert_eq!(edited(&[], 44_100, Some("nonsense")), Some(Trim::default()));
        assert_eq!(edited(&[(1000, 0)], 44_100, Some(text)).map(|trim| trim.dropped()), Some(0x840));
    }
}
