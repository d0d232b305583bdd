//! The library as files: five CSV tables with the columns that existing scripts for djay read, and one JSON with everything.
//!
//! Columns for data that djay does not have are empty: album, genre, the date of adding, and whether a service still has a
//! track. Rows have a stable order, so two exports of one library have the same bytes.

mod json;
mod played;
mod tables;

use baton_plugin_sdk::Error;

use crate::library::Library;
use played::PlayCounts;

/// The files to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forms {
    /// The five tables.
    pub csv: bool,
    /// The JSON.
    pub json: bool,
}

/// A file of the export.
#[derive(Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Makes the files.
///
/// # Errors
/// Never: the file is written to memory.
pub fn files(library: &Library, forms: Forms) -> Result<Vec<File>, Error> {
    let played = PlayCounts::new(library);
    let mut files = Vec::new();
    if forms.csv {
        for (stem, bytes) in tables::all(library, &played).map_err(Error::Permanent)? {
            files.push(File { name: format!("{stem}.csv"), media_type: "text/csv", bytes });
        }
    }
    if forms.json {
        let bytes = json::all(library, &played).map_err(|error| Error::Permanent(error.to_string()))?;
        files.push(File { name: "djay_library.json".to_owned(), media_type: "application/json", bytes });
    }
    Ok(files)
}

/// Adds the time to all names, before the extensions.
pub fn stamp(files: &mut [File], stamp: &str) {
    for file in files {
        if let Some((stem, ending)) = file.name.rsplit_once('.') {
            file.name = format!("{stem}_{stamp}.{ending}");
        }
    }
}
