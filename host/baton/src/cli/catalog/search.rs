//! `baton catalog search`: finds tracks by words of title, artist and album, and files by a part of their path.

use baton_catalog::CatalogError;
use baton_catalog::{Catalog, LocatedFile, SearchHit};
use serde_json::{Value, json};

use super::WorkspaceOptions;
use super::open::{length, open};
use crate::exit::Code;
use crate::output::{self, Table, shorten};

/// Find tracks by words (prefixes match), or files by a part of their path if a word contains a slash
///
/// Exit 1: the catalog is empty or has only files.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Words of title, artist and album, or a part of a path (`Playlists/Late`); case and accents make no difference
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    /// How many tracks to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    limit: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let words = self.words.join(" ");
        let Some(catalog) = open(options)? else {
            if self.json {
                output::json(&json!({ "schema": 1, "tracks": [] }));
            }
            return Ok(Code::Findings);
        };
        if words.contains('/') && self.files(&catalog, &words)? {
            return Ok(Code::Good);
        }
        let hits = catalog.search(&words, self.limit)?;
        let lacks_tracks = hits.is_empty() && !catalog.has_tracks()?;
        if lacks_tracks {
            output::note(
                "the catalog has no tracks, only files: `baton run PLUGIN ACTION` imports tracks (spotify, djay)",
            );
        }
        if self.json {
            let tracks: Vec<Value> = hits.iter().map(as_json).collect();
            output::json(&json!({ "schema": 1, "tracks": tracks }));
        } else if !hits.is_empty() {
            output::print(&as_text(&hits));
        } else {
            let of_files =
                if words.contains('/') { format!("no file has a path with {words}, and ") } else { String::new() };
            output::note(&format!("{of_files}no track has all of: {words}"));
        }
        Ok(if lacks_tracks { Code::Findings } else { Code::Good })
    }

    /// Prints the files with `part` in their path. Returns whether there are any.
    fn files(&self, catalog: &Catalog, part: &str) -> Result<bool, CatalogError> {
        let files = catalog.files_with(part, self.limit)?;
        if files.is_empty() {
            return Ok(false);
        }
        if self.json {
            let files: Vec<Value> = files.iter().map(file_as_json).collect();
            output::json(&json!({ "schema": 1, "files": files }));
        } else {
            output::print(&files_as_text(&files));
        }
        Ok(true)
    }
}

fn file_as_json(file: &LocatedFile) -> Value {
    json!({
        "path": file.path,
        "track": file.track,
        "title": file.title,
        "artist": file.artist,
        "linked_by": file.linked_by,
        "link_reason": file.link_reason,
        "missing": file.missing,
    })
}

fn files_as_text(files: &[LocatedFile]) -> String {
    let mut table = Table::new(&["FILE", "ID", "TITLE", "ARTIST", "LINKED", ""]);
    let short = |text: Option<&String>| text.map_or_else(String::new, |text| shorten(text, 40));
    for file in files {
        table.row([
            file.path.clone(),
            file.track.map_or_else(String::new, |track| track.to_string()),
            short(file.title.as_ref()),
            short(file.artist.as_ref()),
            short(file.link_reason.as_ref()),
            if file.missing { "missing" } else { "" }.to_owned(),
        ]);
    }
    table.lines(|_, _, cell| cell)
}

fn as_json(hit: &SearchHit) -> Value {
    json!({
        "id": hit.id,
        "title": hit.title,
        "artist": hit.artist,
        "album": hit.album,
        "duration_ms": hit.duration_ms,
        "bpm": hit.bpm,
        "key": hit.musical_key,
        "plays": hit.plays,
    })
}

fn as_text(hits: &[SearchHit]) -> String {
    let mut table = Table::new(&["ID", "TITLE", "ARTIST", "ALBUM", "LENGTH", "BPM", "KEY", "PLAYS"]);
    let short = |text: Option<&String>| text.map_or_else(String::new, |text| shorten(text, 40));
    for hit in hits {
        table.row([
            hit.id.to_string(),
            shorten(&hit.title, 50),
            short(hit.artist.as_ref()),
            short(hit.album.as_ref()),
            length(hit.duration_ms),
            hit.bpm.map_or_else(String::new, |bpm| format!("{bpm:.1}")),
            hit.musical_key.clone().unwrap_or_default(),
            hit.plays.to_string(),
        ]);
    }
    table.lines(|_, _, cell| cell)
}
