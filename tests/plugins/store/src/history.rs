//! The repository of the root: allowed and forbidden reads.

use baton_plugin_sdk::git::{self, Error as GitError, Range};
use baton_plugin_sdk::{Error, Outcome};

/// Reports commits, a file and the status, one line each.
pub(crate) fn tell() -> Result<Outcome, Error> {
    let root = git::repository("root");
    let mut lines = Vec::new();
    for commit in root.log("HEAD", 10)? {
        lines.push(format!("commit {} {}\n", commit.id, commit.message.lines().next().unwrap_or_default()));
    }
    let file = root.read_file("HEAD", "a.py")?.unwrap_or_default();
    lines.push(format!("file {}\n", String::from_utf8_lossy(&file).trim_end()));
    for changed in root.status()?.changes {
        lines.push(format!("changed {}\n", changed.path));
    }
    Ok(Outcome::new("Told.").with_artifact("history.txt", "text/plain", lines.concat()))
}

/// Tries invalid revisions, paths and folders. A successful read is a line that begins with `OPEN`.
pub(crate) fn break_out(outside: &str) -> Outcome {
    let output = format!("--output={outside}");
    let root = git::repository("root");
    let range = |to: &str| Range { to: to.to_owned(), after: None, path: None, most: 5 };
    let mut report = Vec::new();
    for revision in [output.as_str(), "-n1", "--upload-pack=x", "HEAD:a.py", "HEAD..main", ":/x", "a\nb", ""] {
        report.push(line(revision, &root.log_of(&range(revision)).map(|commits| commits.len())));
        report.push(line(revision, &root.find_commit(revision)));
        report.push(line(revision, &root.read_file(revision, "a.py").map(|_| ())));
    }
    for path in ["../baton.toml", "/etc/passwd", "a/../../baton.toml", "", "a\n.py"] {
        report.push(line(path, &root.read_file("HEAD", path).map(|_| ())));
        report.push(line(path, &root.log_of(&Range { path: Some(path.to_owned()), ..range("HEAD") }).map(|_| ())));
    }
    for folder in ["plans", "/", "..", "root/../..", "root/1"] {
        report.push(line(folder, &git::repository(folder).status().map(|_| ())));
    }
    let allowed = root.find_commit("HEAD").is_ok_and(|found| found.is_some());
    report.push(format!("allowed: {allowed}\n"));
    Outcome::new("Tried.").with_artifact("break-out.txt", "text/plain", report.concat())
}

fn line<T: std::fmt::Debug>(what: &str, result: &Result<T, GitError>) -> String {
    match result {
        Err(GitError::Denied(text)) => format!("refused: {what:?}: denied: {text}\n"),
        Err(error) => format!("refused: {what:?}: {error:?}\n"),
        Ok(got) => format!("OPEN: {what:?}: {got:?}\n"),
    }
}
