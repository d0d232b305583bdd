//! `baton fingerprint FILE…`: acoustic fingerprints on stdout, in the forms of `fpcalc` and by its options, so that scripts that call
//! `fpcalc` can call this. Needs no workspace and changes nothing.
//!
//! What differs: a file without a fingerprint does not keep the next ones from theirs, no option cuts it into chunks, and the duration of
//! an MP3 is without what its encoder added.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::anyhow;
use baton_fingerprint::{Fingerprint, Options, Sound};

use crate::exit::Code;
use crate::output;

/// Print how audio files sound: their Chromaprint fingerprints, as `fpcalc` prints them
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "the options of `fpcalc` are such")]
pub(super) struct Args {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How much of each is fingerprinted, from its start; 0 for all of it, up to a day
    #[arg(long, value_name = "SECS", default_value = "120", value_parser = seconds)]
    length: Duration,
    /// Print the fingerprint as numbers instead of its compressed form
    #[arg(long)]
    raw: bool,
    /// Print these numbers with a sign
    #[arg(long)]
    signed: bool,
    /// Print a line of JSON for each file
    #[arg(long, overrides_with_all = ["text", "plain"])]
    json: bool,
    /// Print lines of NAME=VALUE, as without any option
    #[arg(long, overrides_with_all = ["json", "plain"])]
    text: bool,
    /// Print the fingerprint alone
    #[arg(long, overrides_with_all = ["json", "text"])]
    plain: bool,
    /// Chromaprint's algorithm, of which there is one here
    #[arg(long, value_name = "NUM", default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=2), hide = true)]
    algorithm: u8,
    /// Has no effect: damaged parts of a file are always passed over
    #[arg(long, hide = true)]
    ignore_errors: bool,
}

impl Args {
    /// # Errors
    /// Never: a file without a fingerprint is told of on stderr, and the next one comes.
    #[expect(clippy::unnecessary_wraps, reason = "all subcommands have one shape")]
    pub(super) fn run(self) -> anyhow::Result<Code> {
        let length = Some(self.length).filter(|length| !length.is_zero());
        let options = Options { length, hashes: false };
        let mut code = Code::Good;
        for file in &self.files {
            match baton_fingerprint::read(file, options, &AtomicBool::new(false)) {
                Ok(sound) => output::print(&self.shown(&sound)),
                Err(error) => {
                    output::error(&of_file(file, &error));
                    code = Code::Failed;
                }
            }
        }
        Ok(code)
    }

    /// A file's lines, byte for byte as `fpcalc` has them.
    fn shown(&self, sound: &Sound) -> String {
        let fingerprint = if self.raw { numbers(&sound.fingerprint, self.signed) } else { sound.fingerprint.encode() };
        if self.plain {
            format!("{fingerprint}\n")
        } else if self.json {
            let quoted = if self.raw { format!("[{fingerprint}]") } else { format!("\"{fingerprint}\"") };
            // `fpcalc` cuts to milliseconds before it rounds.
            let cut = Duration::from_millis(u64::try_from(sound.duration.as_millis()).unwrap_or(u64::MAX));
            format!("{{\"duration\": {:.2}, \"fingerprint\": {quoted}}}\n", cut.as_secs_f64())
        } else {
            format!("DURATION={}\nFINGERPRINT={fingerprint}\n", sound.duration.as_secs())
        }
    }
}

fn of_file(file: &Path, error: &baton_fingerprint::Error) -> anyhow::Error {
    anyhow!("{}: {error} ({})", file.display(), error.reason.word())
}

fn numbers(fingerprint: &Fingerprint, signed: bool) -> String {
    let number = |word: &u32| if signed { word.cast_signed().to_string() } else { word.to_string() };
    fingerprint.words().iter().map(number).collect::<Vec<_>>().join(",")
}

/// Seconds, also parts of one.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| format!("`{text}` is no number of seconds; 0 is all of the file"))
}

/// The options of `fpcalc` as it spells them, with one dash, which stand for one letter each elsewhere.
const OF_FPCALC: [&str; 8] = ["-raw", "-signed", "-json", "-text", "-plain", "-length", "-algorithm", "-ignore-errors"];

/// The arguments of the program; those of `baton fingerprint` that `fpcalc` spells with one dash get their second.
pub(super) fn with_two_dashes(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    // Options of the program may come before; each is one argument, or takes the next one.
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
    fn options_of_fpcalc_are_those_of_this_command_alone() {
        let line = "baton fingerprint -raw -length 10 -w X -json -- -raw";
        assert_eq!(dashed(line), "baton fingerprint --raw --length 10 -w X --json -- -raw");
        let line = "baton --workspace W -v fingerprint -raw";
        assert_eq!(dashed(line), "baton --workspace W -v fingerprint --raw");
        assert_eq!(dashed("baton lint -json"), "baton lint -json");
        assert_eq!(dashed("baton lint fingerprint -json"), "baton lint fingerprint -json");
        assert_eq!(dashed("baton"), "baton");
    }

    #[test]
    fn a_length_is_seconds_and_parts_of_one() {
        assert_eq!(seconds("10.5"), Ok(Duration::from_millis(10_500)));
        assert_eq!(seconds("0"), Ok(Duration::ZERO));
        assert!(["-5", "x", "", "nan", "1e300"].iter().all(|text| seconds(text).is_err()));
    }
}
