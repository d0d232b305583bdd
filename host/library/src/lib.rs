//! The music library: where the music lies, what was found there, how much of it is fingerprinted, and what is there twice.

pub mod sync;
