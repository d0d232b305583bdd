//! The first screen: the problems, the false claims, the changes since the last audit, and the next steps.

use std::cmp::Reverse;

use serde_json::Value;

use super::super::findings::Gap;
use super::super::model::{NOTHING_VERIFIED, Report};
use super::super::rules::{REGRESSION, Rule};
use crate::count::count;
use crate::page::{Block, Cell, heading, text};
use crate::remark::NoteSeverity;

/// The end of the ids of findings about deliverables that a plan wrongly calls done.
const PHANTOM: &str = "phantom";

/// Maximum number of lines in each list; the sections below have the details.
const SHOWN: usize = 5;

/// The kinds of changes in the order of the first screen: the field of the comparison, and its name.
const CHANGES: [(&str, &str); 4] =
    [("regressions", "worse"), ("progress", "better"), ("new", "new"), ("gone", "no longer promised")];

pub(super) fn blocks(report: &Report) -> Vec<Block> {
    let mut grave: Vec<(Rule, &Gap)> = report
        .findings
        .iter()
        .filter(|gap| gap.weight >= NoteSeverity::Medium)
        .map(|gap| (Rule::of(gap), gap))
        .collect();
    // A missing file that a plan calls done is more severe than one that the plan only promises.
    grave.sort_by_key(|(rule, gap)| (Reverse(gap.weight), rule.kind != PHANTOM));
    let gaps = grave.iter().filter(|(rule, _)| !rule.is_claim() && rule.kind != REGRESSION);
    let claims = grave.iter().filter(|(rule, _)| rule.is_claim());
    let mut blocks = vec![heading("What Is Wrong")];
    let wrong = list(gaps.map(|(_, gap)| line(gap)).collect());
    if wrong.is_empty() {
        let nothing_verified = report.status == NOTHING_VERIFIED;
        blocks.push(text(if nothing_verified { "Nothing could be verified." } else { "No gap was found." }));
    }
    blocks.extend(wrong);
    blocks.extend(titled("False Claims", list(claims.map(|(_, gap)| line(gap)).collect())));
    blocks.extend(titled("What Changed", changes(&report.parts.history.rows)));
    blocks.extend(titled("What to Do", advice(&grave)));
    blocks
}

fn titled(title: &str, blocks: Vec<Block>) -> Vec<Block> {
    let head = (!blocks.is_empty()).then(|| heading(title));
    head.into_iter().chain(blocks).collect()
}

/// The first lines, and the number of further lines.
fn list(mut lines: Vec<Vec<Cell>>) -> Vec<Block> {
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    let list = (!lines.is_empty()).then_some(Block::List(lines));
    list.into_iter().chain((more > 0).then(|| text(format!("and {more} more below.")))).collect()
}

/// `**HIGH** MISSING: lib/two.py (plans/a.md), plans/a.md:6`.
fn line(gap: &Gap) -> Vec<Cell> {
    let mut line = vec![Cell::Strong(gap.weight.word().to_owned()), Cell::text(&gap.title)];
    if !gap.evidence.is_empty() {
        line.push(Cell::text(format!("\u{2013} {}", gap.evidence)));
    }
    line
}

/// The changes since the last audit, the worst first. Empty if there is no earlier audit.
fn changes(history: &Value) -> Vec<Block> {
    if history["unchanged"] == Value::Bool(true) {
        return vec![text("Nothing changed since the last audit.")];
    }
    let of = |field: &str| history[field].as_array().map_or(&[][..], Vec::as_slice);
    list(CHANGES.iter().flat_map(|(field, word)| of(field).iter().map(|change| changed(word, change))).collect())
}

fn changed(word: &str, change: &Value) -> Vec<Cell> {
    let said = |field: &str| change[field].as_str().unwrap_or("\u{2013}");
    vec![
        Cell::Strong(word.to_owned()),
        Cell::code(said("path")),
        Cell::text(format!("{} \u{2192} {} ({})", said("before"), said("after"), said("plan"))),
    ]
}

/// One line for each kind of finding, the most severe kind first.
fn advice(grave: &[(Rule, &Gap)]) -> Vec<Block> {
    let mut steps: Vec<(&str, usize)> = Vec::new();
    for (rule, _) in grave {
        match steps.iter_mut().find(|(help, _)| *help == rule.help) {
            Some((_, findings)) => *findings += 1,
            None => steps.push((&rule.help, 1)),
        }
    }
    let line = |(help, findings): (&str, usize)| {
        vec![Cell::text(help), Cell::text(format!("({})", count(findings, "finding")))]
    };
    list(steps.into_iter().map(line).collect())
}
