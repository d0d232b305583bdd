//! What a sync does that looks first and locks later, or not at all: the algorithm that fills Drives with second folders. It is kept
//! to show that the tests of races would notice it. Names are as a Drive has them: one that is taken is no error, a client shows the
//! second as `NAME (1)`.

use std::fs;
use std::path::{Path, PathBuf};

use drive_sync::drive::{base_name, find};

/// Makes a folder as a Drive does: there is always room for another of the name.
pub(crate) fn create(root: &Path, name: &str) -> PathBuf {
    for number in 0..1_000 {
        let path = root.join(if number == 0 { name.to_owned() } else { format!("{name} ({number})") });
        if fs::create_dir(&path).is_ok() {
            return path;
        }
    }
    panic!("a thousand folders of one name");
}

/// Looks, then makes. `between` is what happens meanwhile.
pub(crate) fn ensure(root: &Path, title: &str, id: &str, between: &dyn Fn()) -> String {
    let found = find(root, id).unwrap();
    between();
    match found.first() {
        Some(folder) => folder.name.clone(),
        None => create(root, &base_name(title, id)).file_name().unwrap().to_str().unwrap().to_owned(),
    }
}

/// Chooses a folder under a lock, and moves and throws away after the lock was given back. `between` happens at each point at which
/// another program may come in.
pub(crate) fn merge(root: &Path, title: &str, id: &str, between: &dyn Fn()) {
    let wanted = base_name(title, id);
    let mut found = find(root, id).unwrap();
    found.sort_by_key(|folder| (folder.name != wanted, folder.copy.is_some(), folder.name.clone()));
    let primary = root.join(&found[0].name);
    let others: Vec<_> = found[1..].iter().map(|folder| root.join(&folder.name)).collect();
    between();
    let files: Vec<_> = others.iter().filter_map(|other| fs::read_dir(other).ok()).flatten().flatten().collect();
    for (number, file) in files.into_iter().enumerate() {
        let _ = fs::create_dir(&primary);
        let _ = fs::rename(
            file.path(),
            primary.join(format!("{}-{number}-{}", std::process::id(), file.file_name().to_string_lossy())),
        );
    }
    between();
    for other in others {
        let _ = fs::remove_dir_all(other);
    }
}

/// Works unless another does, as far as a look tells.
pub(crate) fn guard(mark: &Path, between: &dyn Fn(), work: &dyn Fn()) {
    if mark.exists() {
        return;
    }
    between();
    fs::write(mark, "").unwrap();
    work();
    let _ = fs::remove_file(mark);
}
