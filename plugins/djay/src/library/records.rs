//! djay's objects as records: the fields by their names. What an object says of its own id is held against the row's key.

use baton_plugin_kit::moment;

use super::model::{Playlist, Session, Track};
use super::source::source;
use crate::tsaf::{Document, Mismatch, Object};

/// What an `ADCMediaItemTitleID` says.
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

/// A moment in milliseconds since 1970. A date that is none, or lies outside the years 1 to 9999, is no date.
fn moment_of(object: &Object<'_, '_>, key: &str) -> Result<Option<i64>, Mismatch> {
    let Some(seconds) = object.date(key)? else { return Ok(None) };
    let wanted = "date of the years 1 to 9999";
    moment::of_apple(seconds).map(Some).ok_or_else(|| Mismatch { key: key.to_owned(), wanted })
}

impl Title {
    pub(super) fn of(object: &Object<'_, '_>) -> Result<Self, Mismatch> {
        Ok(Self {
            id: owned(object.text("uuid")?),
            title: owned(object.text("title")?),
            artist: owned(object.text("artist")?),
            seconds: object.number("duration")?.filter(|seconds| *seconds >= 0.0),
            isrc: owned(object.text("isrc")?),
        })
    }

    /// Says of a track what is not said of it yet.
    pub(super) fn add_to(self, track: &mut Track) {
        if track.title.is_empty() {
            track.title = self.title.unwrap_or_default();
            track.artist = self.artist;
            track.seconds = self.seconds;
            track.isrc = self.isrc;
        }
    }
}

/// A row of `mediaItemTitleIDs`.
pub(super) fn title(document: &Document<'_>, track: &mut Track) -> Result<Option<String>, Mismatch> {
    let title = Title::of(&document.object("ADCMediaItemTitleID")?)?;
    let id = title.id.clone();
    // The track's own row counts before what other rows repeat.
    track.title.clear();
    title.add_to(track);
    Ok(id)
}

/// A row of either collection of locations.
pub(super) fn location(document: &Document<'_>, track: &mut Track) -> Result<Option<String>, Mismatch> {
    let object = document.object("ADCMediaItemLocation")?;
    let id = owned(object.text("uuid")?);
    let sources: Vec<_> = object.addresses("sourceURIs")?.into_iter().map(source).collect();
    let titles = object.objects("titleIDs")?;
    if track.title.is_empty()
        && let Some(first) = titles.first()
    {
        Title::of(first)?.add_to(track);
    }
    for source in sources {
        if !track.sources.contains(&source) {
            track.sources.push(source);
        }
    }
    Ok(id)
}

/// A row of `mediaItemAnalyzedData`.
pub(super) fn analysed(document: &Document<'_>, track: &mut Track) -> Result<Option<String>, Mismatch> {
    let object = document.object("ADCMediaItemAnalyzedData")?;
    let (bpm, key) = (object.number("bpm")?, object.integer("keySignatureIndex")?);
    (track.heard_bpm, track.key_index) = (bpm, key);
    Ok(owned(object.text("uuid")?))
}

/// A row of `mediaItemUserData`.
pub(super) fn user_data(document: &Document<'_>, track: &mut Track) -> Result<Option<String>, Mismatch> {
    let object = document.object("ADCMediaItemUserData")?;
    let (count, bpm) = (object.integer("playCount")?, object.number("manualBPM")?);
    (track.play_count, track.manual_bpm) = (count, bpm);
    Ok(owned(object.text("uuid")?))
}

/// A row of `historySessions`.
pub(super) fn session(document: &Document<'_>, key: &str) -> Result<(Option<String>, Session), Mismatch> {
    let object = document.object("ADCHistorySession")?;
    let session = Session {
        id: key.to_owned(),
        device_name: owned(object.text("deviceName")?),
        device_type: object.word("deviceType")?,
        started: moment_of(&object, "startDate")?,
        ended: moment_of(&object, "endDate")?,
    };
    Ok((owned(object.text("uuid")?), session))
}

/// A row of `historySessionItems`.
pub(super) fn play(document: &Document<'_>, key: &str) -> Result<(Option<String>, super::Play), Mismatch> {
    let object = document.object("ADCHistorySessionItem")?;
    let title = object.object("titleID")?.map(|title| Title::of(&title)).transpose()?.unwrap_or_default();
    let duration_ms = Track { seconds: title.seconds, ..Track::default() }.duration_ms();
    let play = super::Play {
        id: key.to_owned(),
        session_id: owned(object.text("sessionUUID")?),
        track_id: title.id,
        title: title.title,
        artist: title.artist,
        duration_ms,
        deck: object.integer("deckNumber")?,
        started: moment_of(&object, "startTime")?,
        origin: owned(object.text("originSourceID")?),
        ..super::Play::default()
    };
    Ok((owned(object.text("uuid")?), play))
}

/// A row of `mediaItemPlaylists`.
pub(super) fn playlist(document: &Document<'_>, key: &str) -> Result<(Option<String>, Playlist), Mismatch> {
    let object = document.object("ADCMediaItemPlaylist")?;
    let name = owned(object.text("name")?).unwrap_or_default();
    Ok((owned(object.text("uuid")?), Playlist { id: key.to_owned(), name, items: Vec::new() }))
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

    #[test]
    fn a_date_outside_all_calendars_fails_its_object_and_an_absent_one_does_not() {
        let of = |fields| encode(&Tree::object("ADCHistorySession", fields), Style::Mac);
        for (seconds, good) in [(0.0, true), (f64::NAN, false), (1e300, false), (-1e12, false)] {
            let blob = of(vec![("startDate", Tree::Date(seconds)), ("deviceType", Tree::Integer(3))]);
            let read = session(&decode(&blob).unwrap(), "S");
            match read {
                Ok((_, session)) => {
                    assert!(good && session.started == Some(978_307_200_000) && session.ended.is_none());
                    assert_eq!(session.device_type.as_deref(), Some("3"));
                }
                Err(mismatch) => assert!(!good && mismatch.to_string().contains("`startDate` is no date of the years")),
            }
        }
    }
}
