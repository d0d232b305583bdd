//! Templates of places: `{playlist}/{artist} - {title}.{ext}`.
//!
//! A template is a path below the folder `organised`. Each part becomes one safe name, so a title such as `../` or `AC/DC`
//! cannot lead out of the folder. Templates have no conditions. Conditions belong to rules.

use std::fmt::Write as _;

use baton_plugin_kit::safe_name;

use super::limits::{NAME_BYTES, PATTERN_BYTES};

pub(crate) const PLACEHOLDERS: [(&str, Field); 12] = [
    ("playlist", Field::Playlist),
    ("artist", Field::Artist),
    ("title", Field::Title),
    ("album", Field::Album),
    ("genre", Field::Genre),
    ("year", Field::Year),
    ("label", Field::Label),
    ("bpm", Field::Bpm),
    ("key", Field::Key),
    ("ext", Field::Ext),
    ("name", Field::Name),
    ("folder", Field::Folder),
];

/// The value of a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Playlist,
    Artist,
    Title,
    Album,
    Genre,
    Year,
    Label,
    Bpm,
    Key,
    /// The extension of the file's own name, in lower case.
    Ext,
    /// The file's own name without its extension.
    Name,
    /// The path from the granted folder to the folder of the file. This placeholder must be a whole part of the template.
    Folder,
}

/// The values of a file. An absent or blank value is missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    pub(crate) playlist: Option<String>,
    pub(crate) artist: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) album: Option<String>,
    pub(crate) genre: Option<String>,
    pub(crate) year: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) bpm: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) ext: String,
    pub(crate) name: String,
    pub(crate) folder: String,
}

impl Values {
    fn get(&self, field: Field) -> Option<&str> {
        let value = match field {
            Field::Playlist => self.playlist.as_deref(),
            Field::Artist => self.artist.as_deref(),
            Field::Title => self.title.as_deref(),
            Field::Album => self.album.as_deref(),
            Field::Genre => self.genre.as_deref(),
            Field::Year => self.year.as_deref(),
            Field::Label => self.label.as_deref(),
            Field::Bpm => self.bpm.as_deref(),
            Field::Key => self.key.as_deref(),
            Field::Ext => Some(self.ext.as_str()),
            Field::Name => Some(self.name.as_str()),
            Field::Folder => Some(self.folder.as_str()),
        };
        value.filter(|text| !text.trim().is_empty())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Template {
    parts: Vec<Vec<TemplatePart>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum TemplatePart {
    Text(String),
    Field(Field),
}

/// The target of a file: the parts of its folder, and its name without extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetPath {
    pub(crate) folders: Vec<String>,
    pub(crate) stem: String,
}

impl Template {
    /// Reads a template.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("the template `{text}` {why}");
        if text.len() > PATTERN_BYTES {
            return Err(wrong(&format!("has more than {PATTERN_BYTES} bytes")));
        }
        if text.starts_with('/') || text.contains('\\') {
            return Err(wrong("must be a path below the folder `organised`, separated by `/`"));
        }
        let Some(body) = text.strip_suffix(".{ext}") else {
            return Err(wrong("must end in `.{ext}`"));
        };
        let parts = body.split('/').map(pieces).collect::<Result<Vec<_>, _>>().map_err(|why| wrong(&why))?;
        if parts.iter().any(Vec::is_empty) {
            return Err(wrong("has an empty part, or one that is only `.` or `..`"));
        }
        if parts.last().is_some_and(|last| last.contains(&TemplatePart::Field(Field::Folder))) {
            return Err(wrong("has no name for the file after `{folder}`"));
        }
        if parts.iter().any(|part| part.len() > 1 && part.contains(&TemplatePart::Field(Field::Folder))) {
            return Err(wrong("has `{folder}` beside other text; it must be a separate part, between two `/`"));
        }
        Ok(Self { parts })
    }

    /// True if the template has the placeholder `{playlist}`.
    pub(crate) fn names_playlist(&self) -> bool {
        self.parts.iter().flatten().any(|piece| *piece == TemplatePart::Field(Field::Playlist))
    }

    /// The place of a file. A missing value becomes the text `missing`; without that text, the file has no place.
    pub(crate) fn place(&self, values: &Values, missing: Option<&str>) -> Option<TargetPath> {
        let (last, folders) = self.parts.split_last()?;
        let mut place = TargetPath { folders: Vec::new(), stem: String::new() };
        for part in folders {
            if part.as_slice() == [TemplatePart::Field(Field::Folder)] {
                let own = values.folder.split('/').filter(|part| !part.trim().is_empty());
                place.folders.extend(own.map(|part| safe_name(part, NAME_BYTES, "_")));
            } else {
                place.folders.push(safe_name(&text(part, values, missing)?, NAME_BYTES, "_"));
            }
        }
        // Leaves room for ` (10000)` and the extension.
        let most = NAME_BYTES.saturating_sub(values.ext.len() + 9).max(16);
        place.stem = safe_name(&text(last, values, missing)?, most, "_");
        Some(place)
    }
}

/// The texts and placeholders of one part; empty for `.`, `..` and a blank part.
fn pieces(part: &str) -> Result<Vec<TemplatePart>, String> {
    if matches!(part.trim(), "" | "." | "..") {
        return Ok(Vec::new());
    }
    let (mut pieces, mut rest) = (Vec::new(), part);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else {
            return Err("has a `{` without its `}`".to_owned());
        };
        if !before.is_empty() {
            pieces.push(TemplatePart::Text(before.to_owned()));
        }
        pieces.push(TemplatePart::Field(field(name)?));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(TemplatePart::Text(rest.to_owned()));
    }
    Ok(pieces)
}

