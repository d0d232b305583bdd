//! Measures an audit of ten thousand plans and a hundred thousand files, and an audit of half as many plans and files.
//! Reports the peak memory, and whether the time grows linearly.

use anyhow::Context as _;

use crate::measure::{Audits, SETTLED};
use crate::report::{Report, Row};
use crate::{Scale, floor, place, tree};

const WALL_MS: f64 = 60_000.0;
const MEMORY_MIB: f64 = 500.0;

/// The highest ratio of times that counts as linear for twice the work; sorting and caches need some extra time.
const LINEAR: f64 = 2.5;

/// Measures and reports.
///
/// # Errors
/// When an audit does not succeed.
pub(crate) fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    report.part(format!("{} plans against {} files, all generated", scale.plans, scale.files));
    let mut colds = Vec::new();
    for part in [2, 1] {
        let (plans, files) = (scale.plans / part, scale.files / part);
        let workspace = place::workspace()?;
        tree::make(workspace.root(), plans, files).context("failed to make the tree")?;
        std::thread::sleep(SETTLED);
        let (mut cold, mut unchanged) = (Audits::default(), Audits::default());
        cold.add(&workspace)?;
        let what = format!("{plans} × {files}");
        cold.tell(&format!("{what}, cold"), WALL_MS, report);
        unchanged.add(&workspace)?;
        unchanged.tell(&format!("{what}, nothing changed"), WALL_MS, report);
        cold.tell_memory(&what, MEMORY_MIB, report);
        if part == 1 {
            floor::add(&workspace, 1, report)?;
        }
        colds.push(cold.attempt());
    }
    if let [half, whole] = colds.as_slice() {
        let ratio = whole / half;
        let row = Row::new("twice the work, cold", format!("{ratio:.2} × the time"), "n = 1 each");
        report.row(row.aim(format!("≤ {LINEAR} ×"), ratio <= LINEAR));
    }
    Ok(())
}
