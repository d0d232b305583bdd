//! WAV files with one channel, the simplest audio files: RIFF with the chunks `fmt ` and `data` (Microsoft, Multimedia Programming
//! Interface, 1991).

use std::fs;
use std::path::Path;

/// The sample rate of synthesised music in Hz. A fingerprint uses frequencies up to 3.5 kHz.
pub const RATE_HZ: u32 = 8_000;

/// A WAV file with 16 bits per sample.
///
/// # Panics
/// When it has more than 4 GB.
#[must_use]
pub fn wav(samples: &[i16]) -> Vec<u8> {
    let mut bytes = head(samples.len(), 2);
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

/// A WAV file with 8 bits per sample, which has half the size.
///
/// # Panics
/// When it has more than 4 GB.
#[must_use]
pub fn wav_8_bit(samples: &[i16]) -> Vec<u8> {
    let mut bytes = head(samples.len(), 1);
    // Samples of 8 bits are unsigned; silence is 128.
    bytes.extend(samples.iter().map(|sample| sample.to_be_bytes()).map(|[high, _]| high ^ 0x80));
    bytes
}

/// Everything before the samples.
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

/// Writes a WAV file; creates its folder.
///
/// # Panics
/// When it cannot be written.
pub fn write_wav(path: &Path, samples: &[i16]) {
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
    fs::write(path, wav(samples)).expect("the file can be written");
}
