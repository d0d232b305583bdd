//! The library as files: five CSV tables in the shapes that scripts around djay know, and one JSON with everything.
//!
//! What djay does not say is an empty cell: album, genre and the date of adding are not in its database, nor whether a service still
//! has a track. Rows stand in a stable order, so that two exports of one library are the same bytes.

mod json;
mod played;
mod tables;

use baton_plugin_sdk::Error;

use crate::library::Library;
use played::Played;

/// Which files are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forms {
    /// The five tables.
    pub csv: bool,
    /// Everything.
    pub json: bool,
}

/// A file of the export.
#[derive(Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Makes the files; `stamp` comes before the endings of their names.
///
/// # Errors
/// Never, in memory.
pub fn files(library: &Library, forms: Forms, stamp: Option<&str>) -> Result<Vec<File>, Error> {
    let name = |stem: &str, ending: &str| match stamp {
        Some(stamp) => format!("{stem}_{stamp}.{ending}"),
        None => format!("{stem}.{ending}"),
    };
    let played = Played::of(library);
    let mut files = Vec::new();
    if forms.csv {
        for (stem, bytes) in tables::all(library, &played).map_err(Error::Permanent)? {
            files.push(File { name: name(stem, "csv"), media_type: "text/csv", bytes });
        }
    }
    if forms.json {
        let bytes = json::all(library, &played).map_err(|error| Error::Permanent(error.to_string()))?;
        files.push(File { name: name("djay_library", "json"), media_type: "application/json", bytes });
    }
    Ok(files)
}
