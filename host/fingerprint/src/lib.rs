//! Audio fingerprints that can be compared: Chromaprint's algorithm 2, which `AcoustID` also uses, implemented in Rust.
//!
//! [`read()`] converts a file to an [`AudioReport`] in one pass: `decode/` (symphonia) returns blocks of samples, `chroma/`
//! converts them to words, `hash` digests the file and, separately, its audio. `index/` finds similar fingerprints among
//! many.
//!
//! Invariants: no tokio, no wasmtime, no SQLite, no threads except rayon's. Files are only read, in large blocks, and never
//! memory-mapped (a file that is truncated while it is read must not kill the daemon). Memory is bounded for any file.

pub mod chroma;
mod chunked;
mod damage;
mod decode;
mod error;
mod fingerprint;
mod hash;
pub mod index;
mod pcm;
mod read;
mod tags;

pub use chunked::{Stream, open, read_chunks};
pub use damage::Damage;
pub use error::{Error, Reason};
pub use fingerprint::Fingerprint;
pub use pcm::{Form, Pcm, read_pcm};
pub use read::{AudioReport, LONGEST, Options, check, read, read_opened};
pub use tags::Tags;
