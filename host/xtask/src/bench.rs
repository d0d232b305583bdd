//! `cargo xtask bench`: runs the benches of `tests/benches` in release mode with built components.

use std::path::{Path, PathBuf};

use anyhow::ensure;

use crate::guests;
use crate::shell::{cargo, root};

/// A bench and the way to run it.
struct Bench {
    name: &'static str,
    kind: Kind,
}

enum Kind {
    /// A bench that runs the release program and prints its own table.
    Program,
    /// A bench that compares the release program with the programs of `tests/benches/peers`.
    Peers,
    /// A bench of this package alone, without the release program and plugins.
    Crate(&'static str),
}

const BENCHES: [Bench; 8] = [
    Bench { name: "intake", kind: Kind::Program },
    Bench { name: "audit", kind: Kind::Program },
    Bench { name: "library", kind: Kind::Program },
    Bench { name: "offline", kind: Kind::Program },
    Bench { name: "coding_agents", kind: Kind::Program },
    Bench { name: "plugins", kind: Kind::Peers },
    Bench { name: "fingerprint", kind: Kind::Crate("baton-tests") },
    Bench { name: "matching", kind: Kind::Crate("baton-track-match") },
];

/// Runs one bench with its arguments, or all benches.
pub(crate) fn run(name: Option<&str>, args: &[&str]) -> anyhow::Result<()> {
    let wanted: Vec<_> = BENCHES.iter().filter(|bench| name.is_none_or(|name| name == bench.name)).collect();
    let names = BENCHES.map(|bench| bench.name).join(", ");
    ensure!(!wanted.is_empty(), "there is no bench of that name; there are: {names}");
    let (crates, wanted): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|bench| matches!(bench.kind, Kind::Crate(_)));
    for bench in crates {
        let Kind::Crate(package) = bench.kind else { continue };
        cargo(["bench", "--package", package, "--bench", bench.name, "--"]).args(args).run()?;
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let components = guests::build_all()?;
    for bench in wanted {
        match bench.kind {
            Kind::Crate(_) => {}
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
