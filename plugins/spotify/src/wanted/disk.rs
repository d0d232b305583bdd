//! Which files on disk are a track: those that the catalog links to it, those with the same sound or bytes as one that it links, else
//! the one that the matching is sure of by tags and names. `wanted` and `export` ask here, so both say the same.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use baton_core::matching::{Decision, MatchCandidate as Match, Matcher, Reason, Track, normalise};

use crate::organise::{CatalogData, CatalogTrack, NamedFile, described};

/// What of a track lies on disk.
pub(crate) enum DiskState<'a> {
    /// These files, the best first.
    There(Vec<&'a NamedFile>),
    /// Perhaps; a person should look.
    Unclear,
    /// Nothing.
    Nowhere,
}

/// The files that there are.
pub(crate) struct FileIndex<'a> {
    files: Vec<&'a NamedFile>,
    linked: HashMap<i64, Vec<&'a NamedFile>>,
    tracks: Vec<Track>,
    matcher: Matcher,
}

/// How files come into the catalog.
pub(crate) const SCAN: &str = "scan your music: baton library scan FOLDER";

/// Whether the catalog knows a file on disk.
pub(crate) fn has_files(known: &CatalogData) -> bool {
    known.files.iter().any(is_on_disk)
}

/// What a service streams is named by an address.
fn is_on_disk(file: &NamedFile) -> bool {
    !file.missing && !file.path.contains("://")
}

impl<'a> FileIndex<'a> {
    pub(crate) fn new(known: &'a CatalogData) -> Self {
        let named = NamedPaths::new(known);
        let counts = |file: &&NamedFile| is_on_disk(file) && (file.size.is_some() || named.count(&file.path));
        let files: Vec<_> = known.files.iter().filter(counts).collect();
        let tracks: Vec<_> = files.iter().map(|file| track_of(known, file)).collect();
        Self { linked: linked(known, &files), matcher: Matcher::new(&tracks), tracks, files }
    }

    /// What of a track lies here.
    pub(crate) fn find(&self, song: &CatalogTrack) -> DiskState<'a> {
        if let Some(files) = self.linked.get(&song.id) {
            return DiskState::There(files.clone());
        }
        let file = |found: Option<&Match>| found.and_then(|found| self.files.get(found.candidate)).copied();
        match self.matcher.find(&song.track()) {
            Decision::Auto(found) => DiskState::There(file(Some(&found)).into_iter().collect()),
            Decision::Review { candidates } if self.is_there_twice(&candidates) => {
                DiskState::There(file(candidates.first()).into_iter().collect())
            }
            Decision::Review { .. } => DiskState::Unclear,
            Decision::None { .. } => DiskState::Nowhere,
        }
    }

    /// Whether it is only unclear which of two files it is that are called the same: either will do.
    fn is_there_twice(&self, candidates: &[Match]) -> bool {
        let Some(best) = candidates.first() else { return false };
        let twin = best.reasons.iter().find_map(|reason| match reason {
            Reason::AsGood { candidate } => self.tracks.get(*candidate),
            _ => None,
        });
        let name =
            |track: &Track| (normalise(&track.title), track.artists.iter().map(|a| normalise(a)).collect::<Vec<_>>());
        matches!((self.tracks.get(best.candidate), twin), (Some(best), Some(twin)) if name(best) == name(twin))
    }
}

/// Which paths count that a program (djay) only names, and nobody has seen.
struct NamedPaths<'a> {
    scanned: &'a [String],
    /// The first folders of the files that were seen.
    seen: HashSet<[Option<&'a str>; 2]>,
}

impl<'a> NamedPaths<'a> {
    fn new(known: &'a CatalogData) -> Self {
        let seen = known.files.iter().filter(|file| is_on_disk(file) && file.size.is_some());
        Self { scanned: &known.scanned, seen: seen.map(|file| first_folders(&file.path)).collect() }
    }

    /// Before a scan all count. A scan of its folder would have seen the file; outside of the scanned folders, a path that begins
    /// as none that was seen may be that of another machine.
    fn count(&self, path: &str) -> bool {
        let is_listed = |folder: &String| {
            let below = path.strip_prefix(folder.trim_end_matches(['/', '\\']));
            below.is_some_and(|below| below.starts_with(['/', '\\']))
        };
        self.scanned.is_empty() || (!self.scanned.iter().any(is_listed) && self.seen.contains(&first_folders(path)))
    }
}

/// The first two folders of a path: on most systems those tell whose home, or which volume.
fn first_folders(path: &str) -> [Option<&str>; 2] {
    let (folder, _) = path.rsplit_once(['/', '\\']).unwrap_or_default();
    let mut parts = folder.split(['/', '\\']).filter(|part| !part.is_empty());
    [parts.next(), parts.next()]
}

/// The files of tracks that are linked: those that somebody saw before those that are only named, and the largest first, because of
/// two copies it has lost less. A copy with the sound or the bytes of a linked file is that track too, as `organise` has it.
fn linked<'a>(known: &'a CatalogData, files: &[&'a NamedFile]) -> HashMap<i64, Vec<&'a NamedFile>> {
    let all = || known.files.iter().filter_map(|file| file.track.map(|track| (file, track)));
    let sounds: HashMap<_, _> = all().filter_map(|(file, track)| Some((file.sound.as_deref()?, track))).collect();
    let digests: HashMap<_, _> = all().filter_map(|(file, track)| Some((file.sha256.as_deref()?, track))).collect();
    let mut linked: HashMap<i64, Vec<&NamedFile>> = HashMap::new();
    for file in files {
        let sound = || file.sound.as_deref().and_then(|sound| sounds.get(sound).copied());
        let digest = || file.sha256.as_deref().and_then(|digest| digests.get(digest).copied());
        if let Some(track) = file.track.or_else(sound).or_else(digest) {
            linked.entry(track).or_default().push(file);
        }
    }
    let best = |file: &&NamedFile| (file.size.is_none(), file.track.is_none(), Reverse(file.size), file.path.clone());
    for files in linked.values_mut() {
        files.sort_by_cached_key(best);
    }
    linked
}

/// A file as the matching takes it. Files with the same sound are one recording, so that a copy makes nothing unclear.
fn track_of(known: &CatalogData, file: &NamedFile) -> Track {
    let name = file.path.rsplit(['/', '\\']).next().unwrap_or_default();
    let linked = file.track.and_then(|track| known.songs.get(&track));
    let sound = file.sound.as_ref().map(|sound| sound.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let recording = sound.or_else(|| file.track.map(|track| format!("track {track}")));
    Track { recording, ..linked.map_or_else(|| described(Some(file), name), CatalogTrack::track) }
}

/// The tracks of playlists, each once.
pub(crate) fn in_lists(known: &CatalogData) -> HashSet<i64> {
    known.lists.iter().flat_map(|list| list.tracks.iter().copied()).collect()
}
