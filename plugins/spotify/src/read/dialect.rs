//! The columns of a CSV file, sniffed from its header alone: the names of five dialects, in any case and any order, with spaces or
//! underscores between words. What a column is called decides what it is; the dialect's name is only told to people.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the columns")]
pub enum Column {
    Uri,
    Title,
    Artists,
    ArtistIds,
    Album,
    AlbumArtists,
    Released,
    Duration,
    Explicit,
    AddedBy,
    AddedAt,
    Genres,
    Label,
    Isrc,
    /// One of [`crate::model::NUMBERS`], by its place there.
    Number(usize),
}

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

/// Which of the known forms a header has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Today's Exportify: `Track URI`, `Artist Name(s)`, audio features.
    A,
    /// Exportify before it wrote URIs: `Spotify ID`, `Artist IDs`.
    AOld,
    /// The other Exportify: `Artist URI(s)`, `ISRC`.
    B,
    /// The same before it wrote the ISRC.
    BWithoutIsrc,
    /// Words joined by underscores.
    C,
}

impl Dialect {
    /// As people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::AOld => "A-old",
            Self::B => "B",
            Self::BWithoutIsrc => "B without ISRC",
            Self::C => "C",
        }
    }
}

/// What each column of a file holds; nothing for those that are not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Which form it is.
    pub dialect: Dialect,
    columns: Vec<Option<Column>>,
}

impl Columns {
    /// Sniffs a header.
    ///
    /// # Errors
    /// When it has no column with URIs or none with titles; the text says what is there and what is read.
    pub fn sniff(header: &[String]) -> Result<Self, String> {
        let mut columns: Vec<Option<Column>> = Vec::new();
        for name in header {
            let folded = fold(name);
            let found = NAMES.iter().find(|(known, _)| *known == folded).map(|(_, column)| *column);
            // Of two columns that say the same the first counts.
            columns.push(found.filter(|column| !columns.contains(&Some(*column))));
        }
        let has = |column: Column| columns.contains(&Some(column));
        if !has(Column::Uri) || !has(Column::Title) {
            return Err(wrong(header));
        }
        let dialect = if header.iter().any(|name| name.contains('_')) {
            Dialect::C
        } else if has(Column::ArtistIds) && header.iter().any(|name| fold(name) == "artist uri") {
            if has(Column::Isrc) { Dialect::B } else { Dialect::BWithoutIsrc }
        } else if header.iter().any(|name| matches!(fold(name).as_str(), "spotify id" | "artist id")) {
            Dialect::AOld
        } else {
            Dialect::A
        };
        Ok(Self { dialect, columns })
    }

    /// How many cells a row has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there are none, which no sniffed header has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// What the columns hold, from left to right.
    pub fn iter(&self) -> impl Iterator<Item = Option<Column>> {
        self.columns.iter().copied()
    }

    /// The place of a column.
    #[must_use]
    pub fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|known| *known == Some(column))
    }
}

/// One case, single spaces, no underscore, no bracket and no plural: `Artist Name(s)` and `artist_names` are `artist name`.
fn fold(name: &str) -> String {
    let lower = name.trim().to_lowercase().replace('_', " ").replace("(s)", "").replace(['(', ')'], " ");
    let words = lower.split_whitespace().map(|word| match word {
        "names" | "uris" | "ids" | "artists" | "genres" => word.trim_end_matches('s'),
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn wrong(header: &[String]) -> String {
    let there = header.iter().take(12).map(|name| name.chars().take(40).collect::<String>()).collect::<Vec<_>>();
    let more = if header.len() > there.len() { ", …" } else { "" };
    let there = if there.iter().all(String::is_empty) {
        "nothing".to_owned()
    } else {
        format!("`{}`{more}", there.join(", ").replace(char::is_control, " "))
    };
    format!(
        "its header is {there}. Read are exports with a column `Track URI` (or `Spotify ID`, `track_uri`) and a column \
         `Track Name`: Exportify's of today and before, with or without audio features, artist URIs and ISRC"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NUMBERS;

    fn sniff(header: &str) -> Result<Columns, String> {
        Columns::sniff(&header.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn every_dialect_is_told_by_its_header() {
        for (header, dialect) in [
            ("Track URI,Track Name,Album Name,Artist Name(s),Release Date", Dialect::A),
            ("TRACK uri , track NAME", Dialect::A),
            ("Spotify ID,Artist IDs,Track Name,Artist Name", Dialect::AOld),
            ("Track URI,Track Name,Artist URI(s),Artist Name(s),ISRC", Dialect::B),
            ("Track URI,Track Name,Artist URI(s),Artist Name(s)", Dialect::BWithoutIsrc),
            ("track_uri,track_name,artist_name(s),duration_ms", Dialect::C),
        ] {
            assert_eq!(sniff(header).map(|columns| columns.dialect), Ok(dialect), "{header}");
        }
    }

    #[test]
    fn numbers_stand_at_the_places_of_their_list() {
        for (place, (column, field)) in NUMBERS.iter().enumerate() {
            let columns = sniff(&format!("{column},Track Name,Track URI,{field}")).unwrap();
            assert_eq!(columns.iter().collect::<Vec<_>>()[0], Some(Column::Number(place)), "{column}");
            assert_eq!(columns.place(Column::Uri), Some(2));
            assert_eq!((columns.len(), columns.is_empty()), (4, false));
        }
    }

    #[test]
    fn another_header_is_told_with_what_is_there_and_what_is_read() {
        let error = sniff("Datum,Betrag,Zweck").unwrap_err();
        assert!(error.contains("`Datum, Betrag, Zweck`") && error.contains("`Track URI`"), "{error}");
        assert!(Columns::sniff(&[]).unwrap_err().contains("its header is nothing"));
        assert!(sniff("Track URI,Artist").is_err() && sniff("Track Name,Artist").is_err());
        assert!(sniff(&"x,".repeat(5_000)).unwrap_err().len() < 600);
    }
}
