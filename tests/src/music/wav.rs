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
    let mut bytes = head(samples.len(), 2);
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

/// A WAV file of 8 bit: half of the room, for many.
///
/// # Panics
/// When it has more than 4 GB.
#[must_use]
pub fn wav_8_bit(samples: &[i16]) -> Vec<u8> {
    let mut bytes = head(samples.len(), 1);
    // 8 bit have no sign: silence is 128.
    bytes.extend(samples.iter().map(|sample| sample.to_be_bytes()).map(|[high, _]| high ^ 0x80));
    bytes
}

/// All that stands before the samples.
fn head(samples: usize, width: u8) -> Vec<u8> {
    let data = u32::try_from(samples * usize::from(width)).expect("a small file");
    let mut bytes = Vec::with_capacity(44 + samples * usize::from(width));
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + data).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend_from_slice(&RATE_HZ.to_le_bytes());
    bytes.extend_from_slice(&(RATE_HZ * u32::from(width)).to_le_bytes());
    bytes.extend_from_slice(&[width, 0, width * 8, 0]);
    bytes.extend_from_slice(b"data");
    bytes.extend_from_slice(&data.to_le_bytes());
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
