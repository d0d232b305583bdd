//! Reads a file as blocks of samples. `open` detects the format by content, and symphonia decodes the packets. `trim`
//! removes the samples that encoders add at both ends, as `FFmpeg` does, so that the words match those of `fpcalc`.
//!
//! This module does not depend on fingerprints, so it can be used for other purposes. It uses no network and no threads.
//! `source` reads the file through one block of 256 KiB and counts the bytes. So a crafted file can neither cause endless
//! reading nor fill the memory.

mod aac;
mod audio;
mod bounds;
mod decoder;
mod fault;
mod frames;
mod guard;
mod metadata_mask;
mod mp4;
mod ogg;
mod open;
mod packets;
mod riff;
mod samples;
mod sniff;
mod source;
mod surround;
mod tags;
mod trim;
mod truncation;
mod vorbis;

pub(crate) use audio::Audio;
pub(crate) use guard::guarded;
pub(crate) use open::open;
pub(crate) use samples::Block;
pub(crate) use source::Source;
