//! Measures plugin calls: a call compared with bare wasmtime, loading from the code cache, the start and the idle memory of
//! the real program with four plugins, and the end of a plugin that never ends. Extism does the same work in the same run.
//!
//! `cargo xtask bench plugins` builds the program, the components and the peer, and runs this; `--json` prints JSON. Every
//! sample is written to `target/bench/plugins.json`. The bench does not fail if a figure is slow; it prints the aim and whether it was reached.
#![expect(clippy::expect_used, reason = "a bench stops when something that it needs is missing")]

#[path = "../bare/mod.rs"]
mod bare;
mod call;
mod extism;
mod program;
#[path = "../intake/report.rs"]
mod report;
#[path = "../intake/samples.rs"]
mod samples;
mod spin;

use anyhow::bail;
use baton_tests::repository;
use tokio::runtime::Runtime;

use self::report::{Report, Row};
use self::samples::Samples;

fn main() -> anyhow::Result<()> {
    let mut json = false;
    for arg in std::env::args().skip(1) {
        match arg.as_str() {
            "--json" => json = true,
            // Cargo adds this option.
            "--bench" => {}
            other => bail!("`{other}` is unknown; there is: --json"),
        }
    }
    let mut report = Report::default();
    let runtime = Runtime::new()?;
    call::run(&runtime, &mut report)?;
    spin::run(&runtime, &mut report)?;
    drop(runtime);
    extism::run(&mut report)?;
    program::run(&mut report)?;
    let results = repository().join("target/bench/plugins.json");
    if let Some(folder) = results.parent() {
        std::fs::create_dir_all(folder)?;
    }
    report.keep(&results)?;
    report.print(json);
    Ok(())
}

/// A median with its spread, in `unit`.
fn row(report: &mut Report, what: &str, unit: &str, samples: &Samples) -> Row {
    report.samples(&format!("{what}, {unit}"), samples);
    let spread = format!(
        "p90 {:.2}, {:.2} to {:.2}, n = {}",
        samples.percentile(90),
        samples.min(),
        samples.max(),
        samples.values().len()
    );
    Row::new(what, format!("{:.2} {unit}", samples.median()), spread)
}

/// The same component with each `from` replaced by `to`, which has the same length; `None` if `from` does not occur.
fn replaced(component: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    let places: Vec<usize> =
        (0..component.len()).filter(|at| component.get(*at..).is_some_and(|rest| rest.starts_with(from))).collect();
    let mut changed = component.to_vec();
    for at in &places {
        changed.splice(*at..at + from.len(), to.iter().copied());
    }
    (!places.is_empty()).then_some(changed)
}
