//! The manifest of a database: its columns in order. The file beside the CSV is for people and other programs; the copy in the
//! plugin's own database is authoritative.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The version of the format. Other versions are not read.
const VERSION: u32 = 1;

/// The prefix of the property of a column that a person added.
pub const OWN: &str = "drive:";

/// A manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the format.
    pub version: u32,
    /// The id of the database.
    pub id: String,
    /// Its title at that time.
    pub title: String,
    /// Its columns, in the order of the CSV after the first two columns.
    pub columns: Vec<Column>,
    /// The number of rows.
    pub row_count: u64,
    /// SHA-256 of the first row of the CSV.
    pub header_sha256: String,
    /// The status that the source reported at the end of the reading.
    pub request_status: Option<String>,
    /// Identifies the last reading; empty unless a column counts the readings without its property. It is stored together with
    /// that count, so a killed process never counts a reading twice.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reading: String,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The id of the property; for an adopted column `drive:` and its header.
    pub property: String,
    /// The name of the property.
    pub name: String,
    /// The header in the CSV.
    pub header: String,
    /// The type of the property.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the property exists.
    pub state: State,
    /// Complete readings in a row without the property.
    pub misses: u32,
    /// The time of the first reading with the property.
    pub first_seen: String,
    /// The time of the last reading with the property, or of its change.
    pub last_seen: String,
}

impl Column {
    /// The key of an approval: one property of one type. A header can move to another column, and an id can have columns of
    /// several types.
    #[must_use]
    pub fn key(&self) -> String {
        serde_json::json!([self.property, self.kind]).to_string()
    }

    /// True if a person added the column.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.property.starts_with(OWN)
    }
}

/// The state of a column's property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The property exists.
    Live,
    /// The last reading did not have the property. The column and its data are kept.
    Missing,
    /// The property has another type and another column now. This column and its data are kept.
    Retyped,
}

/// The form in which ids are compared: lower case, a UUID without dashes.
fn key(id: &str) -> String {
    let plain = id.to_ascii_lowercase().replace('-', "");
    let is_uuid = plain.len() == 32 && plain.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_uuid { plain } else { id.to_ascii_lowercase() }
}

impl Manifest {
    /// A manifest without columns.
    #[must_use]
    pub fn new(id: &str, title: &str) -> Self {
        let (id, title) = (id.to_owned(), title.to_owned());
        Self {
            version: VERSION,
            id,
            title,
            columns: vec![],
            row_count: 0,
            header_sha256: String::new(),
            request_status: None,
            reading: String::new(),
        }
    }

    /// Stores the id of the reading if a column counts the readings without its property.
    pub fn remember(&mut self, reading: &str) {
        let waits = self.columns.iter().any(|column| column.state != State::Live && !column.is_own());
        if waits { reading } else { "" }.clone_into(&mut self.reading);
    }

    /// Parses a manifest.
    ///
    /// # Errors
    /// If it is not a manifest of this version, or belongs to another database.
    pub fn read(bytes: &[u8], id: &str) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if manifest.version != VERSION {
            return Err(format!("it has format {}, this plugin supports format {VERSION}", manifest.version));
        }
        if key(&manifest.id) != key(id) {
            return Err(format!("it belongs to the database {}", manifest.id));
        }
        Ok(manifest)
    }

    /// The file.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// The headers in order.
    #[must_use]
    pub fn headers(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.header.clone()).collect()
    }

    /// Gives every column a unique header. Live columns get their names first. A name that is already used gets the type or the
    /// id of the column as a suffix.
    pub fn name_headers(&mut self) {
        let mut taken: BTreeSet<String> = ["__page_id", "__last_synced_iso"].map(str::to_owned).into();
        let mut order: Vec<&mut Column> = self.columns.iter_mut().collect();
        order.sort_by_key(|column| column.state != State::Live);
        for column in order {
            let name = one_line(&column.name);
            let typed = format!("{name} [{}]", one_line(&column.kind));
            let exact = format!("{name} [{}, {}]", one_line(&column.kind), one_line(&column.property));
            let known = [name, typed, exact].into_iter().find(|header| !taken.contains(header));
            let numbered = || (2..).map(|number| format!("{} {number}", one_line(&column.property)));
            let free = known.or_else(|| numbered().find(|header| !taken.contains(header)));
            column.header = free.unwrap_or_default();
            taken.insert(column.header.clone());
        }
    }
}

/// Converts a name to a header: one line without control characters, not empty.
fn one_line(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let plain = plain.trim();
    if plain.is_empty() { "(no name)".to_owned() } else { plain.chars().take(500).collect() }
}