fn field(name: &str) -> Result<Field, String> {
    let known = PLACEHOLDERS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
    known.ok_or_else(|| {
        let mut all = String::new();
        for (known, _) in PLACEHOLDERS {
            let _ = write!(all, " {{{known}}}");
        }
        format!("has the unknown placeholder `{{{name}}}`; the placeholders are{all}")
    })
}

fn text(part: &[TemplatePart], values: &Values, missing: Option<&str>) -> Option<String> {
    let piece = |piece: &TemplatePart| match piece {
        TemplatePart::Text(text) => Some(text.clone()),
        TemplatePart::Field(field) => values.get(*field).or(missing).map(str::to_owned),
    };
    part.iter().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> Values {
        Values {
            playlist: Some("Deep/House".into()),
            artist: Some("AC/DC".into()),
            title: Some("../../x\u{0}".into()),
            ext: "mp3".into(),
            name: "old".into(),
            folder: "a/b".into(),
            ..Values::default()
        }
    }

    #[test]
    fn titles_cannot_lead_out_of_the_folder() {
        let place = Template::parse("{playlist}/{artist} - {title}.{ext}").unwrap().place(&values(), None).unwrap();
        assert_eq!((place.folders, place.stem), (vec!["Deep_House".to_owned()], "AC_DC - .._.._x".to_owned()));
        let kept = Template::parse("legacy/{folder}/{name}.{ext}").unwrap().place(&values(), None).unwrap();
        assert_eq!((kept.folders.join("/"), kept.stem), ("legacy/a/b".to_owned(), "old".to_owned()));
    }

    #[test]
    fn a_template_with_a_missing_value_has_no_place_unless_a_text_replaces_it() {
        let template = Template::parse("{genre}/{title}.{ext}").unwrap();
        assert_eq!(template.place(&values(), None), None);
        assert_eq!(template.place(&values(), Some("No genre")).unwrap().folders, ["No genre"]);
    }

    #[test]
    fn errors_have_the_reason() {
        for (text, words) in [
            (
                "{artits}.{ext}",
                "the placeholders are {playlist} {artist} {title} {album} {genre} {year} {label} {bpm} {key} {ext}",
            ),
            ("{artist", "must end in `.{ext}`"),
            ("{artist/x.{ext}", "without its `}`"),
            ("/x.{ext}", "below the folder `organised`"),
            ("a/../x.{ext}", "only `.` or `..`"),
            ("a//x.{ext}", "empty part"),
            ("{folder}.{ext}", "no name for the file"),
            ("a {folder}/x.{ext}", "a separate part"),
        ] {
            let error = Template::parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn places_are_safe_paths_for_any_values(artist in ".*", title in ".*", playlist in "\\PC*|.*") {
            let values = Values {
                artist: Some(artist), title: Some(title), playlist: Some(playlist), ext: "flac".into(), ..Values::default()
            };
            let template = Template::parse("{playlist}/{artist} - {title}.{ext}").unwrap();
            if let Some(place) = template.place(&values, None) {
                let path = format!("{}/{}.flac", place.folders.join("/"), place.stem);
                prop_assert!(baton_plugin_kit::safe_path(&path).is_some(), "{path:?}");
                prop_assert!(path.split('/').all(|part| part.len() <= NAME_BYTES), "{path:?}");
                prop_assert_eq!(path.split('/').count(), 2);
            }
        }

        #[test]
        fn no_template_causes_a_panic(text in ".*|(\\{[a-z]*\\}|/|\\.|[a-z{}])*\\.\\{ext\\}") {
            if let Ok(template) = Template::parse(&text) {
                let _ = template.place(&values(), Some("x"));
            }
        }
    }
}
