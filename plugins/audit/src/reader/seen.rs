//! The check boxes of a document and its words that look like paths.
//!
//! If nothing in a document could be verified, the report lists them, so that a person sees what the audit did not
//! recognise. They are read from the raw lines: a form that the other readers do not recognise (for example an unclosed
//! code fence) must not hide them here.

use std::collections::BTreeSet;

use serde::Serialize;

use super::todos::todos;
use crate::plan::box_state;

/// Maximum number of listed lines and words per document.
const LISTED: usize = 20;

/// Longest word that is treated as a path, in bytes.
const WORD_BYTES: usize = 200;

/// The check boxes of a document and its words that look like paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DocumentWords {
    /// Check boxes and other task marks: `[x]`, `[ ]`, ✅, todos of the front matter.
    pub boxes: usize,
    /// Number of ticked boxes.
    pub ticked: usize,
    /// The lines of the first ticked boxes, from 1.
    pub ticked_lines: Vec<usize>,
    /// Number of different words that look like paths.
    pub path_count: usize,
    /// The first words that look like paths.
    pub paths: Vec<SeenPath>,
}

/// A word that looks like a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenPath {
    /// The line, from 1.
    pub line: usize,
    /// The word.
    pub text: String,
}

/// Reads a document.
#[must_use]
pub fn seen(text: &str) -> DocumentWords {
    let mut seen = DocumentWords::default();
    let mut known = BTreeSet::new();
    for todo in todos(text) {
        seen.count(todo.line, todo.done);
    }
    for (at, line) in text.lines().enumerate() {
        for ticked in marks(line) {
            seen.count(at + 1, ticked);
        }
        for word in line.split(is_separator).map(trimmed).filter(|word| is_like_a_path(word)) {
            if known.insert(word) {
                seen.path_count += 1;
                if seen.paths.len() < LISTED {
                    seen.paths.push(SeenPath { line: at + 1, text: word.to_owned() });
                }
            }
        }
    }
    seen
}

impl DocumentWords {
    fn count(&mut self, line: usize, ticked: bool) {
        self.boxes += 1;
        if ticked {
            self.ticked += 1;
            if self.ticked_lines.len() < LISTED {
                self.ticked_lines.push(line);
            }
        }
    }

    /// `2 of 3 check boxes are ticked`.
    #[must_use]
    pub fn boxes_text(&self) -> String {
        match (self.boxes, self.ticked) {
            (0, _) => "it has no check box".to_owned(),
            (1, 1) => "its only check box is ticked".to_owned(),
            (1, _) => "its only check box is open".to_owned(),
            (boxes, ticked) => format!("{ticked} of {boxes} check boxes are ticked"),
        }
    }

    /// The lines of ticked boxes and the words that look like paths, as evidence.
    #[must_use]
    pub fn evidence(&self) -> String {
        let mut parts = Vec::new();
        if !self.ticked_lines.is_empty() {
            let lines: Vec<String> = self.ticked_lines.iter().map(ToString::to_string).collect();
            let more = if self.ticked > self.ticked_lines.len() { ", \u{2026}" } else { "" };
            parts.push(format!("ticked in line {}{more}", lines.join(", ")));
        }
        parts.push(if self.paths.is_empty() {
            "no word looks like a path".to_owned()
        } else {
            let words: Vec<String> =
                self.paths.iter().map(|path| format!("`{}` (line {})", path.text, path.line)).collect();
            let more = if self.path_count > self.paths.len() { ", \u{2026}" } else { "" };
            format!("words that look like paths: {}{more}", words.join(", "))
        });
        parts.join("; ")
    }
}

/// The marks of tasks in a line: true for each ticked one.
fn marks(line: &str) -> Vec<bool> {
    let mut marks = Vec::new();
    for (at, _) in line.match_indices('[') {
        let rest = line.get(at + 1..).unwrap_or_default();
        let Some((inside, after)) = rest.split_once(']') else { break };
        // `[x](address)` is a link.
        if after.starts_with('(') {
            continue;
        }
        marks.extend(box_state(inside));
    }
    let signs = ['\u{2705}', '\u{2611}', '\u{2714}'];
    if marks.is_empty() && line.contains(signs) {
        marks.push(true);
    }
    marks
}

fn is_separator(sign: char) -> bool {
    sign.is_whitespace() || "`\"'()[]<>{}|,;*=\u{201c}\u{201d}".contains(sign)
}

fn trimmed(word: &str) -> &str {
    word.trim_end_matches(['.', ':', '!', '?', '_'])
}

/// Whether a word looks like the path of a file or a folder. Dates, fractions, versions and addresses do not.
fn is_like_a_path(word: &str) -> bool {
    if word.len() > WORD_BYTES || word.contains("://") || word.contains('@') || !word.contains(char::is_alphabetic) {
        return false;
    }
    let parts: Vec<&str> = word.split(['/', '\\']).collect();
    let last = parts.last().copied().unwrap_or_default();
    if parts.len() > 1 {
        let named = parts.iter().filter(|part| part.contains(char::is_alphanumeric)).count();
        let marked = word.starts_with(['/', '~', '.']) || word.ends_with('/') || word.contains(['_', '.']);
        return named > 1 && (marked || parts.len() > 2) || named == 1 && marked;
    }
    let Some((stem, ending)) = last.rsplit_once('.') else { return false };
    let long_enough = stem.chars().count() > 1 || ending.len() > 1;
    let plain = ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let letter = ending.starts_with(|sign: char| sign.is_ascii_alphabetic());
    (1..=8).contains(&ending.len()) && plain && letter && long_enough && stem.contains(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_and_paths_are_found_everywhere_in_a_document() {
        let text = "---\ntodos:\n  - content: all of it\n    status: completed\n---\n# T\n- [x] Parser in src/parser.rs\n\
                    1. [ ] `b.py`, and/or 1/2\n| ✅ | done |\n[x](http://a.b/c.d)\n```\n- [X] fenced lib/\n";
        let seen = seen(text);
        assert_eq!((seen.boxes, seen.ticked), (5, 4));
        assert_eq!(seen.ticked_lines, [3, 7, 9, 12]);
        let paths: Vec<_> = seen.paths.iter().map(|path| (path.line, path.text.as_str())).collect();
        assert_eq!(paths, [(7, "src/parser.rs"), (8, "b.py"), (12, "lib/")]);
        assert_eq!(seen.boxes_text(), "4 of 5 check boxes are ticked");
    }

    #[test]
    fn other_words_are_not_taken_for_paths() {
        for word in ["and/or", "e.g", "1.2", "v", "2024/05/06", "a@b.de", "https://x.y/z.html", "3.14", "/", "I.e."] {
            assert!(!is_like_a_path(trimmed(word)), "{word}");
        }
        for word in ["~/notes", "a/b/c", "src\\main.rs", "Makefile.am", "./run", "docs/"] {
            assert!(is_like_a_path(word), "{word}");
        }
    }
}
