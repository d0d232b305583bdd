//! Compares the words of `read` with the words of `fpcalc` 1.5.1. `ffmpeg` encodes real music to every format, with the
//! usual bitrates, sample rates and channels.
//!
//! The tests use the first 40 s of every tenth piece; with `JUDGE=all`, they use all 41 pieces completely. The figures are
//! printed with `--nocapture`.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use baton_fingerprint::{AudioReport, Options, Reason, read};
use baton_judges::{Skipped, or_skip};

use crate::judge::agreement::Agreement;
use crate::judge::fpcalc::words;
use crate::judge::{encode, music};

/// A format and the arguments of `ffmpeg`.
struct Form {
    name: &'static str,
    extension: &'static str,
    arguments: &'static [&'static str],
    codec: &'static str,
    container: &'static str,
}

const fn form(
    name: &'static str,
    extension: &'static str,
    arguments: &'static [&'static str],
    codec: &'static str,
    container: &'static str,
) -> Form {
    Form { name, extension, arguments, codec, container }
}

fn all() -> bool {
    std::env::var("JUDGE").is_ok_and(|judge| judge == "all")
}

fn pieces() -> Result<Vec<PathBuf>, Skipped> {
    music(if all() { 1 } else { 10 })
}

fn whole(file: &Path) -> AudioReport {
    let options = Options { length: None, hashes: false };
    read(file, options, &AtomicBool::new(false)).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Compares one format on all pieces, and checks the names of codec and container.
fn compare(form: &Form) -> Result<Agreement, Skipped> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(format!("piece.{}", form.extension));
    let mut arguments = form.arguments.to_vec();
    if !all() {
        arguments.extend(["-t", "40"]);
    }
    let mut agreement = Agreement::default();
    for piece in pieces()? {
        encode(&piece, &arguments, &file);
        let (ours, theirs) = (whole(&file), words(&file, "0"));
        assert_eq!((ours.codec, ours.container), (form.codec, form.container), "{}", form.name);
        agreement.add(ours.fingerprint.words(), &theirs);
    }
    agreement.report(form.name);
    Ok(agreement)
}

/// Compares all variants of a format. At least 99.9 % of the words must be equal, and in at least the share `identical` of
/// the files all words must be equal.
fn agrees(forms: &[Form], identical: f64) {
    let mut sum = Agreement::default();
    for form in forms {
        let agreement = or_skip!(compare(form));
        assert!(agreement.equal_share() >= 0.999, "{}: {} of the words equal", form.name, agreement.equal_share());
        sum.merge(&agreement);
    }
    assert!(sum.identical_share() >= identical, "{} of {} files identical", sum.identical, sum.pieces);
}

#[test]
fn mp3_agrees() {
    const LAME: &str = "libmp3lame";
    let forms = [
        form("MP3 128 kbit/s", "mp3", &["-c:a", LAME, "-b:a", "128k", "-ar", "44100"], "mp3", "mp3"),
        form("MP3 192 kbit/s", "mp3", &["-c:a", LAME, "-b:a", "192k"], "mp3", "mp3"),
        form("MP3 320 kbit/s", "mp3", &["-c:a", LAME, "-b:a", "320k"], "mp3", "mp3"),
        form("MP3 VBR V0", "mp3", &["-c:a", LAME, "-q:a", "0"], "mp3", "mp3"),
        form("MP3 VBR V5, without Xing header", "mp3", &["-c:a", LAME, "-q:a", "5", "-write_xing", "0"], "mp3", "mp3"),
        form("MP3 128 kbit/s 48 kHz", "mp3", &["-c:a", LAME, "-b:a", "128k", "-ar", "48000"], "mp3", "mp3"),
        form("MP3 64 kbit/s 22.05 kHz", "mp3", &["-c:a", LAME, "-b:a", "64k", "-ar", "22050"], "mp3", "mp3"),
        form("MP3 64 kbit/s mono", "mp3", &["-c:a", LAME, "-b:a", "64k", "-ac", "1"], "mp3", "mp3"),
    ];
    agrees(&forms, 0.95);
}

