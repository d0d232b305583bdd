//! The lines that a change adds to a file and removes from it.

use std::collections::VecDeque;

use crate::output::one_line;

/// The change of the file `name`, as lines with `-` and `+`. Unchanged lines at the beginning and the end of the file are
/// left out.
pub(super) fn shown(name: &str, before: Option<&str>, after: Option<&str>) -> String {
    let head = match (before, after) {
        (None, _) => format!("make {name}\n"),
        (_, None) => format!("delete {name}\n"),
        _ => format!("change {name}\n"),
    };
    let mut old: VecDeque<&str> = before.unwrap_or_default().lines().collect();
    let mut new: VecDeque<&str> = after.unwrap_or_default().lines().collect();
    while old.front().is_some() && old.front() == new.front() {
        old.pop_front();
        new.pop_front();
    }
    while old.back().is_some() && old.back() == new.back() {
        old.pop_back();
        new.pop_back();
    }
    let lines = |mark, lines: VecDeque<&str>| -> String {
        lines.into_iter().map(|line| format!("  {mark} {}\n", one_line(line))).collect()
    };
    head + &lines('-', old) + &lines('+', new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_lines_are_shown() {
        let text = shown("f", Some("a\nb\nz\n"), Some("a\nb,\nc\nz\n"));
        assert_eq!(text, "change f\n  - b\n  + b,\n  + c\n");
        assert_eq!(shown("f", None, Some("a\n")), "make f\n  + a\n");
        assert_eq!(shown("f", Some("a\n"), None), "delete f\n  - a\n");
    }
}
