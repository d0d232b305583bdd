//! Libraries of 21,125 and of a million prints: all against all, and one against all.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use serde_json::Value;

use crate::report::{Report, Row};
use crate::samples::Samples;
use crate::set::Set;
use crate::store::{Stream, write_database};
use crate::synthetic::{Change, PieceVariants, hits_a_pair};
use crate::{Scale, child, floor, place};

/// The changes of the copies of the synthetic library, and the number of frames by which each moves the music.
const CHANGES: [(&str, i32); 14] = [
    ("original", 0),
    ("mp3_64", 0),
    ("mp3_128", 0),
    ("aac_64", 0),
    ("vorbis_q0", 0),
    ("opus_48", 0),
    ("trim_1", -8),
    ("trim_5", -40),
    ("pad_3", 24),
    ("clip_9", 0),
    ("noise_20", 0),
    ("loudnorm", 0),
    ("eq", 0),
    ("left", 0),
];

/// The number of prints of the real library.
const LIBRARY: u32 = 21_125;

/// Measures the search for duplicates in both libraries.
///
/// # Errors
/// When the libraries cannot be made.
pub(crate) fn duplicates(scale: &Scale, report: &mut Report) -> anyhow::Result<()> {
    let mosaic = mosaic(scale, report)?;
    let work = place::work()?;
    let file = work.path().join("library.sqlite");
    write_database(&file, &mosaic, LIBRARY)?;
    let runs = (0..scale.repeats).map(|_| child::run("database", &file, 1)).collect::<Result<Vec<_>, _>>()?;
    let what = format!("{LIBRARY} from SQLite, one thread");
    time(&what, &runs, 1.0, report);
    memory(&what, &runs, 256.0, report);
    right(&what, runs.first(), &mosaic, LIBRARY, report);
    count_words(&mosaic, report);
    let file = work.path().join("million.words");
    Stream::write(&file, &mosaic, scale.million)?;
    let runs = [child::run("stream", &file, 2)?];
    let what = format!("{} streamed from a file, two threads", scale.million);
    time(&what, &runs, 300.0, report);
    memory(&what, &runs, 6.0 * 1024.0, report);
    right(&what, runs.first(), &mosaic, scale.million, report);
    Ok(())
}

/// Measures the look-up of one print, and of nine, among a million.
///
/// # Errors
/// When the library cannot be made.
pub(crate) fn lookup(scale: &Scale, report: &mut Report) -> anyhow::Result<()> {
    let mosaic = mosaic(scale, report)?;
    let work = place::work()?;
    let file = work.path().join("million.words");
    Stream::write(&file, &mosaic, scale.million)?;
    let run = child::run("lookup", &file, 1)?;
    let samples = |name: &str| {
        let values = run.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64);
        Samples::of(values)
    };
    let (one, nine) = (samples("one_ms"), samples("nine_ms"));
    let what = format!("one print among {}, one thread", scale.million);
    report.samples(&what, &one);
    let spread = format!("p90 {:.2}, p99 {:.2}, n = {}", one.percentile(90), one.percentile(99), one.values().len());
    let row = Row::new(what, format!("p50 {:.2} ms", one.median()), spread);
    report.row(row.aim("p99 ≤ 10 ms", one.percentile(99) <= 10.0));
    report.latency("nine prints of one file, one thread", &nine, None);
    let itself = run.get("itself").and_then(Value::as_u64).unwrap_or_default();
    report.row(Row::new("that find themselves first", itself.to_string(), format!("of {}", one.values().len())));
    memory("look-up, index included", &[run], 6.0 * 1024.0, report);
    Ok(())
}

/// The synthetic library from the real pieces that are long enough.
fn mosaic(scale: &Scale, report: &mut Report) -> anyhow::Result<PieceVariants> {
    let set = place::set(scale)?;
    let long =
        |piece: &&str| CHANGES.iter().all(|(change, _)| set.words(piece, change).is_some_and(|it| it.len() > 800));
    let pieces: Vec<_> = set.pieces().into_iter().filter(long).collect();
    ensure!(!pieces.is_empty(), "no piece is two minutes long");
    let words =
        |change: &str| pieces.iter().filter_map(|piece| set.words(piece, change)).map(<[u32]>::to_vec).collect();
    let real: Vec<Vec<u32>> = originals(&set);
    let changes = CHANGES.iter().map(|(change, later)| Change { later: *later, pieces: words(change) });
    let mosaic = PieceVariants::new(changes.collect());
    let sample: Vec<_> = (0..400).map(|at| made(&mosaic, at)).collect();
    report.part(format!("synthetic library of {} real pieces, one print in twenty a changed copy", pieces.len()));
    let figure = format!("{:.3}", hits_a_pair(&sample));
    let spread = format!("two real pieces: {:.3}", hits_a_pair(&real));
    report.row(Row::new("keys that two of its prints share, on average", figure, spread));
    Ok(mosaic)
}

