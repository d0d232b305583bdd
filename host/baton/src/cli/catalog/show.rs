//! `baton catalog show`: all facts about one track, with their sources and times.

use std::path::{Path, PathBuf};

use anyhow::bail;
use baton_catalog::{Catalog, Fact, FoundTracks, LocatedFile, TrackDetails};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::WorkspaceOptions;
use super::open::open;
use crate::cli::task_view;
use crate::exit::Code;
use crate::output::{self, Table, shorten};

const PLAYS: usize = 10;

/// Show the facts about a track and their sources
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The track: its number (`baton catalog search`), SERVICE:ID, an id of any service, an ISRC, or the path of its file
    #[arg(value_name = "TRACK")]
    track: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let Some(catalog) = open(options)? else {
            bail!("there is no track `{}`", self.track);
        };
        let shown = catalog.show(find_track(&catalog, &self.track)?)?;
        if self.json {
            output::json(&as_json(&shown));
        } else {
            output::print(&as_text(&shown));
        }
        Ok(Code::Good)
    }
}

fn find_track(catalog: &Catalog, reference: &str) -> anyhow::Result<i64> {
    match catalog.find(reference)? {
        FoundTracks::One(id) => Ok(id),
        FoundTracks::Nothing if reference.contains('/') || Path::new(reference).is_file() => {
            by_path(catalog, reference)
        }
        FoundTracks::Nothing => bail!("there is no track `{reference}`; `baton catalog search WORD` finds one"),
        FoundTracks::Several(ids) => {
            let ids: Vec<_> = ids.iter().take(10).map(i64::to_string).collect();
            bail!("`{reference}` matches several tracks; give the number of one: {}", ids.join(", "))
        }
    }
}

/// The track of the file at a path: as written, relative to this folder, or with links resolved.
fn by_path(catalog: &Catalog, path: &str) -> anyhow::Result<i64> {
    let absolute = std::path::absolute(path).ok();
    let real = Path::new(path).canonicalize().ok();
    let paths = [Some(PathBuf::from(path)), absolute, real].into_iter().flatten();
    let mut unlinked = None;
    for path in paths.filter_map(|path| Some(path.to_str()?.to_owned())) {
        match catalog.file_at(&path)? {
            Some(LocatedFile { track: Some(track), .. }) => return Ok(track),
            Some(file) => unlinked = Some(file.path),
            None => {}
        }
    }
    match unlinked {
        Some(path) => bail!(
            "no source links {path} to a track, and its tags do not match a track with certainty; `baton catalog search WORD` finds tracks"
        ),
        None => bail!("the catalog has no file at {path}; `baton library scan FOLDER` reads the files of a folder"),
    }
}

fn as_json(shown: &TrackDetails) -> Value {
    let time = |at: Option<Timestamp>| at.map(task_view::time);
    let fact = |fact: &Fact| {
        json!({
            "field": fact.field,
            "value": fact.value,
            "source": fact.source,
            "said_at": time(fact.said_at),
            "counts": fact.counts,
        })
    };
    let ids =
        shown.ids.iter().map(|id| json!({ "service": id.service, "id": id.id, "url": id.url, "source": id.source }));
    let playlists = shown.playlists.iter().map(|on| json!({ "name": on.name, "position": on.position }));
    let files = shown.files.iter().map(|file| {
        json!({
            "path": file.path,
            "size": file.size,
            "missing": file.missing,
            "fingerprints": file.fingerprints,
            "linked_by": file.linked_by,
            "link_reason": file.link_reason,
        })
    });
    let plays = shown.plays.iter().map(|play| json!({ "at": time(play.at), "device": play.device, "deck": play.deck }));
    json!({
        "schema": 1,
        "id": shown.id,
        "facts": shown.facts.iter().map(fact).collect::<Vec<_>>(),
        "ids": ids.collect::<Vec<_>>(),
        "playlists": playlists.collect::<Vec<_>>(),
        "tags": shown.tags,
        "files": files.collect::<Vec<_>>(),
        "plays": plays.collect::<Vec<_>>(),
    })
}

fn as_text(shown: &TrackDetails) -> String {
    let time = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M").to_string());
    let mut table = Table::new(&["FIELD", "VALUE", "SOURCE", "REPORTED", ""]);
    for fact in &shown.facts {
        let counts = if fact.counts { "" } else { "overridden" };
        let cells = [fact.field.clone(), shorten(&fact.value, 80), fact.source.clone()];
        table.row(cells.into_iter().chain([time(fact.said_at), counts.to_owned()]));
    }
    let mut text = table.lines(|_, _, cell| cell);
    let mut section = |heads: &[&str], rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            let mut table = Table::new(heads);
            for row in rows {
                table.row(row);
            }
            text.push_str(&format!("\n{}", table.lines(|_, _, cell| cell)));
        }
    };
    let or_empty = |text: Option<&String>| text.cloned().unwrap_or_default();
    let ids = shown.ids.iter().map(|id| vec![id.service.clone(), id.id.clone(), or_empty(id.url.as_ref())]);
    section(&["SERVICE", "ID", "URL"], ids.collect());
    let playlists = shown.playlists.iter().map(|on| vec![on.name.clone(), on.position.to_string()]);
    section(&["PLAYLIST", "PLACE"], playlists.collect());
    section(&["TAG"], shown.tags.iter().map(|tag| vec![tag.clone()]).collect());
    let files = shown.files.iter().map(|file| {
        let missing = if file.missing { "missing" } else { "" };
        let because = or_empty(file.link_reason.as_ref());
        vec![file.path.clone(), because, file.fingerprints.join(" "), missing.to_owned()]
    });
    section(&["FILE", "LINKED", "FINGERPRINTS", ""], files.collect());
    let play = |at, device, deck: Option<i64>| vec![at, device, deck.map_or_else(String::new, |deck| deck.to_string())];
    let plays = shown.plays.iter().take(PLAYS);
    let plays = plays.map(|played| play(time(played.at), or_empty(played.device.as_ref()), played.deck));
    section(&["PLAYED", "DEVICE", "DECK"], plays.collect());
    if shown.plays.len() > PLAYS {
        text.push_str(&format!("and {} earlier plays\n", shown.plays.len() - PLAYS));
    }
    text
}
