//! What a file may cost, whatever it says of itself.
//!
//! With one block of [`BLOCK_BYTES`], symphonia's own buffer (64 KiB), one packet and its samples, a job stays below 16 MiB, but for
//! files whose tags or tables are large and cannot be veiled (pictures in the comments of an Ogg file, frames of ID3v2.2, the
//! tables of an MP4 of many hours): they may take [`OPENING_BYTES`] beside it, and the tables of unusual Vorbis streams
//! [`CODEBOOK_BYTES`]. Which rates and channels are taken stands in `chroma/fingerprinter.rs`.

/// How much is read from the disk at once, and from multiples of it: half a second of WAV, some ten seconds of MP3.
pub(super) const BLOCK_BYTES: usize = 256 * 1024;

/// How much the demuxer may take until it has opened the file. Tables of a ten-hour MP4 are 12 MB; pictures are veiled.
pub(super) const OPENING_BYTES: u64 = 32 * 1024 * 1024;

/// The same for a CAF file, whose demuxer keeps 32 bytes for each packet of its table, and a packet takes one byte of the file or
/// two: at most 64 MiB of memory. Tables of seven hours of AAC, or of a day of ALAC, are 2 MiB.
pub(super) const CAF_OPENING_BYTES: u64 = 2 * 1024 * 1024;

/// How much the demuxer may take for one packet. Frames of audio are below 100 kB; the rest is for video beside it.
pub(super) const PACKET_BYTES: u64 = 8 * 1024 * 1024;

/// How much may be read from the disk in all: a few times the file (blocks are read again after a leap), and some for small ones.
pub(super) const fn readable_bytes(length: u64) -> u64 {
    length.saturating_mul(16).saturating_add(64 * 1024 * 1024)
}

/// How many bytes of packets a file can hold, where a packet counts for at least one: tables may name the same bytes for ever.
pub(super) const fn packet_bytes(length: u64) -> u64 {
    length.saturating_mul(2).saturating_add(4096)
}

/// How many packets in a row may fail to decode from the start before the file counts as corrupt: some seconds of any codec.
pub(super) const FAILURES_AT_START: u32 = 256;

/// A metadata element above this is a picture or the like, and is kept from the demuxer.
pub(super) const ELEMENT_BYTES: u64 = 64 * 1024;

/// Samples of all channels that a decoder makes room for before it has seen a packet: 4 MiB of the widest. Where a packet has
/// more, the room grows with what is there.
pub(super) const PACKET_SAMPLES: u64 = 1 << 19;

/// How much the codebooks of a Vorbis stream may take, counted as in `vorbis`. Those of libvorbis are counted as 3 to 11 MiB.
pub(super) const CODEBOOK_BYTES: u64 = 32 * 1024 * 1024;
