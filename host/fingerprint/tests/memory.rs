//! A job stays below 16 MiB, whatever the length of the file. Alone in its program, because it measures the whole process.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test ends when its ground is not there, and tells its figures"
)]

#[expect(dead_code, reason = "others need its reader of WAV files")]
#[path = "judge/mod.rs"]
mod judge;

use std::fs;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use baton_fingerprint::{Options, read};

/// The most that the process had in memory since it was last asked, in KiB.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the state of this process");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("its peak");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("the peak is set back");
}

#[test]
fn long_music_fits_into_16_mib() {
    if judge::music(usize::MAX).is_empty() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let minutes = if std::env::var("JUDGE").is_ok_and(|judge| judge == "all") { 600 } else { 20 };
    let length = (60 * minutes).to_string();
    let source = "aevalsrc=0.3*sin(440*2*PI*t)+0.1*random(0):s=8000:c=mono";
    forget_peak();
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
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-f", "lavfi", "-i", source, "-t", &length, "-c:a", codec])
            .arg(&file)
            .status();
        assert!(made.is_ok_and(|made| made.success()), "{name}");
        forget_peak();
        let found =
            read(&file, Options { length: None, hashes: true }, &AtomicBool::new(false)).expect("a fingerprint");
        let used = peak_kib() - before_all;
        eprintln!("{name:12} {minutes:3} min: {used:6} KiB, {} words", found.fingerprint.words().len());
        assert!(used <= 16 * 1024, "{name}: {used} KiB");
        fs::remove_file(file).expect("it goes");
    }
}
