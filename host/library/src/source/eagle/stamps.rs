//! `mtime.json`: the time of the last change of each item, in milliseconds. It may have an extra key `all`, which is a count.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use serde_json::Value;

/// The limit for the file: two million items of some thirty bytes.
const MOST: u64 = 64 << 20;

/// The times of all items, and a warning if the file cannot be read. If the file is missing, the map is empty.
pub(super) fn read(library: &Path) -> (HashMap<String, i64>, Option<String>) {
    let path = library.join("mtime.json");
    let parsed = baton_files::read_target(&path, MOST)
        .and_then(|bytes| Ok(serde_json::from_slice::<HashMap<String, Value>>(&bytes)?));
    match parsed {
        Ok(stamps) => (stamps.into_iter().filter_map(|(id, stamp)| Some((id, stamp_of(&stamp)?))).collect(), None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (HashMap::new(), None),
        Err(error) => {
            let remark =
                format!("cannot use {}: {error}; the times of the items' metadata.json are used", path.display());
            (HashMap::new(), Some(remark))
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a stamp is only compared; the cast saturates")]
fn stamp_of(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|stamp| stamp as i64))
}
