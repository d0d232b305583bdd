//! The manifest of a database: its columns in their order. It lies beside the CSV for people and other programs, and in the plugin's
//! own database, whose copy counts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The form of the file. Another one is not read.
const VERSION: u32 = 1;

/// What the property of a column that a person added begins with.
pub const OWN: &str = "drive:";

/// A manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of this file.
    pub version: u32,
    /// The database.
    pub id: String,
    /// Its title when it was written.
    pub title: String,
    /// Its columns, as they stand in the CSV after the first two.
    pub columns: Vec<Column>,
    /// Rows of the CSV.
    pub row_count: u64,
    /// SHA-256 of the CSV's first row.
    pub header_sha256: String,
    /// How the reading ended, as the source says.
    pub request_status: Option<String>,
    /// While a column waits for readings without its property: what tells the last of them from others. It stands where they are
    /// counted, so that none counts twice, also when a program is killed in between.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reading: String,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The property's id; of a column that a person added and that was taken over: `drive:` and its header.
    pub property: String,
    /// The property's name.
    pub name: String,
    /// What stands in the CSV's first row.
    pub header: String,
    /// The property's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the property is there.
    pub state: State,
    /// How many complete readings in a row had no such property.
    pub misses: u32,
    /// When it was first seen.
    pub first_seen: String,
    /// When it was last seen, or changed.
    pub last_seen: String,
}

impl Column {
    /// What an approval is for: one property of one type. Headers move from one column to another, ids have columns of several types.
    #[must_use]
    pub fn key(&self) -> String {
        serde_json::json!([self.property, self.kind]).to_string()
    }

    /// Whether a person added it: no property ever fed it.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.property.starts_with(OWN)
    }
}

/// What became of a column's property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is there.
    Live,
    /// It was not in the last reading. The column and its data stay.
    Missing,
    /// It has another type now, and another column for it. This one and its data stay.
    Retyped,
}

/// An id as ids are compared: small letters, and a UUID is one with and without dashes.
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

    /// Remembers the reading, if there is a column that counts readings.
    pub fn remember(&mut self, reading: &str) {
        let waits = self.columns.iter().any(|column| column.state != State::Live && !column.is_own());
        if waits { reading } else { "" }.clone_into(&mut self.reading);
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it is no manifest of this form, or of another database.
    pub fn read(bytes: &[u8], id: &str) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if manifest.version != VERSION {
            return Err(format!("it has the form {}, this program knows {VERSION}", manifest.version));
        }
        if key(&manifest.id) != key(id) {
            return Err(format!("it belongs to the database {}", manifest.id));
        }
        Ok(manifest)
    }

    /// Its text, for people too.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// The headers in order.
    #[must_use]
    pub fn headers(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.header.clone()).collect()
    }

    /// Gives every column a header of its own: live columns have their names first; what would be there twice gets its type or
    /// its id behind it.
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

/// A name as a header has it: one line, no control characters, something at all.
fn one_line(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let plain = plain.trim();
    if plain.is_empty() { "(no name)".to_owned() } else { plain.chars().take(500).collect() }
}
