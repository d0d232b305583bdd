//! The columns of CSV exports.

/// The contents of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the columns")]
pub enum Column {
    Uri,
    Title,
    Artists,
    ArtistIds,
    Album,
    AlbumArtists,
    Released,
    /// A length in milliseconds.
    Duration,
    /// A length in one of several forms: seconds, `3:41`, `221s` or milliseconds.
    Length,
    Explicit,
    AddedBy,
    AddedAt,
    Genres,
    Label,
    Isrc,
    /// The playlist of the row, in a file with several playlists.
    Playlist,
    /// The kind of the row. Some exports have rows of favourite albums and artists besides rows of tracks.
    Kind,
    /// The value of one of [`crate::model::NUMBERS`], by its index there.
    Number(usize),
}
