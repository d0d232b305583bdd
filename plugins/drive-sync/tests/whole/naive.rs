//! A sync that checks first and locks later, or not at all: the algorithm that fills Drives with second folders. The tests of
//! races must fail with this algorithm. A name in use is not an error on a Drive; a client shows the second folder as `NAME (1)`.

use std::fs;
use std::path::{Path, PathBuf};

use drive_sync::drive::{base_name, find};

/// Creates a folder as a Drive does, with a number if the name is in use.
pub(crate) fn create(root: &Path, name: &str) -> PathBuf {
    for number in 0..1_000 {
        let path = root.join(if number == 0 { name.to_owned() } else { format!("{name} ({number})") });
        if fs::create_dir(&path).is_ok() {
            return path;
        }
    }
    panic!("a thousand folders of one name");
}

/// Checks, then creates. `between` runs in between.
pub(crate) fn ensure(root: &Path, title: &str, id: &str, between: &dyn Fn()) -> String {
    let found = find(root, id).unwrap();
    between();
    match found.first() {
        Some(folder) => folder.name.clone(),
        None => create(root, &base_name(title, id)).file_name().unwrap().to_str().unwrap().to_owned(),
    }
}
