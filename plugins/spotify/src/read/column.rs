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
    /// In milliseconds.
    Duration,
    /// In seconds, `3:41`, `221s` or milliseconds.
    Length,
    Explicit,
    AddedBy,
    AddedAt,
    Genres,
    Label,
    Isrc,
    /// The playlist of the row, in a file with several playlists.
    Playlist,
    /// The kind of row: exports also have favourite albums and artists.
    Kind,
    /// One of [`crate::model::NUMBERS`], by its place there.
    Number(usize),
}
