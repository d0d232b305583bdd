//! The wanted tracks as CSV (each track once) and as Markdown (by playlist).

use baton_plugin_kit::counted;
use baton_plugin_kit::csv_file::CsvWriter;
use baton_plugin_kit::library::{CatalogPlaylist, CatalogTrack, Link, pages, shop_links};
use baton_plugin_kit::markdown::cell;

/// Maximum number of rows of the Markdown; the CSV has all of them.
const SHOWN: usize = 2_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrackState {
    OnDisk,
    Unclear,
    Wanted,
}

/// A track that is not certainly on disk, with the playlists that have it.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) song: &'a CatalogTrack,
    pub(crate) lists: Vec<&'a str>,
    pub(crate) state: TrackState,
}

#[derive(Debug, Default)]
pub(crate) struct WantedTracks<'a> {
    /// The rows, in the order of the playlists and of their tracks.
    pub(crate) rows: Vec<Row<'a>>,
    pub(crate) in_playlists: usize,
    pub(crate) on_disk: usize,
    /// The number of tracks in `on_disk` whose files only djay names: no scan has found them.
    pub(crate) only_named: usize,
}

impl WantedTracks<'_> {
    pub(crate) fn count(&self, state: TrackState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }
}

pub(crate) fn summary(found: &WantedTracks<'_>, lists: usize) -> String {
    let only_named = match found.only_named {
        0 => String::new(),
        number => format!(" ({number} of them by paths that no scan has checked)"),
    };
    format!(
        "{} in {}: {} on disk{only_named}, {} wanted, {} unclear.",
        counted(found.in_playlists, "track", "tracks"),
        counted(lists, "playlist", "playlists"),
        found.on_disk,
        found.count(TrackState::Wanted),
        found.count(TrackState::Unclear)
    )
}

const fn word(state: TrackState) -> &'static str {
    match state {
        TrackState::OnDisk => "on disk",
        TrackState::Unclear => "unclear",
        TrackState::Wanted => "wanted",
    }
}

pub(crate) fn csv(found: &WantedTracks<'_>) -> Result<Vec<u8>, String> {
    let mut sheet = CsvWriter::new([
        "state",
        "artist",
        "title",
        "album",
        "length",
        "isrc",
        "playlists",
        "spotify",
        "ids",
        "track",
        "pages",
        "shops",
    ])?;
    for row in &found.rows {
        let song = row.song;
        let id = |id: &baton_track_match::Id| format!("{}:{}", id.service, id.id);
        let spotify = song.ids.iter().find(|id| id.service == "spotify").map(|id| spotify_uri(&id.id));
        let cells = [
            word(row.state).to_owned(),
            song.artist.clone().unwrap_or_default(),
            song.title.clone(),
            song.album.clone().unwrap_or_default(),
            length(song.duration_ms),
            song.isrc.clone().unwrap_or_default(),
            row.lists.join("; "),
            spotify.unwrap_or_default(),
            song.ids.iter().map(id).collect::<Vec<_>>().join(" "),
            song.id.to_string(),
            addresses(&pages(song)),
            addresses(&shop_links(song)),
        ];
        sheet.row(cells)?;
    }
    sheet.into_bytes()
}

fn addresses(links: &[Link]) -> String {
    links.iter().map(|link| link.url.as_str()).collect::<Vec<_>>().join(" ")
}

/// The URI of a track. A local file in a playlist has its whole URI as its id.
fn spotify_uri(id: &str) -> String {
    if id.starts_with("spotify:") { id.to_owned() } else { format!("spotify:track:{id}") }
}

/// The Markdown report. It lists each track under the first playlist that contains the track.
pub(crate) fn markdown(found: &WantedTracks<'_>, lists: &[&CatalogPlaylist]) -> String {
    let mut text = format!("# Wanted\n\n{}\n", summary(found, lists.len()));
    let (mut heading, mut shown) = (None, 0);
    for row in found.rows.iter().take(SHOWN) {
        let list = row.lists.first().copied().unwrap_or_default();
        if heading != Some(list) {
            text.push_str(&format!(
                "\n## {}\n\n| Artist | Title | Length | ISRC | Already at | Search in | |\n|---|---|---|---|---|---|---|\n",
                cell(list)
            ));
            heading = Some(list);
        }
        text.push_str(&line(row));
        shown += 1;
    }
    if found.rows.len() > shown {
        text.push_str(&format!("\n… and {} more, which are in the CSV.\n", found.rows.len() - shown));
    }
    text
}

fn line(row: &Row<'_>) -> String {
    let song = row.song;
    let also = if row.state == TrackState::Unclear { "unclear" } else { "" };
    format!(
        "| {} | {} | {} | {} | {} | {} | {also} |\n",
        cell(song.artist.as_deref().unwrap_or_default()),
        cell(&song.title),
        length(song.duration_ms),
        cell(song.isrc.as_deref().unwrap_or_default()),
        linked(&pages(song)),
        linked(&shop_links(song)),
    )
}

/// Links in a cell of a table. The addresses have no character that ends the cell.
fn linked(links: &[Link]) -> String {
    links.iter().map(|link| format!("[{}]({})", link.name, link.url)).collect::<Vec<_>>().join(" ")
}

/// `3:07`; empty when it is not known.
fn length(duration_ms: Option<u64>) -> String {
    let seconds = duration_ms.map(|ms| (ms + 500) / 1_000).filter(|seconds| *seconds > 0);
    seconds.map(|seconds| format!("{}:{:02}", seconds / 60, seconds % 60)).unwrap_or_default()
}
