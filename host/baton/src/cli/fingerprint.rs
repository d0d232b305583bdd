//! `baton fingerprint FILE…`: prints acoustic fingerprints with the options and output formats of `fpcalc`, so that
//! scripts for `fpcalc` can use it. If the program is called by the name `fpcalc` (through a link), it also uses the
//! messages and exit codes of `fpcalc`. It needs no workspace and changes nothing.
//!
//! Differences: the duration of an MP3 excludes encoder padding. After a file without a fingerprint, the next files are
//! still processed (except when the program is called as `fpcalc`). A container on standard input is copied to a temporary
//! file and read completely.

mod fpcalc;
mod input;
mod print;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use baton_fingerprint::chroma::{Algorithm, ChunkOptions};

use self::input::{FingerprintRun, Input, seconds};
use self::print::{Form, OutputOptions};
use crate::exit::Code;
use crate::output;

pub(crate) use fpcalc::run_as_fpcalc as called_fpcalc;

/// Print the Chromaprint fingerprints of audio files, in the format of `fpcalc`
///
/// The options are those of `fpcalc`, with one dash or two. If this program is started through a link named
/// `fpcalc`, it behaves as `fpcalc`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "`fpcalc` has these options")]
pub(super) struct Args {
    /// The files; - for standard input
    #[arg(required_unless_present = "version", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Fingerprint this many seconds from the start of each file; 0 means the whole file. At most one day is fingerprinted
    #[arg(long, value_name = "SECS", default_value = "120", value_parser = seconds)]
    length: Duration,
    /// Print a fingerprint for each part of SECS seconds; 0: print one fingerprint of the whole file
    #[arg(long, value_name = "SECS", default_value = "0", value_parser = seconds)]
    chunk: Duration,
    /// Let the parts of --chunk overlap, so that the audio at the end of a part is fingerprinted too
    #[arg(long)]
    overlap: bool,
    /// Print the time at which each part was read, in seconds since 1970
    #[arg(long)]
    ts: bool,
    /// The sample format of input without a header (s16le, f32be, u8, …), or the container that the input must have
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// The sample rate of input without a header [default: 44100]
    #[arg(long, value_name = "HZ")]
    rate: Option<u32>,
    /// Channels of input without a header [default: 1]
    #[arg(long, value_name = "NUM", value_parser = clap::value_parser!(u16).range(1..))]
    channels: Option<u16>,
    /// Print the fingerprint as numbers instead of its compressed form
    #[arg(long)]
    raw: bool,
    /// With --raw, print signed numbers
    #[arg(long)]
    signed: bool,
    /// Print a line of JSON for each file
    #[arg(long, overrides_with_all = ["text", "plain"])]
    json: bool,
    /// Print lines of NAME=VALUE (the default)
    #[arg(long, overrides_with_all = ["json", "plain"])]
    text: bool,
    /// Print the fingerprint alone
    #[arg(long, overrides_with_all = ["json", "text"])]
    plain: bool,
    /// Chromaprint's algorithm, from 1 to 5; `baton library` uses only 2
    #[arg(long, value_name = "NUM", default_value = "2", value_parser = algorithm)]
    algorithm: Algorithm,
    /// Print the version of `fpcalc` that computes identical fingerprints
    #[arg(long)]
    version: bool,
    /// Has no effect: damaged parts of a file are always skipped
    #[arg(long, hide = true)]
    ignore_errors: bool,
}

impl Args {
    #[expect(clippy::unnecessary_wraps, reason = "all subcommands have one shape")]
    pub(super) fn run(self) -> anyhow::Result<Code> {
        if self.version {
            output::print(&fpcalc::version());
            return Ok(Code::Good);
        }
        let work = FingerprintRun {
            input: Input { format: self.format, rate_hz: self.rate, channels: self.channels },
            cut: ChunkOptions {
                length: Some(self.length).filter(|length| !length.is_zero()),
                chunk: Some(self.chunk).filter(|chunk| !chunk.is_zero()),
                overlap: self.overlap,
                algorithm: self.algorithm,
            },
            print: OutputOptions {
                form: if self.json {
                    Form::Json
                } else if self.plain {
                    Form::Plain
                } else {
                    Form::Text
                },
                raw: self.raw,
                signed: self.signed,
                timestamps: self.ts,
            },
        };
        let mut code = Code::Good;
        for file in &self.files {
            if let Err(error) = work.one(file) {
                output::error(&error.context_of(file));
                code = Code::Failed;
            }
        }
        Ok(code)
    }
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    let known = text.parse().ok().and_then(Algorithm::from_number);
    known.ok_or_else(|| format!("`{text}` is not one of Chromaprint's algorithms, 1 to 5"))
}

/// The options that `fpcalc` accepts with one dash. In other commands, one dash begins a group of one-letter options, such
/// as `-qn`.
const OF_FPCALC: [&str; 15] = [
    "-raw",
    "-signed",
    "-json",
    "-text",
    "-plain",
    "-length",
    "-chunk",
    "-overlap",
    "-ts",
    "-format",
    "-rate",
    "-channels",
    "-algorithm",
    "-version",
    "-ignore-errors",
];

/// The arguments of the program. An option of `baton fingerprint` that has one dash gets a second dash.
pub(super) fn with_two_dashes(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    // Global options may precede the subcommand. Each is one argument, or uses the next argument as its value.
    let command = arguments.iter().position(|argument| argument == "fingerprint").unwrap_or_default();
    let options = arguments.get(1..command).unwrap_or_default();
    let is_option = |argument: &OsString| argument.as_encoded_bytes().starts_with(b"-");
    let only_options = options.iter().enumerate().all(|(at, argument)| {
        is_option(argument) || at.checked_sub(1).and_then(|before| options.get(before)).is_some_and(is_option)
    });
    if command > 0 && only_options {
        for argument in arguments.iter_mut().skip(command + 1).take_while(|argument| *argument != "--") {
            if let Some(option) = OF_FPCALC.iter().find(|option| argument == *option) {
                *argument = format!("-{option}").into();
            }
        }
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dashed(line: &str) -> String {
        let words = with_two_dashes(line.split(' ').map(OsString::from));
        words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn only_this_command_accepts_the_options_of_fpcalc_with_one_dash() {
        let line = "baton fingerprint -raw -length 10 -w X -json -- -raw";
        assert_eq!(dashed(line), "baton fingerprint --raw --length 10 -w X --json -- -raw");
        let line = "baton --workspace W -v fingerprint -raw";
        assert_eq!(dashed(line), "baton --workspace W -v fingerprint --raw");
        assert_eq!(dashed("baton lint -json"), "baton lint -json");
        assert_eq!(dashed("baton lint fingerprint -json"), "baton lint fingerprint -json");
        assert_eq!(dashed("baton"), "baton");
    }
}
