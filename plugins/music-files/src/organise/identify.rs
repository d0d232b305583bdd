//! Finds the track of a file. The catalog's link decides. Without a link, a linked file with the same sound or bytes decides.
//! If there is no such file, the tags or the name of the file decide.
//!
//! Tags and names must give a certain match ([`Decision::Auto`]). A file with an uncertain match is reported and not moved.
//! A file that is linked to a track without a playlist is also matched with the tracks of playlists, because two services
//! may have the same recording as two tracks.

use std::collections::{HashMap, HashSet};

use baton_plugin_kit::library::{CatalogData, CatalogFile, CatalogTrack, describe_file};
use baton_track_match::{Decision, Matcher, Reason};
use unicode_normalization::UnicodeNormalization as _;

/// The track of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TrackIdentity {
    /// This track, with the evidence.
    Known { song: i64, how: String },
    /// The file may be one of these tracks; a person has to decide.
    Unclear(Vec<PossibleTrack>),
    /// The file matches no track of the catalog.
    Unknown,
}

/// A track that a file may be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PossibleTrack {
    pub(crate) song: i64,
    pub(crate) why: String,
}

/// Finds the tracks of files.
#[derive(Debug)]
pub(crate) struct Identifier<'a> {
    known: &'a CatalogData,
    paths: HashMap<String, usize>,
    sounds: HashMap<&'a [u8], i64>,
    digests: HashMap<&'a str, i64>,
    listed: Vec<i64>,
    in_lists: HashSet<i64>,
    matcher: Matcher,
}

impl<'a> Identifier<'a> {
    /// An identifier for the tracks of playlists.
    pub(crate) fn new(known: &'a CatalogData) -> Self {
        let paths = known.files.iter().enumerate().map(|(place, file)| (composed(&file.path), place)).collect();
        let linked = || known.files.iter().filter_map(|file| file.track.map(|track| (file, track)));
        let sounds = linked().filter_map(|(file, track)| Some((file.sound.as_deref()?, track))).collect();
        let digests = linked().filter_map(|(file, track)| Some((file.sha256.as_deref()?, track))).collect();
        let in_lists: HashSet<i64> = known.lists.iter().flat_map(|list| list.tracks.iter().copied()).collect();
        let mut listed: Vec<_> = in_lists.iter().copied().filter(|id| known.songs.contains_key(id)).collect();
        listed.sort_unstable();
        let tracks: Vec<_> = listed.iter().filter_map(|id| known.songs.get(id)).map(CatalogTrack::track).collect();
        Self { known, paths, sounds, digests, matcher: Matcher::new(&tracks), listed, in_lists }
    }

    /// The catalog's record of a path on the host.
    pub(crate) fn record(&self, host: &str) -> Option<&'a CatalogFile> {
        self.known.files.get(*self.paths.get(&composed(host))?)
    }

    /// Finds the track; `name` is the file name.
    pub(crate) fn identify(&self, named: Option<&CatalogFile>, name: &str) -> TrackIdentity {
        let linked = named.and_then(|named| self.linked(named));
        if let Some((song, how)) = linked.filter(|(song, _)| self.in_lists.contains(song)) {
            return TrackIdentity::Known { song, how: how.to_owned() };
        }
        let song = linked.and_then(|(song, _)| self.known.songs.get(&song));
        let track = song.map_or_else(|| describe_file(named, name), CatalogTrack::track);
        match (self.matcher.find(&track), linked) {
            (Decision::Auto(found), _) => match self.listed.get(found.candidate) {
                Some(song) => TrackIdentity::Known { song: *song, how: self.describe(&found.reasons) },
                None => TrackIdentity::Unknown,
            },
            (Decision::Review { candidates }, _) => {
                let listed = |found: &baton_track_match::MatchCandidate| {
                    Some(PossibleTrack { song: *self.listed.get(found.candidate)?, why: self.describe(&found.reasons) })
                };
                TrackIdentity::Unclear(candidates.iter().filter_map(listed).collect())
            }
            (Decision::None { .. }, Some((song, how))) => TrackIdentity::Known { song, how: how.to_owned() },
            (Decision::None { .. }, None) => TrackIdentity::Unknown,
        }
    }

    fn describe(&self, reasons: &[Reason]) -> String {
        let word = |reason: &Reason| match reason {
            Reason::AsGood { candidate } => {
                let song = self.listed.get(*candidate).and_then(|song| self.known.songs.get(song));
                song.map_or_else(|| reason.to_string(), |song| format!("{} matches equally", song.shown()))
            }
            _ => reason.to_string(),
        };
        reasons.iter().map(word).collect::<Vec<_>>().join("; ")
    }

    fn linked(&self, named: &CatalogFile) -> Option<(i64, &'static str)> {
        if let Some(track) = named.track {
            return Some((track, "the catalog links the file"));
        }
        let sound = named.sound.as_deref().and_then(|sound| self.sounds.get(sound));
        if let Some(track) = sound {
            return Some((*track, "a copy with the same audio is linked"));
        }
        let digest = named.sha256.as_deref().and_then(|digest| self.digests.get(digest));
        digest.map(|track| (*track, "a copy with the same bytes is linked"))
    }
}

