//! Names on the Drive: `{title}_{id}`, the form that existing databases have, so nothing is renamed without need.
//!
//! The text after the last `_` is the id. So an id has no `_`, but a title may contain `_`. Desktop programs add `(n)` after
//! the id to a second folder of the same name. `(n)` before the id belongs to the title.

/// Maximum number of characters of a title.
const MOST_CHARACTERS: usize = 150;

/// Maximum number of bytes of a title. So a name stays below 255 bytes, even with an id of 64 bytes, the time of a backup
/// and an extension.
const MOST_BYTES: usize = 150;

/// Maximum number of bytes of an id.
const MOST_ID: usize = 64;

/// The parts of a name on the Drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsedName<'a> {
    /// The text before the id.
    pub title: &'a str,
    /// The id, as written.
    pub id: &'a str,
    /// The number that a second folder or file has after the id.
    pub copy: Option<u32>,
}

impl<'a> ParsedName<'a> {
    /// Parses the name of a folder, or of a file without its extension.
    #[must_use]
    pub fn parse(name: &'a str) -> Option<Self> {
        let (stem, copy) = without_copy(name);
        let (title, id) = stem.rsplit_once('_')?;
        is_id(id).then_some(Self { title, id, copy })
    }
}

/// Splits `x (2)` and `x(2)` into `x` and 2.
fn without_copy(name: &str) -> (&str, Option<u32>) {
    let parts = || {
        let (stem, number) = name.strip_suffix(')')?.rsplit_once('(')?;
        let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|_| plain)?;
        Some((stem.strip_suffix(' ').unwrap_or(stem), Some(number)))
    };
    parts().unwrap_or((name, None))
}

/// True if a text can be an id: ASCII letters, digits and `-`, at most 64.
#[must_use]
pub fn is_id(text: &str) -> bool {
    (1..=MOST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Whether an id is a UUID: 32 hexadecimal digits, with or without dashes.
#[must_use]
pub fn is_uuid(id: &str) -> bool {
    let digits = id.bytes().filter(|byte| *byte != b'-');
    matches!(id.len(), 32 | 36) && digits.clone().count() == 32 && digits.clone().all(|b| b.is_ascii_hexdigit())
}

/// The lower-case spellings of an id: a UUID with and without dashes, the given one first; any other id has one spelling.
#[must_use]
pub fn spellings(id: &str) -> [String; 2] {
    let written = id.to_ascii_lowercase();
    let other = match written.as_str() {
        uuid if !is_uuid(uuid) => uuid.to_owned(),
        dashed if dashed.contains('-') => dashed.replace('-', ""),
        plain => {
            let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| plain.get(part).unwrap_or_default());
            parts.join("-")
        }
    };
    [written, other]
}

/// True if two texts are the same id. Case is ignored, because some file systems ignore it. The dashes of a UUID are ignored
/// too.
#[must_use]
pub fn is_one_id(one: &str, other: &str) -> bool {
    spellings(one).contains(&other.to_ascii_lowercase())
}

/// The form in which ids are compared: lower case, a UUID without dashes.
#[must_use]
pub fn id_key(id: &str) -> String {
    let [written, other] = spellings(id);
    if other.len() < written.len() { other } else { written }
}

/// The id in a name, in lower case.
#[must_use]
pub fn id_of(name: &str) -> Option<String> {
    ParsedName::parse(name).map(|named| named.id.to_ascii_lowercase())
}

/// The base name of the folder of a database and of its files.
#[must_use]
pub fn base_name(title: &str, id: &str) -> String {
    format!("{}_{id}", sanitised(title))
}

/// A title as part of a name: without characters that file systems reject or hide, at most 150 characters and bytes;
/// `Untitled` if nothing is left.
#[must_use]
pub fn sanitised(title: &str) -> String {
    let kept: String = title.chars().filter(|c| !is_refused(*c)).collect();
    let mut name = String::new();
    for c in kept.trim().chars().take(MOST_CHARACTERS) {
        if name.len() + c.len_utf8() > MOST_BYTES {
            break;
        }
        name.push(c);
    }
    let name = name.trim_end();
    if name.is_empty() { "Untitled".to_owned() } else { name.to_owned() }
}

fn is_refused(c: char) -> bool {
    c.is_control()
        || matches!(c, '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '#' | '%')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "5a1e9c30-7b42-80fd-9c11-0e2f4a6b8c7d";

    #[test]
    fn a_number_behind_the_id_is_a_copy_and_one_before_it_belongs_to_the_title() {
        for (name, title, copy) in [
            (format!("Music Tracks_{ID}"), "Music Tracks", None),
            (format!("Music_Tracks_{ID} (1)"), "Music_Tracks", Some(1)),
            (format!("Music Tracks_{ID}(12)"), "Music Tracks", Some(12)),
            (format!("SocialMediaAnalytics (1)_{ID}"), "SocialMediaAnalytics (1)", None),
            (format!("SocialMediaAnalytics (1)_{ID} (2)"), "SocialMediaAnalytics (1)", Some(2)),
        ] {
            assert_eq!(ParsedName::parse(&name), Some(ParsedName { title, id: ID, copy }), "{name}");
        }
        for none in ["Music Tracks", "x_", "x_a b", "x_a.csv", "x_ (1)", "(1)", "", "x_ä"] {
            assert_eq!(ParsedName::parse(none), None, "{none}");
        }
        assert_eq!(ParsedName::parse("x_y (+1)"), None);
    }

    #[test]
    fn a_uuid_is_one_id_with_and_without_dashes() {
        let plain = ID.replace('-', "");
        assert_eq!(spellings(&ID.to_uppercase()), [ID.to_owned(), plain.clone()]);
        assert_eq!(spellings(&plain), [plain.clone(), ID.to_owned()]);
        assert!(is_one_id(ID, &plain) && is_one_id(&plain, ID) && !is_one_id("id-1", "id1"));
        assert_eq!((id_key(ID), id_key("Catalog-Tracks")), (plain, "catalog-tracks".to_owned()));
    }

    #[test]
    fn characters_that_file_systems_reject_are_removed_from_titles() {
        for (title, name) in [
            ("Music: Tracks? #1 100%", "Music Tracks 1 100"),
            ("../../etc/passwd", "....etcpasswd"),
            (".NET notes", ".NET notes"),
            ("..", ".."),
            ("\u{0}\u{1b}[31m\r\n", "[31m"),
            (" \t ", "Untitled"),
            ("", "Untitled"),
            ("\u{202e}vsc", "vsc"),
        ] {
            assert_eq!(sanitised(title), name, "{title:?}");
        }
        assert_eq!(sanitised(&"x".repeat(200)).len(), 150);
        assert_eq!(sanitised(&"ä".repeat(200)), "ä".repeat(75));
    }

    proptest! {
        #[test]
        fn a_name_from_any_title_is_parsed_again(title in ".{0,200}") {
            let base = base_name(&title, ID);
            let name = sanitised(&title);
            prop_assert!(base.len() <= 200 && !base.contains('/'));
            prop_assert_eq!(ParsedName::parse(&base), Some(ParsedName { title: &name, id: ID, copy: None }));
            prop_assert_eq!(sanitised(&name), name);
        }
    }
}
