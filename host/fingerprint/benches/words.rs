//! Measures the CPU time to fingerprint one second of audio, and compares it with `fpcalc` on the same WAV files. Each
//! figure is the minimum of five runs on one core.
//!
//! `fpcalc` runs once for all files. The benchmark subtracts the time of a run without files. The time of `fpcalc` includes
//! reading the files, but this library gets the samples from memory. Needs Debian's `wesnoth-1.16-music`,
//! `libchromaprint-tools` and `ffmpeg`, on Linux.
//!
//! `cargo bench -p baton-fingerprint --bench words`

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark ends when its input is missing"
)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its figures are its output")]

#[expect(dead_code, reason = "the tests use all of it")]
#[path = "../tests/whole/judge/mod.rs"]
mod judge;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use baton_judges::or_skip;
use judge::wav::{Planes, Wav};
use judge::{encode, music};

const FORMS: [(&str, &[&str]); 6] = [
    ("44.1 kHz stereo s16", &["-ar", "44100"]),
    ("44.1 kHz stereo f32", &["-ar", "44100", "-c:a", "pcm_f32le"]),
    ("48 kHz stereo s16", &["-ar", "48000"]),
    ("48 kHz stereo f32", &["-ar", "48000", "-c:a", "pcm_f32le"]),
    ("32 kHz stereo s16", &["-ar", "32000"]),
    ("11,025 Hz mono s16", &["-ar", "11025", "-ac", "1"]),
];

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = fpcalc(&[]);
    for (name, arguments) in FORMS {
        let files: Vec<PathBuf> = (0..7).map(|number| folder.path().join(format!("{number}.wav"))).collect();
        let pieces = or_skip!(music(6));
        let files = &files[..pieces.len()];
        pieces.iter().zip(files).for_each(|(piece, file)| encode(piece, arguments, file));
        let wavs: Vec<_> = files.iter().map(|file| Wav::read(file)).collect();
        let seconds: f64 = wavs.iter().map(seconds).sum();
        let ours = least(|| timed(own, || wavs.iter().for_each(|wav| drop(wav.fingerprint(4096))))) / seconds;
        let theirs = (fpcalc(files) - start) / seconds;
        println!(
            "{name:20} {ours:7.1} us a second of audio, fpcalc {theirs:7.1} us: {:.2} times as fast",
            theirs / ours
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "some minutes")]
fn seconds(wav: &Wav) -> f64 {
    let frames = match &wav.planes {
        Planes::S16(planes) => planes[0].len(),
        Planes::S32(planes) => planes[0].len(),
        Planes::Float(planes) => planes[0].len(),
    };
    frames as f64 / f64::from(wav.rate_hz)
}

/// The CPU time of `fpcalc` for some files in one process, in microseconds.
fn fpcalc(files: &[PathBuf]) -> f64 {
    let run = || {
        let mut command = Command::new("fpcalc");
        command.args(["-raw", "-length", "0", "-ignore-errors"]).args(files);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("fpcalc starts");
    };
    least(|| timed(children, run))
}

fn least(run: impl FnMut() -> f64) -> f64 {
    std::iter::repeat_with(run).take(5).fold(f64::INFINITY, f64::min)
}

fn timed(clock: fn() -> f64, run: impl FnOnce()) -> f64 {
    let before = clock();
    run();
    clock() - before
}

/// The CPU time of this thread, in microseconds.
fn own() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    text.split(' ').next().expect("a time").parse::<f64>().expect("nanoseconds") / 1000.0
}

/// The CPU time of all ended child processes, in microseconds. The resolution is 10 ms.
fn children() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = text.rsplit_once(") ").expect("a name in brackets");
    fields.split(' ').skip(13).take(2).map(|ticks| ticks.parse::<f64>().expect("ticks") * 10_000.0).sum()
}
