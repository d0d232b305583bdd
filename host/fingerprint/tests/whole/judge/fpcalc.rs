//! Runs `fpcalc` as an independent judge, and creates files for it.

use std::path::Path;
use std::process::Command;

use super::form::Form;

/// The output of `fpcalc` for a file.
pub(crate) fn fpcalc(arguments: &[&str], file: &Path) -> String {
    let output =
        Command::new("fpcalc").args(arguments).arg("-ignore-errors").arg(file).output().expect("fpcalc starts");
    let text = String::from_utf8(output.stdout).expect("fpcalc writes text");
    text.lines().find_map(|line| line.strip_prefix("FINGERPRINT=")).unwrap_or_default().to_owned()
}

/// The words of `fpcalc -raw`; the length 0 means the whole file.
pub(crate) fn words(file: &Path, length: &str) -> Vec<u32> {
    let text = fpcalc(&["-raw", "-length", length], file);
    text.split(',').filter(|word| !word.is_empty()).map(|word| word.parse().expect("a word")).collect()
}

/// Two channels of noise that is louder and softer in turn. Each call returns the same noise.
pub(crate) fn noise(frames: u32) -> [Vec<f32>; 2] {
    let mut state = 1_u32;
    let mut next = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let height = 0.1 + 0.8 * f32::from(u8::try_from(n / 1024 % 7).expect("below seven")) / 7.0;
        (f32::from(u16::try_from(state >> 16).expect("16 bits")) / 32_768.0 - 1.0) * height
    };
    [(0..frames).map(&mut next).collect(), (0..frames).map(&mut next).collect()]
}

/// Writes a WAV file of integers of 16 bits, or of floats.
pub(crate) fn write(file: &Path, rate_hz: u32, planes: &[Vec<f32>], floats: bool) {
    let channels = u16::try_from(planes.len()).expect("few channels");
    let (tag, bits) = if floats { (3_u16, 32_u16) } else { (1, 16) };
    #[expect(clippy::cast_possible_truncation, reason = "it is below 32,768")]
    let bytes = |sample: f32| {
        if floats { sample.to_le_bytes().to_vec() } else { ((sample * 32_767.0) as i16).to_le_bytes().to_vec() }
    };
    let data: Vec<u8> =
        (0..planes[0].len()).flat_map(|n| planes.iter().flat_map(move |plane| bytes(plane[n]))).collect();
    let size = u32::try_from(data.len()).expect("a short file");
    let head = Form { tag, channels, rate_hz, bits, counting: None }.header(size);
    std::fs::write(file, [head, data].concat()).expect("a WAV file is written");
}
