//! `metadata.json` of an item. A field of an unexpected type counts as missing.

use std::io;
use std::path::Path;

use serde_json::Value;

/// The limit for one file; Eagle writes some hundred bytes, including notes.
const MOST: u64 = 4 << 20;

/// The needed fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    /// The file name extension, without the dot.
    pub(super) ending: Option<String>,
    /// The item is in Eagle's trash.
    pub(super) deleted: bool,
}

impl Metadata {
    /// Reads and parses the file. [`io::ErrorKind::InvalidData`] if it is not a JSON object, and
    /// [`io::ErrorKind::FileTooLarge`] beyond the limit.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        Self::parse(&baton_files::read_target(path, MOST)?)
    }

    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let value: Value = serde_json::from_slice(bytes)?;
        let Value::Object(fields) = value else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a JSON object"));
        };
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let deleted = match fields.get("isDeleted") {
            Some(Value::Bool(deleted)) => *deleted,
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(Value::String(word)) => word == "true",
            _ => false,
        };
        Ok(Self { name: text("name"), ending: text("ext").map(|ext| ext.trim_start_matches('.').to_owned()), deleted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_another_form_are_ignored() {
        let read = |text: &str| Metadata::parse(text.as_bytes()).unwrap();
        assert_eq!(
            read(r#"{"name":"A","ext":".MP3","isDeleted":true,"star":9}"#),
            Metadata { name: Some("A".into()), ending: Some("MP3".into()), deleted: true }
        );
        assert_eq!(read("\u{feff}{\"name\":7,\"ext\":null,\"isDeleted\":[]}"), Metadata::default());
        for text in ["", "[]", "{\"name\":", &"[".repeat(100_000)] {
            assert!(Metadata::parse(text.as_bytes()).is_err());
        }
    }
}
