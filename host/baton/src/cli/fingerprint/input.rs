//! The input: files, standard input, samples without a header.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use baton_fingerprint::chroma::{Chunk, ChunkOptions};
use baton_fingerprint::{Error, Form, Pcm, Stream};

use super::print::{OutputOptions, OutputPart};
use crate::output;

/// The options about the input.
#[derive(Clone, Debug, Default)]
pub(super) struct Input {
    pub(super) format: Option<String>,
    pub(super) rate_hz: Option<u32>,
    pub(super) channels: Option<u16>,
}

/// Containers: the names in `FFmpeg`, and the names in a [`Stream`].
const CONTAINERS: [(&str, &[&str]); 17] = [
    ("wav", &["wav"]),
    ("mp3", &["mp1", "mp2", "mp3"]),
    ("mp2", &["mp1", "mp2", "mp3"]),
    ("flac", &["flac"]),
    ("ogg", &["ogg"]),
    ("oga", &["ogg"]),
    ("aiff", &["aiff"]),
    ("caf", &["caf"]),
    ("aac", &["adts"]),
    ("adts", &["adts"]),
    ("mov", &["mp4"]),
    ("mp4", &["mp4"]),
    ("m4a", &["mp4"]),
    ("ipod", &["mp4"]),
    ("matroska", &["mkv"]),
    ("mka", &["mkv"]),
    ("webm", &["mkv"]),
];

/// Containers that have the duration at their start. For other containers from a pipe, `fpcalc` prints 0.
const DURATION_AT_START: [&str; 4] = ["flac", "aiff", "mp4", "mkv"];

/// Why a file has no fingerprint.
pub(super) enum Failure {
    /// `--format` names an unsupported format.
    Format(String),
    /// The file has a different container than the container that `--format` names.
    Other(&'static str),
    /// The file cannot be read or decoded.
    Unreadable(Error),
    /// The file is too short for a fingerprint.
    Short,
    /// The file has no samples.
    Empty,
    /// Standard input could not be copied.
    Kept(io::Error),
}

impl Failure {
    /// The error message.
    pub(super) fn context_of(self, file: &Path) -> anyhow::Error {
        let name = if is_stdin(file) { "standard input".to_owned() } else { file.display().to_string() };
        match self {
            Self::Format(format) => {
                let known: Vec<_> = CONTAINERS.iter().map(|(name, _)| *name).collect();
                anyhow!(
                    "`{format}` is not a supported format: name s16le, s24be, f32le, u8 or similar, or {}",
                    known.join(", ")
                )
            }
            Self::Other(container) => {
                anyhow!("{name}: the file is {container}, but --format names another format; omit --format")
            }
            Self::Unreadable(error) => anyhow!("{name}: {error} ({})", error.reason.word()),
            Self::Short | Self::Empty => {
                anyhow!("{name}: it is too short for a fingerprint, which needs 3 s (too_short)")
            }
            Self::Kept(error) => anyhow!("{name}: failed to copy it into a temporary file: {error}"),
        }
    }
}

/// True if the name means standard input.
fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// The progress of one file.
struct Progress {
    /// The part that covers the whole file. It is printed when the duration is known.
    whole: Option<Chunk>,
    is_first: bool,
    is_short: bool,
    begin_s: f64,
}

/// Reads, fingerprints and prints files.
pub(super) struct FingerprintRun {
    pub(super) input: Input,
    pub(super) cut: ChunkOptions,
    pub(super) print: OutputOptions,
}

impl FingerprintRun {
    /// Fingerprints a file and prints each part as soon as it is complete.
    pub(super) fn one(&self, file: &Path) -> Result<(), Failure> {
        let stop = AtomicBool::new(false);
        let mut progress = Progress { whole: None, is_first: true, is_short: false, begin_s: self.now() };
        let read = self.read(file, &mut |chunk| self.take(chunk, &mut progress, &stop), &stop);
        if progress.is_short {
            return Err(Failure::Short);
        }
        let duration = read?;
        if let Some(chunk) = progress.whole {
            output::print(&self.print.lines(&OutputPart::whole(
                &chunk,
                self.cut.algorithm,
                duration,
                progress.begin_s,
            )));
        } else if progress.is_first {
            return Err(Failure::Empty);
        }
        Ok(())
    }

