//! Recognises the columns of a CSV file by its header: the names of known exports, in any case and order, with spaces, hyphens or
//! underscores between words. For other files, the operator names the columns ([`Mapping`]).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::column::Column;
use super::localised;

/// Names of columns, folded; see [`fold`].
const NAMES: [(&str, Column); 40] = [
    ("track uri", Column::Uri),
    ("spotify uri", Column::Uri),
    ("spotify id", Column::Uri),
    ("track id", Column::Uri),
    ("uri", Column::Uri),
    ("track name", Column::Title),
    ("name", Column::Title),
    ("artist name", Column::Artists),
    ("artist", Column::Artists),
    ("artist uri", Column::ArtistIds),
    ("artist id", Column::ArtistIds),
    ("album name", Column::Album),
    ("album", Column::Album),
    ("album artist name", Column::AlbumArtists),
    ("album artist", Column::AlbumArtists),
    ("release date", Column::Released),
    ("album release date", Column::Released),
    ("duration ms", Column::Duration),
    ("track duration ms", Column::Duration),
    ("explicit", Column::Explicit),
    ("added by", Column::AddedBy),
    ("added at", Column::AddedAt),
    ("genre", Column::Genres),
    ("artist genre", Column::Genres),
    ("record label", Column::Label),
    ("label", Column::Label),
    ("isrc", Column::Isrc),
    ("popularity", Column::Number(0)),
    ("danceability", Column::Number(1)),
    ("energy", Column::Number(2)),
    ("key", Column::Number(3)),
    ("loudness", Column::Number(4)),
    ("mode", Column::Number(5)),
    ("speechiness", Column::Number(6)),
    ("acousticness", Column::Number(7)),
    ("instrumentalness", Column::Number(8)),
    ("liveness", Column::Number(9)),
    ("valence", Column::Number(10)),
    ("tempo", Column::Number(11)),
    ("time signature", Column::Number(12)),
];

/// Further names in exports without ids.
const BY_NAME: [(&str, Column); 11] = [
    ("title", Column::Title),
    ("playlist name", Column::Playlist),
    ("type", Column::Kind),
    ("addeddate", Column::AddedAt),
    ("added date", Column::AddedAt),
    ("addedby", Column::AddedBy),
    ("duration", Column::Length),
    ("length", Column::Length),
    ("url", Column::Uri),
    ("bpm", Column::Number(11)),
    ("year", Column::Released),
];

/// The fields that a mapping may name.
const FIELDS: [(&str, Column); 13] = [
    ("uri", Column::Uri),
    ("title", Column::Title),
    ("artists", Column::Artists),
    ("album", Column::Album),
    ("album_artist", Column::AlbumArtists),
    ("duration", Column::Length),
    ("isrc", Column::Isrc),
    ("playlist", Column::Playlist),
    ("added_at", Column::AddedAt),
    ("released", Column::Released),
    ("genres", Column::Genres),
    ("label", Column::Label),
    ("bpm", Column::Number(11)),
];

/// The columns of files of unknown programs, named by the operator: field to header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Mapping(pub BTreeMap<String, String>);

impl Mapping {
    /// The mapping as a text. Different mappings have different texts.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:?}", self.0)
    }

    /// The fields of the columns, if the header has all columns that the mapping names.
    fn columns(&self, folded: &[String]) -> Option<Vec<Option<Column>>> {
        let mut columns = vec![None; folded.len()];
        for (field, header) in &self.0 {
            let (_, column) = FIELDS.iter().find(|(known, _)| known == field)?;
            let place = folded.iter().position(|name| *name == fold(header))?;
            *columns.get_mut(place)? = Some(*column);
        }
        columns.contains(&Some(Column::Title)).then_some(columns)
    }
}

/// The known kinds of exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Today's Exportify: `Track URI`, `Artist Name(s)`, audio features.
    A,
    /// Older files of Exportify, without URIs: `Spotify ID`, `Artist IDs`.
    AOld,
    /// The other Exportify: `Artist URI(s)`, `ISRC`.
    B,
    /// Older files of the other Exportify, without the ISRC.
    BWithoutIsrc,
    /// Exports whose column names join words with underscores.
    C,
    /// Exportify in another language than English.
    Localised,
    /// Playlists of any service, all in one file.
    TuneMyMusic,
    /// A playlist of any service.
    Soundiiz,
    /// Files whose columns the operator named.
    Mapped,
}

