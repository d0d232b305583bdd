//! Compares the words of `chroma` with the words of `fpcalc` 1.5.1, on real music in every PCM format.
//!
//! `JUDGE=all` tests all 41 pieces instead of every sixth. Figures are printed with `--nocapture`.

use std::time::Duration;

use baton_fingerprint::Fingerprint;
use baton_judges::{or_skip, tool};

use crate::judge::agreement::Agreement;
use crate::judge::fpcalc::{fpcalc, noise, words, write};
use crate::judge::wav::Wav;
use crate::judge::{encode, music};

fn step() -> usize {
    if std::env::var("JUDGE").is_ok_and(|judge| judge == "all") { 1 } else { 6 }
}

/// Compares every piece in one format. The block size (4095) is not a multiple of any internal size.
fn agrees_with_fpcalc(name: &str, arguments: &[&str], at_least: f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("piece.wav");
    let mut agreement = Agreement::default();
    for piece in or_skip!(music(step())) {
        encode(&piece, arguments, &file);
        let (ours, theirs) = (Wav::read(&file).fingerprint(4095), words(&file, "0"));
        assert_eq!(ours.words().len(), theirs.len(), "the same number of words");
        agreement.add(ours.words(), &theirs);
    }
    agreement.report(name);
    assert!(agreement.equal_share() >= at_least, "{name}: {} of words equal", agreement.equal_share());
}

#[test]
fn mono_of_11025_hz_is_identical() {
    agrees_with_fpcalc("11,025 Hz mono s16", &["-ar", "11025", "-ac", "1"], 1.0);
}

#[test]
fn stereo_of_11025_hz_agrees() {
    agrees_with_fpcalc("11,025 Hz stereo s16", &["-ar", "11025"], 0.9999);
}

#[test]
fn stereo_of_44100_hz_agrees() {
    agrees_with_fpcalc("44.1 kHz stereo s16", &["-ar", "44100"], 0.9999);
}

#[test]
fn mono_of_44100_hz_agrees() {
    agrees_with_fpcalc("44.1 kHz mono s16", &["-ar", "44100", "-ac", "1"], 0.9999);
}

#[test]
fn stereo_of_48000_hz_agrees() {
    agrees_with_fpcalc("48 kHz stereo s16", &["-ar", "48000"], 0.9999);
}

#[test]
fn stereo_of_22050_hz_agrees() {
    agrees_with_fpcalc("22.05 kHz stereo s16", &["-ar", "22050"], 0.9999);
}

#[test]
fn mono_of_8000_hz_agrees() {
    agrees_with_fpcalc("8 kHz mono s16", &["-ar", "8000", "-ac", "1"], 0.9999);
}

#[test]
fn stereo_of_32000_hz_agrees() {
    agrees_with_fpcalc("32 kHz stereo s16", &["-ar", "32000"], 0.9999);
}

#[test]
fn stereo_of_8_bits_agrees() {
    agrees_with_fpcalc("44.1 kHz stereo u8", &["-ar", "44100", "-c:a", "pcm_u8"], 0.9999);
}

#[test]
fn stereo_of_24_bits_agrees() {
    agrees_with_fpcalc("44.1 kHz stereo s24", &["-ar", "44100", "-c:a", "pcm_s24le"], 0.999);
}

#[test]
fn stereo_of_24_bits_and_96_kilohertz_agrees() {
    agrees_with_fpcalc("96 kHz stereo s24", &["-ar", "96000", "-c:a", "pcm_s24le"], 0.999);
}

#[test]
fn floats_agree() {
    agrees_with_fpcalc("44.1 kHz stereo f32", &["-ar", "44100", "-c:a", "pcm_f32le"], 0.999);
}

#[test]
fn interpolated_floats_agree() {
    agrees_with_fpcalc("16 kHz stereo f32", &["-ar", "16000", "-c:a", "pcm_f32le"], 0.999);
}

#[test]
fn floats_of_11025_hz_agree() {
    agrees_with_fpcalc("11,025 Hz mono f32", &["-ar", "11025", "-ac", "1", "-c:a", "pcm_f32le"], 0.9999);
}

/// Makes six different channels from two channels.
const SURROUND: &str = "pan=5.1|FL=FL|FR=FR|FC=0.5*FL+0.5*FR|LFE=FL|BL=0.7*FR|BR=0.4*FL-0.4*FR";

#[test]
fn surround_of_integers_agrees() {
    agrees_with_fpcalc("48 kHz 5.1 s16", &["-ar", "48000", "-af", SURROUND], 0.9999);
}

#[test]
fn surround_of_floats_agrees() {
    agrees_with_fpcalc("48 kHz 5.1 f32", &["-ar", "48000", "-af", SURROUND, "-c:a", "pcm_f32le"], 0.999);
}

