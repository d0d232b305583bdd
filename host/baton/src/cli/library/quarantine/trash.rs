//! The trash folder, and the paths in it. No scan may read it; otherwise the next scan would find the moved files there.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use anyhow::bail;
use baton_library::source::eagle_around;

/// The trash folder of a source. Scans skip it, because its name begins with a dot.
pub(super) const NAME: &str = ".baton-trash";

/// The destinations of one run.
pub(super) struct Trash {
    named: Option<PathBuf>,
    /// The root folders of the sources.
    roots: Vec<PathBuf>,
}

impl Trash {
    /// The trash folder `named`, or one for each source.
    pub(super) fn new(named: Option<&Path>, roots: Vec<PathBuf>) -> anyhow::Result<Self> {
        let named = named.map(resolved).transpose()?;
        if let Some(named) = &named {
            if let Some(root) = roots.iter().find(|root| is_scanned(named, root)) {
                bail!(
                    "the trash folder {} is within {}, so scans would find the moved files; omit --trash (Baton then \
                     uses {NAME} there), or name a folder outside of it",
                    named.display(),
                    root.display()
                );
            }
            if let Some(library) = eagle_around(&named.join(NAME)) {
                bail!(
                    "the trash folder {} is within Eagle's library {}; name a folder outside of it with --trash",
                    named.display(),
                    library.display()
                );
            }
        }
        Ok(Self { named, roots })
    }

    /// The destination of a file in the run with this number: its path relative to its source.
    pub(super) fn place(&self, number: &str, path: &Path) -> PathBuf {
        let (root, own) = self.of_source(path);
        let trash = self.named.clone().unwrap_or(own);
        trash.join(number).join(path.strip_prefix(root).unwrap_or(path))
    }

    /// The path for the original version of a kept file before it gets tags for the `count`th time. The path is on the
    /// volume of the kept file, even if `--trash` names another folder.
    pub(super) fn saved(&self, number: &str, path: &Path, count: usize) -> PathBuf {
        let (root, own) = self.of_source(path);
        let mut name = own.join(number).join(path.strip_prefix(root).unwrap_or(path)).into_os_string();
        name.push(format!(".before-tags-{count}"));
        name.into()
    }

    /// The source of a file, and its trash folder.
    fn of_source<'a>(&'a self, path: &'a Path) -> (&'a Path, PathBuf) {
        let roots = self.roots.iter().filter(|root| path.starts_with(root));
        let root = roots.max_by_key(|root| root.as_os_str().len()).map(PathBuf::as_path).or_else(|| path.parent());
        let root = root.unwrap_or(Path::new("/"));
        (root, root.join(NAME))
    }
}

/// True if a scan of `root` lists files in `folder`. Scans skip names that begin with a dot.
fn is_scanned(folder: &Path, root: &Path) -> bool {
    let is_hidden = |name: &OsStr| name.as_encoded_bytes().starts_with(b".");
    folder.strip_prefix(root).is_ok_and(|rest| !rest.iter().any(is_hidden))
}

/// Resolves the links of the existing part of a path.
fn resolved(folder: &Path) -> anyhow::Result<PathBuf> {
    let folder = std::path::absolute(folder)?;
    let missing = |folder: &&Path| folder.symlink_metadata().is_err();
    let Some(there) = folder.ancestors().find(|folder| !missing(folder)) else { return Ok(folder) };
    let rest = folder.strip_prefix(there).unwrap_or(Path::new(""));
    if rest.components().any(|part| part == Component::ParentDir) {
        bail!("{} has `..` after a folder that does not exist; write the path without it", folder.display());
    }
    match there.canonicalize() {
        Ok(there) => Ok(there.join(rest)),
        Err(error) => bail!("the trash folder {} cannot be used: {error}; name another one", there.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_path_below_the_innermost_source() {
        let roots = || vec![PathBuf::from("/m"), PathBuf::from("/m/in")];
        let trash = Trash { named: None, roots: roots() };
        assert_eq!(trash.place("7", Path::new("/m/in/a/b.mp3")), Path::new("/m/in/.baton-trash/7/a/b.mp3"));
        assert_eq!(trash.place("7", Path::new("/x/b.mp3")), Path::new("/x/.baton-trash/7/b.mp3"));
        let trash = Trash { named: Some("/t".into()), roots: roots() };
        assert_eq!(trash.place("7", Path::new("/m/b.mp3")), Path::new("/t/7/b.mp3"));
    }

    #[test]
    fn a_folder_that_scans_skip_may_be_within_a_source() {
        for (folder, scanned) in [("/m", true), ("/m/t", true), ("/m/.t/x", false), ("/music", false)] {
            assert_eq!(is_scanned(Path::new(folder), Path::new("/m")), scanned, "{folder}");
        }
    }
}