    /// Receives a part. If the first part is too short, the rest of the file is not read, as in `fpcalc`.
    fn take(&self, chunk: Chunk, progress: &mut Progress, stop: &AtomicBool) {
        if chunk.fingerprint.words().is_empty() {
            if progress.is_first {
                progress.is_short = true;
                stop.store(true, Ordering::Relaxed);
            }
        } else if self.cut.chunk.is_some() && !progress.is_short {
            let begin_s = if self.print.timestamps { progress.begin_s } else { chunk.begin_s };
            output::print(&self.print.lines(&OutputPart {
                fingerprint: &chunk.fingerprint,
                algorithm: self.cut.algorithm,
                begin_s,
                length_s: chunk.length_s,
                is_chunk: true,
                is_first: progress.is_first,
            }));
        } else {
            progress.whole = Some(chunk);
        }
        progress.is_first = false;
        progress.begin_s = self.now();
    }

    /// The time of day, if requested.
    fn now(&self) -> f64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        if self.print.timestamps { since.as_secs_f64() } else { 0.0 }
    }

    /// Reads a file. Returns its duration, or 0 if `fpcalc` would not know it.
    fn read(&self, file: &Path, take: &mut dyn FnMut(Chunk), stop: &AtomicBool) -> Result<Duration, Failure> {
        let (form, containers) = self.format()?;
        if let Some(form) = form {
            let (rate_hz, channels) = (self.input.rate_hz.filter(|hz| *hz > 0), self.input.channels);
            let pcm = Pcm { rate_hz: rate_hz.unwrap_or(44_100), channels: channels.unwrap_or(1), form };
            return self.samples(file, pcm, take, stop);
        }
        let opened = if is_stdin(file) {
            kept(&mut io::stdin().lock()).map_err(Failure::Kept)?
        } else {
            baton_fingerprint::open(file).map_err(Failure::Unreadable)?
        };
        let read = baton_fingerprint::read_chunks(opened, &self.cut, take, stop);
        let Stream { duration, container } = read.map_err(Failure::Unreadable)?;
        if containers.is_some_and(|containers| !containers.contains(&container)) {
            return Err(Failure::Other(container));
        }
        let knows_duration = !is_stdin(file) || DURATION_AT_START.contains(&container);
        Ok(if knows_duration { duration } else { Duration::ZERO })
    }

    /// Reads samples without a header. The duration of a file follows from its size.
    fn samples(
        &self,
        file: &Path,
        pcm: Pcm,
        take: &mut dyn FnMut(Chunk),
        stop: &AtomicBool,
    ) -> Result<Duration, Failure> {
        if is_stdin(file) {
            let read = baton_fingerprint::read_pcm(&mut io::stdin().lock(), pcm, &self.cut, take, stop);
            return read.map(|()| Duration::ZERO).map_err(Failure::Unreadable);
        }
        let mut opened = baton_fingerprint::open(file).map_err(Failure::Unreadable)?;
        let bytes = opened.metadata().map_or(0, |metadata| metadata.len());
        let read = baton_fingerprint::read_pcm(&mut opened, pcm, &self.cut, take, stop);
        read.map(|()| pcm.duration(bytes)).map_err(Failure::Unreadable)
    }

    /// Parses the `--format` option: a sample format, or the containers with that name.
    fn format(&self) -> Result<(Option<Form>, Option<&'static [&'static str]>), Failure> {
        let Some(name) = &self.input.format else {
            return Ok((None, None));
        };
        if let Some(form) = Form::from_name(name) {
            return Ok((Some(form), None));
        }
        let known = CONTAINERS.iter().find(|(known, _)| known == name);
        known.map(|(_, containers)| (None, Some(*containers))).ok_or_else(|| Failure::Format(name.clone()))
    }
}

/// Copies the input to an unnamed temporary file, because demuxers seek and a pipe does not support that.
fn kept(from: &mut dyn Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(from, &mut file)?;
    file.rewind()?;
    Ok(file)
}

/// Parses a number of seconds.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| format!("`{text}` is not a number of seconds; 0 means the whole file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_a_number_of_seconds_with_or_without_a_fraction() {
        assert_eq!(seconds("10.5"), Ok(Duration::from_millis(10_500)));
        assert_eq!(seconds("0"), Ok(Duration::ZERO));
        assert!(["-5", "x", "", "nan", "1e300"].iter().all(|text| seconds(text).is_err()));
    }
}
