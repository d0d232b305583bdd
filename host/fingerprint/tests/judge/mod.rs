//! The judge, `fpcalc`, and what it is given: real music, re-encoded by `ffmpeg` into a folder that is thrown away, and a small reader of
//! WAV files that knows nothing of the decoder under test elsewhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use baton_fingerprint::Fingerprint;
use baton_fingerprint::chroma::{Fingerprinter, Kind};

/// Where Debian's `wesnoth-1.16-music` puts its pieces.
const MUSIC: &str = "/usr/share/games/wesnoth/1.16/data/core/music";

/// Pieces of music, every `step`th; none, and said aloud, where the judge or the music is missing. With `CI=true` that is a failure.
pub fn music(step: usize) -> Vec<PathBuf> {
    let runs = |program: &str| Command::new(program).arg("-version").output().is_ok_and(|output| output.status.success());
    let missing: Vec<_> = ["fpcalc", "ffmpeg"].into_iter().filter(|program| !runs(program)).collect();
    let mut pieces: Vec<PathBuf> =
        std::fs::read_dir(MUSIC).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    pieces.retain(|piece| piece.extension().is_some_and(|extension| extension == "ogg"));
    pieces.sort();
    if missing.is_empty() && !pieces.is_empty() {
        return pieces.into_iter().step_by(step).collect();
    }
    let what = format!("not judged: {missing:?} missing, {} pieces in {MUSIC}", pieces.len());
    assert!(std::env::var("CI").is_ok_and(|ci| ci == "true").eq(&false), "{what}");
    eprintln!("SKIPPED: {what}");
    Vec::new()
}

/// Writes a piece as WAV.
pub fn encode(piece: &Path, arguments: &[&str], to: &Path) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i"])
        .arg(piece)
        .args(["-map_metadata", "-1"])
        .args(arguments)
        .arg(to)
        .output()
        .expect("ffmpeg starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What `fpcalc` says of a file.
pub fn fpcalc(arguments: &[&str], file: &Path) -> String {
    let output = Command::new("fpcalc").args(arguments).arg("-ignore-errors").arg(file).output().expect("fpcalc starts");
    let text = String::from_utf8(output.stdout).expect("fpcalc writes text");
    text.lines().find_map(|line| line.strip_prefix("FINGERPRINT=")).unwrap_or_default().to_owned()
}

/// The words of `fpcalc -raw`; a length of 0 is all of it.
pub fn words(file: &Path, length: &str) -> Vec<u32> {
    let text = fpcalc(&["-raw", "-length", length], file);
    text.split(',').filter(|word| !word.is_empty()).map(|word| word.parse().expect("a word")).collect()
}

/// The samples of a WAV file.
pub struct Wav {
    pub rate_hz: u32,
    pub mask: Option<u32>,
    pub planes: Planes,
}

/// One list for each channel.
pub enum Planes {
    S16(Vec<Vec<i16>>),
    S32(Vec<Vec<i32>>),
    Float(Vec<Vec<f32>>),
}

impl Wav {
    pub fn read(file: &Path) -> Self {
        let bytes = std::fs::read(file).expect("the WAV file is there");
        let (format, data) = (chunk(&bytes, b"fmt "), chunk(&bytes, b"data"));
        let short = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
        let (tag, channels, bits) = (short(0), usize::from(short(2)), short(14));
        let (tag, mask) = match tag {
            0xFFFE => (short(24), Some(u32::from(short(20)))),
            _ => (tag, None),
        };
        let planes = match (tag, bits) {
            (1, 8) => Planes::S16(planar(data, channels, |[byte]: [u8; 1]| (i16::from(byte) - 128) << 8)),
            (1, 16) => Planes::S16(planar(data, channels, i16::from_le_bytes)),
            (1, 24) => Planes::S32(planar(data, channels, |[a, b, c]: [u8; 3]| i32::from_le_bytes([0, a, b, c]))),
            (3, 32) => Planes::Float(planar(data, channels, f32::from_le_bytes)),
            other => panic!("WAV {other:?} is not read here"),
        };
        Self { rate_hz: u32::from_le_bytes([format[4], format[5], format[6], format[7]]), mask, planes }
    }

    /// Its fingerprint, from blocks of `block` samples.
    pub fn fingerprint(&self, block: usize) -> Fingerprint {
        self.limited(block, |fingerprinter| fingerprinter)
    }

    /// Its fingerprint, by a fingerprinter to which something was done.
    pub fn limited(&self, block: usize, limit: impl Fn(Fingerprinter) -> Fingerprinter) -> Fingerprint {
        let new = |channels: usize, kind| {
            let channels = u16::try_from(channels).expect("few channels");
            limit(Fingerprinter::with_positions(self.rate_hz, channels, self.mask, kind).expect("a usual form"))
        };
        match &self.planes {
            Planes::S16(planes) => pushed(new(planes.len(), Kind::S16), planes, block),
            Planes::S32(planes) => pushed(new(planes.len(), Kind::S32), planes, block),
            Planes::Float(planes) => pushed(new(planes.len(), Kind::Float), planes, block),
        }
    }
}

fn pushed<S: baton_fingerprint::chroma::Sample>(
    mut fingerprinter: Fingerprinter,
    planes: &[Vec<S>],
    block: usize,
) -> Fingerprint {
    let length = planes[0].len();
    for from in (0..length).step_by(block) {
        let to = length.min(from + block);
        let block: Vec<&[S]> = planes.iter().map(|plane| &plane[from..to]).collect();
        fingerprinter.push(&block);
    }
    fingerprinter.finish()
}

/// The body of a RIFF chunk.
fn chunk<'a>(bytes: &'a [u8], name: &[u8; 4]) -> &'a [u8] {
    let mut rest = &bytes[12..];
    loop {
        let length = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
        let end = rest.len().min(8 + length);
        if rest[..4] == *name {
            return &rest[8..end];
        }
        rest = &rest[(end + length % 2).min(rest.len())..];
    }
}

fn planar<const N: usize, S>(data: &[u8], channels: usize, sample: impl Fn([u8; N]) -> S) -> Vec<Vec<S>> {
    let (samples, _) = data.as_chunks::<N>();
    (0..channels).map(|channel| samples.iter().skip(channel).step_by(channels).map(|bytes| sample(*bytes)).collect()).collect()
}
