//! Converts djay's objects to records by the names of their fields. The id in an object is compared with the key of its row.

use std::collections::BTreeMap;

use baton_plugin_kit::time;

use super::model::{Playlist, Session, Track, milliseconds};
use super::source::source;
use crate::tsaf::{Document, Mismatch, Object};

/// Maximum number of locations of a track. Most tracks have one or two.
const MOST_SOURCES: usize = 64;

/// Maximum number of cue points; djay shows eight.
const MOST_CUES: usize = 64;

/// The data of an `ADCMediaItemTitleID`.
#[derive(Debug, Default)]
pub(super) struct Title {
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) artist: Option<String>,
    pub(super) seconds: Option<f64>,
    pub(super) isrc: Option<String>,
}

fn owned(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A time in milliseconds since 1970; `None` for an invalid date and outside the years 1 to 9999.
fn time_of(object: &Object<'_, '_>, key: &str) -> Result<Option<i64>, Mismatch> {
    let Some(seconds) = object.date(key)? else { return Ok(None) };
    let wanted = "date of the years 1 to 9999";
    time::from_apple(seconds).map(Some).ok_or_else(|| Mismatch { key: key.to_owned(), wanted })
}

impl Title {
    pub(super) fn from_object(object: &Object<'_, '_>) -> Result<Self, Mismatch> {
        Ok(Self {
            id: owned(object.text("uuid")?),
            title: owned(object.text("title")?),
            artist: owned(object.text("artist")?),
            seconds: object.number("duration")?.filter(|seconds| *seconds >= 0.0),
            isrc: owned(object.text("isrc")?),
        })
    }

    /// Fills the missing fields of a track.
    fn add_to(self, track: &mut Track) {
        if track.title.is_empty() {
            track.title = self.title.unwrap_or_default();
        }
        track.artist = track.artist.take().or(self.artist);
        track.seconds = track.seconds.or(self.seconds);
        track.isrc = track.isrc.take().or(self.isrc);
    }
}

/// A row of `mediaItemTitleIDs`.
pub(super) fn title(document: &Document<'_>, track: &mut Track) -> Result<Option<String>, Mismatch> {
    let title = Title::from_object(&document.object("ADCMediaItemTitleID")?)?;
    let id = title.id.clone();
    // The track's own row has precedence over copies of its title in other rows.
    let other = Title {
        id: None,
        title: owned(Some(&track.title)),
        artist: track.artist.take(),
        seconds: track.seconds.take(),
        isrc: track.isrc.take(),
    };
    track.title.clear();
    title.add_to(track);
    other.add_to(track);
    Ok(id)
}

/// A row of either collection of locations; `odd` becomes the number of skipped addresses.
pub(super) fn location(
    document: &Document<'_>,
    track: &mut Track,
    odd: &mut usize,
) -> Result<Option<String>, Mismatch> {
    let object = document.object("ADCMediaItemLocation")?;
    let id = owned(object.text("uuid")?);
    let (addresses, left_out) = object.addresses("sourceURIs")?;
    *odd = left_out;
    if addresses.len() + left_out > MOST_SOURCES {
        return Err(Mismatch { key: "sourceURIs".to_owned(), wanted: "array of at most 64 addresses" });
    }
    // A location can also have the titles of other tracks, and these can come first.
    let titles = object.objects("titleIDs")?;
    let own = titles.iter().find(|title| title.text("uuid").is_ok_and(|uuid| uuid == Some(&track.id)));
    if let Some(own) = own {
        Title::from_object(own)?.add_to(track);
    }
    for source in addresses.iter().map(|address| source(address)) {
        if !track.sources.contains(&source) {
            track.sources.push(source);
        }
    }
    Ok(id)
}

/// A row of `mediaItemAnalyzedData`.
pub(super) fn analysed(document: &Document<'_>, track: &mut Track) -> Result<Option<String>, Mismatch> {
    let object = document.object("ADCMediaItemAnalyzedData")?;
    let (bpm, manual) = (object.number("bpm")?, object.number("manualBPM")?);
    let key = object.integer("keySignatureIndex")?;
    (track.detected_bpm, track.analysed_manual_bpm, track.key_index) = (bpm, manual, key);
    Ok(owned(object.text("uuid")?))
}

/// A row of `mediaItemUserData`.
pub(super) fn user_data(document: &Document<'_>, track: &mut Track) -> Result<Option<String>, Mismatch> {
    let object = document.object("ADCMediaItemUserData")?;
    let (count, bpm) = (object.integer("playCount")?, object.number("manualBPM")?);
    (track.play_count, track.manual_bpm) = (count, bpm);
    track.cues = cues(&object);
    Ok(owned(object.text("uuid")?))
}

/// The cue points that the user set. Invalid cue points are skipped.
fn cues(object: &Object<'_, '_>) -> BTreeMap<String, i64> {
    let at = |point: &Object<'_, '_>| point.number("time").ok().flatten().and_then(milliseconds);
    let named = [("automixStartPoint", "automix_start"), ("automixEndPoint", "automix_end"), ("endPoint", "end")];
    let named = named.into_iter().filter_map(|(key, name)| Some((name.to_owned(), at(&object.object(key).ok()??)?)));
    let list = object.objects("cuePoints").unwrap_or_default();
    let numbered = list.iter().take(MOST_CUES).filter_map(|point| {
        let number = point.integer("number").ok()??.checked_add(1).filter(|number| *number > 0)?;
        Some((format!("cue_{number}"), at(point)?))
    });
    named.chain(numbered).collect()
}

/// A row of `historySessions`.
pub(super) fn session(document: &Document<'_>, key: &str) -> Result<(Option<String>, Session), Mismatch> {
    let object = document.object("ADCHistorySession")?;
    let session = Session {
        id: key.to_owned(),
        device_name: owned(object.text("deviceName")?),
        device_type: object.word("deviceType")?,
        started: time_of(&object, "startDate")?,
        ended: time_of(&object, "endDate")?,
    };
    Ok((owned(object.text("uuid")?), session))
}

/// A row of `historySessionItems`.
pub(super) fn play(document: &Document<'_>, key: &str) -> Result<(Option<String>, super::Play), Mismatch> {
    let object = document.object("ADCHistorySessionItem")?;
    let title = object.object("titleID")?.map(|title| Title::from_object(&title)).transpose()?.unwrap_or_default();
    let duration_ms = Track { seconds: title.seconds, ..Track::default() }.duration_ms();
    let play = super::Play {
        id: key.to_owned(),
        session_id: owned(object.text("sessionUUID")?),
        track_id: title.id,
        title: title.title,
        artist: title.artist,
        duration_ms,
        deck: object.integer("deckNumber")?,
        started: time_of(&object, "startTime")?,
        origin: owned(object.text("originSourceID")?),
        ..super::Play::default()
    };
    Ok((owned(object.text("uuid")?), play))
}

/// A row of `mediaItemPlaylists`.
pub(super) fn playlist(document: &Document<'_>, key: &str) -> Result<(Option<String>, Playlist), Mismatch> {
    let object = document.object("ADCMediaItemPlaylist")?;
    let name = owned(object.text("name")?).unwrap_or_default();
    Ok((owned(object.text("uuid")?), Playlist { id: key.to_owned(), name, ..Playlist::default() }))
}

/// A row of `mediaItemPlaylistItems`: the id of its track.
pub(super) fn playlist_item(document: &Document<'_>) -> Result<(Option<String>, Option<String>), Mismatch> {
    let object = document.object("ADCMediaItemPlaylistItem")?;
    Ok((owned(object.text("uuid")?), owned(object.text("mediaItemUUID")?)))
}

#[cfg(test)]
mod tests {
    use baton_tests::djay_library::Style;
    use baton_tests::djay_library::tsaf::{Tree, encode};

    use super::*;
    use crate::tsaf::decode;

    fn title_of(uuid: &str, fields: Vec<(&'static str, Tree)>) -> Tree {
        Tree::object("ADCMediaItemTitleID", [vec![("uuid", Tree::text(uuid))], fields].concat())
    }

    fn location_of(titles: Vec<Tree>, addresses: Vec<Tree>) -> Vec<u8> {
        let fields = vec![("titleIDs", Tree::Array(titles)), ("sourceURIs", Tree::Array(addresses))];
        encode(&Tree::object("ADCMediaItemLocation", fields), Style::Mac)
    }

    #[test]
    fn rows_of_a_track_complete_each_other_in_either_order() {
        let own = encode(&title_of("A", vec![("artist", Tree::text("Own")), ("isrc", Tree::text("I"))]), Style::Mac);
        let other = title_of("B", vec![("title", Tree::text("Another track"))]);
        let repeated = title_of(
            "A",
            vec![("title", Tree::text("T")), ("artist", Tree::text("Repeated")), ("duration", Tree::Real(2.0))],
        );
        let place = location_of(vec![other, repeated], Vec::new());
        for own_first in [true, false] {
            let mut track = Track { id: "A".to_owned(), ..Track::default() };
            if own_first {
                title(&decode(&own).unwrap(), &mut track).unwrap();
            }
            location(&decode(&place).unwrap(), &mut track, &mut 0).unwrap();
            if !own_first {
                title(&decode(&own).unwrap(), &mut track).unwrap();
            }
            assert_eq!((track.title.as_str(), track.artist.as_deref()), ("T", Some("Own")));
            assert_eq!((track.seconds, track.isrc.as_deref()), (Some(2.0), Some("I")));
        }
    }

    #[test]
    fn too_long_texts_and_lists_of_addresses_make_their_object_unreadable() {
        let of = |text: String| encode(&title_of("A", vec![("title", Tree::Text(text))]), Style::Mac);
        let read = |blob: Vec<u8>| title(&decode(&blob).unwrap(), &mut Track::default());
        assert!(read(of("x".repeat(4_096))).is_ok());
        assert!(read(of("x".repeat(4_097))).unwrap_err().to_string().contains("4096 bytes"));
        let place = |addresses| {
            let blob = location_of(Vec::new(), addresses);
            location(&decode(&blob).unwrap(), &mut Track::default(), &mut 0).map_err(|mismatch| mismatch.to_string())
        };
        let address = Tree::Url("spotify:track:1".to_owned(), None);
        assert!(place(vec![address.clone(); 64]).is_ok());
        assert!(place(vec![address; 65]).unwrap_err().contains("at most 64"));
    }

    #[test]
    fn an_invalid_address_is_left_out_and_the_others_of_its_location_are_kept() {
        let url = |text: &str, base: Option<Tree>| Tree::Url(text.to_owned(), base.map(Box::new));
        let folder = || Some(url("file:///Users/dj/Music/?a", None));
        let addresses = vec![
            url("A%20B/c.mp3", folder()),
            url("/d.mp3", folder()),
            url("spotify:track:1", folder()),
            url("../e.mp3", folder()),
            url("f.mp3", Some(url("spotify:track:2", None))),
            Tree::Nil,
            url(&"x".repeat(4_097), None),
            url("g.mp3", Some(url("deep/", folder()))),
        ];
        let (mut track, mut odd) = (Track::default(), 0);
        location(&decode(&location_of(Vec::new(), addresses)).unwrap(), &mut track, &mut odd).unwrap();
        let found: Vec<_> = track.sources.iter().map(|source| source.uri.as_str()).collect();
        let wanted = ["file:///Users/dj/Music/A%20B/c.mp3", "file:///d.mp3", "spotify:track:1"];
        assert_eq!((&found[..3], &found[3..], odd), (&wanted[..], &["file:///Users/dj/Music/deep/g.mp3"][..], 4));
    }

    #[test]
    fn an_invalid_date_makes_its_object_unreadable_and_an_absent_one_does_not() {
        let of = |fields| encode(&Tree::object("ADCHistorySession", fields), Style::Mac);
        for (seconds, good) in [(0.0, true), (f64::NAN, false), (1e300, false), (-1e12, false)] {
            let blob = of(vec![("startDate", Tree::Date(seconds)), ("deviceType", Tree::Integer(3))]);
            let read = session(&decode(&blob).unwrap(), "S");
            match read {
                Ok((_, session)) => {
                    assert!(good && session.started == Some(978_307_200_000) && session.ended.is_none());
                    assert_eq!(session.device_type.as_deref(), Some("3"));
                }
                Err(mismatch) => {
                    assert!(!good && mismatch.to_string().contains("`startDate` is not a date of the years"));
                }
            }
        }
    }

    #[test]
    fn a_date_may_be_written_as_a_number() {
        for seconds in [Tree::Integer(60), Tree::Real(60.0)] {
            let blob = encode(&Tree::object("ADCHistorySession", vec![("startDate", seconds)]), Style::Mac);
            let (_, session) = session(&decode(&blob).unwrap(), "S").unwrap();
            assert_eq!(session.started, Some(978_307_260_000));
        }
    }
}
