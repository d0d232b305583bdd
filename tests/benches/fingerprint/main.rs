//! The fingerprint core: what is found (`quality`), and what finding costs (`duplicates`, `lookup`), and what fingerprinting
//! costs (`speed`).
//!
//! `cargo xtask bench fingerprint` runs all parts; `--only PART` one, `--quick` with 20 pieces and 50,000 prints instead of 160 and
//! a million, `--pieces N` with other so many pieces, `--music DIR` takes music from a folder too, `--json` prints JSON. Every sample goes to
//! `target/bench/fingerprint.json`. The words of the quality set are made once, in about an hour on two cores, by `ffmpeg` and
//! `fpcalc` from music that Debian packages install, and kept in `target/bench/fingerprint-words`.

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

use anyhow::bail;

use self::report::Report;

/// How much is done.
#[derive(Clone, Debug)]
struct Scale {
    /// Real pieces at most.
    pieces: usize,
    /// Prints of the large library.
    million: u32,
    /// How often the small library is searched.
    repeats: usize,
    /// Folders with more music.
    music: Vec<PathBuf>,
}

impl Scale {
    const fn full() -> Self {
        Self { pieces: 160, million: 1_000_000, repeats: 5, music: Vec::new() }
    }
}

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
    let asked = Asked::read(arguments)?;
    let mut report = Report::default();
    for (name, part) in PARTS {
        if asked.only.as_deref().is_none_or(|only| only == name) {
            part(&asked.scale, &mut report)?;
        }
    }
    report.keep(&place::results())?;
    report.print(asked.json);
    Ok(())
}

/// What the command line asks for.
struct Asked {
    scale: Scale,
    json: bool,
    only: Option<String>,
}

impl Asked {
    fn read(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut asked = Self { scale: Scale::full(), json: false, only: None };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => (asked.scale.pieces, asked.scale.million, asked.scale.repeats) = (20, 50_000, 3),
                "--pieces" => asked.scale.pieces = args.next().unwrap_or_default().parse()?,
                "--music" => asked.scale.music.push(args.next().unwrap_or_default().into()),
                "--json" => asked.json = true,
                "--only" => asked.only = Some(args.next().unwrap_or_default()),
                // Cargo adds it.
                "--bench" => {}
                other => {
                    bail!("`{other}` is unknown; there are: --quick, --json, --pieces N, --music DIR, --only PART")
                }
            }
        }
        let names = PARTS.map(|(name, _)| name);
        match &asked.only {
            Some(only) if !names.contains(&only.as_str()) => {
                bail!("there is no part `{only}`; there are: {}", names.join(", "))
            }
            _ => Ok(asked),
        }
    }
}
