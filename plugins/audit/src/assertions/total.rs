//! Last rows of tables: totals of the rows above, means of percentages, and columns that are the change between two others.
//!
//! A row named "average" must be the plain mean; one named "overall" may weigh its rows, so that it is false only outside
//! of them. Columns with a cell that is no number are left alone, as are totals of what is distinct.

use super::claim::{Assertion, Kind, Outcome};
use super::number::{Number, fixed, grouped, numbers};
use super::ratio::{leading, only_percent};
use super::text::{Grid, Row, Text};
use super::words::stems;
use crate::remark::NoteSeverity;

/// What the first cell of a last row says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Summing {
    Total,
    Overall,
    Mean,
}

/// The totals, means and changes of a document's tables.
pub(super) fn read(text: &Text, claims: &mut Vec<Assertion>) {
    for grid in &text.grids {
        if let Some((last, above)) = grid.rows.split_last()
            && let (Some(summing), true) = (summing(last), above.len() >= 2)
        {
            for at in 1..last.cells.len() {
                column(grid, summing, last, above, at, claims);
            }
        }
        changes(grid, claims);
    }
}

fn summing(row: &Row) -> Option<Summing> {
    let words = stems(row.cells.first()?);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    if words.len() > 3 || has(&["unique", "distinct", "previou", "excluding", "net"]) {
        None
    } else if has(&["average", "mean", "avg"]) {
        Some(Summing::Mean)
    } else if has(&["overall"]) {
        Some(Summing::Overall)
    } else {
        has(&["total", "sum"]).then_some(Summing::Total)
    }
}

fn column(grid: &Grid, summing: Summing, last: &Row, above: &[Row], at: usize, claims: &mut Vec<Assertion>) {
    let Some(cell) = last.cells.get(at) else { return };
    let head = grid.head.get(at).map_or("", String::as_str);
    let words = format!("{} | {head}: {cell}", last.cells.first().map_or("", String::as_str));
    let cells = || above.iter().map(|row| row.cells.get(at).map_or("", String::as_str));
    if let Some(said) = only_percent(cell) {
        if let Some(rows) = cells().map(lone_percent).collect::<Option<Vec<_>>>() {
            claims.push(Assertion::worked(last.line, Kind::Average, &words, mean(&said, &rows, summing)));
        }
    } else if let (Some(said), Some(parts), true) =
        (leading(cell), cells().map(leading).collect::<Option<Vec<_>>>(), summing != Summing::Mean)
    {
        let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
        let outcome =
            Outcome::of(sum == u128::from(said), format!("{}, written {}", added(&parts), grouped(said.into())));
        claims.push(Assertion::worked(last.line, Kind::Sum, &words, outcome));
    }
}

fn lone_percent(cell: &str) -> Option<Number> {
    only_percent(cell).filter(|number| !number.loose)
}

/// `1 + 2 + 3 = 6`.
#[must_use]
pub(super) fn added(parts: &[u64]) -> String {
    let shown: Vec<String> = parts.iter().take(8).map(|part| grouped((*part).into())).collect();
    let more = if parts.len() > 8 { format!(" + {} more", parts.len() - 8) } else { String::new() };
    let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    format!("{}{more} = {}", shown.join(" + "), grouped(sum))
}

/// Whether a percentage is the plain mean of others, all brought to the most decimals among them.
fn mean(said: &Number, rows: &[Number], summing: Summing) -> Outcome {
    let places = rows.iter().map(|row| row.places).chain([said.places]).max().unwrap_or_default();
    let scale = |number: &Number| u128::from(number.digits) * 10_u128.pow(places - number.places);
    let sum: u128 = rows.iter().map(scale).sum();
    let count = rows.len().max(1) as u128;
    let step = 10_u128.pow(places - said.places);
    let written = u128::from(said.digits);
    let (cut, rounded) = (sum / (count * step), (sum * 2 + count * step) / (count * step * 2));
    let evidence = format!(
        "the plain mean of {} rows is {} %, written {} %",
        rows.len(),
        fixed(rounded, said.places),
        said.shown()
    );
    if written == cut || written == rounded {
        return Outcome::holds(evidence);
    }
    let (least, most) =
        (rows.iter().map(scale).min().unwrap_or_default(), rows.iter().map(scale).max().unwrap_or_default());
    let inside = (least..=most).contains(&(written * step));
    if summing == Summing::Mean || !inside {
        Outcome::fails(NoteSeverity::Medium, evidence)
    } else {
        Outcome::unknown(format!("{evidence}; the rows may weigh differently, and no weights are given"))
    }
}

