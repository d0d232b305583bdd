//! Compares the paths that commit messages name with the tree.

use baton_plugin_kit::host::{Commit, Git};
use serde::Serialize;

use super::words::{NamedPaths, named};
use crate::index::Index;
use crate::limits;
use crate::scrub::scrub;

/// A commit of the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommitRow {
    /// The first ten digits of its id.
    pub id: String,
    /// The first line of its message.
    pub title: String,
    /// `fix`, `feat` and so on, if the title begins with such a kind.
    pub kind: Option<String>,
    /// The time of the commit, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Paths that its message names and that exist in the tree or in the commit.
    pub there: Vec<String>,
    /// Paths that its message names and that exist neither in the tree nor in the commit.
    pub not_there: Vec<String>,
}

/// Reads commits.
#[must_use]
pub(super) fn rows(commits: &[Commit], index: &Index, git: Option<&dyn Git>) -> Vec<CommitRow> {
    commits.iter().map(|commit| row(commit, index, git)).collect()
}

fn row(commit: &Commit, index: &Index, git: Option<&dyn Git>) -> CommitRow {
    let NamedPaths { paths, removes, .. } = named(&commit.message);
    let kept = |path: &String| index.find(path.trim_start_matches("./")).is_some() || in_commit(git, &commit.id, path);
    let (there, not_there): (Vec<String>, Vec<String>) = paths.into_iter().partition(kept);
    CommitRow {
        id: commit.id.chars().take(10).collect(),
        title: title(commit.title()),
        kind: kind(commit.title()),
        at: commit.committed_at.saturating_mul(1_000),
        there,
        // A message about a removal names files that no longer exist.
        not_there: if removes { Vec::new() } else { not_there },
    }
}

fn in_commit(git: Option<&dyn Git>, commit: &str, path: &str) -> bool {
    git.is_some_and(|git| matches!(git.file(commit, path.trim_start_matches("./")), Ok(Some(_))))
}

/// A title: one line of limited length without secrets.
pub(super) fn title(text: &str) -> String {
    scrub(text).chars().filter(|sign| !sign.is_control()).take(limits::WORDS_BYTES).collect()
}

/// `fix(DriveSheets): …` is a `fix`.
fn kind(title: &str) -> Option<String> {
    let (kind, _) = title.split_once(':')?;
    let kind = kind.split('(').next().unwrap_or(kind).trim_end_matches('!').trim();
    let sound = !kind.is_empty() && kind.len() <= 12 && kind.chars().all(|sign| sign.is_ascii_lowercase());
    sound.then(|| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_from_titles() {
        assert_eq!(kind("fix(DriveSheets): eliminate it").as_deref(), Some("fix"));
        assert_eq!(kind("feat!: new").as_deref(), Some("feat"));
        assert_eq!([kind("Add: x"), kind("no kind"), kind("see http://x")], [None, None, None]);
    }

    #[test]
    fn a_commit_about_a_removal_may_name_missing_files() {
        let commit = |message: &str| Commit {
            id: "a".repeat(40),
            parents: Vec::new(),
            author: "A".into(),
            email: String::new(),
            authored_at: 1,
            committed_at: 1,
            message: message.into(),
        };
        let index = Index::default();
        assert_eq!(row(&commit("add src/gone.py"), &index, None).not_there, ["src/gone.py"]);
        assert!(row(&commit("remove src/gone.py"), &index, None).not_there.is_empty());
    }
}