#[test]
fn four_channels_are_mixed_by_their_positions() {
    let quad = "pan=quad|FL=FL|FR=FR|BL=0.7*FR|BR=0.4*FL-0.4*FR";
    agrees_with_fpcalc("44.1 kHz quad s16", &["-ar", "44100", "-af", quad], 0.9999);
}

#[test]
fn a_length_limit_agrees_with_fpcalc() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("piece.wav");
    encode(&or_skip!(music(usize::MAX))[0], &["-ar", "44100"], &file);
    let wav = Wav::read(&file);
    for (length, text) in [(2_700, "2.7"), (10_000, "10"), (33_333, "33.333"), (120_000, "120")] {
        let ours = wav.limited(1152, |fingerprinter| fingerprinter.limited_to(Duration::from_millis(length)));
        assert_eq!(ours.words(), words(&file, text), "{text} s");
    }
}

#[test]
fn the_last_word_agrees_for_every_length() {
    or_skip!(tool("fpcalc", "apt-get install libchromaprint-tools"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("piece.wav");
    for (rate_hz, floats) in
        [(44_100, false), (44_100, true), (48_000, false), (48_000, true), (8_000, false), (11_025, false)]
    {
        // The first word needs 30,031 samples at 11,025 Hz. The last of these samples needs additional input: half of the
        // filter's length.
        let first = u32::try_from(30_031 * u64::from(rate_hz) / 11_025).expect("some seconds");
        let mut counts = Vec::new();
        for frames in (first - 8..first + 56).step_by(4) {
            write(&file, rate_hz, &noise(frames), floats);
            let theirs = words(&file, "0");
            assert_eq!(Wav::read(&file).fingerprint(1000).words(), theirs, "{frames} samples of {rate_hz} Hz");
            counts.push(theirs.len());
        }
        assert!(counts.starts_with(&[0]) && counts.ends_with(&[1]), "{rate_hz}: {counts:?}");
    }
}

#[test]
fn every_rate_agrees() {
    or_skip!(tool("fpcalc", "apt-get install libchromaprint-tools"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("piece.wav");
    // Below 3 kHz the output buffer of fpcalc is too small, and it loses samples at the end.
    let rates = [
        4_000, 6_000, 7_350, 8_000, 11_024, 11_025, 11_026, 12_000, 12_600, 14_700, 16_000, 18_900, 22_050, 24_000,
        32_000, 37_800, 44_056, 44_100, 47_250, 47_952, 48_000, 64_000, 88_200, 96_000, 176_400, 192_000, 352_800,
        384_000, 768_000,
    ];
    for floats in [false, true] {
        let mut all = Agreement::default();
        for rate_hz in rates {
            write(&file, rate_hz, &noise(8 * rate_hz), floats);
            let (ours, theirs) = (Wav::read(&file).fingerprint(4095), words(&file, "0"));
            if ours.words() != theirs {
                eprintln!("{rate_hz} Hz, floats {floats}: not identical");
            }
            all.add(ours.words(), &theirs);
        }
        all.report(if floats { "every rate, floats" } else { "every rate, s16" });
        assert!(all.equal_share() >= 0.999, "{} of words equal", all.equal_share());
    }
}

#[test]
fn every_number_of_channels_agrees() {
    or_skip!(tool("fpcalc", "apt-get install libchromaprint-tools"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("piece.wav");
    for floats in [false, true] {
        let mut all = Agreement::default();
        for channels in 1..=8 {
            let noise = noise(8 * 44_100 + 1_000);
            let channel = |n: usize| noise[n % 2][n * 100..n * 100 + 8 * 44_100].to_vec();
            write(&file, 44_100, &(0..channels).map(channel).collect::<Vec<_>>(), floats);
            let (ours, theirs) = (Wav::read(&file).fingerprint(4095), words(&file, "0"));
            if ours.words() != theirs {
                eprintln!("{channels} channels, floats {floats}: not identical");
            }
            all.add(ours.words(), &theirs);
        }
        all.report(if floats { "1 to 8 channels, floats" } else { "1 to 8 channels, s16" });
        assert!(all.equal_share() >= 0.999, "{} of words equal", all.equal_share());
    }
}

#[test]
fn the_compressed_form_is_that_of_fpcalc() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("piece.wav");
    for piece in or_skip!(music(6)) {
        encode(&piece, &["-ar", "11025", "-ac", "1"], &file);
        let text = fpcalc(&["-length", "0"], &file);
        let fingerprint = Fingerprint::new(words(&file, "0"));
        assert_eq!(fingerprint.encode(), text);
        assert_eq!(Fingerprint::decode(&text), Ok((2, fingerprint)));
    }
}
