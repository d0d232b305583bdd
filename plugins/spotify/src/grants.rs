//! What is said where a folder is not granted.

/// The folder with exports.
pub const SPOTIFY: &str = "the folder with Spotify's exports is not granted: baton plugin grant spotify files:ro=spotify=FOLDER \
    (the folder with the CSV files, or with the privacy export)";
