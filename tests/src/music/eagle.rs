//! Writes an Eagle library in the format of Eagle 4: `metadata.json`, `tags.json`, `mtime.json`, and `images/ID.info/` for each item.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The time of the first item, in milliseconds since 1970. Each next item is a second later.
const FIRST_MS: u64 = 1_700_000_000_000;

/// A library under construction.
#[derive(Debug)]
pub struct EagleLibrary {
    folder: PathBuf,
    stamps: BTreeMap<String, u64>,
}

/// An item of the library.
#[derive(Clone, Copy, Debug)]
pub struct EagleItem<'a> {
    /// Its name without an extension.
    pub name: &'a str,
    /// The extension of its file without the dot.
    pub ext: &'a str,
    /// True if it is in Eagle's trash.
    pub deleted: bool,
}

impl EagleLibrary {
    /// Creates an empty library. The name of the folder must end in `.library`.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn create(folder: &Path) -> Self {
        fs::create_dir_all(folder.join("images")).expect("the library can be made");
        let made = Self { folder: folder.to_owned(), stamps: BTreeMap::new() };
        made.write(
            "metadata.json",
            &json!({
                "folders": [], "smartFolders": [], "quickAccess": [], "tagsGroups": [],
                "modificationTime": FIRST_MS, "applicationVersion": "4.0.0",
            }),
        );
        made.write("tags.json", &json!({ "historyTags": [], "starredTags": [] }));
        made
    }

    /// Adds an item with its file; returns its id.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn add(&mut self, item: EagleItem<'_>, bytes: &[u8]) -> String {
        let id = self.add_entry(item, bytes.len());
        fs::write(self.file(&id, item), bytes).expect("the file can be written");
        id
    }

    /// Adds an item without its file, which a test may add later; returns its id.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn add_entry(&mut self, item: EagleItem<'_>, size: usize) -> String {
        let number = self.stamps.len() as u64;
        let (id, time) = (id(number), FIRST_MS + number * 1_000);
        fs::create_dir(self.item(&id)).expect("a folder for the item");
        self.write(
            &format!("images/{id}.info/metadata.json"),
            &json!({
                "id": id, "name": item.name, "size": size, "btime": time, "mtime": time, "ext": item.ext, "tags": [],
                "folders": [], "isDeleted": item.deleted, "url": "", "annotation": "", "modificationTime": time,
                "lastModified": time, "noThumbnail": true, "palettes": [],
            }),
        );
        self.stamps.insert(id.clone(), time);
        id
    }

    /// The folder of an item.
    #[must_use]
    pub fn item(&self, id: &str) -> PathBuf {
        self.folder.join("images").join(format!("{id}.info"))
    }

    /// The file of an item.
    #[must_use]
    pub fn file(&self, id: &str, item: EagleItem<'_>) -> PathBuf {
        self.item(id).join(format!("{}.{}", item.name, item.ext))
    }

    /// Marks an item as changed in the `mtime.json` that the next [`EagleLibrary::finish`] writes.
    pub fn touch(&mut self, id: &str) {
        *self.stamps.entry(id.to_owned()).or_default() += 60_000;
    }

    /// Writes `mtime.json`.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn finish(&self) {
        let mut stamps = json!(self.stamps);
        if let Some(stamps) = stamps.as_object_mut() {
            stamps.insert("all".to_owned(), Value::from(self.stamps.len()));
        }
        self.write("mtime.json", &stamps);
    }

    fn write(&self, file: &str, value: &Value) {
        fs::write(self.folder.join(file), value.to_string()).expect("the file can be written");
    }
}

/// An id in Eagle's form: 13 characters of `0-9A-Z` that begin with `L`. Ids sort by their numbers.
fn id(number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut left = number;
    let mut digits = [0; 12];
    for place in digits.iter_mut().rev() {
        *place = DIGITS.get(usize::try_from(left % 36).unwrap_or(0)).copied().unwrap_or(b'0');
        left /= 36;
    }
    format!("L{}", String::from_utf8_lossy(&digits))
}
