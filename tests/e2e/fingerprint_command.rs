//! `baton fingerprint` prints the same bytes as `fpcalc`, accepts the options of `fpcalc`, and reports files that have no
//! fingerprint.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use baton_tests::{Output, Skipped, Workspace, or_skip, recordings, tool, tools};

/// Half a minute of a piece in several formats, which `fpcalc` must be able to read.
fn files(folder: &Path) -> Result<[PathBuf; 5], Skipped> {
    tool("fpcalc", "apt-get install libchromaprint-tools")?;
    tool("ffmpeg", "apt-get install ffmpeg")?;
    let pieces = recordings()?;
    let piece = pieces.iter().find(|piece| piece.ends_with("knolls.ogg")).unwrap();
    Ok(["a.flac", "b.wav", "c.ogg", "d.m4a", "e.mp3"].map(|name| encoded(piece, &folder.join(name))))
}

fn encoded(piece: &Path, to: &Path) -> PathBuf {
    let arguments: &[&str] = if to.extension().is_some_and(|ogg| ogg == "ogg") { &["-c:a", "libvorbis"] } else { &[] };
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(piece)
        .args(["-t", "30.3", "-map_metadata", "-1"])
        .args(arguments)
        .arg(to)
        .status();
    assert!(made.is_ok_and(|made| made.success()), "{}", to.display());
    to.to_owned()
}

