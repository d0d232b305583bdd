//! `metadata.json` of an item. A field of an unexpected type counts as missing.

use std::io::{self, Read as _};
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

/// Reads a file. Fails if it is larger than `most` bytes.
pub(super) fn bounded(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = baton_files::open_target(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

impl Metadata {
    /// Reads and parses the file. [`io::ErrorKind::InvalidData`] if it is not a JSON object.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        Self::parse(&bounded(path, MOST)?)
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
