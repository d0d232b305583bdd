//! Table rows that state the totals of the rows above them.
//!
//! Columns with a cell that is not a number, and totals of distinct things, are not compared.

use super::assertion::{Assertion, Kind, Outcome};
use super::ratio::leading;
use super::text::{Grid, Row, Text};
use super::words::{any_among, stems};
use crate::count::grouped;

/// Reads the totals of a document's tables.
pub(super) fn read(text: &Text, assertions: &mut Vec<Assertion>) {
    for grid in &text.grids {
        if let Some((last, above)) = grid.rows.split_last()
            && above.len() >= 2
            && is_total(last)
        {
            assertions.extend((1..last.cells.len()).filter_map(|at| column(grid, last, above, at)));
        }
    }
}

fn is_total(row: &Row) -> bool {
    let words = row.cells.first().map(|cell| stems(cell)).unwrap_or_default();
    words.len() <= 3
        && any_among("overall total sum", &words)
        && !any_among("unique distinct previou excluding net average mean avg", &words)
}

fn column(grid: &Grid, last: &Row, above: &[Row], at: usize) -> Option<Assertion> {
    let cell = last.cells.get(at)?;
    let said = leading(cell)?;
    let parts: Vec<u64> =
        above.iter().map(|row| leading(row.cells.get(at).map_or("", String::as_str))).collect::<Option<_>>()?;
    let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    let head = grid.head.get(at).map_or("", String::as_str);
    let words = format!("{} | {head}: {cell}", last.cells.first().map_or("", String::as_str));
    let evidence = format!("{}, written {}", added(&parts), grouped(said));
    Some(Assertion::decided(last.line, Kind::Sum, &words, Outcome::of(sum == u128::from(said), evidence)))
}

/// `1 + 2 + 3 = 6`.
fn added(parts: &[u64]) -> String {
    let shown: Vec<String> = parts.iter().take(8).map(|part| grouped(*part)).collect();
    let more = if parts.len() > 8 { format!(" + {} more", parts.len() - 8) } else { String::new() };
    let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    format!("{}{more} = {}", shown.join(" + "), grouped(sum))
}

#[cfg(test)]
mod tests {
    use super::super::assertion::Verdict;
    use super::super::text::decided;
    use super::*;

    fn outcomes(markdown: &str) -> Vec<(Verdict, String)> {
        decided(read, markdown).into_iter().map(|(_, verdict, evidence)| (verdict, evidence)).collect()
    }

    #[test]
    fn totals_are_sums() {
        let table = |total: &str| {
            format!("| A | N | M |\n|-|-|-|\n| x | 2 files | 1 |\n| y | 40 files | ? |\n| Total | {total} | 9 |\n")
        };
        assert_eq!(outcomes(&table("42 files")), [(Verdict::True, "2 + 40 = 42, written 42".to_owned())]);
        assert_eq!(outcomes(&table("43 files"))[0].0, Verdict::False);
        for other in ["Total unique", "Average", "Last"] {
            assert_eq!(outcomes(&table("43 files").replace("Total", other)), [], "{other}");
        }
    }
}