/// The stdout of `fpcalc`. Debian's build ends with 3 at the end of every file unless errors are ignored.
fn fpcalc(options: &[&str], files: &[PathBuf]) -> String {
    let output = Command::new("fpcalc").args(options).arg("-ignore-errors").args(files).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn baton_prints_the_same_bytes_as_fpcalc() {
    let place = Workspace::empty();
    let files = or_skip!(files(place.outside()));
    let forms: [&[&str]; 9] = [
        &[],
        &["-raw"],
        &["-plain"],
        &["-text", "-length", "10.5"],
        &["-length", "0"],
        &["-raw", "-signed"],
        &["-plain", "-raw", "-length", "20"],
        &["-json", "-length", "25"],
        &["-json", "-raw"],
    ];
    agree(&place, &files, &forms);
    let together = Output::of(place.command().arg("fingerprint").args(&files)).ended(0);
    assert_eq!(together.stdout, fpcalc(&[], &files));
    let long = Output::of(place.command().args(["fingerprint", "--raw", "--length", "20", "--json"]).arg(&files[0]));
    assert_eq!(long.ended(0).stdout, fpcalc(&["-raw", "-length", "20", "-json"], &files[..1]));
}

/// Asserts that the command prints the same as `fpcalc` with each of these options and each file.
#[track_caller]
fn agree(place: &Workspace, files: &[PathBuf], forms: &[&[&str]]) {
    for options in forms {
        for file in files {
            // `fpcalc` adds the encoder's padding to the duration of an MP3, which changes the hundredths.
            if options.contains(&"-json") && file.ends_with("e.mp3") {
                continue;
            }
            let one = std::slice::from_ref(file);
            let ours = Output::of(place.command().arg("fingerprint").args(*options).args(one)).ended(0);
            assert_eq!(
                (ours.stdout, ours.stderr.as_str()),
                (fpcalc(options, one), ""),
                "{options:?} {}",
                file.display()
            );
        }
    }
}

#[test]
fn chunks_algorithms_and_raw_samples_give_the_output_of_fpcalc() {
    let place = Workspace::empty();
    let files = or_skip!(files(place.outside()));
    let forms: [&[&str]; 11] = [
        &["-chunk", "10"],
        &["-chunk", "10", "-json", "-length", "25"],
        &["-chunk", "7.5", "-overlap"],
        &["-chunk", "10", "-overlap", "-json", "-raw"],
        &["-chunk", "5", "-plain", "-overlap", "-length", "12"],
        &["-overlap"],
        &["-algorithm", "1", "-raw"],
        &["-algorithm", "3"],
        &["-algorithm", "4", "-json"],
        &["-algorithm", "5", "-raw", "-signed"],
        &["-algorithm", "4", "-chunk", "6"],
    ];
    agree(&place, &files, &forms);
    let wav = &files[1];
    for (name, codec) in [("s16le", "pcm_s16le"), ("s24be", "pcm_s24be"), ("f32le", "pcm_f32le"), ("u8", "pcm_u8")] {
        let samples = place.outside().join(name);
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-i"])
            .arg(wav)
            .args(["-ar", "22050", "-ac", "2", "-c:a", codec, "-f", name])
            .arg(&samples)
            .status();
        assert!(made.is_ok_and(|made| made.success()));
        let options = ["-format", name, "-rate", "22050", "-channels", "2", "-chunk", "10"];
        let ours = Output::of(place.command().arg("fingerprint").args(options).arg(&samples)).ended(0);
        assert_eq!(ours.stdout, fpcalc(&options, &[samples]), "{name}");
    }
}

/// The stdout of a command that reads a file on its standard input.
fn piped(command: &mut Command, file: &Path) -> String {
    let output = command.stdin(fs::File::open(file).unwrap()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn standard_input_is_read_as_fpcalc_reads_it() {
    let place = Workspace::empty();
    // The index of an MP4 is at its end, and a pipe cannot seek: `fpcalc` cannot read such a file, Baton can.
    for file in or_skip!(files(place.outside())).iter().filter(|file| !file.ends_with("d.m4a")) {
        for options in [&["-"][..], &["-raw", "-"], &["-chunk", "10", "-json", "-"], &["-format", "wav", "-"]] {
            if options.contains(&"wav") && !file.ends_with("b.wav") {
                continue;
            }
            let ours = piped(place.command().arg("fingerprint").args(options), file);
            let theirs = piped(Command::new("fpcalc").args(options).arg("-ignore-errors"), file);
            assert!(!ours.is_empty());
            assert_eq!(ours, theirs, "{options:?} {}", file.display());
        }
    }
    // Samples are processed as they arrive: the first chunk is printed before the input ends.
    let mut command = place.command();
    let options = ["-format", "s16le", "-rate", "11025", "-chunk", "4", "-ts", "-"];
    command.arg("fingerprint").args(options).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let samples: Vec<u8> = (0..11_025 * 12_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    input.write_all(&samples).unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Vec<String> = (0..3).map(|_| lines.next().unwrap().unwrap()).collect();
    assert!(first[0].starts_with("TIMESTAMP=1") && first[1] == "DURATION=4", "{first:?}");
    drop(input);
    assert!(child.wait().unwrap().success());
}

/// The program under the name `fpcalc`.
fn as_fpcalc(place: &Workspace) -> PathBuf {
    let link = place.outside().join("fpcalc");
    symlink(place.command().get_program(), &link).unwrap();
    link
}

#[test]
fn called_by_the_name_fpcalc_the_program_behaves_as_fpcalc() {
    let place = Workspace::empty();
    let program = as_fpcalc(&place);
    let files = or_skip!(files(place.outside()));
    let run = |args: &[&str], files: &[PathBuf]| Output::of(Command::new(&program).args(args).args(files));
    for options in [&["-t", "10"][..], &["-length", "0", "-json", "-raw"], &["-chunk", "10", "-overlap"], &["-a", "1"]]
    {
        let files: Vec<PathBuf> = files.iter().filter(|file| !file.ends_with("e.mp3")).cloned().collect();
        assert_eq!(run(options, &files).ended(0).stdout, fpcalc(options, &files), "{options:?}");
    }
    for ask in ["-v", "-version"] {
        let version = run(&[ask], &[]).ended(0).stdout;
        assert!(version.starts_with("fpcalc version 1.5.1 ("), "{version}");
    }
    assert!(run(&["-help"], &[]).ended(0).stdout.contains("-chunk SECS"));
    for (args, error) in [
        (&[][..], "ERROR: No input files\n"),
        (&["-bogus"], "ERROR: Unknown option -bogus\n"),
        (&["x", "-length"], "ERROR: Unknown option -length\n"),
        (&["-channels", "0", "x"], "ERROR: The argument for -channels must be a non-zero positive number\n"),
        (&["-algorithm", "9", "x"], "ERROR: The argument for -algorithm must be 1 - 5\n"),
        (&["-format", "zzz", "x"], "ERROR: Invalid format\n"),
    ] {
        let ours = run(args, &[]).ended(2);
        assert_eq!((ours.stdout.as_str(), ours.stderr.as_str()), ("", error));
    }
    // The first error ends the run.
    let missing = place.outside().join("missing.mp3");
    let all: Vec<PathBuf> = std::iter::once(missing).chain(files).collect();
    let ours = run(&[], &all).ended(2);
    assert!(
        ours.stdout.is_empty() && ours.stderr.starts_with("ERROR: Could not open the input file"),
        "{}",
        ours.stderr
    );
}

/// Calls `fpcalc` as other programs do: pyacoustid itself, and the calls of Picard's `picard/acoustid/__init__.py` and
/// `picard/ui/options/fingerprinting.py`. Picard itself needs Qt, is published only as source, and has no command that prints a
/// fingerprint.
const CALLERS: &str = r#"
import json, subprocess, sys
import acoustid
fpcalc, path = sys.argv[1:]
duration, fingerprint = acoustid.fingerprint_file(path, force_fpcalc=True)
try:
    acoustid.fingerprint_file(path + ".missing", force_fpcalc=True)
    sys.exit("a missing file has a fingerprint")
except acoustid.FingerprintGenerationError:
    pass
check = subprocess.run([fpcalc, "-v"], capture_output=True)
assert check.returncode == 0 and check.stdout.decode().startswith("fpcalc version"), check
asked = subprocess.run([fpcalc, "-json", "-length", "120", path], capture_output=True)
answer = json.loads(asked.stdout)
assert asked.returncode == 0 and answer["fingerprint"] == fingerprint.decode(), asked
assert int(answer["duration"]) == int(duration) == 30, (answer["duration"], duration)
assert subprocess.run([fpcalc, "-json", path + ".missing"], capture_output=True).returncode != 0
print(fingerprint.decode())
"#;

#[test]
fn programs_that_use_fpcalc_work_with_baton() {
    let python = or_skip!(tools("python", "bin/python"));
    let python = python.join("bin/python");
    let place = Workspace::empty();
    let program = as_fpcalc(&place);
    for file in or_skip!(files(place.outside())) {
        let mut command = Command::new(&python);
        command.args(["-c", CALLERS]).arg(&program).arg(&file).env("FPCALC", &program);
        let judged = Output::of(&mut command).ended(0);
        let theirs = fpcalc(&["-plain"], std::slice::from_ref(&file));
        assert_eq!(judged.stdout, theirs, "{}", file.display());
    }
}

/// The command line of beets without the Chromaprint library. Its plugin `chroma` then looks for `fpcalc` in the PATH.
const BEETS: &str = r"
import sys, acoustid
acoustid.have_chromaprint = False
from beets.ui import main
main(sys.argv[1:])
";

#[test]
fn beets_fingerprints_its_library_with_baton() {
    let python = or_skip!(tools("python", "bin/beet"));
    let python = python.join("bin/python");
    let place = Workspace::empty();
    let folder = place.outside().join("beets");
    fs::create_dir_all(&folder).unwrap();
    let program = as_fpcalc(&place);
    let config = "library: library.db\ndirectory: music\nplugins: chroma\nchroma: {auto: no}\n\
                  import: {copy: no, write: no, autotag: no, duplicate_action: keep}\n";
    fs::write(folder.join("config.yaml"), config).unwrap();
    let beet = |args: &[&str]| {
        let mut command = Command::new(&python);
        command.args(["-c", BEETS]).args(args).env("BEETSDIR", &folder).env_remove("FPCALC");
        // No other `fpcalc` is in that PATH.
        command.env("PATH", program.parent().unwrap()).current_dir(&folder);
        Output::of(&mut command).ended(0)
    };
    let files = or_skip!(files(place.outside()));
    for file in &files {
        beet(&["import", "--quiet", "--noautotag", "--singletons", &file.display().to_string()]);
    }
    beet(&["fingerprint"]);
    let listed = beet(&["ls", "--format", "$path\t$acoustid_fingerprint"]).stdout;
    assert_eq!(listed.lines().count(), files.len(), "{listed}");
    for file in &files {
        let theirs = fpcalc(&["-plain"], std::slice::from_ref(file));
        let line = listed.lines().find(|line| line.starts_with(&file.display().to_string()));
        assert!(line.is_some_and(|line| line.ends_with(theirs.trim())), "{}: {listed}", file.display());
    }
}

#[test]
fn a_file_without_a_fingerprint_is_reported_and_the_next_one_is_processed() {
    let place = Workspace::empty();
    let text = place.outside().join("list.mp3");
    fs::write(&text, "1. a song\n").unwrap();
    let missing = place.outside().join("missing.mp3");
    let run = Output::of(place.command().arg("fingerprint").args([&text, &missing])).ended(2);
    assert_eq!(run.stdout, "");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(lines[0].contains("list.mp3: a text is not supported") && lines[0].ends_with("(unsupported)"), "{lines:?}");
    assert!(lines[1].ends_with("missing.mp3: the file does not exist (not_found)"), "{lines:?}");
}

#[test]
fn wrong_options_end_with_exit_code_2_as_in_fpcalc() {
    let place = Workspace::empty();
    for arguments in [&["fingerprint"][..], &["fingerprint", "-bogus", "x"], &["fingerprint", "-length", "-5", "x"]] {
        let run = Output::of(place.command().args(arguments)).ended(2);
        assert_eq!(run.stdout, "");
        assert!(!run.stderr.contains("does not exist"), "{}", run.stderr);
    }
    for wrong in [["-algorithm", "6"], ["-channels", "0"], ["-chunk", "x"], ["-rate", "many"]] {
        let one = Output::of(place.command().arg("fingerprint").args(wrong).arg("x")).ended(2);
        assert!(one.stderr.contains(&format!("-{}", wrong[0])), "{}", one.stderr);
    }
    let format = Output::of(place.command().args(["fingerprint", "-format", "zzz", "x"])).ended(2);
    assert!(format.stderr.contains("name s16le"), "{}", format.stderr);
}
