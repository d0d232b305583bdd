//! One program of the comparison in `speed`, in a separate process: `speed-words` fingerprints a list of files, `speed-decode` decodes
//! them with symphonia and discards the samples, `speed-rusty` passes the samples to rusty-chromaprint. The first line of the list has
//! the number of seconds of each file (0 for all), the second the number of threads.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use baton_fingerprint::{Options, read};
use rusty_chromaprint::{Configuration, Fingerprinter};
use serde_json::json;
use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use crate::child::peak_mib;

/// Processes the list and prints the result.
///
/// # Errors
/// When the list is missing, or one of its files cannot be processed.
#[expect(clippy::print_stdout, reason = "its parent reads it")]
pub(crate) fn main(name: &str, list: &Path) -> anyhow::Result<()> {
    let list = std::fs::read_to_string(list)?;
    let mut lines = list.lines();
    let seconds: u64 = lines.next().context("the list is empty")?.parse()?;
    let threads: usize = lines.next().context("the list is empty")?.parse()?;
    let files: Vec<PathBuf> = lines.map(PathBuf::from).collect();
    let begun = Instant::now();
    let audio_s: f64 = match name {
        "speed-decode" => files.iter().map(|file| decoded_s(file, seconds, |_| Ok(()))).sum::<anyhow::Result<_>>()?,
        "speed-rusty" => files.iter().map(|file| rusty_s(file, seconds)).sum::<anyhow::Result<_>>()?,
        _ => fingerprinted(&files, seconds, threads)?,
    };
    let wall_s = begun.elapsed().as_secs_f64();
    println!("{}", json!({ "audio_s": audio_s, "wall_s": wall_s, "peak_mib": peak_mib() }));
    Ok(())
}

/// Each thread takes the next file of the list.
fn fingerprinted(files: &[PathBuf], seconds: u64, threads: usize) -> anyhow::Result<f64> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let options = Options { length: (seconds > 0).then(|| Duration::from_secs(seconds)), hashes: false };
    let work = || {
        let mut audio_s = 0.0;
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            audio_s += read(file, options, &stop)?.duration.as_secs_f64();
        }
        anyhow::Ok(audio_s)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| anyhow::bail!("a worker panicked"))).sum()
    })
}

/// Fingerprints the file with rusty-chromaprint: interleaved samples of 16 bits, the algorithm of `AcoustID`. Returns the seconds of
/// audio.
fn rusty_s(file: &Path, seconds: u64) -> anyhow::Result<f64> {
    let mut printer = Fingerprinter::new(&Configuration::preset_test2());
    let (mut samples, mut started) = (Vec::<i16>::new(), false);
    let audio_s = decoded_s(file, seconds, |block| {
        if !started {
            let channels = u32::try_from(block.spec().channels().count())?;
            printer.start(block.spec().rate(), channels).map_err(|failed| anyhow::anyhow!("{failed:?}"))?;
            started = true;
        }
        block.copy_to_vec_interleaved(&mut samples);
        printer.consume(&samples);
        Ok(())
    })?;
    printer.finish();
    anyhow::ensure!(!printer.fingerprint().is_empty(), "rusty-chromaprint found no words in {}", file.display());
    Ok(audio_s)
}

/// The amount of audio that symphonia decoded. Each block is passed to `take`.
fn decoded_s(
    file: &Path,
    seconds: u64,
    mut take: impl FnMut(&GenericAudioBufferRef<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    let stream = MediaSourceStream::new(Box::new(File::open(file)?), MediaSourceStreamOptions::default());
    let probe = symphonia::default::get_probe();
    let mut format = probe.probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())?;
    let track = format.default_track(TrackType::Audio).context("no audio")?;
    let parameters = track.codec_params.as_ref().and_then(|known| known.audio()).context("no audio")?.clone();
    let codecs = symphonia::default::get_codecs();
    let mut decoder = codecs.make_audio_decoder(&parameters, &AudioDecoderOptions::default())?;
    let mut decoded_s = 0.0;
    while let Some(packet) = format.next_packet()? {
        let block = decoder.decode(&packet)?;
        decoded_s += f64::from(u32::try_from(block.frames())?) / f64::from(block.spec().rate());
        take(&block)?;
        if seconds > 0 && decoded_s >= f64::from(u32::try_from(seconds)?) {
            break;
        }
    }
    Ok(decoded_s)
}
