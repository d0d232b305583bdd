//! Parses the output of `git`. Its parts are separated by NUL, which no name or message contains.

use super::generated::{Change, Changed, Commit, WorkTree};

/// The format of a commit for `log`: the fields of [`commits`].
pub(super) const FORMAT: &str = "--format=tformat:%H%x00%P%x00%an%x00%ae%x00%at%x00%ct%x00%B";

/// The commits of `git log -z` with [`FORMAT`].
pub(super) fn commits(text: &str) -> Vec<Commit> {
    let fields: Vec<&str> = text.split('\0').collect();
    fields.chunks_exact(7).filter_map(commit).collect()
}

fn commit(fields: &[&str]) -> Option<Commit> {
    let [id, parents, author, email, authored, committed, message] = fields else { return None };
    Some(Commit {
        id: (*id).to_owned(),
        parents: parents.split_whitespace().map(str::to_owned).collect(),
        author: (*author).to_owned(),
        email: (*email).to_owned(),
        authored_at: authored.parse().unwrap_or_default(),
        committed_at: committed.parse().unwrap_or_default(),
        message: message.trim_end().to_owned(),
    })
}

/// Parses the output of `git status --porcelain=v2 -z --branch`, for paths below `prefix`.
pub(super) fn work_tree(text: &str, prefix: &str) -> WorkTree {
    let mut tree = WorkTree { head: None, branch: None, changes: Vec::new() };
    for record in text.split('\0') {
        match record.split_once(' ') {
            Some(("#", header)) => match header.split_once(' ') {
                Some(("branch.oid", id)) if id != "(initial)" => tree.head = Some(id.to_owned()),
                Some(("branch.head", name)) if name != "(detached)" => tree.branch = Some(name.to_owned()),
                _ => {}
            },
            Some((kind, rest)) => tree.changes.extend(changed(kind, rest, prefix)),
            None => {}
        }
    }
    tree.changes.sort_by(|a, b| a.path.cmp(&b.path));
    tree
}

fn changed(kind: &str, rest: &str, prefix: &str) -> Option<Changed> {
    let (path, staged, unstaged) = match kind {
        "1" => {
            let mut letters = rest.chars().map(change);
            (rest.splitn(8, ' ').nth(7)?, letters.next()?, letters.next()?)
        }
        "u" => (rest.splitn(10, ' ').nth(9)?, Change::Unmerged, Change::Unmerged),
        "?" => (rest, Change::Unchanged, Change::Untracked),
        _ => return None,
    };
    let path = path.strip_prefix(prefix)?;
    Some(Changed { path: if path.is_empty() { "./" } else { path }.to_owned(), staged, unstaged })
}

fn change(letter: char) -> Change {
    match letter {
        'A' => Change::Added,
        'M' => Change::Modified,
        'D' => Change::Deleted,
        'T' => Change::TypeChanged,
        'U' => Change::Unmerged,
        _ => Change::Unchanged,
    }
}
