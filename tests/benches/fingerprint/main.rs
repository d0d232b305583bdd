//! The fingerprint core: what is found (`quality`), and what finding costs (`duplicates`, `lookup`), and what fingerprinting
//! costs (`speed`).
//!
//! `cargo xtask bench fingerprint` runs all parts; `--only PART` one, `--quick` with 20 pieces and 50,000 prints instead of 160 and
//! a million, `--pieces N` with other so many pieces (of `speed` too, which takes 12), `--music DIR` takes music from a folder too,
//! `--json` prints JSON. Every sample goes to `target/bench/fingerprint.json`. The words of the quality set are made once, in about an hour on two cores, by `ffmpeg` and
//! `fpcalc` from music that Debian packages install, and kept in `target/bench/fingerprint-words`.

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

/// How much is done.
#[derive(Clone, Debug)]
struct Scale {
    /// Real pieces at most.
    pieces: usize,
    /// Real pieces of which the speed is measured, in each format.
    timed: usize,
    /// Prints of the large library.
    million: u32,
    /// How often the small library is searched.
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
