//! Phase 0: folders and plans.

use super::super::document::{Gate, Phase, heading, table, text};
use super::super::model::{FolderLine, PlanReport, Report};
use super::{counted, number};
use crate::note::Weight;
use crate::page::{Block, Cell};

pub(super) fn phase(report: &Report) -> Phase {
    let whole = report.notes.iter().all(|note| note.weight == Weight::Info);
    let read = whole && report.audited() > 0;
    Phase {
        number: 0,
        title: "Plans Directory Discovery",
        blocks: blocks(report),
        tasks: vec![
            (
                !report.plans_folders.is_empty(),
                format!("Located the plans folders ({})", counted(report.plans_folders.len(), "location")),
            ),
            (report.audited() > 0, format!("Listed the plan files ({})", counted(report.audited(), "file"))),
            (read, "Read every plan whole".to_owned()),
        ],
        question: "Every plan was found and read whole",
        gate: Gate::of(read),
    }
}

fn blocks(report: &Report) -> Vec<Block> {
    let folder = |line: &FolderLine| vec![Cell::code(&line.folder), number(line.plans)];
    let folders = report.plans_folders.iter().map(folder).collect();
    let mut blocks = vec![heading("Plans Directory Locations")];
    blocks.push(table(&["Location", "Plans Audited"], folders).unwrap_or_else(|| text("None.")));
    blocks.push(heading("Plan Files"));
    let plans = report.plans.iter().map(plan).collect();
    blocks.push(table(&["File", "Size", "Date", "Says of Itself"], plans).unwrap_or_else(|| text("None.")));
    blocks
}

fn plan(plan: &PlanReport) -> Vec<Cell> {
    let field = |name: &str| {
        let field = plan.header.iter().find(|field| field.name == name);
        field.map_or(Cell::None, |field| Cell::text(&field.value))
    };
    let size = format!("{} bytes", super::super::escape::number(plan.bytes));
    vec![Cell::code(&plan.plan), Cell::text(size), field("Date"), field("Status")]
}
