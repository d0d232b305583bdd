//! Phase 0: folders and plans.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::document::{Gate, Phase, heading, table, text};
use super::super::model::{FolderLine, Report};
use super::super::wording::number;
use crate::count::plural;
use crate::discover::Details;
use crate::page::{Block, Cell};
use crate::remark::NoteSeverity;

pub(super) fn phase(report: &Report) -> Phase {
    let whole = report.notes.iter().all(|note| note.weight == NoteSeverity::Info);
    let read = whole && report.audited() > 0;
    Phase {
        number: 0,
        title: "Plans Directory Discovery",
        blocks: blocks(report),
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
    let bytes: BTreeMap<&str, u64> = report.plans.iter().map(|plan| (plan.plan.as_str(), plan.bytes)).collect();
    let plans =
        report.plan_files.iter().map(|details| plan(details, bytes.get(details.plan.as_str()).copied())).collect();
    let head = ["File", "Size", "Last Modified", "Priority", "Responsible", "Says of Itself"];
    blocks.push(table(&head, plans).unwrap_or_else(|| text("None.")));
    blocks
}

fn plan(details: &Details, bytes: Option<u64>) -> Vec<Cell> {
    let maybe = |text: &Option<String>| text.as_ref().map_or(Cell::None, Cell::text);
    let size = bytes.map(|bytes| format!("{} {}", super::super::escape::number(bytes), plural(bytes, "byte")));
    let modified = details.modified.and_then(|at| Timestamp::from_millisecond(at).ok());
    let modified = modified.map(|at| at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string());
    vec![
        Cell::code(&details.plan),
        maybe(&size),
        maybe(&modified),
        Cell::text(details.priority.word()),
        maybe(&details.responsible),
        maybe(&details.status),
    ]
}
