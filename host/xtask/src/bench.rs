//! `cargo xtask bench`: the benches of `tests/benches`, in release, with ready components, and their ratios.

use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::guests;
use crate::shell::{cargo, root};

/// A bench: its name, what is measured, and the peer or floor that stands beside it in the same run.
const BENCHES: [(&str, &str, &str); 1] = [("noop_call", "sandbox", "bare_wasmtime")];

/// Runs one bench, or all, and prints each ratio.
///
/// # Errors
/// When there is no such bench or it fails.
pub(crate) fn run(name: Option<&str>) -> anyhow::Result<()> {
    let wanted: Vec<_> = BENCHES.iter().filter(|(bench, ..)| name.is_none_or(|name| name == *bench)).collect();
    let names = BENCHES.map(|(bench, ..)| bench).join(", ");
    ensure!(!wanted.is_empty(), "there is no bench of that name; there are: {names}");
    let fixtures = guests::build_all()?;
    for (bench, ours, peer) in &wanted {
        cargo(["bench", "--package", "baton-tests", "--bench", bench]).env("BATON_FIXTURES", &fixtures).run()?;
        let folder = root().join("target/criterion").join(bench);
        let (ours_ns, peer_ns) = (median(&folder.join(ours))?, median(&folder.join(peer))?);
        println!("\n{bench}: {ours} / {peer} = {:.2}", ours_ns.point / peer_ns.point);
        for (what, time) in [(ours, ours_ns), (peer, peer_ns)] {
            let [point, low, high] = [time.point, time.low, time.high].map(|ns| ns / 1_000.0);
            println!("  {what}: median {point:.1} us (95 % between {low:.1} and {high:.1})");
        }
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
