//! A playlist as M3U8. A track with a file is the path of the file. A track without a file is a comment with the URI, which
//! players ignore.

use std::fmt::Write as _;

use crate::model::{Entry, Playlist};

/// Writes the file.
#[must_use]
pub fn write(playlist: &Playlist) -> String {
    let mut out = String::from("#EXTM3U\n");
    let _ = writeln!(out, "#PLAYLIST:{}", line(&playlist.name));
    if let Some(description) = &playlist.description {
        let _ = writeln!(out, "# {}", line(description));
    }
    playlist.entries.iter().for_each(|entry| write_entry(&mut out, entry));
    out
}

fn write_entry(out: &mut String, entry: &Entry) {
    let named = line(&entry.named());
    let Some(path) = path(entry) else {
        let uri = entry.uri.as_ref().map(|uri| line(&uri.text())).unwrap_or_default();
        let _ = writeln!(out, "# {uri} {named}");
        return;
    };
    // -1 means an unknown length.
    let seconds = entry.duration_ms.map_or(-1, |ms| (ms + 500) / 1_000);
    let hidden = if path.starts_with('#') { "./" } else { "" };
    let _ = writeln!(out, "#EXTINF:{seconds},{named}\n{hidden}{path}");
}

/// The first path or address of an entry that M3U8 can contain, because it has no line break.
pub(super) fn path(entry: &Entry) -> Option<&str> {
    entry.files.iter().map(|file| file.path.as_str()).find(|path| !path.contains(char::is_control))
}

fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::File;
    use crate::uri::Uri;

    #[test]
    fn a_track_on_disk_is_a_path_and_any_other_a_comment() {
        let file = |path: &str| File { path: path.to_owned(), ..File::default() };
        let entry = |files: Vec<File>| Entry {
            uri: Uri::parse("4uLU6hMCjMI75M1A2tKUQC"),
            title: "Night\nBus".to_owned(),
            artists: vec!["Ida Lund".to_owned()],
            duration_ms: Some(200_600),
            files,
            ..Entry::default()
        };
        let mut nothing = entry(vec![file("#1.mp3")]);
        (nothing.duration_ms, nothing.artists) = (None, Vec::new());
        let playlist = Playlist {
            name: "Late\rNight".to_owned(),
            description: Some("a\nb".to_owned()),
            entries: vec![entry(vec![file("/a\n.mp3"), file("/music/é.mp3")]), entry(Vec::new()), nothing],
            ..Playlist::default()
        };
        assert_eq!(
            write(&playlist),
            "#EXTM3U\n#PLAYLIST:Late Night\n# a b\n#EXTINF:201,Ida Lund - Night Bus\n/music/é.mp3\n\
             # spotify:track:4uLU6hMCjMI75M1A2tKUQC Ida Lund - Night Bus\n#EXTINF:-1,Night Bus\n./#1.mp3\n"
        );
    }
}
