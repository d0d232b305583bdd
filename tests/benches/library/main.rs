//! Measures an Eagle library of 21,125 items, the size of the real library. The figures are the times of a first scan, of a
//! second scan, of the coverage and of the search for duplicates, and the memory. The bench also compares the found
//! duplicates with the generated ones.
//!
//! `cargo xtask bench library` builds the program and runs this; `--quick` uses 2,000 items, `--items N` another number,
//! `--made` synthesised pieces instead of real music, `--json` prints JSON. The library needs 130 kB for each item in the folder of
//! temporary files.
//!
//! The bench does not fail if a step is slow. It reports duplicates that were not found, and groups that are wrong.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench stops when something that it needs is missing; a field that JSON lacks is null"
)]

mod library;
#[path = "../intake/options.rs"]
#[expect(dead_code, reason = "this bench has no parts")]
mod options;
mod process;
mod truth;

use std::path::Path;
use std::time::Duration;

use baton_tests::Workspace;
use baton_tests::music::{Music, RealMusic};
use serde_json::{Value, json};

use self::options::BenchOptions;
use self::process::{Run, run};

/// The number of items of the real library.
const ITEMS: u64 = 21_125;
const QUICK: u64 = 2_000;

fn main() -> anyhow::Result<()> {
    let (mut items, mut made) = (None, false);
    let options = BenchOptions::read(&[], ", --items N, --made", |option, left| {
        match option {
            "--items" => items = Some(left.value(option)?.parse()?),
            "--made" => made = true,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let items = items.unwrap_or(if options.quick { QUICK } else { ITEMS });
    let music = match RealMusic::decode(library::SECONDS) {
        Ok(real) if !made => Music::Real(real),
        _ => Music::Made,
    };
    let workspace = Workspace::init();
    let folder = workspace.outside().join("Bench.library");
    let begun = std::time::Instant::now();
    let planted = library::fill(&folder, &music, items);
    let filled = begun.elapsed();
    let report = measure(&workspace, &folder, (&planted, &music), filled)?;
    if options.json {
        print(&format!("{report:#}\n"));
    } else {
        print(&as_text(&report));
    }
    Ok(())
}

/// Runs the program, step by step.
fn measure(
    workspace: &Workspace,
    folder: &Path,
    (planted, music): (&library::GeneratedContent, &Music),
    filled: Duration,
) -> anyhow::Result<Value> {
    let source = folder.to_string_lossy();
    let scan = run(workspace, &["library", "scan", &source, "--json"])?;
    let again = run(workspace, &["library", "scan", &source, "--json"])?;
    let coverage = run(workspace, &["library", "coverage", "--json"])?;
    let duplicates = run(workspace, &["library", "duplicates", "--json"])?;
    let verdict = truth::compare(planted, music, &duplicates.json);
    let step = |name: &str, run: &Run| json!({ "step": name, "wall_ms": ms(run.wall), "cpu_ms": ms(run.cpu), "peak_mib": run.peak_mib });
    Ok(json!({
        "items": planted.items,
        "different_pieces": planted.different,
        "filled_ms": ms(filled),
        "steps": [step("scan", &scan), step("scan again", &again), step("coverage", &coverage), step("duplicates", &duplicates)],
        "read": scan.json["read"],
        "read_again": again.json["read"]["files"],
        "coverage": coverage.json["total"],
        "verdict": verdict,
    }))
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn as_text(report: &Value) -> String {
    let mut text = format!("{} items, made in {} ms\n\n", report["items"], report["filled_ms"]);
    text.push_str("step         wall ms   cpu ms  peak MiB\n");
    for step in report["steps"].as_array().into_iter().flatten() {
        let number = |name: &str| step[name].as_f64().unwrap_or_default();
        let name = step["step"].as_str().unwrap_or_default();
        text.push_str(&format!(
            "{name:10} {:9.0} {:8.0} {:9.1}\n",
            number("wall_ms"),
            number("cpu_ms"),
            number("peak_mib")
        ));
    }
    for part in ["read", "read_again", "coverage", "verdict"] {
        text.push_str(&format!("\n{part}: {}\n", report[part]));
    }
    text
}

#[expect(clippy::print_stdout, reason = "the bench prints its figures")]
fn print(text: &str) {
    print!("{text}");
}
