//! A playlist as CSV with the columns of today's Exportify, so that programs for Exportify's files can read it. Artists are separated by
//! `;`, as in Exportify's newer files, because names can have commas.

use baton_plugin_kit::csv_file::CsvWriter;
use baton_plugin_kit::time;
use baton_plugin_sdk::Error;

use crate::model::{Entry, NUMBERS};
use crate::uri::Uri;

/// The columns, in order.
pub const HEADER: [&str; 24] = [
    "Track URI",
    "Track Name",
    "Album Name",
    "Artist Name(s)",
    "Release Date",
    "Duration (ms)",
    "Popularity",
    "Explicit",
    "Added By",
    "Added At",
    "Genres",
    "Record Label",
    "Danceability",
    "Energy",
    "Key",
    "Loudness",
    "Mode",
    "Speechiness",
    "Acousticness",
    "Instrumentalness",
    "Liveness",
    "Valence",
    "Tempo",
    "Time Signature",
];

/// Writes the file.
///
/// # Errors
/// Never: it writes to memory.
pub fn write(entries: &[Entry]) -> Result<Vec<u8>, Error> {
    let written = || {
        let mut written = CsvWriter::new(HEADER)?;
        entries.iter().try_for_each(|entry| written.row(row(entry)))?;
        written.into_bytes()
    };
    written().map_err(Error::Permanent)
}

fn row(entry: &Entry) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut row = vec![
        entry.uri.as_ref().map(Uri::text).unwrap_or_default(),
        entry.title.clone(),
        text(&entry.album),
        entry.artists.join(";"),
        text(&entry.released),
        entry.duration_ms.map(|ms| ms.to_string()).unwrap_or_default(),
        number(entry.number("popularity")),
        entry.explicit.map(|explicit| explicit.to_string()).unwrap_or_default(),
        text(&entry.added_by),
        entry.added_at.and_then(time::text).unwrap_or_default(),
        text(&entry.genres),
        text(&entry.label),
    ];
    // Popularity has its own column above; the other numbers follow in their order.
    row.extend(NUMBERS.iter().zip(&entry.numbers).skip(1).map(|(_, value)| number(*value)));
    row
}

#[cfg(test)]
mod tests {
    use baton_plugin_kit::Findings;
    use proptest::prelude::*;

    use super::*;
    use crate::read::{Mapping, read_csv};

    #[test]
    fn a_row_has_a_cell_for_each_column() {
        assert_eq!(row(&Entry::default()).len(), HEADER.len());
        for (place, (column, _)) in NUMBERS.iter().enumerate().skip(1) {
            assert_eq!(HEADER[11 + place], *column);
        }
    }

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let names = prop::collection::vec("[a-zé,\"&]{1,6}", 0..3);
        let one = (
            "[0-9A-Za-z]{22}",
            "[ -~é]{0,12}",
            names,
            prop::option::of(1_i64..9_999_999),
            prop::option::of(0.0..200.0_f64),
        );
        let entry = one.prop_map(|(id, title, artists, duration_ms, tempo)| {
            let mut entry = Entry { uri: Some(Uri::Track(id)), duration_ms, ..Entry::default() };
            title.trim().clone_into(&mut entry.title);
            // A single name is read as a credit, which a comma may split.
            entry.artists = if artists.len() < 2 { Vec::new() } else { artists };
            entry.set_number("tempo", tempo);
            entry
        });
        prop::collection::vec(entry, 0..6)
    }

    proptest! {
        #[test]
        fn written_files_are_read_again(entries in entries()) {
            let mut findings = Findings::default();
            let read = read_csv(write(&entries).unwrap(), "x", "x.csv", &Mapping::default(), &mut findings).unwrap();
            prop_assert_eq!(findings.count(), 0);
            prop_assert_eq!(&read.playlists[0].entries, &entries);
        }
    }
}
