//! `Playlist1.json`, `Playlist2.json`, … of the privacy export: playlists with their entries. An entry may be a track, an episode, a chapter of
//! an audiobook, a local file, or deleted; each keeps its place.

use baton_plugin_kit::playlist_names::{LIKED, one_line, playlist_id};
use baton_plugin_kit::{Findings, time};
use baton_plugin_sdk::Severity;
use quick_xml::escape::unescape;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::bounds::{MOST_ROWS, text};
use super::find_exports::FoundFile;
use super::json::{EachObject, with};
use super::lenient_fields::{LenientList, Object, Text};
use crate::model::{Entry, Playlist, SERVICE_PRIVACY};
use crate::uri::Uri;

/// The maximum number of entries of one playlist. Spotify's own limit is 10,000.
const MOST_ITEMS: usize = 20_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListedPlaylist {
    name: Text,
    description: Text,
    items: Items,
}

/// The entries of one playlist, in order, and the number of entries that were left out.
#[derive(Debug, Default)]
struct Items(Vec<Entry>, usize);

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Item {
    track: Object<Track>,
    episode: Object<Episode>,
    audiobook: Object<Audiobook>,
    local_track: Object<Local>,
    added_date: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Track {
    track_name: Text,
    artist_name: Text,
    album_name: Text,
    track_uri: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Episode {
    episode_name: Text,
    show_name: Text,
    episode_uri: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Audiobook {
    audiobook_name: Text,
    author_name: Text,
    audiobook_uri: Text,
    chapter_uri: Text,
    uri: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Local {
    uri: Text,
}

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut items = Self::default();
        let mut each = |item: Option<Item>| {
            if items.0.len() < MOST_ITEMS {
                items.0.push(item.map(entry).unwrap_or_default());
            } else {
                items.1 += 1;
            }
        };
        LenientList(EachObject::new(&mut each)).deserialize(from)?;
        Ok(items)
    }
}

pub(super) fn read(found: &FoundFile, findings: &mut Findings) -> Result<Vec<Playlist>, String> {
    let (mut playlists, mut odd, mut rows) = (Vec::new(), 0_usize, 0_usize);
    let mut cut = 0_usize;
    let mut each = |listed: Option<ListedPlaylist>| {
        let Some(listed) = listed else {
            odd += 1;
            return;
        };
        rows = rows.saturating_add(listed.items.0.len());
        if rows <= MOST_ROWS {
            let complete = listed.items.1 == 0;
            playlists.push(playlist(listed, &found.shown, complete));
            cut += usize::from(!complete);
        }
    };
    with(found, Playlists(&mut each))?;
    if rows > MOST_ROWS {
        return Err(format!("it has more than {MOST_ROWS} entries"));
    }
    if odd + cut > 0 {
        let title = format!(
            "{}: {odd} items are not playlists, and {} playlists are longer than {MOST_ITEMS}",
            found.shown, cut
        );
        findings.add("entry", &found.shown, Severity::Low, title, "");
    }
    Ok(playlists)
}

fn playlist(listed: ListedPlaylist, file: &str, complete: bool) -> Playlist {
    let name = html(&listed.name.or_empty());
    Playlist {
        service: SERVICE_PRIVACY.to_owned(),
        id: own_playlist_id(&name),
        name: one_line(&name),
        description: listed.description.some().map(|description| html(&description)),
        entries: listed.items.0,
        complete,
        file: file.to_owned(),
        section: None,
    }
}

/// The id of a playlist that a person made. It is never the id of the liked songs, whatever the name of the playlist is.
fn own_playlist_id(name: &str) -> String {
    let id = playlist_id(name);
    if id == LIKED { format!("{LIKED}#playlist") } else { id }
}

/// Decodes the entities of HTML text.
pub(crate) fn html(escaped: &str) -> String {
    let unescaped = unescape(escaped).map(std::borrow::Cow::into_owned);
    text(&unescaped.unwrap_or_else(|_| escaped.to_owned()))
}

fn entry(item: Item) -> Entry {
    let added_at = item.added_date.some().and_then(|date| time::parse(&date));
    let parse = |uri: Text| uri.some().and_then(|uri| Uri::parse(&uri));
    if let Some(track) = item.track.0 {
        let artists = track.artist_name.some().into_iter().collect();
        let (title, album) = (track.track_name.or_empty(), track.album_name.some());
        return Entry { uri: parse(track.track_uri), title, artists, album, added_at, ..Entry::default() };
    }
    if let Some(local) = item.local_track.0 {
        let uri = parse(local.uri);
        let (artists, album, title) = uri.as_ref().map(local_names).unwrap_or_default();
        return Entry { uri, title, artists, album, added_at, ..Entry::default() };
    }
    if let Some(episode) = item.episode.0 {
        let artists = episode.show_name.some().into_iter().collect();
        let title = episode.episode_name.or_empty();
        return Entry { uri: parse(episode.episode_uri), title, artists, added_at, ..Entry::default() };
    }
    let Some(book) = item.audiobook.0 else {
        return Entry { added_at, ..Entry::default() };
    };
    let artists = book.author_name.some().into_iter().collect();
    let uri = [book.chapter_uri, book.audiobook_uri, book.uri].into_iter().find_map(parse);
    Entry { uri, title: book.audiobook_name.or_empty(), artists, added_at, ..Entry::default() }
}

/// Artist, album and title of `spotify:local:Artist:Album:Title:221`.
fn local_names(uri: &Uri) -> (Vec<String>, Option<String>, String) {
    let Uri::Local(uri) = uri else {
        return (Vec::new(), None, String::new());
    };
    let mut parts = uri.split(':').skip(2).map(|part| {
        let spaced = part.replace('+', " ");
        text(&percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy())
    });
    let mut next = || parts.next().filter(|part| !part.is_empty());
    let (artist, album, title) = (next(), next(), next());
    (artist.into_iter().collect(), album, title.unwrap_or_default())
}

/// The member `playlists` of the file.
struct Playlists<'a>(&'a mut dyn FnMut(Option<ListedPlaylist>));

impl<'de> DeserializeSeed<'de> for Playlists<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Playlists<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object with a list `playlists`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "playlists" && !seen {
                seen = true;
                map.next_value_seed(EachObject::new(&mut *self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if seen { Ok(()) } else { Err(serde::de::Error::missing_field("playlists")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded_and_other_text_stays() {
        assert_eq!(html("Rock &amp; Roll &#x27;n&#39; &lt;b&gt; &#x2F;"), "Rock & Roll 'n' <b> /");
        assert_eq!(html("AT&T &nbsp; &"), "AT&T &nbsp; &");
    }

    #[test]
    fn the_names_of_a_local_file_are_in_its_uri() {
        let uri = Uri::parse("spotify:local:Ida+Lund::Caf%C3%A9+Song%3A+One:221").unwrap();
        assert_eq!(local_names(&uri), (vec!["Ida Lund".to_owned()], None, "Café Song: One".to_owned()));
    }
}
