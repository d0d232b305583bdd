//! Checks that a database is a library of a supported djay version. So a library of another version causes one clear error
//! instead of a thousand findings.

use baton_plugin_kit::host::Tables;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::Value;

use super::raw::MOST_BYTES;
use super::unreadable::unsupported;

/// The supported version of `YapDatabase`.
const VERSION: i64 = 3;

/// Maximum number of rows. A library of 15,540 tracks has some 50,000 rows. `tests/memory.rs` checks that a library with the
/// maximum fits into the memory of the plugin.
pub const MOST_ROWS: i64 = 150_000;

/// The error for a file that is empty or cut off.
const EMPTY: &str = "no tables; name another library with the argument `library`, or read djay's newest daily backup with the argument `backup`";

/// Checks tables, version and the format of the objects.
///
/// # Errors
/// `permanent` if it is another kind of database, or too large.
pub(super) fn check(database: &dyn Tables) -> Result<(), Error> {
    let version = database.query("PRAGMA user_version", &[])?.integer();
    let columns = columns(database)?;
    let missing = ["collection", "key", "data"].iter().any(|column| !columns.iter().any(|known| known == column));
    if missing {
        let tables = texts(
            database,
            "SELECT substr(name, 1, 100) FROM sqlite_schema WHERE type = 'table' ORDER BY name LIMIT 8",
        )?;
        let seen = if tables.is_empty() { EMPTY.to_owned() } else { format!("the tables {}", tables.join(", ")) };
        return Err(unsupported(&format!(
            "there is no table database2 (collection, key, data); it has {}",
            plain(&seen)
        )));
    }
    if version != Some(VERSION) {
        let seen = version.map_or_else(|| "none".to_owned(), |version| version.to_string());
        return Err(unsupported(&format!("its user_version is {seen}; only {VERSION} is supported")));
    }
    let rows = database.query("SELECT count(*) FROM database2", &[])?.integer().unwrap_or_default();
    if rows > MOST_ROWS {
        return Err(Error::Permanent(format!("the library has {rows} rows; the limit is {MOST_ROWS}")));
    }
    check_object_format(database)
}

/// Counts the formats of all titles. Values that are not blobs or are too large are not loaded; their rows are reported later. No
/// `GROUP BY`, because SQLite would load whole blobs to sort them.
const FORMS: &str = "SELECT sum(form = 'TSAF'), sum(form = 'list'), sum(form = 'other') FROM (SELECT \
    CASE WHEN typeof(data) <> 'blob' OR length(data) > ?1 THEN 'neither' \
    WHEN substr(data, 1, 4) = x'54534146' THEN 'TSAF' WHEN substr(data, 1, 8) = x'62706c6973743030' THEN 'list' \
    ELSE 'other' END AS form FROM database2 WHERE +collection = 'mediaItemTitleIDs')";

/// Checks the format of the tracks' objects: TSAF, or the format of older versions. One TSAF object is enough to accept the
/// library.
fn check_object_format(database: &dyn Tables) -> Result<(), Error> {
    let found = database.query(FORMS, &[MOST_BYTES.into()])?;
    let counts = found.rows.first().map(Vec::as_slice).unwrap_or_default();
    let has = |place: usize| counts.get(place).and_then(Value::as_integer).is_some_and(|count| count > 0);
    let (has_tsaf, has_lists, has_others) = (has(0), has(1), has(2));
    if has_tsaf || !(has_lists || has_others) {
        return Ok(());
    }
    Err(unsupported(if has_lists {
        "its objects are property lists (bplist00), the format of djay Pro 2; only TSAF is supported: open the library with a \
         newer djay, which converts it"
    } else {
        "its objects are neither TSAF nor property lists"
    }))
}

fn texts(database: &dyn Tables, statement: &str) -> Result<Vec<String>, Error> {
    let found = database.query(statement, &[])?;
    Ok(found.rows.iter().filter_map(|row| row.first()?.as_text().map(str::to_owned)).collect())
}

fn columns(database: &dyn Tables) -> Result<Vec<String>, Error> {
    let found = database.query("PRAGMA table_info('database2')", &[])?;
    Ok(found.rows.iter().filter_map(|row| row.get(1)?.as_text().map(str::to_owned)).collect())
}

/// Makes the names of tables, which come from the file, safe for a message.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
