//! One measurement in a separate process, so that its threads, time and memory can be measured: this program starts
//! itself with `--child NAME FILE`, and the child prints one line of JSON.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use baton_fingerprint::index::{Lookup, Prints, duplicates};
use serde_json::{Value, json};

use crate::store::{Stream, read_database};

/// The number of look-ups of each kind.
const ASKED: usize = 300;

/// Runs a child with this number of threads and returns its output.
///
/// # Errors
/// When the child fails.
pub(crate) fn run(name: &str, file: &Path, threads: usize) -> anyhow::Result<Value> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--child", name]).arg(file).env("RAYON_NUM_THREADS", threads.to_string());
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the child `{name}` ended with {}", output.status);
    serde_json::from_slice(&output.stdout).with_context(|| format!("the child `{name}` printed no JSON"))
}

/// Runs a child's measurement.
///
/// # Errors
/// When the library cannot be read.
#[expect(clippy::print_stdout, reason = "its parent reads it")]
pub(crate) fn main(name: &str, file: &Path) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut said = match name {
        "database" => all_against_all(&read_database(file)?[..]),
        "stream" => all_against_all(&Stream::open(file)?),
        _ => look_ups(&Stream::open(file)?),
    };
    let spent =
        [("wall_s", json!(begun.elapsed().as_secs_f64())), ("cpu_s", json!(cpu_s())), ("peak_mib", json!(peak_mib()))];
    if let Some(said) = said.as_object_mut() {
        said.extend(spent.map(|(name, value)| (name.to_owned(), value)));
    }
    println!("{said}");
    Ok(())
}

fn all_against_all<P: Prints + ?Sized>(prints: &P) -> Value {
    let begun = Instant::now();
    let pairs = duplicates(prints, &AtomicBool::new(false));
    let pairs: Vec<_> = pairs.iter().map(|pair| (pair.first, pair.second)).collect();
    json!({ "pairs": pairs, "search_s": begun.elapsed().as_secs_f64() })
}

/// Looks up prints from all parts of the library. Each print must find itself, and its copy if it has one.
fn look_ups(prints: &Stream) -> Value {
    let lookup = Lookup::over(prints, &AtomicBool::new(false));
    let step = (prints.count() as usize / ASKED).max(1);
    let (mut one_ms, mut nine_ms, mut itself) = (Vec::new(), Vec::new(), 0);
    for at in (0..prints.count()).step_by(step).take(ASKED) {
        let mut words = Vec::new();
        prints.read(at, &mut words);
        let begun = Instant::now();
        let found = lookup.find(prints, &words);
        one_ms.push(begun.elapsed().as_secs_f64() * 1e3);
        itself += usize::from(found.first().is_some_and(|found| found.at == at));
        let begun = Instant::now();
        std::hint::black_box(lookup.find_at_speeds(prints, &[words.as_slice(); 9]));
        nine_ms.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    json!({ "one_ms": one_ms, "nine_ms": nine_ms, "itself": itself })
}

/// Processor time of this process, in seconds (proc(5): fields 14 and 15, in hundredths).
fn cpu_s() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().ok());
    ticks.sum::<Option<f64>>().map(|ticks| ticks / 100.0)
}

/// The peak memory of this process, in MiB.
pub(crate) fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}
