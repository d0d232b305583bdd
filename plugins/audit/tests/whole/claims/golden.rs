//! The golden numbers of the real documents: what holds, with the words that say so.

use audit::assertions::{Kind, Verdict};
use audit::remark::NoteSeverity;
use baton_judges::or_skip;

use super::setup::{ACTIONS, LIBRARY, REPORT, Tree, alone, at, check, documents, expect, expect_gap};
use crate::support::corpus;

#[test]
fn ten_of_fourteen_are_71_percent_and_the_rows_are_right() {
    let checked = or_skip!(alone(&[REPORT]));
    expect(&checked, (REPORT, 103), Kind::Ratio, Verdict::True, "10 of 14 are 71 %, written 71 %");
    expect(&checked, (REPORT, 100), Kind::Ratio, Verdict::True, "1 of 3 are 33 %");
    expect(&checked, (REPORT, 101), Kind::Ratio, Verdict::True, "1 of 2 are 50 %");
    expect(&checked, (REPORT, 102), Kind::Ratio, Verdict::True, "2 of 3 are 67 %");
    expect(&checked, (REPORT, 103), Kind::Sum, Verdict::True, "2 + 4 + 3 + 2 + 3 = 14");
    expect(&checked, (REPORT, 103), Kind::Sum, Verdict::True, "2 + 4 + 1 + 1 + 2 = 10");
    expect(&checked, (REPORT, 120), Kind::Ratio, Verdict::True, "14 of 14 are 100 %");
}

#[test]
fn shares_with_a_whole_above_are_right() {
    let checked = or_skip!(alone(&[REPORT, ACTIONS, LIBRARY]));
    expect(
        &checked,
        (REPORT, 160),
        Kind::Ratio,
        Verdict::True,
        "4,249 of 21,121 are 20.1 %, written 20.1 %, the whole from line 159",
    );
    expect(&checked, (REPORT, 136), Kind::Ratio, Verdict::True, "1,999 of 2,027 are 98.6 %");
    expect(&checked, (ACTIONS, 63), Kind::Ratio, Verdict::True, "4,244 of 21,125 are 20.1 %");
    expect(&checked, (LIBRARY, 328), Kind::Ratio, Verdict::True, "228 of 230 are 99.1 %");
}

#[test]
fn line_counts_of_the_modules_hold_but_for_two() {
    let corpus = or_skip!(corpus());
    let tree = Tree::listed(&corpus);
    let checked = check(documents(&[REPORT]).unwrap(), &tree.index(), None);
    let module = |name: &str| format!("music_workflow/integrations/djay_pro/{name}");
    for (line, name, lines) in [
        (126, "session_sync.py", 473),
        (127, "activity_tracker.py", 398),
        (130, "export_loader.py", 218),
        (131, "models.py", 94),
    ] {
        let rows = at(&checked, REPORT, line, Kind::File);
        let seen = &rows[0].evidence;
        assert!(
            rows[0].verdict == Verdict::True
                && seen.starts_with(&module(name))
                && seen.ends_with(&format!("{lines} lines")),
            "{rows:?}"
        );
    }
    let drifted = |name: &str, real: u32, said: u32| format!("{} has {real} lines, written {said}", module(name));
    expect(&checked, (REPORT, 128), Kind::File, Verdict::False, &drifted("id_sync.py", 147, 100));
    expect(&checked, (REPORT, 129), Kind::File, Verdict::False, &drifted("matcher.py", 181, 185));
}

#[test]
fn sizes_of_the_new_files_are_held_against_the_files() {
    let documents = or_skip!(documents(&[REPORT]));
    let tree = Tree::new();
    let folder = "seren-media-workflows/scripts/workspace_events";
    for (path, bytes) in [
        ("dashboard/websocket_handler.py", 18_975),
        ("dashboard/metrics_aggregator.py", 26_578),
        ("logging/metrics_logger.py", 24_000),
    ] {
        tree.sized(&format!("{folder}/{path}"), bytes, 100);
    }
    let checked = check(documents, &tree.index(), None);
    for line in [25, 221, 372, 390] {
        expect(&checked, (REPORT, line), Kind::File, Verdict::True, "websocket_handler.py: 18,975 bytes");
    }
    expect(&checked, (REPORT, 253), Kind::File, Verdict::False, "metrics_logger.py has 24,000 bytes, written 24495");
    expect(
        &checked,
        (REPORT, 375),
        Kind::File,
        Verdict::False,
        "there is no alert_manager.py below the audited folders",
    );
    expect_gap(&checked, NoteSeverity::High, "audit:plans-directory-audit-report.md:alert_manager.py:");
    expect_gap(&checked, NoteSeverity::Medium, "metrics_logger.py has 24,000 bytes");
}
