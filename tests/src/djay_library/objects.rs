//! djay's objects as trees.

use super::tsaf::Tree;
use super::{Play, Playlist, Session, Track};

/// The object that identifies a track; nearly every other object contains it.
pub(super) fn title_id(track: &Track) -> Tree {
    let mut fields = vec![("uuid", Tree::text(&track.id)), ("title", Tree::text(&track.title))];
    if let Some(artist) = &track.artist {
        fields.push(("artist", Tree::text(artist)));
    }
    fields.push(("duration", Tree::Real(track.seconds)));
    if let Some(isrc) = &track.isrc {
        fields.push(("isrc", Tree::text(isrc)));
    }
    Tree::object("ADCMediaItemTitleID", fields)
}

fn of_track(class: &str, track: &Track, more: Vec<(&str, Tree)>) -> Tree {
    let mut fields = vec![("uuid", Tree::text(&track.id)), ("titleIDs", Tree::Array(vec![title_id(track)]))];
    fields.extend(more);
    Tree::object(class, fields)
}

pub(super) fn location(track: &Track) -> Tree {
    let addresses = track.sources.iter().map(|source| Tree::Url(source.uri.clone(), None)).collect();
    let mut more = vec![("sourceURIs", Tree::Array(addresses))];
    if track.sources.iter().any(|source| source.service == "local" || source.service == "apple") {
        more.push(("urlBookmarkData", Tree::Data(b"book of a file, which no reader here needs".to_vec())));
    }
    of_track("ADCMediaItemLocation", track, more)
}

/// `None` when djay has not analysed the track.
pub(super) fn analysed(track: &Track) -> Option<Tree> {
    let mut more = vec![("bpm", Tree::Real(track.bpm?))];
    if let Some(key) = track.key_index {
        more.push(("keySignatureIndex", Tree::Integer(key)));
    }
    if let Some(bpm) = track.analysed_manual_bpm {
        more.push(("manualBPM", Tree::Real(bpm)));
    }
    more.push(("isStraightGrid", Tree::Bool(true)));
    Some(of_track("ADCMediaItemAnalyzedData", track, more))
}

/// `None` when the user has not changed anything about the track.
pub(super) fn user_data(track: &Track) -> Option<Tree> {
    if track.play_count.is_none() && track.manual_bpm.is_none() {
        return None;
    }
    let cue = |number: i64, seconds: f64| {
        let number = ("number", Tree::Integer(number));
        Tree::object("ADCCuePoint", vec![("time", Tree::Real(seconds)), ("endTime", Tree::Real(-1.0)), number])
    };
    let point = |seconds: f64| cue(0, seconds);
    let stamp = Tree::object("ADCAudioAlignmentFingerprint", vec![("data", Tree::Data(vec![0x78, 0x9C, 3]))]);
    let mut more = vec![
        ("userChangedCloudKeys", Tree::Array(vec![Tree::text("playCount"), Tree::text("titleIDs")])),
        ("automixStartPoint", point(track.seconds / 4.0)),
        ("timestampIdentifier", stamp),
        // djay writes this field twice. The shared values are numbered: 0 root, 1 titleIDs, 2 title, 3 keys, 4 point, 5
        // stamp.
        ("timestampIdentifier", Tree::Again(5)),
        ("automixEndPoint", point(track.seconds * 0.75)),
        ("endPoint", point(track.seconds * 0.875)),
        // djay counts from 0. The position -1 is invalid.
        ("cuePoints", Tree::Array(vec![cue(0, track.seconds / 8.0), cue(1, -1.0), cue(3, track.seconds / 2.0)])),
    ];
    if let Some(count) = track.play_count {
        more.push(("playCount", Tree::Integer(count)));
    }
    if let Some(bpm) = track.manual_bpm {
        more.push(("manualBPM", Tree::Real(bpm)));
    }
    Some(of_track("ADCMediaItemUserData", track, more))
}

pub(super) fn session(session: &Session, plays: &[&Play]) -> Tree {
    let items = plays.iter().map(|play| Tree::text(&play.id)).collect();
    let fields = vec![
        ("uuid", Tree::text(&session.id)),
        ("deviceName", Tree::text(&session.device_name)),
        ("deviceType", Tree::text(&session.device_type)),
        ("startDate", Tree::Date(session.started)),
        ("endDate", Tree::Date(session.ended)),
        ("itemUUIDs", Tree::Array(items)),
    ];
    Tree::object("ADCHistorySession", fields)
}

pub(super) fn play(play: &Play, session: &Session, track: &Track) -> Tree {
    let fields = vec![
        ("uuid", Tree::text(&play.id)),
        ("sessionUUID", Tree::text(&session.id)),
        ("titleID", title_id(track)),
        ("deckNumber", Tree::Integer(play.deck)),
        ("startTime", Tree::Date(play.started)),
        ("originSourceID", Tree::text(play.origin)),
    ];
    Tree::object("ADCHistorySessionItem", fields)
}

pub(super) fn playlist(playlist: &Playlist) -> Tree {
    let fields =
        vec![("uuid", Tree::text(&playlist.id)), ("name", Tree::text(&playlist.name)), ("type", Tree::Integer(0))];
    Tree::object("ADCMediaItemPlaylist", fields)
}

pub(super) fn playlist_item(id: &str, playlist: &Playlist, track: &Track) -> Tree {
    let fields = vec![
        ("uuid", Tree::text(id)),
        ("playlistUUID", Tree::text(&playlist.id)),
        ("mediaItemUUID", Tree::text(&track.id)),
    ];
    Tree::object("ADCMediaItemPlaylistItem", fields)
}
