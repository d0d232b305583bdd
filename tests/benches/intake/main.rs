//! Measures a handoff from the file in the inbox to the archive: the real release program on a real disk, compared with the
//! minimum of work on the same disk and with the tools that a user would choose instead.
//!
//! `cargo xtask bench intake` builds the program and runs this; `--quick` takes fewer files, `--json` prints JSON, and
//! `--only latency|fairness|drain|peers|ledger` does one part. Every sample goes to `target/bench/intake.json`.
//!
//! A slow result is not an error: the report shows for each figure its aim and whether it was reached.

mod arrivals;
mod drain;
mod fairness;
mod floor;
mod latency;
mod ledger;
mod options;
mod peers;
mod place;
mod process;
mod report;
mod samples;

use self::options::BenchOptions;
use self::place::UsedFolders;
use self::report::Report;

/// The size of the run.
#[derive(Clone, Copy, Debug)]
struct Scale {
    /// The number of files for each latency.
    singles: u32,
    /// The number of files that flood one inbox.
    flood: u32,
    /// The number of files that wait at the start.
    waiting: u32,
    /// The number of files that wait at the start of the long run.
    long: u32,
    /// The number of events in the large ledger.
    events: u32,
}

const FULL: Scale = Scale { singles: 300, flood: 20_000, waiting: 10_000, long: 100_000, events: 1_000_000 };
const QUICK: Scale = Scale { singles: 60, flood: 5_000, waiting: 2_000, long: 5_000, events: 50_000 };

type Part = fn(Scale, &mut Report, &mut UsedFolders) -> anyhow::Result<()>;

/// The parts, in the order in which they run.
const PARTS: [(&str, Part); 5] = [
    ("latency", latency::run),
    ("fairness", fairness::run),
    ("drain", drain::run),
    ("peers", peers::run),
    ("ledger", ledger::run),
];

fn main() -> anyhow::Result<()> {
    let options = BenchOptions::read(&PARTS.map(|(name, _)| name), "", |_, _| Ok(false))?;
    let scale = if options.quick { QUICK } else { FULL };
    place::prepare()?;
    let (mut report, mut used) = (Report::default(), UsedFolders::default());
    for (name, part) in PARTS {
        if options.wants(name) {
            part(scale, &mut report, &mut used)?;
        }
    }
    report.keep(&place::results())?;
    report.print(options.json);
    Ok(())
}
