//! `cargo xtask test`: runs all checks of a change, the quick ones first.

use std::collections::BTreeMap;

use crate::shell::{self, cargo};
use crate::{guests, shell::Step};

/// The Cargo feature that lets tests kill the program at named points. Release builds do not have these points. A point does
/// nothing until a test arms it.
const FAILPOINTS: &str = "--features=baton/failpoints";
/// The seed of property tests in CI.
const CI_SEED: &str = "20261123";

/// Runs all checks and stops at the first failure.
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
    // Build the program first, because the tests start it. Build it together with the tests, so that dependencies are
    // built once.
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

/// Prints the checks that tests skipped on this machine, each line once with the number of tests, and their sum.
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

/// `cargo xtask soak [ROUNDS [SEED]]`: kills the daemon repeatedly under load, and checks the result.
pub(crate) fn soak(rounds: &str, seed: &str) -> anyhow::Result<()> {
    let plugins = guests::build_all()?;
    let ready = |step: Step| step.env("BATON_PLUGINS_DIR", &plugins).env("BATON_FIXTURES", &plugins);
    ready(cargo(["build", "--workspace", "--bins", "--tests", FAILPOINTS])).run()?;
    let test = ["test", "--workspace", FAILPOINTS, "--test", "e2e", "--", "soak::soak", "--exact", "--ignored"];
    let step = cargo(test).args(["--nocapture"]).env("BATON_SOAK_ROUNDS", rounds).env("BATON_SOAK_SEED", seed);
    ready(step).run()
}

/// The command that runs the tests: nextest if it is installed, else `cargo test`. CI requires nextest, because nextest stops
/// tests that hang.
fn tests() -> anyhow::Result<Step> {
    if cargo(["nextest", "--version"]).works() {
        let step = cargo(["nextest", "run", "--workspace", FAILPOINTS]);
        // In CI a commit must always get the same result, so property tests use a fixed seed. Elsewhere they use random
        // seeds.
        return Ok(if shell::in_ci() { step.args(["--profile=ci"]).env("PROPTEST_RNG_SEED", CI_SEED) } else { step });
    }
    missing("cargo-nextest", "the tests run with plain `cargo test`, which ends no test that hangs")?;
    Ok(cargo(["test", "--workspace", "--lib", "--bins", "--tests", FAILPOINTS]))
}

/// Checks licences, sources and forbidden crates. Advisories need a database from the network, so the operator checks them.
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
