//! Malformed files: each file gives a fingerprint or a reason in limited time, and never causes a panic.
//!
//! The tests create all files from bytes, without other programs.

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baton_fingerprint::{AudioReport, Error, Options, Reason, read};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::judge::form::Form;

const PLAIN: Form = Form { tag: 1, channels: 2, rate_hz: 44_100, bits: 16, counting: None };

impl Form {
    /// A WAV file of this number of seconds: a melody in noise.
    fn audio(self, seconds: u32) -> Vec<u8> {
        let frames = self.rate_hz * seconds;
        let mut bytes = self.header(frames * self.frame_bytes());
        let mut noise = 1_u32;
        for frame in 0..frames {
            for _ in 0..self.channels {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let note = 220.0 * f64::from(1 + frame / (self.rate_hz / 3) % 7);
                let wave = (f64::from(frame) / f64::from(self.rate_hz) * note * std::f64::consts::TAU).sin();
                let value = 0.4 * wave + 0.1 * (f64::from(noise >> 16) / 32_768.0 - 1.0);
                self.put(&mut bytes, value);
            }
        }
        bytes
    }

    #[expect(clippy::cast_possible_truncation, reason = "a sample from -1 to 1")]
    fn put(self, bytes: &mut Vec<u8>, value: f64) {
        match (self.tag, self.bits) {
            (1, 16) => bytes.extend(((value * 32_767.0) as i16).to_le_bytes()),
            (1, 24) => bytes.extend(&((value * 8_388_607.0) as i32).to_le_bytes()[..3]),
            (3, 32) => bytes.extend((value as f32).to_le_bytes()),
            other => panic!("{other:?} is not supported by this test"),
        }
    }
}

struct TestFolder(TempDir);

impl TestFolder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path
    }

    /// A sparse file of this length. It needs almost no space on the disk.
    fn sparse(&self, name: &str, head: &[u8], length: u64) -> PathBuf {
        let path = self.file(name, head);
        File::options().write(true).open(&path).and_then(|file| file.set_len(length)).expect("a long file");
        path
    }
}

const WHOLE: Options = Options { length: None, hashes: true };

fn read_file(path: &Path) -> Result<AudioReport, Error> {
    read(path, WHOLE, &AtomicBool::new(false))
}

fn reason(path: &Path) -> Reason {
    read_file(path).expect_err("no fingerprint").reason
}

