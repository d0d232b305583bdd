//! The words of `chroma` against those of `fpcalc` 1.5.1 on real music, in every form of PCM.
//!
//! `JUDGE=all` takes all 41 pieces instead of every sixth. Figures are printed with `--nocapture`.

#[path = "judge/mod.rs"]
mod judge;

use std::path::Path;
use std::time::Duration;

use baton_fingerprint::Fingerprint;
use judge::{Wav, encode, fpcalc, music, words};

/// How alike two lists of words are.
#[derive(Default)]
struct Agreement {
    pieces: usize,
    identical: usize,
    words: usize,
    equal: usize,
    bits: u32,
}

impl Agreement {
    fn add(&mut self, ours: &[u32], theirs: &[u32]) {
        assert_eq!(ours.len(), theirs.len(), "as many words");
        self.pieces += 1;
        self.identical += usize::from(ours == theirs);
        self.words += ours.len();
        self.equal += ours.iter().zip(theirs).filter(|(a, b)| a == b).count();
        self.bits += ours.iter().zip(theirs).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
    }

    #[expect(clippy::cast_precision_loss, reason = "a share")]
    fn share(&self) -> f64 {
        self.equal as f64 / self.words as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "a share")]
    fn report(&self, name: &str) {
        eprintln!(
            "{name:24} {:2} of {:2} pieces identical, {:8.4} % of {} words equal, bit-error rate {:.2e}",
            self.identical,
            self.pieces,
            100.0 * self.share(),
            self.words,
            f64::from(self.bits) / (32.0 * self.words as f64),
        );
    }
}

fn step() -> usize {
    if std::env::var("JUDGE").is_ok_and(|judge| judge == "all") { 1 } else { 6 }
}

/// Every piece in one form, whole, and in blocks of a size that fits nothing.
fn judged(name: &str, arguments: &[&str], at_least: f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("piece.wav");
    let mut agreement = Agreement::default();
    for piece in music(step()) {
        encode(&piece, arguments, &file);
        agreement.add(Wav::read(&file).fingerprint(4095).words(), &words(&file, "0"));
    }
    if agreement.pieces > 0 {
        agreement.report(name);
        assert!(agreement.share() >= at_least, "{name}: {} of words equal", agreement.share());
    }
}

#[test]
fn mono_of_11025_hz_is_identical() {
    judged("11,025 Hz mono s16", &["-ar", "11025", "-ac", "1"], 1.0);
}

#[test]
fn stereo_of_11025_hz_is_mixed_alike() {
    judged("11,025 Hz stereo s16", &["-ar", "11025"], 0.9999);
}

#[test]
fn stereo_of_44100_hz_agrees() {
    judged("44.1 kHz stereo s16", &["-ar", "44100"], 0.9999);
}

#[test]
fn mono_of_44100_hz_agrees() {
    judged("44.1 kHz mono s16", &["-ar", "44100", "-ac", "1"], 0.9999);
}

#[test]
fn stereo_of_48000_hz_agrees() {
    judged("48 kHz stereo s16", &["-ar", "48000"], 0.9999);
}

#[test]
fn stereo_of_22050_hz_agrees() {
    judged("22.05 kHz stereo s16", &["-ar", "22050"], 0.9999);
}

#[test]
fn mono_of_8000_hz_is_interpolated_alike() {
    judged("8 kHz mono s16", &["-ar", "8000", "-ac", "1"], 0.9999);
}

#[test]
fn stereo_of_32000_hz_is_interpolated_alike() {
    judged("32 kHz stereo s16", &["-ar", "32000"], 0.9999);
}

#[test]
fn bytes_agree() {
    judged("44.1 kHz stereo u8", &["-ar", "44100", "-c:a", "pcm_u8"], 0.9999);
}

#[test]
fn stereo_of_24_bits_agrees() {
    judged("44.1 kHz stereo s24", &["-ar", "44100", "-c:a", "pcm_s24le"], 0.999);
}

#[test]
fn stereo_of_24_bits_and_96_kilohertz_agrees() {
    judged("96 kHz stereo s24", &["-ar", "96000", "-c:a", "pcm_s24le"], 0.999);
}

#[test]
fn floats_agree() {
    judged("44.1 kHz stereo f32", &["-ar", "44100", "-c:a", "pcm_f32le"], 0.999);
}

#[test]
fn floats_are_interpolated_alike() {
    judged("16 kHz stereo f32", &["-ar", "16000", "-c:a", "pcm_f32le"], 0.999);
}

#[test]
fn floats_of_11025_hz_are_rounded_alike() {
    judged("11,025 Hz mono f32", &["-ar", "11025", "-ac", "1", "-c:a", "pcm_f32le"], 0.9999);
}

/// Six channels that differ from each other, made of two.
const SURROUND: &str = "pan=5.1|FL=FL|FR=FR|FC=0.5*FL+0.5*FR|LFE=FL|BL=0.7*FR|BR=0.4*FL-0.4*FR";

#[test]
fn surround_of_integers_agrees() {
    judged("48 kHz 5.1 s16", &["-ar", "48000", "-af", SURROUND], 0.9999);
}

#[test]
fn surround_of_floats_agrees() {
    judged("48 kHz 5.1 f32", &["-ar", "48000", "-af", SURROUND, "-c:a", "pcm_f32le"], 0.999);
}

#[test]
fn four_channels_are_mixed_by_their_positions() {
    let quad = "pan=quad|FL=FL|FR=FR|BL=0.7*FR|BR=0.4*FL-0.4*FR";
    judged("44.1 kHz quad s16", &["-ar", "44100", "-af", quad], 0.9999);
}

fn first(arguments: &[&str], file: &Path) -> bool {
    let piece = music(usize::MAX).into_iter().next();
    piece.inspect(|piece| encode(piece, arguments, file)).is_some()
}

#[test]
fn a_length_is_cut_where_fpcalc_cuts_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("piece.wav");
    if !first(&["-ar", "44100"], &file) {
        return;
    }
    let wav = Wav::read(&file);
    for (length, text) in [(2_700, "2.7"), (10_000, "10"), (33_333, "33.333"), (120_000, "120")] {
        let ours = wav.limited(1152, |fingerprinter| fingerprinter.limited_to(Duration::from_millis(length)));
        assert_eq!(ours.words(), words(&file, text), "{text} s");
    }
}

#[test]
fn every_end_is_mirrored_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("piece.wav");
    // Lengths about the place where a word more or less is decided by the mirrored end.
    for samples in ["120149", "120160", "120169", "120170", "120171", "120180", "120189", "120190", "120220"] {
        if first(&["-ar", "44100", "-af", &format!("atrim=end_sample={samples}")], &file) {
            assert_eq!(Wav::read(&file).fingerprint(1000).words(), words(&file, "0"), "{samples} samples");
        }
    }
}

#[test]
fn the_compressed_form_is_that_of_fpcalc() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("piece.wav");
    for piece in music(6) {
        encode(&piece, &["-ar", "11025", "-ac", "1"], &file);
        let text = fpcalc(&["-length", "0"], &file);
        let fingerprint = Fingerprint::new(words(&file, "0"));
        assert_eq!(fingerprint.encode(), text);
        assert_eq!(Fingerprint::decode(&text), Ok((2, fingerprint)));
    }
}
