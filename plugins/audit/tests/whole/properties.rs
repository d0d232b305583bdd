//! Properties of the extraction on arbitrary text: it never panics, and its results occur in the text.

use audit::reader;
use proptest::prelude::*;

/// Text made of the fragments of plans, in any order.
fn plan_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("# Plan\n"),
        Just("## Deliverables\n"),
        Just("#### 1.1 a.py\n"),
        Just("**Location:** `x/y/`\n"),
        Just("\n"),
        Just("```\n"),
        Just("```python\n"),
        Just("├── "),
        Just("│   "),
        Just("└── "),
        Just("|-- "),
        Just("a.py"),
        Just("dir/"),
        Just("`a/b.py`"),
        Just("`"),
        Just("| File | Lines |\n|---|---|\n"),
        Just("| `a.py` | ~12+ |\n"),
        Just("- "),
        Just("  - [x] "),
        Just("Create "),
        Just("[a](b/c.md)"),
        Just("> "),
        Just("~~"),
        Just("(NEW - MakerOne)"),
        Just(" "),
        Just("\t"),
        Just("\r\n"),
        Just("../x.py"),
        Just("~/x.py"),
        Just("/"),
        Just("\u{feff}"),
        Just("é"),
        Just("…"),
        Just("---\n"),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn check(text: &str) {
    let lines = text.split('\n').count();
    let plan = reader::plan(text);
    for deliverable in &plan.deliverables {
        assert!(!deliverable.mentions.is_empty());
        for mention in &deliverable.mentions {
            assert!(mention.line >= 1 && mention.line <= lines, "{} of {lines}", mention.line);
        }
        let name = deliverable.path.rsplit('/').next().unwrap_or_default();
        assert!(text.contains(name), "{name}");
    }
    assert!(plan.references.iter().all(|reference| reference.line >= 1 && reference.line <= lines));
    assert_eq!(plan, reader::plan(text), "the same text gives the same plan");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_mix_of_plan_pieces_is_read(text in plan_like()) {
        check(&text);
    }
}

/// Shapes that make a careless reader slow or recurse deeply.
#[test]
fn odd_shapes_are_read() {
    const MANY: usize = 4_000;
    let shapes = [
        "`a.py` ".repeat(MANY),
        "- ".repeat(MANY),
        "> ".repeat(MANY),
        "[".repeat(MANY),
        "**".repeat(MANY),
        "- Create `a.py`\n".repeat(MANY),
        format!("# D\n\n## Deliverables\n\n{}", "- `x/a.py`, `b.py`\n".repeat(MANY)),
        format!("```\nx/\n{}", "├── a.py\n".repeat(MANY)),
        (0..MANY).fold(String::from("```\n"), |text, nth| text + &format!("├── d{nth}/a.py\n")),
        format!("```\n{}", "│".repeat(MANY)),
        (0..600).fold(String::new(), |text, depth| text + &"  ".repeat(depth) + "- Path: `a.py`\n"),
        (0..600).fold(String::from("```\n"), |text, depth| text + &" ".repeat(depth) + "└── d\n"),
        (0..600).fold(String::new(), |text, depth| text + &"  ".repeat(depth) + "- a/\n"),
        (0..MANY).fold(String::new(), |text, nth| text + &"\t".repeat(nth % 9) + "a/\n"),
        format!("## {}\n\n{}", "deliverables ".repeat(MANY), "`a.py`, we add `b.py`\n".repeat(MANY)),
        format!("- {}", "New files: x\n|a|\n|--|\n|b.md|\n".repeat(MANY)),
        format!("Create a.md{}", ", a.md".repeat(MANY)),
        format!("|{}\n|{}\n", "a|".repeat(MANY), "-|".repeat(MANY)),
    ];
    for text in shapes {
        check(&text);
    }
}