fn noise(length: usize, mut seed: u64) -> Vec<u8> {
    let next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed.to_be_bytes()[1]
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn missing_files_and_devices_have_a_reason() {
    let place = TestFolder::new();
    assert_eq!(reason(&place.0.path().join("nothing.mp3")), Reason::NotFound);
    assert_eq!(reason(&place.file("x", b"").join("below a file.mp3")), Reason::NotFound);
    assert_eq!(reason(place.0.path()), Reason::Unsupported);
    assert_eq!(reason(Path::new("/dev/zero")), Reason::Unsupported);
}

#[test]
fn empty_files_text_and_noise_are_rejected() {
    let place = TestFolder::new();
    assert_eq!(reason(&place.file("empty.mp3", b"")), Reason::Corrupt);
    assert_eq!(reason(&place.file("list.mp3", b"1. a song\n2. another song\n")), Reason::Unsupported);
    assert_eq!(reason(&place.file("one.flac", b"f")), Reason::Unsupported);
    for seed in 0..20 {
        let length = [10, 1000, 70_000, 3_000_000][usize::try_from(seed % 4).expect("small")];
        let error = read_file(&place.file("noise.flac", &noise(length, seed))).expect_err("noise");
        assert!(matches!(error.reason, Reason::Unsupported | Reason::Corrupt | Reason::TooShort), "{error:?}");
    }
    let picture = [b"\x89PNG\r\n\x1a\n".as_slice(), &noise(100_000, 3)].concat();
    assert!(read_file(&place.file("cover.mp3", &picture)).expect_err("a picture").detail.contains("PNG"));
}

#[test]
fn the_file_name_is_ignored() {
    let place = TestFolder::new();
    let bytes = PLAIN.audio(6);
    let named = read_file(&place.file("song.wav", &bytes)).expect("a WAV file");
    for name in ["song.mp3", "song.flac", "song", "song.txt", "song.m4a"] {
        assert_eq!(read_file(&place.file(name, &bytes)).expect("it is still WAV"), named);
    }
}

#[test]
fn a_truncated_file_of_floats_has_its_actual_duration() {
    let place = TestFolder::new();
    let bytes = Form { tag: 3, bits: 32, ..PLAIN }.audio(10);
    let cut = read_file(&place.file("cut.wav", &bytes[..bytes.len() / 2])).expect("half a WAV file");
    assert!(cut.duration.abs_diff(Duration::from_secs(5)) < Duration::from_millis(10), "{:?}", cut.duration);
}

#[test]
fn a_header_with_giant_packets_allocates_little() {
    let place = TestFolder::new();
    let mut bytes = b"caff\0\x01\0\0desc".to_vec();
    bytes.extend(32_i64.to_be_bytes());
    bytes.extend(44_100.0_f64.to_be_bytes());
    bytes.extend(b"lpcm");
    // Floats, little endian; bytes and frames of a packet, channels, bits.
    for number in [3_u32, 64, u32::MAX, 8, 64] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend(b"data");
    bytes.extend(644_i64.to_be_bytes());
    bytes.extend([0; 644]);
    let found = reason(&place.file("giant.caf", &bytes));
    assert!(matches!(found, Reason::Corrupt | Reason::TooShort | Reason::Unsupported), "{found:?}");
}

#[test]
fn a_truncated_file_has_the_fingerprint_of_the_rest() {
    let place = TestFolder::new();
    let bytes = PLAIN.audio(10);
    let full = read_file(&place.file("full.wav", &bytes)).expect("a WAV file");
    let cut = read_file(&place.file("cut.wav", &bytes[..bytes.len() / 2 - 3])).expect("half a WAV file");
    let words = cut.fingerprint.words();
    // The last words depend on the samples at the end.
    assert_eq!(words[..words.len() - 2], full.fingerprint.words()[..words.len() - 2]);
    assert!(cut.duration.abs_diff(Duration::from_secs(5)) < Duration::from_millis(10), "{:?}", cut.duration);
    assert_eq!(full.duration, Duration::from_secs(10));
    for length in [4, 12, 20, 43, 44, 45, 100] {
        let found = reason(&place.file("stub.wav", &bytes[..length]));
        assert!(matches!(found, Reason::Corrupt | Reason::TooShort | Reason::Unsupported), "{length}: {found:?}");
    }
}

#[test]
fn a_short_file_is_reported_as_too_short() {
    let place = TestFolder::new();
    assert_eq!(reason(&place.file("short.wav", &PLAIN.audio(2))), Reason::TooShort);
    assert_eq!(read_file(&place.file("long.wav", &PLAIN.audio(3))).map(|sound| sound.fingerprint.words().len()), Ok(3));
}

#[test]
fn a_header_with_a_wrong_length_does_not_change_the_duration() {
    let place = TestFolder::new();
    let mut bytes = PLAIN.audio(5);
    bytes.splice(..44, PLAIN.header(u32::MAX - 40));
    let found = read_file(&place.file("promise.wav", &bytes)).expect("five seconds");
    assert!(found.duration < Duration::from_secs(6), "{:?}", found.duration);
    // Programs that do not know the length in advance write this value.
    bytes.splice(..44, PLAIN.header(0));
    let found = read_file(&place.file("unknown.wav", &bytes));
    assert!(found.is_ok_and(|found| found.duration < Duration::from_secs(6)));
}

#[test]
fn only_the_requested_part_of_ten_hours_is_read() {
    let place = TestFolder::new();
    let seconds = 10 * 3600;
    let length = seconds * u64::from(PLAIN.rate_hz * PLAIN.frame_bytes());
    // 6.35 GB: a length that 32 bits cannot represent.
    let head = [PLAIN.header(u32::MAX), PLAIN.audio(5).split_off(44)].concat();
    let path = place.sparse("ten hours.wav", &head, length + 44);
    let options = Options { length: Some(Duration::from_mins(2)), hashes: false };
    let began = Instant::now();
    let found = read(&path, options, &AtomicBool::new(false)).expect("a fingerprint");
    assert_eq!(found.fingerprint.words().len(), 948);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn many_channels_and_high_rates_are_supported() {
    let place = TestFolder::new();
    for (channels, rate_hz) in [(8, 48_000), (2, 192_000), (1, 384_000), (24, 16_000)] {
        let form = Form { channels, rate_hz, ..PLAIN };
        let found =
            read_file(&place.file("odd.wav", &form.audio(4))).unwrap_or_else(|error| panic!("{channels}: {error}"));
        assert_eq!((found.channels, found.rate_hz, found.duration.as_secs()), (channels, rate_hz, 4));
        assert_eq!(found.fingerprint.words().len(), 11);
    }
    for (channels, rate_hz) in [(0, 44_100), (2, 0), (2, 900), (1, 4_000_000)] {
        let header = Form { channels, rate_hz, ..PLAIN }.header(400_000);
        let bytes = [header, noise(400_000, 1)].concat();
        let found = reason(&place.file("odd.wav", &bytes));
        assert!(matches!(found, Reason::Unsupported | Reason::Corrupt), "{channels} {rate_hz}: {found:?}");
    }
}

#[test]
fn samples_that_are_not_numbers_count_as_silence() {
    let place = TestFolder::new();
    let form = Form { tag: 3, bits: 32, ..PLAIN };
    let mut silenced = form.audio(6);
    let mut broken = silenced.clone();
    for at in (44 + 8 * 1000..44 + 8 * 90_000).step_by(4 * 501) {
        silenced[at..at + 4].copy_from_slice(&0_f32.to_le_bytes());
        let value = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][at % 3];
        broken[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    let silenced = read_file(&place.file("silenced.wav", &silenced)).expect("floats");
    let broken = read_file(&place.file("broken.wav", &broken)).expect("floats that are no numbers");
    assert_eq!(broken.fingerprint, silenced.fingerprint);
}

#[test]
fn silence_has_a_fingerprint_too() {
    let place = TestFolder::new();
    let length = u64::from(PLAIN.rate_hz * PLAIN.frame_bytes()) * 10;
    let header = PLAIN.header(u32::try_from(length).expect("a short file"));
    let found = read_file(&place.sparse("silence.wav", &header, length + 44)).expect("silence");
    let words = found.fingerprint.words();
    assert_eq!(words.len(), 59);
    assert!(words.iter().all(|word| *word == words[0]));
}

/// Reads a file while `change` changes it. The file is large and sparse, so that reading takes at least half a second.
fn changed_while_read(change: impl FnOnce(&Path)) -> Result<AudioReport, Error> {
    let place = TestFolder::new();
    let length = 600_000_000;
    let path = place.sparse("song.wav", &PLAIN.header(length), u64::from(length) + 44);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| read_file(&path));
        std::thread::sleep(Duration::from_millis(100));
        change(&path);
        reading.join().expect("no panic")
    })
}

