//! One process at a time links files to tracks. A second process waits, and usually finds nothing left to do. If the first
//! process was killed or cancelled, the second one does the work. The lock ends with the process that holds it.

use std::fs::File;
use std::io;
use std::path::Path;

/// Locks the catalog at `catalog` until the result is dropped.
pub(super) fn lock(catalog: &Path) -> io::Result<File> {
    let path = catalog.with_extension("link.lock");
    let file = baton_files::open_or_create(&path)?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use baton_catalog::library::{Library, SourceKind};
    use jiff::Timestamp;

    use super::*;
    use crate::link::link;

    #[test]
    fn a_second_process_waits_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = folder.path().join("catalog.db");
        Library::open(&catalog).unwrap().add_source("/music", SourceKind::Folder, Timestamp::UNIX_EPOCH).unwrap();
        let first = lock(&catalog).unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let (thread_order, path) = (Arc::clone(&order), catalog.clone());
        let second = std::thread::spawn(move || {
            link(&path).unwrap();
            thread_order.lock().unwrap().push("second");
        });
        std::thread::sleep(Duration::from_millis(200));
        order.lock().unwrap().push("first");
        drop(first);
        second.join().unwrap();
        assert_eq!(*order.lock().unwrap(), ["first", "second"]);
    }
}
