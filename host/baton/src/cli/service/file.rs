//! The file of a service: written completely or not at all, and never over a file that does not belong to this workspace.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};

/// The beginning of the remark in every service file of Baton.
pub(super) const MARK: &str = "Written by `baton service install`";

/// The change of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileChange {
    /// It did not exist.
    New,
    /// It had another content.
    Changed,
    /// It had the same content.
    Same,
}

/// Writes `text` to `path`. An existing file is replaced only if Baton wrote it and it contains `mine`.
pub(super) fn write(path: &Path, text: &str, mine: &str) -> anyhow::Result<FileChange> {
    let failed = || format!("failed to write {}", path.display());
    let is_there = is_mine(path, mine)?;
    if is_there && fs::read_to_string(path).with_context(failed)? == text {
        return Ok(FileChange::Same);
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).with_context(failed)?;
    let mut file = tempfile::Builder::new().prefix(".baton-").tempfile_in(folder).with_context(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).with_context(failed)?;
    let placed = if is_there { file.persist(path) } else { file.persist_noclobber(path) };
    placed.map_err(|error| error.error).with_context(failed)?;
    Ok(if is_there { FileChange::Changed } else { FileChange::New })
}

/// Whether the file exists and belongs to this workspace.
pub(super) fn is_mine(path: &Path, mine: &str) -> anyhow::Result<bool> {
    let shown = path.display();
    let metadata = match path.symlink_metadata() {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(false),
        found => found.with_context(|| format!("failed to inspect {shown}"))?,
    };
    let text =
        if metadata.is_file() { fs::read(path).with_context(|| format!("failed to read {shown}"))? } else { vec![] };
    let text = String::from_utf8_lossy(&text);
    if !text.contains(MARK) {
        bail!("{shown} exists and is not from `baton service install`; delete it, or choose another --name");
    }
    if !text.contains(mine) {
        bail!("{shown} is the service of another workspace; choose another --name");
    }
    Ok(true)
}

/// Deletes the file.
pub(super) fn remove(path: &Path) -> anyhow::Result<()> {
    fs::remove_file(path).with_context(|| format!("failed to delete {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rest: &str) -> String {
        format!("# {MARK}\n{rest}\n")
    }

    #[test]
    fn a_repeated_write_changes_nothing_and_a_change_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/x.service");
        let say = |rest: &str| write(&path, &text(rest), "-w /a ").unwrap();
        let changes = [say("-w /a up"), say("-w /a up"), say("-w /a --state /s up")];
        assert_eq!(changes, [FileChange::New, FileChange::Same, FileChange::Changed]);
        assert_eq!(fs::read_to_string(&path).unwrap(), text("-w /a --state /s up"));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_foreign_file_is_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.service");
        for theirs in ["[Service]\n-w /a \n".to_owned(), text("-w /b up")] {
            fs::write(&path, &theirs).unwrap();
            assert!(write(&path, &text("-w /a up"), "-w /a ").is_err() && is_mine(&path, "-w /a ").is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
        }
        let link = folder.path().join("link.service");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert!(write(&link, &text("-w /a up"), "-w /a ").is_err());
        assert!(!folder.path().join("nowhere").exists());
    }
}
