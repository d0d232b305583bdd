//! Lists of files in the front matter of a plan or of a summary, as get-shit-done writes them: `files_modified`, `artifacts`, and
//! `created`, `modified` and `deleted` below `key-files`.
//!
//! Separate readers read `deliverables` and `todos`.

use super::lexer;
use crate::plan::{Form, Purpose, Role, Sighting};
use crate::yaml::{Node, Value};

/// Maximum depth of a list below the front matter: `must_haves: artifacts: - path`.
const DEPTH: usize = 4;

/// The files of the lists, in order.
#[must_use]
pub(super) fn of_front(front: &Node) -> Vec<Sighting> {
    let mut files = Vec::new();
    read(front, DEPTH, false, &mut files);
    files
}

/// Reads the lists of a map. `done` is true below `key-files`, which lists completed work.
fn read(node: &Node, depth: usize, done: bool, files: &mut Vec<Sighting>) {
    match &node.value {
        Value::Map(pairs) => {
            for (key, value) in pairs {
                match purpose(key, done) {
                    Some(purpose) => value.list().iter().for_each(|entry| take(entry, purpose, done, files)),
                    None if depth > 0 && !matches!(key.as_str(), "deliverables" | "todos") => {
                        read(value, depth - 1, is_key_files(key), files);
                    }
                    None => {}
                }
            }
        }
        Value::List(nodes) if depth > 0 => nodes.iter().for_each(|node| read(node, depth - 1, done, files)),
        _ => {}
    }
}

fn is_key_files(key: &str) -> bool {
    matches!(key, "key-files" | "key_files")
}

/// The purpose of the files of a list; `None` if the key does not name a list of files.
fn purpose(key: &str, done: bool) -> Option<Purpose> {
    match key {
        "files_modified" | "files-modified" | "files_to_modify" => Some(Purpose::Change),
        "artifacts" => Some(Purpose::Make),
        "created" if done => Some(Purpose::Make),
        "modified" if done => Some(Purpose::Change),
        "deleted" | "removed" if done => Some(Purpose::Delete),
        _ => None,
    }
}

/// Takes the paths of an entry: `src/till.py`, `src/till.py — opens the till`, `path: src/till.py`, or several paths
/// separated by commas.
fn take(entry: &Node, purpose: Purpose, done: bool, files: &mut Vec<Sighting>) {
    let node = entry.get("path").unwrap_or(entry);
    let Some(text) = node.word() else { return };
    let paths = text.split(", ").map_while(|part| {
        let first = part.split_whitespace().next()?;
        lexer::tokens(first, false).into_iter().next()
    });
    for token in paths {
        let mut sighting = Sighting::new(token.path, token.kind, Form::Field, Role::Deliverable, node.line + 1);
        sighting.purpose = purpose;
        sighting.status = done.then(|| "[x]".to_owned());
        files.push(sighting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(front: &str) -> Vec<(usize, String, Purpose, bool)> {
        let front = crate::yaml::front_matter(&format!("---\n{front}---\n# Till\n")).and_then(Result::ok);
        let files = front.as_ref().map(of_front).unwrap_or_default();
        files.into_iter().map(|file| (file.line, file.path, file.purpose, file.status.is_some())).collect()
    }

    #[test]
    fn a_plan_lists_the_files_that_it_changes_and_makes() {
        let front = "files_modified: [src/a.py, src/b.py]\nmust_haves:\n  artifacts:\n    - path: \"src/c.py\"\n      min_lines: 4\n    \
            - \"src/d.py \u{2014} opens the till\"\n  truths:\n    - \"src/e.py opens\"\n";
        let line = |line, path: &str, purpose| (line, path.to_owned(), purpose, false);
        let (change, make) = (Purpose::Change, Purpose::Make);
        assert_eq!(
            found(front),
            [
                line(2, "src/a.py", change),
                line(2, "src/b.py", change),
                line(5, "src/c.py", make),
                line(7, "src/d.py", make)
            ]
        );
    }

    #[test]
    fn a_summary_lists_what_was_made() {
        let front = "created: 2026-01-18\nkey-files:\n  created: src/a.py, src/b.py\n  modified:\n    - src/c.py\n";
        let paths: Vec<_> = found(front).into_iter().map(|(line, path, _, done)| (line, path, done)).collect();
        let line = |line, path: &str| (line, path.to_owned(), true);
        assert_eq!(paths, [line(4, "src/a.py"), line(4, "src/b.py"), line(6, "src/c.py")]);
        assert!(found("deliverables:\n  - src/a.py\n").is_empty() && found("[broken\n").is_empty());
    }
}
