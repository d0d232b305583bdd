//! The todos in the front matter of a plan (`todos:` with `content` and `status`), as items with their boxes.

use crate::yaml::{self, Node};

pub(super) struct Todo {
    pub(super) text: String,
    /// Its line, from 1.
    pub(super) line: usize,
    pub(super) done: bool,
    pub(super) dropped: bool,
}

impl Todo {
    /// The todo as an item of a list.
    pub(super) fn item(&self) -> String {
        format!("- [{}] {}", if self.done { "x" } else { " " }, self.text)
    }
}

/// The todos of a plan, in order; empty if the front matter has none or is not YAML, which `discover` reports.
#[must_use]
pub(super) fn todos(text: &str) -> Vec<Todo> {
    yaml::front_matter(text).and_then(Result::ok).as_ref().map(of_front).unwrap_or_default()
}

/// The todos of a front matter, in order.
#[must_use]
pub(super) fn of_front(front: &Node) -> Vec<Todo> {
    front.get("todos").map(Node::list).unwrap_or_default().iter().filter_map(todo).collect()
}

fn todo(node: &Node) -> Option<Todo> {
    let content = node.get("content").unwrap_or(node);
    let status = node.get("status").and_then(Node::word).unwrap_or_default().to_lowercase();
    Some(Todo {
        text: content.word()?.replace('\n', " "),
        line: content.line + 1,
        done: matches!(status.as_str(), "completed" | "complete" | "done"),
        dropped: matches!(status.as_str(), "cancelled" | "canceled" | "dropped"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn todos_have_lines_and_states() {
        let text = "---\nname: x\ntodos:\n  - id: a\n    content: Create `a.py`\n    status: completed\n  - id: b\n    content: \"b.py: all of it\"\n    status: cancelled\n---\n# T\n";
        let found = todos(text);
        let seen: Vec<_> = found.iter().map(|todo| (todo.line, todo.text.clone(), todo.done, todo.dropped)).collect();
        assert_eq!(
            seen,
            [(5, "Create `a.py`".to_owned(), true, false), (8, "b.py: all of it".to_owned(), false, true)]
        );
        assert!(todos("# no front matter\n\n---\ntodos:\n---\n").is_empty() && todos("---\n[broken\n---\n").is_empty());
    }
}
