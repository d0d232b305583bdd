//! WAV files of one channel: the smallest thing that is real audio (RIFF, `fmt ` and `data`; Microsoft's Multimedia
//! Programming Interface, 1991).

use std::fs;
use std::path::Path;

/// Samples a second of what is synthesised, in Hz: enough for a fingerprint, which hears up to 3.5 kHz.
pub const RATE_HZ: u32 = 8_000;

/// A WAV file of 16 bit.
///
/// # Panics
/// When it has more than 4 GB.
#[must_use]
pub fn wav(samples: &[i16]) -> Vec<u8> {
    let data = u32::try_from(samples.len() * 2).expect("a small file");
    let mut bytes = Vec::with_capacity(44 + samples.len() * 2);
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + data).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend_from_slice(&RATE_HZ.to_le_bytes());
    bytes.extend_from_slice(&(RATE_HZ * 2).to_le_bytes());
    bytes.extend_from_slice(b"\x02\0\x10\0data");
    bytes.extend_from_slice(&data.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

/// Writes one, with its folder.
///
/// # Panics
/// When it cannot be written.
pub fn write_wav(path: &Path, samples: &[i16]) {
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
    fs::write(path, wav(samples)).expect("the file can be written");
}
