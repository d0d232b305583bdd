//! The types of properties, and which of them are editable in a CSV.

/// The form of the cells of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text on any number of lines: `title`, `rich_text`, `url`, `email`, `phone_number`, `select`, `status`.
    Text,
    /// A number in the form of JSON.
    Number,
    /// `true` or `false`.
    Checkbox,
    /// A day or time, or two days or times with an arrow between them.
    Date,
    /// Several texts.
    List,
    /// JSON, for unknown types.
    Json,
}

impl Kind {
    /// The form for the name of a type.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "title" | "rich_text" | "text" | "url" | "email" | "phone_number" | "select" | "status" | "unique_id"
            | "created_by" | "last_edited_by" => Self::Text,
            "number" => Self::Number,
            "checkbox" => Self::Checkbox,
            "date" | "created_time" | "last_edited_time" => Self::Date,
            "multi_select" | "people" | "relation" | "files" => Self::List,
            _ => Self::Json,
        }
    }
}

/// True if cells are names of types: each is empty or has only lower-case letters and `_`, and at least one is a known
/// name. The cell of a column that a person added is empty.
#[must_use]
pub fn are_types(cells: &[String]) -> bool {
    let plain = |cell: &String| cell.trim().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    cells.iter().all(plain) && cells.iter().any(|cell| is_known(cell.trim()))
}

fn is_known(name: &str) -> bool {
    Kind::from_name(name) != Kind::Json || is_read_only(name) || matches!(name, "place" | "location")
}

/// Read-only types: a CSV cannot change their cells.
#[must_use]
pub fn is_read_only(name: &str) -> bool {
    matches!(
        name,
        "relation"
            | "people"
            | "files"
            | "formula"
            | "rollup"
            | "unique_id"
            | "created_time"
            | "created_by"
            | "last_edited_time"
            | "last_edited_by"
            | "button"
            | "verification"
    )
}
