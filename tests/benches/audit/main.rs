//! Measures an audit: the real release program on real folders, cold and without changes since the last audit, compared with
//! `find` and `rg` over the same tree for the same names, and with `sphinx-needs` on the same number of needs.
//!
//! `cargo xtask bench audit` builds the program and runs this; `--quick` takes a tenth of the large tree, `--json` prints
//! JSON, and `--only real|large|needs` does one part. Every sample goes to `target/bench/audit.json`.
//!
//! There are two figures. The **command** is all of `baton run audit audit`: a process that starts, opens the ledger,
//! loads the plugin from the code cache, audits, writes the reports and ends. The **attempt** is the time between two events
//! of the ledger, the start and the success of the plugin. The ledger has whole milliseconds; the later time is rounded up.
//! The floor is measured as a whole command.

#[path = "../intake/options.rs"]
mod options;
#[path = "../intake/report.rs"]
mod report;
#[path = "../intake/samples.rs"]
mod samples;

mod floor;
mod large;
mod measure;
mod needs;
mod place;
mod real;
mod tree;

use self::options::BenchOptions;
use self::report::Report;

/// The size of the run.
#[derive(Clone, Copy, Debug)]
struct Scale {
    /// The number of workspaces in which an audit runs for the first time.
    cold: usize,
    /// The number of audits after which nothing changed.
    unchanged: usize,
    /// The number of plans of the large tree.
    plans: usize,
    /// The number of files of the large tree.
    files: usize,
}

const FULL: Scale = Scale { cold: 5, unchanged: 20, plans: 10_000, files: 100_000 };
const QUICK: Scale = Scale { cold: 3, unchanged: 5, plans: 1_000, files: 10_000 };

type Part = fn(Scale, &mut Report) -> anyhow::Result<()>;

/// The parts, in the order in which they run.
const PARTS: [(&str, Part); 3] = [("real", real::run), ("large", large::run), ("needs", needs::run)];

fn main() -> anyhow::Result<()> {
    let options = BenchOptions::read(&PARTS.map(|(name, _)| name), "", |_, _| Ok(false))?;
    let scale = if options.quick { QUICK } else { FULL };
    place::prepare()?;
    let mut report = Report::default();
    for (name, part) in PARTS {
        if options.wants(name) {
            part(scale, &mut report)?;
        }
    }
    report.keep(&place::results())?;
    report.print(options.json);
    Ok(())
}
