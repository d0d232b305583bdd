//! Measures the processor time for fingerprinting a second of audio. It is compared with three others: `fpcalc` as one
//! process over all files (one process for each file would be slower), symphonia decoding alone (the lower bound for every
//! program that decodes all audio), and symphonia with rusty-chromaprint. czkawka also uses symphonia and rusty-chromaprint,
//! but only decodes whole files; it is measured if `czkawka_cli` is on the PATH. The bench also measures the effect of a
//! second worker, and the memory.
//!
//! The input is real music in five formats, as `ffmpeg` writes them. The programs run in turns, `repeats` times. The best
//! time of each program is used, because other work of the machine can only make a run slower.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::corpus::{pieces, shuffled};
use crate::report::{Report, Row};
use crate::samples::Samples;
use crate::{Scale, place};

/// A format: its extension, the arguments of `ffmpeg`, and the aim as a factor over `fpcalc`.
type Format = (&'static str, &'static [&'static str], f64);

const FORMATS: [Format; 5] = [
    ("wav", &["-c:a", "pcm_s16le"], 1.5),
    ("flac", &["-c:a", "flac"], 1.7),
    ("m4a", &["-c:a", "aac", "-b:a", "160k"], 1.1),
    ("ogg", &["-c:a", "libvorbis", "-q:a", "5"], 1.2),
    ("mp3", &["-c:a", "libmp3lame", "-b:a", "192k"], 1.15),
];

/// The required share of the speed of decoding alone (WAV hardly needs decoding).
const OF_DECODING: f64 = 0.8;
/// The required speed-up of two workers.
const TWO_WORKERS: f64 = 1.9;
/// The allowed memory of a process with one worker, in MiB.
const MEMORY_MIB: f64 = 16.0;
/// The source of the music.
const PACKAGE: &str = "wesnoth-1.16-music";
/// czkawka, if it is installed.
const CZKAWKA: &str = "czkawka_cli";

/// Measures all formats: the first 120 s of each file, and whole files.
///
/// # Errors
/// When there is no music, or `ffmpeg` or `fpcalc` is missing.
pub(crate) fn run(scale: &Scale, report: &mut Report) -> anyhow::Result<()> {
    let mut music: Vec<_> = pieces(&[PACKAGE], &scale.music).into_iter().collect();
    ensure!(
        scale.timed > 0 && music.len() >= scale.timed,
        "{} pieces of music are here, of {} that were asked for; `apt-get install --no-install-recommends {PACKAGE}` brings 41, \
         `--music DIR` takes those of a folder too, `--pieces N` asks for others",
        music.len(),
        scale.timed,
    );
    music.sort_by_key(|(name, _)| shuffled(name));
    let music: Vec<PathBuf> = music.into_iter().take(scale.timed).map(|(_, file)| file).collect();
    let work = place::work()?;
    for format in FORMATS {
        let files = encoded(&music, &format, work.path())?;
        report.part(format!("speed, {}: {} pieces", format.0, files.len()));
        for seconds in [120, 0] {
            contest(scale, &format, &files, (work.path(), seconds), report)?;
        }
        workers(scale, format.0, &files, work.path(), report)?;
        files.iter().try_for_each(fs::remove_file)?;
    }
    Ok(())
}

/// The pieces in a format, at 44.1 kHz and in stereo.
fn encoded(music: &[PathBuf], (ending, arguments, _): &Format, work: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let encode = |(number, piece): (usize, &PathBuf)| {
        let file = work.join(format!("{number}.{ending}"));
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-y", "-i"]).arg(piece).args(["-map_metadata", "-1", "-ar", "44100", "-ac", "2"]);
        let status = ffmpeg.args(*arguments).arg(&file).status().context("failed to start `ffmpeg`; install it")?;
        ensure!(status.success(), "`ffmpeg` failed on {}", piece.display());
        Ok(file)
    };
    music.iter().enumerate().map(encode).collect()
}

/// The measured programs with their arguments.
fn command(who: &str, files: &[PathBuf], (work, seconds): (&Path, u64), threads: usize) -> anyhow::Result<Command> {
    if who == "fpcalc" {
        let mut command = Command::new("fpcalc");
        command.args(["-raw", "-ignore-errors", "-length", &seconds.to_string()]).args(files);
        return Ok(command);
    }
    if who == CZKAWKA {
        let (mut command, cache, threads) = (Command::new(CZKAWKA), work.join("cache"), threads.to_string());
        // Otherwise czkawka would find the fingerprints of its last run.
        let _ = fs::remove_dir_all(&cache);
        command.args(["music", "--search-method", "CONTENT", "--thread-number", &threads, "--directories"]).arg(work);
        command.env("XDG_CACHE_HOME", &cache).env("XDG_CONFIG_HOME", &cache);
        return Ok(command);
    }
    let list = work.join("list");
    let lines: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    fs::write(&list, format!("{seconds}\n{threads}\n{}\n", lines.join("\n")))?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--child", who]).arg(list);
    Ok(command)
}

/// Runs `command` to its end. Returns the processor time in seconds, and the output.
fn spent(mut command: Command) -> anyhow::Result<(f64, Vec<u8>)> {
    let before = of_children_s()?;
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.with_context(|| format!("failed to start {}; install it", command.get_program().display()))?;
    // `fpcalc` 1.5.1 calls the end of a file an error, see `host/fingerprint/src/chroma/resample.rs`.
    ensure!(!output.stdout.is_empty(), "{} printed nothing", command.get_program().display());
    Ok((of_children_s()? - before, output.stdout))
}

fn contest(
    scale: &Scale,
    (ending, _, aim): &Format,
    files: &[PathBuf],
    place: (&Path, u64),
    report: &mut Report,
) -> anyhow::Result<()> {
    let whole = place.1 == 0;
    let mut whos = vec!["speed-words", "speed-decode", "fpcalc", "speed-rusty"];
    whos.extend(Some(CZKAWKA).filter(|_| whole && has_czkawka()));
    let mut taken = vec![Vec::new(); whos.len()];
    let mut audio_s = 0.0;
    for _ in 0..scale.repeats {
        for (who, taken) in whos.iter().zip(&mut taken) {
            let (cpu_s, said) = spent(command(who, files, place, 1)?)?;
            taken.push(cpu_s);
            if *who == "speed-decode" {
                audio_s = number(&said, "audio_s")?;
            }
        }
    }
    let what = format!("{ending}, {}", if whole { "whole".to_owned() } else { format!("first {} s", place.1) });
    let taken: Vec<_> = taken.into_iter().map(Samples::of).collect();
    for (who, taken) in whos.iter().zip(&taken) {
        report.samples(&format!("{what}: {who}, CPU s for {audio_s:.0} s of audio"), taken);
    }
    let [ours, decoding, fpcalc, rusty, czkawka @ ..] = taken.as_slice() else { return Ok(()) };
    let row = beside(&what, "fpcalc", [ours, fpcalc], audio_s);
    report.row(row.aim(format!("≥ {aim}"), fpcalc.min() / ours.min() >= *aim));
    report.row(of_decoding(&what, [ours, decoding], audio_s, *ending != "wav"));
    report.row(beside(&what, "rusty-chromaprint", [ours, rusty], audio_s));
    match czkawka {
        [czkawka, ..] => report.row(beside(&what, "czkawka", [ours, czkawka], audio_s)),
        [] if whole => report.row(Row::new(what, "not measured", format!("`{CZKAWKA}` is not on the PATH"))),
        [] => {}
    }
    Ok(())
}

/// A row that states how many times faster Baton is than the other program.
fn beside(what: &str, who: &str, [ours, theirs]: [&Samples; 2], audio_s: f64) -> Row {
    let per_second = |samples: &Samples| 1e3 * samples.min() / audio_s;
    let (figure, n) = (format!("{:.2} times {who}", theirs.min() / ours.min()), ours.values().len());
    let spread = format!("ms CPU a second: ours {:.3}, {who} {:.3}, n = {n}", per_second(ours), per_second(theirs));
    Row::new(what, figure, spread)
}

/// A row with the speed of Baton as a share of the speed of decoding alone.
fn of_decoding(what: &str, [ours, decoding]: [&Samples; 2], audio_s: f64, aimed: bool) -> Row {
    let share = decoding.min() / ours.min();
    let row = Row::new(
        format!("{what}: of the speed of decoding alone"),
        format!("{:.0} %", 100.0 * share),
        format!("decoding alone {:.3}", 1e3 * decoding.min() / audio_s),
    );
    if aimed { row.aim(format!("≥ {:.0} %", 100.0 * OF_DECODING), share >= OF_DECODING) } else { row }
}

fn has_czkawka() -> bool {
    let mut asked = Command::new(CZKAWKA);
    asked.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

/// Measures the effect of a second worker on the wall time, and the memory of one worker. Each file is processed twice, one
/// after the other, so that two workers have the same work.
fn workers(scale: &Scale, ending: &str, files: &[PathBuf], work: &Path, report: &mut Report) -> anyhow::Result<()> {
    let files: Vec<_> = files.iter().flat_map(|file| [file.clone(), file.clone()]).collect();
    let mut clock_s = [const { Vec::new() }; 2];
    let mut peak_mib = 0.0_f64;
    for _ in 0..scale.repeats {
        for (threads, taken) in (1..).zip(&mut clock_s) {
            let (_, said) = spent(command("speed-words", &files, (work, 0), threads)?)?;
            taken.push(number(&said, "wall_s")?);
            if threads == 1 {
                peak_mib = peak_mib.max(number(&said, "peak_mib")?);
            }
        }
    }
    let [one, two] = clock_s.map(Samples::of);
    let faster = one.min() / two.min();
    let spread = format!("{:.2} s and {:.2} s by the clock", one.min(), two.min());
    let row = Row::new(format!("{ending}, whole: two workers against one"), format!("{faster:.2} times"), spread);
    report.row(row.aim(format!("≥ {TWO_WORKERS}"), faster >= TWO_WORKERS));
    let row =
        Row::new(format!("{ending}, whole: memory of a process with one worker"), format!("{peak_mib:.1} MiB"), "");
    report.row(row.aim(format!("≤ {MEMORY_MIB:.0} MiB"), peak_mib <= MEMORY_MIB));
    Ok(())
}

fn number(said: &[u8], name: &str) -> anyhow::Result<f64> {
    let said: Value = serde_json::from_slice(said).context("the child printed no JSON")?;
    said.get(name).and_then(Value::as_f64).with_context(|| format!("the child printed no `{name}`"))
}

/// Processor time of all children that have ended, in seconds (proc(5): fields 16 and 17, in hundredths).
fn of_children_s() -> anyhow::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("/proc/self/stat has another form")?;
    let ticks = fields.split_whitespace().skip(13).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}
