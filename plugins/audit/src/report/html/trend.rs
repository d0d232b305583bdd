//! Completion over past audits as a drawing. `blocks` writes the same numbers as a table below the drawing.

use std::fmt::Write;

use super::super::escape::markup;
use super::super::wording::percent;
use crate::page::Point;

/// The size of the drawing in its own units, and the space for its labels.
const WIDTH: usize = 600;
const HEIGHT: usize = 210;
const LEFT: usize = 72;
const RIGHT: usize = 16;
const TOP: usize = 16;
const BOTTOM: usize = 34;

/// Maximum number of points; if there are more, the newest are drawn.
const MOST: usize = 400;

pub(super) fn write(out: &mut String, points: &[Point]) {
    let drawn = points.get(points.len().saturating_sub(MOST)..).unwrap_or_default();
    if let (Some(first), Some(last)) = (drawn.first(), drawn.last()) {
        draw(out, drawn, first, last);
    }
}

fn draw(out: &mut String, points: &[Point], first: &Point, last: &Point) {
    let said = format!(
        "Completion at {}, from {} on {} to {} on {}",
        crate::count::count(points.len(), "audit"),
        percent(first.percent),
        first.at,
        percent(last.percent),
        last.at
    );
    let _ = write!(
        out,
        "<figure>\n<svg class=\"trend\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
        markup(&said)
    );
    for level in [0, 25, 50, 75, 100] {
        let (y, right, left) = (height(level), WIDTH - RIGHT, LEFT - 8);
        let _ = writeln!(out, "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\"/>");
        let _ = writeln!(out, "<text class=\"level\" x=\"{left}\" y=\"{}\">{level} %</text>", y + 5);
    }
    for line in lines(points) {
        let _ = writeln!(out, "<polyline points=\"{}\"/>", line.join(" "));
    }
    for (nth, point) in points.iter().enumerate() {
        if let Some(value) = point.percent {
            let (x, y) = (across(nth, points.len()), height(value));
            let title = markup(&format!("{}: {value} %", point.at));
            let _ = writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"4\"><title>{title}</title></circle>");
        }
    }
    let (bottom, right) = (HEIGHT - 6, WIDTH - RIGHT);
    let _ = writeln!(out, "<text x=\"{LEFT}\" y=\"{bottom}\">{}</text>", markup(day(&first.at)));
    let _ = writeln!(out, "<text class=\"last\" x=\"{right}\" y=\"{bottom}\">{}</text>", markup(day(&last.at)));
    let _ = write!(out, "</svg>\n<figcaption>{}</figcaption>\n</figure>\n", markup(&said));
}

/// The unbroken parts of the line. An audit that could verify nothing has no point, so it interrupts the line.
fn lines(points: &[Point]) -> Vec<Vec<String>> {
    let mut lines = vec![Vec::new()];
    for (nth, point) in points.iter().enumerate() {
        match (point.percent, lines.last_mut()) {
            (Some(value), Some(line)) => line.push(format!("{},{}", across(nth, points.len()), height(value))),
            _ => lines.push(Vec::new()),
        }
    }
    lines.retain(|line| line.len() > 1);
    lines
}

fn across(nth: usize, of: usize) -> usize {
    let room = WIDTH - LEFT - RIGHT;
    LEFT + (nth * room).checked_div(of.saturating_sub(1)).unwrap_or(room / 2)
}

fn height(percent: usize) -> usize {
    HEIGHT - BOTTOM - percent.min(100) * (HEIGHT - TOP - BOTTOM) / 100
}

fn day(at: &str) -> &str {
    at.split([' ', 'T']).next().unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(percent: Option<usize>) -> Point {
        Point { at: "2026-01-18 10:15:00 UTC".into(), percent }
    }

    #[test]
    fn an_audit_without_a_percentage_interrupts_the_line() {
        let points = [Some(0), Some(50), None, Some(100), Some(100), None, Some(1)].map(point);
        assert_eq!(lines(&points), [vec!["72,176", "157,96"], vec!["328,16", "413,16"]]);
        let mut out = String::new();
        write(&mut out, &points);
        assert_eq!(out.matches("<circle").count(), 5);
    }

    #[test]
    fn one_point_is_drawn_in_the_middle_and_no_point_draws_nothing() {
        assert_eq!((across(0, 1), across(0, 2), across(1, 2)), (328, 72, 584));
        let mut out = String::new();
        write(&mut out, &[]);
        assert!(!out.contains("<svg"));
    }
}
