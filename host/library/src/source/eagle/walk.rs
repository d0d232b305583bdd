//! Lists an Eagle library.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata as Stat};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::super::audio::is_audio_extension;
use super::super::root::{mtime_ns, volume_of};
use super::super::{Item, KnownItem, ListingRequest, SourceListing, is_audio};
use super::metadata::Metadata;
use super::stamps;

/// The limit of files that are checked in one item's folder; usually there are three.
const FILES: usize = 1_000;

/// Lists the library.
///
/// # Errors
/// When `images/` cannot be listed.
pub(in super::super) fn walk(
    root: &Path,
    device: u64,
    request: &ListingRequest<'_>,
    take: &mut dyn FnMut(Item),
) -> io::Result<SourceListing> {
    let mut walked = SourceListing::new(device);
    let (stamps, remark) = stamps::read(root);
    walked.remarks.extend(remark);
    for id in ids(&root.join("images"), &mut walked)? {
        if walked.must_stop(request) {
            break;
        }
        let folder = root.join("images").join(format!("{id}.info"));
        let reader = ItemReader { id: &id, folder: &folder, stamp: stamp(&stamps, &id, &folder), device };
        match reader.unchanged(request.known) {
            Some(item) => take(item),
            None => reader.read(&mut walked, take),
        }
    }
    Ok(walked)
}

fn ids(images: &Path, walked: &mut SourceListing) -> io::Result<Vec<String>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir(images)? {
        match entry.and_then(|entry| Ok((entry.file_type()?, entry.file_name()))) {
            Ok((kind, name)) if kind.is_dir() => {
                ids.extend(name.to_str().and_then(|name| name.strip_suffix(".info")).map(str::to_owned));
            }
            Ok(_) => {}
            Err(error) => walked.unread(images, &error),
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

/// The time of an item's last change: from the index, else from its `metadata.json`.
fn stamp(stamps: &HashMap<String, i64>, id: &str, folder: &Path) -> Option<i64> {
    let of_file = || fs::metadata(folder.join("metadata.json")).ok().map(|stat| mtime_ns(&stat) / 1_000_000);
    stamps.get(id).copied().or_else(of_file)
}

struct ItemReader<'a> {
    id: &'a str,
    folder: &'a Path,
    stamp: Option<i64>,
    device: u64,
}

impl ItemReader<'_> {
    /// The known item, if its stamp is unchanged and its file exists.
    fn unchanged(&self, known: &dyn Fn(&OsStr) -> Option<KnownItem>) -> Option<Item> {
        let known = known(OsStr::new(self.id)).filter(|known| self.stamp.is_some() && known.stamp == self.stamp)?;
        if known.missing || known.path.parent() != Some(self.folder) {
            return None;
        }
        let stat = fs::symlink_metadata(&known.path).ok().filter(Stat::is_file)?;
        Some(self.item(known.path, known.name, &stat))
    }

    /// Reads the item from its metadata and its folder.
    fn read(&self, walked: &mut SourceListing, take: &mut dyn FnMut(Item)) {
        let path = self.folder.join("metadata.json");
        let metadata = match Metadata::read(&path) {
            Ok(metadata) => metadata,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::FileTooLarge
                ) =>
            {
                walked.remark(format!(
                    "{} is invalid: {error}; the files of its folder were used instead",
                    path.display()
                ));
                Metadata::default()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Metadata::default(),
            Err(error) => return walked.unread(self.folder, &error),
        };
        let declared = metadata.ending.as_deref();
        if metadata.deleted || declared.is_some_and(|ending| !is_audio_extension(ending)) {
            return;
        }
        match self.audio(&metadata) {
            Ok(Some((path, stat))) => {
                let name = metadata.name.unwrap_or_else(|| stem(&path));
                take(self.item(path, name, &stat));
            }
            Ok(None) if declared.is_some() => take(self.absent(metadata)),
            Ok(None) => {}
            Err(error) => walked.unread(self.folder, &error),
        }
    }

    /// The audio file: the one with the item's name, else the first with the item's extension, else the first audio file.
    fn audio(&self, metadata: &Metadata) -> io::Result<Option<(PathBuf, Stat)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.folder)?.take(FILES) {
            let entry = entry?;
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if entry.file_type()?.is_file() && !hidden && is_audio(&entry.path()) {
                found.push(entry.path());
            }
        }
        let ends = |path: &Path| match &metadata.ending {
            Some(declared) => path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(declared)),
            None => true,
        };
        let named = |path: &Path| metadata.name.as_deref().is_some_and(|name| stem(path) == name);
        found.sort_unstable_by_key(|path| (!(named(path) && ends(path)), !ends(path), path.clone()));
        let Some(path) = found.into_iter().next() else {
            return Ok(None);
        };
        let stat = fs::symlink_metadata(&path)?;
        Ok(Some((path, stat)))
    }

    fn item(&self, path: PathBuf, name: String, stat: &Stat) -> Item {
        let volume = volume_of(&path, stat, self.device);
        Item {
            key: self.id.into(),
            path,
            name,
            stamp: self.stamp,
            size: stat.len(),
            mtime_ns: mtime_ns(stat),
            inode: stat.ino(),
            volume,
            mounted: volume != self.device,
            absent: None,
        }
    }

    /// The result for an item whose audio file is missing.
    fn absent(&self, metadata: Metadata) -> Item {
        let why = format!("{} has no audio file, although Eagle lists one", self.folder.display());
        let (name, ending) = (metadata.name.unwrap_or_default(), metadata.ending.unwrap_or_default());
        // Only for display: a name from Eagle is not a safe path.
        let file = format!("{name}.{ending}").replace(['/', '\0'], "_");
        Item {
            key: self.id.into(),
            path: self.folder.join(file),
            name,
            stamp: self.stamp,
            size: 0,
            mtime_ns: 0,
            inode: 0,
            volume: self.device,
            mounted: false,
            absent: Some(why),
        }
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
