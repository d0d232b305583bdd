//! `export`: writes playlists for other programs: CSV with the columns of today's Exportify, M3U8, rekordbox's XML.
//!
//! Files have safe and distinct names. M3U8 and XML have the path of a track's file (`on_disk.rs`). A track without a file is a comment in
//! M3U8 and is not in the XML, which needs a path.

pub mod csv;
pub mod m3u;
mod on_disk;
pub mod rekordbox;

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Tables;
use baton_plugin_sdk::{Error, OutcomeKind, Severity};
use serde::Deserialize;

use crate::action_result::{ActionResult, CSV, file};
use crate::catalog::EntryDetails;
use crate::model::{Entry, Playlist};
use crate::names::FileNames;
use crate::notes;
use crate::source::{ACCOUNT, CATALOG, PlaylistSources};
use baton_plugin_kit::counted;
use on_disk::FilesOnDisk;

/// The arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// Files and folders, or `catalog`; absent: `catalog`.
    pub from: Vec<String>,
    /// Names of playlists; absent: all.
    pub playlists: Vec<String>,
    /// The formats; absent: CSV.
    pub formats: Vec<Format>,
    /// The number of older results of each file to keep; absent: all.
    pub keep_older: Option<usize>,
}

/// A format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A CSV file for each playlist.
    Csv,
    /// An M3U8 file for each playlist.
    M3u8,
    /// One XML file for all playlists.
    Rekordbox,
}

impl Format {
    const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::M3u8 => "M3U8",
            Self::Rekordbox => "rekordbox XML",
        }
    }

    /// True if a file of this format can name the entry; M3U8 and XML need a path.
    fn can_contain(self, entry: &Entry) -> bool {
        match self {
            Self::Csv => true,
            Self::M3u8 => m3u::path(entry).is_some(),
            Self::Rekordbox => rekordbox::has_location(entry),
        }
    }
}

/// The next step if a format cannot contain a path.
const RENAME: &str = "rename the files so that their paths are absolute and have no line breaks, then scan again";

/// Exports playlists.
///
/// # Errors
/// When a named playlist does not exist.
pub fn run(
    sources: PlaylistSources<'_>,
    own: Option<&dyn Tables>,
    args: &Args,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let from = if args.from.is_empty() { vec![CATALOG.to_owned()] } else { args.from.clone() };
    let mut formats = if args.formats.is_empty() { vec![Format::Csv] } else { args.formats.clone() };
    let has_paths = formats.iter().any(|format| *format != Format::Csv);
    // The files are read before the playlists, so that the memory for all files and tracks is free again.
    let whole = from.iter().any(|place| place != CATALOG && place != ACCOUNT);
    let on_disk = has_paths.then(|| FilesOnDisk::read(sources.catalog, whole)).transpose()?;
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
        add_descriptions(own, &mut playlists)?;
    }
    let mut made =
        ActionResult { keep_older: args.keep_older, ..initial_result(&playlists, on_disk.as_ref(), &mut formats) };
    let (mut names, mut given) = (FileNames::default(), Vec::new());
    for playlist in &playlists {
        given.push(names.reserve(&playlist.name));
    }
    for (playlist, name) in playlists.iter().zip(&given) {
        if formats.contains(&Format::Csv) {
            made.exports.push(file(format!("{name}.csv"), CSV, csv::write(&playlist.entries)?));
        }
        if formats.contains(&Format::M3u8) {
            made.exports.push(file(format!("{name}.m3u8"), "audio/x-mpegurl", m3u::write(playlist)));
        }
    }
    if formats.contains(&Format::Rekordbox) {
        made.exports.push(file("rekordbox.xml", "application/xml", rekordbox::to_xml(&playlists)?));
    }
    if on_disk.is_some() {
        report_missing(&playlists, &formats, findings);
    }
    Ok(made)
}

/// The result before anything is written. Formats that can contain none of the entries are removed from `formats`.
fn initial_result(playlists: &[Playlist], on_disk: Option<&FilesOnDisk>, formats: &mut Vec<Format>) -> ActionResult {
    let all = || playlists.iter().flat_map(|playlist| &playlist.entries);
    let entries = all().count();
    let exported = format!(
        "{} with {} exported.",
        counted(playlists.len(), "playlist", "playlists"),
        counted(entries, "entry was", "entries were")
    );
    let Some(on_disk) = on_disk.filter(|_| entries > 0) else {
        return ActionResult { summary: exported, ..ActionResult::default() };
    };
    let found = all().filter(|entry| entry.is_on_disk()).count();
    let before = formats.len();
    formats.retain(|format| all().any(|entry| format.can_contain(entry)));
    if formats.len() == before {
        return ActionResult {
            summary: format!("{exported} {found} of {entries} have a file."),
            ..ActionResult::default()
        };
    }
    let (why, next_step) = if found == 0 {
        (format!("the catalog has no file on disk for any of the {entries} entries"), on_disk.next_step())
    } else {
        (format!("none of the paths of the {found} entries with a file can be written"), RENAME)
    };
    let next_steps = vec![next_step.to_owned()];
    if formats.is_empty() {
        return ActionResult::refused(format!("Nothing was exported: {why}."), next_steps);
    }
    let written: Vec<_> = formats.iter().map(|format| format.name()).collect();
    let summary = format!("{exported} Only {} was written: {why}.", written.join(" and "));
    ActionResult { kind: OutcomeKind::Partial, next_steps, summary, ..ActionResult::default() }
}

/// Leaves out unnamed entries, which would be blank rows, and reports them.
fn leave_out_blank(playlists: &mut [Playlist], findings: &mut Findings) {
    for playlist in playlists {
        let before = playlist.entries.len();
        playlist.entries.retain(|entry| entry.uri.is_some() || !entry.title.is_empty());
        let blank = before - playlist.entries.len();
        if blank > 0 {
            let title = format!(
                "{}: {} left out, because their names are unknown",
                playlist.name,
                counted(blank, "entry is", "entries are")
            );
            let what = format!("{}:{}", playlist.service, playlist.id);
            findings.add("nothing", &what, Severity::Info, title, "");
        }
    }
}

fn add_descriptions(own: &dyn Tables, playlists: &mut [Playlist]) -> Result<(), Error> {
    let mut described = notes::all(own)?;
    for playlist in playlists {
        let key = (playlist.service.clone(), playlist.id.clone());
        playlist.description = described.remove(&key).or(playlist.description.take());
    }
    Ok(())
}

/// Reports the entries without a file. For each format, also reports the entries whose path the format cannot contain.
fn report_missing(playlists: &[Playlist], formats: &[Format], findings: &mut Findings) {
    for playlist in playlists {
        let (what, all) = (format!("{}:{}", playlist.service, playlist.id), playlist.entries.len());
        let missing = playlist.entries.iter().filter(|entry| !entry.is_on_disk()).count();
        if missing > 0 {
            let title = format!("{}: {missing} of {all} entries have no file on disk", playlist.name);
            findings.add("not-on-disk", &what, Severity::Info, title, "`baton run music-files wanted` lists them.");
        }
        for format in formats {
            let unwritten = |entry: &&Entry| entry.is_on_disk() && !format.can_contain(entry);
            let unwritten = playlist.entries.iter().filter(unwritten).count();
            if unwritten > 0 {
                let (name, format) = (&playlist.name, format.name());
                let title = format!("{name}: {unwritten} of {all} entries have a path that {format} cannot contain");
                findings.add("path", &format!("{format}:{what}"), Severity::Low, title, RENAME);
            }
        }
    }
}
