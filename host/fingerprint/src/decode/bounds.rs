//! The limits of time and memory for one file. No content of a file can raise these limits.
//!
//! A job needs less than 16 MiB for one block of [`BLOCK_BYTES`], symphonia's buffer (64 KiB), one packet and its samples.
//! Two kinds of data need more memory. Large tags or tables that cannot be masked (pictures in the comments of Ogg, frames
//! of ID3v2.2, the tables of an MP4 of many hours) may need [`OPENING_BYTES`] in addition. The tables of unusual Vorbis
//! streams may need [`CODEBOOK_BYTES`] in addition. `chroma/fingerprinter.rs` limits sample rates and channels.

/// The size of one read: some ten seconds of MP3, or 1.5 s of 16-bit stereo WAV at 44.1 kHz. Each read starts at a multiple of
/// this size.
pub(super) const BLOCK_BYTES: usize = 256 * 1024;

/// The maximum number of bytes that the demuxer may read to open a file. The tables of a ten-hour MP4 have 12 MB; pictures
/// are masked.
pub(super) const OPENING_BYTES: u64 = 32 * 1024 * 1024;

/// The maximum number of bytes that the demuxer may read to open a CAF file. The demuxer needs 32 bytes of memory for each
/// packet, and the table in the file has one or two bytes for each packet. So the demuxer needs at most 64 MiB of memory.
/// The tables of seven hours of AAC, or of a day of ALAC, have 2 MiB.
pub(super) const CAF_OPENING_BYTES: u64 = 2 * 1024 * 1024;

/// The maximum number of bytes that the demuxer may read for one packet. Frames of audio have less than 100 kB; the rest is
/// for video between the audio packets.
pub(super) const PACKET_BYTES: u64 = 8 * 1024 * 1024;

/// The total number of bytes that may be read from the disk: a few times the length of the file, because blocks are read
/// again after seeks.
pub(super) const fn readable_bytes(length: u64) -> u64 {
    length.saturating_mul(16).saturating_add(64 * 1024 * 1024)
}

/// The maximum sum of the lengths of all packets. A packet counts as at least one byte. Without this limit, the tables of a
/// file could refer to the same bytes again and again.
pub(super) const fn packet_bytes(length: u64) -> u64 {
    length.saturating_mul(2).saturating_add(4096)
}

/// If this many packets at the start of a file cannot be decoded, the file is corrupt. They last some seconds in any codec.
pub(super) const FAILURES_AT_START: u32 = 256;

/// A metadata element that is larger than this is masked: it is a picture or similar data.
pub(super) const ELEMENT_BYTES: u64 = 64 * 1024;

/// The maximum number of samples (of all channels) for which a decoder allocates a buffer before the first packet: 4 MiB of
/// the largest type. The buffer grows if a packet has more samples.
pub(super) const PACKET_SAMPLES: u64 = 1 << 19;

/// The maximum memory for the codebooks of a Vorbis stream, as `vorbis` computes it. The codebooks of libvorbis need 3 to 11
/// MiB.
pub(super) const CODEBOOK_BYTES: u64 = 32 * 1024 * 1024;
