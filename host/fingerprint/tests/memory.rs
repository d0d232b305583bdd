//! Tests that reading a file of any length needs less than 16 MiB. This is a separate test program, because it measures the
//! memory of its whole process.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "helper functions of tests may panic, and figures are printed"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use baton_fingerprint::{Options, read};
use baton_judges::{or_skip, tool};

/// The peak memory of the process since the last reset, in KiB.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the state of this process");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("its peak");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

fn reset_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("the peak is set back");
}

/// Creates a file of `minutes` of noise over a tone. Returns its length in bytes.
fn create(file: &Path, minutes: u32, codec: &str) -> u64 {
    let length = (60 * minutes).to_string();
    let source = "aevalsrc=0.3*sin(440*2*PI*t)+0.3*random(0):s=8000:c=mono";
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", source, "-t", &length, "-c:a", codec, "-b:a", "32k"])
        .arg(file)
        .status();
    assert!(made.is_ok_and(|made| made.success()), "{}", file.display());
    fs::metadata(file).expect("it is there").len()
}

/// The peak memory while a file is read, in KiB, and the number of words of its fingerprint.
fn peak_of(file: &Path) -> (u64, usize) {
    reset_peak();
    let found = read(file, Options { length: None, hashes: true }, &AtomicBool::new(false)).expect("a fingerprint");
    (peak_kib(), found.fingerprint.words().len())
}

#[test]
fn memory_is_bounded_and_independent_of_the_length() {
    /// The additional memory for a longer file, without the memory for its words: a buffer that doubles, and the tables of
    /// an MP4 (about 10 bytes for each packet).
    const MORE_KIB: u64 = 768;
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    let folder = tempfile::tempdir().expect("a folder");
    let minutes = if std::env::var("JUDGE").is_ok_and(|judge| judge == "all") { [5, 600] } else { [5, 25] };
    reset_peak();
    let before_all = peak_kib();
    for (name, codec) in [
        ("a.mp3", "libmp3lame"),
        ("a.m4a", "aac"),
        ("a.ogg", "libvorbis"),
        ("a.flac", "flac"),
        ("a.alac.m4a", "alac"),
        ("a.wav", "pcm_s16le"),
    ] {
        let file = folder.path().join(name);
        let bytes = create(&file, minutes[0], codec);
        let (short, _) = peak_of(&file);
        let more_bytes = create(&file, minutes[1], codec) - bytes;
        let (long, words) = peak_of(&file);
        let (used, more) = (long - before_all, long.saturating_sub(short));
        eprintln!(
            "{name:12} {:3} min: {used:6} KiB, {more:4} more than for {} min, {words} words",
            minutes[1], minutes[0]
        );
        assert!(used <= 16 * 1024, "{name}: {used} KiB");
        let more_words = u64::try_from(words).expect("some") * 8 / 1024;
        assert!(
            more_bytes > 2 * 1024 * (MORE_KIB + more_words),
            "{name}: {more_bytes} bytes more are too few for a comparison"
        );
        assert!(more <= MORE_KIB + more_words, "{name}: {more} KiB more for a longer file");
        fs::remove_file(file).expect("it goes");
    }
}
