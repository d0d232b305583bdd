//! The reason of a plugin's crash: the end of its log, because the message of a trap says little.

use baton_core::file_name::cut;
use baton_core::log_gap;

const MOST: usize = 500;

/// The message of a panic with its place, else the last line; `None` where nothing was written.
pub(crate) fn last_words(log: &str) -> Option<String> {
    let lines = log.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("note: "));
    let lines: Vec<&str> = lines.filter(|line| log_gap::bytes_of(line).is_none()).collect();
    let panic = lines.iter().rposition(|line| line.contains("panicked at "));
    let words = match panic.and_then(|at| lines.get(at..)) {
        Some([place, message, ..]) => format!("{place} {message}"),
        Some([place]) => (*place).to_owned(),
        _ => (*lines.last()?).to_owned(),
    };
    Some(cut(&words, MOST).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_panic_with_its_place_else_the_last_line() {
        let rust = "begins\n\nthread '<unnamed>' panicked at src/lib.rs:3:5:\nno such plan\nnote: run with `RUST_BACKTRACE=1`\n";
        let python = "Traceback (most recent call last):\n  File \"app.py\", line 3\nValueError: no such plan\n";
        for (log, words) in [
            (rust, Some("thread '<unnamed>' panicked at src/lib.rs:3:5: no such plan")),
            (python, Some("ValueError: no such plan")),
            ("panicked at a:1:1:\n", Some("panicked at a:1:1:")),
            ("line\n… 12 bytes left out …\n", Some("line")),
            (" \n", None),
        ] {
            assert_eq!(last_words(log).as_deref(), words, "{log}");
        }
    }
}
