//! Reads Spotify's exports and puts music files in their places.
