//! Removes rows from a report that is too large. Every removed row is counted.

use serde_json::Value;

use super::model::{Report, Row};
use super::parts::Part;
use crate::page::Block;
use crate::verify::Status;

impl Report {
    /// Removes rows, the least important ones first: present deliverables, then half of all rows, then plans that are done, then
    /// half of the plans. Returns false if there was nothing to remove.
    pub(super) fn thin(&mut self) -> bool {
        let mut rows = self.drop_present();
        if rows == 0 {
            rows = self.halve_rows();
        }
        self.rows_left_out += rows;
        let mut plans = 0;
        if rows == 0 {
            plans = drop_from(&mut self.plans, |plan| plan.counts.done() == plan.counts.expected());
        }
        if rows + plans == 0 {
            plans = halve(&mut self.plans);
        }
        self.plans_left_out += plans;
        rows + plans > 0
    }

    fn drop_present(&mut self) -> usize {
        let present = |row: &Row| row.status == Status::Present;
        self.plans.iter_mut().map(|plan| drop_from(&mut plan.deliverables, present)).sum()
    }

    fn halve_rows(&mut self) -> usize {
        let mut gone = 0;
        for plan in &mut self.plans {
            gone += halve(&mut plan.deliverables) + halve(&mut plan.references) + halve(&mut plan.components);
        }
        let parts = &mut self.parts;
        for part in [&mut parts.claims, &mut parts.history, &mut parts.actions, &mut parts.issues] {
            gone += thin(part);
        }
        gone + halve(&mut parts.follow_ups) + halve(&mut parts.trend)
    }
}

/// Removes the rows for which `is_like_that` is true; returns their number.
fn drop_from<T>(rows: &mut Vec<T>, is_like_that: impl Fn(&T) -> bool) -> usize {
    let before = rows.len();
    rows.retain(|row| !is_like_that(row));
    before - rows.len()
}

/// Keeps the first half, rounded down; returns the number of removed rows.
fn halve<T>(rows: &mut Vec<T>) -> usize {
    let gone = rows.len().div_ceil(2);
    rows.truncate(rows.len() - gone);
    gone
}

fn thin(part: &mut Part) -> usize {
    let shown: usize = part
        .blocks
        .iter_mut()
        .map(|block| match block {
            Block::Table(table) => halve(&mut table.rows),
            Block::List(lines) => halve(lines),
            Block::Checklist(tasks) => halve(tasks),
            Block::Bars(bars) => halve(bars),
            Block::Trend(points) => halve(points),
            Block::Heading(_) | Block::Text(_) => 0,
        })
        .sum();
    shown.max(thin_value(&mut part.rows))
}

/// Halves a list, or every list directly inside an object.
fn thin_value(rows: &mut Value) -> usize {
    match rows {
        Value::Array(rows) => halve(rows),
        Value::Object(fields) => {
            fields.values_mut().map(|field| if let Value::Array(rows) = field { halve(rows) } else { 0 }).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_halved_until_nothing_is_left() {
        let mut part = Part { rows: json!({"a": [1, 2, 3], "b": 1}), ..Part::default() };
        assert_eq!((thin(&mut part), thin(&mut part), thin(&mut part)), (2, 1, 0));
        assert_eq!(part.rows, json!({"a": [], "b": 1}));
    }
}
