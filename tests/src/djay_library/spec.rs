//! The amounts that a generated library has.

use super::Style;

/// The seed, the style and the number of objects of each kind.
#[derive(Clone, Copy, Debug)]
pub struct LibrarySpec {
    /// The same seed gives the same library.
    pub seed: u64,
    /// The operating system of the djay that writes the library.
    pub style: Style,
    /// Tracks in files, or in Apple's music library.
    pub local: usize,
    /// Tracks of Beatport.
    pub beatport: usize,
    /// Tracks of `SoundCloud`.
    pub soundcloud: usize,
    /// Tracks of Spotify.
    pub spotify: usize,
    /// Sessions.
    pub sessions: usize,
    /// The number of plays in all sessions.
    pub plays: usize,
    /// Playlists.
    pub playlists: usize,
}

impl LibrarySpec {
    /// The size of a real library: 15,540 tracks, 114 sessions, 2,027 plays, 37 playlists.
    #[must_use]
    pub const fn standard(style: Style) -> Self {
        Self {
            seed: 15_540,
            style,
            local: 13_599,
            beatport: 1_026,
            soundcloud: 913,
            spotify: 2,
            sessions: 114,
            plays: 2_027,
            playlists: 37,
        }
    }

    /// A small library with every kind of object.
    #[must_use]
    pub const fn small(style: Style) -> Self {
        Self {
            seed: 7,
            style,
            local: 200,
            beatport: 30,
            soundcloud: 20,
            spotify: 10,
            sessions: 6,
            plays: 90,
            playlists: 5,
        }
    }

    /// The smallest library with every kind of object, for an example in the repository.
    #[must_use]
    pub const fn tiny() -> Self {
        Self {
            seed: 11,
            style: Style::Mac,
            local: 14,
            beatport: 2,
            soundcloud: 1,
            spotify: 1,
            sessions: 2,
            plays: 9,
            playlists: 2,
        }
    }

    /// The number of all tracks.
    #[must_use]
    pub const fn tracks(&self) -> usize {
        self.local + self.beatport + self.soundcloud + self.spotify
    }
}
