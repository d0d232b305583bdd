//! Real music with usual changes: `ffmpeg` changes a piece, `fpcalc` fingerprints the result, and the words are stored.
//!
//! `fpcalc` computes the words instead of the code of this repository, so that only the search is measured. The start of a
//! piece is decoded once, changed by one `ffmpeg` with many outputs, and fingerprinted by one `fpcalc`. The words are stored
//! in a folder, in one file of little-endian words for each piece and change. Stored words are not computed again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The number of additional seconds of a piece that are decoded, because cutting and speeding up shorten the piece.
const MORE_S: u32 = 15;

/// The class of a change. It decides whether the search must find the changed piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nothing is changed.
    Original,
    /// Another codec, cut, padded, louder, quieter, resampled, mono: the sixteen changes that must all be found.
    Standard,
    /// An equaliser, one channel, loudness, noise.
    Hard,
    /// Only a part of the frequency range is kept.
    Band,
    /// Faster or slower, with another pitch.
    Speed,
    /// Faster or slower, with the same pitch.
    Tempo,
    /// Higher or lower, with the same length.
    Pitch,
    /// The original at another speed. Such prints are only queries, and are not in a library.
    Query,
    /// A short part of a piece in much silence. It must not match another piece.
    Silence,
}

/// One change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transform {
    /// The name of the change, which is also in the name of the file with the changed piece's words.
    pub(crate) name: &'static str,
    /// Its class.
    pub(crate) class: Class,
    filter: &'static str,
    ending: &'static str,
    codec: &'static [&'static str],
}

const fn filter(name: &'static str, class: Class, filter: &'static str) -> Transform {
    Transform { name, class, filter, ending: "wav", codec: &["-c:a", "pcm_s16le"] }
}

const fn coded(name: &'static str, ending: &'static str, codec: &'static [&'static str]) -> Transform {
    Transform { name, class: Class::Standard, filter: "anull", ending, codec }
}

/// The name of the change that leaves a piece as it is.
pub(crate) const ORIGINAL: &str = "original";

/// The speeds of the nine query prints, in thousandths. The speed of the original is 1000.
pub(crate) const QUERIES: [&str; 9] = [
    "query_980",
    "query_985",
    "query_990",
    "query_995",
    ORIGINAL,
    "query_1005",
    "query_1010",
    "query_1015",
    "query_1020",
];

/// The change in which [`with_noise`] adds noise, 20 dB below the music.
const NOISE: &str = "noise_20";

