//! Runs one part of the work, so that a tool such as `perf stat` can measure this part: `speed words|decode|read|hashes
//! SECONDS FILE...`. SECONDS 0 means the whole file. `decode` only decodes the file with symphonia; every part that decodes
//! the file needs at least this time.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use baton_fingerprint::{Options, read};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, seconds, files @ ..] = arguments.as_slice() else { return };
    let seconds: u64 = seconds.parse().unwrap_or_default();
    for file in files.iter().map(Path::new) {
        match what.as_str() {
            "decode" => drop(decoded(file, seconds)),
            _ => {
                let length = (seconds > 0).then(|| Duration::from_secs(seconds));
                let options = Options { length, hashes: what == "hashes" };
                let found = read(file, options, &AtomicBool::new(false));
                if what == "words" {
                    show(file, found);
                }
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "it is a command-line tool")]
fn show(file: &Path, found: Result<baton_fingerprint::AudioReport, baton_fingerprint::Error>) {
    match found {
        Ok(found) => {
            let words: Vec<String> = found.fingerprint.words().iter().map(u32::to_string).collect();
            println!("{} {:?} {} {}", file.display(), found.duration, found.codec, words.join(","));
        }
        Err(error) => println!("{} {:?} {error}", file.display(), error.reason),
    }
}

fn decoded(file: &Path, seconds: u64) -> Option<u64> {
    let stream = MediaSourceStream::new(Box::new(File::open(file).ok()?), MediaSourceStreamOptions::default());
    let probe = symphonia::default::get_probe();
    let mut format = probe.probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default()).ok()?;
    let track = format.default_track(TrackType::Audio)?;
    let parameters = track.codec_params.as_ref()?.audio()?.clone();
    let codecs = symphonia::default::get_codecs();
    let mut decoder = codecs.make_audio_decoder(&parameters, &AudioDecoderOptions::default()).ok()?;
    let mut frames = 0;
    while let Ok(Some(packet)) = format.next_packet() {
        let Ok(block) = decoder.decode(&packet) else { continue };
        frames += block.frames() as u64;
        if seconds > 0 && frames >= seconds * u64::from(block.spec().rate()) {
            break;
        }
    }
    Some(frames)
}
