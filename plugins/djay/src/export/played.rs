//! The play count and the last play of each track.

use crate::library::{Library, Track};

/// The number of plays and the time of the last one, by the index of the track.
#[derive(Debug)]
pub(super) struct PlayCounts(Vec<(i64, Option<i64>)>);

impl PlayCounts {
    pub(super) fn new(library: &Library) -> Self {
        let mut played = vec![(0, None); library.tracks.len()];
        for play in &library.plays {
            if let Some((count, last)) = play.track.and_then(|track| played.get_mut(track)) {
                *count += 1;
                *last = (*last).max(play.started);
            }
        }
        Self(played)
    }

    /// The play count that djay stores or, if djay has none, the number of plays in the history. Also returns the time of the
    /// last play in the history.
    pub(super) fn at(&self, place: usize, track: &Track) -> (i64, Option<i64>) {
        let (count, last) = self.0.get(place).copied().unwrap_or_default();
        (track.play_count.unwrap_or(count), last)
    }
}
