//! Benches of the fingerprint crate: quality of the matches (`quality`), time of searches (`duplicates`, `lookup`), and time of
//! fingerprinting (`speed`).
//!
//! `cargo xtask bench fingerprint` runs all parts. `--only PART` runs one part. `--quick` uses 20 pieces and 50,000 fingerprints
//! instead of 160 and a million. `--pieces N` sets the number of pieces, also for `speed` (default 12). `--music DIR` adds music from
//! a folder. `--json` prints JSON. All samples are written to `target/bench/fingerprint.json`. `ffmpeg` and `fpcalc` compute the
//! fingerprints of the quality set once, from music in Debian packages, in about an hour on two cores; they are stored in
//! `target/bench/fingerprint-words`.

#[path = "../intake/options.rs"]
mod options;
#[path = "../intake/report.rs"]
mod report;
#[path = "../intake/samples.rs"]
mod samples;

mod child;
mod corpus;
mod floor;
mod place;
mod quality;
mod scale;
mod set;
mod speed;
mod speed_child;
mod store;
mod synthetic;
mod transforms;

use std::path::PathBuf;

use self::options::BenchOptions;
use self::report::Report;

/// The size of a run.
#[derive(Clone, Debug)]
struct Scale {
    /// The maximum number of real pieces.
    pieces: usize,
    /// The number of real pieces whose speed is measured, in each format.
    timed: usize,
    /// The number of fingerprints in the large library.
    million: u32,
    /// The number of searches of the small library.
    repeats: usize,
    /// Folders with more music.
    music: Vec<PathBuf>,
}

const FULL: Scale = Scale { pieces: 160, timed: 12, million: 1_000_000, repeats: 5, music: Vec::new() };
const QUICK: Scale = Scale { pieces: 20, timed: 12, million: 50_000, repeats: 3, music: Vec::new() };

type Part = fn(&Scale, &mut Report) -> anyhow::Result<()>;

/// The parts, in the order in which they run.
const PARTS: [(&str, Part); 4] =
    [("quality", quality::run), ("duplicates", scale::duplicates), ("lookup", scale::lookup), ("speed", speed::run)];

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    if std::env::args().nth(1).as_deref() == Some("--child") {
        let name = arguments.nth(1).unwrap_or_default();
        let file = scale::path(arguments.next())?;
        return if name.starts_with("speed-") { speed_child::main(&name, &file) } else { child::main(&name, &file) };
    }
    let (mut pieces, mut music) = (None, Vec::new());
    let options = BenchOptions::read(&PARTS.map(|(name, _)| name), ", --pieces N, --music DIR", |option, left| {
        match option {
            "--pieces" => pieces = Some(left.value(option)?.parse()?),
            "--music" => music.push(left.value(option)?.into()),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let scale = if options.quick { QUICK } else { FULL };
    let (pieces, timed) = (pieces.unwrap_or(scale.pieces), pieces.unwrap_or(scale.timed));
    let scale = Scale { pieces, timed, music, ..scale };
    let mut report = Report::default();
    for (name, part) in PARTS {
        if options.wants(name) {
            part(&scale, &mut report)?;
        }
    }
    report.keep(&place::results())?;
    report.print(options.json);
    Ok(())
}