#[test]
fn a_file_that_changes_while_it_is_read_has_no_fingerprint() {
    let replaced = changed_while_read(|path| {
        let other = path.with_extension("new");
        fs::write(&other, PLAIN.audio(4)).expect("another file");
        fs::rename(&other, path).expect("it takes its place");
    });
    assert_eq!(replaced.map_err(|error| error.reason), Err(Reason::Changed));
    let cut = changed_while_read(|path| {
        File::options().write(true).open(path).and_then(|file| file.set_len(1_000_000)).expect("it is cut");
    });
    assert_eq!(cut.map_err(|error| error.reason), Err(Reason::Changed));
    let written = changed_while_read(|path| {
        let mut file = File::options().write(true).open(path).expect("it opens");
        file.seek(SeekFrom::Start(1000)).and_then(|_| file.write_all(b"x")).expect("a byte is written");
    });
    assert_eq!(written.map_err(|error| error.reason), Err(Reason::Changed));
    let removed = changed_while_read(|path| fs::remove_file(path).expect("it goes"));
    assert_eq!(removed.map_err(|error| error.reason), Err(Reason::Changed));
}

#[test]
fn work_that_is_stopped_ends_at_once() {
    let place = TestFolder::new();
    let length = 3_000_000_000;
    let path = place.sparse("song.wav", &PLAIN.header(length), u64::from(length) + 44);
    let stop = AtomicBool::new(false);
    let stopped = std::thread::scope(|scope| {
        let reading = scope.spawn(|| read(&path, WHOLE, &stop));
        std::thread::sleep(Duration::from_millis(100));
        stop.store(true, Ordering::Relaxed);
        let asked = Instant::now();
        let done = reading.join().expect("no panic");
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
        done
    });
    assert_eq!(stopped.map_err(|error| error.reason), Err(Reason::Stopped));
}

#[test]
fn the_digest_of_the_file_is_that_of_its_bytes() {
    let place = TestFolder::new();
    let mut bytes = PLAIN.audio(4);
    bytes.extend(b"LIST\x04\0\0\0INFO");
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    let path = place.file("song.wav", &bytes);
    for length in [None, Some(Duration::from_secs(3))] {
        let options = Options { length, hashes: true };
        let found = read(&path, options, &AtomicBool::new(false)).expect("a fingerprint");
        assert_eq!(found.file_sha256, Some(digest));
        assert!(found.audio_sha256.is_some());
    }
    let found = read(&path, Options { length: None, hashes: false }, &AtomicBool::new(false)).expect("a fingerprint");
    assert_eq!((found.file_sha256, found.audio_sha256), (None, None));
}

#[test]
fn flipped_cut_or_repeated_bytes_never_panic() {
    let place = TestFolder::new();
    let wav = PLAIN.audio(4);
    for turn in 0..200_u64 {
        let dice = noise(16, turn);
        let at = |n: usize| (usize::from(dice[n]) << 8 | usize::from(dice[n + 1])) % wav.len();
        let mut bytes = wav.clone();
        match turn % 4 {
            0 => bytes[at(0) % 64] ^= dice[4],
            1 => bytes.truncate(at(0)),
            2 => {
                bytes.drain(at(0).min(at(2))..at(0).max(at(2)));
            }
            _ => {
                let doubled = bytes[..at(0) % 200].to_vec();
                bytes.splice(0..0, doubled);
            }
        }
        if let Err(error) = read_file(&place.file("mutant.wav", &bytes)) {
            assert!(!error.detail.contains("internal error"), "{turn}: a panic was caught");
        }
    }
}
