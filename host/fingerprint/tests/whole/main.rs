//! The reader of audio files and its fingerprints, held against `fpcalc` and on files that are not what they should be.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a helper of tests fails the test, and figures are printed"
)]

mod bad_input;
mod chroma;
mod chroma_laws;
mod containers;
mod decode;
mod judge;
mod parts;
