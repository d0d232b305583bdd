//! Takes rows out of a report that turned out to weigh too much. Every row that goes is counted.

use serde_json::Value;

use super::model::Report;
use super::parts::Part;
use crate::page::Block;

impl Report {
    /// Halves every list of rows; says whether there was anything left to take out.
    pub(super) fn thin(&mut self) -> bool {
        let mut gone = 0;
        for plan in &mut self.plans {
            gone += halve(&mut plan.deliverables) + halve(&mut plan.references) + halve(&mut plan.components);
        }
        let parts = &mut self.parts;
        for part in
            [&mut parts.claims, &mut parts.history, &mut parts.performance, &mut parts.alignment, &mut parts.actions]
        {
            gone += thin(part);
        }
        gone += halve(&mut parts.follow_ups) + halve(&mut parts.trend);
        if gone == 0 {
            // Nothing but plans is left that could weigh so much.
            gone = halve(&mut self.plans);
        }
        self.rows_left_out += gone;
        gone > 0
    }
}

/// Keeps the first half, rounded down.
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
            Block::Heading(_) | Block::Subheading(_) | Block::Text(_) => 0,
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
