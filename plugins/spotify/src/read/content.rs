//! Reads one file of an export.

use std::collections::{HashMap, HashSet};

use baton_plugin_kit::Findings;
use baton_plugin_kit::csv_file::{CsvFile, read_file};
use baton_plugin_kit::playlist_names::{LIKED, one_line, playlist_id};
use baton_plugin_sdk::Severity;

use super::column::Column;
use super::dialect::{Columns, Dialect, Mapping};
use super::find_exports::{FoundFile, Kind};
use super::{history, library, playlists, rows};
use crate::model::{Play, Playlist, SERVICE_CSV};
use baton_plugin_kit::counted;

/// The content of a file.
#[derive(Debug)]
pub enum Content {
    /// Playlists and lists of liked songs.
    Playlists(Vec<Playlist>),
    /// Plays, in the order of the file.
    Plays(Vec<Play>),
}

/// Reads a file. Its errors become findings; `None` if it cannot be read at all.
pub fn read(found: &FoundFile, findings: &mut Findings) -> Option<Content> {
    let content = match found.kind {
        Kind::Csv => read_file(&found.path)
            .and_then(|bytes| read_csv(bytes, &found.stem(), &found.shown, &Mapping::default(), findings))
            .map(|csv| Content::Playlists(csv.playlists)),
        Kind::Library => library::read(found, findings).map(|playlist| Content::Playlists(vec![playlist])),
        Kind::Playlists => playlists::read(found, findings).map(Content::Playlists),
        Kind::History | Kind::LongHistory => history::read(found, findings).map(Content::Plays),
    };
    let wrong = |why: &String| {
        let title = format!("{} cannot be read: {}", found.shown, why);
        findings.add("file", &found.shown, Severity::Medium, title, "");
    };
    content.inspect_err(wrong).ok()
}

/// The content of a CSV file.
#[derive(Debug)]
pub struct Csv {
    /// The kind of export.
    pub dialect: Dialect,
    /// The playlist with the name of the file; several if the file has a column of playlists.
    pub playlists: Vec<Playlist>,
}

/// True if the file has a column of playlists.
#[must_use]
pub fn holds_playlists(bytes: Vec<u8>, mapping: &Mapping) -> bool {
    let columns = CsvFile::from_bytes(bytes).and_then(|sheet| Columns::sniff(sheet.header(), mapping));
    columns.is_ok_and(|columns| columns.place(Column::Playlist).is_some())
}

/// True if the columns of a CSV file are those that the operator's mapping names.
#[must_use]
pub fn is_mapped(bytes: &[u8], mapping: &Mapping) -> bool {
    let sniff = || CsvFile::from_bytes(bytes.to_vec()).and_then(|sheet| Columns::sniff(sheet.header(), mapping));
    !mapping.0.is_empty() && sniff().is_ok_and(|columns| columns.dialect == Dialect::Mapped)
}

