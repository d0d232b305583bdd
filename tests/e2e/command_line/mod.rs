//! The command line: names, exit codes, and the output on stdout and stderr.

mod init;
mod lint;
mod place;
mod send;
mod tasks;
mod words;

use baton_tests::Output;

/// Replaces what differs between runs: ids and the times in file names by `ID` and `TIME`, numbers by `#`, and the white space between
/// columns, whose width depends on them, by two spaces.
fn redact(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let (mut redacted, mut word) = (String::new(), String::new());
        for c in line.chars().chain(['\n']) {
            if c.is_ascii_alphanumeric() {
                word.push(c);
                continue;
            }
            // Names such as `01_inbox` are not numbers.
            redacted.push_str(&if c == '_' && word.len() == 2 { word.clone() } else { redact_word(&word) });
            word.clear();
            redacted.push(c);
        }
        let columns: Vec<_> = redacted.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
        columns.join("  ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn redact_word(word: &str) -> String {
    let number = word.strip_suffix('Z').unwrap_or(word);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if word.len() == 16 && word.ends_with('Z') && word.as_bytes()[8] == b'T' {
        "TIME".to_owned()
    } else if word.bytes().all(|byte| byte.is_ascii_hexdigit()) && [8, 16, 64].contains(&word.len()) {
        "ID".to_owned()
    } else if is_number {
        word.replace(number, "#")
    } else {
        word.to_owned()
    }
}

/// Asserts the exit code, an empty stdout, and an error on stderr that contains `words`.
#[track_caller]
pub(crate) fn fails(run: Output, code: i32, words: &[&str]) {
    let run = run.ended(code);
    assert_eq!(run.stdout, "", "stdout stays empty");
    for word in words {
        assert!(run.stderr.contains(word), "`{word}` in: {}", run.stderr);
    }
}
