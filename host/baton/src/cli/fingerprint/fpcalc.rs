//! Imitates the command line, the messages and the exit codes of `fpcalc` 1.5.1, for programs that call `fpcalc`
//! (pyacoustid, beets, `MusicBrainz` Picard). Stops at the first file without a fingerprint, with exit code 2.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_fingerprint::chroma::{Algorithm, ChunkOptions};

use super::input::{Failure, FingerprintRun, Input, seconds};
use super::print::{Form, OutputOptions};
use crate::exit::Code;
use crate::output;

const HELP: &str = "[OPTIONS] FILE [FILE...]

Generate fingerprints from audio files and from standard input (-).

Options:
  -format NAME   The format of input without a header: s16le, f32be, u8, ...
  -rate NUM      The sample rate of such input
  -channels NUM  The number of channels of such input
  -length SECS   How much of each file is processed (default 120)
  -chunk SECS    Split the input into chunks of this duration
  -algorithm NUM The algorithm, 1 to 5 (default 2)
  -overlap       Let the chunks overlap, so that the audio at their edges is fingerprinted
  -ts            Print UNIX timestamps for chunks
  -raw           Print fingerprints as numbers
  -signed        Print these numbers with a sign
  -json          Print JSON
  -text          Print text
  -plain         Print the fingerprint alone
  -version       Print the version
";

/// The output of `fpcalc -version`: the version of `fpcalc` that computes the same fingerprints.
pub(super) fn version() -> String {
    format!("fpcalc version 1.5.1 (baton {})\n", env!("CARGO_PKG_VERSION"))
}

/// Behaves as `fpcalc` if the program was called by that name; otherwise returns `None`.
pub(crate) fn run_as_fpcalc() -> Option<Code> {
    let mut arguments = std::env::args_os();
    let name = arguments.next()?;
    if Path::new(&name).file_name() != Some(OsStr::new("fpcalc")) {
        return None;
    }
    Some(match parse(arguments) {
        Ok(FpcalcOption::Text(text)) => {
            output::print(&text.replace("{name}", &output::one_line(&name.to_string_lossy())));
            Code::Good
        }
        Ok(FpcalcOption::Files(files, work)) => run(&files, &work),
        Err(error) => failed(&error),
    })
}

fn run(files: &[PathBuf], work: &FingerprintRun) -> Code {
    for file in files {
        if let Err(failure) = work.one(file) {
            return failed(&message(failure));
        }
    }
    Code::Good
}

fn failed(error: &str) -> Code {
    output::note(&format!("ERROR: {}", output::one_line(error)));
    Code::Failed
}

fn message(failure: Failure) -> String {
    match failure {
        Failure::Format(_) => "Invalid format".to_owned(),
        Failure::Other(container) => format!("Could not open the input file (it is {container})"),
        Failure::Unreadable(error) => format!("Could not open the input file ({error})"),
        Failure::Short => "Empty fingerprint".to_owned(),
        Failure::Empty => "Not enough audio data".to_owned(),
        Failure::Kept(error) => format!("Could not read standard input ({error})"),
    }
}

/// The command that the arguments request.
enum FpcalcOption {
    Text(String),
    Files(Vec<PathBuf>, FingerprintRun),
}

/// Parses the arguments in order, as `fpcalc` does: every argument that is not an option is a file.
fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<FpcalcOption, String> {
    let mut work = FingerprintRun {
        input: Input::default(),
        cut: ChunkOptions { length: Some(Duration::from_mins(2)), ..ChunkOptions::default() },
        print: OutputOptions::default(),
    };
    let mut files = Vec::new();
    while let Some(argument) = arguments.next() {
        let Some(option) = argument.to_str().filter(|text| text.len() > 1 && text.starts_with('-')) else {
            files.push(PathBuf::from(argument));
            continue;
        };
        match option {
            "--" => files.extend(arguments.by_ref().map(PathBuf::from)),
            "-v" | "-version" => return Ok(FpcalcOption::Text(version())),
            "-h" | "-help" | "--help" => return Ok(FpcalcOption::Text(format!("Usage: {{name}} {HELP}"))),
            // Damage is always ignored.
            "-ignore-errors" => {}
            _ if flag(option, &mut work) => {}
            _ => set(option, &mut arguments, &mut work)?,
        }
    }
    if files.is_empty() { Err("No input files".to_owned()) } else { Ok(FpcalcOption::Files(files, work)) }
}

/// Sets an option without a value. Returns false if there is no such option.
fn flag(option: &str, work: &mut FingerprintRun) -> bool {
    let FingerprintRun { cut, print, .. } = work;
    match option {
        "-text" => print.form = Form::Text,
        "-json" => print.form = Form::Json,
        "-plain" => print.form = Form::Plain,
        "-overlap" => cut.overlap = true,
        "-ts" => print.timestamps = true,
        "-raw" => print.raw = true,
        "-signed" => print.signed = true,
        _ => return false,
    }
    true
}

/// Sets an option with a value.
fn set(option: &str, arguments: &mut impl Iterator<Item = OsString>, work: &mut FingerprintRun) -> Result<(), String> {
    const VALUED: [&str; 11] =
        ["-format", "-f", "-channels", "-c", "-rate", "-r", "-length", "-t", "-chunk", "-algorithm", "-a"];
    let unknown = || format!("Unknown option {option}");
    let value = VALUED.contains(&option).then(|| arguments.next()).flatten().ok_or_else(unknown)?;
    let value = value.to_string_lossy();
    let wrong = |what: &str| format!("The argument for {option} must be {what}");
    let time = || {
        let time = seconds(&value).map_err(|_| wrong("a positive number"))?;
        Ok::<_, String>(Some(time).filter(|time| !time.is_zero()))
    };
    let FingerprintRun { input, cut, .. } = work;
    match option {
        "-format" | "-f" => input.format = Some(value.clone().into_owned()),
        "-channels" | "-c" => {
            let channels = value.parse().ok().filter(|channels| *channels > 0);
            input.channels = Some(channels.ok_or_else(|| wrong("a non-zero positive number"))?);
        }
        "-rate" | "-r" => input.rate_hz = Some(value.parse().map_err(|_| wrong("a positive number"))?),
        "-length" | "-t" => cut.length = time()?,
        "-chunk" => cut.chunk = time()?,
        _ => {
            let number = value.parse().ok().and_then(Algorithm::from_number);
            cut.algorithm = number.ok_or_else(|| wrong("1 - 5"))?;
        }
    }
    Ok(())
}
