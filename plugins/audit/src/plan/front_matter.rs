//! The `deliverables:` of a plan's front matter: paths, or maps of `path`, `symbol`, `action` and `done`.
//!
//! An invalid entry is reported with its line; the other entries count.

use super::Purpose;
use super::stated::{self, StatedDeliverable};
use crate::yaml::{self, Node, Value};

const KEYS: &[&str] = &["path", "symbol", "action", "done"];

/// The `deliverables:` of a front matter.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FrontMatterList {
    /// The deliverables; `None` if there is no list, or no valid entry.
    pub deliverables: Option<Vec<StatedDeliverable>>,
    /// Problems of the list: `line 4: …`.
    pub problems: Vec<String>,
}

/// Reads the list. A front matter that is not YAML has no list; `discover` reports it.
#[must_use]
pub fn front_matter(text: &str) -> FrontMatterList {
    let mut list = FrontMatterList::default();
    let Some(Ok(front)) = yaml::front_matter(text) else { return list };
    let Some(node) = front.get("deliverables") else { return list };
    if matches!(node.value, Value::Map(_)) {
        list.problems.push(problem(node, "`deliverables` must be a list of paths or of maps with `path`"));
        return list;
    }
    let entries: Vec<StatedDeliverable> =
        node.list().iter().filter_map(|entry| deliverable(entry, &mut list.problems)).collect();
    // An empty list states that the plan promises nothing; a list with only invalid entries states nothing.
    let usable = !entries.is_empty() || node.list().is_empty() && matches!(node.value, Value::List(_));
    list.deliverables = usable.then_some(entries);
    list
}

/// A problem with its line in the plan, which is one more than the line in the YAML because of the `---` line.
fn problem(node: &Node, text: &str) -> String {
    format!("line {}: {text}", node.line + 1)
}

fn deliverable(node: &Node, problems: &mut Vec<String>) -> Option<StatedDeliverable> {
    let line = Some(node.line + 1);
    if let Some(word) = node.word() {
        if word.contains(char::is_whitespace) {
            let text = format!("`{word}` is not a path (a path with spaces is written as `path: …`)");
            problems.push(problem(node, &text));
            return None;
        }
        let purpose = Purpose::Make;
        return Some(StatedDeliverable { path: word.to_owned(), symbols: Vec::new(), purpose, done: None, line });
    }
    let Some(path) = node.get("path").and_then(Node::word) else {
        problems.push(problem(node, "an entry of `deliverables` needs `path`"));
        return None;
    };
    if let Value::Map(pairs) = &node.value {
        for (key, value) in pairs.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
            let text = format!("unknown key `{key}` of a deliverable (known: {})", KEYS.join(", "));
            problems.push(problem(value, &text));
        }
    }
    let symbols = node.get("symbol").map(Node::list).unwrap_or_default();
    Some(StatedDeliverable {
        path: path.to_owned(),
        symbols: symbols.iter().filter_map(Node::word).map(str::to_owned).collect(),
        purpose: purpose(node, problems),
        done: done(node, problems),
        line,
    })
}

fn purpose(node: &Node, problems: &mut Vec<String>) -> Purpose {
    let Some(action) = node.get("action") else { return Purpose::Make };
    stated::purpose(action.word().unwrap_or_default()).unwrap_or_else(|| {
        problems.push(problem(action, "`action` must be create, modify or delete"));
        Purpose::Make
    })
}

fn done(node: &Node, problems: &mut Vec<String>) -> Option<bool> {
    let done = node.get("done")?;
    match done.word().unwrap_or_default() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => {
            problems.push(problem(done, "`done` must be true or false"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_maps_are_read_and_unknown_keys_are_reported() {
        let text = "---\ndeliverables:\n  - src/a.py\n  - path: src/b.py\n    symbol: [Till, open]\n    action: modify\n    \
                    done: true\n    owner: me\n  - path: old.py\n    action: delete\n  - all of it\n---\n# P\n";
        let list = front_matter(text);
        let found = list.deliverables.unwrap();
        let paths: Vec<(&str, Purpose, Option<bool>, Option<usize>)> =
            found.iter().map(|item| (item.path.as_str(), item.purpose, item.done, item.line)).collect();
        assert_eq!(
            paths,
            [
                ("src/a.py", Purpose::Make, None, Some(3)),
                ("src/b.py", Purpose::Change, Some(true), Some(4)),
                ("old.py", Purpose::Delete, None, Some(9)),
            ]
        );
        assert_eq!(found[1].symbols, ["Till", "open"]);
        assert_eq!(list.problems.len(), 2);
        assert!(list.problems[0].starts_with("line 8: unknown key `owner`"), "{:?}", list.problems);
        assert!(list.problems[1].starts_with("line 11: `all of it` is not a path"), "{:?}", list.problems);
    }

    #[test]
    fn a_list_without_a_path_states_nothing() {
        assert_eq!(front_matter("# P\n"), FrontMatterList::default());
        let words = front_matter("---\ndeliverables: [a nice till]\n---\n");
        assert_eq!((words.deliverables, words.problems.len()), (None, 1));
        let map = front_matter("---\ndeliverables:\n  path: a.py\n---\n");
        assert_eq!((map.deliverables, map.problems.len()), (None, 1));
        assert_eq!(front_matter("---\ndeliverables: []\n---\n").deliverables, Some(Vec::new()));
    }
}
