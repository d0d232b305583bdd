//! `cargo xtask bench`: runs the benches of `tests/benches` in release mode with built components, and prints the ratios of
//! those that use criterion.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::guests;
use crate::shell::{cargo, root};

/// A bench and the kind of its results.
struct Bench {
    name: &'static str,
    kind: Kind,
}

enum Kind {
    /// Criterion measures two sides, and the result is their ratio.
    Ratio {
        ours: &'static str,
        /// The reference that is measured in the same run.
        peer: &'static str,
    },
    /// It runs the release program and prints its own table.
    Program,
    /// A program that is compared with those of `tests/benches/peers`.
    Peers,
    /// A bench of this package alone, without the program and plugins.
    Room(&'static str),
}

const BENCHES: [Bench; 8] = [
    Bench { name: "noop_call", kind: Kind::Ratio { ours: "sandbox", peer: "bare_wasmtime" } },
    Bench { name: "intake", kind: Kind::Program },
    Bench { name: "audit", kind: Kind::Program },
    Bench { name: "library", kind: Kind::Program },
    Bench { name: "offline", kind: Kind::Program },
    Bench { name: "plugins", kind: Kind::Peers },
    Bench { name: "fingerprint", kind: Kind::Room("baton-tests") },
    Bench { name: "matching", kind: Kind::Room("baton-track-match") },
];

/// Runs one bench with its arguments, or all benches.
pub(crate) fn run(name: Option<&str>, args: &[&str]) -> anyhow::Result<()> {
    let wanted: Vec<_> = BENCHES.iter().filter(|bench| name.is_none_or(|name| name == bench.name)).collect();
    let names = BENCHES.map(|bench| bench.name).join(", ");
    ensure!(!wanted.is_empty(), "there is no bench of that name; there are: {names}");
    let (rooms, wanted): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|bench| matches!(bench.kind, Kind::Room(_)));
    for bench in rooms {
        let Kind::Room(package) = bench.kind else { continue };
        cargo(["bench", "--package", package, "--bench", bench.name, "--"]).args(args).run()?;
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let components = guests::build_all()?;
    for bench in wanted {
        match bench.kind {
            Kind::Room(_) => {}
            Kind::Ratio { ours, peer } => {
                measure(bench.name, &components, args, &[])?;
                tell_ratio(bench.name, ours, peer)?;
            }
            Kind::Program | Kind::Peers => {
                cargo(["build", "--release", "--package", "baton"]).env("BATON_PLUGINS_DIR", &components).run()?;
                let program = root().join("target/release/baton");
                let mut surroundings = vec![("BATON_BIN", program)];
                if matches!(bench.kind, Kind::Peers) {
                    surroundings.extend(peers()?);
                }
                measure(bench.name, &components, args, &surroundings)?;
            }
        }
    }
    Ok(())
}

/// Builds the reference programs, with their own lock file, and returns their paths.
fn peers() -> anyhow::Result<[(&'static str, PathBuf); 2]> {
    const TARGET: &str = "wasm32-unknown-unknown";
    guests::add_target(TARGET)?;
    let (manifest, folder) = (root().join("tests/benches/peers/Cargo.toml"), root().join("target/peers"));
    let build = |options: &[&str]| {
        let step = cargo(["build", "--locked"]).args(options).args(["--manifest-path"]).args([&manifest]);
        step.args(["--target-dir"]).args([&folder]).run()
    };
    build(&["--release"])?;
    build(&["--profile", "guest", "--target", TARGET, "--package", "peer-guest"])?;
    let guest = folder.join(TARGET).join("guest/peer_guest.wasm");
    Ok([("BATON_PEERS", folder.join("release/baton-peers")), ("BATON_PEER_GUEST", guest)])
}

fn measure(
    bench: &str,
    components: &Path,
    args: &[&str],
    surroundings: &[(&'static str, PathBuf)],
) -> anyhow::Result<()> {
    let step = cargo(["bench", "--package", "baton-tests", "--bench", bench, "--"]).args(args);
    let step = step.env("BATON_FIXTURES", components).env("BATON_PLUGINS_DIR", components);
    surroundings.iter().fold(step, |step, (name, value)| step.env(name, value)).run()
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

/// Reads the result of criterion's last run.
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
