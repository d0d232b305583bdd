//! The lock of a plan: a reviewed list of its deliverables, as JSON in a file next to the plan (`PLAN.md.lock`).
//!
//! The lock holds a digest of the plan's text. Ticking a box does not change the digest: the state of a deliverable is read from
//! the text unless the lock has `done`.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Plan, Purpose, StatedDeliverable};
use crate::verify::hex;

const VERSION: u32 = 1;

/// A reviewed list of deliverables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    version: u32,
    /// The name of the plan's file, for readers.
    plan: String,
    /// The digest of the plan's text, see [`digest`].
    sha256: String,
    /// True if somebody has reviewed the list; an unreviewed list is ignored.
    pub reviewed: bool,
    deliverables: Vec<LockEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockEntry {
    path: String,
    #[serde(default)]
    action: Action,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    symbols: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    done: Option<bool>,
    /// The line of the plan, for the review and the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    #[default]
    Create,
    Modify,
    Delete,
}

impl Lock {
    /// Parses a lock.
    ///
    /// # Errors
    /// The problem and its line: not JSON, an unknown key, another version.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let lock: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if lock.version != VERSION {
            return Err(format!("`version` is {}, but only {VERSION} is supported", lock.version));
        }
        Ok(lock)
    }

    /// Creates a lock for review, with the deliverables that were read from the plan's text.
    #[must_use]
    pub fn propose(name: &str, text: &str, plan: &Plan) -> Self {
        let deliverables = plan.deliverables.iter().map(|item| LockEntry {
            path: item.path.clone(),
            action: match item.purpose {
                Purpose::Make => Action::Create,
                Purpose::Change | Purpose::ChangeOrDelete => Action::Modify,
                Purpose::Delete => Action::Delete,
            },
            symbols: item.symbols.clone(),
            done: None,
            line: Some(item.line()),
        });
        let deliverables = deliverables.collect();
        Self { version: VERSION, plan: name.to_owned(), sha256: digest(text), reviewed: false, deliverables }
    }

    /// The lock as the bytes of its file.
    ///
    /// # Errors
    /// If it cannot be serialised.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// True if the lock belongs to this text of the plan.
    #[must_use]
    pub fn is_of(&self, text: &str) -> bool {
        self.sha256 == digest(text)
    }

    /// The listed deliverables.
    #[must_use]
    pub fn deliverables(&self) -> Vec<StatedDeliverable> {
        let stated = |item: &LockEntry| StatedDeliverable {
            path: item.path.clone(),
            symbols: item.symbols.clone(),
            purpose: match item.action {
                Action::Create => Purpose::Make,
                Action::Modify => Purpose::Change,
                Action::Delete => Purpose::Delete,
            },
            done: item.done,
            line: item.line,
        };
        self.deliverables.iter().map(stated).collect()
    }
}

/// SHA-256 of a text with all boxes unticked and all line ends as line feeds.
fn digest(text: &str) -> String {
    let mut hasher = Sha256::new();
    for line in text.lines() {
        hasher.update(line.replace("[x]", "[ ]").replace("[X]", "[ ]"));
        hasher.update("\n");
    }
    hex(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# P\n\n- [x] Create `src/a.py`\n- [ ] Create `src/b.py`\n";

    #[test]
    fn a_proposed_lock_is_read_again_and_waits_for_review() {
        let plan = crate::reader::plan(TEXT);
        let lock = Lock::propose("P.md", TEXT, &plan);
        assert_eq!(Lock::parse(&lock.bytes().unwrap()), Ok(lock.clone()));
        assert!(!lock.reviewed && lock.is_of(TEXT));
        let found: Vec<(String, Option<usize>)> =
            lock.deliverables().into_iter().map(|item| (item.path, item.line)).collect();
        assert_eq!(found, [("src/a.py".to_owned(), Some(3)), ("src/b.py".to_owned(), Some(4))]);
    }

    #[test]
    fn ticking_a_box_does_not_outdate_a_lock_and_other_changes_do() {
        let lock = Lock::propose("P.md", TEXT, &crate::reader::plan(TEXT));
        assert!(lock.is_of(&TEXT.replace("[ ]", "[X]")) && lock.is_of(&TEXT.replace('\n', "\r\n")));
        assert!(!lock.is_of(&format!("{TEXT}- [ ] Create `src/c.py`\n")));
    }

    #[test]
    fn mistakes_in_a_lock_are_reported() {
        let lock = |more: &str| {
            format!(
                "{{\"version\": 1, \"plan\": \"p\", \"sha256\": \"\", \"reviewed\": true, \"deliverables\": [{more}]}}"
            )
        };
        assert!(Lock::parse(lock(r#"{"path": "a"}"#).as_bytes()).is_ok());
        for (text, words) in [
            (lock(r#"{"path": "a", "owner": "me"}"#), "unknown field `owner`"),
            (lock(r#"{"path": "a", "action": "paint"}"#), "unknown variant `paint`"),
            (lock("").replace("\"version\": 1", "\"version\": 2"), "`version` is 2"),
            ("x".to_owned(), "line 1"),
        ] {
            let error = Lock::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
