//! Playlists as rekordbox XML (`DJ_PLAYLISTS` 1.0.0), which rekordbox and most DJ programs import: the collection with the path of each track,
//! and a node for each playlist. Tracks without a file on disk are left out; cues and grids are not written.

use std::collections::HashMap;

use baton_plugin_kit::playlist_names::one_line;
use baton_plugin_kit::time;
use baton_plugin_sdk::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};

use crate::model::{Entry, Playlist};

/// Characters that are not encoded in a path: the unreserved characters of RFC 3986, and separators.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':');

/// Writes the file.
///
/// # Errors
/// Never: it writes to memory.
pub fn to_xml(playlists: &[Playlist]) -> Result<Vec<u8>, Error> {
    let mut collection = Collection::default();
    let nodes: Vec<(&str, Vec<usize>)> = playlists
        .iter()
        .map(|playlist| {
            let keys = playlist.entries.iter().filter_map(|entry| collection.key(entry)).collect();
            (playlist.name.as_str(), keys)
        })
        .collect();
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    let written = write(&mut xml, &collection, &nodes);
    written.map_err(|error| Error::Permanent(format!("the XML cannot be written: {error}")))?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

/// Tracks with a file, each once.
#[derive(Debug, Default)]
struct Collection<'a> {
    keys: HashMap<String, usize>,
    tracks: Vec<(String, &'a Entry)>,
}

impl<'a> Collection<'a> {
    /// The number of the track, counted from 1; `None` if it has no file on disk.
    fn key(&mut self, entry: &'a Entry) -> Option<usize> {
        let location = entry.files.iter().find_map(|file| location(&file.path))?;
        let next = self.tracks.len() + 1;
        let key = *self.keys.entry(location.clone()).or_insert(next);
        if key == next {
            self.tracks.push((location, entry));
        }
        Some(key)
    }
}

/// True if an entry has a file whose path the XML can contain.
pub(super) fn has_location(entry: &Entry) -> bool {
    entry.files.iter().any(|file| location(&file.path).is_some())
}

/// The address of a path such as `/a b.mp3` or `C:\a b.mp3`; `None` for a stream or a relative path. A path that is not UTF-8 is a `file`
/// URL in the catalog, whose escapes are kept.
#[must_use]
pub fn location(path: &str) -> Option<String> {
    if let Some(escaped) = path.strip_prefix("file://").filter(|escaped| escaped.starts_with('/')) {
        return Some(format!("file://localhost{escaped}"));
    }
    let bytes = path.as_bytes();
    let windows = matches!(bytes, [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic());
    let slashed = if windows { format!("/{}", path.replace('\\', "/")) } else { path.to_owned() };
    let plain = slashed.starts_with('/') && !slashed.contains('\0');
    plain.then(|| format!("file://localhost{}", utf8_percent_encode(&slashed, PATH)))
}

type Xml = Writer<Vec<u8>>;

fn write(xml: &mut Xml, collection: &Collection<'_>, nodes: &[(&str, Vec<usize>)]) -> std::io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    open(xml, "DJ_PLAYLISTS", &[("Version", "1.0.0".to_owned())])?;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    empty(xml, "PRODUCT", &[("Name", "baton".to_owned()), ("Version", version), ("Company", String::new())])?;
    open(xml, "COLLECTION", &[("Entries", collection.tracks.len().to_string())])?;
    for (number, (location, entry)) in (1..).zip(&collection.tracks) {
        empty(xml, "TRACK", &track(number, location, entry))?;
    }
    close(xml, "COLLECTION")?;
    open(xml, "PLAYLISTS", &[])?;
    let root = [("Type", "0".to_owned()), ("Name", "ROOT".to_owned()), ("Count", nodes.len().to_string())];
    open(xml, "NODE", &root)?;
    for (name, keys) in nodes {
        node(xml, name, keys)?;
    }
    close(xml, "NODE")?;
    close(xml, "PLAYLISTS")?;
    close(xml, "DJ_PLAYLISTS")
}

fn node(xml: &mut Xml, name: &str, keys: &[usize]) -> std::io::Result<()> {
    let attributes = [
        ("Name", one_line(name)),
        ("Type", "1".to_owned()),
        ("KeyType", "0".to_owned()),
        ("Entries", keys.len().to_string()),
    ];
    open(xml, "NODE", &attributes)?;
    for key in keys {
        empty(xml, "TRACK", &[("Key", key.to_string())])?;
    }
    close(xml, "NODE")
}

fn track(number: usize, location: &str, entry: &Entry) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let file = entry.files.iter().find(|file| self::location(&file.path).is_some());
    let size = file.and_then(|file| file.size);
    let year: String = entry.released.iter().flat_map(|date| date.chars().take(4)).collect();
    let added = entry.added_at.and_then(time::text).map(|at| at.chars().take(10).collect::<String>());
    let tempo = entry.number("tempo").filter(|tempo| *tempo > 0.0);
    let attributes = [
        ("TrackID", Some(number.to_string())),
        ("Name", Some(entry.title.clone())),
        ("Artist", Some(entry.credit())),
        ("Composer", Some(String::new())),
        ("Album", Some(text(&entry.album))),
        ("Genre", Some(text(&entry.genres))),
        ("Kind", file.and_then(|file| kind(&file.path))),
        ("Size", size.map(|size| size.to_string())),
        ("TotalTime", entry.duration_ms.map(|ms| ((ms + 500) / 1_000).to_string())),
        ("Year", Some(year).filter(|year| !year.is_empty())),
        ("AverageBpm", tempo.map(|tempo| format!("{tempo:.2}"))),
        ("DateAdded", added),
        ("Tonality", key(entry)),
        ("Label", Some(text(&entry.label))),
        ("Location", Some(location.to_owned())),
    ];
    // Unknown numbers are left out, because a reader would treat 0 as the number 0.
    attributes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// rekordbox's name for the type of a file, by its ending: `MP3 File`, `WAV File`.
fn kind(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next()?;
    let (stem, ending) = name.rsplit_once('.')?;
    let plain = !stem.is_empty() && !ending.is_empty() && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| match ending.to_ascii_lowercase().as_str() {
        "aif" => "AIFF File".to_owned(),
        "wave" => "WAV File".to_owned(),
        "oga" => "OGG File".to_owned(),
        other => format!("{} File", other.to_ascii_uppercase()),
    })
}

fn key(entry: &Entry) -> Option<String> {
    let note = entry.number("key")?;
    let note = (0..12_u8).find(|known| (f64::from(*known) - note).abs() < 0.5)?;
    baton_plugin_kit::Key::new(note, entry.number("mode")? < 0.5).map(|key| key.to_string())
}

fn open(xml: &mut Xml, name: &str, attributes: &[(&str, String)]) -> std::io::Result<()> {
    xml.write_event(Event::Start(element(name, attributes)))
}

fn empty(xml: &mut Xml, name: &str, attributes: &[(&str, String)]) -> std::io::Result<()> {
    xml.write_event(Event::Empty(element(name, attributes)))
}

fn close(xml: &mut Xml, name: &str) -> std::io::Result<()> {
    xml.write_event(Event::End(BytesEnd::new(name)))
}

fn element<'a>(name: &'a str, attributes: &[(&str, String)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        // XML 1.0 cannot have control characters and these two noncharacters.
        let text: String = value.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
        start.push_attribute((*name, text.as_str()));
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_paths_become_addresses_and_other_texts_do_not() {
        for (path, expected) in [
            ("/music/AC-DC & Käse #1%.mp3", Some("file://localhost/music/AC-DC%20%26%20K%C3%A4se%20%231%25.mp3")),
            (r"C:\Music\a b.mp3", Some("file://localhost/C:/Music/a%20b.mp3")),
            ("file:///music/caf%E9/a%20b.mp3", Some("file://localhost/music/caf%E9/a%20b.mp3")),
            ("https://example.org/a.mp3", None),
            ("relative/a.mp3", None),
            ("", None),
        ] {
            assert_eq!(location(path).as_deref(), expected, "{path}");
        }
    }
}