/// All changes.
pub(crate) const TRANSFORMS: [Transform; 40] = [
    filter(ORIGINAL, Class::Original, "anull"),
    coded("mp3_64", "mp3", &["-c:a", "libmp3lame", "-compression_level", "7", "-b:a", "64k"]),
    coded("mp3_128", "mp3", &["-c:a", "libmp3lame", "-compression_level", "7", "-b:a", "128k"]),
    coded("aac_64", "m4a", &["-c:a", "aac", "-b:a", "64k"]),
    coded("aac_160", "m4a", &["-c:a", "aac", "-b:a", "160k"]),
    coded("vorbis_q0", "ogg", &["-c:a", "libvorbis", "-q:a", "0"]),
    coded("vorbis_q5", "ogg", &["-c:a", "libvorbis", "-q:a", "5"]),
    coded("opus_48", "opus", &["-c:a", "libopus", "-b:a", "48k"]),
    coded("opus_128", "opus", &["-c:a", "libopus", "-b:a", "128k"]),
    filter("trim_1", Class::Standard, "atrim=start=1,asetpts=PTS-STARTPTS"),
    filter("trim_5", Class::Standard, "atrim=start=5,asetpts=PTS-STARTPTS"),
    filter("trim_10", Class::Standard, "atrim=start=10,asetpts=PTS-STARTPTS"),
    filter("pad_3", Class::Standard, "adelay=3000:all=1"),
    filter("quiet_12", Class::Standard, "volume=-12dB"),
    filter("clip_9", Class::Standard, "volume=9dB"),
    filter("rate_22k", Class::Standard, "aresample=22050"),
    filter("mono", Class::Standard, "aformat=channel_layouts=mono"),
    filter("eq", Class::Hard, "bass=g=10:f=110,equalizer=f=1000:t=o:w=1:g=-8,treble=g=8"),
    filter("left", Class::Hard, "pan=mono|c0=c0"),
    filter("loudnorm", Class::Hard, "loudnorm=I=-16:TP=-1.5:LRA=11,aresample=44100,aformat=channel_layouts=stereo"),
    filter(NOISE, Class::Hard, "anull"),
    filter("band_200_4000", Class::Band, "highpass=f=200,highpass=f=200,lowpass=f=4000,lowpass=f=4000"),
    filter("speed_up_2", Class::Speed, "asetrate=44982,aresample=44100"),
    filter("speed_down_2", Class::Speed, "asetrate=43218,aresample=44100"),
    // The worst case: the speeds of these two are in the middle between the speeds of two query prints, 0.25 % from each.
    filter("speed_up_1.25", Class::Speed, "asetrate=44651,aresample=44100"),
    filter("speed_down_0.75", Class::Speed, "asetrate=43769,aresample=44100"),
    filter("tempo_up_2", Class::Tempo, "atempo=1.02"),
    filter("tempo_down_2", Class::Tempo, "atempo=0.98"),
    filter("pitch_up_2", Class::Pitch, "asetrate=44982,aresample=44100,atempo=0.98039216"),
    filter("pitch_down_2", Class::Pitch, "asetrate=43218,aresample=44100,atempo=1.02040816"),
    filter("query_980", Class::Query, "asetrate=43218,aresample=44100"),
    filter("query_985", Class::Query, "asetrate=43439,aresample=44100"),
    filter("query_990", Class::Query, "asetrate=43659,aresample=44100"),
    filter("query_995", Class::Query, "asetrate=43880,aresample=44100"),
    filter("query_1005", Class::Query, "asetrate=44321,aresample=44100"),
    filter("query_1010", Class::Query, "asetrate=44541,aresample=44100"),
    filter("query_1015", Class::Query, "asetrate=44762,aresample=44100"),
    filter("query_1020", Class::Query, "asetrate=44982,aresample=44100"),
    filter("silence_before", Class::Silence, "adelay=70000:all=1"),
    filter("silence_after", Class::Silence, "atrim=end=20,apad=pad_dur=100"),
];

/// The path of the stored words of a piece in one change.
pub(crate) fn kept(cache: &Path, piece: &str, transform: &str) -> PathBuf {
    cache.join(piece).join(format!("{transform}.words"))
}

/// The stored words; `None` if there are none.
pub(crate) fn words(cache: &Path, piece: &str, transform: &str) -> Option<Vec<u32>> {
    let bytes = fs::read(kept(cache, piece, transform)).ok()?;
    let (words, _) = bytes.as_chunks();
    Some(words.iter().copied().map(u32::from_le_bytes).collect())
}

