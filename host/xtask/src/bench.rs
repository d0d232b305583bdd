//! `cargo xtask bench`: the benches of `tests/benches`, in release, with ready components, and the ratios of those that
//! criterion runs.

use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::guests;
use crate::shell::{cargo, root};

/// A bench and how its figures come about.
struct Bench {
    name: &'static str,
    kind: Kind,
}

enum Kind {
    /// Criterion measures two sides; their ratio is what counts.
    Ratio {
        ours: &'static str,
        /// The peer or floor that stands beside it in the same run.
        peer: &'static str,
    },
    /// It drives the release program and prints its own table.
    Program,
}

const BENCHES: [Bench; 2] = [
    Bench { name: "noop_call", kind: Kind::Ratio { ours: "sandbox", peer: "bare_wasmtime" } },
    Bench { name: "intake", kind: Kind::Program },
];

/// Runs one bench with its arguments, or all without any.
///
/// # Errors
/// When there is no such bench or it fails.
pub(crate) fn run(name: Option<&str>, args: &[&str]) -> anyhow::Result<()> {
    let wanted: Vec<_> = BENCHES.iter().filter(|bench| name.is_none_or(|name| name == bench.name)).collect();
    let names = BENCHES.map(|bench| bench.name).join(", ");
    ensure!(!wanted.is_empty(), "there is no bench of that name; there are: {names}");
    let components = guests::build_all()?;
    for bench in wanted {
        match bench.kind {
            Kind::Ratio { ours, peer } => {
                measure(bench.name, &components, args, None)?;
                tell_ratio(bench.name, ours, peer)?;
            }
            Kind::Program => {
                cargo(["build", "--release", "--package", "baton"]).env("BATON_PLUGINS_DIR", &components).run()?;
                measure(bench.name, &components, args, Some(&root().join("target/release/baton")))?;
            }
        }
    }
    Ok(())
}

fn measure(bench: &str, components: &Path, args: &[&str], program: Option<&Path>) -> anyhow::Result<()> {
    let step = cargo(["bench", "--package", "baton-tests", "--bench", bench, "--"]).args(args);
    let step = step.env("BATON_FIXTURES", components).env("BATON_PLUGINS_DIR", components);
    match program {
        Some(program) => step.env("BATON_BIN", program).run(),
        None => step.run(),
    }
}

fn tell_ratio(bench: &str, ours: &str, peer: &str) -> anyhow::Result<()> {
    let folder = root().join("target/criterion").join(bench);
    let (ours_ns, peer_ns) = (median(&folder.join(ours))?, median(&folder.join(peer))?);
    println!("\n{bench}: {ours} / {peer} = {:.2}", ours_ns.point / peer_ns.point);
    for (what, time) in [(ours, ours_ns), (peer, peer_ns)] {
        let [point, low, high] = [time.point, time.low, time.high].map(|ns| ns / 1_000.0);
        println!("  {what}: median {point:.1} us (95 % between {low:.1} and {high:.1})");
    }
    Ok(())
}

/// A median with its confidence interval, in nanoseconds.
struct Median {
    point: f64,
    low: f64,
    high: f64,
}

/// What criterion wrote down of its last run.
fn median(folder: &Path) -> anyhow::Result<Median> {
    let path = folder.join("new/estimates.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let estimates: Value = serde_json::from_str(&text)?;
    let number = |pointer: &str| {
        let found = estimates.pointer(pointer).and_then(Value::as_f64);
        found.with_context(|| format!("{} has no {pointer}", path.display()))
    };
    Ok(Median {
        point: number("/median/point_estimate")?,
        low: number("/median/confidence_interval/lower_bound")?,
        high: number("/median/confidence_interval/upper_bound")?,
    })
}