#[test]
fn aac_agrees() {
    let forms = [
        form("AAC 96 kbit/s M4A", "m4a", &["-c:a", "aac", "-b:a", "96k"], "aac", "mp4"),
        form("AAC 160 kbit/s M4A", "m4a", &["-c:a", "aac", "-b:a", "160k"], "aac", "mp4"),
        form(
            "AAC 256 kbit/s M4A, head first",
            "m4a",
            &["-c:a", "aac", "-b:a", "256k", "-movflags", "+faststart"],
            "aac",
            "mp4",
        ),
        form("AAC 128 kbit/s 48 kHz M4A", "m4a", &["-c:a", "aac", "-b:a", "128k", "-ar", "48000"], "aac", "mp4"),
        form("AAC 64 kbit/s mono M4A", "m4a", &["-c:a", "aac", "-b:a", "64k", "-ac", "1"], "aac", "mp4"),
        form("AAC 128 kbit/s ADTS", "aac", &["-c:a", "aac", "-b:a", "128k"], "aac", "adts"),
        form("AAC 128 kbit/s Matroska", "mka", &["-c:a", "aac", "-b:a", "128k"], "aac", "mkv"),
    ];
    agrees(&forms, 0.9);
}

#[test]
fn vorbis_agrees() {
    const VORBIS: &str = "libvorbis";
    let forms = [
        form("Vorbis q0", "ogg", &["-c:a", VORBIS, "-q:a", "0"], "vorbis", "ogg"),
        form("Vorbis q5", "ogg", &["-c:a", VORBIS, "-q:a", "5"], "vorbis", "ogg"),
        form("Vorbis q9", "ogg", &["-c:a", VORBIS, "-q:a", "9"], "vorbis", "ogg"),
        form("Vorbis q4 48 kHz", "ogg", &["-c:a", VORBIS, "-q:a", "4", "-ar", "48000"], "vorbis", "ogg"),
        form("Vorbis q3 mono", "ogg", &["-c:a", VORBIS, "-q:a", "3", "-ac", "1"], "vorbis", "ogg"),
        form("Vorbis as it was", "ogg", &["-c:a", "copy"], "vorbis", "ogg"),
        form("Vorbis q5 WebM", "webm", &["-c:a", VORBIS, "-q:a", "5"], "vorbis", "mkv"),
    ];
    agrees(&forms, 0.95);
}

#[test]
fn flac_agrees() {
    let forms = [
        form("FLAC 16 bits", "flac", &["-sample_fmt", "s16"], "flac", "flac"),
        form("FLAC 24 bits", "flac", &["-sample_fmt", "s32"], "flac", "flac"),
        form("FLAC 24 bits 96 kHz", "flac", &["-sample_fmt", "s32", "-ar", "96000"], "flac", "flac"),
        form("FLAC 16 bits 48 kHz mono", "flac", &["-sample_fmt", "s16", "-ar", "48000", "-ac", "1"], "flac", "flac"),
        form("FLAC 16 bits Ogg", "oga", &["-sample_fmt", "s16", "-c:a", "flac"], "flac", "ogg"),
    ];
    agrees(&forms, 0.9);
}

#[test]
fn alac_agrees() {
    let forms = [
        form("ALAC 16 bits M4A", "m4a", &["-c:a", "alac", "-sample_fmt", "s16p"], "alac", "mp4"),
        form("ALAC 24 bits M4A", "m4a", &["-c:a", "alac", "-sample_fmt", "s32p"], "alac", "mp4"),
        form("ALAC 16 bits CAF", "caf", &["-c:a", "alac", "-sample_fmt", "s16p"], "alac", "caf"),
    ];
    agrees(&forms, 0.9);
}

#[test]
fn wav_agrees() {
    let forms = [
        form("WAV 16 bits", "wav", &["-c:a", "pcm_s16le"], "pcm_s16le", "wav"),
        form("WAV 24 bits", "wav", &["-c:a", "pcm_s24le"], "pcm_s24le", "wav"),
        form("WAV 32 bits", "wav", &["-c:a", "pcm_s32le"], "pcm_s32le", "wav"),
        form("WAV floats", "wav", &["-c:a", "pcm_f32le"], "pcm_f32le", "wav"),
        form("WAV 8 bits", "wav", &["-c:a", "pcm_u8"], "pcm_u8", "wav"),
        form("WAV A-law 8 kHz", "wav", &["-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"], "pcm_alaw", "wav"),
        form("WAV µ-law", "wav", &["-c:a", "pcm_mulaw"], "pcm_mulaw", "wav"),
        form(
            "WAV 16 bits 11,025 Hz mono",
            "wav",
            &["-c:a", "pcm_s16le", "-ar", "11025", "-ac", "1"],
            "pcm_s16le",
            "wav",
        ),
        form("WAV 24 bits 192 kHz", "wav", &["-c:a", "pcm_s24le", "-ar", "192000"], "pcm_s24le", "wav"),
        form("WAV 16 bits 5.1", "wav", &["-c:a", "pcm_s16le", "-ac", "6"], "pcm_s16le", "wav"),
        form("WAV 16 bits 7.1", "wav", &["-c:a", "pcm_s16le", "-ac", "8"], "pcm_s16le", "wav"),
    ];
    agrees(&forms, 0.9);
}