fn originals(set: &Set) -> Vec<Vec<u32>> {
    set.pieces().iter().filter_map(|piece| set.words(piece, "original")).map(<[u32]>::to_vec).collect()
}

fn made(mosaic: &PieceVariants, at: u64) -> Vec<u32> {
    let mut words = Vec::new();
    mosaic.words(at, &mut words);
    words
}

fn figures(runs: &[Value], name: &str) -> Samples {
    Samples::of(runs.iter().filter_map(|run| run.get(name)?.as_f64()))
}

fn time(what: &str, runs: &[Value], aim_s: f64, report: &mut Report) {
    let (wall, cpu) = (figures(runs, "wall_s"), figures(runs, "cpu_s"));
    report.samples(&format!("{what}, s"), &wall);
    let spread = format!("{:.2} to {:.2}, processor {:.2} s, n = {}", wall.min(), wall.max(), cpu.median(), runs.len());
    let row = Row::new(format!("duplicates of {what}"), format!("{:.2} s", wall.median()), spread);
    report.row(row.aim(format!("≤ {aim_s} s"), wall.median() <= aim_s));
}

fn memory(what: &str, runs: &[Value], aim_mib: f64, report: &mut Report) {
    let peak = figures(runs, "peak_mib");
    let row = Row::new(format!("memory at most: {what}"), format!("{:.0} MiB", peak.max()), "");
    report.row(row.aim(format!("≤ {aim_mib} MiB"), peak.max() <= aim_mib));
}

/// Reports the number of found copies, and the number of found pairs that are not copies.
fn right(what: &str, run: Option<&Value>, mosaic: &PieceVariants, count: u32, report: &mut Report) {
    let pairs = run.and_then(|run| run.get("pairs")?.as_array()).into_iter().flatten();
    let number = |value: Option<&Value>| value.and_then(Value::as_u64);
    let found: HashSet<_> = pairs.filter_map(|pair| Some((number(pair.get(0))?, number(pair.get(1))?))).collect();
    let copies: Vec<_> = (0..u64::from(count)).filter_map(|at| Some((mosaic.copy(at)?, at))).collect();
    let mut changes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for ((original, change), at) in &copies {
        let name = CHANGES.get(*change).map_or("", |(name, _)| name);
        let counts = changes.entry(name).or_default();
        *counts = (counts.0 + 1, counts.1 + usize::from(found.contains(&(*original, *at))));
    }
    let (all, hit) = changes.values().fold((0, 0), |(all, hit), one| (all + one.0, hit + one.1));
    let missed =
        changes.iter().filter(|(_, (all, hit))| hit < all).map(|(name, (all, hit))| format!("{name} {hit}/{all}"));
    let missed = missed.collect::<Vec<_>>().join(", ");
    report.row(Row::new(format!("copies found: {what}"), format!("{hit} of {all}"), missed));
    let origin = |at: u64| mosaic.copy(at).map_or(at, |(original, _)| original);
    let wrong = found.iter().filter(|(first, second)| origin(*first) != origin(*second)).count();
    report.row(Row::new(format!("false pairs: {what}"), wrong.to_string(), "").aim("0", wrong == 0));
}

/// Measures the baseline on a tenth of the library. The work of the baseline grows with the square of the size, so the whole
/// library would need a hundred times as much.
fn count_words(mosaic: &PieceVariants, report: &mut Report) {
    let tenth: Vec<_> = (0..u64::from(LIBRARY / 10)).map(|at| made(mosaic, at)).collect();
    let tenth: Vec<_> = tenth.iter().map(Vec::as_slice).collect();
    let begun = Instant::now();
    let pairs = floor::shares(&tenth).len();
    let spread = format!("{pairs} pairs share a word; a hundred times as many in the whole library");
    let what = format!("beside it, counting words of {} of them", tenth.len());
    report.row(Row::new(what, format!("{:.2} s", begun.elapsed().as_secs_f64()), spread));
}

/// The path of the file of a child.
pub(crate) fn path(argument: Option<String>) -> anyhow::Result<std::path::PathBuf> {
    let argument = argument.ok_or_else(|| anyhow::anyhow!("`--child NAME` wants a file"))?;
    Ok(Path::new(&argument).to_owned())
}
