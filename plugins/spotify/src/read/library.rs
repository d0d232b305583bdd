//! `YourLibrary.json` of the privacy export: the liked songs, without order and dates. Its albums, shows, followed artists and banned items are
//! not read.

use baton_plugin_kit::Findings;
use baton_plugin_kit::playlist_names::LIKED;
use baton_plugin_sdk::Severity;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::find_exports::FoundFile;
use super::json::{EachObject, with};
use super::lenient_fields::Text;
use crate::model::{Entry, Playlist, SERVICE_PRIVACY};
use crate::uri::Uri;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LikedTracks {
    artist: Text,
    album: Text,
    track: Text,
    uri: Text,
}

pub(super) fn read(found: &FoundFile, findings: &mut Findings) -> Result<Playlist, String> {
    let (mut entries, mut odd) = (Vec::new(), 0);
    let mut each = |liked: Option<LikedTracks>| match liked {
        Some(liked) => entries.push(entry(liked)),
        None => odd += 1,
    };
    with(found, Tracks(&mut each))?;
    if odd > 0 {
        let title = format!("{}: {odd} entries are not tracks and were left out", found.shown);
        findings.add("entry", &found.shown, Severity::Low, title, "");
    }
    Ok(Playlist {
        service: SERVICE_PRIVACY.to_owned(),
        id: LIKED.to_owned(),
        name: "Liked Songs".to_owned(),
        description: None,
        entries,
        complete: true,
        file: found.shown.clone(),
        section: None,
    })
}

fn entry(liked: LikedTracks) -> Entry {
    Entry {
        uri: liked.uri.some().and_then(|uri| Uri::parse(&uri)),
        title: liked.track.or_empty(),
        artists: liked.artist.some().into_iter().collect(),
        album: liked.album.some(),
        ..Entry::default()
    }
}

/// The member `tracks` of the file.
struct Tracks<'a>(&'a mut dyn FnMut(Option<LikedTracks>));

impl<'de> DeserializeSeed<'de> for Tracks<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Tracks<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object with a list `tracks`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "tracks" && !seen {
                seen = true;
                map.next_value_seed(EachObject::new(&mut *self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if seen { Ok(()) } else { Err(serde::de::Error::missing_field("tracks")) }
    }
}
