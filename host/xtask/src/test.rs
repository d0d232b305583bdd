//! `cargo xtask test`: everything that must hold before a change lands, the quick checks first.

use std::collections::BTreeMap;

use crate::shell::{self, cargo};
use crate::{guests, shell::Step};

/// The program under test can be killed at named points; what ships cannot. An unarmed point does nothing.
const FAILPOINTS: &str = "--features=baton/failpoints";
/// Where property tests begin in CI.
const CI_SEED: &str = "20261123";

/// Runs all of it and stops at the first failure.
pub(crate) fn run() -> anyhow::Result<()> {
    cargo(["fmt", "--all", "--check"]).run()?;
    deny()?;
    let plugins = guests::build_all()?;
    let ready = |step: Step| step.env("BATON_PLUGINS_DIR", &plugins).env("BATON_FIXTURES", &plugins);
    ready(cargo(["clippy", "--workspace", "--all-targets", FAILPOINTS, "--", "-D", "warnings"])).run()?;
    ready(cargo([
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--exclude",
        "hostile",
        "--exclude",
        "noop",
        "--exclude",
        "store",
    ]))
    .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private-intra-doc-links")
    .run()?;
    // The tests start the program, so it is built first; together with them, so that dependencies are built once.
    ready(cargo(["build", "--workspace", "--bins", "--tests", FAILPOINTS])).run()?;
    let skipped = shell::root().join("target/skipped.txt");
    drop(std::fs::remove_file(&skipped));
    ready(tests()?).env("BATON_SKIPPED", &skipped).run()?;
    ready(cargo([
        "test",
        "--workspace",
        "--doc",
        FAILPOINTS,
        "--exclude",
        "hostile",
        "--exclude",
        "noop",
        "--exclude",
        "store",
    ]))
    .run()?;
    println!("\nall checks passed");
    print_skipped(&std::fs::read_to_string(skipped).unwrap_or_default());
    Ok(())
}

/// Prints what tests could not check on this machine, each line once with the number of tests, and their sum.
fn print_skipped(report: &str) {
    let mut counts = BTreeMap::<&str, usize>::new();
    for line in report.lines() {
        *counts.entry(line).or_default() += 1;
    }
    for (line, tests) in &counts {
        println!("{line} ({tests} times)");
    }
    println!("SKIPPED: {} in all", counts.values().sum::<usize>());
}

/// `cargo xtask soak [ROUNDS [SEED]]`: the daemon is killed that often under load, and what is left is judged.
pub(crate) fn soak(rounds: &str, seed: &str) -> anyhow::Result<()> {
    let plugins = guests::build_all()?;
    let ready = |step: Step| step.env("BATON_PLUGINS_DIR", &plugins).env("BATON_FIXTURES", &plugins);
    ready(cargo(["build", "--workspace", "--bins", "--tests", FAILPOINTS])).run()?;
    let test = ["test", "--workspace", FAILPOINTS, "--test", "e2e", "--", "soak::soak", "--exact", "--ignored"];
    let step = cargo(test).args(["--nocapture"]).env("BATON_SOAK_ROUNDS", rounds).env("BATON_SOAK_SEED", seed);
    ready(step).run()
}

/// nextest where it is installed; it has to be in CI, because it ends tests that hang.
fn tests() -> anyhow::Result<Step> {
    if cargo(["nextest", "--version"]).works() {
        let step = cargo(["nextest", "run", "--workspace", FAILPOINTS]);
        // A commit gets the same verdict each time: property tests draw the same cases in CI, other ones on a user's machine.
        return Ok(if shell::in_ci() { step.args(["--profile=ci"]).env("PROPTEST_RNG_SEED", CI_SEED) } else { step });
    }
    missing("cargo-nextest", "the tests run with plain `cargo test`, which ends no test that hangs")?;
    Ok(cargo(["test", "--workspace", "--lib", "--bins", "--tests", FAILPOINTS]))
}

/// Licences, sources and forbidden crates. Advisories need a database from the network and are left to the operator.
fn deny() -> anyhow::Result<()> {
    if cargo(["deny", "--version"]).works() {
        return cargo(["deny", "--workspace", "--config", ".deny.toml", "check", "bans", "licenses", "sources"]).run();
    }
    missing("cargo-deny", "licences and sources of the dependencies are not checked")
}

fn missing(tool: &str, so: &str) -> anyhow::Result<()> {
    anyhow::ensure!(!shell::in_ci(), "{tool} must be installed here: cargo install --locked {tool}");
    println!("\nNOTE: {tool} is not installed, so {so} (cargo install --locked {tool})");
    Ok(())
}
