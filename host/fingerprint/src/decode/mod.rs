//! A file becomes blocks of samples: what is in it is found by content (`open`), its packets are decoded by symphonia, and what
//! encoders add at either end is cut off (`trim`), as `FFmpeg` does it, so that the words agree with those of `fpcalc`.
//!
//! It knows nothing of fingerprints: whoever takes the blocks may be another (a partial decoder may come to stand beside it).
//! No network, no thread; the file is read through one block of 256 KiB (`source`) that counts what it gives, so that no crafted
//! file is read for ever or fills the memory.

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
