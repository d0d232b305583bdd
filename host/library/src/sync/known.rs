//! What the catalog knows and can be told: files with their fingerprints, and which item of which Eagle library each is.

use std::path::{Path, PathBuf};

use baton_fingerprint::Fingerprint;
use baton_ledger::LedgerError;
use baton_ledger::catalog::{Catalog, Fingerprinted};

use super::Mark;

/// A file that has a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Where it lies.
    pub path: PathBuf,
    /// Its item, where it lies in an Eagle library.
    pub item: Option<Item>,
    /// The tag of its fingerprint.
    pub mark: Mark,
    /// Its size when it was scanned, in bytes.
    pub size: Option<i64>,
    /// Its time of writing then, in milliseconds since 1970.
    pub modified_at: Option<i64>,
}

/// An item of an Eagle library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Eagle's id of it.
    pub id: String,
    /// The name of the library: that of its folder, without `.library`.
    pub library: String,
}

impl Known {
    fn new(file: Fingerprinted<'_>) -> Self {
        let path = PathBuf::from(file.path);
        let item = item_of(&path);
        Self { item, path, mark: Mark::of(file.data), size: file.size, modified_at: file.modified_at }
    }
}

/// The files that have a fingerprint; below `below` only, unless that is empty.
///
/// # Errors
/// When the catalog cannot be read.
pub fn known(catalog: &Catalog, below: &[PathBuf]) -> Result<Vec<Known>, LedgerError> {
    let mut known = Vec::new();
    catalog.each_fingerprint(Fingerprint::ALGORITHM, |file| {
        if below.is_empty() || below.iter().any(|folder| Path::new(file.path).starts_with(folder)) {
            known.push(Known::new(file));
        }
    })?;
    Ok(known)
}

/// Eagle keeps the file of an item as `NAME.library/images/ID.info/FILE`.
fn item_of(path: &Path) -> Option<Item> {
    let folder = path.parent()?;
    let id = folder.file_name()?.to_str()?.strip_suffix(".info")?;
    let images = folder.parent().filter(|images| images.ends_with("images"))?;
    let library = images.parent()?.file_name()?.to_str()?.strip_suffix(".library")?;
    (!id.is_empty()).then(|| Item { id: id.to_owned(), library: library.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_known_by_where_its_file_lies() {
        let item = item_of(Path::new("/m/My music.library/images/LXYZ0123ABCDE.info/a song.mp3")).unwrap();
        assert_eq!((item.id.as_str(), item.library.as_str()), ("LXYZ0123ABCDE", "My music"));
        for other in
            ["/m/a.mp3", "a.mp3", "/m/x.library/images/a.mp3", "/m/x.library/other/L.info/a.mp3", "/.info/a", "/"]
        {
            assert_eq!(item_of(Path::new(other)), None, "{other}");
        }
    }
}
