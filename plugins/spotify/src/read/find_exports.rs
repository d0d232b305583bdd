//! Finds the exports in a folder, by their names. The other files of the privacy export (payments, inferences, addresses) are never opened.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use baton_core::Digest;
use baton_plugin_kit::{Findings, folder};
use baton_plugin_sdk::{Mount, Severity};
use sha2::{Digest as _, Sha256};

/// The maximum number of listed files and folders. A backup has some hundreds.
const MOST_ENTRIES: usize = 50_000;

/// The maximum depth of folders.
const MOST_DEPTH: usize = 12;

/// A folder with exports.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Its path for the plugin.
    pub path: PathBuf,
    /// Its name for people.
    pub shown: String,
}

impl Folder {
    /// The folder of a mount.
    #[must_use]
    pub fn from_mount(mount: &Mount) -> Self {
        Self { path: PathBuf::from(&mount.path), shown: mount.shown_as.clone() }
    }
}

/// The kind of a file, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A playlist or the liked songs as CSV.
    Csv,
    /// `YourLibrary.json`.
    Library,
    /// `Playlist1.json`, `Playlist2.json`, ….
    Playlists,
    /// `Streaming_History_Audio_….json`, `endsong_….json`: with the tracks' ids.
    LongHistory,
    /// `StreamingHistory_music_0.json`, `StreamingHistory0.json`: with names only.
    History,
}

/// An export file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Its path for the plugin.
    pub path: PathBuf,
    /// Its path for people: the folder's name and the path below it.
    pub shown: String,
    /// Its kind, by its name.
    pub kind: Kind,
    /// The time of the file's last change, in milliseconds since 1970 UTC. The facts from the file have this time too.
    pub modified: Option<i64>,
    /// Its size in bytes.
    pub size: u64,
}

impl FoundFile {
    /// The name without its ending.
    #[must_use]
    pub fn stem(&self) -> String {
        self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// SHA-256 of the file's contents, read in pieces.
    pub(crate) fn digest(&self) -> Result<String, String> {
        let wrong = |error: io::Error| format!("{} cannot be read: {error}", self.shown);
        let mut file = File::open(&self.path).map_err(wrong)?;
        let (mut hasher, mut piece) = (Sha256::new(), vec![0; 64 << 10]);
        loop {
            let count = file.read(&mut piece).map_err(wrong)?;
            if count == 0 {
                return Ok(Digest::from(<[u8; 32]>::from(hasher.finalize())).to_string());
            }
            hasher.update(piece.get(..count).unwrap_or_default());
        }
    }
}

/// Finds the exports below folders; with `paths`, only these files and those below these folders. The result is sorted by kind, then by
/// path, so it is the same everywhere.
///
/// # Errors
/// When a path is outside of the folders, or does not exist.
pub fn find(folders: &[Folder], paths: &[String], findings: &mut Findings) -> Result<Vec<FoundFile>, String> {
    let mut walk = Walk { found: Vec::new(), entries: 0, findings };
    if paths.is_empty() {
        for folder in folders {
            walk.folder(&folder.path, &folder.shown, 0);
        }
    }
    for path in paths {
        walk.named(folders, path)?;
    }
    let mut found = walk.found;
    found.sort_by(|a, b| (a.kind, &a.shown).cmp(&(b.kind, &b.shown)));
    found.dedup();
    Ok(found)
}

struct Walk<'a> {
    found: Vec<FoundFile>,
    entries: usize,
    findings: &'a mut Findings,
}

impl Walk<'_> {
    /// Adds a path of the arguments: relative to one of the folders, or as findings show it.
    fn named(&mut self, folders: &[Folder], path: &str) -> Result<(), String> {
        let trimmed = path.trim_end_matches('/');
        if trimmed == "." && !folders.is_empty() {
            for folder in folders {
                self.folder(&folder.path, &folder.shown, 0);
            }
            return Ok(());
        }
        for folder in folders {
            let shown_below = trimmed.strip_prefix(folder.shown.as_str()).and_then(|rest| rest.strip_prefix('/'));
            if trimmed == folder.shown {
                self.folder(&folder.path, &folder.shown, 0);
                return Ok(());
            }
            for below in [Some(trimmed), shown_below].into_iter().flatten() {
                let Some(plain) = baton_plugin_kit::safe_path(below) else { continue };
                let whole = folder.path.join(&plain);
                let shown = format!("{}/{below}", folder.shown);
                match fs::symlink_metadata(&whole) {
                    Ok(found) if found.is_dir() => self.folder(&whole, &shown, 0),
                    Ok(found) if found.is_file() => self.file(&whole, &shown, true),
                    _ => continue,
                }
                return Ok(());
            }
        }
        let shown = folders.iter().map(|folder| folder.shown.as_str()).collect::<Vec<_>>().join("`, `");
        Err(format!(
            "`{path}` does not exist below `{shown}`: name a file or folder by its path relative to that folder"
        ))
    }

    fn folder(&mut self, path: &Path, shown: &str, depth: usize) {
        let listing = match folder::list(path, MOST_ENTRIES) {
            Ok(listing) => listing,
            Err(error) => {
                let title = format!("the folder {shown} cannot be read: {error}");
                return self.findings.add("folder", shown, Severity::Medium, title, "");
            }
        };
        if listing.unreadable > 0 {
            let (title, fix) = folder::unreadable(shown, listing.unreadable);
            self.findings.add("folder-names", shown, Severity::Medium, title, fix);
        }
        for folder::Entry { name, kind } in listing.entries {
            self.entries += 1;
            if self.entries > MOST_ENTRIES || depth > MOST_DEPTH {
                let title =
                    format!("{shown} has too many files and folders; name the folder with the exports in `paths`");
                return self.findings.add("too-many-files", shown, Severity::Medium, title, "");
            }
            let (below, shown) = (path.join(&name), format!("{shown}/{name}"));
            match kind {
                _ if name.starts_with('.') => {}
                folder::EntryKind::Folder => self.folder(&below, &shown, depth + 1),
                folder::EntryKind::File => self.file(&below, &shown, false),
                _ => {}
            }
        }
    }

    /// Adds a file. `is_named` is true if the arguments name the file; a named file that is not an export is reported.
    fn file(&mut self, path: &Path, shown: &str, is_named: bool) {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let shown: String = shown.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        let Some(kind) = kind(&name) else {
            if is_named {
                let title = format!("{shown} does not have the name of a Spotify export, and was not opened");
                self.findings.add("file", &shown, Severity::Medium, title, "");
            }
            return;
        };
        let data = path.metadata();
        let modified = data.as_ref().ok().and_then(|data| data.modified().ok());
        // The catalog refuses times in the future.
        let modified = modified.map(|at| at.min(std::time::SystemTime::now()));
        let modified = modified.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let modified = modified.and_then(|since| i64::try_from(since.as_millis()).ok());
        let size = data.map_or(0, |data| data.len());
        self.found.push(FoundFile { path: path.to_owned(), shown, kind, modified, size });
    }
}