#[test]
fn aiff_and_caf_agree() {
    let forms = [
        form("AIFF 16 bits", "aiff", &["-c:a", "pcm_s16be"], "pcm_s16be", "aiff"),
        form("AIFF 24 bits", "aiff", &["-c:a", "pcm_s24be"], "pcm_s24be", "aiff"),
        form("AIFF-C 16 bits, little-endian", "aiff", &["-c:a", "pcm_s16le"], "pcm_s16le", "aiff"),
        form("CAF 16 bits", "caf", &["-c:a", "pcm_s16be"], "pcm_s16be", "caf"),
        form("CAF 24 bits", "caf", &["-c:a", "pcm_s24le"], "pcm_s24le", "caf"),
    ];
    agrees(&forms, 0.9);
}

#[test]
fn a_length_limit_agrees_with_fpcalc_in_every_format() {
    let folder = tempfile::tempdir().expect("a folder");
    for (extension, seconds) in [("mp3", 20), ("m4a", 30), ("ogg", 25), ("flac", 15), ("wav", 120)] {
        let file = folder.path().join(format!("piece.{extension}"));
        for piece in or_skip!(pieces()).into_iter().take(2) {
            encode(&piece, &["-t", "125"], &file);
            let options = Options { length: Some(Duration::from_secs(seconds)), hashes: false };
            let ours = read(&file, options, &AtomicBool::new(false)).expect("a fingerprint");
            let mut agreement = Agreement::default();
            agreement.add(ours.fingerprint.words(), &words(&file, &seconds.to_string()));
            assert!(agreement.equal_share() >= 0.995, "{extension}: {} of words equal", agreement.equal_share());
        }
    }
}

#[test]
fn the_duration_survives_encoding() {
    let folder = tempfile::tempdir().expect("a folder");
    let forms: [(&str, &[&str]); 9] = [
        ("mp3", &[]),
        ("mp3", &["-q:a", "4", "-write_xing", "0"]),
        ("m4a", &[]),
        ("aac", &[]),
        ("ogg", &["-c:a", "libvorbis"]),
        ("flac", &[]),
        ("wav", &[]),
        ("aiff", &[]),
        ("mka", &["-c:a", "libvorbis"]),
    ];
    for (extension, arguments) in forms {
        let file = folder.path().join(format!("piece.{extension}"));
        for piece in or_skip!(pieces()).into_iter().take(1) {
            encode(&piece, &[arguments, &["-t", "21.5"]].concat(), &file);
            for length in [None, Some(Duration::from_secs(5))] {
                let options = Options { length, hashes: false };
                let found =
                    read(&file, options, &AtomicBool::new(false)).expect("a fingerprint").duration.as_secs_f64();
                // MPEG frames and ADTS keep the samples that the encoder added: at most two frames.
                assert!((found - 21.5).abs() < 0.06, "{extension} {arguments:?}: {found} s");
            }
        }
    }
}

#[test]
fn unsupported_formats_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let forms: [(&str, &[&str], &str); 7] = [
        ("opus", &["-c:a", "libopus"], "Opus"),
        ("webm", &["-c:a", "libopus"], "Opus"),
        ("wma", &[], "Windows Media"),
        ("ac3", &[], "AC-3"),
        ("wv", &[], "WavPack"),
        ("tta", &[], "True Audio"),
        ("au", &[], "AU"),
    ];
    for (extension, arguments, name) in forms {
        let file = folder.path().join(format!("piece.{extension}"));
        for piece in or_skip!(pieces()).into_iter().take(1) {
            encode(&piece, &[arguments, &["-t", "5"]].concat(), &file);
            let options = Options { length: None, hashes: true };
            let error = read(&file, options, &AtomicBool::new(false)).expect_err("nothing decodes it");
            assert_eq!(error.reason, Reason::Unsupported, "{extension}: {error}");
            assert!(error.to_string().contains(name), "{extension}: {error}");
        }
    }
}