/// Reads the bytes of a CSV file.
///
/// # Errors
/// When the file is not a known export and the mapping does not fit. The text of the error has the header.
pub fn read_csv(
    bytes: Vec<u8>,
    stem: &str,
    file: &str,
    mapping: &Mapping,
    findings: &mut Findings,
) -> Result<Csv, String> {
    let sheet = CsvFile::from_bytes(bytes)?;
    let columns = Columns::sniff(sheet.header(), mapping)?;
    if sheet.latin {
        let title = format!("{file} is not UTF-8 and was read as Windows-1252 (Latin-1 with ’ “ ” – €)");
        findings.add("latin", file, Severity::Info, title, "Such an export cannot have names in other alphabets.");
    }
    if sheet.spoilt > 0 {
        let title = format!("{file} has {} places with bytes that are not text; they became \u{fffd}", sheet.spoilt);
        findings.add("spoilt", file, Severity::Medium, title, "Export it again if the names in it matter.");
    }
    let mut read = rows::rows(&sheet, &columns, file, findings);
    if sheet.cut {
        let title = format!("{file} ends within a character");
        findings.add("unreadable", file, Severity::Medium, title, "");
        read.complete = false;
    }
    let mut playlists = Vec::new();
    if columns.place(Column::Playlist).is_none() {
        playlists.push(playlist(stem, None, file));
        read.lists.clear();
    }
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    for (row, entry) in read.entries.into_iter().enumerate() {
        let list = read.lists.get(row).filter(|list| !list.is_empty());
        let place = *places.entry(list.cloned()).or_insert_with(|| {
            if !read.lists.is_empty() {
                playlists.push(playlist(stem, list.cloned(), file));
            }
            playlists.len().saturating_sub(1)
        });
        if let Some(playlist) = playlists.get_mut(place) {
            playlist.entries.push(entry);
        }
    }
    if columns.dialect.is_by_name() {
        leave_out_favourites(&mut playlists, read.favourites, file, findings);
    }
    make_section_ids_distinct(&mut playlists);
    for playlist in &mut playlists {
        playlist.complete = read.complete;
        playlist.identify(&playlist_id(stem));
    }
    Ok(Csv { dialect: columns.dialect, playlists })
}

/// Leaves out lists of favourite albums and artists, which have no tracks and are not playlists.
fn leave_out_favourites(playlists: &mut Vec<Playlist>, rows: usize, file: &str, findings: &mut Findings) {
    let before = playlists.len();
    // A playlist without entries is kept, unless rows of favourites were left out: then the playlist may have had only such
    // rows.
    let has_track = |playlist: &Playlist| {
        let mut entries = playlist.entries.iter();
        let is_empty = playlist.entries.is_empty() && rows == 0;
        is_empty || entries.any(|entry| entry.uri.is_some() || !entry.title.is_empty())
    };
    playlists.retain(has_track);
    let lists = before - playlists.len();
    let counts = [
        (rows, counted(rows, "row of a favourite album or artist", "rows of favourite albums and artists")),
        (lists, counted(lists, "list that names no track", "lists that name no track")),
    ];
    let parts: Vec<_> = counts.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect();
    if !parts.is_empty() {
        let title = format!("{file}: not imported: {}", parts.join(", "));
        findings.add("favourites", file, Severity::Info, title, "");
    }
}

/// If the names of several playlists of one file give the same id (`Mix`, `MIX`), makes the ids distinct. The playlists are
/// numbered in the order of their names, so that the order of the rows makes no difference.
fn make_section_ids_distinct(playlists: &mut [Playlist]) {
    let mut taken: HashSet<String> =
        playlists.iter().filter_map(|playlist| playlist.section.as_deref().map(playlist_id)).collect();
    let mut sections: Vec<&mut String> =
        playlists.iter_mut().filter_map(|playlist| playlist.section.as_mut()).collect();
    sections.sort();
    let mut given = HashSet::new();
    for section in sections {
        let id = playlist_id(section);
        if given.insert(id.clone()) {
            continue;
        }
        let mut numbered = (2_u32..).map(|number| format!("{id}#{number}"));
        if let Some(free) = numbered.find(|numbered| taken.insert(numbered.clone())) {
            *section = free;
        }
    }
}

