//! No test returns early without a report. A test skips a missing requirement with `baton_judges::or_skip!`, which reports it.

use baton_tests::{files_below, repository};

use crate::tokens::{Token, tokens_with_tests};

/// The lines that have a `return` without a value in a test function, and the number of test functions.
fn returns(tokens: &[Token]) -> (Vec<usize>, usize) {
    let (mut lines, mut tests, mut at) = (Vec::new(), 0, 0);
    while at < tokens.len() {
        let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
        let is_test = ["test", "tokio"].contains(&text(at + 2)) && text(at) == "#" && text(at + 1) == "[";
        let is_test = is_test && (text(at + 3) == "]" || text(at + 4) == "test");
        at += 1;
        if !is_test {
            continue;
        }
        tests += 1;
        at += (at..tokens.len()).position(|at| text(at) == "{").unwrap_or_default();
        let mut depth = 0_usize;
        loop {
            match text(at) {
                "{" => depth += 1,
                "}" => depth -= 1,
                "return" if [";", "}"].contains(&text(at + 1)) => lines.push(tokens[at].line),
                _ => {}
            }
            at += 1;
            if depth == 0 || at >= tokens.len() {
                break;
            }
        }
    }
    (lines, tests)
}

#[test]
fn no_test_returns_early_without_a_report() {
    let (mut wrong, mut all) = (Vec::new(), 0);
    let files = ["host", "plugins", "tests"].into_iter().flat_map(|folder| files_below(&repository().join(folder)));
    for file in files.filter(|file| file.extension().is_some_and(|ending| ending == "rs")) {
        let (lines, tests) = returns(&tokens_with_tests(&std::fs::read_to_string(&file).unwrap()));
        wrong.extend(lines.iter().map(|line| format!("{}:{line}", file.display())));
        all += tests;
    }
    assert!(all > 2_000, "only {all} tests were read");
    assert!(wrong.is_empty(), "use or_skip!, or fail: {wrong:#?}");
}

#[test]
fn a_bare_return_of_a_test_is_found() {
    let test =
        |body: &str| returns(&tokens_with_tests(&format!("#[test]\nfn a() {{\n{body}\n}}\nfn b() {{ return; }}"))).0;
    assert_eq!(test("let Some(a) = b() else { return };"), [3]);
    assert_eq!(test("if c {\nreturn;\n}"), [4]);
    assert_eq!(test("let a = or_skip!(b());\n// return;\nlet text = \"return;\";"), [0; 0]);
    let slow = "#[tokio::test]\n#[ignore]\nasync fn a() { if b() { return } }";
    assert_eq!(returns(&tokens_with_tests(slow)), (vec![3], 1));
}