impl Dialect {
    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::AOld => "A-old",
            Self::B => "B",
            Self::BWithoutIsrc => "B without ISRC",
            Self::C => "C",
            Self::Localised => "Exportify, not in English",
            Self::TuneMyMusic => "TuneMyMusic",
            Self::Soundiiz => "Soundiiz",
            Self::Mapped => "as `columns` says",
        }
    }

    /// True if rows may have no Spotify id, only title and artist.
    #[must_use]
    pub fn is_by_name(self) -> bool {
        matches!(self, Self::TuneMyMusic | Self::Soundiiz | Self::Mapped)
    }
}

/// The fields of the columns of a file; `None` for columns that are not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The kind of export.
    pub dialect: Dialect,
    columns: Vec<Option<Column>>,
}

impl Columns {
    /// Recognises a header. The mapping applies only to a file that has all columns that it names.
    ///
    /// # Errors
    /// When the header is not that of a known export. The text of the error has the header and the known columns.
    pub fn sniff(header: &[String], mapping: &Mapping) -> Result<Self, String> {
        let folded: Vec<_> = header.iter().map(|name| fold(name)).collect();
        let is_there = |names: &[&str]| names.iter().all(|name| folded.iter().any(|known| known == name));
        let by_name = || folded.iter().map(|name| found(&BY_NAME, name).or_else(|| found(&NAMES, name))).collect();
        let is_tune_my_music = is_there(&["track name", "playlist name", "type"]);
        if let Some(mapped) = mapping.columns(&folded) {
            // In a file of another program, `Type` may be the kind of the file or of the mix.
            let named = |column: &Option<Column>| {
                let is_unknown = *column == Some(Column::Kind) && !is_tune_my_music;
                is_unknown || column.is_some_and(|column| mapped.contains(&Some(column)))
            };
            let others: Vec<_> = by_name();
            let others = others.into_iter().map(|column| column.filter(|_| !named(&column)));
            let columns = mapped.iter().zip(others).map(|(mapped, other)| mapped.or(other)).collect();
            return Ok(Self::new(Dialect::Mapped, columns));
        }
        if is_tune_my_music {
            return Ok(Self::new(Dialect::TuneMyMusic, by_name()));
        }
        let english = Self::new(Dialect::A, folded.iter().map(|name| found(&NAMES, name)).collect());
        let localised = Self::new(Dialect::Localised, localised::columns(&folded));
        // Other languages share names with English: the German export has `Track-Name` for the title.
        if localised.names_tracks() && localised.known() > english.known() {
            Ok(localised)
        } else if english.names_tracks() {
            Ok(Self { dialect: exportify(header, &folded, &english), ..english })
        } else if is_there(&["title", "artist", "album", "isrc"]) {
            Ok(Self::new(Dialect::Soundiiz, by_name()))
        } else {
            Err(unknown_header(header))
        }
    }

    /// The number of columns that are read.
    fn known(&self) -> usize {
        self.columns.iter().flatten().count()
    }

    /// If two columns have the same field, only the first one is used.
    fn new(dialect: Dialect, found: Vec<Option<Column>>) -> Self {
        let mut columns = Vec::with_capacity(found.len());
        for column in found {
            columns.push(column.filter(|_| !columns.contains(&column)));
        }
        Self { dialect, columns }
    }

    fn names_tracks(&self) -> bool {
        self.place(Column::Uri).is_some() && self.place(Column::Title).is_some()
    }

    /// The number of cells in a row.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// True if there are no columns; a recognised header has some.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The fields, from left to right.
    pub fn iter(&self) -> impl Iterator<Item = Option<Column>> {
        self.columns.iter().copied()
    }

    /// The index of a column.
    #[must_use]
    pub fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|known| *known == Some(column))
    }
}

fn found(names: &[(&str, Column)], name: &str) -> Option<Column> {
    names.iter().find(|(known, _)| *known == name).map(|(_, column)| *column)
}

/// The dialect of an English Exportify file.
fn exportify(header: &[String], folded: &[String], columns: &Columns) -> Dialect {
    let has = |name: &str| folded.iter().any(|known| known == name);
    if header.iter().any(|name| name.contains('_')) {
        Dialect::C
    } else if has("artist uri") {
        if columns.place(Column::Isrc).is_some() { Dialect::B } else { Dialect::BWithoutIsrc }
    } else if has("spotify id") || has("artist id") {
        Dialect::AOld
    } else {
        Dialect::A
    }
}

