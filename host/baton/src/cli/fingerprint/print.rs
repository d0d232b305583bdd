//! Prints each part of a file, byte for byte as `fpcalc` does.

use std::time::Duration;

use baton_fingerprint::Fingerprint;
use baton_fingerprint::chroma::{Algorithm, Chunk};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    #[default]
    Text,
    Json,
    Plain,
}

/// The options of the output.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OutputOptions {
    pub(super) form: Form,
    pub(super) raw: bool,
    pub(super) signed: bool,
    pub(super) timestamps: bool,
}

/// A part of a file, or all of it.
pub(super) struct OutputPart<'a> {
    pub(super) fingerprint: &'a Fingerprint,
    pub(super) algorithm: Algorithm,
    /// The start of the part, in seconds: from the start of the file or, with `--ts`, as the time of day.
    pub(super) begin_s: f64,
    pub(super) length_s: f64,
    /// True if each part of the file has a separate fingerprint (`--chunk`).
    pub(super) is_chunk: bool,
    /// True if this is the first part of the file.
    pub(super) is_first: bool,
}

impl OutputPart<'_> {
    /// The whole file, with its duration.
    pub(super) fn whole(chunk: &Chunk, algorithm: Algorithm, duration: Duration, begin_s: f64) -> OutputPart<'_> {
        // `fpcalc` truncates to milliseconds before it rounds.
        let length_s = Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)).as_secs_f64();
        OutputPart { fingerprint: &chunk.fingerprint, algorithm, begin_s, length_s, is_chunk: false, is_first: true }
    }
}

impl OutputOptions {
    pub(super) fn lines(self, part: &OutputPart<'_>) -> String {
        let OutputPart { begin_s, length_s, .. } = *part;
        let words = part.fingerprint;
        let fingerprint = if self.raw { numbers(words, self.signed) } else { words.encode_as(part.algorithm) };
        match self.form {
            Form::Plain => format!("{fingerprint}\n"),
            Form::Json => {
                let quoted = if self.raw { format!("[{fingerprint}]") } else { format!("\"{fingerprint}\"") };
                let begin = if part.is_chunk { format!("\"timestamp\": {begin_s:.2}, ") } else { String::new() };
                format!("{{{begin}\"duration\": {length_s:.2}, \"fingerprint\": {quoted}}}\n")
            }
            Form::Text => {
                let apart = if part.is_first { "" } else { "\n" };
                let begin = if self.timestamps { format!("TIMESTAMP={begin_s:.2}\n") } else { String::new() };
                format!("{apart}{begin}DURATION={:.0}\nFINGERPRINT={fingerprint}\n", length_s.trunc())
            }
        }
    }
}

fn numbers(fingerprint: &Fingerprint, signed: bool) -> String {
    let number = |word: &u32| if signed { word.cast_signed().to_string() } else { word.to_string() };
    fingerprint.words().iter().map(number).collect::<Vec<_>>().join(",")
}
