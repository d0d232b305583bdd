//! The front matter of a plan: YAML between two `---` lines at the beginning.
//!
//! The size is limited, because plans are untrusted. Unreadable parts become notes, and the plan is audited anyway.

use serde::Serialize;

use crate::remark::{NoteSeverity, Remark};
use crate::yaml::{self, Node};

/// Maximum number of todos and of tags per plan.
const ITEMS: usize = 1_000;

/// The content of a front matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontMatter {
    /// `title`, or `name`.
    pub title: Option<String>,
    /// `status`.
    pub status: Option<String>,
    /// `owner`, `responsible`, `assigned_to` or `assigned_agent`.
    pub owner: Option<String>,
    /// `author` or `created_by`.
    pub author: Option<String>,
    /// `priority`.
    pub priority: Option<String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `todos`.
    pub todos: Vec<Todo>,
    /// Problems while reading.
    pub notes: Vec<Remark>,
}

/// A todo of a front matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Todo {
    /// Its id.
    pub id: Option<String>,
    /// The task.
    pub content: String,
    /// `pending`, `in_progress`, `completed`, `cancelled`, or another word.
    pub status: Option<String>,
    /// The line in the plan, from 1.
    pub line: usize,
}

/// Reads the front matter of a plan; empty if it has none. `shown` is the plan's name in reports.
#[must_use]
pub fn front(shown: &str, text: &str) -> FrontMatter {
    match yaml::front_matter(text) {
        None => FrontMatter::default(),
        Some(Ok(node)) => of(&node),
        Some(Err(error)) => {
            let title = format!("the front matter of {shown} could not be read");
            let note =
                Remark::new(format!("{shown}:front-matter"), NoteSeverity::Low, title, format!("{shown}:1: {error}"))
                    .at(shown, 1);
            FrontMatter { notes: vec![note], ..FrontMatter::default() }
        }
    }
}

fn of(node: &Node) -> FrontMatter {
    let word = |names: &[&str]| names.iter().find_map(|name| node.get(name)?.word()).map(str::to_owned);
    let list = |name: &str| node.get(name).map(Node::list).unwrap_or_default().iter().take(ITEMS);
    FrontMatter {
        title: word(&["title", "name"]),
        status: word(&["status"]),
        owner: word(&["owner", "responsible", "assigned_to", "assigned_agent", "assignee"]),
        author: word(&["author", "created_by"]),
        priority: word(&["priority"]),
        tags: list("tags").filter_map(Node::word).map(str::to_owned).collect(),
        todos: list("todos").filter_map(todo).collect(),
        notes: Vec::new(),
    }
}

/// A todo: a map, or plain text. Its line in the plan is one more than in the YAML, because of the `---` line.
fn todo(node: &Node) -> Option<Todo> {
    let word = |name: &str| node.get(name).and_then(Node::word).map(str::to_owned);
    let content = word("content").or_else(|| word("title")).or_else(|| node.word().map(str::to_owned))?;
    Some(Todo { id: word("id"), content, status: word("status"), line: node.line + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn todos_and_owner_are_read() {
        let text = "---\nname: Till\nowner: Agent A\npriority: high\ntags: [shop, till]\ntodos:\n  - id: a\n    content: Count\n    status: completed\n  - Weigh\n---\n# Till\n";
        let front = front("p.md", text);
        assert_eq!((front.title.as_deref(), front.owner.as_deref()), (Some("Till"), Some("Agent A")));
        assert_eq!(front.tags, ["shop", "till"]);
        let todos: Vec<(&str, Option<&str>, usize)> =
            front.todos.iter().map(|todo| (todo.content.as_str(), todo.status.as_deref(), todo.line)).collect();
        assert_eq!(todos, [("Count", Some("completed"), 7), ("Weigh", None, 10)]);
    }

    #[test]
    fn a_horizontal_rule_is_not_front_matter() {
        for text in ["# A\n---\nb: c\n---\n", "---\nno end\n", "--- x\na: b\n---\n", "", "---"] {
            assert_eq!(front("p.md", text), FrontMatter::default(), "{text}");
        }
    }

    #[test]
    fn problems_of_the_front_matter_are_notes() {
        let bomb = format!("---\na: &a [x]\n{}---\n", "b: [*a]\n".repeat(10));
        let huge = format!("---\n{}---\n", "a: b\n".repeat(300_000));
        for text in [bomb.as_str(), huge.as_str(), "---\na: [\n---\n"] {
            let front = front("p.md", text);
            assert_eq!((front.notes.len(), front.notes[0].key.as_str()), (1, "p.md:front-matter"));
        }
    }
}