/// The kind of a file name in lower case.
fn kind(name: &str) -> Option<Kind> {
    if name.ends_with(".csv") {
        return Some(Kind::Csv);
    }
    let stem = name.strip_suffix(".json")?;
    let numbered =
        |prefix: &str| stem.strip_prefix(prefix).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    if stem == "yourlibrary" {
        Some(Kind::Library)
    } else if numbered("playlist") {
        Some(Kind::Playlists)
    } else if stem.starts_with("streaming_history_audio") || numbered("endsong_") || stem == "endsong" {
        Some(Kind::LongHistory)
    } else if numbered("streaminghistory_music_") || numbered("streaminghistory") {
        Some(Kind::History)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> (tempfile::TempDir, Vec<Folder>) {
        let place = tempfile::tempdir().unwrap();
        for name in
            ["b/Mix.CSV", "a.csv", ".hidden.csv", "Userdata.json", "YourLibrary.json", "b/Playlist1.json", "note.txt"]
        {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let folders = vec![Folder { path: place.path().to_owned(), shown: "exports".to_owned() }];
        (place, folders)
    }

    fn shown(folders: &[Folder], paths: &[&str]) -> Result<Vec<String>, String> {
        let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
        let found = find(folders, &paths, &mut Findings::default())?;
        Ok(found.into_iter().map(|found| found.shown).collect())
    }

    #[test]
    fn exports_are_found_by_their_names_and_nothing_else_is_opened() {
        let (_place, folders) = tree();
        let all = ["exports/a.csv", "exports/b/Mix.CSV", "exports/YourLibrary.json", "exports/b/Playlist1.json"];
        assert_eq!(shown(&folders, &[]).unwrap(), all);
        assert_eq!(shown(&folders, &["."]).unwrap(), all);
        assert_eq!(shown(&folders, &["b", "b/Mix.CSV"]).unwrap(), [all[1], all[3]]);
        assert_eq!(shown(&folders, &["exports/b/"]).unwrap(), [all[1], all[3]]);
        assert!(shown(&folders, &["Userdata.json"]).unwrap().is_empty());
        let second = Folder { path: folders[0].path.join("b"), shown: "more".to_owned() };
        assert_eq!(shown(&[folders[0].clone(), second], &["."]).unwrap().len(), 6);
    }

    #[test]
    fn errors_on_paths_outside_the_folder() {
        let (_place, folders) = tree();
        for path in ["../x.csv", "/etc/passwd", "none.csv", "b/../a.csv"] {
            assert!(shown(&folders, &[path]).unwrap_err().contains("below `exports`"), "{path}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/etc/hosts", folders[0].path.join("link.csv")).unwrap();
            assert_eq!(shown(&folders, &[]).unwrap().len(), 4);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_utf_8_is_reported_and_does_not_hide_other_names() {
        use std::os::unix::ffi::OsStrExt as _;

        let (_place, folders) = tree();
        fs::write(folders[0].path.join("b").join(std::ffi::OsStr::from_bytes(b"m\xe9.csv")), "x").unwrap();
        let mut findings = Findings::default();
        assert_eq!(find(&folders, &[], &mut findings).unwrap().len(), 4);
        let reported: Vec<_> =
            findings.into_list().into_iter().map(|finding| (finding.severity, finding.title)).collect();
        let title = "1 name in exports/b is not UTF-8, and its contents were not read";
        assert_eq!(reported, [(Severity::Medium, title.to_owned())]);
    }

    #[test]
    fn files_of_the_privacy_export_are_recognised_by_their_names() {
        for (name, expected) in [
            ("playlist12.json", Some(Kind::Playlists)),
            ("streaminghistory0.json", Some(Kind::History)),
            ("streaminghistory_music_1.json", Some(Kind::History)),
            ("streaminghistory_podcast_0.json", None),
            ("streaming_history_audio_2019-2021_3.json", Some(Kind::LongHistory)),
            ("streaming_history_video_2019.json", None),
            ("endsong_4.json", Some(Kind::LongHistory)),
            ("playlists.json", None),
            ("identity.json", None),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }
}
