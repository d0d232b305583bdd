//! Reads Spotify's exports and puts music files in their places.

pub mod organise;
pub mod wanted;