/// A path as composed Unicode: macOS returns decomposed names.
fn composed(path: &str) -> String {
    path.nfc().collect()
}

#[cfg(test)]
mod tests {
    use baton_plugin_kit::library::CatalogPlaylist;

    use super::*;

    fn song(id: i64, artist: &str, title: &str) -> (i64, CatalogTrack) {
        let artists = vec![artist.to_owned()];
        let duration_ms = Some(200_000);
        (
            id,
            CatalogTrack {
                id,
                title: title.into(),
                artist: Some(artist.into()),
                artists,
                duration_ms,
                ..CatalogTrack::default()
            },
        )
    }

    fn known() -> CatalogData {
        let songs = [
            song(1, "Moderat", "A New Error"),
            song(2, "Moderat", "Rusty Nails"),
            song(3, "Moderat", "A New Error"),
            song(4, "Somebody", "Else"),
        ];
        let files = vec![
            CatalogFile {
                path: "/m/cafe\u{301}.mp3".into(),
                track: Some(2),
                sound: Some(vec![7]),
                ..CatalogFile::default()
            },
            CatalogFile { path: "/m/copy.mp3".into(), sound: Some(vec![7]), ..CatalogFile::default() },
            CatalogFile { path: "/m/djay.mp3".into(), track: Some(3), ..CatalogFile::default() },
            CatalogFile { path: "/m/none.mp3".into(), track: Some(4), ..CatalogFile::default() },
            CatalogFile {
                path: "/m/tagged.mp3".into(),
                title: Some("a new error".into()),
                artist: Some("MODERAT".into()),
                duration_ms: Some(200_500),
                ..CatalogFile::default()
            },
        ];
        let lists = vec![CatalogPlaylist { name: "P".into(), liked: false, tracks: vec![1, 2] }];
        CatalogData { songs: songs.into_iter().collect(), lists, files, scanned: Vec::new() }
    }

    #[test]
    fn a_file_is_identified_by_link_sound_or_names() {
        let known = known();
        let identifier = Identifier::new(&known);
        let who = |path: &str| match identifier.identify(identifier.record(path), path.rsplit('/').next().unwrap()) {
            TrackIdentity::Known { song, .. } => song,
            TrackIdentity::Unclear(_) => -1,
            TrackIdentity::Unknown => 0,
        };
        assert_eq!(who("/m/café.mp3"), 2, "the name is composed");
        assert_eq!(who("/m/copy.mp3"), 2, "the same sound");
        assert_eq!(who("/m/djay.mp3"), 1, "another track of the same recording is in the playlist");
        assert_eq!(who("/m/none.mp3"), 4, "linked, and in no playlist");
        assert_eq!(who("/m/tagged.mp3"), 1);
        assert_eq!(who("/m/Nobody - Nothing at all.mp3"), 0);
        assert_eq!(who("/m/Moderat - A New Error (Live).mp3"), 0, "another version is never used");
    }
}
