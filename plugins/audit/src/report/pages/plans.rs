//! The plans folders, and the properties of the plans.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::model::{FolderLine, Report};
use crate::count::{grouped, plural};
use crate::discover::Details;
use crate::page::{Block, Cell, number, table, text};

pub(super) fn blocks(report: &Report) -> Vec<Block> {
    let folder = |line: &FolderLine| vec![Cell::code(&line.folder), number(line.plans)];
    let folders = report.plans_folders.iter().map(folder).collect();
    let bytes: BTreeMap<&str, u64> = report.plans.iter().map(|plan| (plan.plan.as_str(), plan.bytes)).collect();
    let plan = |details: &Details| plan(details, bytes.get(details.plan.as_str()).copied());
    let head = ["File", "Size", "Last Modified", "Priority", "Responsible", "Says of Itself"];
    let tables =
        [table(&["Location", "Plans Audited"], folders), table(&head, report.plan_files.iter().map(plan).collect())];
    let blocks: Vec<Block> = tables.into_iter().flatten().collect();
    if blocks.is_empty() { vec![text("There is no plan.")] } else { blocks }
}

fn plan(details: &Details, bytes: Option<u64>) -> Vec<Cell> {
    let maybe = |text: &Option<String>| text.as_ref().map_or(Cell::None, Cell::text);
    let size = bytes.map(|bytes| format!("{} {}", grouped(bytes), plural(bytes, "byte")));
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
