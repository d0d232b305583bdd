//! Measures the no-op plugin, with each call in a new store with every limit, and compares it with the same component in
//! bare wasmtime with the same settings. Also measures the time of loading, with and without the code cache.

use std::fs;
use std::time::Instant;

use baton_sandbox::{AttemptRequest, Sandbox, wit};
use baton_tests::fixture;
use tokio::runtime::Runtime;

use crate::bare::BarePlugin;
use crate::report::{Report, Row};
use crate::row;
use crate::samples::Samples;

/// The number of rounds of calls. Baton and bare wasmtime run in turns, so that both use the machine in the same state.
const ROUNDS: usize = 100;
const CALLS: u32 = 200;

/// The highest wanted ratio of Baton's time to the time of bare wasmtime.
const RATIO: f64 = 1.3;

/// How often each plugin is loaded.
const LOADS: usize = 20;

pub(crate) fn attempt(action: &str) -> AttemptRequest {
    AttemptRequest::new(wit::Task {
        id: "0123456789abcdef".to_owned(),
        attempt: 1,
        action: action.to_owned(),
        args: "{}".to_owned(),
        cause: wit::Cause::Call,
        handoff: None,
        mounts: Vec::new(),
        answer: None,
        now: "2026-01-18T10:15:00Z".to_owned(),
    })
}

/// Measures and reports.
///
/// # Errors
/// When a component is missing or does not run.
pub(crate) fn run(runtime: &Runtime, report: &mut Report) -> anyhow::Result<()> {
    report.part("A call of the no-op plugin, a fresh store each time");
    let bytes = fs::read(fixture("noop"))?;
    let bare = BarePlugin::new(&bytes);
    let sandbox = Sandbox::new(None)?;
    let plugin = sandbox.load(&bytes)?;
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floor.push(runtime.block_on(async {
            let begun = Instant::now();
            for _ in 0..CALLS {
                bare.call(&attempt("noop").task).await;
            }
            begun.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
        }));
        ours.push(runtime.block_on(async {
            let begun = Instant::now();
            for _ in 0..CALLS {
                let ended = sandbox.run(&plugin, attempt("noop")).await.ended;
                assert!(ended.is_ok(), "{ended:?}");
            }
            begun.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
        }));
    }
    let ratios = Samples::of(ours.iter().zip(&floor).map(|(ours, floor)| ours / floor));
    for (what, samples) in [("bare wasmtime, the same settings", floor), ("Baton, every ceiling on", ours)] {
        let row = row(report, what, "us", &Samples::of(samples));
        report.row(row);
    }
    let ratio = ratios.median();
    let row =
        Row::new("Baton / bare wasmtime", format!("{ratio:.2}"), format!("{:.2} to {:.2}", ratios.min(), ratios.max()));
    report.row(row.aim(format!("<= {RATIO}"), ratio <= RATIO));
    loads(report)
}

fn loads(report: &mut Report) -> anyhow::Result<()> {
    report.part("Loading a plugin: read, checked, compiled or found in the cache, linked");
    let cache = tempfile::tempdir()?;
    for name in ["noop", "audit"] {
        let bytes = fs::read(fixture(name))?;
        let begun = Instant::now();
        Sandbox::new(Some(cache.path()))?.load(&bytes)?;
        let first = begun.elapsed().as_secs_f64() * 1e3;
        report.row(Row::new(format!("{name}, the first time (compiled)"), format!("{first:.2} ms"), "n = 1"));
        let sandbox = Sandbox::new(Some(cache.path()))?;
        let mut samples = Vec::new();
        for _ in 0..LOADS {
            let begun = Instant::now();
            sandbox.load(&bytes)?;
            samples.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        report.latency(&format!("{name}, from the cache"), &Samples::of(samples), None);
    }
    Ok(())
}