/// A playlist without entries, with the name of its file or of its section.
fn playlist(stem: &str, section: Option<String>, file: &str) -> Playlist {
    let name = section.as_deref().unwrap_or(stem);
    let name = if playlist_id(name) == LIKED { "Liked Songs".to_owned() } else { one_line(name) };
    Playlist { service: SERVICE_CSV.to_owned(), name, section, file: file.to_owned(), ..Playlist::default() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::uri::Uri;

    fn one(bytes: Vec<u8>, stem: &str, findings: &mut Findings) -> Playlist {
        let mut csv = read_csv(bytes, stem, "Mix.csv", &Mapping::default(), findings).unwrap();
        assert_eq!(csv.playlists.len(), 1);
        csv.playlists.remove(0)
    }

    fn read(text: &str) -> (Playlist, Vec<String>) {
        let mut findings = Findings::default();
        let playlist = one(text.as_bytes().to_vec(), "Mix", &mut findings);
        (playlist, findings.into_list().into_iter().map(|finding| finding.title).collect())
    }

    const HEAD: &str = "Track URI,Track Name,Artist Name(s),Duration (ms),Added At,Key,Explicit\n";
    const ID: &str = "spotify:track:4uLU6hMCjMI75M1A2tKUQC";

    #[test]
    fn a_file_with_only_a_header_is_an_empty_playlist() {
        let (playlist, findings) = read(HEAD);
        assert!(playlist.entries.is_empty() && playlist.complete && findings.is_empty());
        let liked = one(HEAD.into(), "Liked_Songs", &mut Findings::default());
        assert_eq!((liked.id.as_str(), liked.name.as_str()), (LIKED, "Liked Songs"));
    }

    #[test]
    fn empty_numbers_are_ignored_and_invalid_ones_are_reported_with_their_line() {
        let (playlist, findings) = read(&format!(
            "{HEAD}{ID},One,Ida Lund,,,,\n{ID},Two,Ida Lund,n/a,yesterday,x,perhaps\n{ID},Three,Ida Lund,200000.0,2024-01-02T03:04:05Z,-1,TRUE\n"
        ));
        assert_eq!(playlist.entries.len(), 3);
        assert_eq!(playlist.entries[0].numbers, [None; 13]);
        assert_eq!(playlist.entries[1].title, "Two");
        let three = &playlist.entries[2];
        assert_eq!(
            (three.duration_ms, three.added_at, three.explicit),
            (Some(200_000), Some(1_704_164_645_000), Some(true))
        );
        assert_eq!(findings.len(), 4, "{findings:?}");
        assert!(findings.iter().all(|title| title.starts_with("Mix.csv, line 3: ")), "{findings:?}");
    }

    #[test]
    fn rows_that_cannot_be_read_keep_their_place() {
        let (playlist, findings) = read(&format!(
            "{HEAD}{ID},One,Ida Lund,1,,,\n{ID},Two\n,Three,Ida Lund,1,,,\nnonsense,Four,Ida Lund,1,,,\nspotify:local:a:b:c:9,Five,\"Lund, Ida\",1,,,\n"
        ));
        let named: Vec<_> = playlist.entries.iter().map(|entry| (entry.title.as_str(), entry.uri.is_some())).collect();
        assert_eq!(named, [("One", true), ("", false), ("Three", false), ("Four", false), ("Five", true)]);
        assert_eq!(playlist.entries[4].uri, Some(Uri::Local("spotify:local:a:b:c:9".to_owned())));
        assert_eq!(playlist.entries[4].artists, ["Lund, Ida"]);
        assert!(playlist.complete);
        for (finding, line) in findings.iter().zip(["line 3: 2 cells", "line 5: the URI", "line 4: no URI"]) {
            assert!(finding.contains(line), "{findings:?}");
        }
    }

    #[test]
    fn truncated_content_is_not_complete() {
        let (playlist, findings) =
            read(&format!("{HEAD}{ID},One,Ida Lund,1,,,\n{ID},\"Two,Ida Lund,1,,,\n{ID},Three,I,1,,,"));
        assert_eq!((playlist.entries.len(), playlist.complete, findings.len()), (2, false, 1));
    }

    proptest! {
        #[test]
        fn no_bytes_below_a_header_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let whole = [HEAD.as_bytes(), &bytes].concat();
            let playlist = one(whole, "x", &mut Findings::default());
            prop_assert!(playlist.entries.len() <= 400);
        }

        #[test]
        fn no_text_causes_a_panic(header in ".{0,80}", rows in prop::collection::vec("[a-z,\"\r\n;]{0,30}", 0..8)) {
            let text = format!("{header},Track URI,Track Name\n{}", rows.join("\n"));
            let _ = read_csv(text.into_bytes(), "x", "x.csv", &Mapping::default(), &mut Findings::default());
        }
    }
}
