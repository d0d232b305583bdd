//! Audio fingerprints that can be compared: Chromaprint's algorithm 2 (the one of `AcoustID`), computed natively.
//!
//! A file becomes a [`AudioReport`] in one pass: `decode/` (symphonia) gives blocks of samples, `chroma/` turns them into words,
//! `hash` digests the file and, separately, its audio. `index/` finds among many fingerprints those that sound alike.
//!
//! Invariants: no tokio, no wasmtime, no SQLite, no thread but rayon's; files are only read, in large blocks, never mapped (a
//! file that is cut short while it is read must not kill the daemon); memory is bounded, whatever the file.

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
