//! YAML as text with line numbers: only lists, maps and words.
//!
//! Numbers, dates and `yes` stay text. The tree is built from the parser's events, to limit the cost of a document. Bytes,
//! depth and nodes are limited. Aliases are refused, because a few lines of aliases can expand to gigabytes.

use saphyr_parser::{Event, Parser};

/// Maximum size of a document.
pub const BYTES: usize = 1024 * 1024;

/// Maximum size of a front matter. Real ones have at most a few hundred lines of todos.
const FRONT_BYTES: usize = 256 * 1024;

/// Maximum nesting depth.
const DEPTH: usize = 32;

/// Maximum number of words, lists and maps.
const NODES: usize = 200_000;

/// A node of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The line where it starts, from 1.
    pub line: usize,
    /// The content.
    pub value: Value,
}

/// The content of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A word, a number, a text; empty if there is no value.
    Word(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the document.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The first entry of a map with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Value::Map(pairs) = &self.value else { return None };
        pairs.iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// The word, if it is a word and not empty.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        match &self.value {
            Value::Word(word) if !matches!(word.trim(), "" | "~" | "null") => Some(word.trim()),
            _ => None,
        }
    }

    /// The items of a list; a single word is a list of one item.
    #[must_use]
    pub fn list(&self) -> &[Self] {
        match &self.value {
            Value::List(nodes) => nodes,
            Value::Word(_) if self.word().is_some() => std::slice::from_ref(self),
            _ => &[],
        }
    }
}

/// Reads the first document of a text.
///
/// # Errors
/// The problem and its line: invalid YAML, an alias, too large, too deep.
pub fn parse(text: &str) -> Result<Node, String> {
    if text.len() > BYTES {
        return Err(format!("{} bytes of YAML are too many: at most {BYTES}", text.len()));
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        builder.event(event, span.start.line())?;
    }
    Ok(builder.done.unwrap_or(Node { line: 1, value: Value::Word(String::new()) }))
}

/// The front matter of a text: YAML between two `---` lines at its beginning; `None` if there is none. Lines are
/// counted from the line after the first `---`.
#[must_use]
pub fn front_matter(text: &str) -> Option<Result<Node, String>> {
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text).strip_prefix("---")?;
    let (first, rest) = rest.split_once('\n')?;
    if !first.trim().is_empty() {
        return None;
    }
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            let yaml = rest.get(..at)?;
            let bytes = yaml.len();
            let large = bytes > FRONT_BYTES;
            return Some(if large {
                Err(format!("{bytes} bytes are too many: at most {FRONT_BYTES}"))
            } else {
                parse(yaml)
            });
        }
        at += line.len();
    }
    None
}

/// A list or map that is not closed yet.
enum Open {
    List(usize, Vec<Node>),
    Map(usize, Vec<(String, Node)>, Option<String>),
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    done: Option<Node>,
    nodes: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: usize) -> Result<(), String> {
        match event {
            Event::Alias(_) => Err(format!("line {line}: an alias (`*name`) is not supported; write out its value")),
            Event::Scalar(text, ..) => self.add(Node { line, value: Value::Word(text.into_owned()) }),
            Event::SequenceStart(..) => self.enter(Open::List(line, Vec::new()), line),
            Event::MappingStart(..) => self.enter(Open::Map(line, Vec::new(), None), line),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(line, nodes)) => self.add(Node { line, value: Value::List(nodes) }),
                Some(Open::Map(line, pairs, _)) => self.add(Node { line, value: Value::Map(pairs) }),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn enter(&mut self, open: Open, line: usize) -> Result<(), String> {
        if self.open.len() >= DEPTH {
            return Err(format!("line {line}: deeper than {DEPTH} lists and maps"));
        }
        self.open.push(open);
        Ok(())
    }

    fn add(&mut self, node: Node) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > NODES {
            return Err(format!("line {}: more than {NODES} entries", node.line));
        }
        match self.open.last_mut() {
            None => self.done = Some(node),
            Some(Open::List(_, nodes)) => nodes.push(node),
            Some(Open::Map(_, pairs, key)) => match (key.take(), node.value) {
                (Some(key), value) => pairs.push((key, Node { line: node.line, value })),
                (None, Value::Word(word)) => *key = Some(word),
                (None, _) => return Err(format!("line {}: a list or map cannot be a name", node.line)),
            },
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_lists_and_words_have_lines() {
        let node =
            parse("title: \"A: b\"\ntodos:\n  - id: x\n    status: pending\n  - id: y\ntags: [a, 'b']\nnone: ~\n")
                .unwrap();
        assert_eq!(node.get("title").and_then(Node::word), Some("A: b"));
        let todos = node.get("todos").unwrap().list();
        assert_eq!((todos.len(), todos[1].line), (2, 5));
        assert_eq!(node.get("tags").unwrap().list().iter().filter_map(Node::word).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((node.get("none").unwrap().word(), node.get("none").unwrap().list().len()), (None, 0));
        assert_eq!(parse("").unwrap().word(), None);
    }

    #[test]
    fn bombs_are_refused() {
        let bomb = "a: &a [x, x]\nb: &b [*a, *a]\n";
        assert!(parse(bomb).unwrap_err().contains("line 2: an alias"));
        assert!(parse(&"[".repeat(500_000)).is_err());
        assert!(parse(&"[\n".repeat(50)).unwrap_err().contains("deeper"));
        assert!(parse(&"- ".repeat(100_000)).is_err());
        assert!(parse(&" ".repeat(BYTES + 1)).unwrap_err().contains("too many"));
        assert!(
            parse("[x,x,".repeat(100).as_str()).is_err() && parse("a: b: c").is_err() && parse("? [a]\n: b").is_err()
        );
        assert!(parse(&"a,".repeat(BYTES / 4)).is_ok() && parse(&format!("[{}]", "a,".repeat(NODES + 1))).is_err());
    }
}
