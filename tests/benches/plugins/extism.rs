//! Measures the same functions in Extism. Extism runs in a separate program, because it has another version of wasmtime.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::report::{Report, say};
use crate::row;
use crate::samples::Samples;

/// The numbers of calls, of loads, and of endless calls.
const COUNTS: [&str; 3] = ["2000", "20", "10"];

/// Measures and reports; skips with a message if the peer was not built.
///
/// # Errors
/// When the peer fails.
pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    let [program, guest] = ["BATON_PEERS", "BATON_PEER_GUEST"].map(|name| std::env::var_os(name).map(PathBuf::from));
    let (Some(program), Some(guest)) = (program, guest) else {
        say("SKIPPED: Extism: run this as `cargo xtask bench plugins`, which builds it");
        return Ok(());
    };
    report.part("Extism running the same functions");
    let cache = tempfile::tempdir()?;
    let output = Command::new(&program).args([&guest, &cache.path().to_owned()]).args(COUNTS).output()?;
    ensure!(output.status.success(), "{} failed: {}", program.display(), String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).context("the peer prints JSON")?;
    for (field, what, unit) in [
        ("fresh_us", "no-op call, a fresh instance each time", "us"),
        ("warm_us", "no-op call, the same instance again and again", "us"),
        ("load_ms", "loading a plugin from the cache (the first: compiled)", "ms"),
        ("over_ms", "a function that never ends: dead after its deadline of 1 s", "ms"),
    ] {
        let values = said.get(field).and_then(Value::as_array).with_context(|| format!("the peer gives {field}"))?;
        let row = row(report, what, unit, &Samples::of(values.iter().filter_map(Value::as_f64)));
        report.row(row);
    }
    Ok(())
}
