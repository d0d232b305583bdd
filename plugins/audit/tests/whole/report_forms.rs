//! The formats of the report: tables that can be parsed again, limits, equal bytes for equal input.

use audit::page::{Block, Cell, Table};
use audit::report::{Document, Form, Report, Section, Stamp, document, markdown, render, render_all};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::report_support::{HOSTILE, empty, full, hostile, of, parts, rendered, stamp};

/// The tables of a document as a reader of Markdown sees them: rows of cells, as text.
fn tables(markdown: &str) -> Vec<Vec<Vec<String>>> {
    let mut tables: Vec<Vec<Vec<String>>> = Vec::new();
    let mut inside = false;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS) {
        match &event {
            Event::Start(Tag::Table(_)) => tables.push(Vec::new()),
            Event::Start(Tag::TableHead | Tag::TableRow) => tables.last_mut().unwrap().push(Vec::new()),
            Event::Start(Tag::TableCell) => {
                inside = true;
                tables.last_mut().unwrap().last_mut().unwrap().push(String::new());
            }
            Event::End(TagEnd::TableCell) => inside = false,
            Event::Text(text) | Event::Code(text) if inside => {
                tables.last_mut().unwrap().last_mut().unwrap().last_mut().unwrap().push_str(text);
            }
            Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                assert_eq!(event, Event::Rule, "a name was interpreted as Markdown");
            }
            _ => {}
        }
    }
    tables
}

fn with_table(table: Table) -> String {
    markdown(&Document {
        title: "T".into(),
        sections: vec![Section::new("S", vec![Block::Table(table)])],
        ..Document::default()
    })
}

/// A name as a cell shows it: spaces for control characters, numbers for invisible characters.
fn shown(name: &str) -> String {
    let mut out = String::new();
    for sign in name.chars() {
        match sign {
            sign if sign.is_control() => out.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("\u{27e8}U+{:04X}\u{27e9}", u32::from(sign)));
            }
            sign => out.push(sign),
        }
    }
    out.trim().to_owned()
}

#[test]
fn every_cell_of_a_hostile_table_reads_back_as_it_was() {
    let mut table = Table::new(&["Text", "Code", "Strong"]);
    for name in HOSTILE {
        table.row([Cell::text(*name), Cell::code(*name), Cell::Strong((*name).to_owned())]);
    }
    let read = tables(&with_table(table));
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].len(), HOSTILE.len() + 1);
    for (row, name) in read[0].iter().skip(1).zip(HOSTILE) {
        assert_eq!(row[..], [shown(name), shown(name), shown(name)], "{name:?}");
    }
}

#[test]
fn rows_have_as_many_cells_as_the_header_row() {
    let mut table = Table::new(&["A", "B"]);
    table.row([Cell::text("1")]);
    table.row([Cell::text("1"), Cell::None, Cell::text("lost")]);
    for line in with_table(table).lines().filter(|line| line.starts_with('|')) {
        assert_eq!(line.matches('|').count(), 3, "{line}");
    }
}

#[test]
fn the_markdown_of_every_report_parses_back() {
    for report in [empty(), full(), hostile()] {
        let text = rendered(Form::Markdown, &report);
        let read = tables(&text);
        let expected = document(&report).sections;
        let given = expected
            .iter()
            .flat_map(|section| &section.blocks)
            .filter(|block| matches!(block, Block::Table(_) | Block::Bars(_) | Block::Trend(_)));
        assert_eq!(read.len(), given.count(), "as many tables as were given");
        // GFM parsers add missing cells, so the raw lines are counted too.
        for table in text.split("\n\n").filter(|part| part.starts_with('|')) {
            let cells = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
            let head = table.lines().next().map(cells);
            assert!(table.lines().all(|line| Some(cells(line)) == head), "{table}");
        }
        let headings = text.lines().filter(|line| line.starts_with("## ")).count();
        assert_eq!(headings, expected.len());
    }
}

#[test]
fn every_form_has_its_name() {
    let names = Form::ALL
        .map(|form| render(form, &full(), &stamp()).unwrap().name.replace("PLANS_AUDIT_REPORT_20260118_101500", ""));
    assert_eq!(names, [".md", ".json", ".html", ".sarif", ".junit.xml"]);
    assert!(Form::ALL.into_iter().all(|form| Form::of(form.word()) == Some(form)));
    assert_eq!(Form::of("pdf"), None);
}

#[test]
fn what_was_not_checked_is_named_with_the_reason() {
    let report = empty();
    let text = rendered(Form::Markdown, &report);
    for line in [
        "## Claims\n\nNot checked: no reports and no returned handoffs were given.",
        "## Since the Last Audit\n\nNot checked: no earlier audit was given.",
        "## Requests for Gaps\n\nNot checked: this audit only read files and sent no request.",
    ] {
        assert!(text.contains(line), "{line}");
    }
}

