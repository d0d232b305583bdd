//! Finds the files of a track: the files that the catalog links to the track, and their copies with the same sound or bytes. If
//! there is no such file, finds the file that matches by tags and name. `wanted` of music-files and `export` of spotify use
//! this module, so their results agree.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use baton_track_match::{Decision, MatchCandidate as Match, Matcher, Reason, Track, normalise};
use percent_encoding::percent_decode_str;

use super::{CatalogData, CatalogFile, CatalogTrack, describe_file};

/// The files of a track on disk.
#[derive(Clone, Debug)]
pub enum TrackFiles<'a> {
    /// The track has these files, the best first.
    Found(Vec<&'a CatalogFile>),
    /// A file may be the track, but the match is uncertain. A person has to decide.
    Unclear,
    /// The track has no file.
    Missing,
}

/// The files on disk, by track.
#[derive(Debug)]
pub struct FileIndex<'a> {
    files: Vec<&'a CatalogFile>,
    linked: HashMap<i64, Vec<&'a CatalogFile>>,
    tracks: Vec<Track>,
    matcher: Matcher,
}

/// The next step when the catalog has no files.
pub const SCAN: &str = "scan your music: baton library scan FOLDER";

/// True when the catalog has a file on disk.
#[must_use]
pub fn has_files(known: &CatalogData) -> bool {
    known.files.iter().any(is_on_disk)
}

fn is_on_disk(file: &CatalogFile) -> bool {
    !file.missing && !is_stream(&file.path)
}

/// The prefix of a path that is not UTF-8: the catalog has it as a `file` URL.
const FILE_URL: &str = "file://";

/// True if a path in the catalog is the address of a stream and not a file.
#[must_use]
pub fn is_stream(path: &str) -> bool {
    path.contains("://") && !path.starts_with(FILE_URL)
}

/// A path in the catalog for comparisons of names: the escapes of a `file` URL are decoded, and bytes that are not UTF-8 are
/// replaced.
fn decoded(path: &str) -> Cow<'_, str> {
    path.strip_prefix(FILE_URL).map_or(Cow::Borrowed(path), |path| percent_decode_str(path).decode_utf8_lossy())
}

impl<'a> FileIndex<'a> {
    /// Indexes the files of the catalog.
    #[must_use]
    pub fn new(known: &'a CatalogData) -> Self {
        let named = NamedPaths::new(known);
        let counts = |file: &&CatalogFile| is_on_disk(file) && (file.is_scanned() || named.count(&file.path));
        let files: Vec<_> = known.files.iter().filter(counts).collect();
        let tracks: Vec<_> = files.iter().map(|file| track_of(known, file)).collect();
        Self { linked: linked(known, &files), matcher: Matcher::new(&tracks), tracks, files }
    }

    /// Finds the files of a track.
    #[must_use]
    pub fn find(&self, song: &CatalogTrack) -> TrackFiles<'a> {
        if let Some(files) = self.linked.get(&song.id) {
            return TrackFiles::Found(files.clone());
        }
        let file = |found: Option<&Match>| found.and_then(|found| self.files.get(found.candidate)).copied();
        match self.matcher.find(&song.track()) {
            Decision::Auto(found) => TrackFiles::Found(file(Some(&found)).into_iter().collect()),
            Decision::Review { candidates } if self.are_equal_names(&candidates) => {
                TrackFiles::Found(file(candidates.first()).into_iter().collect())
            }
            Decision::Review { .. } => TrackFiles::Unclear,
            Decision::None { .. } => TrackFiles::Missing,
        }
    }

    /// True if the two best candidates are files with the same artist and title. Then either file is right.
    fn are_equal_names(&self, candidates: &[Match]) -> bool {
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

/// Decides which paths count as files if only a program such as djay names them and no scan has found them.
struct NamedPaths<'a> {
    scanned: &'a [String],
    /// The first folders of the scanned files.
    seen: HashSet<[Option<String>; 2]>,
}

impl<'a> NamedPaths<'a> {
    fn new(known: &'a CatalogData) -> Self {
        let seen = known.files.iter().filter(|file| is_on_disk(file) && file.is_scanned());
        Self { scanned: &known.scanned, seen: seen.map(|file| first_folders(&file.path)).collect() }
    }

    /// Before the first scan, every path counts. A path below a scanned folder does not count: the scan would have found the
    /// file. Any other path counts only if a scanned file has the same first folders: otherwise the path may belong to
    /// another machine.
    fn count(&self, path: &str) -> bool {
        let name = decoded(path);
        let is_listed = |folder: &String| {
            let below = name.strip_prefix(decoded(folder).trim_end_matches(['/', '\\']));
            below.is_some_and(|below| below.starts_with(['/', '\\']))
        };
        self.scanned.is_empty() || (!self.scanned.iter().any(is_listed) && self.seen.contains(&first_folders(path)))
    }
}

/// The first two folders of a path: on most systems the home folder of a user or a volume.
fn first_folders(path: &str) -> [Option<String>; 2] {
    let path = decoded(path);
    let (folder, _) = path.rsplit_once(['/', '\\']).unwrap_or_default();
    let mut parts = folder.split(['/', '\\']).filter(|part| !part.is_empty()).map(str::to_owned);
    [parts.next(), parts.next()]
}

/// The linked files of tracks: scanned files first, then the largest, because the larger of two copies is usually less
/// compressed. A copy with the sound or bytes of a linked file is a file of the same track, as in `organise`.
fn linked<'a>(known: &'a CatalogData, files: &[&'a CatalogFile]) -> HashMap<i64, Vec<&'a CatalogFile>> {
    let all = || known.files.iter().filter_map(|file| file.track.map(|track| (file, track)));
    let sounds: HashMap<_, _> = all().filter_map(|(file, track)| Some((file.sound.as_deref()?, track))).collect();
    let digests: HashMap<_, _> = all().filter_map(|(file, track)| Some((file.sha256.as_deref()?, track))).collect();
    let mut linked: HashMap<i64, Vec<&CatalogFile>> = HashMap::new();
    for file in files {
        let sound = || file.sound.as_deref().and_then(|sound| sounds.get(sound).copied());
        let digest = || file.sha256.as_deref().and_then(|digest| digests.get(digest).copied());
        if let Some(track) = file.track.or_else(sound).or_else(digest) {
            linked.entry(track).or_default().push(file);
        }
    }
    let best = |file: &&CatalogFile| (file.size.is_none(), file.track.is_none(), Reverse(file.size), file.path.clone());
    for files in linked.values_mut() {
        files.sort_by_cached_key(best);
    }
    linked
}

/// A file for matching. Files with the same sound are one recording, so a copy does not make a match unclear.
fn track_of(known: &CatalogData, file: &CatalogFile) -> Track {
    let path = decoded(&file.path);
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let linked = file.track.and_then(|track| known.songs.get(&track));
    let sound = file.sound.as_ref().map(|sound| sound.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let recording = sound.or_else(|| file.track.map(|track| format!("track {track}")));
    Track { recording, ..linked.map_or_else(|| describe_file(Some(file), name), CatalogTrack::track) }
}

/// The ids of tracks in playlists.
#[must_use]
pub fn tracks_in_playlists(known: &CatalogData) -> HashSet<i64> {
    known.lists.iter().flat_map(|list| list.tracks.iter().copied()).collect()
}