/// Folds a column name for comparison: lower case, single spaces, and no hyphens, underscores, brackets or plurals.
/// `Artist Name(s)` and `artist_names` both become `artist name`.
pub(super) fn fold(name: &str) -> String {
    let lower = name.trim().to_lowercase().replace(['_', '-'], " ").replace("(s)", "").replace(['(', ')'], " ");
    let words = lower.split_whitespace().map(|word| match word {
        "names" | "uris" | "ids" | "artists" | "genres" => word.trim_end_matches('s'),
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn unknown_header(header: &[String]) -> String {
    let there = header.iter().take(12).map(|name| name.chars().take(40).collect::<String>()).collect::<Vec<_>>();
    let more = if header.len() > there.len() { ", …" } else { "" };
    let there = if there.iter().all(String::is_empty) {
        "nothing".to_owned()
    } else {
        format!("`{}`{more}", there.join(", ").replace(char::is_control, " "))
    };
    format!(
        "its header is {there}. Baton reads exports with the columns `Track URI` (or `Spotify ID`, `track_uri`) and `Track Name` \
         (Exportify, in all its languages), of TuneMyMusic, and of Soundiiz (`title;artist;album;isrc`). For any other file name the \
         columns: `\"columns\": {{\"title\": \"HEADER\", \"artists\": \"HEADER\"}}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NUMBERS;

    fn sniff(header: &str) -> Result<Columns, String> {
        mapped(header, &[])
    }

    fn mapped(header: &str, mapping: &[(&str, &str)]) -> Result<Columns, String> {
        let mapping = mapping.iter().map(|(field, name)| ((*field).to_owned(), (*name).to_owned())).collect();
        let header: Vec<_> = header.split(',').map(|name| name.trim().to_owned()).collect();
        Columns::sniff(&header, &Mapping(mapping))
    }

    #[test]
    fn every_dialect_is_recognised_by_its_header() {
        for (header, dialect) in [
            ("Track URI,Track Name,Album Name,Artist Name(s),Release Date", Dialect::A),
            ("TRACK uri , track NAME", Dialect::A),
            ("Spotify ID,Artist IDs,Track Name,Artist Name", Dialect::AOld),
            ("Track URI,Track Name,Artist URI(s),Artist Name(s),ISRC", Dialect::B),
            ("Track URI,Track Name,Artist URI(s),Artist Name(s)", Dialect::BWithoutIsrc),
            ("track_uri,track_name,artist_name(s),duration_ms", Dialect::C),
            ("Track-URI,Track-Name,Künstler-URI(s),Künstlername(n),Track-Dauer (ms)", Dialect::Localised),
            ("URI du titre,Nom du titre,Nom(s) de l'artiste,Durée du titre (ms)", Dialect::Localised),
            ("Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id", Dialect::TuneMyMusic),
            ("title,artist,album,isrc", Dialect::Soundiiz),
        ] {
            assert_eq!(sniff(header).map(|columns| columns.dialect), Ok(dialect), "{header}");
        }
    }

    #[test]
    fn numbers_have_their_index_in_the_list() {
        for (place, (column, field)) in NUMBERS.iter().enumerate() {
            let columns = sniff(&format!("{column},Track Name,Track URI,{field}")).unwrap();
            assert_eq!(columns.iter().collect::<Vec<_>>()[0], Some(Column::Number(place)), "{column}");
            assert_eq!(columns.place(Column::Uri), Some(2));
            assert_eq!((columns.len(), columns.is_empty()), (4, false));
        }
    }

    #[test]
    fn a_mapping_applies_if_all_its_columns_exist_and_other_columns_are_recognised_by_name() {
        let say = [("title", "Stück"), ("artists", "interpret"), ("duration", "Dauer")];
        let columns = mapped("Nr,Stück,Interpret,Dauer,Album,Title", &say).unwrap();
        assert_eq!(columns.dialect, Dialect::Mapped);
        let read: Vec<_> = columns.iter().collect();
        let expected =
            [None, Some(Column::Title), Some(Column::Artists), Some(Column::Length), Some(Column::Album), None];
        assert_eq!(read, expected);
        assert!(mapped("Nr,Stück,Dauer", &say).is_err() && mapped("Stück", &[("nothing", "Stück")]).is_err());
        assert!(mapped("Stück,Interpret", &[("artists", "Interpret")]).is_err(), "a track needs a title");
        assert_eq!(mapped("Track URI,Track Name", &say).map(|columns| columns.dialect), Ok(Dialect::A));
    }

    #[test]
    fn the_error_of_an_unknown_header_has_the_header_and_the_known_columns() {
        let error = sniff("Datum,Betrag,Zweck").unwrap_err();
        assert!(error.contains("`Datum, Betrag, Zweck`") && error.contains("`Track URI`"), "{error}");
        assert!(Columns::sniff(&[], &Mapping::default()).unwrap_err().contains("its header is nothing"));
        assert!(sniff("Track URI,Artist").is_err() && sniff("Track Name,Artist").is_err());
        assert!(sniff(&"x,".repeat(5_000)).unwrap_err().len() < 900);
    }
}
