//! `export`: playlists as files that other programs read: CSV in the columns of today's Exportify, M3U8, rekordbox's XML.
//!
//! Files have safe and distinct names whatever playlists are called. Where a track lies on disk (`on_disk.rs`), M3U8 and XML name the
//! file; a track without one is a comment there, and is not in the XML, which knows no track without a place.

pub mod csv;
pub mod m3u;
mod on_disk;
pub mod rekordbox;

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Tables;
use baton_plugin_sdk::{Error, OutcomeKind, Severity};
use serde::Deserialize;

use crate::catalog::EntryDetails;
use crate::made::{ActionResult, CSV, file};
use crate::model::Playlist;
use crate::names::{FileNames, counted};
use crate::notes;
use crate::source::{CATALOG, PlaylistSources};
use on_disk::OnDisk;

/// The arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// Files and folders, or `catalog`, which it is when nothing is named.
    pub from: Vec<String>,
    /// Names of playlists; all when there are none.
    pub playlists: Vec<String>,
    /// Which forms; CSV when none is named.
    pub formats: Vec<Format>,
    /// How many older results of each file are kept; all when absent.
    pub keep_older: Option<usize>,
}

/// A form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A CSV file a playlist.
    Csv,
    /// An M3U8 file a playlist.
    M3u8,
    /// One XML file for all.
    Rekordbox,
}

/// Writes.
///
/// # Errors
/// When there is no such playlist.
pub fn run(
    sources: PlaylistSources<'_>,
    own: Option<&dyn Tables>,
    args: &Args,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let from = if args.from.is_empty() { vec![CATALOG.to_owned()] } else { args.from.clone() };
    let mut formats = if args.formats.is_empty() { vec![Format::Csv] } else { args.formats.clone() };
    let places = formats.iter().any(|format| *format != Format::Csv);
    // Before the playlists: what the catalog says of files and tracks is let go of again.
    let whole = from.iter().any(|place| place != CATALOG);
    let on_disk = places.then(|| OnDisk::read(sources.catalog, whole)).transpose()?;
    let with = EntryDetails { features: formats.contains(&Format::Csv) };
    let mut playlists = sources.load(&from, &args.playlists, with, findings)?;
    leave_out_blank(&mut playlists, findings);
    if let Some(on_disk) = &on_disk {
        on_disk.fill(&mut playlists);
    }
    if playlists.is_empty() {
        return Err(Error::Permanent(format!(
            "`{}` has no such playlist; `import` reads Spotify's exports into the catalog",
            from.join("`, `")
        )));
    }
    if let Some(own) = own.filter(|_| formats.contains(&Format::M3u8)) {
        describe(own, &mut playlists)?;
    }
    let mut made = ActionResult { keep_older: args.keep_older, ..begun(&playlists, on_disk.as_ref(), &mut formats) };
    let (mut names, mut given) = (FileNames::default(), Vec::new());
    for playlist in &playlists {
        given.push(names.give(&playlist.name));
    }
    for (playlist, name) in playlists.iter().zip(&given) {
        if formats.contains(&Format::Csv) {
            made.exports.push(file(format!("{name}.csv"), CSV, csv::of(&playlist.entries)?));
        }
        if formats.contains(&Format::M3u8) {
            made.exports.push(file(format!("{name}.m3u8"), "audio/x-mpegurl", m3u::of(playlist)));
        }
    }
    if formats.contains(&Format::Rekordbox) {
        made.exports.push(file("rekordbox.xml", "application/xml", rekordbox::of(&playlists)?));
    }
    if on_disk.is_some() {
        tell_missing(&playlists, findings);
    }
    Ok(made)
}

/// What there is to say before anything is written. An M3U8 file or rekordbox's XML without a file in it is of no use: when no entry
/// has one, these formats are taken out.
fn begun(playlists: &[Playlist], on_disk: Option<&OnDisk>, formats: &mut Vec<Format>) -> ActionResult {
    let entries: usize = playlists.iter().map(|playlist| playlist.entries.len()).sum();
    let exported = format!("{} playlists with {entries} entries were exported.", playlists.len());
    let Some(on_disk) = on_disk.filter(|_| entries > 0) else {
        return ActionResult { summary: exported, ..ActionResult::default() };
    };
    let entries_of_all = playlists.iter().flat_map(|playlist| &playlist.entries);
    let found = entries_of_all.filter(|entry| !entry.files.is_empty()).count();
    if found > 0 {
        return ActionResult {
            summary: format!("{exported} {found} of {entries} have a file."),
            ..ActionResult::default()
        };
    }
    formats.retain(|format| *format == Format::Csv);
    let why = format!("none of the {entries} entries has a file on disk that the catalog knows");
    let next_steps = vec![on_disk.next_step().to_owned()];
    if formats.is_empty() {
        return ActionResult::refused(format!("Nothing was exported: {why}."), next_steps);
    }
    let summary = format!("{exported} Only CSV was written: {why}.");
    ActionResult { kind: OutcomeKind::Partial, next_steps, summary, ..ActionResult::default() }
}

/// Entries of which nothing is known would be blank rows: left out, and told.
fn leave_out_blank(playlists: &mut [Playlist], findings: &mut Findings) {
    for playlist in playlists {
        let before = playlist.entries.len();
        playlist.entries.retain(|entry| entry.uri.is_some() || !entry.title.is_empty());
        let blank = before - playlist.entries.len();
        if blank > 0 {
            let title = format!(
                "{}: {} left out: nothing is known of what stands there",
                playlist.name,
                counted(blank, "entry is", "entries are")
            );
            let what = format!("{}:{}", playlist.service, playlist.id);
            findings.add("nothing", &what, Severity::Info, title, "");
        }
    }
}

fn describe(own: &dyn Tables, playlists: &mut [Playlist]) -> Result<(), Error> {
    let mut described = notes::all(own)?;
    for playlist in playlists {
        let key = (playlist.service.clone(), playlist.id.clone());
        playlist.description = described.remove(&key).or(playlist.description.take());
    }
    Ok(())
}

fn tell_missing(playlists: &[Playlist], findings: &mut Findings) {
    for playlist in playlists {
        let missing = playlist.entries.iter().filter(|entry| entry.files.is_empty()).count();
        if missing > 0 {
            let title =
                format!("{}: {missing} of {} entries have no file on disk", playlist.name, playlist.entries.len());
            let what = format!("{}:{}", playlist.service, playlist.id);
            findings.add("not-on-disk", &what, Severity::Info, title, "`wanted` lists them.");
        }
    }
}
