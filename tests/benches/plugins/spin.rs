//! Measures a plugin in an endless loop: the time from the plugin's deadline until it has ended, alone and with other
//! plugins at the same time.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use baton_sandbox::{AttemptError, Plugin, ResourceLimit, Sandbox};
use baton_tests::fixture;
use tokio::runtime::Runtime;

use crate::call::attempt;
use crate::report::Report;
use crate::samples::Samples;
use crate::{replaced, row};

const WALL: Duration = Duration::from_secs(1);
const ROUNDS: usize = 10;
const BESIDE: usize = 4;
const AIM: f64 = 20.0;

/// Measures and reports.
///
/// # Errors
/// When the plugin is missing or ends for another reason.
pub(crate) fn run(runtime: &Runtime, report: &mut Report) -> anyhow::Result<()> {
    report.part("A plugin that never ends: dead this long after its deadline of one second");
    let sandbox = Sandbox::new(None)?;
    let plugin = sandbox.load(&impatient(&fs::read(fixture("hostile"))?)?)?;
    for (what, count) in [("alone", 1), ("four at the same time", BESIDE)] {
        let mut over = Vec::new();
        for _ in 0..ROUNDS {
            let all: Vec<_> = (0..count).map(|_| runtime.spawn(spin(sandbox.clone(), plugin.clone()))).collect();
            for one in all {
                over.push(runtime.block_on(one)??);
            }
        }
        let over = Samples::of(over);
        let row = row(report, what, "ms", &over).aim(format!("< {AIM} ms, all"), over.max() < AIM);
        report.row(row);
    }
    Ok(())
}

async fn spin(sandbox: Sandbox, plugin: Plugin) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let ended = sandbox.run(&plugin, attempt("spin")).await.ended;
    let took = begun.elapsed();
    let hit = matches!(&ended, Err(AttemptError::Limit { resource: ResourceLimit::Wall, .. }));
    ensure!(hit, "it ended otherwise: {ended:?}");
    Ok(took.saturating_sub(WALL).as_secs_f64() * 1e3)
}

/// The same component with a deadline of one second in its manifest.
fn impatient(component: &[u8]) -> anyhow::Result<Vec<u8>> {
    replaced(component, br#""wall_s": 3"#, br#""wall_s": 1"#).context("its manifest has a deadline of 3 s")
}