#[test]
fn findings_of_other_parts_make_a_report_partial() {
    let right = [("shop/right.py", "right = 1\n")];
    let plan = [("plans/a.md", "# A\n\n## Deliverables\n\n- `shop/right.py`\n")];
    let report = of(&plan, &right, parts());
    assert_eq!((report.completion_percent, report.status), (Some(100), "AUDIT COMPLETE - PARTIAL"));
}

/// A report whose names grow when they are escaped.
fn heavy() -> Report {
    let mut report = full();
    let row = report.plans[0].deliverables[0].clone();
    report.plans[0].deliverables = (0..1_500)
        .map(|nth| {
            let mut row = row.clone();
            row.path = format!("{}{nth}", "&\u{202e}\"".repeat(200));
            row.remarks = vec!["<&>".repeat(300)];
            row
        })
        .collect();
    report
}

#[test]
fn all_forms_together_keep_within_the_size_limit() {
    let mut report = heavy();
    let before = report.counts;
    let artifacts = render_all(&Form::ALL, &mut report, &stamp()).unwrap();
    let bytes: usize = artifacts.iter().map(|artifact| artifact.bytes.len()).sum();
    assert!(bytes <= 13 * 1024 * 1024, "{bytes}");
    assert!(report.rows_left_out > 0 && report.rows_left_out < 1_500);
    assert_eq!(report.counts, before, "the counts are those of the whole audit");
    let text = String::from_utf8(artifacts[0].bytes.clone()).unwrap();
    assert!(text.contains("rows are left out below for size"));
}

#[test]
fn a_report_that_lists_no_plan_still_says_how_many_were_audited() {
    let mut report = full();
    report.plans.clear();
    report.plans_left_out = 2;
    let text = rendered(Form::Markdown, &report);
    assert!(text.contains("Audited 2 plans: 3 of 8 deliverables present (38 %)"));
    assert!(text.contains("2 plans are left out below for size"));
    for form in Form::ALL {
        assert!(!rendered(form, &report).is_empty());
    }
}

#[test]
fn the_least_important_rows_are_removed_first_and_plans_last() {
    let mut report = full();
    let plan = report.plans[0].clone();
    report.plans = (0..4_000)
        .map(|nth| {
            let mut plan = plan.clone();
            plan.plan = format!("plans/{nth}.md");
            plan
        })
        .collect();
    let artifacts = render_all(&[Form::Json, Form::Markdown], &mut report, &stamp()).unwrap();
    assert!(artifacts.iter().map(|artifact| artifact.bytes.len()).sum::<usize>() <= 13 * 1024 * 1024);
    assert_eq!(report.plans.len(), 4_000, "every plan still has its line");
    let listed: Vec<&str> =
        report.plans.iter().flat_map(|plan| &plan.deliverables).map(|row| row.status.word()).collect();
    assert!(!listed.contains(&"PRESENT"), "{}", listed.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_input_gives_the_same_bytes_times_apart(
        names in prop::collection::vec(any::<String>(), 1..12),
        percents in prop::collection::vec(prop::option::of(0usize..=100), 0..6),
    ) {
        let mut report = full();
        for (row, name) in report.plans[0].deliverables.iter_mut().zip(&names) {
            row.path.clone_from(name);
            row.remarks.push(name.clone());
        }
        for (point, percent) in report.parts.trend.iter_mut().zip(percents) {
            point.percent = percent;
        }
        let later = Stamp { compact: "20270203_040506".into(), long: "2027-02-03 04:05:06 UTC".into() };
        let mut again = report.clone();
        again.executed_at.clone_from(&later.long);
        again.report_id = "PLANS-AUDIT-20270203-040506".into();
        for form in Form::ALL {
            let one = rendered(form, &report);
            prop_assert_eq!(&one, &rendered(form, &report));
            let two = String::from_utf8(render(form, &again, &later).unwrap().bytes).unwrap();
            let two = two
                .replace("2027-02-03 04:05:06", "2026-01-18 10:15:00")
                .replace("2027-02-03T04:05:06", "2026-01-18T10:15:00")
                .replace("20270203-040506", "20260118-101500");
            prop_assert_eq!(one, two);
        }
    }

    #[test]
    fn any_text_in_a_cell_stays_in_its_cell(name in any::<String>()) {
        let mut table = Table::new(&["A", "B", "C"]);
        table.row([Cell::text(name.as_str()), Cell::code(name.as_str()), Cell::text("end")]);
        let read = tables(&with_table(table));
        prop_assert_eq!(read.len(), 1);
        prop_assert_eq!(read[0].len(), 2);
        prop_assert_eq!(read[0][1].len(), 3);
        prop_assert_eq!(&read[0][1][2], "end");
    }
}