/// Rows of tables with columns for before, after and the change.
fn changes(grid: &Grid, claims: &mut Vec<Assertion>) {
    let find = |wanted: &str| grid.head.iter().position(|head| stems(head).iter().any(|word| word == wanted));
    let (Some(before), Some(after), Some(change)) =
        (find("before"), find("after"), find("change").or_else(|| find("delta")))
    else {
        return;
    };
    for row in &grid.rows {
        let cell = |at: usize| row.cells.get(at).map_or("", String::as_str);
        let amount = |at: usize| whole_percent(cell(at));
        let (Some((was, unit)), Some((is, other)), Some(said)) = (amount(before), amount(after), said(cell(change)))
        else {
            continue;
        };
        if unit != other {
            continue;
        }
        let real = i128::from(is) - i128::from(was);
        let sign = if unit { " %" } else { "" };
        let evidence = format!("{is}{sign} \u{2212} {was}{sign} = {real:+}, written {}", cell(change));
        let words = format!("{}: {}", cell(0), cell(change));
        claims.push(Assertion::worked(row.line, Kind::Average, &words, Outcome::of(real == said, evidence)));
    }
}

/// A cell that holds one whole number, and whether it is a percentage.
fn whole_percent(cell: &str) -> Option<(u64, bool)> {
    let found = numbers(cell);
    let [only] = found.as_slice() else { return None };
    (only.places == 0 && !only.loose).then_some((only.digits, only.percent))
}

/// The change that a cell states; "no change" is one of 0.
fn said(cell: &str) -> Option<i128> {
    if cell.trim().to_lowercase().starts_with("no change") {
        return Some(0);
    }
    let first = numbers(cell).into_iter().next().filter(|number| number.places == 0)?;
    let value = i128::from(first.digits);
    first.signed.map(|up| if up { value } else { -value })
}

#[cfg(test)]
mod tests {
    use super::super::claim::{AssertionKind, Verdict};
    use super::*;

    fn outcomes(markdown: &str) -> Vec<(Verdict, String)> {
        let mut claims = Vec::new();
        read(&Text::of(markdown), &mut claims);
        let worked = claims.into_iter().filter_map(|claim| match claim.says {
            AssertionKind::Worked(outcome) => Some((outcome.verdict, outcome.evidence)),
            _ => None,
        });
        worked.collect()
    }

    #[test]
    fn totals_are_sums() {
        let table = |total: &str| {
            format!("| A | N | M |\n|-|-|-|\n| x | 2 files | 1 |\n| y | 40 files | ? |\n| Total | {total} | 9 |\n")
        };
        assert_eq!(outcomes(&table("42 files")), [(Verdict::True, "2 + 40 = 42, written 42".to_owned())]);
        assert_eq!(outcomes(&table("43 files"))[0].0, Verdict::False);
        assert_eq!(outcomes(&table("43 files").replace("Total", "Total unique")), []);
    }

    #[test]
    fn means_are_plain_or_weighed() {
        let table =
            |name: &str, mean: &str| format!("| A | % |\n|-|-|\n| x | 10% |\n| y | 25% |\n| {name} | {mean} |\n");
        for (name, said, verdict) in [
            ("Average", "17%", Verdict::True),
            ("Average", "18%", Verdict::True),
            ("Average", "17.5%", Verdict::True),
            ("Average", "20%", Verdict::False),
            ("Overall", "20%", Verdict::Unverifiable),
            ("Overall", "30%", Verdict::False),
        ] {
            assert_eq!(outcomes(&table(name, said))[0].0, verdict, "{name} {said}");
        }
    }

    #[test]
    fn changes_are_differences() {
        let row = |change: &str| format!("| P | Before | After | Change |\n|-|-|-|-|\n| x | 40% | 65% | {change} |\n");
        assert_eq!(outcomes(&row("+25%")), [(Verdict::True, "65 % \u{2212} 40 % = +25, written +25%".to_owned())]);
        assert_eq!(outcomes(&row("+20%"))[0].0, Verdict::False);
        assert_eq!(outcomes(&row("No change"))[0].0, Verdict::False);
        assert_eq!(outcomes(&row("better")), []);
    }
}
