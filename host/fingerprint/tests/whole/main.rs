//! Tests of reading audio files and of their fingerprints, in comparison with `fpcalc` and on malformed files.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "helper functions of tests may panic, and figures are printed"
)]

mod bad_input;
mod chroma;
mod chroma_laws;
mod containers;
mod decode;
mod judge;
mod parts;
