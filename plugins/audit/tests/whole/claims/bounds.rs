//! Text that asserts nothing, ids of findings, limits for large documents, and random text.

use std::fmt::Write;

use audit::assertions::{self, CheckedDocument};
use audit::index::Index;
use audit::page::Block;
use proptest::prelude::*;
use serde_json::json;

use super::setup::{check, one};
use crate::test_services::Tree;

#[test]
fn sentences_with_numbers_are_not_assertions() {
    let tree = Tree::of(&[]);
    for text in [
        "We met 3 times in 2025 and drank 20% less.",
        "The limit is 5 of 10 requests, 80% of the time.",
        "Version 2.0 needs Python 3.11 and 4 GB.",
        "Phase 2 starts on 2026-01-18 at 10:15.",
        "1. First\n2. Second\n",
        "| Risk | Impact |\n|-|-|\n| Rate limits, 3 per second | 50% |\n",
        "Run `make 3 of 4 (80%)`.",
        "> 3/4 = 10%",
        "~~3/4 = 10%~~",
        "Wait 2-4 weeks:\n- a\n",
        "Choose one of 3 ways:\n\nProse.\n",
        "Between 40% and 60% (see 2/3).",
        "page 3/4, chapter 10% done",
        "commit to 3 goals, see `README.md`",
        "The ratio 16:9 and 1/2 inch",
    ] {
        let checked = one(text, &tree.index(), None);
        assert_eq!(checked.rows, [], "{text}");
    }
}

#[test]
fn each_false_claim_about_a_file_has_a_separate_id() {
    let tree = Tree::of(&[]);
    tree.sized("lib/b.py", 100, 5);
    let text =
        "Created `lib/b.py` (500 bytes).\n\nUpdated `lib/b.py` (700 bytes).\n\nUpdated `lib/b.py` (700 bytes).\n";
    let ids = |text: &str| {
        let checked = one(text, &tree.index(), None);
        checked.gaps.into_iter().map(|gap| gap.id).collect::<Vec<_>>()
    };
    let found = ids(text);
    assert_eq!(found.len(), 2, "{found:?}");
    for id in &found {
        assert!(id.starts_with("audit:d:lib/b.py:") && id.ends_with(":claim-file"), "{id}");
    }
    assert_eq!(ids(&format!("# More\n\nlines above.\n\n{text}")), found, "ids do not depend on line numbers");
    // A baseline that contains the first finding must not hide the second finding after the first one was fixed.
    assert_eq!(ids(&text.replace("500", "100")), found[1..]);
}

#[test]
fn reports_are_identical_in_every_run_and_contain_no_text_of_files() {
    let tree = Tree::of(&[]);
    tree.write("s.env", "TOKEN=verysecret\n");
    let text = "`s.env` grew (line 1: `TOKEN=other`)\n\n3/4 = 75%\n\n3/4 = 80%\n\nCreated `/Users/x/y.md`\n";
    let checked = one(text, &tree.index(), None);
    assert_eq!(checked.blocks(), one(text, &tree.index(), None).blocks());
    let shown = format!("{:?} {:?}", checked.blocks(), checked.gaps);
    assert!(!shown.contains("verysecret"));
    assert_eq!((checked.tally.holds, checked.tally.fails, checked.tally.unverifiable), (1, 2, 1));
    let tables = checked.blocks().into_iter().filter(|block| matches!(block, Block::Table(_))).count();
    assert_eq!(tables, 3);
    let json = serde_json::to_value(&checked).unwrap();
    assert_eq!(json["rows"][0]["verdict"], "FALSE");
}

#[test]
fn large_documents_are_read_within_bounds() {
    let mut text = String::from("# Big\n\n| File | Count | Size |\n|-|-|-|\n");
    for row in 0..6_000 {
        let _ = writeln!(text, "| `f{row}.py` | {row} (5%) | 10 bytes |");
    }
    for line in 0..1_000 {
        let _ = writeln!(
            text,
            "\n- Gap {line} size: 5% (10 files)\n- Shelf {line} books: {line}\n- Total: 10 bytes (3 files)"
        );
    }
    text.push_str(&"3/4 of `x` ".repeat(5_000));
    let checked = one(&text, &Tree::of(&[]).index(), None);
    assert!(checked.rows.len() <= audit::limits::ASSERTION_ROWS && checked.left_out > 0, "{}", checked.rows.len());
}

/// Text made of the fragments of assertions, in any order.
fn claim_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "# Report 2026-01-18\n",
        "## Plan \u{2705}\n",
        "\n",
        "\n\n",
        "- ",
        "  - ",
        "1. ",
        "```\n",
        "`",
        "**",
        ":",
        ": ",
        " (",
        ")",
        "/",
        "%",
        " = ",
        " of ",
        "3",
        "14",
        "71%",
        "1,999",
        "99999999999999999999",
        "0",
        "0.000001%",
        "~",
        "+",
        "-",
        "\u{2013}",
        "20.1% (4/20)",
        "4 files",
        " files:\n",
        "Total",
        "| File | Action | Size |\n|-|-|-|\n",
        "| Total | 11 | 3% |\n",
        "| `a.py` | Created | 9 bytes |\n",
        "commit `0a1b2c3`",
        "`a.py` (line 3: `x`)",
        "line 3-9",
        "a.py:3-4",
        "Created `b/a.py`",
        " exists",
        " does not exist",
        "done",
        "\u{e9}",
        "\u{2026}",
        "\r\n",
        "> ",
        "~~",
        "[a](b.md)",
        "../",
        "/etc/passwd",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_of_a_document_can_be_checked(text in claim_like(), other in "\\PC{0,200}") {
        let documents = || vec![
            CheckedDocument { shown: "a".into(), text: text.clone() },
            CheckedDocument { shown: "b".into(), text: format!("{other}\n\n{text}") },
        ];
        let tree = Tree::of(&[]);
        tree.write("b/a.py", "x\n");
        let checked = check(documents(), &tree.index(), None);
        let lines = text.split('\n').count() + other.split('\n').count() + 2;
        prop_assert!(checked.rows.iter().all(|row| row.line >= 1 && row.line <= lines));
        prop_assert!(checked.gaps.iter().all(|gap| gap.id.len() <= audit::limits::FINDING_ID_BYTES));
        let again = check(documents(), &tree.index(), None);
        prop_assert_eq!((&checked.rows, &checked.gaps), (&again.rows, &again.gaps));
    }

    #[test]
    fn any_return_can_be_checked(keys in prop::collection::vec("(path|files_created|commits|deliverables|sha|bytes|x)", 0..6), text in claim_like()) {
        let raw = keys.iter().fold(json!([text, 5, null]), |value, key| json!({ key: [value, {"path": "a.py", "bytes": 1}] }));
        let document = CheckedDocument { shown: "return".into(), text: String::new() };
        let checked = assertions::check(&[(document, assertions::read_return(&raw, &text))], &Index::build(Vec::new()), None, None);
        prop_assert!(checked.rows.iter().all(|row| row.field.is_some() || row.line >= 1));
    }
}
