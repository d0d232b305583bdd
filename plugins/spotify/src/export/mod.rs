//! `export`: playlists as files that other programs read: CSV in the columns of today's Exportify, M3U8, rekordbox's XML.
//!
//! Files have safe and distinct names whatever playlists are called. Where a track lies on disk (`on_disk.rs`), M3U8 and XML name the
//! file; a track without one is a comment there, and is not in the XML, which knows no track without a place.

pub mod csv;
pub mod m3u;
mod on_disk;
pub mod rekordbox;

use baton_plugin_kit::Findings;
use baton_plugin_kit::lent::Tables;
use baton_plugin_sdk::{Error, OutcomeKind, Severity};
use serde::Deserialize;

use crate::catalog::With;
use crate::made::{CSV, Made, file};
use crate::model::Playlist;
use crate::names::FileNames;
use crate::notes;
use crate::source::{CATALOG, Sources};
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
    sources: Sources<'_>,
    own: Option<&dyn Tables>,
    args: &Args,
    findings: &mut Findings,
) -> Result<Made, Error> {
    let from = if args.from.is_empty() { vec![CATALOG.to_owned()] } else { args.from.clone() };
    let mut formats = if args.formats.is_empty() { vec![Format::Csv] } else { args.formats.clone() };
    let places = formats.iter().any(|format| *format != Format::Csv);
    // Before the playlists: what the catalog says of files and tracks is let go of again.
    let whole = from.iter().any(|place| place != CATALOG);
    let on_disk = places.then(|| OnDisk::read(sources.catalog, whole)).transpose()?;
    let with = With { features: formats.contains(&Format::Csv) };
    let mut playlists = sources.load(&from, &args.playlists, with, findings)?;
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
    let entries: usize = playlists.iter().map(|playlist| playlist.entries.len()).sum();
    let on_disk_count =
        playlists.iter().flat_map(|playlist| &playlist.entries).filter(|entry| !entry.files.is_empty()).count();
    let mut made = Made::default();
    made.summary = format!("{} playlists with {entries} entries were exported.", playlists.len());
    if let Some(on_disk) = &on_disk
        && entries > 0
    {
        if on_disk_count == 0 {
            let csv = formats.contains(&Format::Csv);
            without_files(&mut made, entries, csv, on_disk.next_step());
            if !csv {
                return Ok(made);
            }
            formats.retain(|format| *format == Format::Csv);
        } else {
            made.summary.push_str(&format!(" {on_disk_count} of {entries} have a file on disk."));
        }
    }
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

/// An M3U8 file or rekordbox's XML without a file in it is of no use: nothing of the kind is written.
fn without_files(made: &mut Made, entries: usize, csv: bool, next: &str) {
    let why = format!("none of the {entries} entries has a file on disk that the catalog knows");
    if csv {
        made.kind = OutcomeKind::Partial;
        made.summary.push_str(&format!(" Only CSV was written: {why}."));
    } else {
        made.kind = OutcomeKind::Refused;
        made.summary = format!("Nothing was exported: {why}.");
    }
    made.next_steps.push(next.to_owned());
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
