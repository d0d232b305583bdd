//! Which track is a file: as the catalog links it, else by the same sound, else by its tags or its name.
//!
//! By names only what the matching is sure of counts ([`Decision::Auto`]); what it would ask a person about is asked, and the
//! file stays. A file that is linked to a track which is in no playlist is looked for among those that are, too: two services
//! may have told of one recording without knowing of each other.

use std::collections::{HashMap, HashSet};

use baton_plugin_kit::library::{CatalogData, CatalogFile, CatalogTrack, describe_file};
use baton_track_match::{Decision, Matcher, Reason};
use unicode_normalization::UnicodeNormalization as _;

/// Which track it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TrackIdentity {
    /// That one, and how that is known.
    Is { song: i64, how: String },
    /// Perhaps one of these; a person should look.
    Unclear(Vec<(i64, String)>),
    /// None that the catalog knows.
    Nobody,
}

/// Tells files apart.
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
    /// Of all tracks that are in a playlist.
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

    /// What the catalog says of the file at a path of the host.
    pub(crate) fn named(&self, host: &str) -> Option<&'a CatalogFile> {
        self.known.files.get(*self.paths.get(&composed(host))?)
    }

    /// Which track it is; `name` is the file's name.
    pub(crate) fn who(&self, named: Option<&CatalogFile>, name: &str) -> TrackIdentity {
        let linked = named.and_then(|named| self.linked(named));
        if let Some((song, how)) = linked.filter(|(song, _)| self.in_lists.contains(song)) {
            return TrackIdentity::Is { song, how: how.to_owned() };
        }
        let song = linked.and_then(|(song, _)| self.known.songs.get(&song));
        let track = song.map_or_else(|| describe_file(named, name), CatalogTrack::track);
        match (self.matcher.find(&track), linked) {
            (Decision::Auto(found), _) => match self.listed.get(found.candidate) {
                Some(song) => TrackIdentity::Is { song: *song, how: self.words(&found.reasons) },
                None => TrackIdentity::Nobody,
            },
            (Decision::Review { candidates }, _) => {
                let listed = |found: &baton_track_match::MatchCandidate| {
                    Some((*self.listed.get(found.candidate)?, self.words(&found.reasons)))
                };
                TrackIdentity::Unclear(candidates.iter().filter_map(listed).collect())
            }
            (Decision::None { .. }, Some((song, how))) => TrackIdentity::Is { song, how: how.to_owned() },
            (Decision::None { .. }, None) => TrackIdentity::Nobody,
        }
    }

    fn words(&self, reasons: &[Reason]) -> String {
        let word = |reason: &Reason| match reason {
            Reason::AsGood { candidate } => {
                let song = self.listed.get(*candidate).and_then(|song| self.known.songs.get(song));
                song.map_or_else(|| reason.to_string(), |song| format!("{} fits as well", song.shown()))
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
            return Some((*track, "a copy with the same sound is linked"));
        }
        let digest = named.sha256.as_deref().and_then(|digest| self.digests.get(digest));
        digest.map(|track| (*track, "a copy with the same bytes is linked"))
    }
}

/// A path as composed Unicode: macOS gives names back in pieces.
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
    fn a_file_is_what_the_catalog_links_sounds_like_or_is_called() {
        let known = known();
        let identifier = Identifier::new(&known);
        let who = |path: &str| match identifier.who(identifier.named(path), path.rsplit('/').next().unwrap()) {
            TrackIdentity::Is { song, .. } => song,
            TrackIdentity::Unclear(_) => -1,
            TrackIdentity::Nobody => 0,
        };
        assert_eq!(who("/m/café.mp3"), 2, "the name is composed");
        assert_eq!(who("/m/copy.mp3"), 2, "the same sound");
        assert_eq!(who("/m/djay.mp3"), 1, "another track of the same recording is in the playlist");
        assert_eq!(who("/m/none.mp3"), 4, "linked, and in no playlist");
        assert_eq!(who("/m/tagged.mp3"), 1);
        assert_eq!(who("/m/Nobody - Nothing at all.mp3"), 0);
        assert_eq!(who("/m/Moderat - A New Error (Live).mp3"), 0, "another version is never taken");
    }
}
