//! Measures the servers for coding agents: a tool call compared with the same question on the command line, clients that wait for
//! work, and the time until a waiting client has a new request.
//!
//! `cargo xtask bench coding_agents` builds the program and runs this; `--quick` takes fewer calls and clients, `--json` prints JSON, and
//! `--only calls|waiters|wake` does one part. Every sample goes to `target/bench/coding_agents.json`. A slow result is not an error.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench stops when something that it needs is missing"
)]

mod calls;
mod http;
#[path = "../intake/options.rs"]
mod options;
#[path = "../intake/report.rs"]
mod report;
#[path = "../intake/samples.rs"]
mod samples;
mod waiters;
mod wake;

use std::fs;
use std::time::Duration;

use baton_tests::{Workspace, repository};

use self::options::BenchOptions;
use self::report::Report;

/// The agents of the bench.
const AGENTS: [&str; 4] = ["Claude-MM1", "Codex-MM1", "Cursor-MM1", "Gemini-MM1"];

/// The size of the run.
#[derive(Clone, Copy, Debug)]
struct Scale {
    /// The number of calls of each kind.
    calls: u32,
    /// The number of waiting clients of each agent.
    waiters: usize,
    /// How long the waiting clients are watched.
    watched: Duration,
    /// The number of requests that wake a client.
    wakes: u32,
}

const FULL: Scale = Scale { calls: 300, waiters: 50, watched: Duration::from_mins(1), wakes: 200 };
const QUICK: Scale = Scale { calls: 30, waiters: 5, watched: Duration::from_secs(5), wakes: 20 };

type Part = fn(Scale, &mut Report) -> anyhow::Result<()>;

const PARTS: [(&str, Part); 3] = [("calls", calls::run), ("waiters", waiters::run), ("wake", wake::run)];

fn main() -> anyhow::Result<()> {
    let options = BenchOptions::read(&PARTS.map(|(name, _)| name), "", |_, _| Ok(false))?;
    let scale = if options.quick { QUICK } else { FULL };
    let folder = repository().join("target/bench");
    fs::create_dir_all(&folder)?;
    let mut report = Report::default();
    for (name, part) in PARTS {
        if options.wants(name) {
            part(scale, &mut report)?;
        }
    }
    report.keep(&folder.join("coding_agents.json"))?;
    report.print(options.json);
    Ok(())
}

/// A workspace with [`AGENTS`] and no plugin.
fn workspace() -> Workspace {
    let workspace = Workspace::with_noop();
    for agent in AGENTS {
        fs::create_dir_all(workspace.inbox_of(agent)).expect("a folder can be made");
    }
    workspace
}
