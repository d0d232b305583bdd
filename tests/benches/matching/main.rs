//! Measures the time and the quality of matching: an invented DJ's library of 15,540 tracks looked up among 25,000 tracks
//! of streaming services, on one core, compared with Python scripts with rapidfuzz on the same lists.
//!
//! `cargo xtask bench matching` runs it; `--quick` uses a tenth of the tracks of both lists, `--json` prints JSON. Every
//! sample goes to `target/bench/matching.json`. It is a bench of `baton-track-match`, so it builds without the program.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench works on lists that it made itself")]

#[path = "../intake/options.rs"]
#[expect(dead_code, reason = "this bench has no parts and nothing of its own to read")]
mod options;
#[path = "../intake/report.rs"]
#[expect(dead_code, reason = "of the benches' shared table, this one needs less")]
mod report;
#[path = "../intake/samples.rs"]
mod samples;

mod library;
mod peer;
mod quality;
mod random;

use std::path::{Path, PathBuf};
use std::time::Instant;

use baton_track_match::{Decision, Matcher, SimilarPair, Track};

use self::library::Library;
use self::options::BenchOptions;
use self::quality::Quality;
use self::report::{Report, Row, say};
use self::samples::Samples;

/// Tracks to look up, and candidates: the sizes of the library for which Baton was made.
const WANTED: usize = 15_540;
const CANDIDATES: usize = 25_000;
/// The limit for reading all candidates and looking all tracks up.
const AIM_S: f64 = 5.0;
const SEED: u64 = 7;
const ROUNDS: usize = 5;

fn main() -> anyhow::Result<()> {
    let options = BenchOptions::read(&[], "", |_, _| Ok(false))?;
    let scale = if options.quick { 10 } else { 1 };
    let library = Library::invent(WANTED / scale, CANDIDATES / scale, SEED);
    let mut report = Report::default();
    report.part(format!("{} tracks among {} candidates", library.wanted.len(), library.candidates.len()));
    ours(&library, &mut report);
    duplicates(&library, &mut report);
    let folder = folder()?;
    peers(&library, &folder, &mut report)?;
    report.keep(&folder.with_extension("json"))?;
    report.print(options.json);
    Ok(())
}

/// `target/bench/matching`, of the target folder that this program was built in.
fn folder() -> anyhow::Result<PathBuf> {
    let folder = target().join("bench/matching");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.ancestors().nth(3).unwrap_or(Path::new("target")).to_owned()
}

fn ours(library: &Library, report: &mut Report) {
    let (mut reading, mut looking, mut both) = (Vec::new(), Vec::new(), Vec::new());
    let mut decisions = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let matcher = Matcher::new(&library.candidates);
        let read = begun.elapsed().as_secs_f64();
        decisions = library.wanted.iter().map(|wanted| matcher.find(&wanted.track)).collect();
        let all = begun.elapsed().as_secs_f64();
        reading.push(read);
        looking.push(all - read);
        both.push(all);
    }
    row(report, "candidates read and indexed", reading, None);
    row(report, "tracks looked up", looking, None);
    row(report, "both", both, Some(AIM_S));
    let accepted: Vec<_> = decisions.iter().map(Decision::accepted).collect();
    let shown = decisions.iter().filter(|decision| matches!(decision, Decision::Review { .. })).count();
    let quality = Quality::of(library, &accepted);
    tell(report, "", &quality);
    report.row(Row::new("put to a person", format!("{shown}"), format!("of {}", library.wanted.len())));
    if std::env::var_os("BATON_BENCH_WRONG").is_some() {
        wrong(library, &decisions);
    }
}

/// Lists wrong matches and missed tracks, for work on the rules.
fn wrong(library: &Library, decisions: &[Decision]) {
    let show = |track: &Track| format!("{} ~ {} ~ {:?}", track.title, track.artists.join(";;"), track.duration_ms);
    for (wanted, decision) in library.wanted.iter().zip(decisions) {
        let truth = library.recordings.iter().position(|recording| *recording == wanted.recording);
        let right =
            decision.accepted().map(|candidate| library.recordings[candidate]) == truth.map(|_| wanted.recording);
        if !right {
            let truth = truth.map(|at| show(&library.candidates[at]));
            say(&format!("{}\n  is {truth:?}\n  {}", show(&wanted.track), serde_json::to_string(decision).unwrap()));
        }
    }
}

fn duplicates(library: &Library, report: &mut Report) {
    let matcher = Matcher::new(&library.candidates);
    let begun = Instant::now();
    let found = matcher.duplicates(0).pairs;
    let seconds = begun.elapsed().as_secs_f64();
    let there: usize = library.recordings.windows(2).filter(|two| two[0] == two[1]).count();
    report.row(Row::new("duplicates among the candidates by their names", format!("{seconds:.2} s"), ""));
    for threshold in [0, 850, 900, 930, 950] {
        let pairs: Vec<_> = found.iter().filter(|pair| pair.score >= threshold).collect();
        let is_right = |pair: &&&SimilarPair| library.recordings[pair.tracks[0]] == library.recordings[pair.tracks[1]];
        let (right, all) = (pairs.iter().filter(is_right).count(), pairs.len());
        let what = format!("{right} of them right, of {there} in all");
        report.row(Row::new(format!("… from {threshold} points on"), format!("{all} pairs"), what));
    }
}

fn peers(library: &Library, folder: &Path, report: &mut Report) -> anyhow::Result<()> {
    let Some(python) = peer::python(&target()) else {
        say(&format!("\n  MISSING: Python with rapidfuzz, so Baton is not compared with it: {}\n", peer::HOW));
        return Ok(());
    };
    for run in peer::run(&python, library, folder)? {
        report.row(Row::new(format!("rapidfuzz, {}", run.way), format!("{:.2} s", run.seconds), "n = 1"));
        let quality = Quality::of(library, &run.accepted);
        tell(report, &format!("rapidfuzz, {}: ", run.way), &quality);
    }
    Ok(())
}

fn tell(report: &mut Report, who: &str, quality: &Quality) {
    report.row(Row::new(format!("{who}precision of what is accepted"), quality.precision(), ""));
    report.row(Row::new(format!("{who}recall of what is there"), quality.recall(), ""));
}

fn row(report: &mut Report, what: &str, seconds: Vec<f64>, aim_s: Option<f64>) {
    let samples = Samples::of(seconds);
    report.samples(&format!("{what}, s"), &samples);
    let spread = format!("{:.2} to {:.2}, n = {ROUNDS}", samples.min(), samples.max());
    let row = Row::new(what, format!("{:.2} s", samples.median()), spread);
    report.row(match aim_s {
        Some(aim) => row.aim(format!("< {aim} s"), samples.median() < aim),
        None => row,
    });
}
