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