/// Computes the missing words of the first `length_s` seconds of a piece. `work` is a folder for intermediate files.
///
/// # Errors
/// When `ffmpeg` or `fpcalc` is missing or fails.
pub(crate) fn make(
    (cache, work): (&Path, &Path),
    (piece, file): (&str, &Path),
    wanted: &[Transform],
    length_s: u32,
) -> io::Result<()> {
    let missing: Vec<_> = wanted.iter().filter(|change| !kept(cache, piece, change.name).exists()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(cache.join(piece))?;
    let [base, noisy] = ["base.wav", "noisy.wav"].map(|name| work.join(name));
    let mut decode = ffmpeg();
    decode.arg("-i").arg(file).args(["-t", &(length_s + MORE_S).to_string()]);
    run(decode.args(["-vn", "-ac", "2", "-ar", "44100", "-c:a", "pcm_s16le"]).arg(&base))?;
    if missing.iter().any(|change| change.name == NOISE) {
        fs::write(&noisy, with_noise(&fs::read(&base)?))?;
    }
    let mut change = ffmpeg();
    change.arg("-i").arg(&base);
    let outputs: Vec<_> = missing.iter().map(|one| work.join(format!("{}.{}", one.name, one.ending))).collect();
    for (one, output) in missing.iter().zip(&outputs) {
        if one.name != NOISE {
            change.args(["-af", one.filter]).args(one.codec).arg(output);
        }
    }
    if missing.iter().any(|one| one.name != NOISE) {
        run(&mut change)?;
    }
    let inputs = missing.iter().zip(&outputs).map(|(one, output)| if one.name == NOISE { &noisy } else { output });
    let prints = fpcalc(&inputs.collect::<Vec<_>>(), length_s)?;
    for (one, words) in missing.iter().zip(&prints) {
        keep(&kept(cache, piece, one.name), words)?;
    }
    outputs.iter().try_for_each(|output| if output.exists() { fs::remove_file(output) } else { Ok(()) })
}

/// Computes the words of a sound that `ffmpeg` generates, for example `sine=f=220`.
///
/// # Errors
/// When `ffmpeg` or `fpcalc` is missing or fails.
pub(crate) fn make_synthetic(
    (cache, work): (&Path, &Path),
    (name, source): (&str, &str),
    length_s: u32,
) -> io::Result<()> {
    let target = kept(cache, name, ORIGINAL);
    if target.exists() {
        return Ok(());
    }
    fs::create_dir_all(cache.join(name))?;
    let sound = work.join("synthetic.wav");
    let mut make = ffmpeg();
    make.args(["-f", "lavfi", "-i", source, "-t", &length_s.to_string(), "-ar", "44100", "-ac", "2"]);
    run(make.arg(&sound))?;
    fpcalc(&[&sound], length_s)?.iter().try_for_each(|words| keep(&target, words))
}

/// Writes the file in one step, so that an interrupted run leaves no partial file.
fn keep(file: &Path, words: &[u32]) -> io::Result<()> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let half = file.with_extension("half");
    fs::write(&half, bytes)?;
    fs::rename(half, file)
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-threads", "1", "-filter_threads", "1"]);
    command
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("{}: {said}", command.get_program().display())))
    }
}

/// The words of each file, in order, by one process.
///
/// # Errors
/// When there is no `fpcalc`, or one of the files has no words.
fn fpcalc(files: &[&PathBuf], length_s: u32) -> io::Result<Vec<Vec<u32>>> {
    let mut command = Command::new("fpcalc");
    command.args(["-raw", "-ignore-errors", "-length", &length_s.to_string()]);
    let output = command.args(files).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let lines = said.lines().filter_map(|line| line.strip_prefix("FINGERPRINT="));
    let words = lines.map(|line| line.split(',').map(|word| word.trim().parse().map_err(io::Error::other)).collect());
    let prints = words.collect::<io::Result<Vec<Vec<u32>>>>()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let why = || io::Error::other(format!("fpcalc has words for {} of {} files: {said}", prints.len(), files.len()));
    if prints.len() == files.len() { Ok(prints) } else { Err(why()) }
}

/// The same WAV with white noise 20 dB below it; the noise is the same each time.
#[expect(clippy::cast_possible_truncation, reason = "the value is clamped to 16 bits")]
fn with_noise(wav: &[u8]) -> Vec<u8> {
    // The header that ffmpeg writes ends with the size of the data.
    let start = wav.windows(4).position(|four| four == b"data").map_or(wav.len(), |at| at + 8);
    let (header, data) = wav.split_at(start.min(wav.len()));
    let samples = || data.as_chunks().0.iter().copied().map(i16::from_le_bytes).map(f64::from);
    let count = f64::from(u32::try_from(data.len() / 2).unwrap_or(u32::MAX)).max(1.0);
    let rms = (samples().map(|sample| sample * sample).sum::<f64>() / count).sqrt();
    // Uniform noise between -a and a has a root mean square of a / sqrt(3).
    let reach = rms * 0.1 * 3.0_f64.sqrt();
    let mut state = 0x9e37_79b9_u32;
    let noisy = samples().flat_map(|sample| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let noise = (f64::from(state) / f64::from(u32::MAX) * 2.0 - 1.0) * reach;
        ((sample + noise).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes()
    });
    header.iter().copied().chain(noisy).collect()
}
